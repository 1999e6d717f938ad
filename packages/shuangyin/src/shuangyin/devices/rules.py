"""Pure decisions about smart seals: what a permit may permit, whether accounts balance, whether a device is locked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.custody.rules import Presses

GRACE_MS = 10 * 60_000
"""Photos and declarations of spoiled presses may come so long after a use was finished."""
ONLINE_MS = 180_000
"""A device says where it stands at least every minute; one that has not for so long is away."""
PERMIT_MOST_MS = 2 * 3600_000
"""A permit is good no longer than an opening may be."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why no permit is issued, with a stable code."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Counts:
    """Presses by kind: on pages (常规), over seams (骑缝), on covers (封标)."""

    ordinary: int = 0
    seam: int = 0
    cover: int = 0

    @property
    def total(self) -> int:
        return self.ordinary + self.seam + self.cover

    def minus(self, other: Counts) -> Counts:
        return Counts(self.ordinary - other.ordinary, self.seam - other.seam, self.cover - other.cover)


@dataclass(frozen=True, slots=True)
class Remaining:
    """What an approval still allows for one seal: good presses by kind, and spare ones for spoiled presses."""

    counts: Counts
    spare: int


def remaining(*, pages: int, seams: int, spare: int, registered: Presses) -> Remaining:
    """What is left of an approval after what is registered already (invariant 6). Covers use up presses on pages."""
    left = Counts(
        ordinary=max(0, pages - registered.normal - registered.cover),
        seam=max(0, seams - registered.seam),
    )
    return Remaining(left, max(0, spare - registered.spoiled))


@dataclass(frozen=True, slots=True)
class Readiness:
    """What has to be true before a permit is issued. Each is asked at the instant of issuing (invariants 1 to 3)."""

    device_active: bool
    device_holds_seal: bool
    device_trusted: bool
    device_locked: bool
    request_approved: bool
    seal_in_force: bool
    presser_in_authority: bool
    left: Remaining


def object_to_permit(ready: Readiness) -> Objection | None:
    """None when a permit may be issued; otherwise the first thing that stands against it."""
    checks = (
        (ready.device_active, "DEVICE_NOT_ACTIVE", "设备未登记或已吊销。", "The device is not active."),
        (
            ready.device_holds_seal,
            "DEVICE_OTHER_SEAL",
            "该申请没有批准使用此设备中的印章。",
            "The request does not ask for the seal in this device.",
        ),
        (
            ready.device_trusted,
            "DEVICE_SUSPECT",
            "设备的事件链自相矛盾，须查明后吊销重登。",
            "The device contradicted itself. It must be examined, revoked and enrolled anew.",
        ),
        (ready.device_locked is False, "DEVICE_LOCKED", "设备已锁定。", "The device is locked."),
        (
            ready.request_approved,
            "REQUEST_NOT_APPROVED",
            "申请未获批准，不能签发用印许可。",
            "No approval, no permit: the request is not approved.",
        ),
        (ready.seal_in_force, "SEAL_NOT_IN_FORCE", "印章未处于启用状态。", "The seal is not in force."),
        (
            ready.presser_in_authority,
            "PRESSER_NOT_IN_AUTHORITY",
            "盖章人当前没有使用该印章的授权。",
            "The presser is not in authority for this seal now.",
        ),
        (
            ready.left.counts.total > 0,
            "COUNT_USED",
            "核准的次数已用完，再盖须另行报批。",
            "The approved presses are used up. More need a new approval.",
        ),
    )
    for holds, code, zh, en in checks:
        if not holds:
            return Objection(code, Text(zh, en))
    return None


@dataclass(frozen=True, slots=True)
class Account:
    """What a device counted under a permit: presses made and, of them, spoiled, by kind."""

    pressed: Counts
    spoiled: Counts

    @property
    def presses(self) -> Presses:
        """As the register of physical use counts: good ones by kind, and all spoiled ones."""
        good = self.pressed.minus(self.spoiled)
        return Presses(good.ordinary, good.seam, good.cover, self.spoiled.total)


def over_permit(permitted: Counts, spare: int, account: Account) -> bool:
    """Whether more was pressed than permitted: every press beyond a count repeats a spoiled one of its kind, and all
    of them together use no more than the spare (invariant 6)."""
    beyond = account.pressed.minus(permitted)
    excess = [max(0, one) for one in (beyond.ordinary, beyond.seam, beyond.cover)]
    spoiled = (account.spoiled.ordinary, account.spoiled.seam, account.spoiled.cover)
    return sum(excess) > spare or any(more > failed for more, failed in zip(excess, spoiled, strict=True))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a permit allows, for judging a press that was told."""

    permitted: Counts
    spare: int
    not_before: int
    not_after: int


def beyond_permit(terms: Terms | None, account: Account, pressed_at: int) -> bool:
    """Whether a press that was told is outside of what was permitted. `account` holds it already.

    `terms` is None when it names a permit that this device never got.
    """
    if terms is None:
        return True
    inside = terms.not_before <= pressed_at < terms.not_after
    return not inside or over_permit(terms.permitted, terms.spare, account)


def to_register(counted: Presses, registered: Presses) -> Presses | None:
    """What the register lacks of what was counted; None when nothing, or when it holds something else.

    A press that was declared spoiled after it had been registered as good cannot be added to the register: that is
    a difference, which a person looks at.
    """
    lacking = Presses(
        counted.normal - registered.normal,
        counted.seam - registered.seam,
        counted.cover - registered.cover,
        counted.spoiled - registered.spoiled,
    )
    parts = (lacking.normal, lacking.seam, lacking.cover, lacking.spoiled)
    return lacking if lacking.total > 0 and min(parts) >= 0 else None


def wants_lock(*, wanted: bool, frozen: bool, seal_in_force: bool | None) -> bool:
    """Whether a device shall be locked: asked for, all seals frozen, or its own seal not in force.

    `seal_in_force` is None for a device that holds no seal.
    """
    return wanted or frozen or seal_in_force is False


def position_facts(latitude_e7: int | None, longitude_e7: int | None) -> Mapping[str, int]:
    """A position for an entry of evidence."""
    if latitude_e7 is None or longitude_e7 is None:
        return {}
    return {"latitude_e7": latitude_e7, "longitude_e7": longitude_e7}
