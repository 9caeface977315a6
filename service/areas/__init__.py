"""Administrative areas and planning units."""
