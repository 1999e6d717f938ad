"""Device and platform over a wire that loses, doubles and reorders: in the end every event is stored once, in order."""

from __future__ import annotations

import hashlib
import random

import pytest
from device_desk import DEVICE_KEY, MINUTE, NOON, PLATFORM_KEY, Desk, permit_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sealdevice.chain import ChainState, Verdict, judge_event
from sealdevice.command import Command, CommandKind, Receipt, sign_command, sign_receipt
from sealdevice.device.core import Senses
from sealdevice.errors import Code, MalformedRecord
from sealdevice.event import EventKind, open_event
from sealdevice.link import (
    WINDOW,
    DeviceLink,
    Message,
    Subject,
    read_answer,
    read_frame,
    read_hello,
    read_topic,
    topic_of,
    write_frame,
)
from sealdevice.permit import PressKind, sign_permit
from sealdevice.record import read_record


class Gateway:
    """The platform's side as far as this test needs it: judges, stores, gives receipts for what is stored."""

    def __init__(self) -> None:
        self.state = ChainState()
        self.stored: dict[int, str] = {}

    def received(self, message: Message, now: int) -> list[Message]:
        if message.subject is not Subject.EVENT:
            return []
        event = open_event(message.data, DEVICE_KEY.public_key)
        digest = read_record(message.data).digest
        judged = judge_event(
            self.state, event, digest, received_at=now, known_digest=self.stored.get(event.seq)
        )
        assert judged.verdict in (Verdict.NEXT, Verdict.DUPLICATE, Verdict.EARLY)
        if judged.verdict is Verdict.NEXT:
            self.stored[event.seq] = digest
            self.state = judged.state
        if not self.state.seq:
            return []
        receipt = Receipt("device-1", self.state.seq, self.state.head)
        return [Message(Subject.RECEIPT, sign_receipt(receipt, PLATFORM_KEY))]


def answers(messages: list[Message]) -> list[tuple[bool, str | None]]:
    found = [read_answer(one.data) for one in messages if one.subject is Subject.ANSWER]
    return [(one.taken, one.code) for one in found]


def test_a_device_says_where_it_stands_and_answers_what_it_takes_and_refuses() -> None:
    desk = Desk()
    link = DeviceLink(desk.device)
    hello = read_hello(link.connected()[0].data)
    assert (hello.device, hello.seq, hello.acknowledged) == ("device-1", 1, 0)
    permit = Message(Subject.PERMIT, sign_permit(permit_of(), PLATFORM_KEY))
    assert answers(link.received(permit)) == [(True, None)]
    other = Message(Subject.PERMIT, sign_permit(permit_of(device="device-2"), PLATFORM_KEY))
    assert answers(link.received(other)) == [(False, Code.RECORD_OTHER_DEVICE)]
    forged = Message(Subject.PERMIT, sign_permit(permit_of(id="x"), DEVICE_KEY))
    assert answers(link.received(forged)) == [(False, Code.RECORD_OTHER_KEY)]
    assert answers(link.received(Message(Subject.COMMAND, permit.data))) == [(False, Code.RECORD_OTHER_TYPE)]
    assert link.received(Message(Subject.PERMIT, b"{")) == []
    assert link.received(Message(Subject.EVENT, permit.data)) == []


def test_a_long_time_offline_is_told_window_by_window() -> None:
    desk = Desk()
    link, gateway = DeviceLink(desk.device), Gateway()
    for _ in range(2 * WINDOW + 30):
        desk.device.sense(EventKind.MOVED)
    wire = link.connected()
    largest = 0
    while wire:
        largest = max(largest, sum(one.subject is Subject.EVENT for one in wire))
        wire = [
            back for one in wire for reply in gateway.received(one, NOON) for back in link.received(reply)
        ]
    assert largest == WINDOW
    assert gateway.state.seq == desk.device.state.seq == desk.device.state.acknowledged


def test_events_asked_for_again_are_told_again() -> None:
    desk = Desk()
    link, gateway = DeviceLink(desk.device), Gateway()
    desk.device.sense(EventKind.MOVED)
    for message in link.connected():
        for reply in gateway.received(message, NOON):
            link.received(reply)
    assert desk.device.state.acknowledged == 2
    again = Command("device-1", 1, CommandKind.RESEND, NOON, NOON + MINUTE, None, 1)
    told = link.received(Message(Subject.COMMAND, sign_command(again, PLATFORM_KEY)))
    assert [one.subject for one in told] == [Subject.ANSWER, Subject.EVENT, Subject.EVENT]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(["move", "press", "restart", "drop"]), max_size=25))
def test_whatever_the_wire_does_every_event_is_stored_once_and_in_order(seed: int, acts: list[str]) -> None:
    chance = random.Random(seed)
    desk = Desk()
    desk.take(permit_of(counts=dict.fromkeys(PressKind, 5)))
    desk.persons()
    link, gateway = DeviceLink(desk.device), Gateway()
    wire: list[Message] = list(link.connected())
    for act in acts:
        if act == "move":
            desk.device.sense(EventKind.MOVED)
        elif act == "press" and desk.device.state.permits:
            desk.persons()
            if desk.device.state.permits["permit-1"].use.presses < 5:
                desk.device.press("permit-1", PressKind.ORDINARY, Senses())
        else:
            wire.clear()
            link = DeviceLink(desk.start() if act == "restart" else desk.device)
            wire.extend(link.connected())
        wire.extend(link.pending())
        wire = deliver(wire, link, gateway, chance)
    wire = link.connected()
    while wire:
        wire = [
            back for one in wire for reply in gateway.received(one, NOON) for back in link.received(reply)
        ]
    state = desk.device.state
    assert (gateway.state.seq, gateway.state.head) == (state.seq, state.head)
    assert gateway.state.presses == state.presses
    assert sorted(gateway.stored) == list(range(1, state.seq + 1))


def deliver(wire: list[Message], link: DeviceLink, gateway: Gateway, chance: random.Random) -> list[Message]:
    """Some messages are lost, some come twice, in any order; what comes of them is on the wire next."""
    copies = [one for one in wire for _ in range(chance.choice((0, 1, 1, 2)))]
    chance.shuffle(copies)
    following: list[Message] = []
    for message in copies:
        for reply in gateway.received(message, NOON):
            if chance.random() < 0.7:
                following.extend(link.received(reply))
    return following


def test_frames_and_topics_come_back_and_strange_ones_are_refused() -> None:
    message = Message(Subject.PERMIT, sign_permit(permit_of(), PLATFORM_KEY))
    assert read_frame(write_frame(message)) == message
    assert read_topic(topic_of("device-1", Subject.EVENT)) == ("device-1", Subject.EVENT)
    for frame in (b"", b"{}", b'{"subject":"wish","record":"x"}', b'{"subject":"permit","record":1}'):
        with pytest.raises(MalformedRecord):
            read_frame(frame)
    shard = hashlib.new("sm3", b"device-1").hexdigest()[:2]
    assert topic_of("device-1", Subject.EVENT) == f"seal/v1/{shard}/device-1/event"
    other = f"{(int(shard, 16) + 1) % 256:02x}"
    strange = (
        "",
        "seal/v1/device-1",
        "v1/device-1/event",
        "+/+/event",
        f"{other}/device-1/event",
        "a/b/c/event",
    )
    for topic in (f"seal/v2/{shard}/device-1/event", *(f"seal/v1/{one}" for one in strange)):
        with pytest.raises(MalformedRecord):
            read_topic(topic)
    for device in ("", "#", "a/b", "设备", "x" * 65):
        with pytest.raises(MalformedRecord):
            topic_of(device, Subject.EVENT)
