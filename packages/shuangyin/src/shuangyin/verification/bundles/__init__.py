"""Evidence bundles of seal uses: made on demand from the database and the log, in full or masked for outsiders."""
