"""What devices, or those who pretend to be one, should not send: refused or kept aside, told as an alarm, no harm."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from custody_desk import Desk
from platform_world import ok, problem
from seal_house import House, enrol

from gmseal.sm.keys import PrivateKey, PublicKey
from sealdevice.device.store import MemoryStore
from sealdevice.errors import SealDeviceError
from sealdevice.event import Event, EventKind, open_event, open_events, sign_event
from sealdevice.link import Message, Subject
from sealdevice.permit import PressKind
from sealdevice.record import Record, read_record
from sealdevice.session import Purpose, Session, sign_session
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.gateway import ingest

pytestmark = pytest.mark.database_full


def told_records(house: House) -> list[bytes]:
    return [record for _, record in house.seal.device.events(1, 10_000)]


def quiet(house: House, count: int) -> list[bytes]:
    """Events that the device made and did not tell yet."""
    before = house.seal.device.state.seq
    for _ in range(count):
        house.seal.sense(EventKind.MOVED)
    return [record for seq, record in house.seal.device.events(before + 1, count) if seq > before]


def test_an_event_told_twice_is_stored_once_and_acknowledged_twice(house: House) -> None:
    record = quiet(house, 1)[0]
    for _ in range(3):
        house.say_event(record)
    house.told()
    assert [kind for _, kind in house.stored()].count("moved") == 1
    assert house.alarms() == {"moved": 1}
    assert house.seal.device.state.acknowledged == house.seal.device.state.seq


def test_events_out_of_order_are_put_in_order(house: House) -> None:
    records = quiet(house, 5)
    for record in reversed(records):
        house.say_event(record)
        house.ingest.run_pending()
    numbers = [seq for seq, _ in house.stored()]
    assert numbers == list(range(1, house.seal.device.state.seq + 1))
    assert "chain_fork" not in house.alarms()


def test_a_gap_is_asked_for_and_closed(house: House) -> None:
    records = quiet(house, 3)
    house.say_event(records[2])
    house.ingest.run_pending()
    assert len(house.stored()) == house.seal.device.state.seq - 3
    house.told()
    assert [seq for seq, _ in house.stored()] == list(range(1, house.seal.device.state.seq + 1))
    assert house.detail()["messages"][0]["kind"] == "resend"


def test_a_record_that_another_key_signed_is_refused(house: House) -> None:
    event = open_event(quiet(house, 1)[0], house.seal.key.public_key)
    before = house.stored()
    house.say_event(sign_event(event, PrivateKey.generate()))
    house.ingest.run_pending()
    assert house.stored() == before
    assert house.alarms() == {"record_refused": 1}


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 40_000, b'{"v":1}', b"\xff" * 100, b"9" * 300_000])
def test_what_is_no_record_is_refused_without_harm(house: House, data: bytes) -> None:
    house.say_event(data)
    for subject in (Subject.HELLO, Subject.ANSWER):
        house.say(Message(subject, data))
    house.seal.sense(EventKind.MOVED)
    house.told()
    assert house.stored()[-1][1] == "moved", "what is good is stored all the same"
    assert house.alarms()["record_refused"] == 1


def test_what_is_told_again_is_receipted_and_not_verified_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[tuple[Record, PublicKey]] = []

    def counted(records: Sequence[tuple[Record, PublicKey]]) -> list[Event | SealDeviceError]:
        verified.extend(records)
        return open_events(records)

    monkeypatch.setattr(ingest, "open_events", counted)
    records = quiet(house, 5)
    for _ in range(3):
        for record in records:
            house.say_event(record)
        house.wire.down.clear()
        house.ingest.run_pending()
        assert [one.subject for one in house.wire.down].count(Subject.RECEIPT) == 1
    assert len(verified) == len(records)
    assert [kind for _, kind in house.stored()].count("moved") == len(records)


def test_what_was_verified_is_believed_of_no_other_signature_and_no_other_device(house: House) -> None:
    record = json.loads(quiet(house, 1)[0])
    house.say_event(json.dumps(record).encode())
    house.ingest.run_pending()
    signature = bytearray(base64.b64decode(record["sig"]))
    signature[-1] ^= 1
    house.say_event(json.dumps({**record, "sig": base64.b64encode(signature).decode()}).encode())
    house.ingest.run_pending()
    assert house.alarms() == {"moved": 1, "record_refused": 1}
    other = SimulatedSeal(house.world.clock.now_ms)
    enrol(house.desk, other, "二号智能印章")
    house.say_event(json.dumps(record).encode(), other.id)
    house.ingest.run_pending()
    assert house.alarms() == {"moved": 1, "record_refused": 2}


def test_the_hello_of_each_minute_repeats_nothing(house: House) -> None:
    house.told()
    house.seal.sense(EventKind.MOVED)
    link = house.seal.link
    assert [one.subject for one in link.standing()] == [Subject.HELLO, Subject.EVENT]
    assert [one.subject for one in link.standing()] == [Subject.HELLO]
    assert [one.subject for one in link.connected()] == [Subject.HELLO, Subject.EVENT]


def test_a_byte_of_a_record_changed_is_refused(house: House) -> None:
    record = json.loads(quiet(house, 1)[0])
    body = record["body"]
    record["body"] = ("A" if body[40] != "A" else "B").join((body[:40], body[41:]))
    house.say_event(json.dumps(record).encode())
    house.ingest.run_pending()
    assert house.alarms() == {"record_refused": 1}


def test_another_event_under_a_number_that_is_taken_is_a_fork(house: House) -> None:
    house.told()
    last = open_event(told_records(house)[-1], house.seal.key.public_key)
    house.say_event(sign_event(replace(last, battery=7), house.seal.key))
    house.told()
    device = house.device()
    assert house.alarms() == {"chain_fork": 1}
    assert device.suspect
    assert device.lock_wanted
    assert house.detail()["asides"][0]["verdict"] == "fork"
    opening = house.desk.open()
    problem(house.permit(opening["id"]), 409, "DEVICE_SUSPECT")


def test_a_device_that_was_rolled_back_is_seen_when_it_speaks(house: House) -> None:
    """A copy of its memory is brought back: it tells other events under numbers it has used."""
    saved = MemoryStore()
    saved.commit(house.seal.store.load() or b"", tuple(house.seal.device.events(1, 100)))
    house.seal.sense(EventKind.MOVED)
    house.told()
    house.seal.store = saved
    house.seal.start()
    house.connect()
    house.told()
    assert "chain_fork" in house.alarms()
    assert house.device().suspect


def test_counters_that_run_backwards_are_a_rolled_back_device(house: House) -> None:
    event = open_event(quiet(house, 1)[0], house.seal.key.public_key)
    house.say_event(sign_event(replace(event, presses=7), house.seal.key))
    house.ingest.run_pending()
    assert house.alarms() == {"chain_rolled_back": 1}


def test_an_event_from_the_future_waits_until_its_time(house: House) -> None:
    house.seal.clock_error_ms = 3_600_000
    house.seal.sense(EventKind.MOVED)
    house.told()
    assert house.stored()[-1][1] != "moved"
    assert house.alarms() == {"clock_ahead": 1}
    assert not house.device().suspect
    house.seal.clock_error_ms = 0
    house.world.clock.advance(seconds=3_600)
    house.connect()
    house.told()
    assert house.stored()[-1][1] == "moved"


def test_a_device_that_speaks_for_another_is_refused(house: House, desk: Desk) -> None:
    other = SimulatedSeal(desk.world.clock.now_ms)
    enrol(desk, other, "二号智能印章")
    house.say_event(other.device.events(1, 1)[0][1])
    house.ingest.run_pending()
    assert house.alarms() == {"record_refused": 1}
    assert house.platform.view(lambda work: work.session.get_one(type(house.device()), other.id).seq) == 0


def test_a_press_under_a_permit_that_nobody_issued_is_an_alarm(house: House) -> None:
    event = open_event(quiet(house, 1)[0], house.seal.key.public_key)
    forged = replace(
        event,
        kind=EventKind.PRESSED,
        permit="ff" * 16,
        press_kind=PressKind.ORDINARY,
        presses=event.presses + 1,
    )
    house.say_event(sign_event(forged, house.seal.key))
    house.ingest.run_pending()
    assert house.alarms() == {"press_beyond_permit": 1}
    assert house.device().lock_wanted
    assert house.detail()["balance"] == {
        "counted": 1,
        "under_permits": 0,
        "without_permit": 1,
        "registered": 0,
    }


def test_more_presses_than_permitted_by_a_device_that_does_not_obey(house: House) -> None:
    permit = house.begin_use()
    for _ in range(4):
        house.seal.press()
    house.told()
    last = open_event(told_records(house)[-1], house.seal.key.public_key)
    more = replace(
        last,
        seq=last.seq + 1,
        presses=last.presses + 1,
        previous=read_record(told_records(house)[-1]).digest,
        photos=(),
    )
    house.say_event(sign_event(more, house.seal.key))
    house.ingest.run_pending()
    assert house.alarms() == {"press_beyond_permit": 1}
    assert house.read_permit(permit["id"])["pressed"]["ordinary"] == 5


def test_a_code_enrols_once_and_only_with_proof_of_the_key(desk: Desk) -> None:
    seal = SimulatedSeal(desk.world.clock.now_ms)
    added = ok(desk.story.post("administrator", "/devices", {"name": "一号", "maker": "模拟"}), 201)
    anonymous = desk.world.anonymous()
    body = seal.enrolment(added["code"])
    stolen = {**body, "record_key": PrivateKey.generate().public_key.point.hex()}
    for wrong, status, code in (
        ({**body, "code": "AAAAA-AAAAA-AAAAA-AAAAA"}, 403, "ENROLMENT_CODE"),
        (stolen, 422, "ENROLMENT_MALFORMED"),
        ({**body, "certificate_request": "-----BEGIN"}, 422, "ENROLMENT_MALFORMED"),
        ({**body, "session": "{}"}, 422, "ENROLMENT_MALFORMED"),
    ):
        answer = anonymous.post("/api/v1/device-link/enrol", json=wrong)
        assert answer.json()["code"] == code, answer.text
        assert answer.status_code in (status, 400)
    ok(anonymous.post("/api/v1/device-link/enrol", json=body), 201)
    again = anonymous.post("/api/v1/device-link/enrol", json=body)
    problem(again, 403, "ENROLMENT_CODE")


def test_two_devices_of_one_name_are_refused(desk: Desk) -> None:
    client, body = desk.world.client("administrator"), {"name": "一号", "maker": "模拟"}
    ok(client.post("/api/v1/devices", json=body), 201)
    problem(client.post("/api/v1/devices", json=body), 409, "DEVICE_NAME_TAKEN")


def test_a_code_is_past_after_a_day(desk: Desk) -> None:
    seal = SimulatedSeal(desk.world.clock.now_ms)
    added = ok(desk.story.post("administrator", "/devices", {"name": "一号", "maker": "模拟"}), 201)
    desk.world.clock.advance(seconds=24 * 3600 + 1)
    answer = desk.world.anonymous().post("/api/v1/device-link/enrol", json=seal.enrolment(added["code"]))
    problem(answer, 403, "ENROLMENT_CODE")


def test_a_photo_goes_up_in_parts_may_be_repeated_and_must_be_the_announced_one(house: House) -> None:
    permit = house.begin_use()
    house.seal.press()
    sm3, content = next(iter(house.seal.photos.items()))
    problem(house.upload(sm3, content), 409, "PHOTO_NOT_ANNOUNCED")
    house.told()
    half = len(content) // 2
    ok(house.upload(sm3, content[:half], announced=len(content)))
    ok(house.upload(sm3, content[:half], announced=len(content)))
    gap = house.upload(sm3, content, first=half + 10)
    assert gap.json()["code"] == "PHOTO_RANGE"
    client = house.world.anonymous()
    headers = {"Authorization": house.seal.photo_header(sm3)}
    assert ok(client.get(f"/api/v1/device-link/photos/{sm3}", headers=headers)) == {
        "next_byte": half,
        "complete": False,
    }
    assert ok(house.upload(sm3, content, first=half))["complete"]
    assert ok(house.upload(sm3, content))["complete"], "again, to no harm"
    event = house.desk.story.get("custodian", f"/device-permits/{permit['id']}/events")["items"][0]
    shown = house.world.client("custodian").get(event["photos"][0]["url"])
    assert shown.content == content
    objects = house.platform.settings.objects_dir
    assert all(content[:64] not in one.read_bytes() for one in objects.glob("*/*")), "encrypted at rest"


def test_a_photo_with_another_content_is_not_kept(house: House) -> None:
    house.begin_use()
    house.seal.press()
    house.told()
    sm3, content = next(iter(house.seal.photos.items()))
    other = bytes([content[0]]) + bytes(reversed(content[1:]))
    problem(house.upload(sm3, other), 409, "PHOTO_OTHER")
    assert house.alarms() == {"photo_mismatch": 1}
    assert ok(house.upload(sm3, content))["complete"], "the right one may follow"


def test_a_photo_session_of_another_device_or_another_photo_lets_nothing_in(house: House, desk: Desk) -> None:
    house.begin_use()
    house.seal.press()
    house.told()
    sm3, content = next(iter(house.seal.photos.items()))
    client = desk.world.anonymous()
    wrong = (
        house.seal.photo_header("ab" * 32),
        house.seal.photo_header(sm3)[:-8] + "AAAAAAA=",
        "Bearer x",
        "SealDevice !!",
    )
    for header in wrong:
        headers = {"Authorization": header, "Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
        answer = client.put(f"/api/v1/device-link/photos/{sm3}", content=content, headers=headers)
        problem(answer, 401, "DEVICE_NOT_AUTHENTIC")
    late = sign_session(
        Session(house.seal.id, Purpose.PHOTO, sm3, desk.world.clock.now_ms() - 200_000), house.seal.key
    )
    headers = {"Authorization": "SealDevice " + base64.b64encode(late).decode()}
    problem(client.get(f"/api/v1/device-link/photos/{sm3}", headers=headers), 401, "DEVICE_NOT_AUTHENTIC")
