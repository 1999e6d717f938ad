"""Who may read a subject may read its evidence: joins the evidence area's port to the areas that own subjects."""

from __future__ import annotations

from collections.abc import Callable

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.handover_queries import get as handover
from shuangyin.custody.original_queries import loan as original_loan
from shuangyin.custody.paper_permit_queries import get as paper_permit
from shuangyin.custody.queries import loan, opening, safe
from shuangyin.custody.stocktake_queries import get as stocktake
from shuangyin.documents.queries import get as document
from shuangyin.requests.queries import get as request
from shuangyin.seals.queries import get as seal

Check = Callable[[UnitOfWork, Actor, str], object]


def _seal(work: UnitOfWork, actor: Actor, subject_id: str) -> object:
    actor.require("seals.read")
    return seal(work, actor.organization_id, subject_id)


def _safe(work: UnitOfWork, actor: Actor, subject_id: str) -> object:
    actor.require("custody.read")
    return safe(work, actor.organization_id, subject_id)


def _person(_work: UnitOfWork, actor: Actor, subject_id: str) -> object:
    if actor.person_id != subject_id:
        actor.require("people.manage")
    return subject_id


def _listed(permission: str) -> Check:
    """Subjects that everybody with this right sees in full: what happened to them is no secret from him."""

    def check(_work: UnitOfWork, actor: Actor, subject_id: str) -> object:
        actor.require(permission)
        return subject_id

    return check


_CHECKS: dict[str, Check] = {
    "request": request,
    "opening": opening,
    "loan": loan,
    "handover": handover,
    "stocktake": stocktake,
    "paper_permit": paper_permit,
    "document": document,
    "seal": _seal,
    "safe": _safe,
    "person": _person,
    "scenario_list": _listed("scenarios.read"),
    "grant": _listed("authority.read"),
    "delegation": _listed("authority.read"),
    "device": _listed("devices.read"),
    "small_unit": _listed("authority.read"),
    "seal_step": _listed("seals.read"),
    "original": _listed("seals.read"),
    "original_loan": original_loan,
    "audit": _listed("audit.read"),
    "finding": _listed("audit.read"),
}


class AreaSubjectReaders:
    """Asks the area that owns the subject; a subject of no known type is for auditors only."""

    def require_readable(self, work: UnitOfWork, actor: Actor, subject_type: str, subject_id: str) -> None:
        check = _CHECKS.get(subject_type)
        if check is None:
            raise not_found("这条存证", "evidence entry")
        check(work, actor, subject_id)
