"""The WebSocket binding: who does not show who it is gets no further; what is stored is receipted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from device_estate import eventually
from seal_house import House
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from sealdevice.event import EventKind
from sealdevice.link import Message, Subject, read_frame, write_frame
from sealdevice.session import Purpose

PATH = "/device-link/v1"


def frame(subject: Subject, data: bytes) -> str:
    return write_frame(Message(subject, data)).decode()


def hang_up(house: House, socket: WebSocketTestSession, before: Any) -> None:
    """Close as a device does, and let the platform's side come to its end: the test client would cancel it in the middle."""
    socket.close()
    eventually(lambda: house.hub.connected() == before, "the end of the connection")
    socket.portal.call(asyncio.sleep, 0.1)


def test_a_device_shows_who_it_is_tells_its_events_and_gets_receipts(house: House) -> None:
    house.disconnect()
    house.seal.sense(EventKind.MOVED)
    before = house.hub.connected()
    with house.world.anonymous().websocket_connect(PATH) as socket:
        challenge = read_frame(socket.receive_text().encode())
        assert challenge.subject is Subject.CHALLENGE
        socket.send_text(frame(Subject.SESSION, house.seal.session(Purpose.LINK, challenge.data.decode())))
        socket.send_text("not a frame")
        for message in house.seal.link.connected():
            socket.send_text(frame(message.subject, message.data))

        def stored() -> bool:
            house.ingest.run_pending()
            return house.stored()[-1][1] == "moved"

        # Frames arrive one by one, so that there is a receipt for each group that was stored meanwhile.
        eventually(stored, "the event")
        while house.seal.device.state.acknowledged < house.seal.device.state.seq:
            receipt = read_frame(socket.receive_text().encode())
            assert receipt.subject is Subject.RECEIPT
            house.seal.received(receipt)
        hang_up(house, socket, before)


@pytest.mark.parametrize("wrong", ["another challenge", "another purpose", "no session", "another key"])
def test_who_does_not_show_who_it_is_gets_no_further(house: House, wrong: str) -> None:
    before = house.hub.connected()
    with house.world.anonymous().websocket_connect(PATH) as socket:
        challenge = read_frame(socket.receive_text().encode()).data.decode()
        shown = {
            "another challenge": lambda: house.seal.session(Purpose.LINK, "ab" * 32),
            "another purpose": lambda: house.seal.session(Purpose.PHOTO, challenge),
            "no session": lambda: house.seal.device.events(1, 1)[0][1],
            "another key": lambda: house.seal.session(Purpose.LINK, challenge).replace(
                b'"sig":"', b'"sig":"A'
            ),
        }[wrong]()
        socket.send_text(frame(Subject.SESSION, shown))
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
    assert ended.value.code == 4401
    assert house.hub.connected() == before
