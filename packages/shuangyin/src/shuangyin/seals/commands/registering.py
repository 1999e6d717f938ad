"""Enter a physical seal into the register, and its filed imprint."""

from __future__ import annotations

from dataclasses import dataclass

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.objects import WrittenObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.people.queries import holds_permission
from shuangyin.seals import errors, queries, rules
from shuangyin.seals.commands.history import as_entered, note_event
from shuangyin.seals.face_standards import standard_for
from shuangyin.seals.kinds import FaceStandard
from shuangyin.seals.models import MICROMETRES_PER_MM, Medium, Seal, SealStatus, Whereabouts
from shuangyin.seals.schemas import NewPhysicalSeal


@dataclass(frozen=True, slots=True)
class Face:
    """What a new seal's face says and how large it is; lengths in millimetres."""

    category: str
    text: str
    words: str | None
    sequence_number: int | None
    shape: str
    width_mm: float
    height_mm: float
    code: str | None

    @property
    def name(self) -> str:
        return rules.face_name(self.text, self.words, self.sequence_number)


def register_physical(work: UnitOfWork, actor: Actor, new: NewPhysicalSeal) -> Seal:
    """Register a physical seal as a draft, lying in the safe. Raises Refused for a size the rules exclude."""
    actor.require("seals.manage")
    organization = organization_of(work, actor.organization_id)
    standard = face_standard(work, actor.organization_id, new.category)
    face = Face(
        category=new.category,
        text=new.face_text or organization.name,
        words=new.face_words or standard.words,
        sequence_number=new.sequence_number,
        shape=new.shape or standard.shape,
        width_mm=new.width_mm or standard.width_mm,
        height_mm=new.height_mm or standard.height_mm,
        code=new.seal_code,
    )
    seal = draft(work, actor, Medium.PHYSICAL, face, standard)
    seal.whereabouts = Whereabouts.IN_SAFE
    seal.root = new.root
    seal.filing_no, seal.filing_authority, seal.filed_at = new.filing_no, new.filing_authority, new.filed_at
    place_keeper(work, actor, seal, new.keeper_person_id)
    link_counterpart(work, seal, new.counterpart_id)
    facts = {"medium": seal.medium, "ga_type": seal.ga_type, **as_entered(seal)}
    note_event(work, actor, seal, "registered", facts)
    return seal


def file_specimen(
    work: UnitOfWork, actor: Actor, seal_id: str, written: WrittenObject, *, expected: int | None
) -> Seal:
    """Keep the filed imprint (印模) of a seal that has none. The object is durable already."""
    actor.require("seals.manage")
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    keep_specimen(work, seal, written)
    note_event(work, actor, seal, "specimen_filed", {"sm3": written.sm3})
    return seal


def keep_specimen(work: UnitOfWork, seal: Seal, written: WrittenObject) -> None:
    """The row of a specimen picture, and the seal's reference to it."""
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=seal.organization_id,
            media_type="image/png",
            now_ms=work.now,
        )
    )
    work.session.flush()
    seal.specimen_object_id = object_id


def draft(work: UnitOfWork, actor: Actor, medium: Medium, face: Face, standard: FaceStandard) -> Seal:
    """A new seal in the session, not yet in force. Raises Refused for a size the rules exclude."""
    objection = rules.object_to_size(standard, face.shape, face.width_mm, face.height_mm)
    if objection is not None:
        raise errors.refused(objection)
    seal = Seal(
        id=work.new_id(),
        organization_id=actor.organization_id,
        medium=medium,
        name=face.name,
        face_text=face.text,
        face_words=face.words,
        ga_type=rules.ga_type(face.category),
        category=face.category,
        sequence_number=face.sequence_number,
        shape=face.shape,
        width_um=round(face.width_mm * MICROMETRES_PER_MM),
        height_um=round(face.height_mm * MICROMETRES_PER_MM),
        seal_code=face.code,
        status=SealStatus.DRAFT,
        created_at=work.now,
    )
    work.session.add(seal)
    work.session.flush()
    return seal


def face_standard(work: UnitOfWork, organization_id: str, category: str) -> FaceStandard:
    """The standard of a category for this organization today."""
    organization = organization_of(work, organization_id)
    return standard_for(category, organization.category, beijing_time(work.now).date())


def place_keeper(work: UnitOfWork, actor: Actor, seal: Seal, person_id: str | None) -> None:
    """Name the keeper of a seal. Raises Refused when the person holds no custodian's post."""
    if person_id is None:
        return
    if not holds_permission(work, actor.organization_id, person_id, "seals.keep"):
        raise errors.not_a_keeper()
    seal.keeper_person_id = person_id


def link_counterpart(work: UnitOfWork, seal: Seal, counterpart_id: str | None) -> None:
    """Link a seal and its counterpart of the other medium with each other, unless that one is linked already."""
    if counterpart_id is None:
        return
    other = queries.get(work, seal.organization_id, counterpart_id)
    if other.medium == seal.medium:
        raise errors.counterpart_wrong()
    seal.counterpart_id = other.id
    seal.root = other.root
    if other.counterpart_id is None:
        other.counterpart_id = seal.id
