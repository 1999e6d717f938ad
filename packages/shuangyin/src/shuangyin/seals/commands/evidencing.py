"""Keep a paper or photo that proves a step of a seal's life."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.objects import WrittenObject
from shuangyin.core.photos import read_photo
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.seals import errors, life_errors, queries
from shuangyin.seals.models import Seal, SealEvidence
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.steps import object_to_imprint

_PDF = "application/pdf"


def media_type_of(data: bytes) -> str:
    """PDF or a picture, by the bytes. Raises Invalid (SEAL_EVIDENCE_UNREADABLE)."""
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return _PDF
    photo = read_photo(data)
    if photo is None:
        raise life_errors.evidence_unreadable()
    return photo.media_type


def add_evidence(
    work: UnitOfWork, actor: Actor, seal_id: str, kind: EvidenceKind, data: bytes, written: WrittenObject
) -> SealEvidence:
    """Keep one piece; a step takes it up later. The object is durable already.

    The seal's keeper may add some too: he reports losses. Raises Refused (SEAL_IMPRINT_SIZE), Invalid.
    """
    seal = queries.get(work, actor.organization_id, seal_id)
    if actor.person_id != seal.keeper_person_id:
        actor.require("seals.manage")
    media_type = media_type_of(data)
    if kind is EvidenceKind.IMPRINT:
        _require_imprint(seal, data)
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=seal.organization_id,
            media_type=media_type,
            now_ms=work.now,
        )
    )
    work.session.flush()
    piece = SealEvidence(
        id=work.new_id(),
        organization_id=seal.organization_id,
        seal_id=seal.id,
        kind=kind,
        object_id=object_id,
        sm3=written.sm3,
        media_type=media_type,
        added_by=actor.person_id,
        added_at=work.now,
    )
    work.session.add(piece)
    work.session.flush()
    facts = {"evidence": piece.id, "kind": kind.value, "sm3": written.sm3}
    record(work, actor, kind="seals.evidence_added", subject_type="seal", subject_id=seal.id, facts=facts)
    return piece


def _require_imprint(seal: Seal, data: bytes) -> None:
    photo = read_photo(data)
    if photo is None or photo.media_type != "image/png":
        raise life_errors.imprint_not_png()
    objection = object_to_imprint(
        (photo.width, photo.height), photo.dots_per_inch, (seal.width_mm, seal.height_mm)
    )
    if objection is not None:
        raise errors.refused(objection)
