"""What serves the analysis: command line, HTTP, database, files in and out."""
