"""Whatever ends the use of a seal locks its device; unlocking comes after the review."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import ok, problem
from seal_desk import MAKER, SealDesk
from seal_house import House

from sealdevice.event import EventKind
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person, PersonStatus

pytestmark = pytest.mark.database_full


def unlock(house: House) -> object:
    proof = house.world.step_up("administrator", "devices.unlock", house.seal.id)
    body = {"person_id": house.world.id("custodian"), "reason": "复查无异常", "proof": proof}
    return house.desk.story.post("administrator", f"{house.path}/unlock", body)


def test_a_freeze_of_all_seals_locks_the_device_and_its_end_unlocks_it_on_the_spot(house: House) -> None:
    house.begin_use()
    legal = house.world.id("legal_representative")
    assert legal
    organization = ok(house.world.client("employee").get("/api/v1/me"))["organization"]["id"]
    proof = house.world.step_up("legal_representative", "seals.freeze_all", organization)
    freeze = {"reason": "怀疑公章失控", "proof": proof}
    ok(house.desk.story.post("legal_representative", "/seals/freeze", freeze))
    house.rounds(seconds=1)
    assert house.device().locked_by == "command"
    assert house.seal.press() is None
    current = house.desk.story.get("legal_representative", "/seals/freeze")["current"]
    proof = house.world.step_up("legal_representative", "seals.lift_freeze", current["id"])
    lift = {"reason": "已查明", "proof": proof}
    ok(house.desk.story.post("legal_representative", "/seals/freeze/lift", lift))
    house.rounds(seconds=1)
    assert house.device().locked_by == "command", "locked until the keeper stands before it"
    house.persons()
    house.told()
    assert house.device().locked_by is None


def test_a_suspended_seal_locks_its_device_and_takes_its_permit_back(house: House) -> None:
    permit = house.begin_use()
    ok(house.desk.story.post("custodian", f"/seals/{house.desk.seal_id}/suspend", {"reason": "印面磨损"}))
    house.rounds(seconds=1)
    assert house.device().locked_by == "command"
    assert house.read_permit(permit["id"])["finished_at"] is not None
    assert house.seal.press() is None


def test_the_old_seal_of_a_rename_leaves_its_device_before_it_serves_a_formality(house: House) -> None:
    world, old = house.world, house.desk.seal_id
    organization = ok(world.client("administrator").get("/api/v1/organization"))["id"]
    proof = world.step_up("administrator", "transitions.rename", organization)
    body = {"name": "北京云岫智能科技有限公司", "notice_no": "京海市监变字2026第0188号", "proof": proof}
    ok(house.desk.story.post("administrator", "/transitions/rename", body), 201)
    house.rounds(seconds=1)
    assert house.device().locked_by == "command"
    seals = SealDesk(world)
    wanted: dict[str, Any] = {"purpose": "预留印鉴变更", "recipient": "某银行中关村支行", "presses": 2}
    refused = seals.ask(old, "allow_formality", kinds=("change_notice",), **wanted)
    problem(refused, 409, "SEAL_IN_DEVICE")
    problem(seals.ask(old, "surrender", kinds=("surrender_ground",), **MAKER), 409, "SEAL_IN_DEVICE")
    ok(house.desk.story.post("administrator", f"{house.path}/unbind", {"reason": "取出旧章办理变更手续"}))
    asked = ok(seals.ask(old, "allow_formality", kinds=("change_notice",), **wanted), 201)
    assert asked["waiting"]["status"] == "waiting"


def test_a_keeper_who_is_let_leave_at_once_presses_nothing_more(house: House) -> None:
    permit, keeper = house.begin_use(), house.world.id("custodian")
    path, body = f"/persons/{keeper}/leave/forced", {"reason": "失联，携带印章离开"}
    shown = ok(house.desk.story.post("legal_representative", f"{path}/preview", body))
    [held] = [one for part in shown["parts"] if part["part"] == "permits" for one in part["items"]]
    assert (held["id"], held["outcome"]) == (permit["id"], "ended")
    proof = house.world.step_up("legal_representative", "people.leave_forced", keeper)
    ok(house.desk.story.post("legal_representative", path, {**body, "proof": proof}))
    ended = house.desk.story.get("reviewer", f"/device-permits/{permit['id']}")
    assert ended["finished_at"] is not None, "before any round looks for it"
    house.told()
    assert house.seal.press() is None
    house.rounds(seconds=1)
    assert house.device().locked_by == "command", "a seal that nobody answers for is suspended"


@pytest.mark.parametrize(
    ("kind", "alarm"),
    [(EventKind.UNAUTHORISED_PRESS, "unauthorised_press"), (EventKind.CASE_OPENED, "case_opened")],
)
def test_tampering_locks_at_once_and_unlocking_needs_a_verdict(
    house: House, kind: EventKind, alarm: str
) -> None:
    house.disconnect()
    house.seal.force() if kind is EventKind.UNAUTHORISED_PRESS else house.seal.sense(kind)
    assert house.seal.device.state.locked == kind.value, "offline too"
    house.connect()
    house.told()
    house.rounds(seconds=1)
    assert house.alarms() == {alarm: 1}
    assert house.device().lock_wanted
    problem(unlock(house), 409, "ALARMS_OPEN")  # type: ignore[arg-type]  # the answer of the client
    item = house.desk.story.get("custodian", "/alarms")["items"][0]
    verdict = {"verdict": "real", "remark": "已询问当事人并查看监控"}
    ok(house.desk.story.post("custodian", f"/alarms/{item['id']}/verdict", verdict))
    ok(unlock(house))  # type: ignore[arg-type]  # as above
    house.rounds(seconds=1)
    house.persons()
    house.told()
    assert house.device().locked_by is None
    assert house.device().presses == house.seal.pressed


@pytest.mark.parametrize("kind", ["moved", "fence_left", "clock_changed", "battery_low"])
def test_what_only_warns_does_not_lock(house: House, kind: str) -> None:
    house.seal.sense(EventKind(kind))
    house.told()
    house.rounds(seconds=1)
    assert house.alarms() == {kind: 1}
    assert not house.device().lock_wanted


def test_a_wrong_person_several_times_and_silence_are_told(house: House) -> None:
    house.seal.wrong_person()
    house.told()
    house.disconnect()
    house.rounds(seconds=24 * 3600 + 5)
    house.rounds(seconds=60)
    assert house.alarms() == {"wrong_person": 1, "silent": 1}


def test_a_lock_by_the_custodian_and_a_person_who_left(house: House) -> None:
    house.begin_use()
    reviewer = house.world.id("reviewer")

    def leave(work: UnitOfWork) -> None:
        work.session.get_one(Person, reviewer).status = PersonStatus.LEFT

    house.platform.transact(leave)
    house.rounds(seconds=1)
    assert house.seal.press() is None, "the permit of a person who left is taken back"
    problem(house.desk.story.post("employee", f"{house.path}/lock", {"reason": "x"}), 403, "NOT_PERMITTED")
    ok(house.desk.story.post("custodian", f"{house.path}/lock", {"reason": "暂不使用"}))
    house.told()
    assert house.device().locked_by == "command"


def test_a_template_is_deleted_and_the_device_confirms_it_in_its_chain(house: House) -> None:
    body = {"person_id": house.world.id("reviewer")}
    ok(house.desk.story.post("reviewer", f"{house.path}/delete-template", body))
    house.told()
    assert house.stored()[-1][1] == "template_deleted"
    assert house.detail()["messages"][0]["outcome"] == "taken"


def test_a_revoked_device_is_refused_everywhere(house: House) -> None:
    proof = house.world.step_up("administrator", "devices.revoke_device", house.seal.id)
    ok(house.desk.story.post("administrator", f"{house.path}/revoke", {"reason": "更换", "proof": proof}))
    before = house.stored()
    house.seal.sense(EventKind.MOVED)
    house.outbox.pump()
    assert house.wire.closed
    house.connect()
    house.told()
    assert house.stored() == before
    answer = house.upload("ab" * 32, b"photo")
    problem(answer, 401, "DEVICE_NOT_AUTHENTIC")
