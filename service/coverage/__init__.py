"""What serves one place."""
