"""Link one's account with one's electronic business licence, and end that."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization import queries as organizations
from shuangyin.people import links, outside_errors, privacy
from shuangyin.people.commands import outside_sign_in
from shuangyin.people.commands.own_access import require_session
from shuangyin.people.commands.step_up import require_second_factor
from shuangyin.people.models import ExternalIdentity, Person
from shuangyin.people.outside_port import LicenceAnswer, LicenceSession
from shuangyin.people.privacy_models import DeletionReason
from shuangyin.people.purposes import LICENCE
from shuangyin.people.sealed_state import open_state, seal_state

_LINK = "licence-link"


def begin_link(
    platform: Platform, actor: Actor, *, proof: str | None, address: str
) -> tuple[LicenceSession, str]:
    """A code for the caller to scan with his licence. Raises Forbidden (STEP_UP_REQUIRED, SESSION_REQUIRED)."""
    require_session(actor)

    def covered(work: UnitOfWork) -> None:
        privacy.require_consent(work, actor.person_id, LICENCE)
        require_second_factor(
            work,
            actor,
            act="people.link_licence",
            subject=actor.person_id,
            proof=proof,
            strength="each",
        )

    platform.transact(covered)
    session = outside_sign_in.licence_session(platform, "link", address=address)
    state = {"session": session.id, "person": actor.person_id}
    return session, seal_state(platform, _LINK, state, outside_sign_in.ATTEMPT_MS)


def finish_link(platform: Platform, actor: Actor, attempt: str) -> str:
    """What became of the code; with `confirmed` the licence is linked.

    Raises NotAdmitted (PROVIDER_ATTEMPT_ENDED), Forbidden (LICENCE_OTHER_ORGANIZATION, LICENCE_OTHER_PERSON), Refused
    (LICENCE_NOT_VALID), Conflict (LICENCE_TAKEN).
    """
    require_session(actor)
    kept = open_state(platform, _LINK, attempt)
    if kept is None or kept["person"] != actor.person_id:
        raise outside_errors.attempt_ended()
    answer = outside_sign_in.licence_answer(platform, kept["session"])
    if answer.status == "confirmed":
        platform.transact(lambda work: _link(work, actor, answer))
    return answer.status


def end_link(work: UnitOfWork, actor: Actor) -> None:
    """End the caller's link, with proof; the consent ends. Raises NotFound."""
    link = links.link_of(work, actor.person_id, links.LICENCE)
    if link is None:
        raise not_found("已关联的电子营业执照", "linked licence")
    privacy.erase(work, actor, actor.person_id, LICENCE, DeletionReason.WITHDRAWN)


def own_link(work: UnitOfWork, actor: Actor) -> ExternalIdentity | None:
    """The caller's link."""
    return links.link_of(work, actor.person_id, links.LICENCE)


def _link(work: UnitOfWork, actor: Actor, answer: LicenceAnswer) -> None:
    person = work.session.get_one(Person, actor.person_id)
    privacy.require_consent(work, person.id, LICENCE)
    outside_sign_in.require_licence(answer, organizations.get(work, actor.organization_id))
    if not answer.holder or answer.name != person.name:
        raise outside_errors.licence_other_name()
    found = links.link_of_subject(work, links.LICENCE, answer.holder)
    if found is not None and found.person_id == person.id:
        return
    own = links.link_of(work, person.id, links.LICENCE)
    if found is not None or own is not None:
        raise outside_errors.licence_taken()
    links.make_link(work, actor, person, links.LICENCE, answer.holder)
