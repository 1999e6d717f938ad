"""Whether the stored files are still those whose digests entries record.

Without reading them: the row is there and says the recorded digests, and the ciphertext is there with the length that
its plaintext needs. Reading them: the bytes decrypt and have the recorded digest; piece by piece, so that memory does
not grow with a file, and in short transactions, so that it does not grow with their number either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select

from evidencelog.entry import decode_entry
from evidencelog.errors import EvidenceLogError
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.objects import ObjectStore, StoredObject
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry, LogLeaf

_BATCH = 100


@dataclass(frozen=True, slots=True)
class KeptObject:
    """An object that an entry records. `named` is the row that refers to it; `object_id` None where that is gone.

    `may_be_replaced`: a later entry may record another object in its place.
    """

    named: str
    object_id: str | None
    sm3: str
    sha256: str | None = None
    size: int | None = None
    may_be_replaced: bool = False


class RecordedObjects(Protocol):
    """Who knows where the areas keep the files that entries record."""

    def kinds(self) -> frozenset[str]:
        """The kinds of entries that record a file."""
        ...

    def object_of(self, work: UnitOfWork, kind: str, content: Mapping[str, Any]) -> KeptObject | None:
        """The object that an entry records, None when it records none."""
        ...


@dataclass(frozen=True, slots=True)
class ObjectFinding:
    """One file that is not what an entry records; `said` in Chinese and English."""

    index: int
    kind: str
    named: str
    zh: str
    en: str


@dataclass(slots=True)
class ObjectCount:
    """How many files were looked at."""

    checked: int = 0


def examine_objects(
    platform: Platform, count: ObjectCount, *, read: bool, progress: Callable[[int], None]
) -> Iterator[ObjectFinding]:
    """Yield what is wrong with stored files, in the order of the log. `read`: every file is read and its digest made."""
    after = -1
    while True:
        batch = platform.view(lambda work, after=after: _batch(work, after))  # type: ignore[misc]  # the default binds the loop's value
        for index, kind, kept, stored in batch:
            if kept is None:
                continue
            count.checked += 1
            said = _judge(platform.objects, kept, stored, read=read)
            if said is not None:
                yield ObjectFinding(index, kind, kept.named, *said)
        progress(count.checked)
        if len(batch) < _BATCH:
            return
        after = batch[-1][0]


_Found = tuple[int, str, KeptObject | None, StoredObject | None]


def _batch(work: UnitOfWork, after: int) -> list[_Found]:
    recorded = work.port(RecordedObjects)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    rows = work.session.execute(
        select(LogLeaf.log_index, EvidenceEntry.kind, EvidenceEntry.body)
        .join(EvidenceEntry, EvidenceEntry.id == LogLeaf.entry_id)
        .where(EvidenceEntry.kind.in_(recorded.kinds()), LogLeaf.log_index > after)
        .order_by(LogLeaf.log_index)
        .limit(_BATCH)
    ).tuples()
    found: list[_Found] = []
    for index, kind, body in rows.all():
        kept = recorded.object_of(work, kind, _content(body))
        stored = work.session.get(StoredObject, kept.object_id) if kept and kept.object_id else None
        found.append((index, kind, kept, stored))
    work.session.expunge_all()
    return found


def _content(body: str) -> Mapping[str, Any]:
    try:
        return decode_entry(body.encode())
    except EvidenceLogError:
        return {}  # the audit of the log names it


def _judge(
    objects: ObjectStore, kept: KeptObject, stored: StoredObject | None, *, read: bool
) -> tuple[str, str] | None:
    if stored is None:
        return "登记的文件没有存储记录", "no stored object belongs to it"
    wanted = (kept.sm3, kept.sha256 or stored.sha256, stored.size if kept.size is None else kept.size)
    if (stored.sm3, stored.sha256, stored.size) != wanted and not kept.may_be_replaced:
        return "存储记录的摘要或大小与存证不符", "the stored object's digests or size are not those recorded"
    if not objects.is_there(stored):
        return "存储的文件缺失或长度不对", "the stored file is missing or has another length"
    return _judge_bytes(objects, stored) if read else None


def _judge_bytes(objects: ObjectStore, stored: StoredObject) -> tuple[str, str] | None:
    digest = hashlib.new("sm3")
    try:
        for chunk in objects.open(stored):
            digest.update(chunk)
    except ShuangyinError:
        return "存储的文件已被改动，无法解密", "the stored file was altered and does not decrypt"
    if digest.hexdigest() != stored.sm3:
        return "存储的文件内容与存证的摘要不符", "the stored file does not have the recorded digest"
    return None
