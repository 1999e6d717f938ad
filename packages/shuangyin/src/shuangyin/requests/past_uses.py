"""Past uses as simulations of scenario lists ask for them (`scenarios.past_uses.PastUses`)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Counterparty
from shuangyin.organization.rules import capability_at
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.past_uses import PastUse
from shuangyin.scenarios.rules import Facts


class SubmittedUses:
    """Reads the use requests. Of the counterparty, what the register says today counts."""

    def count(self, work: UnitOfWork, organization_id: str, since: int) -> int:
        query = select(func.count()).select_from(UseRequest).where(*_submitted(organization_id, since))
        return work.session.scalar(query) or 0

    def page(
        self, work: UnitOfWork, organization_id: str, since: int, *, after: str | None, limit: int
    ) -> list[PastUse]:
        request = UseRequest
        today = beijing_time(work.now).date()
        query = (
            select(
                *(request.id, request.number, request.document_kind, request.matter, request.channel),
                *(request.amount_minor, request.currency, request.department_id, request.counterparty_id),
                *(Counterparty.takes_electronic, Counterparty.recheck_on),
            )
            .outerjoin(Counterparty, Counterparty.id == request.counterparty_id)
            .where(*_submitted(organization_id, since))
            .order_by(request.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(request.id > after)
        return [
            PastUse(
                row.id,
                row.number,
                Facts(
                    document_kind=row.document_kind,
                    matter=row.matter,
                    channel=row.channel,
                    amount_minor=row.amount_minor,
                    currency=row.currency,
                    counterparty=None
                    if row.counterparty_id is None
                    else capability_at(row.takes_electronic, row.recheck_on, today),
                    department_id=row.department_id,
                ),
            )
            for row in work.session.execute(query)
        ]


def _submitted(organization_id: str, since: int) -> tuple[ColumnElement[bool], ...]:
    return (UseRequest.organization_id == organization_id, UseRequest.submitted_at >= since)
