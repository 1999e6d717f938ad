"""Reads of compared imprints."""

from __future__ import annotations

import json
from typing import Literal, TypeAlias

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import imprint_errors, views
from shuangyin.custody.imprint_models import ImprintComparison
from shuangyin.custody.imprint_schemas import ImprintComparisonOut, ImprintUseOut
from shuangyin.custody.models import PhysicalUse
from shuangyin.requests.models import UseRequest
from shuangyin.seals.models import Medium, Seal
from shuangyin.seals.pictures import preview_png
from shuangyin.seals.queries import get as seal_of

DECIDES = "custody.review"
Part: TypeAlias = Literal["scan", "specimen", "overlay"]
"""The pictures of a comparison."""
WATERMARK = "仅供比对"


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


def picture_of(work: UnitOfWork, found: ImprintComparison, part: Part) -> tuple[bytes, str]:
    """The scan, the specimen of that time, or both on one another, with its media type. Raises NotFound.

    The specimen carries a watermark, like every picture of a seal that is shown: the clean one is what forgers want.
    """
    if part == "specimen":
        seal = work.session.get_one(Seal, found.seal_id)
        content = work.objects.read(_specimen_then(work, seal, found))
        return preview_png(content, seal.width_mm, seal.height_mm, WATERMARK, grey=False), "image/png"
    object_id = found.scan_object_id if part == "scan" else found.overlay_object_id
    if object_id is None:
        raise imprint_errors.no_overlay()
    stored = work.session.get_one(StoredObject, object_id)
    return work.objects.read(stored), stored.media_type


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
            "use": _use_out(work, found.use_id),
            "scan_url": f"{path}/scan",
            "specimen_url": f"{path}/specimen",
            "overlay_url": f"{path}/overlay" if found.overlay_object_id else None,
            "reasons": json.loads(found.reasons),
            "compared_by": people(found.compared_by),
            "decided_by": people(found.decided_by) if found.decided_by else None,
            "may_decide": actor.may(DECIDES) and found.decision is None,
        }
    )  # fmt: skip


def _specimen_then(work: UnitOfWork, seal: Seal, found: ImprintComparison) -> StoredObject:
    """The specimen that was filed at the time: it may have been replaced since, and its bytes stay."""
    filed = work.session.get(StoredObject, seal.specimen_object_id) if seal.specimen_object_id else None
    if filed is not None and filed.sm3 == found.specimen_sm3:
        return filed
    earlier = work.session.scalar(
        select(StoredObject)
        .where(StoredObject.organization_id == found.organization_id, StoredObject.sm3 == found.specimen_sm3)
        .limit(1)
    )
    if earlier is None:
        raise not_found("当时的留存印模", "specimen of that time")
    return earlier


def _use_out(work: UnitOfWork, use_id: str | None) -> ImprintUseOut | None:
    if use_id is None:
        return None
    use = work.session.get_one(PhysicalUse, use_id)
    request = work.session.get_one(UseRequest, use.request_id)
    return ImprintUseOut(id=use.id, number=use.number, request_id=request.id, request_number=request.number)
