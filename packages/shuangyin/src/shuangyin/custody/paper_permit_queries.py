"""Reads of paper permits."""

from __future__ import annotations

from sqlalchemy import select

from gmseal.sm.keys import PublicKey
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Forbidden, not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import paper_permit_errors as refusals
from shuangyin.custody import queries, views
from shuangyin.custody.models import PhysicalUse, UsePhoto
from shuangyin.custody.paper_permit_code import UnreadableCode, read_code
from shuangyin.custody.paper_permit_models import PaperPermit, PaperPermitKey, PaperPermitStatus
from shuangyin.custody.paper_permit_schemas import PaperPermitOut
from shuangyin.seals.models import Seal

RIGHTS = ("custody.read", "custody.open", "custody.review", "seals.manage")


def require_sees(actor: Actor) -> None:
    """Raises Forbidden for who has nothing to do with custody."""
    if not any(actor.may(right) for right in RIGHTS):
        raise Forbidden("NOT_PERMITTED", "您的岗位没有此项权限。", "Your post does not include this right.")


def get(work: UnitOfWork, actor: Actor, permit_id: str) -> PaperPermit:
    """One paper permit of the organization. Raises Forbidden, NotFound."""
    require_sees(actor)
    found = work.session.scalar(
        select(PaperPermit).where(
            PaperPermit.id == permit_id, PaperPermit.organization_id == actor.organization_id
        )
    )
    if found is None:
        raise not_found("该备用许可", "paper permit")
    return found


def permits(
    work: UnitOfWork, actor: Actor, *, status: str | None, before: str | None, limit: int
) -> list[PaperPermit]:
    """Paper permits, newest first; `overdue` are those open past their term."""
    query = select(PaperPermit).where(PaperPermit.organization_id == actor.organization_id)
    if status == "overdue":
        query = query.where(PaperPermit.status == PaperPermitStatus.ISSUED, PaperPermit.settle_by <= work.now)
    elif status is not None:
        query = query.where(PaperPermit.status == status)
    if before is not None:
        query = query.where(PaperPermit.id < before)
    return list(work.session.scalars(query.order_by(PaperPermit.id.desc()).limit(limit)))


def by_code(work: UnitOfWork, actor: Actor, text: str) -> PaperPermit:
    """The permit whose code this is. Raises Invalid (PERMIT_FORGED) for any text that this organization did not sign."""
    row = work.session.get(PaperPermitKey, actor.organization_id)
    if row is None:
        raise refusals.forged()
    try:
        code = read_code(text.strip(), PublicKey(bytes.fromhex(row.public_key)))
    except UnreadableCode as error:
        raise refusals.forged() from error
    found = work.session.scalar(
        select(PaperPermit).where(
            PaperPermit.number == code.number, PaperPermit.organization_id == actor.organization_id
        )
    )
    if found is None or found.code != text.strip():
        raise refusals.forged()
    return found


def permit_out(work: UnitOfWork, permit: PaperPermit) -> PaperPermitOut:
    """A paper permit as it is shown."""
    people = views.People(work, [permit.issued_by, *([permit.ended_by] if permit.ended_by else [])])
    use = work.session.scalar(select(PhysicalUse).where(PhysicalUse.paper_permit_id == permit.id))
    photos = work.session.scalars(
        select(UsePhoto).where(UsePhoto.paper_permit_id == permit.id).order_by(UsePhoto.id)
    )
    issued = permit.status == PaperPermitStatus.ISSUED
    return PaperPermitOut.model_validate(
        {
            "id": permit.id,
            "number": permit.number,
            "status": permit.status,
            "overdue": issued and work.now >= permit.settle_by,
            "safe_id": permit.safe_id,
            "safe_name": queries.safe(work, permit.organization_id, permit.safe_id).name,
            "seal_id": permit.seal_id,
            "seal_name": work.session.get_one(Seal, permit.seal_id).name,
            "presses": permit.presses,
            "valid_from": permit.valid_from,
            "valid_until": permit.valid_until,
            "settle_by": permit.settle_by,
            "issued_by": people(permit.issued_by),
            "issued_at": permit.issued_at,
            "ended_by": people(permit.ended_by) if permit.ended_by else None,
            "ended_at": permit.ended_at,
            "use": None if use is None else views.use_out(work, use),
            "photos": [views.photo_out(work, photo) for photo in photos],
            "version": permit.version,
        }
    )
