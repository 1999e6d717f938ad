"""Seals back in time, deputies of a custodian, and lock codes that are due for change."""

from __future__ import annotations

from typing import Any

import pytest
from custody_desk import COPIES
from hiring import hire, leave
from hypothesis import given
from hypothesis import strategies as st
from platform_world import PASSWORD, ok, problem

from shuangyin.custody.commands.late_returns import notice_late_returns
from shuangyin.custody.keeping_rules import DAY_MS, Term, back_by, end_of_day, keeps, lock_due, return_steps

pytestmark = pytest.mark.database_full
MINUTE = 60
DAY = 86_400


def changed(desk: Any, kind: str = "custodian", witness: str = "reviewer", **fields: Any) -> Any:
    body = {
        "reason": "keeper_changed",
        "account": desk.world.members[witness].account,
        "password": PASSWORD,
        "method": "totp",
        "code": desk.world.code(witness),
        **fields,
    }
    return desk.story.post(kind, f"/safes/{desk.safe_id}/lock-code-changes", body)


def keeping(desk: Any, kind: str = "custodian") -> Any:
    return desk.story.get(kind, f"/safes/{desk.safe_id}/keeping")


def kinds_about(desk: Any, subject: str, subject_id: str) -> list[str]:
    address = f"/evidence/entries?subject_type={subject}&subject_id={subject_id}"
    return [one["kind"] for one in desk.story.get("auditor", address)["items"]]


def test_seals_that_are_not_back_in_time_raise_one_alarm_and_reach_the_managers(desk: Any) -> None:
    opening = desk.open()
    platform = desk.world.platform
    assert opening["return_by"] == opening["closes_by"]
    use = ok(desk.press(opening["id"], normal=COPIES, seam=COPIES), 201)
    shown = desk.story.get("custodian", f"/openings/{opening['id']}")
    assert shown["return_by"] == use["pressed_at"] + 30 * MINUTE * 1000
    desk.world.clock.advance(seconds=30 * MINUTE)
    assert notice_late_returns(platform) == 0
    desk.world.clock.advance(seconds=1)
    assert (notice_late_returns(platform), notice_late_returns(platform)) == (1, 0)
    desk.world.clock.advance(seconds=30 * MINUTE)
    desk.again("custodian", "auditor")
    assert (notice_late_returns(platform), notice_late_returns(platform)) == (1, 0)
    [alarm] = desk.story.get("custodian", "/alarms")["items"]
    assert (alarm["kind"], alarm["severity"]) == ("return_late", "critical")
    kinds = kinds_about(desk, "opening", opening["id"])
    assert {"custody.return_late", "custody.return_escalated"} <= set(kinds)
    desk.photograph_each_copy(opening["id"], use["id"])
    ok(desk.close(opening["id"]))
    desk.world.clock.advance(seconds=DAY)
    assert notice_late_returns(platform) == 0


def test_a_lock_code_past_its_interval_is_changed_before_two_before_the_safe_opens(desk: Any) -> None:
    assert keeping(desk)["lock_due"] is None
    desk.world.clock.advance(seconds=90 * DAY)
    desk.again("custodian", "reviewer", "auditor")
    assert keeping(desk)["lock_due"] == "interval"
    problem(desk.ask(), 409, "LOCK_CODE_DUE")
    problem(changed(desk, "reviewer", "custodian"), 403, "NOT_KEEPER_OF_SAFE")
    problem(changed(desk, witness="employee"), 409, "LOCK_WITNESS")
    problem(changed(desk, witness="custodian"), 409, "LOCK_WITNESS")
    problem(changed(desk, password="wrong"), 401, "SIGN_IN_REFUSED")
    problem(changed(desk, code="000000"), 403, "SECOND_FACTOR_WRONG")
    (spare, *_) = ok(desk.story.post("reviewer", "/me/recovery-codes"))["codes"]
    # The witness has no authenticator at hand: one of his recovery codes does, once.
    told = ok(changed(desk, reason="interval", method="recovery_code", code=spare), 201)
    again = changed(desk, reason="interval", method="recovery_code", code=spare)
    assert again.status_code == 403, "a recovery code is used up"
    assert told["lock_due"] is None
    assert [one["reason"] for one in told["changes"]] == ["interval"]
    assert "custody.lock_code_changed" in kinds_about(desk, "safe", desk.safe_id)
    ok(desk.ask(), 201)


def test_a_deputy_opens_within_his_term_and_takes_the_code_with_him(desk: Any) -> None:
    hire(desk.world, "deputy", "custodian", "林静")
    problem(desk.ask("deputy"), 403, "NOT_KEEPER_OF_SAFE")
    path = f"/safes/{desk.safe_id}/deputies"
    deputy = {"person_id": desk.world.id("deputy")}
    problem(desk.story.post("custodian", path, deputy), 403, "NOT_PERMITTED")
    problem(
        desk.story.post("administrator", path, {"person_id": desk.world.id("employee")}), 409, "NOT_A_KEEPER"
    )
    problem(desk.story.post("administrator", path, {**deputy, "until_at": 1}), 422, "TERM_BACKWARDS")
    named = ok(desk.story.post("administrator", path, deputy), 201)
    problem(desk.story.post("administrator", path, deputy), 409, "DEPUTY_ALREADY")
    opening = ok(desk.ask("deputy"), 201)
    assert opening["custodian"]["id"] == desk.world.id("deputy")
    desk.world.clock.advance(seconds=6 * MINUTE)
    leave(desk.world, desk.world.id("deputy"))
    assert keeping(desk)["lock_due"] == "keeper_changed"
    problem(desk.ask(), 409, "LOCK_CODE_DUE")
    ok(changed(desk), 201)
    end = f"{path}/{named['deputies'][0]['id']}/end"
    ok(desk.story.post("administrator", end))
    problem(desk.story.post("administrator", end), 409, "DEPUTY_ENDED")


TIMES = st.integers(0, 10 * DAY_MS)


@given(TIMES, st.integers(0, 7_200_000), st.one_of(st.none(), TIMES))
def test_seals_are_never_out_overnight_nor_longer_than_their_session(
    opened_at: int, session: int, press: int | None
) -> None:
    closes_by = opened_at + session
    due = back_by(opened_at=opened_at, closes_by=closes_by, last_press_at=press, return_ms=1_800_000)
    assert due <= closes_by
    assert due <= end_of_day(opened_at)
    assert opened_at < end_of_day(opened_at) <= opened_at + DAY_MS
    assert press is None or due <= press + 1_800_000
    assert return_steps(due, due_at=due, late_at=None, escalated_at=None) == ()
    assert return_steps(due + 1, due_at=due, late_at=None, escalated_at=None) == ("late",)


@given(TIMES, TIMES, st.one_of(st.none(), TIMES), st.lists(TIMES, max_size=3))
def test_whoever_knew_the_code_and_left_since_makes_it_due(
    now: int, changed_at: int, keeper: int | None, left: list[int]
) -> None:
    found = lock_due(now, changed_at=changed_at, keeper_changed_at=keeper, left_at=left, days=90)
    since = [at for at in [*left, *([] if keeper is None else [keeper])] if at >= changed_at]
    assert (found == "keeper_changed") == bool(since)


@given(TIMES, st.lists(st.builds(Term, st.sampled_from("ab"), TIMES, st.one_of(st.none(), TIMES), st.none())))
def test_only_the_custodian_and_deputies_within_their_term_keep_a_safe(now: int, terms: list[Term]) -> None:
    assert keeps(now, custodian_id="c", deputies=terms, person_id="c")
    assert not keeps(now, custodian_id="c", deputies=terms, person_id="d")
    within = any(
        one.person_id == "a" and one.from_at <= now and (one.until_at is None or now < one.until_at)
        for one in terms
    )
    assert keeps(now, custodian_id="c", deputies=terms, person_id="a") == within
