"""Routes of leaving and of changing post: what would happen, do it, the proof sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, cursor_after, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.text import Language, preferred_language
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.people import queries as people
from shuangyin.people.persons_api import IdInPath
from shuangyin.people.schemas import PersonRef
from shuangyin.people.views import person_out
from shuangyin.transitions import leaving_queries as queries
from shuangyin.transitions.changing_post import NewPosts, change_post, preview_change
from shuangyin.transitions.forced_leaving import leave_at_once, preview_forced
from shuangyin.transitions.leaving import Choice, PartPlan, Wish, digest_of_seen, leave, preview
from shuangyin.transitions.leaving_models import PersonTransition, TransitionKind
from shuangyin.transitions.leaving_parts import KINDS, OUTCOMES, WHY, Action, Item, Outcome
from shuangyin.transitions.leaving_schemas import (
    ChangePostBody,
    ChangePostChoices,
    LeaveBody,
    LeavingChoices,
    PartPlanOut,
    PersonLeft,
    PersonMoved,
    TransitionItemOut,
    TransitionOut,
    TransitionPreview,
)
from shuangyin.transitions.leaving_sheet import sheet_of
from shuangyin.transitions.proof_sheet import ProofSheet, typeset

router = Routes(tags=["people"])

Manager = Annotated[Actor, access("people.manage")]
SHOWN = 100


@router.post("/persons/{person_id}/leave/preview", response_model=TransitionPreview)
def preview_leaving(
    person_id: IdInPath, body: LeavingChoices, actor: Manager, request: Request, platform: PlatformOf
) -> TransitionPreview:
    """Everything the person has in hand, with what would become of it. Changes nothing."""
    language = _language(request)
    return platform.view(
        lambda work: _preview_out(work, preview(work, actor, person_id, _wish(body)), language)
    )


@router.post("/persons/{person_id}/leave", response_model=PersonLeft)
def leave_now(
    person_id: IdInPath, actor: Manager, write: Write, body: LeaveBody | None = None
) -> PersonLeft | Response:
    """The person leaves: all he had in hand ends or goes to the successor, at once. Needs a step-up proof
    (people.leave, the person's id)."""
    wanted = body or LeaveBody()

    def command(work: UnitOfWork) -> PersonLeft:
        made = leave(work, actor, person_id, _wish(wanted), proof=wanted.proof, seen=wanted.seen)
        return _left_out(work, actor, person_id, made)

    return write.run(actor, command)


@router.post("/persons/{person_id}/leave/forced/preview", response_model=TransitionPreview)
def preview_forced_leaving(
    person_id: IdInPath, body: LeavingChoices, actor: SignedIn, request: Request, platform: PlatformOf
) -> TransitionPreview:
    """What leaving at once would do, for the head of the organization. Changes nothing."""
    language = _language(request)
    return platform.view(
        lambda work: _preview_out(work, preview_forced(work, actor, person_id, _wish(body)), language)
    )


@router.post("/persons/{person_id}/leave/forced", response_model=PersonLeft)
def leave_forced(
    person_id: IdInPath, actor: SignedIn, write: Write, body: LeaveBody
) -> PersonLeft | Response:
    """The head of the organization lets a person leave at once, although something is still to be settled: that stays
    as a task, and a seal of it is suspended. Needs a step-up proof (people.leave_forced, the person's id)."""

    def command(work: UnitOfWork) -> PersonLeft:
        made = leave_at_once(work, actor, person_id, _wish(body), proof=body.proof, seen=body.seen)
        return _left_out(work, actor, person_id, made)

    return write.run(actor, command)


@router.post("/persons/{person_id}/change-post/preview", response_model=TransitionPreview)
def preview_changing_post(
    person_id: IdInPath, body: ChangePostChoices, actor: Manager, request: Request, platform: PlatformOf
) -> TransitionPreview:
    """What would become of a person's things when these posts end and begin. Changes nothing."""
    language = _language(request)
    return platform.view(
        lambda work: _preview_out(
            work, preview_change(work, actor, person_id, _posts(body), _wish(body)), language
        )
    )


@router.post("/persons/{person_id}/change-post", response_model=PersonMoved)
def change_post_now(
    person_id: IdInPath, body: ChangePostBody, actor: Manager, write: Write
) -> PersonMoved | Response:
    """Posts end and begin at once, and what was chosen is handed over. Needs a step-up proof
    (people.change_post, the person's id)."""

    def command(work: UnitOfWork) -> PersonMoved:
        made = change_post(
            work, actor, person_id, _posts(body), _wish(body), proof=body.proof, seen=body.seen
        )
        person = people.person(work, actor.organization_id, person_id)
        return PersonMoved(
            person=person_out(work, actor, person), transition=_transitions_out(work, [made])[0]
        )

    return write.run(actor, command)


@router.get("/person-transitions", response_model=Page[TransitionOut])
def list_transitions(
    platform: PlatformOf,
    actor: Manager,
    person_id: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TransitionOut]:
    """Who left and who changed post, newest first."""

    def query(work: UnitOfWork) -> Page[TransitionOut]:
        found = queries.transitions(
            work, actor, person_id=person_id, before=read_cursor(cursor), limit=limit + 1
        )
        shown = found[:limit]
        following = cursor_after(shown[-1].id) if len(found) > limit else None
        return Page(items=_transitions_out(work, shown), next_cursor=following)

    return platform.view(query)


@router.get("/person-transitions/{transition_id}/sheet.pdf", response_class=Response)
def print_sheet(transition_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> Response:
    """The proof sheet: every thing, what became of it and when. For who manages people, and for who ordered it."""

    def query(work: UnitOfWork) -> ProofSheet:
        found = queries.readable_transition(work, actor, transition_id)
        name = organization_of(work, actor.organization_id).name
        return sheet_of(work, found, organization=name)

    content = typeset(platform.view(query))
    headers = {"Content-Disposition": 'inline; filename="proof-sheet.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _left_out(work: UnitOfWork, actor: Actor, person_id: str, made: PersonTransition) -> PersonLeft:
    ended = Counter(one.part for one in queries.items_of(work, made.id))
    return PersonLeft(
        person=person_out(work, actor, people.person(work, actor.organization_id, person_id)),
        ended_posts=ended["posts"],
        ended_sessions=ended["sessions"],
        ended_tokens=ended["tokens"],
        transition=_transitions_out(work, [made])[0],
    )


def _wish(body: LeavingChoices) -> Wish:
    return Wish(
        successor_id=body.successor_id,
        parts={
            one.part: Choice(Action(one.action) if one.action else None, one.successor_id)
            for one in body.parts
        },
        reason=body.reason,
    )


def _posts(body: ChangePostChoices) -> NewPosts:
    return NewPosts(frozenset(body.ending), tuple(dict.fromkeys(body.beginning)))


def _preview_out(work: UnitOfWork, plans: Sequence[PartPlan], language: Language) -> TransitionPreview:
    named = people.display(work, {one.to for plan in plans for one in plan.items if one.to})
    blocked = sum(one.outcome is Outcome.BLOCKED for plan in plans for one in plan.items)
    return TransitionPreview(
        parts=[_part_out(one, named, language) for one in plans],
        total=sum(len(one.items) for one in plans),
        blocked=blocked,
        digest=digest_of_seen(plans),
    )


def _part_out(plan: PartPlan, named: dict[str, PersonRef], language: Language) -> PartPlanOut:
    shown = sorted(plan.items, key=lambda one: one.outcome is not Outcome.BLOCKED)[:SHOWN]
    offered = [one for one in plan.part.actions if plan.case.staying or one is not Action.KEEP]
    return PartPlanOut(
        part=plan.part.code,
        text=plan.part.text.in_language(language),
        actions=[one.value for one in offered],
        action=plan.case.action.value,
        total=len(plan.items),
        outcomes=dict(Counter(one.outcome.value for one in plan.items)),
        items=[_item_out(one, named, language) for one in shown],
    )


def _item_out(item: Item, named: dict[str, PersonRef], language: Language) -> TransitionItemOut:
    return TransitionItemOut(
        kind=item.kind,
        kind_text=KINDS[item.kind].in_language(language),
        id=item.id,
        label=item.label,
        outcome=item.outcome.value,
        outcome_text=OUTCOMES[item.outcome].in_language(language),
        to=named.get(item.to or ""),
        why=item.why.value if item.why else None,
        why_text=WHY[item.why].in_language(language) if item.why else None,
    )


def _transitions_out(work: UnitOfWork, found: Sequence[PersonTransition]) -> list[TransitionOut]:
    persons = {one for row in found for one in (row.person_id, row.successor_id, row.done_by) if one}
    named = people.display(work, persons)
    counts = queries.item_counts(work, [one.id for one in found])
    return [
        TransitionOut(
            id=one.id,
            number=one.number,
            kind=TransitionKind(one.kind).value,
            person=named.get(one.person_id),
            successor=named.get(one.successor_id or ""),
            done_by=named.get(one.done_by),
            done_at=one.done_at,
            reason=one.reason,
            items=counts.get(one.id, 0),
            sm3=one.digest,
            entry_id=one.entry_id,
        )
        for one in found
    ]


def _language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language"))
