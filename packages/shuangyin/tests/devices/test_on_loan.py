"""A smart seal on a loan: permits for the escort, residents' opinions on the spot, and a device that fails there."""

from __future__ import annotations

from typing import Any

import pytest
from custody_desk import POINTS, Desk
from hypothesis import given
from hypothesis import strategies as st
from platform_world import ok, problem
from request_story import SAMPLES
from seal_house import House
from tampering import Altered, require_named, require_untouched

from shuangyin.devices.opinion_rules import Press, Site, Term, object_to_opinion, tally

pytestmark = pytest.mark.database_full

HOUR = 3_600_000
SITE = {"latitude_e7": 399_042_000, "longitude_e7": 1_164_074_000, "radius_m": 300}
AWAY_E7 = 400_000_000
HOUSEHOLDS = [{"label": f"3号楼2单元{room}", "area_cm2": 895_000} for room in (101, 102, 201)]


def lend(desk: Desk, request_id: str) -> dict[str, Any]:
    """The official seal out on a loan from now for four hours, escorted by the reviewer."""
    now = desk.world.clock.now_ms()
    body = {
        "request_id": request_id,
        "seal_ids": [desk.seal_id],
        "escort_id": desk.world.id("reviewer"),
        "place": "澄湖社区居委会",
        "purpose": "现场征询",
        "from_at": now,
        "due_at": now + 4 * HOUR,
    }
    loan = ok(desk.story.post("custodian", "/loans", body), 201)
    for kind in ("custodian", "reviewer"):
        confirmed = {"method": "totp", "code": desk.world.code(kind)}
        loan = ok(desk.story.post(kind, f"/loans/{loan['id']}/confirm", confirmed))
    return dict(loan)


def ask(house: House, loan: dict[str, Any], kind: str = "reviewer", **fields: Any) -> Any:
    body = {"loan_id": loan["id"], "request_id": loan["request_id"], "photos": [], **fields}
    return house.desk.story.post(kind, f"{house.path}/permits", body)


def check(house: House, loan: dict[str, Any]) -> None:
    body = {"request_id": loan["request_id"], **dict.fromkeys(POINTS, True)}
    ok(house.desk.story.post("reviewer", f"/loans/{loan['id']}/checks", body), 201)


def fail(house: House, kind: str) -> Any:
    proof = house.world.step_up(kind, "devices.declare_failed", house.seal.id)
    body = {"reason": "按下后无反应", "proof": proof}
    return house.desk.story.post(kind, f"{house.path}/fail", body)


def test_the_escort_presses_on_a_loan_and_nobody_once_the_seal_is_back(house: House) -> None:
    desk = house.desk
    loan = lend(desk, desk.request["id"])
    problem(ask(house, loan), 409, "PRESS_UNCHECKED")
    check(house, loan)
    problem(ask(house, loan, "employee"), 403, "NOT_YOUR_LOAN")
    problem(ask(house, loan, request_id="0" * 32), 422, "OTHER_REQUEST")
    both = ok(ask(house, loan, opening_id="0" * 32), 422)
    assert both["code"] == "BODY_SHAPE"
    permit = ok(ask(house, loan), 201)
    assert (permit["loan_id"], permit["opening_id"]) == (loan["id"], None)
    assert permit["not_after"] <= loan["due_at"]
    house.told()
    house.seal.step_up(house.world.id("custodian"), house.world.id("reviewer"))
    assert house.seal.press() is None, "the applicant who brings the paper stands beside the escort"
    house.seal.step_up(house.world.id("reviewer"), house.world.id("employee"))
    assert house.seal.press() is not None
    house.told()
    ok(house.finish(permit["id"], "reviewer"))
    house.rounds(seconds=2)
    (line,) = desk.story.get("custodian", "/use-register")["items"]
    assert (line["loan_id"], line["normal"], line["presser"]["id"]) == (
        loan["id"],
        1,
        house.world.id("reviewer"),
    )
    again = ok(ask(house, loan), 201)
    assert again["permitted"] == {"ordinary": 3, "seam": 4, "cover": 0}
    house.told()
    _bring_back(house, loan, line["id"])
    house.rounds(seconds=1)
    house.told()
    assert house.seal.press() is None, "the seal is in its place: the permit was withdrawn"
    require_untouched(house.platform)
    require_named(
        house.platform, "devices.", [Altered("device_permit", "loan_id", None, "DevicePermit.loan_id")]
    )


def _bring_back(house: House, loan: dict[str, Any], use_id: str) -> None:
    client = house.world.client("reviewer")
    fields = [{"use_id": use_id, "moment": "document"}] * 4 + [{"moment": "returned"}]
    for data in fields:
        files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
        ok(client.post(f"/api/v1/loans/{loan['id']}/photos", files=files, data=data), 201)
    for kind in ("custodian", "reviewer"):
        body = {"method": "totp", "code": house.world.code(kind)}
        ok(house.desk.story.post(kind, f"/loans/{loan['id']}/confirm", body))


def test_a_failed_device_lets_its_seal_be_pressed_by_hand_and_nothing_is_counted_twice(house: House) -> None:
    desk = house.desk
    permit = house.begin_use(photos=[], offline=True)
    assert house.seal.press() is not None
    house.told()
    house.disconnect()
    late = house.seal.press()
    assert late is not None
    problem(fail(house, "employee"), 403, "NOT_YOURS_TO_DECLARE")
    problem(desk.story.post("custodian", f"{house.path}/fail", {"reason": "无反应"}), 403, "STEP_UP_REQUIRED")
    device = ok(fail(house, "custodian"))
    assert (device["seal"], device["failed_at"]) == (None, house.world.clock.now_ms())
    assert house.alarms() == {"device_failed": 1}
    problem(fail(house, "custodian"), 409, "DEVICE_WITHOUT_SEAL")
    house.rounds(seconds=2)
    assert house.read_permit(permit["id"])["registered"] == 1
    problem(desk.press(permit["opening_id"], normal=4, seam=0, cover=0, spoiled=0), 409, "COUNT_EXCEEDED")
    ok(desk.press(permit["opening_id"], normal=2, seam=0, cover=0, spoiled=0), 201)
    # The device comes back and tells the press that nobody had heard of.
    house.connect()
    house.told()
    house.rounds(seconds=2)
    assert house.registered() == [(1, 0, 0), (2, 0, 0), (1, 0, 0)]
    house.rounds(seconds=601)
    assert house.balanced(permit["id"])
    assert house.alarms() == {"device_failed": 1}
    require_untouched(house.platform)
    require_named(house.platform, "devices.", [Altered("device", "failed_at", None, "Device.failed_at")])


def apply_for_forms(house: House, line: dict[str, Any]) -> dict[str, Any]:
    """An application for forms that exist only on paper, one for each household."""
    body = {
        "title": "加装电梯居民意见征询",
        "document_kind": "residents_opinion",
        "reason": "向住户当面征询意见",
        "copies": len(HOUSEHOLDS),
        "medium": "physical",
        "paper_description": "居民意见征询表，每户一张，住户签名处已填",
        "paper_place": "表格右下角单位落款处",
        "document_version_ids": [],
        "seals": [line],
    }
    draft = ok(house.desk.story.post("employee", "/requests", body), 201)
    return dict(ok(house.desk.story.submit(draft["id"])))


@pytest.fixture
def survey(house: House) -> tuple[House, dict[str, Any], dict[str, Any]]:
    """Three households to be asked, the seal at the site inside its fence, and a permit for three forms."""
    desk, story = house.desk, house.desk.story
    manager = house.world.clock.now_ms()
    ok(story.post("administrator", f"{house.path}/fence", {"fence": SITE}))
    line = story.line("official", presses_applied=3, seam_presses=0, placements=[], seam=None, qr=None)
    request = apply_for_forms(house, line)
    story.approve(request["id"])
    body = {
        "request_id": request["id"],
        "question": "是否同意加装电梯",
        "opens_at": manager,
        "closes_at": manager + 3 * HOUR,
        "households": HOUSEHOLDS,
    }
    problem(story.post("custodian", "/opinion-surveys", body), 403, "NOT_ON_SITE")
    twice = {**body, "households": [*HOUSEHOLDS, HOUSEHOLDS[0]]}
    problem(story.post("employee", "/opinion-surveys", twice), 422, "HOUSEHOLD_TWICE")
    other = {**body, "request_id": desk.request["id"]}
    problem(story.post("employee", "/opinion-surveys", other), 409, "NOT_RESIDENTS_OPINION")
    found = ok(story.post("employee", "/opinion-surveys", body), 201)
    problem(story.post("employee", "/opinion-surveys", body), 409, "SURVEY_EXISTS")
    rooms = story.get("employee", f"/opinion-surveys/{found['id']}/households")
    problem(give(house, found, rooms[0]), 409, "SEAL_NOT_ON_SITE")
    loan = lend(desk, request["id"])
    files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    for kind in ("reviewer", "employee"):
        client = house.world.client(kind)
        ok(client.post(f"/api/v1/loans/{loan['id']}/photos", files=files, data={"moment": "before"}), 201)
    check(house, loan)
    ok(ask(house, loan), 201)
    house.told()
    house.seal.step_up(house.world.id("reviewer"), house.world.id("employee"))
    house.seal.go(SITE["latitude_e7"], SITE["longitude_e7"])
    return house, found, loan


def give(house: House, survey: dict[str, Any], household: dict[str, Any], **fields: Any) -> Any:
    body = {"signer": "住户甲", "opinion": "agree", **fields}
    kind = body.pop("kind", "employee")
    path = f"/opinion-surveys/{survey['id']}/households/{household['id']}"
    return house.desk.story.post(kind, f"{path}/opinion", body)


def test_each_household_says_once_what_it_thinks_and_each_form_has_a_press(
    survey: tuple[House, dict[str, Any], dict[str, Any]],
) -> None:
    house, found, _ = survey
    story = house.desk.story
    path = f"/opinion-surveys/{found['id']}"
    rooms = story.get("reviewer", f"{path}/households")
    problem(give(house, found, rooms[0]), 409, "PRESS_NOT_TOLD")
    first = house.seal.press()
    house.seal.go(AWAY_E7, SITE["longitude_e7"])
    assert house.seal.press() is None, "the device itself refuses outside of its fence"
    house.seal.go(SITE["latitude_e7"], SITE["longitude_e7"])
    assert house.seal.press() is not None
    house.told()
    problem(give(house, found, rooms[0], kind="custodian", signer=""), 422, "INVALID_INPUT")
    problem(give(house, found, rooms[0], kind="department_head"), 403, "NOT_ON_SITE")
    given_one = ok(give(house, found, rooms[0], remark="希望尽快开工"))
    assert (given_one["press"], given_one["signer"]) == (first, "住户甲")
    problem(give(house, found, rooms[0], opinion="disagree"), 409, "OPINION_GIVEN")
    ok(give(house, found, rooms[1], opinion="disagree", kind="reviewer"))
    problem(give(house, found, rooms[2]), 409, "PRESS_NOT_TOLD")
    ok(story.post("employee", f"{path}/households/{rooms[1]['id']}/withdraw", {"reason": "勾错了"}))
    ok(give(house, found, rooms[1], opinion="abstain"))
    counted = story.get("employee", path)["tally"]
    assert counted["agree"] == {"households": 1, "area_cm2": 895_000}
    assert [counted[name] for name in ("given", "open", "pressed", "unpressed")] == [2, 1, 2, 0]
    assert house.seal.spoil(first or 0)
    house.told()
    shown = story.get("employee", f"{path}/households")
    assert [one["press_spoiled"] for one in shown] == [True, False, False]
    assert story.get("employee", path)["tally"]["unpressed"] == 1
    require_untouched(house.platform)
    require_named(
        house.platform,
        "devices.",
        [
            Altered("survey_household", "opinion", "agree", "SurveyHousehold.opinion"),
            Altered("survey_household", "label", "别处", "SurveyHousehold.label"),
            Altered("opinion_survey", "closes_at", 9, "OpinionSurvey.closes_at"),
        ],
    )
    ok(story.post("employee", f"{path}/close", {}))
    problem(give(house, found, rooms[2]), 409, "SURVEY_CLOSED")
    problem(story.post("employee", f"{path}/close", {}), 409, "SURVEY_CLOSED")


def code(now: int = 5, *, given_before: bool = False, press: Press | None = None, **site: bool) -> str | None:
    term = Term(0, 10, closed=False)
    at = Site(site.get("out", True), site.get("in_device", True), press)
    objection = object_to_opinion(now, term, given=given_before, site=at)
    return None if objection is None else objection.code


def test_an_opinion_is_recorded_in_time_once_with_a_press_inside() -> None:
    good = Press(5, inside_fence=True)
    assert code(press=good) is None
    assert code(press=None, in_device=False) is None
    assert code(10, press=good) == "SURVEY_CLOSED"
    assert code(press=Press(5, inside_fence=False)) == "PRESSED_OUTSIDE_FENCE"
    assert code(press=Press(11, inside_fence=None)) == "PRESSED_OUTSIDE_TERM"
    assert code(press=good, given_before=True) == "OPINION_GIVEN"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["agree", "disagree", "abstain", None]), st.one_of(st.none(), st.integers(1, 9))
        ),
        max_size=30,
    )
)
def test_a_tally_leaves_no_household_and_no_area_out(households: list[tuple[str | None, int | None]]) -> None:
    found = tally(households)
    shares = (found.agree, found.disagree, found.abstain)
    silent = sum(area or 0 for opinion, area in households if opinion is None)
    assert found.listed.households == len(households) == found.given + found.open
    assert found.listed.area_cm2 == sum(one.area_cm2 for one in shares) + silent
