"""Jobs: work too long for one request, kept on a queue in the database."""
