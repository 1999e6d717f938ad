"""A log over HTTP: its ``add`` interface and its static files."""
