"""A physical use by a smart seal, from the permit to the settled account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from platform_world import ok, problem
from seal_house import House

from sealdevice.permit import PressKind

pytestmark = pytest.mark.database_full
GRACE_S = 601


def press_all(house: House) -> list[int]:
    """Four ordinary and four seam presses, as approved."""
    made = [house.seal.press() for _ in range(4)] + [house.seal.press(kind=PressKind.SEAM) for _ in range(4)]
    assert None not in made
    return [one for one in made if one is not None]


@pytest.mark.database
def test_four_copies_are_pressed_counted_registered_photographed_and_balance(house: House) -> None:
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


def test_no_approval_no_permit(house: House) -> None:
    opening = house.desk.open()
    problem(house.permit(opening["id"], kind="employee"), 404, "NOT_FOUND")
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
