"""Routes of originals (原件) and their loans (借阅)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response, UploadFile

from shuangyin.approvals import naming
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.objects import blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import original_queries as queries
from shuangyin.custody import views
from shuangyin.custody.commands import original_loans, originals, uses
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.original_loan_sheet import original_loan_sheet, typeset_original_loans
from shuangyin.custody.original_queries import loan_out, original_out
from shuangyin.custody.original_schemas import (
    LoanRouteOut,
    LoanState,
    NewOriginal,
    NewOriginalLoan,
    OriginalLoanOut,
    OriginalOut,
    OriginalPlace,
    OriginalStateOut,
    Reason,
    ReturnedOriginals,
)
from shuangyin.custody.schemas import OpeningConfirmation, PhotoOut

router = Routes(tags=["custody"])

Reader = Annotated[Actor, access("seals.read")]
CustodyReader = Annotated[Actor, access("custody.read")]
Applicant = Annotated[Actor, access("requests.apply")]


@router.post("/originals", status_code=201, response_model=OriginalOut)
def register_original(body: NewOriginal, actor: SignedIn, write: Write) -> OriginalOut | Response:
    """Enter an original that lies in a safe; for its keepers and who manages seals."""
    return write.run(
        actor, lambda work: original_out(work, originals.register_original(work, actor, body)), status=201
    )


@router.get("/originals", response_model=Page[OriginalOut])
def list_originals(
    platform: PlatformOf,
    actor: Reader,
    state: OriginalStateOut | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[OriginalOut]:
    """The register of originals, newest first."""

    def query(work: UnitOfWork) -> Page[OriginalOut]:
        rows = queries.originals(work, actor, state=state, q=q, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: original_out(work, row))

    return platform.view(query)


@router.get("/original-loan-routes", response_model=list[LoanRouteOut])
def list_loan_routes(platform: PlatformOf, actor: Reader) -> list[LoanRouteOut]:
    """The named approval routes by which loans of an original may be approved: those in use, by code."""

    def query(work: UnitOfWork) -> list[LoanRouteOut]:
        named = naming.definitions(work, actor.organization_id)
        return [LoanRouteOut(code=one.code, name=one.name) for one in named if one.status == "active"]

    return platform.view(query)


@router.get("/originals/{original_id}", response_model=OriginalOut)
def read_original(original_id: str, platform: PlatformOf, actor: Reader) -> OriginalOut:
    """One original."""
    return platform.view(
        lambda work: original_out(work, queries.original(work, actor.organization_id, original_id))
    )


@router.put("/originals/{original_id}/place", response_model=OriginalOut)
def place_original(
    original_id: str, body: OriginalPlace, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> OriginalOut | Response:
    """Put an original into another slot or safe."""
    return write.run(
        actor,
        lambda work: original_out(
            work, originals.place_original(work, actor, original_id, body, expected=expected)
        ),
    )


@router.post("/originals/{original_id}/withdraw", response_model=OriginalOut)
def withdraw_original(
    original_id: str, body: Reason, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> OriginalOut | Response:
    """Take an original out of the register for good; the record of it stays."""
    return write.run(
        actor,
        lambda work: original_out(
            work,
            originals.withdraw_original(work, actor, original_id, reason=body.reason, expected=expected),
        ),
    )


@router.post("/originals/{original_id}/found", response_model=OriginalOut)
def find_again(
    original_id: str, body: Reason, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> OriginalOut | Response:
    """Say that a missing original is back in its slot."""
    return write.run(
        actor,
        lambda work: original_out(
            work, originals.find_again(work, actor, original_id, reason=body.reason, expected=expected)
        ),
    )


@router.post("/original-loans", status_code=201, response_model=OriginalLoanOut)
def ask_for_originals(body: NewOriginalLoan, actor: Applicant, write: Write) -> OriginalLoanOut | Response:
    """Ask to borrow originals; whom their route names has to approve."""
    return write.run(
        actor,
        lambda work: loan_out(work, actor, original_loans.ask_for_originals(work, actor, body)),
        status=201,
    )


@router.get("/original-loans", response_model=Page[OriginalLoanOut])
def list_loans(
    platform: PlatformOf,
    actor: SignedIn,
    state: LoanState | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[OriginalLoanOut]:
    """Loans of originals, newest first: one's own, or all for those who read custody or keep safes."""

    def query(work: UnitOfWork) -> Page[OriginalLoanOut]:
        rows = queries.loans(work, actor, state=state, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: loan_out(work, actor, row, listed=True))

    return platform.view(query)


@router.get("/original-loans.pdf", response_class=Response)
def loans_sheet(platform: PlatformOf, actor: CustodyReader, state: LoanState | None = None) -> Response:
    """The register of loans of originals as a printable form (原件借阅登记表)."""
    content = typeset_original_loans(
        platform.view(lambda work: original_loan_sheet(work, actor, state=state))
    )
    headers = {"Content-Disposition": 'inline; filename="original-loans.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/original-loans/{loan_id}", response_model=OriginalLoanOut)
def read_loan(loan_id: str, platform: PlatformOf, actor: SignedIn) -> OriginalLoanOut:
    """One loan of originals."""
    return platform.view(lambda work: loan_out(work, actor, queries.loan(work, actor, loan_id)))


@router.post("/original-loans/{loan_id}/checks", response_model=OriginalLoanOut)
def check_returned(
    loan_id: str, body: ReturnedOriginals, actor: SignedIn, write: Write
) -> OriginalLoanOut | Response:
    """Enter in which condition originals came back."""
    return write.run(
        actor,
        lambda work: loan_out(work, actor, original_loans.check_returned(work, actor, loan_id, body.items)),
    )


@router.post("/original-loans/{loan_id}/photos", status_code=201, response_model=PhotoOut)
def photograph_returned(loan_id: str, file: UploadFile, actor: SignedIn, write: Write) -> PhotoOut | Response:
    """Keep a photo (JPEG, PNG, WebP) of the originals back in their slot."""
    platform = write.platform
    media_type = uses.check_photo(file.file.read(platform.settings.max_photo_bytes + 1))
    file.file.seek(0)
    written = platform.objects.write(blocks_of(file.file), limit=platform.settings.max_photo_bytes)

    def command(work: UnitOfWork) -> PhotoOut:
        photo = original_loans.photograph_returned(
            work, actor, loan_id, written=written, media_type=media_type
        )
        return views.photo_out(work, photo)

    return write.run(actor, command, status=201, payload_digest=written.sha256)


@router.post("/original-loans/{loan_id}/confirm", response_model=OriginalLoanOut)
def confirm_loan(
    loan_id: str, body: OpeningConfirmation, request: Request, actor: SignedIn, platform: PlatformOf
) -> OriginalLoanOut:
    """Confirm with one's own factor that the originals go out, or that they are back; with account and password, as the
    second person on this device."""
    platform.view(lambda work: queries.loan(work, actor, loan_id))
    shown = shown_by(platform, actor, request, body, loan_id)
    return platform.transact(
        lambda work: loan_out(work, actor, original_loans.confirm_original_loan(work, actor, loan_id, shown))
    )


@router.post("/original-loans/{loan_id}/cancel", response_model=OriginalLoanOut)
def cancel_loan(
    loan_id: str, body: Reason, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> OriginalLoanOut | Response:
    """Call off a loan that has not begun."""
    return write.run(
        actor,
        lambda work: loan_out(
            work,
            actor,
            original_loans.cancel_original_loan(work, actor, loan_id, reason=body.reason, expected=expected),
        ),
    )
