"""Housing projects handed in for review."""
