"""A person changes post: posts end and begin at one instant, and what goes with the old ones is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import post as post_of
from shuangyin.people.commands import require_second_factor
from shuangyin.people.commands.leaving import (
    active_person,
    close_holdings,
    note_moved,
    open_holdings,
    require_administrator,
)
from shuangyin.people.commands.persons import hold
from shuangyin.people.models import Person
from shuangyin.transitions import leaving_errors as errors
from shuangyin.transitions.leaving import (
    PartPlan,
    Wish,
    carry_out,
    facts_of,
    keep,
    plan,
    require_settled,
)
from shuangyin.transitions.leaving_custody import SafesPart, SealsPart
from shuangyin.transitions.leaving_duties import ApprovalsPart, ConsultationsPart, ReviewsPart
from shuangyin.transitions.leaving_models import PersonTransition, TransitionKind
from shuangyin.transitions.leaving_parts import Case, Item, Outcome, Part, Why
from shuangyin.transitions.leaving_powers import DelegationsPart, GrantsPart, PostsPart

ACT = "people.change_post"
NUMBER_PREFIX = "调岗"
PARTS: tuple[Part, ...] = (
    ApprovalsPart(),
    ConsultationsPart(),
    ReviewsPart(),
    SealsPart(),
    SafesPart(),
    DelegationsPart(),
    GrantsPart(),
)
"""What may go with a post. Sessions, second factors and his own applications stay his."""


@dataclass(frozen=True, slots=True)
class NewPosts:
    """The holdings that end and the posts that begin."""

    ending: frozenset[str]
    beginning: tuple[str, ...]


def preview_change(
    work: UnitOfWork, actor: Actor, person_id: str, posts: NewPosts, wish: Wish
) -> list[PartPlan]:
    """What changing post would do now. Raises Invalid, NotFound, Conflict (PERSON_LEFT)."""
    actor.require("people.manage")
    person = active_person(work, actor, person_id)
    return [_posts_plan(work, actor, person, posts, wish), *_plan(work, actor, person, wish)]


def change_post(
    work: UnitOfWork,
    actor: Actor,
    person_id: str,
    posts: NewPosts,
    wish: Wish,
    *,
    proof: str | None,
    seen: str | None,
) -> PersonTransition:
    """Posts end and begin now, and what was chosen goes with them.

    Raises as `leaving.leave`, Conflict (POST_HELD, OFFICE_HELD), Invalid (POSTS_UNCHANGED).
    """
    actor.require("people.manage")
    person = active_person(work, actor, person_id)
    ending = _posts_plan(work, actor, person, posts, wish)
    plans = [ending, *_plan(work, actor, person, wish)]
    require_settled(plans, seen)
    require_second_factor(work, actor, act=ACT, subject=person.id, proof=proof, strength="each")
    carry_out(work, plans[1:])
    close_holdings(work, [one.thing for one in ending.items])
    for post_id in posts.beginning:
        hold(work, actor, person, post_of(work, actor.organization_id, post_id))
    require_administrator(work, actor)
    made = keep(work, actor, person, wish, plans, TransitionKind.CHANGED_POST, NUMBER_PREFIX)
    facts = facts_of(made, plans)
    facts["ended_holdings"] = [*sorted(posts.ending)]
    facts["begun_posts"] = [*posts.beginning]
    made.entry_id = note_moved(work, actor, person, facts)
    work.session.flush()
    return made


def _plan(work: UnitOfWork, actor: Actor, person: Person, wish: Wish) -> Sequence[PartPlan]:
    return plan(work, actor, person, wish, PARTS, staying=True)


def _posts_plan(work: UnitOfWork, actor: Actor, person: Person, posts: NewPosts, wish: Wish) -> PartPlan:
    held = {holding.id: (holding, post) for holding, post in open_holdings(work, person.id)}
    if not (posts.ending or posts.beginning) or posts.ending - set(held):
        raise errors.same_posts()
    part = PostsPart()
    items = [
        Item(
            "post",
            holding.id,
            post.name,
            Outcome.ENDED,
            None,
            Why.ROOT_OFFICE if post.is_office else None,
            holding,
        )
        for holding, post in (held[one] for one in sorted(posts.ending))
    ]
    return PartPlan(part, Case(actor, person, part.actions[0], None, wish.reason, staying=True), items)
