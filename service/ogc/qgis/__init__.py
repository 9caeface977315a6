"""A project for QGIS: the layers of this service, styled, at its address."""
