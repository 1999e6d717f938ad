"""A physical use by a smart seal, from the permit to the settled account."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from column_tampering import require_columns_named
from platform_world import ok, problem
from seal_house import House
from tampering import Altered, require_named, require_untouched

from evidencelog.bundle import FileRole, Verdict, read_bundle, verify_bundle
from evidencelog.vkey import parse_vkey
from sealdevice.permit import PressKind

pytestmark = pytest.mark.database_full
GRACE_S = 601
TABLES = (
    "device",
    "device_permit",
    "device_event",
    "device_photo",
    "seal",
    "seal_event",
    "approval_decision",
)
"""Every column of these is altered by hand, one after the other."""


def press_all(house: House) -> list[int]:
    """Four ordinary and four seam presses, as approved."""
    made = [house.seal.press() for _ in range(4)] + [house.seal.press(kind=PressKind.SEAM) for _ in range(4)]
    assert None not in made
    return [one for one in made if one is not None]


@pytest.mark.database
def test_four_copies_are_pressed_counted_registered_photographed_and_balance(
    house: House, tmp_path: Path
) -> None:
    permit = house.begin_use()
    assert permit["permitted"] == {"ordinary": 4, "seam": 4, "cover": 0}
    press_all(house)
    assert house.seal.press() is None, "the device itself refuses a fifth press"
    house.told()
    house.upload_all()
    live = house.read_permit(permit["id"])
    assert live["state"] == "active"
    assert live["pressed"] == {"ordinary": 4, "seam": 4, "cover": 0}
    ok(house.finish(permit["id"]))
    house.rounds(seconds=2)
    register = house.desk.story.get("custodian", "/use-register")["items"]
    assert [(one["normal"], one["seam"], one["spoiled"]) for one in register] == [(4, 4, 0)]
    assert len(register[0]["photos"]) == 8
    house.rounds(seconds=GRACE_S)
    assert house.read_permit(permit["id"])["state"] == "balanced"
    assert house.detail()["balance"] == {
        "counted": 8,
        "under_permits": 8,
        "without_permit": 0,
        "registered": 8,
    }
    assert house.alarms() == {}
    opening = house.desk.story.get("custodian", "/openings?status=open")["items"][0]
    ok(house.desk.close(opening["id"]))
    assert house.desk.story.read(house.desk.request["id"])["status"] == "sealed"
    whatever_is_altered_of_a_device_is_named(house)
    the_bundle_holds_what_the_seal_signed(house, tmp_path)


def whatever_is_altered_of_a_device_is_named(house: House) -> None:
    require_untouched(house.platform)
    person = house.world.id("employee")
    changes = [
        Altered("device", "name", "另一枚", "Device.name"),
        Altered("device", "record_key", "04" + "0" * 128, "Device.record_key"),
        Altered("device", "seal_id", None, "Device.seal_id"),
        Altered("device", "fence_radius_m", 9, "Device.fence_radius_m"),
        Altered("device", "revoked_at", 9, "Device.revoked_at"),
        Altered("device_permit", "ordinary", 400, "DevicePermit.ordinary"),
        Altered("device_permit", "not_after", 9, "DevicePermit.not_after"),
        Altered("device_permit", "presser_id", person, "DevicePermit.presser_id"),
        Altered("device_permit", "record", "{}", "DevicePermit.record"),
        Altered("device_permit", "balanced", False, "DevicePermit.balanced"),
        Altered("device_event", "kind", "moved", "DeviceEvent.kind"),
        Altered("device_event", "occurred_at", 9, "DeviceEvent.occurred_at"),
        Altered("device_event", "permit_id", "0" * 32, "DeviceEvent.permit_id"),
        Altered("device_event", "digest", "0" * 64, "DeviceEvent.digest"),
        Altered("device_event", "record", "{}", "DeviceEvent.record"),
        Altered("device_event", "seq", 999_999, "is gone"),
        Altered("device_photo", "sm3", "0" * 64, "DevicePhoto"),
        Altered("device_photo", "moment", "returned", "DevicePhoto"),
        Altered("device_photo", "object_id", None, "DevicePhoto.object_id"),
    ]
    require_named(house.platform, "devices.", changes)
    require_columns_named(house.platform, TABLES)


def the_bundle_holds_what_the_seal_signed(house: House, tmp_path: Path) -> None:
    """Each event with its signature, which OpenSSL verifies with the key in the log; outsiders get digests alone."""
    (use,) = house.desk.story.get("custodian", "/seal-uses?medium=physical")["items"]
    anonymous = house.world.anonymous()
    keys = [parse_vkey(text) for text in anonymous.get("/log/vkeys").text.split()]
    public = str(use["verification_url"]).split("8600", 1)[1] + "/evidence-bundle"
    answers = {
        "full": house.world.client("employee").get(f"/api/v1/seal-uses/{use['id']}/evidence-bundle"),
        "masked": anonymous.get(public),
    }
    for name, answer in answers.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(answer.content)
        report = verify_bundle(path, keys)
        assert report.verdict is Verdict.VALID, [
            one.en for one in report.walk() if one.result.value == "fail"
        ]
        assert report.statement is not None
        titles = [section.title.en for section in report.statement.sections if section.related]
        for title in (
            "A permit to press was issued.",
            "Events of a device were received.",
            "A smart seal was enrolled.",
        ):
            assert title in titles, title
        events = [one for one in read_bundle(path).files if one.declared.role is FileRole.DEVICE_EVENT]
        assert (len(events) >= 8) == (name == "full")
    with zipfile.ZipFile(tmp_path / "full.zip") as archive:
        archive.extractall(tmp_path)
        page = archive.read("files/how-to-check.en.html").decode()
        members = {member: archive.read(member) for member in archive.namelist()}
    how = html.unescape(page[page.index("events that the smart seal signed") :])
    commands = re.findall(r"<code>(.*?)</code>|<pre>(.*?)</pre>", how, re.DOTALL)
    shell = "\n".join("".join(one) for one in commands)
    done = subprocess.run(
        ["sh", "-ec", shell], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert "Verified OK" in done.stdout
    name = "files/device-event-000001.signed"
    lie = members[name].replace(b'"', b"'", 1)
    manifest = json.loads(members["manifest.json"])
    sizes = {
        "size": len(lie),
        "sha256": hashlib.sha256(lie).hexdigest(),
        "sm3": hashlib.new("sm3", lie).hexdigest(),
    }
    next(one for one in manifest["files"] if one["file"] == name).update(sizes)
    with zipfile.ZipFile(tmp_path / "lie.zip", "w") as archive:
        for member, content in {**members, name: lie, "manifest.json": json.dumps(manifest).encode()}.items():
            archive.writestr(member, content)
    report = verify_bundle(tmp_path / "lie.zip", keys)
    assert "file.not_covered" in {one.code.value for one in report.walk() if one.result.value == "fail"}


def test_a_spoiled_press_is_repeated_with_the_spare_and_registered_as_spoiled(house: House) -> None:
    permit = house.begin_use()
    first = house.seal.press()
    assert first is not None
    assert house.seal.spoil(first)
    for _ in range(4):
        assert house.seal.press() is not None
    assert house.seal.press() is None, "one spare, and no more"
    house.told()
    house.upload_all()
    ok(house.finish(permit["id"]))
    house.rounds(seconds=2)
    register = house.desk.story.get("custodian", "/use-register")["items"]
    assert [(one["normal"], one["seam"], one["spoiled"]) for one in register] == [(4, 0, 1)]
    house.rounds(seconds=GRACE_S)
    assert house.read_permit(permit["id"])["state"] == "balanced"


def test_missing_photos_are_an_alarm_after_the_grace_and_not_before(house: House) -> None:
    permit = house.begin_use()
    house.seal.press()
    house.told()
    ok(house.finish(permit["id"]))
    house.rounds(seconds=2)
    house.rounds(seconds=590)
    assert house.alarms() == {}
    house.rounds(seconds=20)
    assert house.alarms() == {"photos_missing": 1}
    assert house.read_permit(permit["id"])["state"] == "difference"


def test_a_line_that_somebody_registers_besides_the_device_is_a_difference(house: House) -> None:
    permit = house.begin_use()
    house.seal.press()
    house.told()
    house.upload_all()
    opening_id = permit["opening_id"]
    ok(house.desk.press(opening_id, normal=1, seam=0, cover=0, spoiled=0), 201)
    ok(house.finish(permit["id"]))
    house.rounds(seconds=2)
    house.rounds(seconds=GRACE_S)
    assert house.alarms() == {"count_difference": 1}


def test_presses_told_a_day_late_are_registered_and_settled_anew(house: House) -> None:
    permit = house.begin_use(offline=True)
    house.disconnect()
    house.seal.press()
    house.seal.press()
    house.rounds(seconds=3 * 3600)
    house.rounds(seconds=1)
    house.rounds(seconds=GRACE_S)
    assert house.balanced(permit["id"]), "nothing was counted so far"
    house.world.clock.advance(seconds=20 * 3600)
    house.connect()
    house.told()
    house.upload_all()
    house.rounds(seconds=2)
    assert house.registered() == [(2, 0, 0)]
    assert house.balanced(permit["id"]) is None
    house.rounds(seconds=GRACE_S)
    assert house.balanced(permit["id"])


def test_without_approval_and_a_checked_paper_there_is_no_permit(house: House) -> None:
    opening = house.desk.open()
    problem(house.permit(opening["id"], kind="employee"), 404, "NOT_FOUND")
    body = {"opening_id": opening["id"], "request_id": house.desk.request["id"]}
    problem(house.desk.story.post("custodian", f"{house.path}/permits", body), 409, "PRESS_UNCHECKED")
    ok(house.desk.check(opening["id"], no_blank=False), 201)
    problem(house.desk.story.post("custodian", f"{house.path}/permits", body), 409, "PRESS_CHECK_FAILED")
    ok(house.permit(opening["id"]), 201)
    problem(house.permit(opening["id"]), 409, "PERMIT_EXISTS")


def test_a_permit_needs_an_opening_that_lasts(house: House) -> None:
    opening = ok(house.desk.ask(), 201)
    problem(house.permit(opening["id"]), 409, "OPENING_OVER")


@pytest.mark.database
def test_two_who_ask_at_the_same_moment_get_one_permit(house: House) -> None:
    opening = house.desk.open()
    house.world.client("reviewer")
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda kind: house.permit(opening["id"], kind).status_code, ("custodian", "reviewer"))
        )
    assert sorted(answers) == [201, 409]


@pytest.mark.database
def test_two_persons_who_use_the_last_count_at_once_make_one_press(house: House) -> None:
    house.begin_use()
    for _ in range(3):
        house.seal.press()
    made = [house.seal.press(), house.seal.press()]
    assert [one is None for one in made] == [False, True]
    assert house.seal.pressed == 4


def test_a_press_that_lost_its_power_is_counted_and_looked_at(house: House) -> None:
    permit = house.begin_use()

    def dies() -> None:
        raise KeyboardInterrupt

    house.seal._mechanism = dies  # type: ignore[method-assign]  # the mechanism of this one press
    with pytest.raises(KeyboardInterrupt):
        house.seal.press()
    house.seal.start()
    house.connect()
    house.told()
    assert house.alarms() == {"press_uncertain": 1}
    assert house.read_permit(permit["id"])["uncertain"] == 1


def test_a_press_confirmed_from_afar_by_the_named_person_only(house: House) -> None:
    named = house.world.id("department_head")
    permit = house.begin_use(confirmer_id=named)
    assert house.seal.press() is None
    house.told()
    path = f"/device-permits/{permit['id']}/confirm"
    problem(house.desk.story.post("custodian", path, {"press": 1}), 403, "NOT_CONFIRMER")
    proof = house.world.step_up("department_head", "devices.confirm_press", permit["id"])
    ok(house.desk.story.post("department_head", path, {"press": 1, "proof": proof}))
    house.told()
    assert house.seal.press() is not None
    assert house.seal.press() is None, "one confirmation, one press"
