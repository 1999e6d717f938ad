"""The three packets of MQTT 5 (OASIS, 2019) that a gateway reads and writes by the thousand.

The client's library has a way of its own for each of them, made for every case there is: it cost more than verifying
the signature of the event inside. Whatever is not exactly one of these three goes the library's way.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_EXPIRY: Final = 0x02
"""The property of the message's expiry interval (3.3.2.3.3)."""


@dataclass(frozen=True, slots=True)
class Published:
    """A PUBLISH (3.3) of QoS 1 as it came: its number at the broker, its topic and what it carries."""

    number: int
    topic: str
    payload: bytes


def read_publish(stream: bytes, at: int) -> tuple[Published, int] | None:
    """The PUBLISH of QoS 1 that begins at a place, and the place behind it.

    None for any other packet, for one that is not whole yet and for one that is wrong in itself. Its properties are
    passed over: a gateway asks the broker for no aliases of topics, and the others do not concern it.
    """
    if at >= len(stream) or stream[at] & 0xF6 != 0x32:
        return None
    try:
        length, body = _variable(stream, at + 1)
        end = body + length
        if end > len(stream):
            return None
        (size,) = struct.unpack_from(">H", stream, body)
        (number,) = struct.unpack_from(">H", stream, body + 2 + size)
        properties, payload = _variable(stream, body + 4 + size)
        if payload + properties > end or not number:
            return None
        topic = stream[body + 2 : body + 2 + size].decode()
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    return Published(number, topic, stream[payload + properties : end]), end


def puback(number: int) -> bytes:
    """PUBACK (3.4): stored."""
    return b"\x40\x02" + number.to_bytes(2, "big")


def publish_once(topic: str, payload: bytes, expires_s: int) -> bytes:
    """PUBLISH with QoS 0, which the broker forgets after so many seconds."""
    name = topic.encode()
    properties = struct.pack(">BBI", 5, _EXPIRY, expires_s)
    body = len(name).to_bytes(2, "big") + name + properties + payload
    return b"\x30" + _written(len(body)) + body


def _variable(stream: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer (1.5.5) of one to four bytes, and the place behind it. Raises IndexError."""
    value = 0
    for shift in (0, 7, 14, 21):
        byte = stream[at]
        value, at = value | (byte & 0x7F) << shift, at + 1
        if byte < 0x80:
            return value, at
    raise IndexError


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
