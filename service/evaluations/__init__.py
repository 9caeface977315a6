"""Evaluation runs and their findings."""
