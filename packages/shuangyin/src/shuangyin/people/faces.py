"""Face checks: asked for one act, shown in a few pictures, compared with the person's own template, good once.

A face is a factor beside others and never the only way (人脸识别技术应用安全管理办法). The head is turned to a side that is
drawn anew, which a photograph does not do; a film of the very turn, or a mask, is not told apart from the person, so that a
face alone proves no presence to anybody who doubts it (docs/face-check.md). Pictures are looked at in memory and kept
nowhere; no score leaves the engine.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from shuangyin.core.actor import Actor
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import face_port, privacy, privacy_errors
from shuangyin.people.face_port import FaceEngine, FaceFault, FaceProblem
from shuangyin.people.privacy_models import FaceCheck, FaceTemplate
from shuangyin.people.purposes import FACE

ENROL = "people.enrol_face"
CHECK_MS = 2 * 60_000
ANSWER_MS = 5 * 60_000
TRIES = 5
KEPT_MS = 365 * 24 * 3_600_000
MOST_PICTURES = 12


@dataclass(frozen=True, slots=True)
class FaceTask:
    """What a check was made for, and what its pictures are compared with."""

    act: str
    turn: str
    template: bytes | None


def engine(platform: Platform) -> FaceEngine:
    """The joined engine."""
    return platform.port(FaceEngine)  # type: ignore[type-abstract]  # a port is looked up by its protocol


def face_of(work: UnitOfWork, person_id: str) -> FaceTemplate | None:
    """The person's template, when this engine can compare it and its last day has not come."""
    kept = work.session.get(FaceTemplate, person_id)
    if kept is None or kept.delete_at <= work.now or kept.model != engine(work.platform).model:
        return None
    return kept


def usable(work: UnitOfWork, person_id: str) -> bool:
    """Whether the person can confirm with his face."""
    return engine(work.platform).available and face_of(work, person_id) is not None


def begin(work: UnitOfWork, actor: Actor, act: str, subject: str) -> FaceCheck:
    """Ask for the person's face for one act on one subject.

    Raises Refused (FACE_NOT_OFFERED), Forbidden (CONSENT_REQUIRED), NotFound (NO_FACE_ENROLLED).
    """
    if not engine(work.platform).available:
        raise privacy_errors.face_not_offered()
    privacy.require_consent(work, actor.person_id, FACE)
    if act != ENROL and face_of(work, actor.person_id) is None:
        raise privacy_errors.no_face()
    work.session.execute(delete(FaceCheck).where(FaceCheck.expires_at < work.now))
    check = FaceCheck(
        id=work.new_id(),
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        act=act,
        subject=subject,
        turn=secrets.choice(("left", "right")),
        tries=0,
        created_at=work.now,
        expires_at=work.now + CHECK_MS,
        answer_hash=None,
        used_at=None,
    )
    work.session.add(check)
    work.session.flush()
    return check


def confirms(work: UnitOfWork, actor: Actor, answer: str, act: str, subject: str) -> bool:
    """Whether a face was seen for this act on this subject; it is used up. A consent taken back ends it too."""
    if consent_is_missing(work, actor.person_id):
        return False
    used = work.session.execute(
        update(FaceCheck)
        .where(
            FaceCheck.answer_hash == _digest(answer.strip()),
            FaceCheck.person_id == actor.person_id,
            FaceCheck.act == act,
            FaceCheck.subject == subject,
            FaceCheck.used_at.is_(None),
            FaceCheck.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(FaceCheck.id)
    ).scalar_one_or_none()
    return used is not None


def consent_is_missing(work: UnitOfWork, person_id: str) -> bool:
    """Whether the person does not agree to face checks as they are now."""
    try:
        privacy.require_consent(work, person_id, FACE)
    except ShuangyinError:
        return True
    return False


def take_try(work: UnitOfWork, actor: Actor, check_id: str) -> FaceTask | None:
    """Use up one of the tries of a check; None when there is none to use."""
    check = work.session.scalar(
        select(FaceCheck)
        .where(
            FaceCheck.id == check_id,
            FaceCheck.person_id == actor.person_id,
            FaceCheck.expires_at > work.now,
            FaceCheck.answer_hash.is_(None),
            FaceCheck.used_at.is_(None),
        )
        .with_for_update()
    )
    if check is None or check.tries >= TRIES or consent_is_missing(work, actor.person_id):
        return None
    check.tries += 1
    kept = face_of(work, actor.person_id)
    template = None
    if kept is not None and check.act != ENROL:
        template = work.keyring.unwrap(kept.organization_id, _context(actor.person_id), kept.template)
    return FaceTask(check.act, check.turn, template)


def template_of(comparing: FaceEngine, pictures: Sequence[bytes], turn: str) -> bytes:
    """The template of the one face that every picture shows, from the front and then turned as was asked.

    Raises Refused (FACE_…), Unavailable (FACE_ENGINE_DOWN).
    """
    try:
        return _seen(comparing, pictures, turn)
    except FaceProblem as problem:
        raise privacy_errors.face_unusable(problem) from problem


def _seen(comparing: FaceEngine, pictures: Sequence[bytes], turn: str) -> bytes:
    faces = [comparing.look(picture) for picture in pictures]
    front = face_port.frontal_place(faces)
    if front is None:
        raise FaceProblem(FaceFault.NOT_FRONTAL)
    turned = face_port.turned_place(faces, front, turn)
    if turned is None:
        raise privacy_errors.face_still()
    seen, other = (comparing.template(faces[at]) for at in (front, turned))
    if comparing.likeness(seen, other) < face_port.SAME_TAKE:
        raise FaceProblem(FaceFault.SEVERAL)
    return seen


def enrol(work: UnitOfWork, actor: Actor, check_id: str, template: bytes) -> None:
    """Keep a template in place of an earlier one. Raises Forbidden (CONSENT_REQUIRED)."""
    privacy.require_consent(work, actor.person_id, FACE)
    check = work.session.get_one(FaceCheck, check_id)
    check.used_at = work.now
    kept = work.session.get(FaceTemplate, actor.person_id)
    if kept is None:
        kept = FaceTemplate(person_id=actor.person_id, organization_id=actor.organization_id)
        work.session.add(kept)
    kept.template = work.keyring.wrap(actor.organization_id, _context(actor.person_id), template)
    kept.model = engine(work.platform).model
    kept.enrolled_at, kept.delete_at = work.now, work.now + KEPT_MS
    work.session.flush()
    record(
        work,
        actor,
        kind="people.face_enrolled",
        subject_type="person",
        subject_id=actor.person_id,
        facts={"delete_at": kept.delete_at},
    )


def answered(work: UnitOfWork, check_id: str, answer: str) -> bool:
    """Note that the face was the person's, under what it is confirmed with; False when somebody was quicker."""
    done = (
        update(FaceCheck)
        .where(FaceCheck.id == check_id, FaceCheck.answer_hash.is_(None), FaceCheck.used_at.is_(None))
        .values(answer_hash=_digest(answer), expires_at=work.now + ANSWER_MS)
        .returning(FaceCheck.id)
    )
    return work.session.execute(done).scalar_one_or_none() is not None


def _digest(answer: str) -> str:
    return hashlib.sha256(answer.encode()).hexdigest()


def _context(person_id: str) -> str:
    return f"face:{person_id}"
