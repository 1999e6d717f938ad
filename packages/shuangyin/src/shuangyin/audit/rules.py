"""Pure decisions of the monthly audit: what is a difference, which differences become findings, who may do what when.

A difference is told apart from others by what it is about and of which kind it is (`Difference.key`). It becomes one
finding. Only after that one was settled, and when the figures are no longer those it was settled with, the same thing
is another difference and becomes another finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shuangyin.core.text import Text


class Kind(StrEnum):
    """Kinds of differences; each is a kind of alarm by the same code, which gives it its name."""

    COUNT_DIFFERENCE = "count_difference"
    PHOTOS_MISSING = "photos_missing"
    PRESS_BEYOND_PERMIT = "press_beyond_permit"
    UNAUTHORISED_PRESS = "unauthorised_press"
    SPOILED_BEYOND_SPARE = "spoiled_beyond_spare"
    PAPER_PERMIT_OPEN = "paper_permit_open"
    SEAL_MISSING = "seal_missing"
    SEAL_UNEXPECTED = "seal_unexpected"


class FindingStatus(StrEnum):
    """Where a finding stands: nobody has answered, answered, its rectification reported, or settled."""

    OPEN = "open"
    ANSWERED = "answered"
    RECTIFIED = "rectified"
    SETTLED = "settled"


class Outcome(StrEnum):
    """How a finding was settled: explained (说明属实), or its rectification was checked (整改完成)."""

    EXPLAINED = "explained"
    RECTIFIED = "rectified"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a difference, in presses and photos; None for what the account in question does not know."""

    permitted: int | None = None
    spare: int | None = None
    counted: int | None = None
    registered_good: int | None = None
    registered_spoiled: int | None = None
    photos_asked: int | None = None
    photographed: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of the accounts. `noticed_at` is when the platform noticed it, UTC milliseconds."""

    kind: Kind
    about: str
    """What it is about: the permit, the seal on one request, the line of a stocktake, the paper permit or the event."""
    noticed_at: int
    figures: Figures
    seal_id: str | None = None
    device_id: str | None = None
    request_id: str | None = None
    permit_id: str | None = None
    paper_permit_id: str | None = None
    stocktake_id: str | None = None
    alarm_id: str | None = None

    @property
    def key(self) -> str:
        return f"{self.kind.value}/{self.about}"


_MEASURED: Mapping[Kind, tuple[str, ...]] = {
    Kind.COUNT_DIFFERENCE: ("counted", "registered_good", "registered_spoiled"),
    Kind.PHOTOS_MISSING: ("photos_asked", "photographed"),
    Kind.PRESS_BEYOND_PERMIT: ("counted",),
    Kind.SPOILED_BEYOND_SPARE: ("spare", "registered_spoiled"),
}
"""What of the figures makes another difference once the first was settled; the other kinds happen once."""


def measured(kind: Kind, figures: Figures) -> tuple[int | None, ...]:
    """What tells a difference of this kind from the same one with other figures."""
    return tuple(getattr(figures, name) for name in _MEASURED.get(kind, ()))


def to_find(
    differences: Iterable[Difference],
    *,
    unsettled: Collection[str],
    settled: Mapping[str, Figures],
    until: int,
) -> list[Difference]:
    """The differences that become findings: noticed before `until`, and not the ones that are findings already.

    `unsettled` are the keys of findings that are not settled, `settled` the figures with which the latest finding of
    each other key was settled.
    """
    taken: dict[str, Difference] = {}
    for one in differences:
        before = settled.get(one.key)
        same = before is not None and measured(one.kind, before) == measured(one.kind, one.figures)
        if one.noticed_at < until and one.key not in unsettled and not same:
            taken.setdefault(one.key, one)
    return sorted(taken.values(), key=lambda one: (one.noticed_at, one.key))


def account_kinds(*, counted: tuple[int, int], registered: tuple[int, int], photos_missing: int) -> set[Kind]:
    """What is wrong with an account of presses, good and spoiled, and photos (invariant 6)."""
    found = set()
    if counted != registered:
        found.add(Kind.COUNT_DIFFERENCE)
    if photos_missing:
        found.add(Kind.PHOTOS_MISSING)
    return found


@dataclass(frozen=True, slots=True)
class Imbalance:
    """By how much a seal's account from its first use on is wrong: pressed less registered, and beyond what was
    permitted or spare."""

    unregistered: int
    beyond: int
    beyond_spare: int

    @classmethod
    def of(cls, *, permitted: int, spare: int, pressed: int, good: int, spoiled: int) -> Imbalance:
        """The imbalance of an account; equal to `NONE` when it balances."""
        return cls(pressed - good - spoiled, max(0, good - permitted), max(0, spoiled - spare))


NONE = Imbalance(0, 0, 0)


def stocktake_kinds(*, expected: bool, found: bool | None, before: Imbalance, now: Imbalance) -> set[Kind]:
    """What a done stocktake says of a seal that the one before it did not: whether it lay there, and its account.

    Accounts run from the first use, so that what was wrong before is still in them; it is no difference anew.
    """
    kinds = set()
    if expected and not found:
        kinds.add(Kind.SEAL_MISSING)
    if found and not expected:
        kinds.add(Kind.SEAL_UNEXPECTED)
    if now not in (NONE, before):
        kinds.add(Kind.COUNT_DIFFERENCE)
    return kinds


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an act is refused, with a stable code."""

    code: str
    text: Text
    details: Mapping[str, object]


def _no(code: str, zh: str, en: str, **details: object) -> Objection:
    return Objection(code, Text(zh, en), details)


def object_to_opening(
    month: str, *, this_month: str, latest: str | None, running: str | None
) -> Objection | None:
    """None when the audit of a month may be opened. `latest` is the last month audited, `running` the open audit's.

    Audits follow one another: what is not settled goes on into the next, so that there is one at a time.
    """
    if month == latest:
        return _no(
            "AUDIT_EXISTS",
            f"{month} 的月度审计已经建立。请打开该次审计。",
            f"The audit of {month} is there already. Open that one.",
        )
    if month > this_month:
        return _no(
            "AUDIT_MONTH_AHEAD",
            f"{month} 尚未开始，不能审计。",
            f"{month} has not begun. It cannot be audited yet.",
        )
    if latest is not None and month < latest:
        return _no(
            "AUDIT_MONTH_PAST",
            f"已审计至 {latest}，不能再补建更早月份的审计；此前的差异已纳入后来的审计。",
            f"Audits have reached {latest}; an earlier month is no longer opened. Its differences are in the later one.",
        )
    if running is not None:
        return _no(
            "AUDIT_RUNNING",
            f"{running} 的月度审计尚未结束。请先结束，未结清的问题会转入下一次。",
            f"The audit of {running} is still open. Close it first; what is not settled goes on into the next.",
        )
    return None


def object_to_closing(month: str, *, over: bool, new: int, unanswered: int) -> Objection | None:
    """None when an audit may be closed: its month over, every difference taken in, every finding settled or its
    rectification due by a date."""
    if not over:
        return _no(
            "AUDIT_MONTH_RUNNING",
            f"{month} 尚未结束，本次审计须待月末后才能结束。",
            f"{month} is not over. Close this audit after its end.",
        )
    if new:
        return _no(
            "AUDIT_DIFFERENCES_NEW",
            f"又有 {new} 项差异尚未纳入。请先「补充纳入」，再逐项处理。",
            f"Differences not yet taken in: {new}. Take them in first, then deal with each.",
            count=new,
        )
    if unanswered:
        return _no(
            "AUDIT_FINDINGS_OPEN",
            f"有 {unanswered} 个问题既未结清，也没有整改措施与期限。请先处理。",
            f"Findings neither settled nor with a rectification and its due date: {unanswered}. Deal with them first.",
            count=unanswered,
        )
    return None


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a finding stands: who answered it and is responsible, by when it is rectified, and what became of it."""

    answered_by: str | None
    responsible_id: str | None
    due_on: str | None
    rectified_by: str | None
    settled: bool

    @property
    def status(self) -> FindingStatus:
        if self.settled:
            return FindingStatus.SETTLED
        if self.rectified_by is not None:
            return FindingStatus.RECTIFIED
        return FindingStatus.OPEN if self.answered_by is None else FindingStatus.ANSWERED

    @property
    def lets_close(self) -> bool:
        """Whether an audit with it may be closed."""
        return self.settled or self.due_on is not None

    def overdue(self, today: date) -> bool:
        """Whether its rectification should have been reported before today."""
        late = self.due_on is not None and self.due_on < today.isoformat()
        return late and self.rectified_by is None and not self.settled


def object_to_answer(
    stand: Stand, *, rectification: str | None, due_on: date | None, today: date
) -> Objection | None:
    """None when a finding may be answered, also anew, with measures and their due date or with neither."""
    if stand.settled:
        return _settled()
    if (rectification is None) != (due_on is None):
        return _no(
            "RECTIFICATION_INCOMPLETE",
            "整改措施与整改期限须一并填写；无须整改的，两项都不填。",
            "Give the measures together with their due date, or neither when nothing has to be rectified.",
        )
    if due_on is not None and due_on < today:
        return _no("DUE_PAST", "整改期限不能早于今天。", "The due date cannot be before today.")
    return None


def object_to_rectifying(stand: Stand) -> Objection | None:
    """None when it may be reported that the measures were taken."""
    if stand.settled:
        return _settled()
    if stand.due_on is None:
        return _no(
            "NO_RECTIFICATION",
            "该问题没有整改措施。请先答复并写明措施与期限。",
            "This finding has no measures to report on. Answer it with measures and their due date first.",
        )
    if stand.rectified_by is not None:
        return _no(
            "ALREADY_RECTIFIED",
            "该问题已报告整改完成，等待结清。",
            "Its rectification was reported already and waits to be settled.",
        )
    return None


def object_to_settling(stand: Stand, *, person_id: str, outcome: Outcome) -> Objection | None:
    """None when this person may settle a finding: it was answered, and by somebody else."""
    if stand.settled:
        return _settled()
    if stand.answered_by is None:
        return _no(
            "FINDING_UNANSWERED",
            "该问题尚未答复，不能结清。",
            "Nobody has answered this finding. It cannot be settled yet.",
        )
    if person_id in (stand.answered_by, stand.responsible_id, stand.rectified_by):
        return _no(
            "SAME_PERSON",
            "答复、整改或负责该问题的人不能结清它，请由另一人结清。",
            "Whoever answered, rectified or is responsible for a finding does not settle it. Let somebody else do so.",
        )
    if outcome is Outcome.RECTIFIED and stand.rectified_by is None:
        return _no(
            "NOT_RECTIFIED",
            "尚未报告整改完成，不能按整改完成结清。",
            "Its rectification was not reported, so that it cannot be settled as rectified.",
        )
    return None


def waits_for_settling(stand: Stand, person_id: str) -> bool:
    """Whether a finding is ready for this person to settle: rectified, or answered with nothing to rectify."""
    ready = stand.due_on is None or stand.rectified_by is not None
    return ready and object_to_settling(stand, person_id=person_id, outcome=Outcome.EXPLAINED) is None


def _settled() -> Objection:
    return _no(
        "FINDING_SETTLED", "该问题已结清，不再更改。", "This finding is settled and is not changed any more."
    )
