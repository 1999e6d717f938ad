"""Tables of the evidence log. Entries, leaves and checkpoints are never changed or removed; triggers refuse it."""

from __future__ import annotations

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base

IMMUTABLE_TABLES = ("evidence_entry", "log_leaf", "log_checkpoint")
"""The migration gives these tables rules that refuse UPDATE and DELETE, on SQLite and PostgreSQL."""


class EvidenceEntry(Base):
    """One recorded fact: the exact bytes that are hashed into the log, and what they can be found by."""

    __tablename__ = "evidence_entry"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(64), index=True)
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64), index=True)
    actor_id: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text, doc="Canonical entry bytes (UTF-8), hashed as stored.")
    digest: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the body, hex.")
    recorded_at: Mapped[int] = mapped_column(index=True)


class PendingEntry(Base):
    """An entry that waits for the sequencer; the row goes when the entry has its place in the log."""

    __tablename__ = "evidence_pending"

    entry_id: Mapped[str] = mapped_column(String(32), primary_key=True)


class LogLeaf(Base):
    """The place of an entry in the log. Indexes are dense from 0."""

    __tablename__ = "log_leaf"

    log_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(32), unique=True)
    leaf_hash: Mapped[str] = mapped_column(String(64))


class LogHead(Base):
    """The log's committed state, one row. Its `size` is the fence: a sequencer moves it only from the size it read."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    edge: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Right edge of the tree: the roots of its complete subtrees."
    )
    root: Mapped[str] = mapped_column(String(64))
    advanced_at: Mapped[int]


class LogTile(Base):
    """A tile of 1 to 256 hashes; it only ever grows by appending."""

    __tablename__ = "log_tile"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tile_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    width: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class LogCheckpoint(Base):
    """A signed head. At most one per size, signed only after the state it speaks of is durable."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[int]


class LogKey(Base):
    """A signing key of the log, wrapped by the key-encryption key."""

    __tablename__ = "log_key"

    vkey: Mapped[str] = mapped_column(String(300), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]
