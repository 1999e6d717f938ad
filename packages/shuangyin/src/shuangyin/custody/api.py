"""Routes of custody."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Form, Query, Request, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.clock import BEIJING, to_milliseconds
from shuangyin.core.errors import Forbidden, Invalid
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import StoredObject, blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import original_queries, queries, views
from shuangyin.custody.commands import openings, safes, uses
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.models import OpeningStatus, PhotoMoment
from shuangyin.custody.register import sheet_of
from shuangyin.custody.register_sheet import tabulate, typeset
from shuangyin.custody.schemas import (
    NewOpening,
    NewPress,
    NewSafe,
    OpeningClose,
    OpeningConfirmation,
    OpeningOut,
    PhotoOut,
    PhysicalUseOut,
    SafeOut,
    SealSlot,
    WaitingRequestOut,
)

router = Routes(tags=["custody"])

Keeper = Annotated[Actor, access("custody.open")]
Reader = Annotated[Actor, access("custody.read")]
Manager = Annotated[Actor, access("seals.manage")]


@router.get("/safes", response_model=list[SafeOut])
def list_safes(platform: PlatformOf, actor: SignedIn) -> list[SafeOut]:
    """The safes of the organization and what lies in them."""
    _require_custody(actor)
    return platform.view(lambda work: [views.safe_out(work, safe) for safe in queries.safes(work, actor)])


@router.post("/safes", status_code=201, response_model=SafeOut)
def add_safe(body: NewSafe, actor: Manager, write: Write) -> SafeOut | Response:
    """Register a safe."""
    return write.run(actor, lambda work: views.safe_out(work, safes.add_safe(work, actor, body)), status=201)


@router.post("/safes/{safe_id}/seals", response_model=SafeOut)
def place_seal(safe_id: str, body: SealSlot, actor: Manager, write: Write) -> SafeOut | Response:
    """Say that a physical seal lies in a slot of this safe."""
    return write.run(actor, lambda work: views.safe_out(work, safes.place_seal(work, actor, safe_id, body)))


@router.get("/custody/waiting", response_model=list[WaitingRequestOut])
def waiting(platform: PlatformOf, actor: Reader) -> list[WaitingRequestOut]:
    """Approved requests that wait for their physical seal."""
    return platform.view(
        lambda work: [views.waiting_out(work, item) for item in queries.waiting(work, actor)]
    )


@router.post("/openings", status_code=201, response_model=OpeningOut)
def request_opening(body: NewOpening, actor: Keeper, write: Write) -> OpeningOut | Response:
    """Ask to open a safe; custodian and reviewer then confirm."""
    return write.run(
        actor, lambda work: views.opening_out(work, openings.request_opening(work, actor, body)), status=201
    )


@router.get("/openings", response_model=Page[OpeningOut])
def list_openings(
    platform: PlatformOf,
    actor: SignedIn,
    status: OpeningStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[OpeningOut]:
    """Openings, newest first: one's own, or all for those who may read custody."""

    def query(work: UnitOfWork) -> Page[OpeningOut]:
        rows = queries.openings(work, actor, status=status, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: views.opening_out(work, row))

    return platform.view(query)


@router.get("/openings/{opening_id}", response_model=OpeningOut)
def read_opening(opening_id: str, platform: PlatformOf, actor: SignedIn) -> OpeningOut:
    """One opening."""
    return platform.view(lambda work: views.opening_out(work, queries.opening(work, actor, opening_id)))


@router.post("/openings/{opening_id}/confirm", response_model=OpeningOut)
def confirm(
    opening_id: str, body: OpeningConfirmation, request: Request, actor: SignedIn, platform: PlatformOf
) -> OpeningOut:
    """Confirm with one's own second factor; with account and password, as the second person on this device.

    With the password alone one confirms oneself by two factors, as requests can ask (`controls.second_factor`).
    """
    platform.view(lambda work: queries.opening(work, actor, opening_id))
    shown = shown_by(platform, actor, request, body, opening_id)
    return platform.transact(
        lambda work: views.opening_out(work, openings.confirm(work, actor, opening_id, shown))
    )


@router.post("/openings/{opening_id}/presses", status_code=201, response_model=PhysicalUseOut)
def register_press(
    opening_id: str, body: NewPress, actor: SignedIn, write: Write
) -> PhysicalUseOut | Response:
    """Register what was pressed."""
    return write.run(
        actor, lambda work: views.use_out(work, uses.register(work, actor, opening_id, body)), status=201
    )


@router.post("/openings/{opening_id}/photos", status_code=201, response_model=PhotoOut)
def add_photo(
    opening_id: str,
    file: UploadFile,
    actor: SignedIn,
    write: Write,
    moment: Annotated[PhotoMoment, Form()] = PhotoMoment.DOCUMENT,
    use_id: Annotated[str | None, Form(max_length=32)] = None,
    request_id: Annotated[
        str | None, Form(max_length=32, description="Of a photo from before the press.")
    ] = None,
) -> PhotoOut | Response:
    """Keep a photo (JPEG, PNG, WebP) of a paper before or after the press, of the pressing, or of the seal back."""
    platform = write.platform
    media_type = uses.check_photo(file.file.read(platform.settings.max_photo_bytes + 1))
    file.file.seek(0)
    written = platform.objects.write(blocks_of(file.file), limit=platform.settings.max_photo_bytes)

    def command(work: UnitOfWork) -> PhotoOut:
        photo = uses.add_photo(
            work,
            actor,
            opening_id,
            written=written,
            media_type=media_type,
            moment=moment,
            use_id=use_id,
            request_id=request_id,
        )
        return views.photo_out(work, photo)

    return write.run(actor, command, status=201, payload_digest=written.sha256)


@router.get("/custody/photos/{photo_id}", response_class=Response)
def photo(photo_id: str, platform: PlatformOf, actor: SignedIn) -> Response:
    """The photo itself, for who may see its opening, its loan or its loan of originals."""

    def query(work: UnitOfWork) -> Response:
        found = original_queries.photo(work, actor, photo_id)
        content = work.objects.read(work.session.get_one(StoredObject, found.object_id))
        return Response(content, media_type=found.media_type)

    return platform.view(query)


@router.post("/openings/{opening_id}/close", response_model=OpeningOut)
def close(opening_id: str, body: OpeningClose, actor: SignedIn, write: Write) -> OpeningOut | Response:
    """Shut the safe with every seal back."""
    return write.run(
        actor, lambda work: views.opening_out(work, openings.close(work, actor, opening_id, body))
    )


Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Day in Beijing, YYYY-MM-DD.")]


@router.get("/use-register", response_model=Page[PhysicalUseOut])
def use_register(
    platform: PlatformOf,
    actor: Reader,
    since: Annotated[Day, Query(alias="from")] = None,
    until: Annotated[Day, Query(alias="to")] = None,
    seal_id: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PhysicalUseOut]:
    """The register of physical use, newest first."""
    wanted = _filter(since, until, seal_id, read_cursor(cursor))

    def query(work: UnitOfWork) -> Page[PhysicalUseOut]:
        rows = queries.register(work, actor.organization_id, wanted, limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: views.use_out(work, row))

    return platform.view(query)


@router.get("/use-register.pdf", response_class=Response)
def use_register_sheet(
    platform: PlatformOf,
    actor: Reader,
    since: Annotated[Day, Query(alias="from")] = None,
    until: Annotated[Day, Query(alias="to")] = None,
    seal_id: Annotated[str | None, Query(max_length=32)] = None,
) -> Response:
    """The register as a printable sheet (实体印章使用登记表)."""
    wanted = _filter(since, until, seal_id, None)
    content = typeset(platform.view(lambda work: sheet_of(work, actor, wanted, since=since, until=until)))
    headers = {"Content-Disposition": 'inline; filename="use-register.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/use-register.csv", response_class=Response)
def use_register_table(
    platform: PlatformOf,
    actor: Reader,
    since: Annotated[Day, Query(alias="from")] = None,
    until: Annotated[Day, Query(alias="to")] = None,
    seal_id: Annotated[str | None, Query(max_length=32)] = None,
) -> Response:
    """The register as a table for other programs: CSV in UTF-8, at most 2,000 lines, oldest first."""
    wanted = _filter(since, until, seal_id, None)
    content = tabulate(platform.view(lambda work: sheet_of(work, actor, wanted, since=since, until=until)))
    headers = {"Content-Disposition": 'attachment; filename="use-register.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _filter(
    since: str | None, until: str | None, seal_id: str | None, before: str | None
) -> queries.RegisterFilter:
    day_ms = 24 * 3600 * 1000
    end = None if until is None else _day(until) + day_ms
    return queries.RegisterFilter(
        since=None if since is None else _day(since), until=end, seal_id=seal_id, before=before
    )


def _day(text: str) -> int:
    try:
        return to_milliseconds(datetime.fromisoformat(text).replace(tzinfo=BEIJING))
    except (ValueError, OverflowError) as error:
        raise Invalid("DAY", f"日期 {text} 不存在，请检查。", f"There is no such day: {text}.") from error


def _require_custody(actor: Actor) -> None:
    if not any(
        actor.may(right) for right in ("custody.read", "custody.open", "custody.review", "seals.manage")
    ):
        raise Forbidden("NOT_PERMITTED", "您的岗位没有此项权限。", "Your post does not include this right.")
