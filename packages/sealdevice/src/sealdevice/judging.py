"""Whether a press is permitted at this instant, as the device decides it by itself. Pure: plain values in and out.

What is spoiled may be pressed again as long as spare presses are left: under a permit of ``counts`` and ``spare``,
a press of a kind is permitted while *pressed − credited < counts*, where each spoiled press is credited until the
spare is used up. No sequence of presses therefore makes more impressions than ``counts + spare``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sealdevice.event import PersonCheck, Position
from sealdevice.permit import Fence, Permit, PhotoMoment, PressKind

EARTH_RADIUS_M: Final = 6_371_008
LEAST_ACCURACY_M: Final = 200
"""A position that is less exact says nothing about a fence."""


class Objection(StrEnum):
    """Why a press is not permitted now."""

    LOCKED = "locked"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLOCK_UNSURE = "clock_unsure"
    COUNT_USED = "count_used"
    SPARE_USED = "spare_used"
    PERSON_MISSING = "person_missing"
    CHECK_MISSING = "check_missing"
    POSITION_UNKNOWN = "position_unknown"
    OUTSIDE_FENCE = "outside_fence"
    OFFLINE = "offline"
    NOT_CONFIRMED = "not_confirmed"
    PHOTO_MISSING = "photo_missing"
    PRESS_UNSETTLED = "press_unsettled"


@dataclass(frozen=True, slots=True)
class Use:
    """What has been done under a permit so far, by kind. ``credited`` counts spoiled presses that may be repeated."""

    pressed: Mapping[PressKind, int] = field(default_factory=dict)
    spoiled: Mapping[PressKind, int] = field(default_factory=dict)
    credited: Mapping[PressKind, int] = field(default_factory=dict)
    revoked: bool = False

    @property
    def presses(self) -> int:
        """All impressions made under the permit."""
        return sum(self.pressed.values())


@dataclass(frozen=True, slots=True)
class Situation:
    """How things stand at the device at the instant of the press."""

    now: int
    clock_sure: bool
    online: bool
    locked: bool
    persons: tuple[PersonCheck, ...]
    position: Position | None
    photos: frozenset[PhotoMoment] = frozenset()
    confirmed_press: int | None = None
    unsettled: bool = False


def objections_to_press(permit: Permit, use: Use, kind: PressKind, at: Situation) -> tuple[Objection, ...]:
    """Every reason against a press of this kind now, in a fixed order; none means that it is permitted."""
    return (
        *_about_permit(permit, use, at),
        *_about_count(permit, use, kind),
        *_about_persons(permit, at),
        *_about_place(permit, at),
        *_about_conditions(permit, use, at),
    )


def with_press(use: Use, kind: PressKind) -> Use:
    """The use after one more press."""
    return Use(_plus(use.pressed, kind), use.spoiled, use.credited, use.revoked)


def with_spoiled(permit: Permit, use: Use, kind: PressKind) -> Use:
    """The use after a press was declared spoiled: credited while spare presses are left, counted in any case."""
    credit = sum(use.credited.values()) < permit.spare
    credited = _plus(use.credited, kind) if credit else use.credited
    return Use(use.pressed, _plus(use.spoiled, kind), credited, use.revoked)


def left(permit: Permit, use: Use, kind: PressKind) -> int:
    """How many presses of a kind the permit still allows."""
    return permit.counts.get(kind, 0) - use.pressed.get(kind, 0) + use.credited.get(kind, 0)


def distance_m(fence: Fence, position: Position) -> float:
    """Metres from the middle of a fence along the surface (haversine)."""
    lat_1, lat_2 = math.radians(fence.latitude_e7 / 1e7), math.radians(position.latitude_e7 / 1e7)
    across = math.radians((position.longitude_e7 - fence.longitude_e7) / 1e7)
    half = math.sin((lat_2 - lat_1) / 2) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def within(fence: Fence, position: Position) -> bool:
    """Whether a position is surely within the fence: its whole circle of doubt is."""
    return distance_m(fence, position) + position.accuracy_m <= fence.radius_m


def _about_permit(permit: Permit, use: Use, at: Situation) -> list[Objection]:
    found = []
    if at.locked:
        found.append(Objection.LOCKED)
    if use.revoked:
        found.append(Objection.REVOKED)
    if not at.clock_sure:
        found.append(Objection.CLOCK_UNSURE)
    if at.now < permit.not_before:
        found.append(Objection.NOT_YET)
    if at.now >= permit.not_after:
        found.append(Objection.EXPIRED)
    if at.unsettled:
        found.append(Objection.PRESS_UNSETTLED)
    return found


def _about_count(permit: Permit, use: Use, kind: PressKind) -> list[Objection]:
    if left(permit, use, kind) > 0:
        return []
    uncredited = use.spoiled.get(kind, 0) > use.credited.get(kind, 0)
    return [Objection.SPARE_USED if uncredited else Objection.COUNT_USED]


def _about_persons(permit: Permit, at: Situation) -> list[Objection]:
    passed = {one.person: one.passed for one in at.persons}
    found = []
    if any(one.person not in passed for one in permit.persons):
        found.append(Objection.PERSON_MISSING)
    if any(not one.checks <= passed.get(one.person, one.checks) for one in permit.persons):
        found.append(Objection.CHECK_MISSING)
    return found


def _about_place(permit: Permit, at: Situation) -> list[Objection]:
    if permit.fence is None:
        return []
    if at.position is None or at.position.accuracy_m > LEAST_ACCURACY_M:
        return [Objection.POSITION_UNKNOWN]
    return [] if within(permit.fence, at.position) else [Objection.OUTSIDE_FENCE]


def _about_conditions(permit: Permit, use: Use, at: Situation) -> list[Objection]:
    found = []
    if not at.online and not permit.offline:
        found.append(Objection.OFFLINE)
    if permit.confirmer is not None and at.confirmed_press != use.presses + 1:
        found.append(Objection.NOT_CONFIRMED)
    # The photo after the press is taken after it; the other two must be there before the seal is let go.
    if not (permit.photos - {PhotoMoment.AFTER}) <= at.photos:
        found.append(Objection.PHOTO_MISSING)
    return found


def _plus(counts: Mapping[PressKind, int], kind: PressKind) -> dict[PressKind, int]:
    return {**counts, kind: counts.get(kind, 0) + 1}
