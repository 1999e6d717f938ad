"""Commands that cross areas, each one transaction."""
