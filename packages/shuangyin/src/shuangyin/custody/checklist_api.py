"""Routes of the check before a press."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.writing import Write
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_queries import checks_out
from shuangyin.custody.checklist_schemas import NewPressCheck, PressCheckOut, Supervision
from shuangyin.custody.commands import checking
from shuangyin.custody.identifying import shown_by
from shuangyin.custody.schemas import OpeningConfirmation
from shuangyin.people.commands.confirm_identity import Confirmed

router = APIRouter(tags=["custody"])


@router.post("/openings/{opening_id}/checks", status_code=201, response_model=PressCheckOut)
def check_at_safe(
    opening_id: str, body: NewPressCheck, actor: SignedIn, write: Write
) -> PressCheckOut | Response:
    """Say what was found of a request's paper before it is pressed at the safe."""
    return write.run(
        actor,
        lambda work: _out(
            work,
            checking.check_paper(work, actor, checking.occasion_of_opening(work, actor, opening_id), body),
        ),
        status=201,
    )


@router.post("/loans/{loan_id}/checks", status_code=201, response_model=PressCheckOut)
def check_on_loan(
    loan_id: str, body: NewPressCheck, actor: SignedIn, write: Write
) -> PressCheckOut | Response:
    """Say what was found of the request's paper before it is pressed on the loan."""
    return write.run(
        actor,
        lambda work: _out(
            work,
            checking.check_paper(work, actor, checking.occasion_of_loan(work, actor, loan_id), body),
        ),
        status=201,
    )


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
    platform.view(lambda work: checking.occasion_of_opening(work, actor, opening_id))
    shown = _shown(platform, actor, request, body, check_id)
    return platform.transact(
        lambda work: _out(
            work,
            checking.supervise(
                work, actor, checking.occasion_of_opening(work, actor, opening_id), check_id, shown
            ),
        )
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
    platform.view(lambda work: checking.occasion_of_loan(work, actor, loan_id))
    shown = _shown(platform, actor, request, body, check_id)
    return platform.transact(
        lambda work: _out(
            work,
            checking.supervise(work, actor, checking.occasion_of_loan(work, actor, loan_id), check_id, shown),
        )
    )


def _shown(platform: Platform, actor: Actor, request: Request, body: Supervision, check_id: str) -> Confirmed:
    return shown_by(platform, actor, request, OpeningConfirmation(**body.model_dump()), check_id)


def _out(work: UnitOfWork, check: PressCheck) -> PressCheckOut:
    return checks_out(work, [check])[0]
