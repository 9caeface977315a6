"""Street networks."""
