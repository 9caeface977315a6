"""Tiles of collections (OGC API Tiles, 20-057) as Mapbox Vector Tiles."""
