"""What a person sees and ends of his links with directories and OpenID providers; the licence's has a page of its own."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import links
from shuangyin.people.commands.own_access import require_session
from shuangyin.people.commands.step_up import require_second_factor
from shuangyin.people.models import ExternalIdentity


def own_links(work: UnitOfWork, actor: Actor) -> list[ExternalIdentity]:
    """The caller's links, oldest first."""
    return [one for one in links.links_of(work, actor.person_id) if one.provider != links.LICENCE]


def end_link(work: UnitOfWork, actor: Actor, link_id: str, *, proof: str | None) -> None:
    """End one of the caller's links; the next sign-in there links anew whom its account gives.

    Raises NotFound, Forbidden (STEP_UP_REQUIRED, SESSION_REQUIRED).
    """
    require_session(actor)
    found = next((one for one in own_links(work, actor) if one.id == link_id), None)
    if found is None:
        raise not_found("这一关联", "link")
    require_second_factor(
        work, actor, act="people.end_link", subject=found.id, proof=proof, strength="window"
    )
    work.session.delete(found)
    facts = {"link": found.id, "provider": found.provider}
    links.note(work, actor, "people.identity_unlinked", actor.person_id, {**facts})
