"""Routes of paper permits for emergencies."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import paper_permit_queries as queries
from shuangyin.custody import views
from shuangyin.custody.commands import paper_permits, uses
from shuangyin.custody.paper_permit_queries import permit_out
from shuangyin.custody.paper_permit_schemas import (
    NewPaperPermits,
    PaperPermitCode,
    PaperPermitOut,
    PaperPermitUse,
    PermitVerdict,
)
from shuangyin.custody.paper_permit_sheet import permit_sheet, typeset_permit
from shuangyin.custody.schemas import PhotoOut
from shuangyin.seals.models import Seal

router = Routes(tags=["custody"])

Manager = Annotated[Actor, access("seals.manage")]


@router.post("/paper-permits", status_code=201, response_model=list[PaperPermitOut])
def issue_permits(body: NewPaperPermits, actor: Manager, write: Write) -> list[PaperPermitOut] | Response:
    """Issue numbered paper permits with a signed code, to be kept ready for an emergency."""
    return write.run(
        actor,
        lambda work: [permit_out(work, one) for one in paper_permits.issue_permits(work, actor, body)],
        status=201,
    )


@router.get("/paper-permits", response_model=Page[PaperPermitOut])
def list_permits(
    platform: PlatformOf,
    actor: SignedIn,
    status: Literal["issued", "entered", "unused", "overdue"] | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[PaperPermitOut]:
    """Paper permits, newest first."""
    queries.require_sees(actor)

    def query(work: UnitOfWork) -> Page[PaperPermitOut]:
        rows = queries.permits(work, actor, status=status, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: permit_out(work, row))

    return platform.view(query)


@router.get("/paper-permits/key.pem", response_class=Response)
def permit_key(platform: PlatformOf, actor: SignedIn) -> Response:
    """The public key (SM2, PEM) by which anybody verifies a permit's code without the platform."""
    pem = platform.transact(
        lambda work: paper_permits.signing_key(work, actor.organization_id).public_key.to_spki_pem()
    )
    return Response(pem, media_type="application/x-pem-file")


@router.post("/paper-permits/verify", response_model=PermitVerdict)
def verify_permit(body: PaperPermitCode, platform: PlatformOf, actor: SignedIn) -> PermitVerdict:
    """What a code says, when this organization signed it."""

    def query(work: UnitOfWork) -> PermitVerdict:
        permit = queries.by_code(work, actor, body.code)
        return PermitVerdict.model_validate(
            {
                "number": permit.number,
                "status": permit.status,
                "valid_now": permit.status == "issued" and permit.valid_from <= work.now < permit.valid_until,
                "seal_name": work.session.get_one(Seal, permit.seal_id).name,
                "presses": permit.presses,
                "valid_from": permit.valid_from,
                "valid_until": permit.valid_until,
            }
        )

    return platform.view(query)


@router.get("/paper-permits/{permit_id}/permit.pdf", response_class=Response)
def permit_pdf(permit_id: str, platform: PlatformOf, actor: Manager) -> Response:
    """The permit for paper (备用用印许可)."""
    data = platform.view(lambda work: permit_sheet(work, queries.get(work, actor, permit_id)))
    headers = {"Content-Disposition": 'inline; filename="paper-permit.pdf"'}
    return Response(typeset_permit(data), media_type="application/pdf", headers=headers)


@router.post("/paper-permits/entries", status_code=201, response_model=PaperPermitOut)
def enter_use(body: PaperPermitUse, actor: SignedIn, write: Write) -> PaperPermitOut | Response:
    """Enter what was pressed under a paper permit."""
    return write.run(
        actor, lambda work: permit_out(work, paper_permits.enter_use(work, actor, body)), status=201
    )


@router.post("/paper-permits/returns", response_model=PaperPermitOut)
def return_unused(body: PaperPermitCode, actor: SignedIn, write: Write) -> PaperPermitOut | Response:
    """Note that a paper permit came back unused."""
    return write.run(
        actor, lambda work: permit_out(work, paper_permits.return_unused(work, actor, body.code))
    )


@router.post("/paper-permits/{permit_id}/photos", status_code=201, response_model=PhotoOut)
def photograph_use(permit_id: str, file: UploadFile, actor: SignedIn, write: Write) -> PhotoOut | Response:
    """Keep a photo (JPEG, PNG, WebP) of the stamped paper and of the filled-in permit."""
    platform = write.platform
    media_type = uses.check_photo(file.file.read(platform.settings.max_photo_bytes + 1))
    file.file.seek(0)
    written = platform.objects.write(blocks_of(file.file), limit=platform.settings.max_photo_bytes)

    def command(work: UnitOfWork) -> PhotoOut:
        photo = paper_permits.photograph_use(work, actor, permit_id, written=written, media_type=media_type)
        return views.photo_out(work, photo)

    return write.run(actor, command, status=201, payload_digest=written.sha256)
