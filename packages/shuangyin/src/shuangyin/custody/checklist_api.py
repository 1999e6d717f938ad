"""Routes of the check before a press."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_queries import checks_out
from shuangyin.custody.checklist_schemas import NewPressCheck, PressCheckOut, Supervision
from shuangyin.custody.commands import checking
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.occasions import Occasion
from shuangyin.custody.schemas import OpeningConfirmation

router = Routes(tags=["custody"])


@router.post("/openings/{opening_id}/checks", status_code=201, response_model=PressCheckOut)
def check_at_safe(
    opening_id: str, body: NewPressCheck, actor: SignedIn, write: Write
) -> PressCheckOut | Response:
    """Say what was found of a request's paper before it is pressed at the safe."""
    return _check(write, actor, body, lambda work: checking.occasion_of_opening(work, actor, opening_id))


@router.post("/loans/{loan_id}/checks", status_code=201, response_model=PressCheckOut)
def check_on_loan(
    loan_id: str, body: NewPressCheck, actor: SignedIn, write: Write
) -> PressCheckOut | Response:
    """Say what was found of the request's paper before it is pressed on the loan."""
    return _check(write, actor, body, lambda work: checking.occasion_of_loan(work, actor, loan_id))


@router.post("/openings/{opening_id}/checks/{check_id}/supervise", response_model=PressCheckOut)
def supervise_at_safe(
    opening_id: str,
    check_id: str,
    body: Supervision,
    request: Request,
    actor: SignedIn,
    platform: PlatformOf,
) -> PressCheckOut:
    """The supervisor (监印人) identifies himself on this device, before the press."""
    return _supervise(
        platform,
        actor,
        request,
        body,
        check_id,
        lambda work: checking.occasion_of_opening(work, actor, opening_id),
    )


@router.post("/loans/{loan_id}/checks/{check_id}/supervise", response_model=PressCheckOut)
def supervise_on_loan(
    loan_id: str,
    check_id: str,
    body: Supervision,
    request: Request,
    actor: SignedIn,
    platform: PlatformOf,
) -> PressCheckOut:
    """The supervisor (监印人) identifies himself on this device, before the press on the loan."""
    return _supervise(
        platform, actor, request, body, check_id, lambda work: checking.occasion_of_loan(work, actor, loan_id)
    )


def _check(
    write: Write, actor: Actor, body: NewPressCheck, occasion: Callable[[UnitOfWork], Occasion]
) -> PressCheckOut | Response:
    return write.run(
        actor, lambda work: _out(work, checking.check_paper(work, actor, occasion(work), body)), status=201
    )


def _supervise(
    platform: Platform,
    actor: Actor,
    request: Request,
    body: Supervision,
    check_id: str,
    occasion: Callable[[UnitOfWork], Occasion],
) -> PressCheckOut:
    # Whoever may not see the occasion learns so before anybody's second factor is used up.
    platform.view(occasion)
    shown = shown_by(platform, actor, request, OpeningConfirmation(**body.model_dump()), check_id)
    return platform.transact(
        lambda work: _out(work, checking.supervise(work, actor, occasion(work), check_id, shown))
    )


def _out(work: UnitOfWork, check: PressCheck) -> PressCheckOut:
    return checks_out(work, [check])[0]
