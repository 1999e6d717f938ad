"""Attach a 签发单 to a request: the approval that an office gave on paper or in another system."""

from __future__ import annotations

from shuangyin.approvals.commands import registering
from shuangyin.approvals.models import IssueForm
from shuangyin.approvals.ports import Subject
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.queries import readable_version
from shuangyin.requests import queries
from shuangyin.requests.commands.drafting import own, require_editable
from shuangyin.requests.schemas import NewIssueForm


def register_issue_form(work: UnitOfWork, actor: Actor, request_id: str, new: NewIssueForm) -> IssueForm:
    """Register the form with its decision record, before the request is submitted.

    It counts for the steps of the rules that say so, once somebody else has checked it. Raises NotFound, Conflict
    (REQUEST_STATE, ISSUE_FORM_TAKEN).
    """
    actor.require("requests.apply")
    request = own(work, actor, request_id, None)
    require_editable(request)
    form_sm3 = None
    if new.document_version_id is not None:
        form_sm3 = readable_version(work, actor, new.document_version_id).sm3
    covers = tuple(new.covers) or tuple(one.sm3 for one in queries.documents_of(work, request.id))
    return registering.register_issue_form(
        work,
        actor,
        Subject(queries.SUBJECT_TYPE, request.id, request.title),
        registering.IssueFormFacts(
            number=new.number,
            source=new.source,
            covers=covers,
            signed_by=new.signed_by,
            signed_post=new.signed_post,
            signed_on=new.signed_on.isoformat(),
            opinion=new.opinion,
            document_version_id=new.document_version_id,
            form_sm3=form_sm3,
        ),
    )
