"""Residential buildings."""
