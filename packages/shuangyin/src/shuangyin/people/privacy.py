"""Consent per purpose, its withdrawal, deletion with proof, and impact assessments (个人信息保护法 13–17, 29, 47, 55, 56).

Deleting is part of withdrawing, of leaving and of expiry: data is not kept for a purpose that nobody agrees to. What a
deletion leaves is its proof, which names no value. Evidence entries hold ids, purposes and counts and nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import CursorResult, delete, func, select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.errors import not_found
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people import privacy_errors
from shuangyin.people.models import ExternalIdentity, Person, SmsCode, SmsPhone
from shuangyin.people.privacy_models import (
    Consent,
    DataDeletion,
    DeletionReason,
    FaceCheck,
    FaceTemplate,
    ImpactAssessment,
)
from shuangyin.people.privacy_schemas import NewAssessment
from shuangyin.people.purposes import FACE, LICENCE, PHONE, Purpose, purposes

ASSESSMENT_KEPT_YEARS: Final = 3
FACES_TO_BE_FILED: Final = 100_000
"""So many stored faces are to be filed with the cyberspace office (人脸识别技术应用安全管理办法); to be confirmed by the
operator against the measures as published."""
_YEAR_MS = 366 * 24 * 3_600_000


def _drop_face(work: UnitOfWork, person_id: str) -> int:
    work.session.execute(delete(FaceCheck).where(FaceCheck.person_id == person_id))
    return _deleted(work, FaceTemplate, person_id)


def _drop_phone(work: UnitOfWork, person_id: str) -> int:
    work.session.execute(delete(SmsCode).where(SmsCode.person_id == person_id))
    return _deleted(work, SmsPhone, person_id)


def _drop_licence(work: UnitOfWork, person_id: str) -> int:
    gone = delete(ExternalIdentity).where(
        ExternalIdentity.person_id == person_id, ExternalIdentity.provider == LICENCE
    )
    return _rows(work.session.execute(gone))


_DROP: Mapping[str, Callable[[UnitOfWork, str], int]] = {
    FACE: _drop_face,
    PHONE: _drop_phone,
    LICENCE: _drop_licence,
}
"""Purpose → what deletes its data and tells how many records there were."""


def purpose_of(code: str) -> Purpose:
    """The purpose of this code. Raises NotFound (PURPOSE_UNKNOWN)."""
    found = purposes().get(code)
    if found is None:
        raise privacy_errors.purpose_unknown()
    return found


def consent_of(work: UnitOfWork, person_id: str, purpose: str) -> Consent | None:
    """The consent that holds now, to whichever version."""
    return work.session.scalar(select(Consent).where(Consent.open_slot == _slot(purpose, person_id)))


def require_consent(work: UnitOfWork, person_id: str, purpose: str) -> None:
    """Raises Forbidden (CONSENT_REQUIRED) without a consent to the present notice."""
    wanted, given = purpose_of(purpose), consent_of(work, person_id, purpose)
    if given is None or given.notice_version != wanted.version:
        raise privacy_errors.consent_required(wanted)


def give_consent(work: UnitOfWork, actor: Actor, code: str, version: str) -> Consent:
    """Agree to one purpose in the version that was read; agreeing twice changes nothing.

    Raises NotFound, Conflict (NOTICE_CHANGED), Refused (NOT_ASSESSED).
    """
    purpose = purpose_of(code)
    if version != purpose.version:
        raise privacy_errors.notice_changed(purpose)
    if purpose.sensitive and not assessed(work, actor.organization_id, code):
        raise privacy_errors.not_assessed(purpose)
    earlier = consent_of(work, actor.person_id, code)
    if earlier is not None:
        if earlier.notice_version == version:
            return earlier
        _end(work, earlier)
    given = Consent(
        id=work.new_id(),
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        purpose=code,
        notice_version=version,
        given_at=work.now,
        ended_at=None,
        open_slot=_slot(code, actor.person_id),
    )
    work.session.add(given)
    work.session.flush()
    facts: dict[str, JsonValue] = {"consent": given.id, "purpose": code, "notice": version}
    _record(work, actor, "people.consent_given", actor.person_id, facts)
    return given


def withdraw(work: UnitOfWork, actor: Actor, code: str) -> DataDeletion | None:
    """Take a consent back; the data goes at once. Returns the proof where there was data. Raises NotFound."""
    purpose_of(code)
    given = consent_of(work, actor.person_id, code)
    deletion = erase(work, actor, actor.person_id, code, DeletionReason.WITHDRAWN)
    if given is None and deletion is None:
        raise not_found("这一项同意", "consent")
    return deletion


def erase(
    work: UnitOfWork, actor: Actor, person_id: str, code: str, reason: DeletionReason
) -> DataDeletion | None:
    """Delete a person's data of one purpose, end the consent, and leave the proof where there was data."""
    given = consent_of(work, person_id, code)
    if given is not None:
        _end(work, given)
        facts: dict[str, JsonValue] = {"consent": given.id, "purpose": code, "reason": reason.value}
        _record(work, actor, "people.consent_ended", person_id, facts)
    rows = _DROP[code](work, person_id)
    if not rows:
        return None
    own_id = work.new_id()
    entry_id = _record(
        work,
        actor,
        "people.data_deleted",
        person_id,
        {"deletion": own_id, "purpose": code, "reason": reason.value, "records": rows},
    )
    deletion = DataDeletion(
        id=own_id,
        organization_id=actor.organization_id,
        person_id=person_id,
        purpose=code,
        reason=reason,
        rows=rows,
        deleted_at=work.now,
        entry_id=entry_id,
    )
    work.session.add(deletion)
    work.session.flush()
    return deletion


def erase_all(work: UnitOfWork, actor: Actor, person: Person, reason: DeletionReason) -> None:
    """As `erase`, for every purpose: who has left or is reset keeps nothing here."""
    for code in _DROP:
        erase(work, actor, person.id, code, reason)


def deletions_of(work: UnitOfWork, person_id: str) -> list[DataDeletion]:
    """The proofs of a person, newest first."""
    query = select(DataDeletion).where(DataDeletion.person_id == person_id)
    return list(work.session.scalars(query.order_by(DataDeletion.id.desc())))


def own_deletion(work: UnitOfWork, actor: Actor, deletion_id: str) -> DataDeletion:
    """One proof: the person's own, or any of the organization for who manages people. Raises NotFound."""
    found = work.session.get(DataDeletion, deletion_id)
    seen = found is not None and found.organization_id == actor.organization_id
    if found is None or not seen or (found.person_id != actor.person_id and not actor.may("people.manage")):
        raise not_found("这份删除证明", "proof of deletion")
    return found


def assess(work: UnitOfWork, actor: Actor, new: NewAssessment) -> ImpactAssessment:
    """Record an impact assessment; a later one adds to it and replaces none."""
    actor.require("people.manage")
    purpose_of(new.purpose)
    made = ImpactAssessment(
        id=work.new_id(),
        organization_id=actor.organization_id,
        purpose=new.purpose,
        necessity=new.necessity,
        risks=new.risks,
        measures=new.measures,
        assessed_by=actor.person_id,
        assessed_at=work.now,
        keep_until=work.now + ASSESSMENT_KEPT_YEARS * _YEAR_MS,
    )
    work.session.add(made)
    work.session.flush()
    record(
        work,
        actor,
        kind="people.impact_assessed",
        subject_type="impact_assessment",
        subject_id=made.id,
        facts={
            "purpose": new.purpose,
            "content": digest_of("\n".join((new.necessity, new.risks, new.measures))),
            "keep_until": made.keep_until,
        },
    )
    return made


def assessments(work: UnitOfWork, organization_id: str) -> list[ImpactAssessment]:
    """All assessments of an organization, newest first."""
    query = select(ImpactAssessment).where(ImpactAssessment.organization_id == organization_id)
    return list(work.session.scalars(query.order_by(ImpactAssessment.id.desc())))


def assessed(work: UnitOfWork, organization_id: str, purpose: str) -> bool:
    """Whether the organization has assessed a purpose."""
    query = select(ImpactAssessment.id).where(
        ImpactAssessment.organization_id == organization_id, ImpactAssessment.purpose == purpose
    )
    return work.session.scalar(query.limit(1)) is not None


def consents_now(work: UnitOfWork, organization_id: str) -> dict[str, int]:
    """How many persons agree to each purpose."""
    query = (
        select(Consent.purpose, func.count())
        .where(Consent.organization_id == organization_id, Consent.ended_at.is_(None))
        .group_by(Consent.purpose)
    )
    return dict(work.session.execute(query).tuples().all())


def faces_stored(work: UnitOfWork) -> int:
    """How many face templates this installation holds, over all its organizations: the number that has to be filed."""
    return work.session.scalar(select(func.count()).select_from(FaceTemplate)) or 0


def delete_expired(platform: Platform) -> None:
    """Delete templates past their last day; runs by itself."""

    def command(work: UnitOfWork) -> None:
        due = select(FaceTemplate).where(FaceTemplate.delete_at <= work.now).limit(500)
        for one in list(work.session.scalars(due)):
            erase(work, system_actor(one.organization_id), one.person_id, FACE, DeletionReason.EXPIRED)

    platform.transact(command)


def _end(work: UnitOfWork, given: Consent) -> None:
    given.ended_at, given.open_slot = work.now, None
    work.session.flush()


def _deleted(work: UnitOfWork, model: type[FaceTemplate | SmsPhone], person_id: str) -> int:
    return _rows(work.session.execute(delete(model).where(model.person_id == person_id)))


def _rows(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def _slot(purpose: str, person_id: str) -> str:
    return f"{purpose}/{person_id}"


def _record(work: UnitOfWork, actor: Actor, kind: str, person_id: str, facts: Mapping[str, JsonValue]) -> str:
    entry = record(work, actor, kind=kind, subject_type="person", subject_id=person_id, facts=facts)
    return entry.id
