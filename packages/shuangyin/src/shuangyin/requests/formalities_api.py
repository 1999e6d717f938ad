"""The route of formalities: which old seals may still be pressed after a rename, for what, and how often."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import NamedRef
from shuangyin.requests.formalities import presses_taken
from shuangyin.requests.formality_schemas import FormalitiesOut, FormalityOut
from shuangyin.seals.formalities import Formality, open_formalities

router = Routes(tags=["requests"])

Reader = Annotated[Actor, access("seals.read")]


@router.get("/formalities", response_model=FormalitiesOut)
def list_formalities(
    platform: PlatformOf,
    actor: Reader,
    seal_id: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$")] = None,
) -> FormalitiesOut:
    """Approved uses of old seals for formalities of a rename, while those seals are still there."""

    def query(work: UnitOfWork) -> FormalitiesOut:
        found = open_formalities(work, actor.organization_id, seal_id=seal_id)
        return FormalitiesOut(items=[_out(work, one) for one in found])

    return platform.view(query)


def _out(work: UnitOfWork, one: Formality) -> FormalityOut:
    return FormalityOut(
        id=one.id,
        seal=NamedRef(id=one.seal.id, name=one.seal.name),
        category=one.seal.category,
        purpose=one.purpose,
        recipient=one.recipient,
        presses=one.presses,
        left=max(0, one.presses - presses_taken(work, one.id)),
        approved_at=one.approved_at,
    )
