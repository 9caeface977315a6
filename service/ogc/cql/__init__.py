"""CQL2 filters: text and JSON to SQLAlchemy conditions, through a whitelist only."""
