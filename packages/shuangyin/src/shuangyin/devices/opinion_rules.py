"""Pure decisions about residents' opinions: whether one may be recorded now, and how they add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.devices.rules import Objection

LONGEST_MS = 90 * 24 * 3600_000
"""A list is asked within a quarter of a year; who lives there changes."""


@dataclass(frozen=True, slots=True)
class Term:
    """When opinions may be given: the half-open time [opens_at, closes_at), unless it was closed before."""

    opens_at: int
    closes_at: int
    closed: bool

    def holds(self, now: int) -> bool:
        return not self.closed and self.opens_at <= now < self.closes_at


@dataclass(frozen=True, slots=True)
class Press:
    """The press that sealed a household's form, as its device signed it."""

    pressed_at: int
    inside_fence: bool | None
    """None where the permit sets no fence."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is true at the place: whether the seal is out there, whether it is in a device, and the press, if any."""

    seal_is_out: bool
    seal_in_device: bool
    press: Press | None


def object_to_term(now: int, opens_at: int, closes_at: int) -> Objection | None:
    """None when the time ends after it begins, in the future, within ninety days."""
    if closes_at <= opens_at or closes_at <= now or closes_at - opens_at > LONGEST_MS:
        return Objection(
            "SURVEY_TERM",
            Text(
                "征询截止时间须晚于开始时间和现在，且不超过 90 天，请改正。",
                "The survey must end after it begins and after now, within ninety days. Correct the times.",
            ),
        )
    return None


def object_to_opinion(now: int, term: Term, *, given: bool, site: Site) -> Objection | None:
    """None when a household's opinion may be recorded now: once, in time, on the spot, with a press of its own."""
    checks = (
        (
            term.holds(now),
            "SURVEY_CLOSED",
            "不在征询时间内或征询已结束，不能登记意见。",
            "The survey is not open now; no opinion is recorded outside of its time.",
        ),
        (
            not given,
            "OPINION_GIVEN",
            "该户已登记过意见，每户一次。确需更正的，先写明理由撤销原登记。",
            "This household gave its opinion; each gives one. To correct it, withdraw the first with a reason.",
        ),
        (
            site.seal_is_out,
            "SEAL_NOT_ON_SITE",
            "印章未外带到现场。请先由保管人与随行人共同取出印章。",
            "The seal is not out on a loan for this request. Custodian and escort take it out first.",
        ),
        (
            not site.seal_in_device or site.press is not None,
            "PRESS_NOT_TOLD",
            "还没有收到对应本户表格的盖章事件。请先盖章，待设备上报后再登记。",
            "No press was told that belongs to this household's form. Press it first, then record the opinion.",
        ),
        (
            site.press is None or site.press.inside_fence is not False,
            "PRESSED_OUTSIDE_FENCE",
            "该次盖章不在电子围栏内，不能作为现场意见登记。",
            "That press was made outside of the fence and does not count as one on the spot.",
        ),
        (
            site.press is None or term.opens_at <= site.press.pressed_at < term.closes_at,
            "PRESSED_OUTSIDE_TERM",
            "该次盖章不在征询时间内，不能登记。",
            "That press was made outside of the time of the survey.",
        ),
    )
    for holds, code, zh, en in checks:
        if not holds:
            return Objection(code, Text(zh, en))
    return None


@dataclass(frozen=True, slots=True)
class Share:
    """Households and their floor area in square centimetres."""

    households: int = 0
    area_cm2: int = 0

    def plus(self, area_cm2: int | None) -> Share:
        return Share(self.households + 1, self.area_cm2 + (area_cm2 or 0))


@dataclass(frozen=True, slots=True)
class Tally:
    """How opinions add up. What follows from the shares is for people to say: the rules differ with the question."""

    listed: Share
    agree: Share
    disagree: Share
    abstain: Share

    @property
    def given(self) -> int:
        return self.agree.households + self.disagree.households + self.abstain.households

    @property
    def open(self) -> int:
        return self.listed.households - self.given


def tally(households: Iterable[tuple[str | None, int | None]]) -> Tally:
    """The tally of (opinion or None, floor area or None) of every household of a list."""
    shares = {"agree": Share(), "disagree": Share(), "abstain": Share()}
    listed = Share()
    for opinion, area_cm2 in households:
        listed = listed.plus(area_cm2)
        if opinion in shares:
            shares[opinion] = shares[opinion].plus(area_cm2)
    return Tally(listed, shares["agree"], shares["disagree"], shares["abstain"])
