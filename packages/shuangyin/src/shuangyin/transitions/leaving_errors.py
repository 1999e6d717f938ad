"""Refusals of leaving and of changing post."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.errors import Forbidden, Invalid, Refused, Stale
from shuangyin.transitions.leaving_parts import KINDS, WHY, Item, Why

NAMED = 20
"""So many blocked things are named; the preview shows all."""


def blocked(items: Sequence[Item]) -> Refused:
    """Something must be settled before; each is named with what to do."""
    named = [{"kind": one.kind, "id": one.id, "label": one.label, "why": one.why} for one in items[:NAMED]]
    first = items[0]
    kind, why = KINDS[first.kind], WHY[first.why or Why.SEAL_OUT]
    return Refused(
        "TRANSITION_BLOCKED",
        f"有 {len(items)} 项须先处理，如{kind.zh}「{first.label}」：{why.zh}如须立即停用其账号，可先重置密码。",
        f"{len(items)} things must be settled first, such as {kind.en} “{first.label}”: {why.en} "
        "To lock the account at once, reset the password.",
        details={"count": len(items), "blocked": named},
    )


def changed_since() -> Stale:
    """What the person has in hand is not what the preview showed."""
    return Stale(
        "TRANSITION_CHANGED",
        "该人员手中的事项与预览时不同，请重新核对后再办理。",
        "What the person has in hand changed since the preview. Look at it again.",
    )


def successor_wrong() -> Invalid:
    """The successor is the person himself, or is no longer here."""
    return Invalid(
        "SUCCESSOR_WRONG",
        "接任人须为本单位的其他在职人员。",
        "The successor must be another active person of the organization.",
    )


def action_unknown(part: str) -> Invalid:
    """This cannot be chosen for that part."""
    return Invalid(
        "TRANSITION_CHOICE",
        f"「{part}」不能这样处理，请按预览中列出的方式选择。",
        "This cannot be chosen for that part. Choose what the preview offers.",
    )


def same_posts() -> Invalid:
    """A change of post that changes no post."""
    return Invalid(
        "POSTS_UNCHANGED",
        "请选择要免去或新任的岗位。",
        "Choose the posts that end or begin.",
    )


def head_only() -> Forbidden:
    """Only the head of the organization lets a person leave over what is still to be settled."""
    return Forbidden(
        "HEAD_ONLY",
        "仍有事项未处理，只有本单位负责人可以决定其立即离职。",
        "Things are still to be settled. Only the head of the organization can let the person leave at once.",
    )


def reason_missing() -> Invalid:
    """Leaving over what is still to be settled needs its reason."""
    return Invalid("REASON_MISSING", "请写明立即离职的理由。", "Say why the person leaves at once.")
