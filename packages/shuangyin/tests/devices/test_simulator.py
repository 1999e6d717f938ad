"""The simulator of one device: its memory in a folder, and what it makes of wrong input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from device_desk import DEVICE_KEY, PLATFORM_KEY, Desk

from sealdevice.errors import UntrustedRecord
from sealdevice.event import EventKind, open_event
from shuangyin.core.errors import Conflict, Invalid
from shuangyin.device_sim.folder import IDENTITY, RECORD_KEY, TLS_KEY, StoredPhotos, device_in, keep_identity
from shuangyin.device_sim.misbehaving import edited
from shuangyin.device_sim.operating import Operator
from shuangyin.device_sim.wire import Wire

ANSWER = {
    "device_id": "device-1",
    "platform_key": PLATFORM_KEY.public_key.point.hex(),
    "certificate": "",
    "authority": "",
}


def test_a_device_goes_on_where_it_was_and_is_one_process_only(tmp_path: Path) -> None:
    with device_in(tmp_path) as seal:
        seal.enrolled(ANSWER)
        keep_identity(tmp_path, ANSWER)
        seal.sense(EventKind.MOVED)
        seal.photos["ab" * 32] = b"photo"
        with pytest.raises(Conflict, match="DEVICE_IN_USE"), device_in(tmp_path):
            pass
        head, point = seal.device.state.head, seal.key.public_key.point
    with device_in(tmp_path) as again:
        again.start()
        assert again.key.public_key.point == point
        assert again.device.state.boot == 2
        started = open_event(again.device.events(3, 1)[0][1], again.key.public_key)
        assert (started.kind, started.previous) == (EventKind.STARTED, head)
        assert dict(again.photos) == {"ab" * 32: b"photo"}


@pytest.mark.parametrize("name", [RECORD_KEY, TLS_KEY, IDENTITY])
@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe"])
def test_a_damaged_folder_is_told_as_such(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Invalid), device_in(tmp_path):
        pass


def test_photos_that_are_not_there(tmp_path: Path) -> None:
    photos = StoredPhotos(tmp_path / "photos")
    assert photos.get("ab" * 32) is None
    assert photos.pop("ab" * 32, None) is None


def test_an_edited_event_differs_in_its_body_only_and_does_not_verify() -> None:
    record = Desk().store.events(1, 1)[0][1]
    changed = edited(record)
    assert len(changed) == len(record)
    assert open_event(record, DEVICE_KEY.public_key).seq == 1
    with pytest.raises(UntrustedRecord, match="signature"):
        open_event(changed, DEVICE_KEY.public_key)


@pytest.mark.parametrize(
    "line", ["pres", "press 0", "press many", "press 3 gold", "spoil", "spoil x", "misbehave", "misbehave x"]
)
def test_a_line_that_means_nothing_does_nothing(tmp_path: Path, line: str) -> None:
    with device_in(tmp_path) as seal:
        seal.enrolled(ANSWER)
        said: list[str] = []
        say: Callable[[str, str], None] = lambda zh, _: said.append(zh)  # noqa: E731  # a callable of two words
        with pytest.raises(Invalid, match="SIMULATOR_LINE"):
            Operator(seal, Wire(seal, "http://localhost:1", say), say).do(line)
        assert (seal.device.state.seq, said) == (1, [])


@pytest.mark.parametrize("address", ["seal.example.cn", "ftp://seal.example.cn", "http://", ""])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    with device_in(tmp_path) as seal, pytest.raises(Invalid, match="SERVER_ADDRESS"):
        Wire(seal, address, lambda _zh, _en: None)


def test_a_press_without_a_permit_says_so_and_the_next_line_is_carried_out(tmp_path: Path) -> None:
    with device_in(tmp_path) as seal:
        seal.enrolled(ANSWER)
        said: list[str] = []
        wire = Wire(seal, "http://localhost:1", lambda _zh, _en: None)
        operator = Operator(seal, wire, lambda _, en: said.append(en))
        operator.do("press 2")
        assert "no permit yet" in said.pop()
        operator.do("state")
        assert "presses 0" in said[0]
        operator.go_on()
        operator.do("offline")
        operator.wait()
        assert said[-1] == "no permit, nothing pressed"
