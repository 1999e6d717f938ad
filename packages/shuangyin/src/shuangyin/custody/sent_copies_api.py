"""Routes of copies that went out to a counterparty."""

from __future__ import annotations

from fastapi import Response

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.custody.commands import sent_copies
from shuangyin.custody.original_schemas import Reason
from shuangyin.custody.sent_copy_queries import page_of_request
from shuangyin.custody.sent_copy_schemas import NewReturnedCopies, NewSentCopies, SentCopiesPage
from shuangyin.organization.api import IdInPath
from shuangyin.requests.queries import get

router = Routes(tags=["custody"])


@router.get("/requests/{request_id}/sent-copies", response_model=SentCopiesPage)
def list_sent_copies(request_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> SentCopiesPage:
    """What went out of a request and what came back, with how many copies bear a seal."""
    return platform.view(lambda work: page_of_request(work, actor, get(work, actor, request_id)))


@router.post("/requests/{request_id}/sent-copies", status_code=201, response_model=SentCopiesPage)
def send_copies(
    request_id: IdInPath, body: NewSentCopies, actor: SignedIn, write: Write
) -> SentCopiesPage | Response:
    """Register copies that went out; by the applicant or who keeps seals."""
    return write.run(
        actor,
        lambda work: page_of_request(work, actor, sent_copies.send_copies(work, actor, request_id, body)),
        status=201,
    )


@router.post(
    "/requests/{request_id}/sent-copies/{sending_id}/returns", status_code=201, response_model=SentCopiesPage
)
def take_copies_back(
    request_id: IdInPath, sending_id: IdInPath, body: NewReturnedCopies, actor: SignedIn, write: Write
) -> SentCopiesPage | Response:
    """Check copies off that came back with the counterparty's seal."""
    return write.run(
        actor,
        lambda work: page_of_request(
            work, actor, sent_copies.take_copies_back(work, actor, request_id, sending_id, body)
        ),
        status=201,
    )


@router.post("/requests/{request_id}/sent-copies/{sending_id}/strike", response_model=SentCopiesPage)
def strike_sending(
    request_id: IdInPath,
    sending_id: IdInPath,
    body: Reason,
    actor: SignedIn,
    write: Write,
    expected: ExpectedVersion,
) -> SentCopiesPage | Response:
    """Strike a sending out that was entered by mistake; the record stays."""
    return write.run(
        actor,
        lambda work: page_of_request(
            work,
            actor,
            sent_copies.strike_sending(
                work, actor, request_id, sending_id, reason=body.reason, expected=expected
            ),
        ),
    )
