"""What a delegation covers, and which ones cannot be given. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shuangyin.authority.kinds import Act
from shuangyin.authority.rules.grants import Objection, Question
from shuangyin.core.text import Text

DAY_MS = 24 * 3600 * 1000
MAX_DAYS = 184
"""Longer absence is a change of post, not a delegation."""
EMERGENCY_MS = 24 * 3600 * 1000
"""An emergency delegation bridges a night, not a week."""
MAX_STEPS = 3
"""How often one delegation may be passed on; nobody can follow a longer line."""
DELEGABLE = frozenset({Act.PRESS, Act.APPROVE, Act.APPLY})
"""Automatic sealing is the platform's act and has nobody who could be absent."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is delegated, from when until when. None is "as far as the delegator's own authority reaches"."""

    delegator_id: str
    delegate_id: str
    acts: frozenset[Act]
    from_at: int
    until_at: int
    seal_ids: frozenset[str] | None = None
    document_kinds: frozenset[str] | None = None
    amount_limit_minor: int | None = None
    may_pass_on: bool = False
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """The delegation that is passed on: its terms, and whether it holds at the moment."""

    terms: Terms
    open: bool
    steps: int


def objections_to_terms(
    terms: Terms, *, now: int, in_office_hours: bool, parent: Parent | None, edges: Iterable[tuple[str, str]]
) -> list[Objection]:
    """Why a delegation cannot be given. `edges` are delegator and delegate of those that overlap it in time."""
    found = [code for fits, code in _own_checks(terms, now) if not fits]
    if terms.emergency:
        if terms.until_at - terms.from_at > EMERGENCY_MS:
            found.append("EMERGENCY_TOO_LONG")
        if in_office_hours:
            found.append("EMERGENCY_IN_HOURS")
    if parent is not None:
        found += [code for fits, code in _within(terms, parent) if not fits]
    if makes_cycle(terms.delegator_id, terms.delegate_id, edges):
        found.append("DELEGATION_CYCLE")
    return [_SENTENCES[code] for code in dict.fromkeys(found)]


def makes_cycle(delegator_id: str, delegate_id: str, edges: Iterable[tuple[str, str]]) -> bool:
    """Whether one more delegation would lead back to its giver."""
    following: dict[str, set[str]] = {}
    for giver, taker in edges:
        following.setdefault(giver, set()).add(taker)
    reached, open_ends = set[str](), {delegate_id}
    while open_ends:
        if delegator_id in open_ends:
            return True
        reached |= open_ends
        open_ends = {taker for one in open_ends for taker in following.get(one, ())} - reached
    return False


def covers(terms: Terms, act: Act, question: Question) -> list[Objection]:
    """Why a delegation does not cover a use; the delegator's own authority is another question. Empty: it does."""
    kinds, limit, amount = terms.document_kinds, terms.amount_limit_minor, question.amount_minor
    checks = (
        (act in terms.acts, "DELEGATION_ACT"),
        (terms.from_at <= question.at < terms.until_at, "DELEGATION_NOT_NOW"),
        (terms.seal_ids is None or question.seal_id in terms.seal_ids, "DELEGATION_SEAL"),
        (kinds is None or question.document_kind in kinds, "DELEGATION_SCENARIO"),
        (limit is None or (amount is not None and amount <= limit), "DELEGATION_AMOUNT"),
    )
    return [_SENTENCES[code] for fits, code in checks if not fits]


def wider(codes: Iterable[str]) -> list[Objection]:
    """That the delegator himself may not do what he would delegate; `codes` say why he may not."""
    return [_SENTENCES["DELEGATION_WIDER"]] if any(True for _ in codes) else []


def without_right() -> Objection:
    """That the delegate's posts do not include what he would do for the delegator."""
    return _SENTENCES["DELEGATE_CANNOT_APPROVE"]


def _own_checks(terms: Terms, now: int) -> tuple[tuple[bool, str], ...]:
    return (
        (terms.delegator_id != terms.delegate_id, "DELEGATION_SELF"),
        (bool(terms.acts) and terms.acts <= DELEGABLE, "DELEGATION_ACTS"),
        (terms.from_at < terms.until_at and terms.until_at > now, "DELEGATION_TIME"),
        (terms.until_at - terms.from_at <= MAX_DAYS * DAY_MS, "DELEGATION_TOO_LONG"),
        (terms.seal_ids is None or bool(terms.seal_ids), "DELEGATION_NO_SEAL"),
        (not (terms.emergency and terms.may_pass_on), "DELEGATION_PASS_ON"),
        (Act.APPROVE not in terms.acts or _is_whole(terms), "DELEGATION_APPROVE_WHOLE"),
    )


def _is_whole(terms: Terms) -> bool:
    """A route asks a person, not a person for a seal: his approvals are delegated whole or not at all."""
    return terms.seal_ids is None and terms.document_kinds is None and terms.amount_limit_minor is None


def _within(terms: Terms, parent: Parent) -> tuple[tuple[bool, str], ...]:
    above = parent.terms
    limit = above.amount_limit_minor
    return (
        (parent.open, "DELEGATION_ENDED"),
        (above.delegate_id == terms.delegator_id, "DELEGATION_NOT_YOURS"),
        (above.may_pass_on and parent.steps < MAX_STEPS, "DELEGATION_PASS_ON"),
        (terms.acts <= above.acts, "DELEGATION_WIDER"),
        (above.from_at <= terms.from_at and terms.until_at <= above.until_at, "DELEGATION_WIDER"),
        (_subset(terms.seal_ids, above.seal_ids), "DELEGATION_WIDER"),
        (_subset(terms.document_kinds, above.document_kinds), "DELEGATION_WIDER"),
        (
            limit is None or (terms.amount_limit_minor is not None and terms.amount_limit_minor <= limit),
            "DELEGATION_WIDER",
        ),
    )


def _subset(child: frozenset[str] | None, above: frozenset[str] | None) -> bool:
    return above is None or (child is not None and child <= above)


_SENTENCES: Mapping[str, Objection] = {
    code: Objection(code, Text(zh, en))
    for code, (zh, en) in {
        "DELEGATION_SELF": ("不能委托给自己。", "Nobody delegates to himself."),
        "DELEGATION_ACTS": (
            "请选择委托的事项：盖章、审批或申请。",
            "Choose what is delegated: pressing, approving or applying.",
        ),
        "DELEGATION_TIME": (
            "委托须有期限，截止时间应晚于开始时间和现在。",
            "A delegation has a time: its end comes after its beginning and after now.",
        ),
        "DELEGATION_TOO_LONG": (
            f"委托最长 {MAX_DAYS} 天；更长的离岗请调整任职。",
            f"A delegation lasts at most {MAX_DAYS} days; for a longer absence change who holds the post.",
        ),
        "DELEGATION_NO_SEAL": ("请至少指定一枚印章。", "Name at least one seal."),
        "DELEGATION_PASS_ON": ("该委托不允许转委托。", "This delegation may not be passed on."),
        "DELEGATION_ENDED": ("原委托已结束。", "The delegation that is passed on has ended."),
        "DELEGATION_NOT_YOURS": (
            "只能转委托给予您的委托。",
            "Only what was delegated to you can be passed on.",
        ),
        "DELEGATION_WIDER": (
            "委托的范围超过委托人自己的权限。",
            "The delegation reaches further than the delegator's own authority.",
        ),
        "DELEGATION_CYCLE": (
            "委托形成循环：受托人在此期间又委托回委托人。",
            "The delegations would lead round in a circle back to their giver.",
        ),
        "DELEGATION_APPROVE_WHOLE": (
            "审批委托不能再限定印章、文件或金额；请把审批与盖章分开委托。",
            "Approving is delegated whole, without limits of seal, document or amount; delegate pressing apart from it.",
        ),
        "DELEGATE_CANNOT_APPROVE": (
            "受托人的岗位没有审批职权，不能受托审批。",
            "The delegate holds no post with the right to approve.",
        ),
        "EMERGENCY_TOO_LONG": ("应急委托最长 24 小时。", "An emergency delegation lasts at most 24 hours."),
        "EMERGENCY_IN_HOURS": (
            "现在是工作时间，请办理普通委托或正常审批。",
            "It is office hours: use an ordinary delegation or the ordinary way.",
        ),
        "DELEGATION_ACT": ("委托不含此事项。", "The delegation is for other acts."),
        "DELEGATION_NOT_NOW": ("不在委托期限内。", "It is outside the delegation's time."),
        "DELEGATION_SEAL": ("委托不含此印章。", "The delegation is for other seals."),
        "DELEGATION_SCENARIO": ("委托不含此类文件。", "The delegation is for other kinds of documents."),
        "DELEGATION_AMOUNT": (
            "金额未知或超过委托上限。",
            "The amount is unknown or above the limit of the delegation.",
        ),
    }.items()
}
