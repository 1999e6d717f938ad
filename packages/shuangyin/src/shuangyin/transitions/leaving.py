"""A person leaves: everything he had in hand ends or goes to a named successor, in one transaction and one instant."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.many_rows import insert_rows
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of
from shuangyin.people import queries as people
from shuangyin.people.commands import require_second_factor
from shuangyin.people.commands.leaving import active_person, mark_left
from shuangyin.people.models import Person, PersonStatus
from shuangyin.transitions import leaving_errors as errors
from shuangyin.transitions.leaving_access import FactorsPart, SessionsPart, TokensPart
from shuangyin.transitions.leaving_custody import LoansPart, OpeningsPart, OriginalsPart, SafesPart, SealsPart
from shuangyin.transitions.leaving_devices import PermitsPart
from shuangyin.transitions.leaving_duties import (
    ApprovalsPart,
    ConsultationsPart,
    RequestsPart,
    ReviewsPart,
    RoutesPart,
)
from shuangyin.transitions.leaving_models import PersonTransition, PersonTransitionItem, TransitionKind
from shuangyin.transitions.leaving_parts import Action, Case, Item, Outcome, Part
from shuangyin.transitions.leaving_powers import DelegationsPart, GrantsPart, PostsPart

ACT = "people.leave"
NUMBER_PREFIX = "离职"
WITHOUT_REASON = "人员离开或调岗"
"""What stands as the reason on each thing when none was given."""
PARTS: tuple[Part, ...] = (
    ApprovalsPart(),
    ConsultationsPart(),
    RequestsPart(),
    ReviewsPart(),
    RoutesPart(),
    OpeningsPart(),
    LoansPart(),
    OriginalsPart(),
    SealsPart(),
    SafesPart(),
    PermitsPart(),
    DelegationsPart(),
    GrantsPart(),
    PostsPart(),
    TokensPart(),
    SessionsPart(),
    FactorsPart(),
)
"""In this order: what others wait for goes over while his posts and rights can still be looked at."""
ACCESS = frozenset({"sessions", "tokens", "factors"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for one part; the successor of the whole stands in where none is named."""

    action: Action | None = None
    successor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person's things are to be dealt with: the successor of all, other choices for parts, and why."""

    successor_id: str | None = None
    parts: Mapping[str, Choice] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One part with what was chosen for it and what would become of each thing."""

    part: Part
    case: Case
    items: Sequence[Item]


def plan(
    work: UnitOfWork, actor: Actor, person: Person, wish: Wish, parts: Sequence[Part], *, staying: bool
) -> list[PartPlan]:
    """Everything the person has in hand with what would become of it. Changes nothing.

    Raises Invalid (SUCCESSOR_WRONG, TRANSITION_CHOICE), NotFound for a successor of nowhere.
    """
    chosen = wish.parts or {}
    unknown = set(chosen) - {part.code for part in parts}
    if unknown:
        raise errors.action_unknown(min(unknown))
    plans = []
    for part in parts:
        case = _case(work, actor, person, wish, part, chosen.get(part.code, Choice()), staying=staying)
        plans.append(PartPlan(part, case, part.find(work, case)))
    return plans


def preview(work: UnitOfWork, actor: Actor, person_id: str, wish: Wish) -> list[PartPlan]:
    """What leaving would do now. Raises as `leave` does, but for what is blocked, which is shown."""
    actor.require("people.manage")
    return plan(work, actor, active_person(work, actor, person_id), wish, PARTS, staying=False)


def leave(
    work: UnitOfWork, actor: Actor, person_id: str, wish: Wish, *, proof: str | None, seen: str | None
) -> PersonTransition:
    """The person leaves now. From this instant nothing he had works, and all of it stands on the proof sheet.

    `seen` is the digest of the preview that was looked at; another state of things is refused. Raises Forbidden
    (STEP_UP_REQUIRED), Refused (TRANSITION_BLOCKED with what is to be settled, LAST_ADMINISTRATOR), Stale
    (TRANSITION_CHANGED), Conflict (PERSON_LEFT), Invalid, NotFound.
    """
    actor.require("people.manage")
    person = active_person(work, actor, person_id)
    plans = plan(work, actor, person, wish, PARTS, staying=False)
    require_settled(plans, seen)
    require_second_factor(work, actor, act=ACT, subject=person.id, proof=proof, strength="each")
    carry_out(work, plans)
    made = keep(work, actor, person, wish, plans, TransitionKind.LEFT, NUMBER_PREFIX)
    made.entry_id = mark_left(work, actor, person, facts_of(made, plans))
    work.session.flush()
    return made


def require_settled(plans: Sequence[PartPlan], seen: str | None) -> None:
    """Raises Refused when something is blocked, Stale when the plan is not the one that was looked at."""
    blocked = [item for one in plans for item in one.items if item.outcome is Outcome.BLOCKED]
    if blocked:
        raise errors.blocked(blocked)
    if seen is not None and seen != digest_of_seen(plans):
        raise errors.changed_since()


def carry_out(work: UnitOfWork, plans: Sequence[PartPlan]) -> None:
    """Do what the plans say, part by part."""
    for one in plans:
        if one.items:
            one.part.carry_out(work, one.case, one.items)
    work.session.flush()


def keep(
    work: UnitOfWork,
    actor: Actor,
    person: Person,
    wish: Wish,
    plans: Sequence[PartPlan],
    kind: TransitionKind,
    prefix: str,
) -> PersonTransition:
    """The record of what was done, item by item, for the proof sheet."""
    made = PersonTransition(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, prefix),
        kind=kind.value,
        person_id=person.id,
        successor_id=wish.successor_id,
        done_by=actor.person_id,
        done_at=work.now,
        reason=wish.reason,
        digest=digest_of_plans(plans),
        entry_id="",
    )
    work.session.add(made)
    work.session.flush()
    rows = [
        {
            "transition_id": made.id,
            "position": position,
            "organization_id": actor.organization_id,
            "part": part,
            "kind": item.kind,
            "subject_id": item.id,
            "label": item.label[:300],
            "outcome": item.outcome.value,
            "to_person_id": item.to,
            "why": item.why.value if item.why else None,
        }
        for position, (part, item) in enumerate(_all(plans), start=1)
    ]
    insert_rows(work.session, PersonTransitionItem, rows)
    return made


def facts_of(made: PersonTransition, plans: Sequence[PartPlan]) -> dict[str, JsonValue]:
    """What the entry says: how many things of each part ended how, and the digest of all of them."""
    counts: dict[str, JsonValue] = {}
    for one in plans:
        if one.items:
            counts[one.part.code] = dict(Counter(item.outcome.value for item in one.items))
    return {
        "transition": made.id,
        "number": made.number,
        "successor": made.successor_id,
        "reason": dict(digest_of(made.reason)) if made.reason else None,
        "items_sm3": made.digest,
        "parts": counts,
    }


def digest_of_plans(plans: Sequence[PartPlan]) -> str:
    """SM3 over one line per thing: part, kind, id, outcome, to whom."""
    return digest_of_lines(
        (part, item.kind, item.id, item.outcome.value, item.to or "") for part, item in _all(plans)
    )


def digest_of_seen(plans: Sequence[PartPlan]) -> str:
    """The digest of a preview: without how he gets in, or signing in once more would keep him from being left."""
    return digest_of_plans([one for one in plans if one.part.code not in ACCESS])


def digest_of_lines(lines: Iterable[Sequence[str]]) -> str:
    """SM3 over lines of tab-separated values, each ended by a line feed."""
    digest = hashlib.new("sm3")
    for line in lines:
        digest.update(("\t".join(line) + "\n").encode())
    return digest.hexdigest()


def _all(plans: Sequence[PartPlan]) -> list[tuple[str, Item]]:
    return [(one.part.code, item) for one in plans for item in one.items]


def _case(
    work: UnitOfWork,
    actor: Actor,
    person: Person,
    wish: Wish,
    part: Part,
    choice: Choice,
    *,
    staying: bool,
) -> Case:
    offered = part.actions if staying else tuple(one for one in part.actions if one is not Action.KEEP)
    named = choice.successor_id or wish.successor_id
    action = choice.action
    if action is None:
        usual = Action.KEEP if staying and Action.KEEP in offered else offered[0]
        action = usual
        if usual is Action.HAND_OVER and named is None:
            action = Action.END if Action.END in offered else usual
    if action not in offered:
        raise errors.action_unknown(part.text.zh)
    successor = _successor(work, actor, person, named) if named is not None else None
    return Case(actor, person, action, successor, wish.reason or WITHOUT_REASON, staying=staying)


def _successor(work: UnitOfWork, actor: Actor, person: Person, successor_id: str) -> Person:
    found = people.person(work, actor.organization_id, successor_id)
    if found.id == person.id or found.status != PersonStatus.ACTIVE:
        raise errors.successor_wrong()
    return found
