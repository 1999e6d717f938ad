"""What the tables of people and of transitions say now about facts that entries recorded: who holds which post since when,
who has left, what became of everything he had in hand, and renamings and successions."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person, PersonStatus, PostHolding
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    RecordedArea,
    brings,
    differs,
    past_of,
    row_of,
    states,
    subject_of,
    text_differs,
)
from shuangyin.transitions.leaving import digest_of_lines
from shuangyin.transitions.leaving_models import PersonTransition, PersonTransitionItem
from shuangyin.transitions.models import Transition

_ENDS = ("people.post_taken", "people.person_left", "people.person_moved")


def _given(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A holding of a post lasts from its entry until the one that ends it, and no day longer."""
    row = row_of(work, PostHolding, facts.get("holding"))
    stated = {
        "person_id": subject_of(content),
        "post_id": facts.get("post"),
        "from_at": content.get("at"),
        "organization_id": content.get("organization"),
    }
    said = states(row, stated)
    if said is not None:
        return said
    until = None
    for past in past_of(work, "person", row.person_id, *_ENDS):
        ended = past.facts.get("ended_holdings")
        named = past.facts.get("holding") == row.id or (isinstance(ended, list) and row.id in ended)
        left = past.kind == "people.person_left" and past.at >= row.from_at
        if until is None and (named or left):
            until = past.at
    if until is None and _moved_before_ids(work, row):
        return None
    return states(row, {"until_at": until})


def _moved_before_ids(work: UnitOfWork, row: PostHolding) -> bool:
    """Whether an entry of an earlier version, that does not say which holdings it ended, may have ended this one."""
    moved = past_of(work, "person", row.person_id, "people.person_moved")
    return any("ended_holdings" not in one.facts and one.at == row.until_at for one in moved)


def _added(work: UnitOfWork, content: Content, _facts: Facts) -> str | None:
    """Whoever was added is still there; who he is called no entry says."""
    row = row_of(work, Person, subject_of(content))
    left = past_of(work, "person", subject_of(content), "people.person_left")
    stated = {
        "created_at": content.get("at"),
        "organization_id": content.get("organization"),
        "status": PersonStatus.LEFT if left else PersonStatus.ACTIVE,
        "left_at": left[-1].at if left else None,
    }
    return states(row, stated)


def _left(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    person = row_of(work, Person, subject_of(content))
    return states(person, {"status": "left", "left_at": content.get("at")}) or _moved(work, content, facts)


def _moved(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """The proof of a leaving or a change of post: every thing, how it ended, and to whom it went."""
    if "transition" not in facts:
        return None  # Entries of earlier versions came without a proof sheet.
    row = row_of(work, PersonTransition, facts["transition"])
    columns = {"number": "number", "successor": "successor_id", "items_sm3": "digest"}
    stated = {
        "person_id": subject_of(content),
        "done_by": content.get("actor"),
        "done_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    said = differs(row, facts, columns) or states(row, stated)
    said = said or text_differs(row.reason, facts.get("reason"), "PersonTransition.reason")
    if said is not None:
        return said
    items = select(PersonTransitionItem).where(PersonTransitionItem.transition_id == row.id)
    lines = [
        (one.part, one.kind, one.subject_id, one.outcome, one.to_person_id or "")
        for one in work.session.scalars(items.order_by(PersonTransitionItem.position))
    ]
    if digest_of_lines(lines) != row.digest:
        return "PersonTransitionItem is not what was recorded"
    return None


def _changed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Transition, facts.get("transition"))
    stated = {
        "organization_id": subject_of(content),
        "kind": str(content.get("kind")).removeprefix("transitions."),
        "notice_no": facts.get("notice_no"),
        "done_by": content.get("actor"),
        "done_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    return (
        states(row, stated)
        or text_differs(row.before, facts.get("before"), "Transition.before")
        or text_differs(row.after, facts.get("after"), "Transition.after")
        or text_differs(row.items, facts.get("items"), "Transition.items")
    )


PEOPLE = RecordedArea(
    tables=frozenset({"person", "post_holding", "transition", "person_transition", "person_transition_item"}),
    comparisons={
        "people.person_added": _added,
        "people.post_given": _given,
        "people.person_left": _left,
        "people.person_moved": _moved,
        "transitions.renamed": _changed,
        "transitions.representative_changed": _changed,
    },
    brings={
        "people.post_given": brings("post_holding", "facts", "holding"),
        "people.person_left": brings("person_transition", "facts", "transition"),
        "people.person_moved": brings("person_transition", "facts", "transition"),
        "transitions.renamed": brings("transition", "facts", "transition"),
        "transitions.representative_changed": brings("transition", "facts", "transition"),
    },
    rows=(
        ("post_holding", select(PostHolding.id, null()).order_by(PostHolding.id)),
        (
            "person_transition",
            select(PersonTransition.id, PersonTransition.entry_id).order_by(PersonTransition.id),
        ),
        ("transition", select(Transition.id, Transition.entry_id).order_by(Transition.id)),
    ),
)
