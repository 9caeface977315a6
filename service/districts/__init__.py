"""Residential districts."""
