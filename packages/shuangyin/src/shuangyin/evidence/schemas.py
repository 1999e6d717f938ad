"""API shapes of the evidence area."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class EntryAnchorOut(BaseModel):
    """How one anchor covers one entry."""

    name: str
    kind: Literal["ethereum", "chainmaker", "rfc3161"]
    state: Literal["waiting", "sent", "anchored", "failed"] = Field(
        description="待上链, sent and not yet deep enough, 已上链, 失败 (tried again by itself)."
    )
    size: int | None = Field(None, description="Size of the first anchored head that holds the entry.")
    transaction_id: str | None = Field(
        None, description="Transaction on the chain, or serial number of the time stamp (hex)."
    )
    block_time: int | None = Field(None, description="The outside's own time, UTC milliseconds.")
    confirmed_at: int | None = Field(None, description="When we found it confirmed, UTC milliseconds.")
    receipt_id: str | None = Field(None, description="GET /evidence/receipts/{id} gives the receipt.")


class EvidenceEntryOut(BaseModel):
    """One entry as people see it."""

    id: str
    kind: str
    zh: str = Field(description="What happened, in Chinese.")
    en: str = Field(description="What happened, in English.")
    subject_type: str
    subject_id: str
    recorded_at: int = Field(description="UTC milliseconds.")
    log_index: int | None = Field(description="Place in the log; null for the moment before it has one.")
    digest: str = Field(description="SHA-256 of the entry's bytes, hex.")
    anchor_state: Literal["waiting", "anchored", "failed", "none"] = Field(
        description="待上链, 已上链 (by at least one anchor), 失败 (every anchor; tried again), or no anchor is set."
    )
    anchors: list[EntryAnchorOut]


class AnchorOut(BaseModel):
    """Where one configured anchor stands."""

    name: str
    kind: Literal["ethereum", "chainmaker", "rfc3161"]
    state: Literal["waiting", "sent", "anchored", "failed"] = Field(
        description="`anchored` when it holds the newest head, `failed` while it has a problem."
    )
    last_size: int | None = Field(description="Size of the newest head that it holds for certain.")
    last_transaction_id: str | None
    last_confirmed_at: int | None = Field(description="UTC milliseconds.")
    period_seconds: int
    identity: str | None = Field(description="The chain and contract it was found to be.")
    problem: str | None = Field(description="What is wrong now, in Chinese.")
    problem_en: str | None
    problem_code: str | None


class AnchorReceiptOut(BaseModel):
    """One receipt of an anchor; its whole text is at /evidence/receipts/{id}."""

    id: str
    anchor: str
    size: int
    transaction_id: str
    block_time: int | None = Field(description="The outside's own time, UTC milliseconds.")
    confirmed_at: int = Field(description="UTC milliseconds.")


class EntryFoundOut(EvidenceEntryOut):
    """An entry in the explorer, with the names that its ids stand for now."""

    actor_id: str
    actor_name: str | None = Field(
        description="Null when the platform itself acted, or a person unknown now."
    )
    subject_name: str | None = Field(description="Number or name of what it is about, where it has one.")


class NodeOut(BaseModel):
    """A hash of the tree and the entries under it."""

    first: int = Field(description="Number of the first entry under it.")
    count: int = Field(description="How many entries are under it; 1 is a leaf.")
    hash: str


class StepOut(BaseModel):
    """One step from a node to its parent."""

    side: Literal["left", "right"] = Field(description="Where the sibling stands.")
    sibling: NodeOut
    parent: NodeOut


class SignerOut(BaseModel):
    """Who signed a head."""

    name: str
    key_id: str
    role: Literal["log", "witness"]
    algorithm: str | None = Field(description="Null for a witness, whose key is not kept with the head.")
    stated_at: int | None = Field(description="The time a witness stated, by its own clock.")


class PathOut(BaseModel):
    """The way from an entry to a signed root, every hash with its place in the tree."""

    algorithm: Literal["sha256", "sm3"]
    index: int
    size: int
    leaf: NodeOut = Field(description="The hash of the stored bytes.")
    steps: list[StepOut] = Field(description="From the leaf up.")
    root: str = Field(description="The signed root.")
    holds: bool = Field(description="Whether the path leads to the signed root.")
    signed_at: int
    checkpoint: str = Field(description="The signed head with all its signature lines.")
    signers: list[SignerOut]


class EntryDetailOut(EntryFoundOut):
    """One entry with its bytes and all that vouches for it."""

    body: str = Field(description="The exact bytes, as hashed.")
    path: PathOut | None = Field(description="Null while no signed head holds the entry.")
    twin_path: PathOut | None = Field(description="The same in the tree with SM3; null without one.")


class KindOut(BaseModel):
    """A kind of entries and its sentence."""

    code: str
    zh: str
    en: str


class TreeStateOut(BaseModel):
    """The newest signed head of the twin tree."""

    origin: str
    size: int
    root: str
    signed_at: int
    vkeys: list[str]


class LogProblemOut(BaseModel):
    """Something that is wrong now."""

    subject: str
    code: str
    zh: str
    en: str
    blocking: bool = Field(description="Nothing is signed until somebody reconciles the log.")
    since: int


class WitnessStateOut(BaseModel):
    """A witness that is asked for cosignatures, and what it last said."""

    name: str
    url: str
    last_size: int | None = Field(description="The largest head that it cosigned.")
    stated_at: int | None = Field(description="When it said so, by its own clock.")
    behind: bool = Field(description="Whether it has yet to cosign the newest head.")
    problem: LogProblemOut | None


class AuditFindingOut(BaseModel):
    """One difference that an audit found."""

    what: str = Field(description="entry, tile, state, head, fence, columns, fact or object.")
    index: int | None
    zh: str
    en: str
    entry_id: str | None = Field(
        description="The entry it names, when it belongs to the caller's organization."
    )


class AuditOut(BaseModel):
    """A full audit that ended."""

    id: str
    started_at: int
    finished_at: int
    size: int = Field(description="Entries that were recomputed.")
    root: str
    checked_facts: int = Field(
        description="Facts of the business tables that were compared with their entries."
    )
    checked_objects: int = Field(description="Stored files that were looked at.")
    objects_read: bool = Field(
        description="Whether the files were read in full; else only that they are there, and their rows."
    )
    differences: int
    findings: list[AuditFindingOut]


class AuditAsked(BaseModel):
    """What an audit is to look at."""

    objects: bool = Field(
        default=False,
        description="Read every stored file in full; without it only its row and length are checked.",
    )


class AuditRunOut(BaseModel):
    """An audit that was asked for."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    done: int = Field(description="Steps that are done, of `total`.")
    total: int = Field(description="0 before the first step.")
    asked_at: int
    audit_id: str | None = Field(description="The outcome, once it is there.")
    error: str | None


class AuditSummaryOut(BaseModel):
    """The last audit in one line."""

    finished_at: int
    size: int
    differences: int


class LogStateOut(BaseModel):
    """The log's head and public keys, who vouches for it, and what is wrong."""

    origin: str | None
    size: int
    root: str | None = Field(description="SHA-256 tree root, hex.")
    signed_at: int | None
    pending: int
    vkeys: list[str]
    twin: TreeStateOut | None
    witnesses: list[WitnessStateOut]
    witnesses_needed: int = Field(description="How many must cosign a head for it to count as witnessed.")
    witnesses_reached: int = Field(description="How many cosigned the newest head.")
    problems: list[LogProblemOut]
    last_audit: AuditSummaryOut | None
    running_audit: AuditRunOut | None
