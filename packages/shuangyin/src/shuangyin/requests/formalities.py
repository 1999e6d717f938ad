"""Requests that use an old seal for a formality of a rename: the seal that is offered, and the count that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests import errors
from shuangyin.requests.models import RequestSeal, RequestStatus, UseRequest
from shuangyin.requests.rules import SealLine
from shuangyin.scenarios.queries import Decided, FittingSeal, serves
from shuangyin.seals.formalities import Formality, formality
from shuangyin.seals.life_errors import in_device
from shuangyin.seals.models import Seal, SealStatus, SealStep
from shuangyin.seals.ports import unfinished_uses

_COUNTED = (
    RequestStatus.IN_APPROVAL,
    RequestStatus.APPROVED,
    RequestStatus.SEALING,
    RequestStatus.SEALED,
    RequestStatus.VOIDED,
)
"""What was asked for and may be pressed counts as well as what was pressed; what came back does not."""


def offered_with(
    work: UnitOfWork, organization_id: str, decided: Decided, formality_id: str | None
) -> Decided:
    """The decision with the old seal in the place of those of its kind, when a formality is named.

    Raises NotFound, Refused (FORMALITY_OVER, FORMALITY_SEAL) when the list asks for no seal that this one can be.
    """
    if formality_id is None:
        return decided
    found = _open(work, organization_id, formality_id)
    served = [one for one in decided.decision.seal_categories if serves(found.seal.category, one)]
    if not served:
        raise errors.formality_seal(found.seal.name)
    others = tuple(
        one for one in decided.seals if one.seal.medium != found.seal.medium or one.for_category != served[0]
    )
    return replace(
        decided,
        seals=(FittingSeal(found.seal, served[0]), *others),
        missing=tuple(one for one in decided.missing if one != served[0]),
    )


def take_presses(work: UnitOfWork, request: UseRequest, lines: Sequence[SealLine]) -> None:
    """Count what a request wants to press against its formality.

    Raises Refused (FORMALITY_SPENT with what is left), Invalid (FORMALITY_SEAL_ABSENT) when it does not use the seal.
    """
    if request.formality_id is None:
        return
    found = formality(work, request.organization_id, request.formality_id, lock=True)
    wanted = sum(one.presses + one.seam_presses for one in lines if one.seal_id == found.seal.id)
    if not wanted:
        raise errors.formality_seal_absent(found.seal.name)
    left = found.presses - presses_taken(work, found.id, besides=request.id)
    if wanted > left:
        raise errors.formality_spent(found.seal.name, left)


def presses_taken(work: UnitOfWork, formality_id: str, *, besides: str | None = None) -> int:
    """How many presses of a formality requests have taken up; `besides` names one that is not counted."""
    presses = func.coalesce(func.sum(RequestSeal.presses_applied + RequestSeal.seam_presses), 0)
    query = (
        select(presses)
        .join(UseRequest, UseRequest.id == RequestSeal.request_id)
        .join(SealStep, SealStep.id == UseRequest.formality_id)
        .where(
            UseRequest.formality_id == formality_id,
            UseRequest.status.in_(_COUNTED),
            RequestSeal.seal_id == SealStep.seal_id,
        )
    )
    if besides is not None:
        query = query.where(UseRequest.id != besides)
    return int(work.session.scalar(query) or 0)


def may_be_pressed(work: UnitOfWork, request: UseRequest, seal: Seal) -> bool:
    """Whether a seal may be used for a request now: it is in force, or is the old seal of the request's formality."""
    if seal.status == SealStatus.IN_FORCE:
        return True
    if request.formality_id is None:
        return False
    found = formality(work, request.organization_id, request.formality_id)
    return found.seal.id == seal.id and found.is_open


def _open(work: UnitOfWork, organization_id: str, formality_id: str) -> Formality:
    found = formality(work, organization_id, formality_id)
    if not found.is_open:
        raise errors.formality_over(found.seal.name)
    if unfinished_uses(work).sits_in_device(work, found.seal.id):
        raise in_device(found.seal.name)
    return found
