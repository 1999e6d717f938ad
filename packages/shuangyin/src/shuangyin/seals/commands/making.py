"""Make a trial e-seal: draw its face, marked as trial, and have the trial authority issue it."""

from __future__ import annotations

import hashlib

from evidencelog.entry import JsonValue
from gmseal.errors import GmsealError
from gmseal.picture import draw_svg, render_png
from gmseal.picture.face import SealFace
from gmseal.ses.seal import SealPicture
from shuangyin.core.actor import Actor
from shuangyin.core.clock import to_milliseconds
from shuangyin.core.errors import Invalid
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.seals import errors, queries, rules
from shuangyin.seals.commands.history import as_entered, note_event
from shuangyin.seals.commands.registering import Face, draft, face_standard, link_counterpart, place_keeper
from shuangyin.seals.face_standards import face_of
from shuangyin.seals.kinds import FaceStandard
from shuangyin.seals.material import keep_material
from shuangyin.seals.models import Medium, Origin, Seal
from shuangyin.seals.schemas import NewTrialSeal
from shuangyin.seals.trial_authority import make_trial_seal


def make_trial(work: UnitOfWork, actor: Actor, new: NewTrialSeal) -> Seal:
    """Make a trial e-seal as a draft: with the face of a physical counterpart, or from the data given.

    Raises Invalid when the face cannot be drawn (a missing glyph, a text too long), Refused for a wrong keeper.
    """
    actor.require("seals.manage")
    organization = organization_of(work, actor.organization_id)
    face, standard = _face(work, actor, new, organization.name)
    seal = draft(work, actor, Medium.ELECTRONIC, face, standard)
    seal.origin = Origin.TRIAL
    seal.root = new.root
    try:
        picture = _picture(face, standard)
        made = make_trial_seal(
            work,
            name=seal.name,
            organization=organization.name,
            es_id=f"SYT{seal.id}",
            picture=picture,
        )
    except GmsealError as error:
        raise errors.face_refused(error) from error
    seal.es_id = made.es_id
    seal.valid_from, seal.valid_until = to_milliseconds(made.valid_from), to_milliseconds(made.valid_until)
    keep_material(work, seal, seal_der=made.seal, certificate=made.certificate, key=made.key)
    place_keeper(work, actor, seal, new.keeper_person_id)
    link_counterpart(work, seal, new.counterpart_id)
    facts: dict[str, JsonValue] = {
        "medium": seal.medium,
        "origin": Origin.TRIAL.value,
        "seal_sm3": _sm3(made.seal),
        "picture_sm3": _sm3(picture.data),
        "certificate_sm3": _sm3(made.certificate),
        **as_entered(seal),
    }
    note_event(work, actor, seal, "made", facts)
    return seal


def _face(
    work: UnitOfWork, actor: Actor, new: NewTrialSeal, organization_name: str
) -> tuple[Face, FaceStandard]:
    if new.counterpart_id is not None:
        other = queries.get(work, actor.organization_id, new.counterpart_id)
        if other.medium != Medium.PHYSICAL:
            raise errors.counterpart_wrong()
        standard = face_standard(work, actor.organization_id, other.category)
        face = Face(
            other.category,
            other.face_text,
            other.face_words,
            other.sequence_number,
            other.shape,
            other.width_mm,
            other.height_mm,
            other.seal_code,
        )
        return face, standard
    if new.category is None:
        raise Invalid(
            "SEAL_CATEGORY_MISSING",
            "请选择印章类别，或指定对应的实体印章。",
            "Say which category of seal to make, or name its physical counterpart.",
        )
    standard = face_standard(work, actor.organization_id, new.category)
    face = Face(
        new.category,
        new.face_text or organization_name,
        new.face_words or standard.words,
        new.sequence_number,
        standard.shape,
        standard.width_mm,
        standard.height_mm,
        new.seal_code,
    )
    return face, standard


def drawn_face(face: Face, standard: FaceStandard, *, trial: bool) -> SealFace:
    """The face for gmseal to draw. Raises its errors."""
    # The invoice seal has its code in the middle of the ellipse by its own rule; every other face has it below.
    return face_of(
        standard,
        text=face.text,
        words=rules.words_on_face(face.words, face.sequence_number),
        shape=face.shape,
        width_mm=face.width_mm,
        height_mm=face.height_mm,
        code=face.code if face.shape in ("round", "ellipse") else None,
        trial=trial,
    )


def _picture(face: Face, standard: FaceStandard) -> SealPicture:
    drawn = drawn_face(face, standard, trial=True)
    # The seal structure states whole millimetres (GB/T 38540, facts 3.4); halves go up.
    return SealPicture(
        "PNG", render_png(draw_svg(drawn)), int(face.width_mm + 0.5), int(face.height_mm + 0.5)
    )


def _sm3(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()
