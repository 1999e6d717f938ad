"""Who stands in for an absent approver: the port that the approvals area asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from shuangyin.approvals.ports import Delegations
from shuangyin.authority.kinds import Act
from shuangyin.authority.models import Delegation
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person, PersonStatus


class StandIns:
    """`approvals.ports.Delegations` over the delegations of authority.

    What was delegated to somebody is passed on only by a delegation that says so, never by his own absence.
    """

    def delegates_of(self, work: UnitOfWork, person_id: str, at: int) -> Sequence[str]:
        query = (
            select(Delegation)
            .join(Person, Person.id == Delegation.delegate_id)
            .where(
                Delegation.delegator_id == person_id,
                Delegation.parent_id.is_(None),
                Delegation.ended_at.is_(None),
                Delegation.from_at <= at,
                Delegation.until_at > at,
                Person.status == PersonStatus.ACTIVE,
            )
            .order_by(Delegation.id)
        )
        found = [one for one in work.session.scalars(query) if Act.APPROVE in json.loads(one.acts)]
        return tuple(dict.fromkeys(one.delegate_id for one in found))


def implementations() -> dict[type[Any], object]:
    """The port of approvals for those who stand in."""
    return {Delegations: StandIns()}
