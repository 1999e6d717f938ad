"""What a seal, or whoever has it in his hands, can do that a platform has to notice."""

from __future__ import annotations

import base64
from enum import StrEnum
from typing import Final

from sealdevice.event import EventKind
from sealdevice.link import Message, Subject
from sealdevice.record import read_record
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.device_sim.wire import Wire

HOUR_MS: Final = 3_600_000
COUNT: Final = b'"presses":'
AWAY_E7: Final = 50_000_000
"""Five degrees: outside of any fence."""


class Misbehaviour(StrEnum):
    """Every kind can be had by name."""

    UNAUTHORISED_PRESS = "unauthorised-press"
    MOVED = "moved"
    FENCE_LEFT = "fence-left"
    CASE_OPENED = "case-opened"
    CLOCK_BACK = "clock-back"
    BATTERY_LOW = "battery-low"
    WRONG_FACE = "wrong-face"
    OFFLINE = "offline"
    REPLAY = "replay"
    REORDER = "reorder"
    EDITED = "edited"


WORDS: Final = {
    Misbehaviour.UNAUTHORISED_PRESS: "未经许可盖章",
    Misbehaviour.MOVED: "被移动",
    Misbehaviour.FENCE_LEFT: "离开围栏",
    Misbehaviour.CASE_OPENED: "外壳被打开",
    Misbehaviour.CLOCK_BACK: "时钟回拨",
    Misbehaviour.BATTERY_LOW: "电量低",
    Misbehaviour.WRONG_FACE: "人脸不符",
    Misbehaviour.OFFLINE: "断网一段时间",
    Misbehaviour.REPLAY: "重发旧事件",
    Misbehaviour.REORDER: "乱序发送",
    Misbehaviour.EDITED: "篡改事件",
}
"""What the front of the simulated device calls each kind."""

SENSED: Final = {
    Misbehaviour.MOVED: EventKind.MOVED,
    Misbehaviour.CASE_OPENED: EventKind.CASE_OPENED,
}


def misbehave(kind: Misbehaviour, seal: SimulatedSeal, wire: Wire, *, offline_s: float) -> None:
    """Do it once."""
    if kind in SENSED:
        seal.sense(SENSED[kind])
    elif kind is Misbehaviour.UNAUTHORISED_PRESS:
        seal.force()
    elif kind is Misbehaviour.FENCE_LEFT:
        at = seal.position
        latitude, longitude = (at.latitude_e7, at.longitude_e7) if at else (0, 0)
        seal.go(latitude - AWAY_E7 if latitude > 0 else latitude + AWAY_E7, longitude)
        seal.sense(EventKind.FENCE_LEFT)
    elif kind is Misbehaviour.CLOCK_BACK:
        seal.clock_error_ms -= HOUR_MS
        seal.sense(EventKind.CLOCK_CHANGED)
    elif kind is Misbehaviour.BATTERY_LOW:
        seal.battery = 8
        seal.sense(EventKind.BATTERY_LOW)
    elif kind is Misbehaviour.WRONG_FACE:
        seal.wrong_person()
    elif kind is Misbehaviour.OFFLINE:
        _go_offline(seal, wire, offline_s)
    else:
        _tell_otherwise(kind, seal, wire)


def _go_offline(seal: SimulatedSeal, wire: Wire, seconds: float) -> None:
    """Be away, press once if the permit lets it, be moved, and come back: everything is told in order then."""
    wire.wanted = seal.online = False
    wire.talk(seconds / 2)
    if seal.permits():
        seal.press()
    seal.sense(EventKind.MOVED)
    wire.talk(seconds / 2)
    wire.wanted = seal.online = True


def _tell_otherwise(kind: Misbehaviour, seal: SimulatedSeal, wire: Wire) -> None:
    last = seal.device.state.seq
    if kind is Misbehaviour.REPLAY:
        records = [record for _, record in seal.device.events(max(1, last - 4), 5)] * 2
    elif kind is Misbehaviour.REORDER:
        seal.sense(EventKind.MOVED)
        seal.sense(EventKind.MOVED)
        records = [record for _, record in reversed(seal.device.events(last + 1, 2))]
    else:
        records = [edited(seal.device.events(last, 1)[0][1])]
    for record in records:
        wire.inject(Message(Subject.EVENT, record))


def edited(record: bytes) -> bytes:
    """The record with one digit of its signed body changed, as somebody in between would."""
    body = read_record(record).body
    at = body.rindex(COUNT) + len(COUNT)
    changed = body[:at] + (b"8" if body[at : at + 1] != b"8" else b"9") + body[at + 1 :]
    return record.replace(base64.b64encode(body), base64.b64encode(changed), 1)
