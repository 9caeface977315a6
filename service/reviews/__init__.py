"""Reviews of housing projects."""
