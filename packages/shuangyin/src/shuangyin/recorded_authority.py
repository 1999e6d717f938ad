"""What grants, delegations, merged duties and later reviews say now about facts that entries recorded.

Of a grant its limits and how it stands are compared, not its counts.
"""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.authority.kinds import GrantStatus
from shuangyin.authority.models import AfterReview, Delegation, DutyOverride, Grant, GrantTarget, SmallUnit
from shuangyin.authority.rules.grants import CATEGORY
from shuangyin.core.actor import SYSTEM_PERSON_ID
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    Past,
    RecordedArea,
    brings,
    differs,
    lists_differ,
    past_of,
    row_of,
    states,
    subject_of,
    text_differs,
    type_of_subject,
)


def _granted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Grant, subject_of(content))
    columns = {
        "parent": "parent_id",
        "act": "act",
        "seal": "seal_id",
        "holder_person": "holder_person_id",
        "holder_post": "holder_post_id",
        "amount_limit_minor": "amount_limit_minor",
        "count_limit": "count_limit",
        "valid_from": "valid_from",
        "valid_until": "valid_until",
        "granted_by_post": "granted_by_post",
    }
    # Entries of earlier versions say nothing of what grants could not limit then.
    later = ("root", "department", "count_of", "may_pass_on")
    columns |= {name: {"department": "department_id"}.get(name, name) for name in later if name in facts}
    return (
        differs(row, facts, columns)
        or states(row, {"granted_by_person": content.get("actor"), "granted_at": content.get("at")})
        or _lists_differ(work, row, facts)
        or text_differs(row.reason, facts.get("reason"), "Grant.reason")
        or _line_differs(work, row)
        or _grant_stands_elsewhere(work, row, facts)
    )


def _lists_differ(work: UnitOfWork, row: Grant, facts: Facts) -> str | None:
    """Whether the seals, kinds of documents, matters or forms of a grant are not what was recorded."""
    for name in ("document_kinds", "matters", "forms"):
        if name in facts and lists_differ(getattr(row, name), facts[name]):
            return f"Grant.{name} is not what was recorded"
    kept = list(work.session.scalars(select(GrantTarget).where(GrantTarget.grant_id == row.id)))
    if "targets" in facts and facts["targets"] != sorted(one.target for one in kept):
        return "GrantTarget.target is not what was recorded"
    category = kept[0].target.removeprefix(CATEGORY) if len(kept) == 1 else ""
    if row.seal_category != (category if kept and category != kept[0].target else None):
        return "Grant.seal_category is not what was recorded"
    if any((one.act, one.organization_id) != (row.act, row.organization_id) for one in kept):
        return "GrantTarget.act is not that of its grant"
    return None


def _line_differs(work: UnitOfWork, grant: Grant) -> str | None:
    """Whether the line to the root, by which a grant ends with its parents, is not that of its parent."""
    parent = work.session.get(Grant, grant.parent_id) if grant.parent_id is not None else None
    path, depth = (parent.path + grant.id, parent.depth + 1) if parent is not None else (grant.id, 0)
    return states(grant, {"path": path, "depth": depth})


def _grant_stands_elsewhere(work: UnitOfWork, grant: Grant, facts: Facts) -> str | None:
    """A grant is accepted, declined, ended and stood by exactly when its entries say so; an ended one stays ended."""
    past = {one.kind: one for one in past_of(work, "grant", grant.id)}
    answer = past.get("authority.accepted", past.get("authority.declined"))
    # Entries of earlier versions do not say whether somebody had to accept.
    waits = bool(facts.get("needs_acceptance", grant.holder_person_id or grant.holder_post_id))
    status = GrantStatus.OFFERED if waits else GrantStatus.ACTIVE
    if answer is not None:
        status = GrantStatus.ACTIVE if answer.kind == "authority.accepted" else GrantStatus.DECLINED
    over = past.get("authority.ended", past.get("authority.declined"))
    ended = past.get("authority.ended")
    wanted: dict[str, object] = {
        "status": (GrantStatus.ENDED if ended else status).value,
        "ended_at": over.at if over else None,
        "end_cause": ended.facts.get("cause") if ended else None,
    }
    if answer is not None or waits:
        wanted |= {
            "answered_by": answer.actor if answer else None,
            "answered_at": answer.at if answer else None,
        }
    said = states(grant, wanted) or text_differs(
        grant.end_reason, over.facts.get("reason") if over else None, "Grant.end_reason"
    )
    stood_by = past.get("authority.reconfirmed")
    # One that was given on to another holder keeps the time at which the office stood by the one before it.
    if said is None and not (
        grant.confirmed_at == stood_by.at if stood_by else grant.confirmed_at <= grant.granted_at
    ):
        return "Grant.confirmed_at is not what was recorded"
    return said


def _delegated(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Delegation, subject_of(content))
    columns = {
        "parent": "parent_id",
        "delegator": "delegator_id",
        "delegate": "delegate_id",
        "given_by": "given_by",
        "amount_limit_minor": "amount_limit_minor",
        "may_pass_on": "may_pass_on",
        "emergency": "emergency",
        "from_at": "from_at",
        "until_at": "until_at",
    }
    said = differs(row, facts, columns) or states(row, {"given_at": content.get("at")})
    if said is not None:
        return said
    for name, stored in (("acts", row.acts), ("seals", row.seal_ids), ("document_kinds", row.document_kinds)):
        if lists_differ(stored, facts.get(name)):
            return f"Delegation.{name} is not what was recorded"
    ended = past_of(work, "delegation", row.id, "authority.delegation_ended")[:1]
    return (
        text_differs(row.reason, facts.get("reason"), "Delegation.reason")
        or states(
            row,
            {
                "ended_at": ended[0].at if ended else None,
                "ended_by": ended[0].actor if ended else None,
            },
        )
        or text_differs(
            row.end_reason, ended[0].facts.get("reason") if ended else None, "Delegation.end_reason"
        )
    )


def _merged(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, DutyOverride, facts.get("override"))
    by = content.get("actor")
    stated = {
        "subject_id": subject_of(content),
        "person_id": facts.get("person"),
        "basis": facts.get("basis"),
        # What a small unit merges by itself is given by who does both.
        "given_by": facts.get("person") if by == SYSTEM_PERSON_ID else by,
        "given_at": content.get("at"),
    }
    return states(row, stated) or text_differs(row.reason, facts.get("reason"), "DutyOverride.reason")


def _unit_registered(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A small unit merges duties from its entry until the one that ends it."""
    row = row_of(work, SmallUnit, subject_of(content))
    columns = {"reviewer": "reviewer_id", "reviewer_kind": "reviewer_kind", "headcount": "headcount"}
    ended = past_of(work, "small_unit", subject_of(content), "authority.small_unit_ended")[:1]
    stated = {
        "organization_id": content.get("organization"),
        "registered_by": content.get("actor"),
        "registered_at": content.get("at"),
        "ended_at": ended[0].at if ended else None,
        "open_slot": None if ended else content.get("organization"),
    }
    said = differs(row, facts, columns) or states(row, stated)
    return said or text_differs(row.reason, facts.get("reason"), "SmallUnit.reason")


def _review_opened(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A review is owed by whom it was last given to, and has a verdict exactly when an entry says so."""
    row = row_of(work, AfterReview, facts.get("review"))
    said = differs(row, facts, {"kind": "kind", "cause": "cause_id", "due_at": "due_at"})
    if said is not None:
        return said
    reviewer = facts.get("reviewer")
    for one in past_of(work, "after_review", row.id, "authority.review_handed_over"):
        reviewer = one.facts.get("to")
    verdict = _verdict_on(work, content, row.id)
    stated = {
        "organization_id": content.get("organization"),
        "opened_at": content.get("at"),
        "reviewer_id": reviewer,
        "status": verdict.facts.get("verdict") if verdict else "open",
        "reviewed_by": verdict.actor if verdict else None,
        "reviewed_at": verdict.at if verdict else None,
    }
    comment = verdict.facts.get("comment") if verdict else None
    return states(row, stated) or text_differs(row.comment, comment, "AfterReview.comment")


def _verdict_on(work: UnitOfWork, content: Content, review_id: str) -> Past | None:
    found = past_of(work, type_of_subject(content), subject_of(content), "authority.reviewed")
    return next((one for one in found if one.facts.get("review") == review_id), None)


def _reviewed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, AfterReview, facts.get("review"))
    stated = {
        "status": facts.get("verdict"),
        "reviewed_by": content.get("actor"),
        "reviewed_at": content.get("at"),
    }
    return states(row, stated)


AUTHORITY = RecordedArea(
    tables=frozenset(
        {"authority_grant", "grant_target", "delegation", "duty_override", "small_unit", "after_review"}
    ),
    comparisons={
        "authority.granted": _granted,
        "authority.delegated": _delegated,
        "authority.duties_merged": _merged,
        "authority.small_unit_registered": _unit_registered,
        "authority.review_opened": _review_opened,
        "authority.reviewed": _reviewed,
    },
    brings={
        "authority.granted": brings("authority_grant", "subject", "id"),
        "authority.delegated": brings("delegation", "subject", "id"),
        "authority.duties_merged": brings("duty_override", "facts", "override"),
        "authority.small_unit_registered": brings("small_unit", "subject", "id"),
        "authority.review_opened": brings("after_review", "facts", "review"),
    },
    rows=(
        ("authority_grant", select(Grant.id, null()).order_by(Grant.id)),
        ("delegation", select(Delegation.id, null()).order_by(Delegation.id)),
        ("duty_override", select(DutyOverride.id, null()).order_by(DutyOverride.id)),
        ("small_unit", select(SmallUnit.id, null()).order_by(SmallUnit.id)),
        ("after_review", select(AfterReview.id, null()).order_by(AfterReview.id)),
    ),
)
