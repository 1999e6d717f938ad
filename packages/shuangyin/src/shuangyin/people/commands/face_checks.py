"""Enrol one's face, and show it for one act: what the pictures lead to, and what a wrong face costs."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.actor import Actor
from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import errors, face_port, faces, factors, privacy_errors
from shuangyin.people.commands.own_access import require_session
from shuangyin.people.commands.step_up import require_second_factor
from shuangyin.people.privacy_models import FaceCheck


def begin_enrolment(work: UnitOfWork, actor: Actor, *, proof: str | None) -> FaceCheck:
    """Ask for the pictures of one's own face. Raises Forbidden (SESSION_REQUIRED, STEP_UP_REQUIRED) and as `begin`."""
    require_session(actor)
    # Agreed or not is told before a second factor is asked for.
    check = faces.begin(work, actor, faces.ENROL, actor.person_id)
    require_second_factor(work, actor, act=faces.ENROL, subject=actor.person_id, proof=proof, strength="each")
    return check


def show(platform: Platform, actor: Actor, check_id: str, pictures: Sequence[bytes]) -> str | None:
    """Look at the pictures of a check: enrol the face, or compare it and return the answer to confirm with.

    A face that is not the person's counts like a wrong code. Raises NotAdmitted (FACE_CHECK_ENDED), Forbidden
    (FACE_DIFFERS), RateLimited (SECOND_FACTOR_LOCKED), Refused (FACE_…), Unavailable (FACE_ENGINE_DOWN).
    """
    task = platform.transact(lambda work: _admitted(work, actor, check_id))
    if task is None:
        raise privacy_errors.check_ended()
    comparing = faces.engine(platform)
    seen = faces.template_of(comparing, pictures, task.turn)
    if task.act == faces.ENROL:
        platform.transact(lambda work: faces.enrol(work, actor, check_id, seen))
        return None
    if task.template is None or comparing.likeness(seen, task.template) < face_port.LIKENESS:
        platform.transact(lambda work: factors.count_wrong_face(work, actor))
        raise privacy_errors.face_differs()
    answer = new_token(256)
    if not platform.transact(lambda work: faces.answered(work, check_id, answer)):
        raise privacy_errors.check_ended()
    return answer


def _admitted(work: UnitOfWork, actor: Actor, check_id: str) -> faces.FaceTask | None:
    credential = factors.credential_for_change(work, actor.person_id)
    if credential.locked_until is not None and credential.locked_until > work.now:
        raise errors.factor_locked(-(-(credential.locked_until - work.now) // 1000))
    return faces.take_try(work, actor, check_id)
