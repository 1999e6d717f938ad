"""The few packets of MQTT 5 (OASIS, 2019) that a device needs, for fleets of thousands in one process."""

from __future__ import annotations

import struct
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK, DISCONNECT = 2, 3, 4, 9, 14
MOST_BYTES = 268_435_455


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it came: its type (2.1.2), flags and everything behind the fixed header."""

    type: int
    flags: int
    body: bytes


class PacketReader:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are whole now. Raises ValueError for a length that is none."""
        self._held += data
        found = []
        while (one := self._next()) is not None:
            found.append(one)
        return found

    def _next(self) -> Packet | None:
        length, at = 0, 1
        while True:
            if at >= len(self._held):
                return None
            length |= (self._held[at] & 0x7F) << (7 * (at - 1))
            at += 1
            if not self._held[at - 1] & 0x80:
                break
            if at > 4:
                raise ValueError("the length of a packet has more than four bytes")
        if len(self._held) < at + length:
            return None
        packet = Packet(self._held[0] >> 4, self._held[0] & 0x0F, bytes(self._held[at : at + length]))
        del self._held[: at + length]
        return packet


def connect(client_id: str, *, keepalive_s: int, session_s: int) -> bytes:
    """CONNECT (3.1) that goes on with the session there is."""
    properties = b"\x11" + struct.pack(">I", session_s)
    body = (
        _text("MQTT") + b"\x05\x00" + struct.pack(">H", keepalive_s) + _length(len(properties)) + properties
    )
    return _packet(0x10, body + _text(client_id))


def subscribe(number: int, topics: list[str]) -> bytes:
    """SUBSCRIBE (3.8) with QoS 1."""
    filters = b"".join(_text(topic) + b"\x01" for topic in topics)
    return _packet(0x82, struct.pack(">H", number) + b"\x00" + filters)


def publish(number: int, topic: str, payload: bytes) -> bytes:
    """PUBLISH (3.3) with QoS 1."""
    return _packet(0x32, _text(topic) + struct.pack(">H", number) + b"\x00" + payload)


def puback(number: int) -> bytes:
    """PUBACK (3.4): taken."""
    return _packet(0x40, struct.pack(">H", number))


def ping() -> bytes:
    """PINGREQ (3.12)."""
    return b"\xc0\x00"


def read_publish(packet: Packet) -> tuple[str, int | None, bytes]:
    """Topic, number (None with QoS 0) and payload of a PUBLISH. Raises ValueError."""
    try:
        (size,) = struct.unpack_from(">H", packet.body)
        topic, at, number = packet.body[2 : 2 + size].decode(), 2 + size, None
        if packet.flags & 0x06:
            (number,) = struct.unpack_from(">H", packet.body, at)
            at += 2
        properties, at = _read_length(packet.body, at)
        return topic, number, packet.body[at + properties :]
    except (struct.error, IndexError) as error:
        raise ValueError("a PUBLISH that ends too early") from error


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _length(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _length(value: int) -> bytes:
    if value > MOST_BYTES:
        raise ValueError("a packet has at most 256 MiB")
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _read_length(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (body[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not body[at - 1] & 0x80:
            return value, at
