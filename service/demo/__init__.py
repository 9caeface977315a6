"""The demo city in the database."""
