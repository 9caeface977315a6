"""Imports: a file is read and compared, looked at, stored, and can be taken back."""
