"""Alembic's environment: runs on the connection that `run.py` hands over."""

from __future__ import annotations

from alembic import context

from shuangyin.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    compare_type=False,
)

with context.begin_transaction():
    context.run_migrations()
