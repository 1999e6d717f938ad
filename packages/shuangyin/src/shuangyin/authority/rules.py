"""When a grant reaches: within its parent, in time, for this seal and amount, with a count left. Pure.

Limits are closed intervals: a grant "up to 1,000,000 fen" reaches 1,000,000 and not one fen more; a validity holds
from its first instant until just before its last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shuangyin.core.text import Text


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a grant reaches. None means "as far as the parent does"; of a root grant, without limit."""

    act: str
    seal_id: str | None
    amount_limit_minor: int | None
    count_limit: int | None
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class GrantState:
    """A grant as it stands: its scope, whether it has ended, and its counts (descendants' included)."""

    id: str
    scope: Scope
    active: bool
    count_reserved: int = 0
    count_used: int = 0

    @property
    def count_left(self) -> int | None:
        """How many uses are left; None without a limit."""
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
    """May this be done with this seal for this amount at this instant? `held` counts are the asker's already."""

    seal_id: str
    amount_minor: int | None
    at: int
    held: int = 0


def effective_scope(lineage: Sequence[Scope]) -> Scope:
    """The scope of the last grant of a line from the root, with open limits filled in from its ancestors."""
    own = lineage[-1]
    seal_id, amount, count = own.seal_id, own.amount_limit_minor, own.count_limit
    for ancestor in reversed(lineage[:-1]):
        seal_id = ancestor.seal_id if seal_id is None else seal_id
        amount = ancestor.amount_limit_minor if amount is None else amount
        count = ancestor.count_limit if count is None else count
    return Scope(own.act, seal_id, amount, count, own.valid_from, own.valid_until)


def objections_to_scope(scope: Scope) -> list[Objection]:
    """What contradicts itself in a scope."""
    found = []
    if scope.valid_until <= scope.valid_from:
        found.append(
            Objection(
                "GRANT_VALIDITY",
                Text("授权的截止时间须晚于开始时间。", "The grant must end after it begins."),
            )
        )
    if scope.act == "auto_seal" and scope.seal_id is None:
        found.append(
            Objection(
                "GRANT_AUTO_SEAL",
                Text("自动用印授权须指定印章。", "A grant of automatic sealing must name its seal."),
            )
        )
    return found


def objections_to_child(child: Scope, parent: GrantState, parent_scope: Scope) -> list[Objection]:
    """In what a new grant would exceed its parent; `parent_scope` is the parent's effective scope.

    Counts need no sum over siblings: every use is counted on all ancestors, so together they stay within.
    """
    if not parent.active:
        return [Objection("PARENT_ENDED", Text("上级授权已结束。", "The parent grant has ended."))]
    found = []
    if child.act != parent_scope.act:
        found.append(
            Objection("GRANT_ACT", Text("授权事项须与上级授权一致。", "The act must be the parent's."))
        )
    if parent_scope.seal_id is not None and child.seal_id not in (None, parent_scope.seal_id):
        found.append(
            Objection("GRANT_SEAL", Text("印章不在上级授权范围内。", "The seal is outside the parent grant."))
        )
    if _wider(child.amount_limit_minor, parent_scope.amount_limit_minor):
        found.append(
            Objection(
                "GRANT_AMOUNT", Text("金额上限超过上级授权。", "The amount limit exceeds the parent's.")
            )
        )
    if _wider(child.count_limit, parent_scope.count_limit):
        found.append(
            Objection("GRANT_COUNT", Text("次数上限超过上级授权。", "The count limit exceeds the parent's."))
        )
    if child.valid_from < parent_scope.valid_from or child.valid_until > parent_scope.valid_until:
        found.append(
            Objection("GRANT_TIME", Text("有效期超出上级授权。", "The validity exceeds the parent's."))
        )
    return found


def objections_to_use(lineage: Sequence[GrantState], question: Question) -> list[Objection]:
    """Why a grant does not cover a use; `lineage` runs from the root grant to the grant itself. Empty: it does."""
    return [objection for grant in lineage for objection in _objections_of(grant, question)]


def _objections_of(grant: GrantState, question: Question) -> list[Objection]:
    scope = grant.scope
    found = []
    if not grant.active:
        found.append(Objection("GRANT_ENDED", Text("授权已结束。", "The grant has ended.")))
    if not scope.valid_from <= question.at < scope.valid_until:
        found.append(
            Objection("GRANT_NOT_NOW", Text("不在授权有效期内。", "It is outside the grant's validity."))
        )
    if scope.seal_id not in (None, question.seal_id):
        found.append(Objection("GRANT_SEAL", Text("授权不含此印章。", "The grant is for another seal.")))
    if _exceeds(question.amount_minor, scope.amount_limit_minor):
        found.append(
            Objection(
                "GRANT_AMOUNT",
                Text(
                    "金额未知或超过授权上限。",
                    "The amount is unknown or above the limit of the grant.",
                ),
            )
        )
    left = grant.count_left
    if left is not None and left + question.held < 1:
        found.append(Objection("GRANT_COUNT", Text("授权次数已用完。", "The grant has no use left.")))
    return found


def _exceeds(amount: int | None, limit: int | None) -> bool:
    """Whether an amount passes a limit. An unknown amount passes every limit; it is never read as zero."""
    return limit is not None and (amount is None or amount > limit)


def _wider(limit: int | None, parent_limit: int | None) -> bool:
    """Whether a limit is wider than the parent's. An open limit is the parent's own."""
    return limit is not None and parent_limit is not None and limit > parent_limit
