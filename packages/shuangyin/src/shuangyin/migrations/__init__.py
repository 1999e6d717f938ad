"""Schema migrations (Alembic), tested up and down on SQLite and PostgreSQL."""
