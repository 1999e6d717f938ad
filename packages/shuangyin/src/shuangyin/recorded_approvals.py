"""What decisions, opinions that were asked for, copies, replacements, issue forms and named routes say now about facts that
entries recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import null, select

from shuangyin.approvals.models import (
    ApprovalConsultation,
    ApprovalCopy,
    ApprovalDecision,
    ApprovalRevision,
    IssueForm,
    RouteDefinition,
    RouteVersion,
)
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import RowKey
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    Past,
    RecordedArea,
    brings,
    differs,
    past_of,
    plain,
    row_of,
    states,
    subject_of,
    text_differs,
    type_of_subject,
)


def _decided(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, ApprovalDecision, facts.get("decision_id"))
    columns = {
        "step": "step_id",
        "decision": "decision",
        "binding": "binding",
        "second_factor": "second_factor",
    }
    said = differs(row, facts, columns)
    if said is not None:
        return said
    stated: tuple[tuple[str, object, object], ...] = (
        ("person_id", row.person_id, content.get("actor")),
        ("decided_at", row.decided_at, content.get("at")),
        ("entry_id", row.entry_id, content.get("id")),
        ("organization_id", row.organization_id, content.get("organization")),
        # Entries of earlier versions say nothing of these two.
        ("on_behalf_of", row.on_behalf_of, facts.get("on_behalf_of", row.on_behalf_of)),
        ("seen", row.seen and plain(row.seen), facts.get("documents", row.seen and plain(row.seen))),
    )
    for column, kept, recorded in stated:
        if kept != recorded:
            return f"ApprovalDecision.{column} is not what was recorded"
    return text_differs(row.comment, facts.get("comment"), "ApprovalDecision.comment") or _counts_otherwise(
        work, content, row
    )


def _counts_otherwise(work: UnitOfWork, content: Content, row: ApprovalDecision) -> str | None:
    """A decision counts until the first entry that says it does no longer, and no day longer or shorter."""
    past = _past(work, content, "approvals.replaced", "approvals.sent_back_to")
    undone = [one for one in past if row.id in one.facts.get("superseded", ())]
    # Entries of earlier versions say that something was sent back or replaced, not which decisions it undid.
    if any("superseded" not in one.facts and one.at == row.superseded_at for one in past):
        return None
    return states(row, {"superseded_at": undone[0].at if undone else None})


def _carried(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A decision that counts at another step as well says what the first one says."""
    row = work.session.scalar(select(ApprovalDecision).where(ApprovalDecision.entry_id == content.get("id")))
    columns = {"step": "step_id", "decision": "carried_from", "person": "person_id"}
    said = differs(row, facts, columns)
    if said is not None or row is None:
        return said
    first = work.session.get(ApprovalDecision, row.carried_from)
    if first is None:
        return "the decision it carries is gone"
    for column in ("decision", "comment", "decided_at", "binding", "second_factor", "on_behalf_of", "seen"):
        if getattr(row, column) != getattr(first, column):
            return f"ApprovalDecision.{column} is not that of the decision it carries"
    return _counts_otherwise(work, content, row)


def _past(work: UnitOfWork, content: Content, *kinds: str) -> list[Past]:
    """What else entries of these kinds say about the subject of an entry."""
    return past_of(work, type_of_subject(content), subject_of(content), *kinds)


def _consulted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """An opinion is asked of whom it was last handed to, and is given exactly when an entry says so."""
    query = select(ApprovalConsultation).where(
        ApprovalConsultation.step_id == str(facts.get("step")),
        ApprovalConsultation.entry_id == str(content.get("id")),
    )
    row = work.session.scalar(query)
    if row is None:
        return "the row it speaks of is gone"
    person, answer = facts.get("person"), None
    for one in _past(work, content, "approvals.consultation_handed_over", "approvals.answered"):
        if one.facts.get("consultation") != row.id:
            continue
        if one.kind == "approvals.answered":
            answer = one
        else:
            person = one.facts.get("to")
    stated = {
        "organization_id": content.get("organization"),
        "person_id": person,
        "asked_by": content.get("actor"),
        "asked_at": content.get("at"),
        "answered_at": answer.at if answer else None,
        "answer_entry_id": answer.id if answer else None,
    }
    answered = answer.facts.get("answer") if answer else None
    return (
        states(row, stated)
        or text_differs(row.question, facts.get("question"), "ApprovalConsultation.question")
        or text_differs(row.answer, answered, "ApprovalConsultation.answer")
    )


def _copied(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    persons = facts.get("persons")
    for person in persons if isinstance(persons, list) else ():
        query = select(ApprovalCopy).where(
            ApprovalCopy.route_id == str(facts.get("route")), ApprovalCopy.person_id == str(person)
        )
        stated = {"copied_by": content.get("actor"), "copied_at": content.get("at")}
        said = states(work.session.scalar(query), stated)
        if said is not None:
            return said
    return None


def _replaced(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    query = select(ApprovalRevision).where(
        ApprovalRevision.route_id == str(facts.get("route")), ApprovalRevision.number == facts.get("number")
    )
    row = work.session.scalar(query)
    columns = {"from": "from_binding", "to": "to_binding", "asked_again": "asked_again"}
    stated = {
        "made_by": content.get("actor"),
        "made_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None or row is None:
        return said
    kept = plain(row.differences)
    changed = [f"{one.get('happened')}:{one.get('key')}" for one in kept] if isinstance(kept, list) else None
    return (
        None if changed == facts.get("changed") else "ApprovalRevision.differences is not what was recorded"
    )


def _form_registered(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """An issue form is as it was registered, and checked exactly when an entry says so."""
    query = select(IssueForm).where(
        IssueForm.organization_id == str(content.get("organization")),
        IssueForm.number == str(facts.get("number")),
    )
    row = work.session.scalar(query)
    columns = {"number": "number", "source": "source", "form": "form_sm3", "signed_on": "signed_on"}
    stated = {
        "subject_type": type_of_subject(content),
        "subject_id": subject_of(content),
        "registered_by": content.get("actor"),
        "registered_at": content.get("at"),
        "entry_id": content.get("id"),
        **_checked(work, content, facts),
    }
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None or row is None:
        return said
    if plain(row.covers) != facts.get("covers"):
        return "IssueForm.covers is not what was recorded"
    # Entries of earlier versions say nothing of who signed it.
    if "signer" in facts:
        signer = f"{row.signed_by}\n{row.signed_post}"
        said = text_differs(signer, facts["signer"], "IssueForm.signed_by or signed_post")
    return said or text_differs(row.opinion, facts.get("opinion"), "IssueForm.opinion")


def _checked(work: UnitOfWork, content: Content, facts: Facts) -> dict[str, object]:
    """By whom and when a form was checked: at once, when another system sent it that answers for it."""
    for one in _past(work, content, "approvals.issue_form_checked"):
        if one.facts.get("number") == facts.get("number"):
            return {"checked_by": one.actor, "checked_at": one.at}
    if facts.get("by_system") is True:
        return {"checked_by": content.get("actor"), "checked_at": content.get("at")}
    return {"checked_by": None, "checked_at": None}


def _route_defined(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A version of a named route has the steps that were recorded, and the newest one is that of new requests."""
    query = select(RouteVersion).where(
        RouteVersion.definition_id == subject_of(content), RouteVersion.number == facts.get("number")
    )
    row = work.session.scalar(query)
    stated = {
        "made_by": content.get("actor"),
        "made_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    said = differs(row, facts, {"sm3": "digest"}) or states(row, stated)
    if said is not None or row is None:
        return said
    if hashlib.new("sm3", row.steps.encode()).hexdigest() != row.digest:
        return "RouteVersion.steps is not what was recorded"
    numbers = [one.facts.get("number") for one in _past(work, content, "approvals.route_defined")]
    changed = _past(work, content, "approvals.route_status")
    # Entries of one millisecond stand in the log in no order: each of them may be the latest.
    last = {one.facts.get("status") for one in changed if one.at == changed[-1].at} or {"active"}
    definition = row_of(work, RouteDefinition, row.definition_id)
    said = states(definition, {"current_number": max(one for one in numbers if isinstance(one, int))})
    if said is None and definition.status not in last:
        return "RouteDefinition.status is not what was recorded"
    return said


def _copies_brought(_content: Content, facts: Facts) -> Iterator[RowKey]:
    persons = facts.get("persons")
    for person in persons if isinstance(persons, list) else ():
        yield ("approval_copy", f"{facts.get('route')}/{person}")


def _route_brought(content: Content, facts: Facts) -> Iterator[RowKey]:
    yield ("route_version of entry", str(content.get("id")))
    if facts.get("number") == 1:
        yield ("route_definition", subject_of(content))


_COPY_ID = ApprovalCopy.route_id + "/" + ApprovalCopy.person_id
APPROVALS = RecordedArea(
    tables=frozenset(
        {
            "approval_decision",
            "approval_consultation",
            "approval_copy",
            "approval_revision",
            "issue_form",
            "route_definition",
            "route_version",
        }
    ),
    comparisons={
        "approvals.decided": _decided,
        "approvals.carried": _carried,
        "approvals.consulted": _consulted,
        "approvals.copied": _copied,
        "approvals.replaced": _replaced,
        "approvals.issue_form_registered": _form_registered,
        "approvals.route_defined": _route_defined,
    },
    brings={
        "approvals.decided": brings("approval_decision", "facts", "decision_id"),
        "approvals.carried": brings("carried approval_decision of entry", "id"),
        "approvals.consulted": brings("approval_consultation of entry", "id"),
        "approvals.copied": _copies_brought,
        "approvals.replaced": brings("approval_revision of entry", "id"),
        "approvals.issue_form_registered": brings("issue_form of entry", "id"),
        "approvals.route_defined": _route_brought,
    },
    rows=(
        (
            "approval_decision",
            select(ApprovalDecision.id, ApprovalDecision.entry_id)
            .where(ApprovalDecision.carried_from.is_(None))
            .order_by(ApprovalDecision.id),
        ),
        (
            "carried approval_decision of entry",
            select(ApprovalDecision.entry_id, ApprovalDecision.entry_id)
            .where(ApprovalDecision.carried_from.is_not(None))
            .order_by(ApprovalDecision.id),
        ),
        (
            "approval_consultation of entry",
            select(ApprovalConsultation.entry_id, null()).order_by(ApprovalConsultation.id),
        ),
        ("approval_copy", select(_COPY_ID, null()).order_by(ApprovalCopy.id)),
        (
            "approval_revision of entry",
            select(ApprovalRevision.entry_id, null()).order_by(ApprovalRevision.id),
        ),
        ("issue_form of entry", select(IssueForm.entry_id, null()).order_by(IssueForm.id)),
        ("route_version of entry", select(RouteVersion.entry_id, null()).order_by(RouteVersion.id)),
        ("route_definition", select(RouteDefinition.id, null()).order_by(RouteDefinition.id)),
    ),
)
