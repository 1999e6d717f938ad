"""Routes of loans (外带)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Request, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.objects import blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries, views
from shuangyin.custody.commands import loans, uses
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.loan_schemas import LoanOut, NewLoan
from shuangyin.custody.loan_sheet import loan_sheet, typeset_loans
from shuangyin.custody.loan_views import loan_out
from shuangyin.custody.models import PhotoMoment
from shuangyin.custody.schemas import NewPress, OpeningConfirmation, PhotoOut, PhysicalUseOut

router = Routes(tags=["custody"])

Keeper = Annotated[Actor, access("custody.open")]
Reader = Annotated[Actor, access("custody.read")]
State = Literal["pending", "out", "overdue", "returned", "cancelled"]


@router.post("/loans", status_code=201, response_model=LoanOut)
def request_loan(body: NewLoan, actor: Keeper, write: Write) -> LoanOut | Response:
    """Agree on a loan for an approved request; custodian and escort then confirm that the seals go out."""
    return write.run(actor, lambda work: loan_out(work, loans.request_loan(work, actor, body)), status=201)


@router.get("/loans", response_model=Page[LoanOut])
def list_loans(
    platform: PlatformOf,
    actor: SignedIn,
    state: State | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[LoanOut]:
    """The register of loans, newest first: one's own, or all for those who may read custody."""

    def query(work: UnitOfWork) -> Page[LoanOut]:
        rows = queries.loans(work, actor, state=state, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: loan_out(work, row))

    return platform.view(query)


@router.get("/loans.pdf", response_class=Response)
def loans_sheet(platform: PlatformOf, actor: Reader, state: State | None = None) -> Response:
    """The register of loans as a printable form (印章外带登记表)."""
    content = typeset_loans(platform.view(lambda work: loan_sheet(work, actor, state=state)))
    headers = {"Content-Disposition": 'inline; filename="loans.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/loans/{loan_id}", response_model=LoanOut)
def read_loan(loan_id: str, platform: PlatformOf, actor: SignedIn) -> LoanOut:
    """One loan."""
    return platform.view(lambda work: loan_out(work, queries.loan(work, actor, loan_id)))


@router.post("/loans/{loan_id}/confirm", response_model=LoanOut)
def confirm_loan(
    loan_id: str, body: OpeningConfirmation, request: Request, actor: SignedIn, platform: PlatformOf
) -> LoanOut:
    """Confirm with one's own second factor that the seals go out, or that they are back; with account and password, as
    the second person on this device."""
    platform.view(lambda work: queries.loan(work, actor, loan_id))
    shown = shown_by(platform, actor, request, body, loan_id)
    return platform.transact(lambda work: loan_out(work, loans.confirm_loan(work, actor, loan_id, shown)))


@router.post("/loans/{loan_id}/cancel", response_model=LoanOut)
def cancel_loan(loan_id: str, actor: SignedIn, write: Write, expected: ExpectedVersion) -> LoanOut | Response:
    """Call off a loan that has not begun."""
    return write.run(
        actor, lambda work: loan_out(work, loans.cancel_loan(work, actor, loan_id, expected=expected))
    )


@router.post("/loans/{loan_id}/presses", status_code=201, response_model=PhysicalUseOut)
def register_press(loan_id: str, body: NewPress, actor: SignedIn, write: Write) -> PhysicalUseOut | Response:
    """Register what was pressed on the loan."""
    return write.run(
        actor,
        lambda work: views.use_out(work, loans.register_on_loan(work, actor, loan_id, body)),
        status=201,
    )


@router.post("/loans/{loan_id}/photos", status_code=201, response_model=PhotoOut)
def add_photo(
    loan_id: str,
    file: UploadFile,
    actor: SignedIn,
    write: Write,
    moment: Annotated[PhotoMoment, Form()] = PhotoMoment.DOCUMENT,
    use_id: Annotated[str | None, Form(max_length=32)] = None,
) -> PhotoOut | Response:
    """Keep a photo (JPEG, PNG, WebP) of the paper, of the pressing, or of the seals back in their place."""
    platform = write.platform
    media_type = uses.check_photo(file.file.read(platform.settings.max_photo_bytes + 1))
    file.file.seek(0)
    written = platform.objects.write(blocks_of(file.file), limit=platform.settings.max_photo_bytes)

    def command(work: UnitOfWork) -> PhotoOut:
        photo = loans.photograph_on_loan(
            work, actor, loan_id, written=written, media_type=media_type, moment=moment, use_id=use_id
        )
        return views.photo_out(work, photo)

    return write.run(actor, command, status=201, payload_digest=written.sha256)
