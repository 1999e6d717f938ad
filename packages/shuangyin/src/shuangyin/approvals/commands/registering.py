"""Register a 签发单 and check it: the approval that an office gave on paper or in another system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors
from shuangyin.approvals.models import IssueForm
from shuangyin.approvals.ports import Subject
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands import require_second_factor

RIGHT = "approvals.check_issue_forms"
CHECK_ACT = "approvals.check_issue_form"
PAPER = "paper"


@dataclass(frozen=True, slots=True)
class IssueFormFacts:
    """What stands on an issue form. `covers` are the SM3 digests of the documents it approves; `signed_on` ISO."""

    number: str
    source: str
    covers: tuple[str, ...]
    signed_by: str
    signed_post: str
    signed_on: str
    opinion: str
    document_version_id: str | None = None
    form_sm3: str | None = None


def register_issue_form(work: UnitOfWork, actor: Actor, subject: Subject, form: IssueFormFacts) -> IssueForm:
    """Register the decision record of an issue form for a subject. Raises Conflict (ISSUE_FORM_TAKEN).

    It counts for nothing until somebody else has checked it, unless another system sends it through a token whose
    owner may check such forms: then that system answers for it.
    """
    taken = select(IssueForm.id).where(
        IssueForm.organization_id == actor.organization_id, IssueForm.number == form.number
    )
    if work.session.scalar(taken) is not None:
        raise errors.issue_form_number_taken()
    by_system = actor.session_id is None and actor.may(RIGHT) and form.source != PAPER
    covers: list[JsonValue] = list(form.covers)
    facts: dict[str, JsonValue] = {
        "number": form.number,
        "source": form.source,
        "form": form.form_sm3,
        "covers": covers,
        "signed_on": form.signed_on,
        "signer": digest_of(f"{form.signed_by}\n{form.signed_post}"),
        "opinion": digest_of(form.opinion),
        "by_system": by_system,
    }
    entry = record(
        work,
        actor,
        kind="approvals.issue_form_registered",
        subject_type=subject.type,
        subject_id=subject.id,
        facts=facts,
    )
    row = IssueForm(
        id=work.new_id(),
        organization_id=actor.organization_id,
        subject_type=subject.type,
        subject_id=subject.id,
        number=form.number,
        source=form.source,
        document_version_id=form.document_version_id,
        form_sm3=form.form_sm3,
        covers=json.dumps(list(form.covers)),
        signed_by=form.signed_by,
        signed_post=form.signed_post,
        signed_on=form.signed_on,
        opinion=form.opinion,
        registered_by=actor.person_id,
        registered_at=work.now,
        checked_by=actor.person_id if by_system else None,
        checked_at=work.now if by_system else None,
        entry_id=entry.id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def check_issue_form(work: UnitOfWork, actor: Actor, form_id: str, *, proof: str | None) -> IssueForm:
    """Confirm that a form is genuine and names these documents; never by who registered it.

    Raises NotFound, Conflict (ISSUE_FORM_CHECKED), Refused (ISSUE_FORM_OWN), Forbidden (STEP_UP_REQUIRED).
    """
    actor.require(RIGHT)
    form = work.session.scalar(
        select(IssueForm)
        .where(IssueForm.id == form_id, IssueForm.organization_id == actor.organization_id)
        .with_for_update()
    )
    if form is None:
        raise errors.no_such_issue_form()
    if form.checked_at is not None:
        raise errors.issue_form_checked()
    if form.registered_by == actor.person_id:
        raise errors.own_issue_form()
    used = require_second_factor(work, actor, act=CHECK_ACT, subject=form.id, proof=proof, strength="each")
    form.checked_by = actor.person_id
    form.checked_at = work.now
    facts: dict[str, JsonValue] = {"number": form.number, "form": form.form_sm3, "second_factor": used.kind}
    record(
        work,
        actor,
        kind="approvals.issue_form_checked",
        subject_type=form.subject_type,
        subject_id=form.subject_id,
        facts=facts,
    )
    work.session.flush()
    return form


def counting_form(
    work: UnitOfWork, subject: Subject, organization_id: str, sm3: Sequence[str]
) -> IssueForm | None:
    """The checked issue form of a subject that covers every one of these documents; None when there is none."""
    rows = work.session.scalars(
        select(IssueForm).where(
            IssueForm.organization_id == organization_id,
            IssueForm.subject_type == subject.type,
            IssueForm.subject_id == subject.id,
            IssueForm.checked_at.is_not(None),
        )
    )
    return next((one for one in rows if set(sm3) <= set(json.loads(one.covers))), None)
