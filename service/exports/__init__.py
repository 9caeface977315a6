"""Writing what an evaluation found to files other programs read."""
