"""What consents, proofs of deletion and impact assessments say now about facts that entries recorded."""

from __future__ import annotations

from sqlalchemy import null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.privacy_models import Consent, DataDeletion, ImpactAssessment
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


def _consented(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A consent lasts until the entry that ends it, or until the one to a later notice of the same purpose."""
    row = row_of(work, Consent, facts.get("consent"))
    stated = {
        "organization_id": content.get("organization"),
        "person_id": subject_of(content),
        "given_at": content.get("at"),
    }
    said = differs(row, facts, {"purpose": "purpose", "notice": "notice_version"}) or states(row, stated)
    if said is not None:
        return said
    ended = None
    for one in past_of(work, "person", row.person_id, "people.consent_ended", "people.consent_given"):
        named = one.facts.get("consent") == row.id
        again = one.facts.get("purpose") == row.purpose and one.at >= row.given_at
        if ended is None and (named if one.kind == "people.consent_ended" else again and not named):
            ended = one.at
    slot = f"{row.purpose}/{row.person_id}" if ended is None else None
    return states(row, {"ended_at": ended, "open_slot": slot})


def _deleted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, DataDeletion, facts.get("deletion"))
    stated = {
        "organization_id": content.get("organization"),
        "person_id": subject_of(content),
        "deleted_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    columns = {"purpose": "purpose", "reason": "reason", "records": "rows"}
    return differs(row, facts, columns) or states(row, stated)


def _assessed(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, ImpactAssessment, subject_of(content))
    stated = {
        "organization_id": content.get("organization"),
        "purpose": facts.get("purpose"),
        "assessed_by": content.get("actor"),
        "assessed_at": content.get("at"),
    }
    # Entries of earlier versions do not say until when it is kept.
    stated |= {"keep_until": facts["keep_until"]} if "keep_until" in facts else {}
    said = states(row, stated)
    if said is not None:
        return said
    text = "\n".join((row.necessity, row.risks, row.measures))
    return text_differs(text, facts.get("content"), "ImpactAssessment.necessity, risks or measures")


PRIVACY = RecordedArea(
    tables=frozenset({"consent", "data_deletion", "impact_assessment"}),
    comparisons={
        "people.consent_given": _consented,
        "people.data_deleted": _deleted,
        "people.impact_assessed": _assessed,
    },
    brings={
        "people.consent_given": brings("consent", "facts", "consent"),
        "people.data_deleted": brings("data_deletion", "facts", "deletion"),
        "people.impact_assessed": brings("impact_assessment", "subject", "id"),
    },
    rows=(
        ("consent", select(Consent.id, null()).order_by(Consent.id)),
        ("data_deletion", select(DataDeletion.id, DataDeletion.entry_id).order_by(DataDeletion.id)),
        ("impact_assessment", select(ImpactAssessment.id, null()).order_by(ImpactAssessment.id)),
    ),
)
