"""On SQLite nothing replaces a row of evidence either: INSERT OR REPLACE would pass the rules of update and delete."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

REASON = "evidence is never changed or removed"
KEYS = {
    "evidence_entry": (("id",),),
    "log_leaf": (("log_index",), ("entry_id",)),
    "log_checkpoint": (("size",),),
    "log_twin_checkpoint": (("size",),),
    "log_cosignature": (("size", "key_name", "key_id"),),
    "log_audit": (("id",),),
    "log_anchor_transaction": (("id",),),
    "log_anchor_receipt": (("id",),),
}
"""The tables of evidence, each with everything by which a row of it could be replaced, besides SQLite's rowid."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return  # there what replaces a row is an update, which is refused already
    for table, keys in KEYS.items():
        same = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in (*keys, ("rowid",))]
        # Looked for one by one, so that each is found by its index.
        there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608  # names from above
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} "
            f"BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in KEYS:
        op.execute(f"DROP TRIGGER {table}_no_replace")
