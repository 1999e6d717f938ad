"""Tables of the evidence log. Entries, leaves and checkpoints are never changed or removed; triggers refuse it."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base

MAIN_LOG, TWIN_LOG = 1, 2
"""The log, and its twin over the same entries whose tree is SM3 (evidencelog.hashing)."""

IMMUTABLE_TABLES = (
    "evidence_entry",
    "log_leaf",
    "log_checkpoint",
    "log_twin_checkpoint",
    "log_cosignature",
    "log_audit",
    "log_anchor_transaction",
    "log_anchor_receipt",
)
"""The migrations give these tables rules that refuse UPDATE, DELETE and, on SQLite, REPLACE."""


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
    """The committed state of the log (id 1) and of its twin (id 2). Its `size` is the fence: a sequencer moves it only from the size it read."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    edge: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Right edge of the tree: the roots of its complete subtrees."
    )
    root: Mapped[str] = mapped_column(String(64))
    advanced_at: Mapped[int]
    fenced_at: Mapped[int | None] = mapped_column(
        doc="Since when the fence guards this log; a fence that is missing after that is a refusal."
    )


class TileRow(Base):
    """A tile of 1 to 256 hashes; it only ever grows by appending."""

    __abstract__ = True

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tile_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    width: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class LogTile(TileRow):
    """A tile of the log."""

    __tablename__ = "log_tile"


class LogTwinTile(TileRow):
    """A tile of the twin."""

    __tablename__ = "log_twin_tile"


class CheckpointRow(Base):
    """A signed head. At most one per size, signed only after the state it speaks of is durable."""

    __abstract__ = True

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[int]


class LogCheckpoint(CheckpointRow):
    """A signed head of the log."""

    __tablename__ = "log_checkpoint"


class LogTwinCheckpoint(CheckpointRow):
    """A signed head of the twin."""

    __tablename__ = "log_twin_checkpoint"


class LogCosignature(Base):
    """A witness's good line on a signed head; `stated_at` is the witness's own clock, `received_at` ours."""

    __tablename__ = "log_cosignature"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    line: Mapped[str] = mapped_column(Text, doc="The signature line as it stands in the note.")
    stated_at: Mapped[int]
    received_at: Mapped[int]


class LogProblem(Base):
    """Something that is wrong with the log or its vouchers now; the row goes when it is over.

    `blocking` problems forbid signing: the log contradicts what somebody outside remembers.
    """

    __tablename__ = "log_problem"

    subject: Mapped[str] = mapped_column(
        String(300), primary_key=True, doc="``log``, ``audit``, ``witness:…``, ``anchor:…``."
    )
    code: Mapped[str] = mapped_column(String(64))
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    blocking: Mapped[int] = mapped_column(SmallInteger, default=0)
    since: Mapped[int]
    seen_at: Mapped[int]


class LogAudit(Base):
    """One full audit: everything recomputed from the stored bytes."""

    __tablename__ = "log_audit"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    started_at: Mapped[int]
    finished_at: Mapped[int]
    size: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    checked_facts: Mapped[int]
    checked_objects: Mapped[int] = mapped_column(server_default="0", doc="Stored files that were looked at.")
    objects_read: Mapped[int] = mapped_column(server_default="0", doc="1 when they were read in full.")
    findings: Mapped[str] = mapped_column(
        Text, doc="JSON list of {what, index, zh, en}; empty when all is well."
    )


class LogKey(Base):
    """A signing key of the log, wrapped by the key-encryption key."""

    __tablename__ = "log_key"

    vkey: Mapped[str] = mapped_column(String(300), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]


class LogAnchor(Base):
    """Where one configured anchor stands: which chain it was found to be, and when it is asked next."""

    __tablename__ = "log_anchor"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    identity: Mapped[str | None] = mapped_column(
        Text, doc="The chain and contract it was first found to be; another one later stops the anchor."
    )
    next_nonce: Mapped[int] = mapped_column(default=0, doc="The next number of the sending account.")
    failures: Mapped[int] = mapped_column(default=0, doc="Failed rounds in a row; the wait grows with them.")
    retry_at: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[int] = mapped_column(default=0)


class LogAnchoring(Base):
    """One signed head on its way to one anchor: ``sent``, ``confirmed`` or ``failed``."""

    __tablename__ = "log_anchoring"
    __table_args__ = (Index("ix_log_anchoring_anchor_state_size", "anchor", "state", "size"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    anchor: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[int | None] = mapped_column(
        doc="Number of the account's transaction, on chains that count."
    )
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[int]
    changed_at: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text, doc="Why it failed, in English.")
    receipt_id: Mapped[str | None] = mapped_column(String(32))


class LogAnchorTransaction(Base):
    """A signed transaction, kept before it is sent; a second one with the same nonce pays a higher fee."""

    __tablename__ = "log_anchor_transaction"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    anchoring_id: Mapped[str] = mapped_column(String(32), index=True)
    transaction_id: Mapped[str] = mapped_column(String(80))
    raw: Mapped[str] = mapped_column(Text, doc="The signed bytes, hex.")
    signed_at: Mapped[int]


class LogAnchorReceipt(Base):
    """What an anchor answered, for outsiders (evidencelog.anchors). A reorganised chain adds one, none goes."""

    __tablename__ = "log_anchor_receipt"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    anchor: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    transaction_id: Mapped[str] = mapped_column(String(80))
    block_time: Mapped[int | None] = mapped_column(doc="The outside's own time, UTC milliseconds.")
    body: Mapped[str] = mapped_column(Text, doc="The receipt's canonical JSON.")
    confirmed_at: Mapped[int]
