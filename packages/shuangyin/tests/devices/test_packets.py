"""The packets that a gateway reads and writes itself, against the codec of the simulated devices."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.device_sim import mqtt_packets as theirs
from shuangyin.devices.gateway.packets import Published, puback, publish_once, read_publish

TOPICS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=80)
MESSAGES = st.builds(Published, number=st.integers(1, 65_535), topic=TOPICS, payload=st.binary(max_size=300))


def written(one: Published) -> bytes:
    return theirs.publish(one.number, one.topic, one.payload)


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_whole_messages_are_read_and_a_part_of_one_is_left_alone(
    messages: list[Published], data: st.DataObject
) -> None:
    stream = b"".join(map(written, messages))
    cut = data.draw(st.integers(0, len(stream)))
    found, at = [], 0
    while (one := read_publish(stream[:cut], at)) is not None:
        found.append(one[0])
        at = one[1]
    assert found == messages[: len(found)]
    assert at == sum(len(written(one)) for one in found)
    assert len(found) == len(messages) or cut < at + len(written(messages[len(found)]))


@given(st.binary(max_size=200), st.integers(0, 220))
def test_no_bytes_do_harm(stream: bytes, at: int) -> None:
    found = read_publish(stream, at)
    assert found is None or at < found[1] <= len(stream)


def test_properties_are_passed_over() -> None:
    plain = written(Published(7, "a/b", b"")).removesuffix(b"\x00")
    expiry = b"\x05\x02" + struct.pack(">I", 60)
    stream = plain[:1] + bytes((plain[1] - 1 + len(expiry) + 3,)) + plain[2:] + expiry + b"new"
    assert read_publish(stream, 0) == (Published(7, "a/b", b"new"), len(stream))


@pytest.mark.parametrize(
    "packet",
    [
        theirs.puback(3),
        theirs.ping(),
        publish_once("a/b", b"QoS 0", 60),
        written(Published(0, "a/b", b"number 0 is none")),
        b"\x32\x05\x00\x09a/b",
        b"\x32\xff\xff\xff\xff\x01",
        b"\x32\x07\x00\x02\xff\xff\x00\x01\x00",
    ],
)
def test_everything_else_is_left_to_the_library(packet: bytes) -> None:
    assert read_publish(packet, 0) is None


@given(TOPICS, st.binary(max_size=300), st.integers(1, 65_535))
def test_what_a_gateway_writes_is_read_by_a_device(topic: str, payload: bytes, number: int) -> None:
    packets = theirs.PacketReader().feed(puback(number) + publish_once(topic, payload, 60))
    assert [packet.type for packet in packets] == [theirs.PUBACK, theirs.PUBLISH]
    assert packets[0].body == number.to_bytes(2, "big")
    assert theirs.read_publish(packets[1]) == (topic, None, payload)
