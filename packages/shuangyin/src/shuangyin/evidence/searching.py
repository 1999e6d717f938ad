"""Finding entries by what people know: a digest, a number, a seal, a person, a kind, a time, a place in the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Forbidden, NotFound
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry, LogLeaf
from shuangyin.evidence.queries import PlacedEntry
from shuangyin.evidence.readers import EntrySubjects, Subject, SubjectReaders


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for; all conditions hold together. Times in UTC milliseconds, `until` not included."""

    digest: str | None = None
    number: str | None = None
    seal_id: str | None = None
    person_id: str | None = None
    kind: str | None = None
    since: int | None = None
    until: int | None = None
    log_index: int | None = None


def search(
    work: UnitOfWork, actor: Actor, wanted: Search, *, before: str | None, limit: int
) -> list[PlacedEntry]:
    """Entries of the actor's organization, newest first.

    Who may not read all evidence finds the entries of the subjects that he may read, and must name one by digest,
    number, seal or himself. Raises Forbidden when he names none.
    """
    conditions = list(_plain(actor, wanted, before))
    conditions += _about(work, actor, wanted)
    query = (
        select(EvidenceEntry, LogLeaf.log_index)
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(*conditions)
        .order_by(EvidenceEntry.id.desc())
        .limit(limit)
    )
    return [PlacedEntry(entry, index) for entry, index in work.session.execute(query).tuples()]


def _plain(actor: Actor, wanted: Search, before: str | None) -> Iterable[ColumnElement[bool]]:
    yield EvidenceEntry.organization_id == actor.organization_id
    if before is not None:
        yield EvidenceEntry.id < before
    if wanted.kind is not None:
        yield EvidenceEntry.kind == wanted.kind
    if wanted.since is not None:
        yield EvidenceEntry.recorded_at >= wanted.since
    if wanted.until is not None:
        yield EvidenceEntry.recorded_at < wanted.until
    if wanted.log_index is not None:
        yield LogLeaf.log_index == wanted.log_index


def _about(work: UnitOfWork, actor: Actor, wanted: Search) -> list[ColumnElement[bool]]:
    everything = actor.may("evidence.read_all")
    subjects = _named_subjects(work, actor, wanted, everything=everything)
    if subjects is None and not everything:
        actor.require("evidence.read_all")
    conditions = []
    if subjects is not None:
        found = subjects if everything else _readable(work, actor, subjects)
        conditions.append(_of_subjects(found))
    if everything and wanted.person_id is not None:
        person = wanted.person_id
        conditions.append(or_(EvidenceEntry.actor_id == person, _of_subjects({("person", person)})))
    return conditions


def _named_subjects(
    work: UnitOfWork, actor: Actor, wanted: Search, *, everything: bool
) -> set[Subject] | None:
    """The subjects that all of digest, number and seal lead to; None when none of them was given."""
    port = work.port(EntrySubjects)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    own = actor.organization_id
    found: list[set[Subject]] = []
    if wanted.digest is not None:
        digest = wanted.digest.lower()
        found.append(port.about_digest(work, own, digest) | _subject_of_entry(work, own, digest))
    if wanted.number is not None:
        found.append(port.about_number(work, own, wanted.number))
    if wanted.seal_id is not None:
        found.append(port.about_seal(work, own, wanted.seal_id))
    if wanted.person_id is not None and not everything:
        found.append({("person", wanted.person_id)})
    return set.intersection(*found) if found else None


def _subject_of_entry(work: UnitOfWork, organization_id: str, digest: str) -> set[Subject]:
    """What the entry with this digest is about: the pages show the digests of entries, too."""
    query = select(EvidenceEntry.subject_type, EvidenceEntry.subject_id).where(
        EvidenceEntry.organization_id == organization_id, EvidenceEntry.digest == digest
    )
    return set(work.session.execute(query).tuples())


def _readable(work: UnitOfWork, actor: Actor, subjects: Collection[Subject]) -> set[Subject]:
    readers = work.port(SubjectReaders)  # type: ignore[type-abstract]  # as above
    found = set()
    for subject_type, subject_id in subjects:
        try:
            readers.require_readable(work, actor, subject_type, subject_id)
        except (Forbidden, NotFound):
            continue  # what may not be read is not there
        found.add((subject_type, subject_id))
    return found


def _of_subjects(subjects: Collection[Subject]) -> ColumnElement[bool]:
    by_type: dict[str, list[str]] = {}
    for subject_type, subject_id in subjects:
        by_type.setdefault(subject_type, []).append(subject_id)
    if not by_type:
        return false()
    return or_(
        *(
            and_(EvidenceEntry.subject_type == subject_type, EvidenceEntry.subject_id.in_(ids))
            for subject_type, ids in by_type.items()
        )
    )
