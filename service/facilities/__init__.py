"""Childcare and elderly care facilities."""
