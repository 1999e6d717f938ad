"""The stored files whose digests entries record: documents, sealed files, photos and controlled prints of
physical use, imprints of seals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.imprint_models import ImprintComparison
from shuangyin.custody.models import PrintCopy, UsePhoto
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.kept_objects import KeptObject
from shuangyin.seals.models import Seal

Facts = Mapping[str, Any]
Finder = Callable[[UnitOfWork, Mapping[str, Any], Facts], KeptObject | None]


def object_of(work: UnitOfWork, kind: str, content: Mapping[str, Any]) -> KeptObject | None:
    """The object that must be kept because an entry of this kind records its digest; None for other kinds."""
    facts = content.get("facts")
    finder = _FINDERS.get(kind)
    return finder(work, content, facts) if finder is not None and isinstance(facts, dict) else None


def _version(work: UnitOfWork, facts: Facts, version: str, sm3: str) -> KeptObject | None:
    if facts.get(version) is None:
        return None  # a physical use leaves no file of its own
    row = work.session.get(DocumentVersion, str(facts[version]))
    named = f"DocumentVersion {facts[version]}"
    digest = str(facts.get(sm3))
    return KeptObject(named, row.object_id if row else None, digest, facts.get("sha256"), facts.get("size"))


def _uploaded(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> KeptObject | None:
    return _version(work, facts, "version", "sm3")


def _sealed(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> KeptObject | None:
    return _version(work, facts, "sealed_version", "document_sm3")


def _photo(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> KeptObject | None:
    row = work.session.get(UsePhoto, str(facts.get("photo")))
    return KeptObject(f"UsePhoto {facts.get('photo')}", row.object_id if row else None, str(facts.get("sm3")))


def _print(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> KeptObject | None:
    row = work.session.get(PrintCopy, str(facts.get("print")))
    return KeptObject(
        f"PrintCopy {facts.get('print')}", row.object_id if row else None, str(facts.get("sm3"))
    )


def _compared(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> KeptObject | None:
    row = work.session.get(ImprintComparison, str(facts.get("comparison")))
    named = f"ImprintComparison {facts.get('comparison')}"
    return KeptObject(named, row.scan_object_id if row else None, str(facts.get("scan_sm3")))


def _imprint(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> KeptObject | None:
    """The imprint of a seal as it is now; which of several was filed last the comparison of facts tells."""
    subject = content.get("subject")
    seal = work.session.get(Seal, str(subject.get("id") if isinstance(subject, dict) else ""))
    digest = facts.get("sm3", facts.get("specimen_sm3"))
    if seal is None or seal.specimen_object_id is None or not isinstance(digest, str):
        return None
    return KeptObject(f"Seal {seal.id} (imprint)", seal.specimen_object_id, digest, may_be_replaced=True)


_FINDERS: Mapping[str, Finder] = {
    "documents.uploaded": _uploaded,
    "sealing.sealed": _sealed,
    "custody.photo_taken": _photo,
    "custody.imprint_compared": _compared,
    "custody.print_made": _print,
    "seals.specimen_filed": _imprint,
    "seals.imported": _imprint,
}
KINDS_WITH_OBJECTS = frozenset(_FINDERS)
