"""When a grant reaches: within its parent, in time, for this seal, document and amount, with a count left. Pure.

Limits are closed intervals: a grant "up to 1,000,000 fen" reaches 1,000,000 and not one fen more; a validity holds
from its first instant until just before its last. What is not known of a use is within no limit on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shuangyin.authority.kinds import Act, CountOf, EndCause, GrantEvent, GrantStatus
from shuangyin.core.text import Text

ALL = "*"
"""The target that means every seal of the root office."""
CATEGORY = "category:"
MAX_DEPTH = 8
"""Longest line of grants below a root grant; a longer one is a mistake nobody can survey."""
MAX_AUTO_DAYS = 366
DAY_MS = 24 * 3600 * 1000
RECONFIRM_WORKING_DAYS = 10
"""So long grants live on when the holder of the root office changes."""

_TRANSITIONS: Mapping[tuple[GrantStatus, GrantEvent], GrantStatus] = {
    (GrantStatus.OFFERED, GrantEvent.ACCEPT): GrantStatus.ACTIVE,
    (GrantStatus.OFFERED, GrantEvent.DECLINE): GrantStatus.DECLINED,
    (GrantStatus.OFFERED, GrantEvent.END): GrantStatus.ENDED,
    (GrantStatus.ACTIVE, GrantEvent.END): GrantStatus.ENDED,
}


@dataclass(frozen=True, slots=True)
class Quantities:
    """How much one use is, in each of the ways to count."""

    uses: int = 1
    documents: int = 1
    presses: int = 1

    def of(self, count_of: CountOf) -> int:
        return int(getattr(self, count_of.value))


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a grant reaches. None is without limit; in a wish for a child, "as far as the parent does"."""

    act: Act
    valid_from: int
    valid_until: int
    root: str = "unit"
    targets: frozenset[str] | None = frozenset({ALL})
    document_kinds: frozenset[str] | None = None
    matters: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    department_id: str | None = None
    amount_limit_minor: int | None = None
    count_limit: int | None = None
    count_of: CountOf = CountOf.USES
    may_pass_on: bool = True


@dataclass(frozen=True, slots=True)
class GrantState:
    """A grant as it stands: its scope, its status, and its counts (descendants' included).

    `lapses_at` is when it stops unless the new holder of the root office reconfirms it; None without a change.
    """

    id: str
    scope: Scope
    status: GrantStatus = GrantStatus.ACTIVE
    count_reserved: int = 0
    count_used: int = 0
    lapses_at: int | None = None

    @property
    def count_left(self) -> int | None:
        """How much of the count is left; None without a limit."""
        if self.scope.count_limit is None:
            return None
        return self.scope.count_limit - self.count_reserved - self.count_used


@dataclass(frozen=True, slots=True)
class Objection:
    """Why not, with a stable code."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Question:
    """May this be done with this seal for this document at this instant?

    `department_line` is the applicant's department with those above it, from the top; `forms` are the SM3 digests
    of the documents; `held` is what the asker has reserved of the grant already.
    """

    seal_id: str
    seal_category: str
    at: int
    root: str = "unit"
    amount_minor: int | None = None
    document_kind: str | None = None
    matter: str | None = None
    department_line: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    wanted: Quantities = field(default_factory=Quantities)
    held: Quantities | None = None

    @property
    def targets(self) -> frozenset[str]:
        """The targets of a grant that reach this seal."""
        return frozenset({self.seal_id, CATEGORY + self.seal_category, ALL})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What containment needs to know beyond the two scopes: categories of seals, and departments above each."""

    seal_categories: Mapping[str, str] = field(default_factory=dict)
    department_lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def filled(wish: Scope, parent: Scope) -> Scope:
    """The scope a child really gets: what its wish leaves open is the parent's."""

    def own(value: object, above: object) -> object:
        return above if value is None else value

    fields = ("targets", "document_kinds", "matters", "forms", "department_id", "amount_limit_minor")
    values = {name: own(getattr(wish, name), getattr(parent, name)) for name in fields}
    if wish.count_limit is None and parent.count_limit is not None:
        values |= {"count_limit": parent.count_limit, "count_of": parent.count_of}
    return replace(wish, root=parent.root, **values)  # type: ignore[arg-type]  # fields by name


def objections_to_scope(scope: Scope) -> list[Objection]:
    """What contradicts itself in a scope."""
    found = []
    if scope.valid_until <= scope.valid_from:
        found.append(_objection("GRANT_VALIDITY"))
    for chosen, code in (
        (scope.targets, "GRANT_NO_SEAL"),
        (scope.document_kinds, "GRANT_NO_SCENARIO"),
        (scope.matters, "GRANT_NO_SCENARIO"),
        (scope.forms, "GRANT_NO_SCENARIO"),
    ):
        if chosen is not None and not chosen:
            found.append(_objection(code))
    if scope.act is Act.AUTO_SEAL:
        found += _objections_to_silence(scope)
    return found


def _objections_to_silence(scope: Scope) -> list[Objection]:
    """Sealing without a person needs named seals, a template (kind of document or form), a count and days."""
    found = []
    if scope.targets is None or any(one == ALL or one.startswith(CATEGORY) for one in scope.targets):
        found.append(_objection("GRANT_AUTO_SEAL"))
    if scope.document_kinds is None and scope.forms is None:
        found.append(_objection("GRANT_AUTO_TEMPLATE"))
    if scope.count_limit is None:
        found.append(_objection("GRANT_AUTO_COUNT"))
    if scope.valid_until - scope.valid_from > MAX_AUTO_DAYS * DAY_MS:
        found.append(_objection("GRANT_AUTO_DAYS"))
    return found


def objections_to_child(
    child: Scope, parent: GrantState, around: Surroundings, *, depth: int = 1
) -> list[Objection]:
    """In what a new grant, filled in, would exceed its parent.

    Counts need no sum over siblings: every use is counted on all ancestors, so together they stay within.
    """
    if parent.status is not GrantStatus.ACTIVE:
        return [_objection("PARENT_ENDED")]
    above = parent.scope
    checks = (
        (child.act is above.act, "GRANT_ACT"),
        (child.root == above.root, "GRANT_ROOT"),
        (_seals_within(child.targets, above.targets, around.seal_categories), "GRANT_SEAL"),
        (_subset(child.document_kinds, above.document_kinds), "GRANT_SCENARIO"),
        (_subset(child.matters, above.matters), "GRANT_SCENARIO"),
        (_subset(child.forms, above.forms), "GRANT_FORM"),
        (_department_within(child.department_id, above.department_id, around), "GRANT_DEPARTMENT"),
        (_limit_within(child.amount_limit_minor, above.amount_limit_minor), "GRANT_AMOUNT"),
        (_count_within(child, above), "GRANT_COUNT"),
        (above.valid_from <= child.valid_from and child.valid_until <= above.valid_until, "GRANT_TIME"),
        (above.may_pass_on, "GRANT_PASS_ON"),
        (depth <= MAX_DEPTH, "GRANT_DEPTH"),
    )
    return list(dict.fromkeys(_objection(code) for fits, code in checks if not fits))


def objections_to_use(lineage: Sequence[GrantState], question: Question) -> list[Objection]:
    """Why a grant does not cover a use; `lineage` runs from the root grant to the grant itself. Empty: it does."""
    found = [objection for grant in lineage for objection in _objections_of(grant, question)]
    return list(dict.fromkeys(found))


def next_status(status: GrantStatus, event: GrantEvent) -> GrantStatus | None:
    """What a grant becomes; None when that cannot happen to it any more."""
    return _TRANSITIONS.get((status, event))


def closing_cause(grant: GrantState, at: int) -> EndCause | None:
    """Why a grant ends by itself at an instant; None while it does not."""
    left = None if grant.scope.count_limit is None else grant.scope.count_limit - grant.count_used
    return closing_of(grant.status, grant.scope.valid_until, left, grant.lapses_at, at)


def closing_of(
    status: GrantStatus, valid_until: int, unused: int | None, lapses_at: int | None, at: int
) -> EndCause | None:
    """The same of what is stored of a grant; `unused` is its count without what was used, None without a limit."""
    if status is GrantStatus.OFFERED:
        return EndCause.NOT_ACCEPTED if at >= valid_until else None
    if status is not GrantStatus.ACTIVE:
        return None
    if unused is not None and unused <= 0:
        return EndCause.USED_UP
    if at >= valid_until:
        return EndCause.EXPIRED
    if lapses_at is not None and at >= lapses_at:
        return EndCause.NOT_RECONFIRMED
    return None


def lapse_of(
    confirmed_at: int, office_ends: Iterable[int], end_of_term: Callable[[int, int], int]
) -> int | None:
    """When a root grant lapses because the office that stood by it changed its holder; None without a change.

    `office_ends` are the instants at which holdings of the office ended; `end_of_term` counts working days.
    """
    since = [end for end in office_ends if end > confirmed_at]
    return end_of_term(min(since), RECONFIRM_WORKING_DAYS) if since else None


def _objections_of(grant: GrantState, question: Question) -> list[Objection]:
    scope = grant.scope
    checks = (
        (grant.status is not GrantStatus.OFFERED, "GRANT_NOT_ACCEPTED"),
        (grant.status not in (GrantStatus.ENDED, GrantStatus.DECLINED), "GRANT_ENDED"),
        (scope.valid_from <= question.at < scope.valid_until, "GRANT_NOT_NOW"),
        (grant.lapses_at is None or question.at < grant.lapses_at, "GRANT_NOT_RECONFIRMED"),
        (scope.root == question.root and _reaches(scope.targets, question.targets), "GRANT_SEAL"),
        (_known_in(question.document_kind, scope.document_kinds), "GRANT_SCENARIO"),
        (_known_in(question.matter, scope.matters), "GRANT_SCENARIO"),
        (_all_in(question.forms, scope.forms), "GRANT_FORM"),
        (scope.department_id is None or scope.department_id in question.department_line, "GRANT_DEPARTMENT"),
        (not _exceeds(question.amount_minor, scope.amount_limit_minor), "GRANT_AMOUNT"),
        (_has_left(grant, question), "GRANT_COUNT"),
    )
    return [_USE[code] for fits, code in checks if not fits]


def _has_left(grant: GrantState, question: Question) -> bool:
    left = grant.count_left
    if left is None:
        return True
    held = question.held.of(grant.scope.count_of) if question.held else 0
    return left + held >= question.wanted.of(grant.scope.count_of)


def _reaches(targets: frozenset[str] | None, asked: frozenset[str]) -> bool:
    return targets is None or bool(targets & asked)


def _known_in(value: str | None, allowed: frozenset[str] | None) -> bool:
    return allowed is None or (value is not None and value in allowed)


def _all_in(values: Sequence[str], allowed: frozenset[str] | None) -> bool:
    return allowed is None or (bool(values) and allowed.issuperset(values))


def _exceeds(amount: int | None, limit: int | None) -> bool:
    """Whether an amount passes a limit. An unknown amount passes every limit; it is never read as zero."""
    return limit is not None and (amount is None or amount > limit)


def _subset(child: frozenset[str] | None, parent: frozenset[str] | None) -> bool:
    return parent is None or (child is not None and child <= parent)


def _limit_within(limit: int | None, above: int | None) -> bool:
    return above is None or (limit is not None and limit <= above)


def _count_within(child: Scope, above: Scope) -> bool:
    if above.count_limit is None:
        return True
    return child.count_of is above.count_of and _limit_within(child.count_limit, above.count_limit)


def _department_within(child: str | None, above: str | None, around: Surroundings) -> bool:
    if above is None:
        return True
    return child is not None and above in around.department_lines.get(child, (child,))


def _seals_within(
    child: frozenset[str] | None, above: frozenset[str] | None, categories: Mapping[str, str]
) -> bool:
    if above is None or ALL in above:
        return True
    if child is None:
        return False
    return all(one in above or CATEGORY + categories.get(one, "") in above for one in child)


def _objection(code: str) -> Objection:
    return _GIVING[code]


def _table(sentences: Mapping[str, tuple[str, str]]) -> Mapping[str, Objection]:
    return {code: Objection(code, Text(zh, en)) for code, (zh, en) in sentences.items()}


_GIVING = _table(
    {
        "GRANT_VALIDITY": ("授权的截止时间须晚于开始时间。", "The grant must end after it begins."),
        "GRANT_NO_SEAL": ("请至少指定一枚印章。", "Name at least one seal."),
        "GRANT_NO_SCENARIO": (
            "请至少指定一种文件或事项，或不作限定。",
            "Name at least one kind of document or matter, or leave it open.",
        ),
        "GRANT_AUTO_SEAL": ("自动用印授权须指定印章。", "A grant of automatic sealing must name its seals."),
        "GRANT_AUTO_TEMPLATE": (
            "自动用印授权须限定文件类型或固定格式文本。",
            "A grant of automatic sealing must name kinds of documents or a form.",
        ),
        "GRANT_AUTO_COUNT": (
            "自动用印授权须限定次数。",
            "A grant of automatic sealing must limit its count.",
        ),
        "GRANT_AUTO_DAYS": (
            f"自动用印授权的期限最长 {MAX_AUTO_DAYS} 天。",
            f"A grant of automatic sealing lasts at most {MAX_AUTO_DAYS} days.",
        ),
        "PARENT_ENDED": ("上级授权未生效或已结束。", "The parent grant is not in force."),
        "GRANT_ACT": ("授权事项须与上级授权一致。", "The act must be the parent's."),
        "GRANT_ROOT": (
            "印章须属于上级授权所在的组织（行政、党组织、工会、团组织各自授权）。",
            "The seals must belong to the same root office as the parent grant's.",
        ),
        "GRANT_SEAL": ("印章不在上级授权范围内。", "The seal is outside the parent grant."),
        "GRANT_SCENARIO": ("文件类型或事项超出上级授权。", "The kinds of documents exceed the parent's."),
        "GRANT_FORM": ("固定格式文本超出上级授权。", "The forms exceed the parent's."),
        "GRANT_DEPARTMENT": ("部门超出上级授权。", "The department is outside the parent's."),
        "GRANT_AMOUNT": ("金额上限超过上级授权。", "The amount limit exceeds the parent's."),
        "GRANT_COUNT": (
            "次数上限或计数方式超过上级授权。",
            "The count limit exceeds the parent's, or counts something else.",
        ),
        "GRANT_TIME": ("有效期超出上级授权。", "The validity exceeds the parent's."),
        "GRANT_PASS_ON": ("上级授权不允许转授权。", "The parent grant may not be passed on."),
        "GRANT_DEPTH": (
            f"授权层级不得超过 {MAX_DEPTH} 级。",
            f"A line of grants has at most {MAX_DEPTH} steps.",
        ),
    }
)
_USE = _table(
    {
        "GRANT_NOT_ACCEPTED": ("授权尚未被接受。", "The grant has not been accepted yet."),
        "GRANT_ENDED": ("授权已结束。", "The grant has ended."),
        "GRANT_NOT_NOW": ("不在授权有效期内。", "It is outside the grant's validity."),
        "GRANT_NOT_RECONFIRMED": (
            "负责人变更后授权未在十个工作日内重新确认，已失效。",
            "The holder of the root office changed, and the grant was not reconfirmed within ten working days.",
        ),
        "GRANT_SEAL": ("授权不含此印章。", "The grant is for another seal."),
        "GRANT_SCENARIO": (
            "授权不含此类文件或事项。",
            "The grant is for other kinds of documents or matters.",
        ),
        "GRANT_FORM": (
            "文件与授权限定的固定格式文本不符。",
            "The document is not one of the forms of the grant.",
        ),
        "GRANT_DEPARTMENT": (
            "申请部门不在授权范围内。",
            "The applicant's department is outside the grant.",
        ),
        "GRANT_AMOUNT": (
            "金额未知或超过授权上限。",
            "The amount is unknown or above the limit of the grant.",
        ),
        "GRANT_COUNT": ("授权次数已用完。", "The grant has no use left."),
    }
)
