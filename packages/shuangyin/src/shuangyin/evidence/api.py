"""Routes of the evidence area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries
from shuangyin.evidence.anchor_queries import (
    anchor_states,
    anchors_of,
    receipt_body,
    receipts_of,
    state_of_entry,
)
from shuangyin.evidence.keys import public_keys
from shuangyin.evidence.kinds import sentence_of
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.evidence.readers import SubjectReaders
from shuangyin.evidence.schemas import (
    AnchorOut,
    AnchorReceiptOut,
    EntryAnchorOut,
    EvidenceEntryOut,
    LogStateOut,
)

router = APIRouter(prefix="/evidence", tags=["evidence"])


@router.get("/entries", response_model=Page[EvidenceEntryOut])
def entries(
    platform: PlatformOf,
    actor: SignedIn,
    subject_type: Annotated[str | None, Query(max_length=32)] = None,
    subject_id: Annotated[str | None, Query(max_length=64)] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[EvidenceEntryOut]:
    """The entries of one subject (who may read the subject may read them), or all for an auditor."""

    def query(work: UnitOfWork) -> Page[EvidenceEntryOut]:
        if subject_type is not None and subject_id is not None:
            _require_subject(work, actor, subject_type, subject_id)
            found = queries.entries_for(work, actor.organization_id, [(subject_type, subject_id)])
            return Page(items=entries_out(work, found))
        found = queries.all_entries(work, actor, after=read_cursor(cursor), limit=limit + 1, kind=kind)
        anchors = anchors_of(work, found)
        return page_of(
            found, limit, lambda placed: placed.entry.id, lambda one: entry_out(one, anchors[one.entry.id])
        )

    return platform.view(query)


@router.get("/entries/{entry_id}/proof", response_class=Response)
def proof(entry_id: str, platform: PlatformOf, actor: SignedIn) -> Response:
    """The entry's inclusion proof as a `.tlog-proof` file."""
    body = platform.view(lambda work: queries.proof_of(work, _readable(work, actor, entry_id).id))
    return _file(body, f"{entry_id}.tlog-proof", "text/plain; charset=utf-8")


@router.get("/entries/{entry_id}/body", response_class=Response)
def body(entry_id: str, platform: PlatformOf, actor: SignedIn) -> Response:
    """The exact bytes of the entry, as hashed."""
    content = platform.view(lambda work: _readable(work, actor, entry_id).body)
    return _file(content.encode(), f"{entry_id}.json", "application/json")


@router.get("/log", response_model=LogStateOut)
def log_state(platform: PlatformOf, _actor: Annotated[Actor, access()]) -> LogStateOut:
    """The log's newest signed head, how many entries wait, and its public keys."""
    return state_of(platform)


@router.get("/anchors", response_model=list[AnchorOut])
def anchors(platform: PlatformOf, _actor: Annotated[Actor, access("evidence.read_all")]) -> list[AnchorOut]:
    """Where every anchor stands."""
    return platform.view(anchor_states)


@router.get("/anchors/{name}/receipts", response_model=list[AnchorReceiptOut])
def anchor_receipts(
    name: str, platform: PlatformOf, _actor: Annotated[Actor, access("evidence.read_all")], limit: Limit = 20
) -> list[AnchorReceiptOut]:
    """The latest receipts of one anchor, newest first."""
    return platform.view(lambda work: receipts_of(work, name, limit))


@router.get("/receipts/{receipt_id}", response_class=Response)
def receipt(receipt_id: str, platform: PlatformOf, _actor: SignedIn) -> Response:
    """A receipt as `evidencelog verify` reads it. It names a head of the log and no entry, so any user may."""
    content = platform.view(lambda work: receipt_body(work, receipt_id))
    return _file(content, f"{receipt_id}.anchor.json", "application/json")


def state_of(platform: Platform) -> LogStateOut:
    """The log's state for signed-in people and for the public pages."""

    def query(work: UnitOfWork) -> LogStateOut:
        head = queries.newest_checkpoint(work)
        return LogStateOut(
            origin=queries.origin(work),
            size=head.size if head else 0,
            root=head.root if head else None,
            signed_at=head.signed_at if head else None,
            pending=queries.pending_count(work),
            vkeys=public_keys(work),
        )

    return platform.view(query)


def entries_out(work: UnitOfWork, found: Sequence[queries.PlacedEntry]) -> list[EvidenceEntryOut]:
    """Entries for the API, each with how the anchors cover it."""
    anchors = anchors_of(work, found)
    return [entry_out(placed, anchors[placed.entry.id]) for placed in found]


def entry_out(placed: queries.PlacedEntry, anchors: list[EntryAnchorOut]) -> EvidenceEntryOut:
    """An entry for the API, with the sentence of its kind."""
    entry = placed.entry
    text = sentence_of(entry.kind)
    return EvidenceEntryOut(
        id=entry.id,
        kind=entry.kind,
        zh=text.zh,
        en=text.en,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        recorded_at=entry.recorded_at,
        log_index=placed.log_index,
        digest=entry.digest,
        anchor_state=state_of_entry(anchors),
        anchors=anchors,
    )


def _require_subject(work: UnitOfWork, actor: Actor, subject_type: str, subject_id: str) -> None:
    if not actor.may("evidence.read_all"):
        work.port(SubjectReaders).require_readable(work, actor, subject_type, subject_id)  # type: ignore[type-abstract]  # a port is looked up by its protocol


def _readable(work: UnitOfWork, actor: Actor, entry_id: str) -> EvidenceEntry:
    entry = queries.entry_of(work, actor.organization_id, entry_id)
    _require_subject(work, actor, entry.subject_type, entry.subject_id)
    return entry


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
