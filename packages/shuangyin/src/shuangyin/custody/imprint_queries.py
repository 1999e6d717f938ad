"""Reads of compared imprints."""

from __future__ import annotations

import json

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import imprint_errors, views
from shuangyin.custody.imprint_models import ImprintComparison
from shuangyin.custody.imprint_schemas import ImprintComparisonOut
from shuangyin.seals.models import Medium, Seal
from shuangyin.seals.queries import get as seal_of

DECIDES = "custody.review"


def specimen_of(work: UnitOfWork, actor: Actor, seal_id: str) -> tuple[Seal, StoredObject]:
    """A physical seal and its filed specimen. Raises Refused (NO_SPECIMEN), Forbidden, NotFound."""
    actor.require("custody.read")
    seal = seal_of(work, actor.organization_id, seal_id)
    if seal.medium != Medium.PHYSICAL or seal.specimen_object_id is None:
        raise imprint_errors.no_specimen(seal.name)
    return seal, work.session.get_one(StoredObject, seal.specimen_object_id)


def comparison(work: UnitOfWork, actor: Actor, comparison_id: str) -> ImprintComparison:
    """One compared imprint, for who may read custody. Raises Forbidden, NotFound."""
    actor.require("custody.read")
    found = work.session.scalar(
        select(ImprintComparison).where(
            ImprintComparison.id == comparison_id,
            ImprintComparison.organization_id == actor.organization_id,
        )
    )
    if found is None:
        raise not_found("该次印文比对", "comparison")
    return found


def comparisons(
    work: UnitOfWork, actor: Actor, seal_id: str, *, before: str | None, limit: int
) -> list[ImprintComparison]:
    """The compared imprints of a seal, newest first."""
    query = select(ImprintComparison).where(
        ImprintComparison.organization_id == actor.organization_id, ImprintComparison.seal_id == seal_id
    )
    if before is not None:
        query = query.where(ImprintComparison.id < before)
    return list(work.session.scalars(query.order_by(ImprintComparison.id.desc()).limit(limit)))


def comparison_out(work: UnitOfWork, actor: Actor, found: ImprintComparison) -> ImprintComparisonOut:
    """A compared imprint as it is shown."""
    people = views.People(work, [one for one in (found.compared_by, found.decided_by) if one])
    path = f"/api/v1/imprint-comparisons/{found.id}"
    return ImprintComparisonOut.model_validate(
        {
            **{
                name: getattr(found, name)
                for name in (
                    "id", "seal_id", "use_id", "scan_sm3", "specimen_sm3", "verdict", "compared_at", "decision",
                    "decision_note", "decided_at", "version",
                )
            },
            "seal_name": work.session.get_one(Seal, found.seal_id).name,
            "scan_url": f"{path}/scan",
            "overlay_url": f"{path}/overlay" if found.overlay_object_id else None,
            "reasons": json.loads(found.reasons),
            "compared_by": people(found.compared_by),
            "decided_by": people(found.decided_by) if found.decided_by else None,
            "may_decide": actor.may(DECIDES) and found.decision is None,
        }
    )  # fmt: skip
