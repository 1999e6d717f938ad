"""Routes for devices: enrolment, photos, and the WebSocket binding of the link."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Path, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from sealdevice.errors import MalformedRecord
from sealdevice.link import UPWARD, WINDOW, Message, Subject, read_frame, write_frame
from sealdevice.session import Purpose
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.core.http.routes import Routes
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import errors
from shuangyin.devices.certificates import certificate_pem
from shuangyin.devices.commands import enrolling, photographing
from shuangyin.devices.gateway.hub import Hub, Incoming
from shuangyin.devices.gateway.sessions import authentic, from_header
from shuangyin.devices.schemas import EnrolBody, Enrolled, UploadProgress
from shuangyin.devices.signing import public_key

router = Routes(prefix="/device-link", tags=["device link"], dependencies=[PublicRoute])
sockets = Routes()

SESSION_S = 10.0
"""A device answers the challenge within so long."""
MOST_UNREADABLE = 10
UNAUTHENTIC, UNREADABLE, REPLACED, NOT_HERE = 4401, 4400, 4409, 1013
_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")

Sm3Path = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Shown = Annotated[str | None, Header(alias="Authorization", max_length=8_100)]


@router.post("/enrol", status_code=201, response_model=Enrolled)
def enrol(body: EnrolBody, platform: PlatformOf) -> Enrolled:
    """Enrol a device with its one-time code: it brings its own keys and gets a certificate."""

    def command(work: UnitOfWork) -> Enrolled:
        device, trusted = enrolling.enrol(
            work,
            code=body.code,
            certificate_request=body.certificate_request,
            record_key=body.record_key,
            session=body.session,
            firmware=body.firmware,
        )
        return Enrolled(
            device_id=device.id,
            certificate=device.certificate or "",
            authority=certificate_pem(trusted.certificate),
            platform_key=public_key(work, device.organization_id).point.hex(),
        )

    return platform.transact(command)


@router.get("/photos/{sm3}", response_model=UploadProgress)
def photo_progress(sm3: Sm3Path, platform: PlatformOf, authorization: Shown = None) -> UploadProgress:
    """How far the upload of a photo is; a device that was cut off goes on from there."""

    def query(work: UnitOfWork) -> UploadProgress:
        device = authentic(work, from_header(authorization), purpose=Purpose.PHOTO, challenge=sm3)
        found = photographing.progress(work, device.id, sm3)
        return UploadProgress(next_byte=found.next_byte, complete=found.complete)

    return platform.view(query)


@router.put(
    "/photos/{sm3}",
    response_model=UploadProgress,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_photo(
    request: Request,
    sm3: Sm3Path,
    platform: PlatformOf,
    content_range: Annotated[str | None, Header(alias="Content-Range", max_length=100)] = None,
    authorization: Shown = None,
) -> UploadProgress:
    """The next part of a photo, at most 1 MiB: `Content-Range: bytes FIRST-LAST/SIZE`. May be repeated.

    The device shows who it is by a session of the purpose `photo` whose challenge is the photo's SM3.
    """
    header = from_header(authorization)
    content = await request.body()
    found = _RANGE.fullmatch(content_range or "")
    if found is None or int(found[2]) - int(found[1]) + 1 != len(content):
        raise errors.photo_range(len(content))
    first, total = int(found[1]), int(found[3])

    def take() -> photographing.Progress:
        def identify(work: UnitOfWork) -> str:
            return authentic(work, header, purpose=Purpose.PHOTO, challenge=sm3).id

        device_id = platform.view(identify)
        return photographing.take_part(
            platform, device_id, sm3, first_byte=first, total=total, content=content
        )

    after = await run_in_threadpool(take)
    return UploadProgress(next_byte=after.next_byte, complete=after.complete)


class SocketConnection:
    """A device's WebSocket, written by one task from a queue that any thread may fill."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._out: asyncio.Queue[Message | None] = asyncio.Queue()

    def send(self, message: Message) -> None:
        self._put(message)

    def close(self) -> None:
        self._put(None)

    async def next(self) -> Message | None:
        """The next message to be written; None when the connection is to end."""
        return await self._out.get()

    def later(self, act: Callable[[], None]) -> None:
        """Call something in the loop, from another thread."""
        with contextlib.suppress(RuntimeError):  # The loop has ended, and the connection with it.
            self._loop.call_soon_threadsafe(act)

    def _put(self, message: Message | None) -> None:
        self.later(lambda: self._out.put_nowait(message))


@sockets.websocket("/device-link/v1")
async def link(websocket: WebSocket) -> None:
    """The WebSocket binding: challenge, session, then the messages of `sealdevice.link` as text frames."""
    platform: Platform = websocket.app.state.platform
    hub = platform.port(Hub)
    await websocket.accept()
    if not hub.running:
        await websocket.close(NOT_HERE)
        return
    device_id = await _shown(websocket, platform)
    if device_id is None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await websocket.close(UNAUTHENTIC)
        return
    connection = SocketConnection()
    hub.attach(device_id, connection)
    writer = asyncio.create_task(_write(websocket, connection))
    reader = asyncio.create_task(_read(websocket, hub, device_id, connection))
    try:
        await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.detach(device_id, connection)
        for task in (writer, reader):
            task.cancel()
        await asyncio.gather(writer, reader, return_exceptions=True)


async def _shown(websocket: WebSocket, platform: Platform) -> str | None:
    challenge = secrets.token_hex(32)
    try:
        await websocket.send_text(write_frame(Message(Subject.CHALLENGE, challenge.encode())).decode())
        text = await asyncio.wait_for(websocket.receive_text(), SESSION_S)
        message = read_frame(text.encode())
    except (TimeoutError, MalformedRecord, WebSocketDisconnect, KeyError, UnicodeError):
        return None
    if message.subject is not Subject.SESSION:
        return None

    def check() -> str | None:
        def query(work: UnitOfWork) -> str:
            return authentic(work, message.data, purpose=Purpose.LINK, challenge=challenge).id

        try:
            return platform.view(query)
        except ShuangyinError:
            return None

    return await run_in_threadpool(check)


async def _write(websocket: WebSocket, connection: SocketConnection) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        while (message := await connection.next()) is not None:
            await websocket.send_text(write_frame(message).decode())
        await websocket.close(REPLACED)


async def _read(websocket: WebSocket, hub: Hub, device_id: str, connection: SocketConnection) -> None:
    room = asyncio.Semaphore(2 * WINDOW)
    unreadable = 0
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            try:
                message = read_frame((await websocket.receive_text()).encode())
            except (MalformedRecord, KeyError, UnicodeError):
                unreadable += 1
                if unreadable > MOST_UNREADABLE:
                    await websocket.close(UNREADABLE)
                    return
                continue
            if message.subject not in UPWARD or message.subject is Subject.SESSION:
                continue
            await room.acquire()
            while hub.full:
                await asyncio.sleep(0.05)
            hub.incoming.put(Incoming(device_id, message, lambda: connection.later(room.release)))
