"""How seals are shown: shapes of the API, and preview pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gmseal.errors import GmsealError
from gmseal.picture import draw_svg, render_png
from gmseal.sm.certificates import read_certificate
from shuangyin.core.actor import Actor
from shuangyin.core.clock import to_milliseconds
from shuangyin.core.errors import NotFound, not_found
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.seals import queries, rules
from shuangyin.seals.commands.making import drawn_face
from shuangyin.seals.commands.registering import Face, face_standard
from shuangyin.seals.kinds import Begun, FaceStandard
from shuangyin.seals.material import certificate_of, has_material, picture_of
from shuangyin.seals.models import Medium, Seal, SealStatus
from shuangyin.seals.pictures import PREVIEW_DPI, UnreadablePicture, preview_png
from shuangyin.seals.schemas import (
    CertificateOut,
    CounterpartOut,
    RemarkOut,
    SealDetailOut,
    SealEventOut,
    SealOut,
)

_WORDS = {
    SealStatus.DRAFT: "未启用 DRAFT",
    SealStatus.IN_FORCE: "仅供预览 PREVIEW",
    SealStatus.SUSPENDED: "已停用 SUSPENDED",
    **dict.fromkeys(
        (SealStatus.ACCEPTED, SealStatus.MADE, SealStatus.FILED, SealStatus.DELIVERED),
        "尚未启用 NOT YET IN FORCE",
    ),
}
_ENDED = "已失效 NOT IN FORCE"


def seals_out(work: UnitOfWork, seals: Sequence[Seal]) -> list[SealOut]:
    """Seals for a list, with the names of keepers and counterparts read at once."""
    people = display(work, {seal.keeper_person_id for seal in seals if seal.keeper_person_id})
    others = queries.named(work, {seal.counterpart_id for seal in seals if seal.counterpart_id})
    return [SealOut(**_fields(seal, people, others)) for seal in seals]


def seal_out(work: UnitOfWork, seal: Seal) -> SealOut:
    """One seal."""
    return seals_out(work, [seal])[0]


def seal_detail(work: UnitOfWork, actor: Actor, seal: Seal) -> SealDetailOut:
    """One seal with its history and what the actor may do with it."""
    events = queries.events_of(work, seal.id)
    people = display(work, {event.person_id for event in events} | {seal.keeper_person_id or ""})
    others = queries.named(work, {seal.counterpart_id} if seal.counterpart_id else set())
    standard = face_standard(work, seal.organization_id, seal.category)
    remark = rules.remark_on_size(standard, seal.shape, seal.width_mm, seal.height_mm)
    return SealDetailOut(
        **_fields(seal, people, others),
        events=[
            SealEventOut(
                id=event.id,
                at=event.at,
                kind=event.kind,
                status_after=event.status_after,
                person=people.get(event.person_id),
                note=event.note,
            )
            for event in events
        ],
        remarks=[RemarkOut(zh=remark.zh, en=remark.en)] if remark else [],
        certificate=_certificate(work, seal),
        actions=_actions(actor, seal),
    )


def preview(work: UnitOfWork, seal: Seal) -> bytes:
    """The seal's picture for people, a PNG with a watermark. Raises NotFound when there is none to show.

    Of an e-seal the picture in it, of a physical seal its filed specimen, or else the standard face of its kind.
    """
    words = _WORDS.get(SealStatus(seal.status), _ENDED)
    grey = seal.status not in (SealStatus.IN_FORCE, SealStatus.DRAFT)
    try:
        return preview_png(_picture(work, seal), seal.width_mm, seal.height_mm, words, grey=grey)
    except (UnreadablePicture, GmsealError) as error:
        raise no_picture() from error


def no_picture() -> NotFound:
    """There is nothing that can be shown of this seal."""
    return not_found("印章图样", "picture of this seal")


def _picture(work: UnitOfWork, seal: Seal) -> bytes:
    if seal.medium == Medium.ELECTRONIC and has_material(work, seal):
        return picture_of(work, seal).data
    if seal.specimen_object_id is not None:
        return work.objects.read(work.session.get_one(StoredObject, seal.specimen_object_id))
    face = Face(
        seal.category,
        seal.face_text,
        seal.face_words,
        seal.sequence_number,
        seal.shape,
        seal.width_mm,
        seal.height_mm,
        seal.seal_code,
    )
    return _drawn(face, face_standard(work, seal.organization_id, seal.category))


@lru_cache(maxsize=64)
def _drawn(face: Face, standard: FaceStandard) -> bytes:
    return render_png(draw_svg(drawn_face(face, standard, trial=False)), PREVIEW_DPI * 2)


def _fields(seal: Seal, people: dict[str, PersonRef], others: dict[str, Seal]) -> dict[str, object]:
    other = others.get(seal.counterpart_id or "")
    counterpart = (
        CounterpartOut(id=other.id, name=other.name, medium=Medium(other.medium).value) if other else None
    )
    return {
        "id": seal.id,
        "medium": seal.medium,
        "name": seal.name,
        "face_text": seal.face_text,
        "face_words": seal.face_words,
        "category": seal.category,
        "ga_type": seal.ga_type,
        "sequence_number": seal.sequence_number,
        "shape": seal.shape,
        "width_mm": seal.width_mm,
        "height_mm": seal.height_mm,
        "seal_code": seal.seal_code,
        "es_id": seal.es_id,
        "origin": seal.origin,
        "status": seal.status,
        "whereabouts": seal.whereabouts,
        "root": seal.root,
        "counterpart_id": seal.counterpart_id,
        "counterpart": counterpart,
        "keeper": people.get(seal.keeper_person_id or ""),
        "filing_no": seal.filing_no,
        "filing_authority": seal.filing_authority,
        "filed_at": seal.filed_at,
        "valid_from": seal.valid_from,
        "valid_until": seal.valid_until,
        "has_specimen": seal.specimen_object_id is not None,
        "version": seal.version,
    }


def _certificate(work: UnitOfWork, seal: Seal) -> CertificateOut | None:
    if seal.medium != Medium.ELECTRONIC or not has_material(work, seal):
        return None
    info = read_certificate(certificate_of(work, seal))
    return CertificateOut(
        subject=info.subject,
        issuer=info.issuer,
        serial=info.serial,
        not_before=to_milliseconds(info.not_before),
        not_after=to_milliseconds(info.not_after),
        trial=info.trial,
    )


def _actions(actor: Actor, seal: Seal) -> list[str]:
    manages = actor.may("seals.manage")
    keeps = actor.person_id == seal.keeper_person_id
    # What was applied for here is put into force and filed by steps, with their evidence.
    taken_in = seal.begun == Begun.TAKEN_IN
    possible = {
        "activate": manages and taken_in and seal.status == SealStatus.DRAFT,
        "suspend": (manages or keeps) and seal.status == SealStatus.IN_FORCE,
        "resume": manages and seal.status == SealStatus.SUSPENDED and seal.hold is None,
        "set_keeper": manages,
        "set_filing": manages and taken_in,
        # The picture of an e-seal is inside it; its specimen came with it.
        "file_specimen": manages and seal.medium == Medium.PHYSICAL,
    }
    return [name for name, allowed in possible.items() if allowed]
