"""Routes of permits, for the persons who press and for those who see devices."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from shuangyin.core.errors import Forbidden, not_found
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.queries import loan, opening
from shuangyin.devices import queries, views
from shuangyin.devices.commands import permitting
from shuangyin.devices.models import DevicePermit, DevicePhoto
from shuangyin.devices.schemas import EventOut, NewPermit, OpeningDevice, PermitOut, PressConfirmation
from shuangyin.people.schemas import Id

router = Routes(tags=["devices"])


@router.post("/devices/{device_id}/permits", status_code=201, response_model=PermitOut)
def issue(device_id: Id, body: NewPermit, actor: SignedIn, write: Write) -> PermitOut | Response:
    """Sign a permit for an approved request within an opening, for its custodian or reviewer; or on a loan, for its
    escort or custodian."""

    def command(work: UnitOfWork) -> PermitOut:
        return views.permits_out(work, [permitting.issue(work, actor, device_id, body)])[0]

    return write.run(actor, command, status=201)


@router.get("/device-permits", response_model=Page[PermitOut])
def list_permits(
    *,
    platform: PlatformOf,
    actor: SignedIn,
    opening_id: Annotated[str | None, Query(max_length=32)] = None,
    loan_id: Annotated[str | None, Query(max_length=32)] = None,
    open_only: bool = False,
    to_confirm: Annotated[
        bool, Query(description="Open ones of which the caller confirms each press.")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PermitOut]:
    """Permits, newest first: all for who sees devices, those of an opening or a loan for its persons."""
    before = read_cursor(cursor)

    def query(work: UnitOfWork) -> Page[PermitOut]:
        if to_confirm:
            rows = queries.permits_to_confirm(work, actor, before=before, limit=limit + 1)
            return _page(work, rows, limit)
        if opening_id is not None:
            opening(work, actor, opening_id)
        elif loan_id is not None:
            loan(work, actor, loan_id)
        elif not actor.may(queries.READ):
            raise Forbidden(
                "NOT_PERMITTED", "您的岗位没有此项权限。", "Your post does not include this right."
            )
        rows = queries.permits(
            work,
            actor.organization_id,
            opening_id=opening_id,
            loan_id=loan_id,
            open_only=open_only,
            before=before,
            limit=limit + 1,
        )
        return _page(work, rows, limit)

    return platform.view(query)


def _page(work: UnitOfWork, rows: list[DevicePermit], limit: int) -> Page[PermitOut]:
    shown = {one.id: one for one in views.permits_out(work, rows)}
    return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])


@router.get("/device-permits/{permit_id}", response_model=PermitOut)
def read_permit(permit_id: Id, platform: PlatformOf, actor: SignedIn) -> PermitOut:
    """One permit and how its accounts stand."""
    return platform.view(
        lambda work: views.permits_out(work, [queries.readable_permit(work, actor, permit_id)])[0]
    )


@router.get("/device-permits/{permit_id}/events", response_model=Page[EventOut])
def permit_events(permit_id: Id, platform: PlatformOf, actor: SignedIn, limit: Limit = 100) -> Page[EventOut]:
    """What its device told under a permit, newest first."""

    def query(work: UnitOfWork) -> Page[EventOut]:
        permit = queries.readable_permit(work, actor, permit_id)
        rows = queries.events(work, permit.device_id, permit_id=permit.id, limit=limit)
        return Page(
            items=views.events_out(work, rows, photos_under=f"/api/v1/device-permits/{permit.id}/photos")
        )

    return platform.view(query)


@router.get("/device-permits/{permit_id}/photos/{photo_id}", response_class=Response)
def permit_photo(permit_id: Id, photo_id: Id, platform: PlatformOf, actor: SignedIn) -> Response:
    """A photo that was taken under a permit, for whoever may read the permit."""

    def query(work: UnitOfWork) -> Response:
        permit = queries.readable_permit(work, actor, permit_id)
        found = work.session.get(DevicePhoto, photo_id)
        mine = found is not None and found.permit_id == permit.id and found.device_id == permit.device_id
        if found is None or not mine or found.object_id is None:
            raise not_found("该照片", "photo")
        content = work.objects.read(work.session.get_one(StoredObject, found.object_id))
        return Response(content, media_type=found.media_type)

    return platform.view(query)


@router.get("/openings/{opening_id}/devices", response_model=list[OpeningDevice])
def opening_devices(opening_id: Id, platform: PlatformOf, actor: SignedIn) -> list[OpeningDevice]:
    """The smart seals that hold seals of an opening's requests, for its two persons."""

    def query(work: UnitOfWork) -> list[OpeningDevice]:
        opening(work, actor, opening_id)
        rows = queries.devices_of_opening(work, actor.organization_id, opening_id)
        return views.opening_devices_out(work, rows)

    return platform.view(query)


@router.get("/loans/{loan_id}/devices", response_model=list[OpeningDevice])
def loan_devices(loan_id: Id, platform: PlatformOf, actor: SignedIn) -> list[OpeningDevice]:
    """The smart seals that hold the seals of a loan, for its persons."""

    def query(work: UnitOfWork) -> list[OpeningDevice]:
        loan(work, actor, loan_id)
        rows = queries.devices_of_loan(work, actor.organization_id, loan_id)
        return views.opening_devices_out(work, rows)

    return platform.view(query)


@router.post("/device-permits/{permit_id}/finish", response_model=PermitOut)
def finish(permit_id: Id, actor: SignedIn, write: Write) -> PermitOut | Response:
    """End the use; the accounts are settled when the device's last events are here."""
    return write.run(
        actor, lambda work: views.permits_out(work, [permitting.finish(work, actor, permit_id)])[0]
    )


@router.post("/device-permits/{permit_id}/confirm", response_model=PermitOut)
def confirm(permit_id: Id, body: PressConfirmation, actor: SignedIn, write: Write) -> PermitOut | Response:
    """Let one press go from afar. Second factor: act `devices.confirm_press`, subject the permit."""

    def command(work: UnitOfWork) -> PermitOut:
        permit = permitting.confirm_press(work, actor, permit_id, press=body.press, proof=body.proof)
        return views.permits_out(work, [permit])[0]

    return write.run(actor, command)
