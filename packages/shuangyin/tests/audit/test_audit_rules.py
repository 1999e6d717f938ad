"""Which differences become findings, whatever the order of audits and settlements; and when one stands in the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangyin.audit.months import end_of, month_of
from shuangyin.audit.rules import (
    NONE,
    Difference,
    Figures,
    FindingStatus,
    Imbalance,
    Kind,
    Outcome,
    Stand,
    account_kinds,
    measured,
    object_to_closing,
    object_to_opening,
    object_to_settling,
    stocktake_kinds,
    to_find,
)

KINDS = st.sampled_from([Kind.COUNT_DIFFERENCE, Kind.PAPER_PERMIT_OPEN, Kind.PHOTOS_MISSING])
NUMBERS = st.integers(0, 5)
STEPS = st.lists(
    st.tuples(st.sampled_from(["arises", "taken in", "settled"]), KINDS, NUMBERS, NUMBERS), max_size=30
)


@dataclass
class Books:
    """The accounts, and the findings with the figures each was settled with."""

    accounts: dict[str, Difference] = field(default_factory=dict)
    findings: list[tuple[Difference, Figures | None]] = field(default_factory=list)

    @property
    def unsettled(self) -> list[str]:
        return [one.key for one, figures in self.findings if figures is None]

    @property
    def settled(self) -> dict[str, Figures]:
        return {one.key: figures for one, figures in self.findings if figures is not None}

    def take_in(self, until: int) -> None:
        taken = to_find(self.accounts.values(), unsettled=self.unsettled, settled=self.settled, until=until)
        assert all(one.noticed_at < until for one in taken)
        self.findings += [(one, None) for one in taken]

    def settle(self, number: int) -> None:
        if number < len(self.findings) and self.findings[number][1] is None:
            one = self.findings[number][0]
            self.findings[number] = (one, self.accounts[one.key].figures)


@given(STEPS)
def test_every_difference_becomes_exactly_one_finding(steps: list[tuple[str, Kind, int, int]]) -> None:
    """Things differ, differ otherwise, are taken in up to some time and settled, in any order."""
    books = Books()
    for now, (what, kind, first, second) in enumerate(steps):
        if what == "arises":
            one = Difference(kind, f"line/{first % 3}", now, Figures(counted=second, photographed=second))
            books.accounts[one.key] = one
        elif what == "taken in":
            books.take_in(now - first)
        else:
            books.settle(first)
        assert len(books.unsettled) == len(set(books.unsettled)), "never two for one difference"
    books.take_in(len(steps))
    number = len(books.findings)
    books.take_in(len(steps))
    assert len(books.findings) == number, "never a second time"
    for one in books.accounts.values():
        last = books.settled.get(one.key)
        as_settled = last is not None and measured(one.kind, last) == measured(one.kind, one.figures)
        assert one.key in books.unsettled or as_settled, "no difference is without its finding"


COUNTS = st.integers(0, 3)


@given(st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS), COUNTS)
def test_an_account_is_right_exactly_when_counted_is_registered_and_no_photo_lacks(
    counted: tuple[int, int], registered: tuple[int, int], missing: int
) -> None:
    kinds = account_kinds(counted=counted, registered=registered, photos_missing=missing)
    assert (kinds == set()) == (counted == registered and missing == 0)


def test_a_stocktake_says_what_is_wrong_since_the_last_one() -> None:
    lost = Imbalance.of(permitted=4, spare=1, pressed=5, good=4, spoiled=0)
    beyond = Imbalance.of(permitted=4, spare=1, pressed=7, good=5, spoiled=2)
    assert Imbalance.of(permitted=4, spare=1, pressed=5, good=4, spoiled=1) == NONE
    assert (lost, beyond) == (Imbalance(1, 0, 0), Imbalance(0, 1, 1))
    first = stocktake_kinds(expected=True, found=True, before=NONE, now=lost)
    assert first == {Kind.COUNT_DIFFERENCE}
    assert stocktake_kinds(expected=True, found=True, before=lost, now=lost) == set()
    assert stocktake_kinds(expected=True, found=True, before=lost, now=beyond) == {Kind.COUNT_DIFFERENCE}
    assert stocktake_kinds(expected=True, found=True, before=lost, now=NONE) == set()
    assert stocktake_kinds(expected=True, found=False, before=NONE, now=NONE) == {Kind.SEAL_MISSING}
    assert stocktake_kinds(expected=False, found=True, before=NONE, now=NONE) == {Kind.SEAL_UNEXPECTED}


def test_a_month_ends_at_midnight_in_beijing() -> None:
    end = end_of("2026-12")
    assert (month_of(end - 1), month_of(end)) == ("2026-12", "2027-01")


@pytest.mark.parametrize(
    ("month", "latest", "running", "code"),
    [
        ("2026-11", None, None, None),
        ("2026-09", None, None, None),
        ("2026-12", "2026-11", None, "AUDIT_MONTH_AHEAD"),
        ("2026-11", "2026-11", "2026-11", "AUDIT_EXISTS"),
        ("2026-10", "2026-11", None, "AUDIT_MONTH_PAST"),
        ("2026-11", "2026-10", "2026-10", "AUDIT_RUNNING"),
    ],
)
def test_one_audit_a_month_and_one_after_the_other(
    month: str, latest: str | None, running: str | None, code: str | None
) -> None:
    objection = object_to_opening(month, this_month="2026-11", latest=latest, running=running)
    assert (objection.code if objection else None) == code


@given(st.booleans(), COUNTS, COUNTS)
def test_an_audit_closes_after_its_month_with_nothing_new_and_nothing_open(
    over: bool, new: int, unanswered: int
) -> None:
    objection = object_to_closing("2026-11", over=over, new=new, unanswered=unanswered)
    assert (objection is None) == (over and not new and not unanswered)


PERSONS = st.sampled_from(["a", "b", "c"])


@given(st.none() | PERSONS, PERSONS, st.none() | PERSONS, PERSONS, st.sampled_from(Outcome))
def test_nobody_settles_what_he_answered_rectified_or_is_responsible_for(
    answered_by: str | None, responsible: str, rectified_by: str | None, settles: str, outcome: Outcome
) -> None:
    stand = Stand(
        answered_by,
        responsible if answered_by else None,
        "2026-12-01" if rectified_by else None,
        rectified_by if answered_by else None,
        settled=False,
    )
    if object_to_settling(stand, person_id=settles, outcome=outcome) is None:
        assert answered_by is not None
        assert settles not in (answered_by, responsible, stand.rectified_by)
        assert outcome is Outcome.EXPLAINED or stand.status is FindingStatus.RECTIFIED
    done = object_to_settling(replace(stand, settled=True), person_id=settles, outcome=outcome)
    assert done is not None
    assert done.code == "FINDING_SETTLED"


def test_a_rectification_is_overdue_after_its_day_until_it_is_reported() -> None:
    stand = Stand("a", "b", "2026-12-01", None, settled=False)
    assert not stand.overdue(date(2026, 12, 1))
    assert stand.overdue(date(2026, 12, 2))
    assert not replace(stand, rectified_by="a").overdue(date(2026, 12, 2))
    assert stand.lets_close
    assert not replace(stand, due_on=None).lets_close
