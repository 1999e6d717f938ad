"""Routes of the evidence area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import queries
from shuangyin.evidence.anchor_queries import (
    anchor_states,
    anchors_of,
    receipt_body,
    receipts_of,
    state_of_entry,
)
from shuangyin.evidence.details import paths_of
from shuangyin.evidence.kinds import kinds, sentence_of
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.evidence.readers import EntrySubjects, SubjectReaders
from shuangyin.evidence.schemas import (
    AnchorOut,
    AnchorReceiptOut,
    EntryAnchorOut,
    EntryDetailOut,
    EntryFoundOut,
    EvidenceEntryOut,
    KindOut,
)
from shuangyin.evidence.searching import Search, search

router = Routes(prefix="/evidence", tags=["evidence"])
Hex64 = Annotated[str | None, Query(pattern="^[0-9a-fA-F]{64}$", description="64 hex digits.")]
Id = Annotated[str | None, Query(max_length=32)]
Instant = Annotated[int | None, Query(ge=0, le=2**53, description="UTC milliseconds.")]


class EntrySearch:
    """The conditions of a search, from the query of the address."""

    def __init__(
        self,
        digest: Hex64 = None,
        number: Annotated[str | None, Query(max_length=40)] = None,
        seal_id: Id = None,
        person_id: Id = None,
        kind: Annotated[str | None, Query(max_length=64)] = None,
        since: Instant = None,
        until: Instant = None,
        log_index: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    ) -> None:
        self._search = Search(digest, number, seal_id, person_id, kind, since, until, log_index)

    def search(self) -> Search:
        return self._search


@router.get("/entries", response_model=Page[EntryFoundOut])
def entries(
    platform: PlatformOf,
    actor: SignedIn,
    wanted: Annotated[EntrySearch, Depends()],
    subject_type: Annotated[str | None, Query(max_length=32)] = None,
    subject_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[EntryFoundOut]:
    """The entries of one subject, oldest first (who may read the subject may read them), or a search, newest first.

    A search without a subject is for those who may read all evidence; others must name a document's digest, a
    number, a seal or themselves, and find what they may read.
    """

    def query(work: UnitOfWork) -> Page[EntryFoundOut]:
        if subject_type is not None and subject_id is not None:
            _require_subject(work, actor, subject_type, subject_id)
            found = queries.entries_for(work, actor.organization_id, [(subject_type, subject_id)])
            return Page(items=_found_out(work, actor, found))
        found = search(work, actor, wanted.search(), before=read_cursor(cursor), limit=limit + 1)
        shown = {one.id: one for one in _found_out(work, actor, found)}
        return page_of(found, limit, lambda placed: placed.entry.id, lambda placed: shown[placed.entry.id])

    return platform.view(query)


@router.get("/entries/{entry_id}", response_model=EntryDetailOut)
def entry_detail(entry_id: str, platform: PlatformOf, actor: SignedIn) -> EntryDetailOut:
    """One entry with its bytes, its path to a signed root in both trees, and who signed."""

    def query(work: UnitOfWork) -> EntryDetailOut:
        entry = _readable(work, actor, entry_id)
        path, twin = paths_of(work, entry)
        placed = queries.place_of(work, entry)
        shown = _found_out(work, actor, [placed])[0]
        return EntryDetailOut(**shown.model_dump(), body=entry.body, path=path, twin_path=twin)

    return platform.view(query)


@router.get("/kinds", response_model=Page[KindOut])
def entry_kinds(_actor: SignedIn) -> Page[KindOut]:
    """All kinds of entries that the platform records."""
    return Page(items=[KindOut(code=code, zh=text.zh, en=text.en) for code, text in sorted(kinds().items())])


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


@router.get("/anchors", response_model=list[AnchorOut])
def anchors(platform: PlatformOf, _actor: Annotated[Actor, access("evidence.watch")]) -> list[AnchorOut]:
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


def _found_out(work: UnitOfWork, actor: Actor, found: Sequence[queries.PlacedEntry]) -> list[EntryFoundOut]:
    """Entries with the names their ids stand for."""
    names = work.port(EntrySubjects).names(  # type: ignore[type-abstract]  # a port is looked up by its protocol
        work,
        actor.organization_id,
        {(one.entry.subject_type, one.entry.subject_id) for one in found},
        {one.entry.actor_id for one in found},
    )
    return [
        EntryFoundOut(
            **shown.model_dump(),
            actor_id=one.entry.actor_id,
            actor_name=names.persons.get(one.entry.actor_id),
            subject_name=names.subjects.get((one.entry.subject_type, one.entry.subject_id)),
        )
        for one, shown in zip(found, entries_out(work, found), strict=True)
    ]


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
