"""Who is within reach on foot: isochrones and catchments."""
