"""How the wishes of several rules become one route and one set of controls: the stricter counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from shuangyin.scenarios.rules.shapes import (
    PHOTO_MOMENTS,
    ArchiveDuty,
    Controls,
    IfApplicant,
    IfNobody,
    IfRepeated,
    Mode,
    OnTimeout,
    Photo,
    RouteStepPlan,
    SecondFactor,
    UseFactor,
)

POST_RANK = {"department_head": 0, "legal_representative": 9}
_MODE_RANK: dict[Mode, int] = {"any": 0, "in_turn": 1, "all": 2}
_FACTOR_RANK: dict[SecondFactor, int] = {"window": 0, "each": 1}
_USE_FACTOR_RANK: dict[UseFactor, int] = {"window": 0, "each": 1, "two_factors": 2}
_PHOTO_RANK: dict[Photo, int] = {"none": 0, "once": 1, "each_copy": 2, "each_press": 3}
_ARCHIVE_RANK: dict[ArchiveDuty, int] = {"none": 0, "copy_kept": 1, "compulsory": 2}
_IF_APPLICANT_RANK: dict[IfApplicant, int] = {"skip": 0, "own": 1, "department_head": 2, "superior": 3}
_IF_REPEATED_RANK: dict[IfRepeated, int] = {"keep_first": 0, "adjacent": 1, "no": 2}
_IF_NOBODY_RANK: dict[IfNobody, int] = {"administrator": 0, "superior": 1, "error": 2}
_ON_TIMEOUT_RANK: dict[OnTimeout, int] = {"pass": 0, "remind": 1, "transfer": 2, "refuse": 3}
_Wish = TypeVar("_Wish", bound=str)


def merge_routes(routes: Iterable[Sequence[RouteStepPlan]]) -> tuple[RouteStepPlan, ...]:
    """All steps that any rule asks for, each once and as strict as anybody asks, the highest post last."""
    merged: dict[tuple[object, ...], RouteStepPlan] = {}
    for step in (step for route in routes for step in route):
        key = step.asks
        merged[key] = stricter(merged[key], step) if key in merged else step
    return tuple(sorted(merged.values(), key=_order))


def stricter(one: RouteStepPlan, other: RouteStepPlan) -> RouteStepPlan:
    """The same step with the stricter wish of two in everything."""
    hours = [hours for hours in (one.timeout_hours, other.timeout_hours) if hours is not None]
    return replace(
        one,
        mode=_max(_MODE_RANK, one.mode, other.mode),
        second_factor=_max(_FACTOR_RANK, one.second_factor, other.second_factor),
        if_applicant=_max(_IF_APPLICANT_RANK, one.if_applicant, other.if_applicant),
        if_repeated=_max(_IF_REPEATED_RANK, one.if_repeated, other.if_repeated),
        if_nobody=_max(_IF_NOBODY_RANK, one.if_nobody, other.if_nobody),
        timeout_hours=min(hours, default=None),
        on_timeout=_max(_ON_TIMEOUT_RANK, one.on_timeout, other.on_timeout),
    )


def merge_controls(controls: Iterable[Controls]) -> Controls:
    """Controls that satisfy all: what any asks for is asked for, the smallest limit counts."""
    merged = Controls()
    for one in controls:
        merged = _both(merged, one)
    return merged


def _both(one: Controls, other: Controls) -> Controls:
    moments = {*one.photo_moments, *other.photo_moments}
    return Controls(
        seam="required" if "required" in (one.seam, other.seam) else "allowed",
        qr=one.qr or other.qr,
        copies_max=_least(one.copies_max, other.copies_max),
        photo=_max(_PHOTO_RANK, one.photo, other.photo),
        keep_electronic_copy=one.keep_electronic_copy or other.keep_electronic_copy,
        second_factor=_max(_USE_FACTOR_RANK, one.second_factor, other.second_factor),
        timestamp=one.timestamp or other.timestamp,
        photo_moments=tuple(moment for moment in PHOTO_MOMENTS if moment in moments),
        face_check=one.face_check or other.face_check,
        fence=one.fence or other.fence,
        watermark=one.watermark or other.watermark,
        supervisor=one.supervisor or other.supervisor,
        archive=_max(_ARCHIVE_RANK, one.archive, other.archive),
        archive_working_days=_least(one.archive_working_days, other.archive_working_days),
        prerequisites=tuple(sorted({*one.prerequisites, *other.prerequisites})),
        stub_numbered=one.stub_numbered or other.stub_numbered,
        monthly_allowance=_least(one.monthly_allowance, other.monthly_allowance),
        paper_only=one.paper_only or other.paper_only,
        hand_over=tuple(dict.fromkeys((*one.hand_over, *other.hand_over))),
    )


def _order(step: RouteStepPlan) -> tuple[int, str]:
    """The applicant's own department first, the root office last, everybody else between; ties by scope."""
    kind = "department_head" if step.approver == "department_head" else step.post_kind
    return (POST_RANK.get(kind or "", 1), step.scope)


def _max(rank: Mapping[_Wish, int], one: _Wish, other: _Wish) -> _Wish:
    return one if rank[one] >= rank[other] else other


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
