"""How loans are shown."""

from __future__ import annotations

from collections.abc import Mapping

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries, views
from shuangyin.custody.checklist_queries import checks_of, checks_out
from shuangyin.custody.loan_rules import state_of
from shuangyin.custody.loan_schemas import LoanOut, LoanSealOut, PartyOut
from shuangyin.custody.models import Loan
from shuangyin.custody.occasions import on_loan
from shuangyin.requests.controls import controls_of_request
from shuangyin.scenarios.schemas import ControlsBody


def loan_out(work: UnitOfWork, loan: Loan) -> LoanOut:
    """A loan with all that happened on it."""
    request = queries.request(work, loan.organization_id, loan.request_id)
    parties = {"custodian": loan.custodian_id, "escort": loan.escort_id}
    people = views.People(work, [*parties.values(), request.applicant_id])
    wanted = queries.RegisterFilter(loan_id=loan.id)
    uses = queries.register(work, loan.organization_id, wanted, limit=500)
    photos = queries.photos_of(work, on_loan(loan, request))
    lines = queries.loan_seals(work, loan.id)
    lent = {seal.id for _, seal, _ in lines}
    return LoanOut(
        id=loan.id,
        number=loan.number,
        state=state_of(work.now, status=loan.status, due_at=loan.due_at),
        request_id=request.id,
        request_number=request.number,
        request_title=request.title,
        place=loan.place,
        purpose=loan.purpose,
        custodian=people(loan.custodian_id),
        escort=people(loan.escort_id),
        applicant=people(request.applicant_id),
        from_at=loan.from_at,
        due_at=loan.due_at,
        requested_at=loan.requested_at,
        out_at=loan.out_at,
        back_at=loan.back_at,
        overdue_at=loan.overdue_at,
        escalated_at=loan.escalated_at,
        seals=[
            LoanSealOut(
                seal_id=seal.id,
                name=seal.name,
                safe_name=safe.name,
                slot=line.slot,
                whereabouts=seal.whereabouts,
            )
            for line, seal, safe in lines
        ],
        permitted=[one for one in views.waiting_out(work, request).seals if one.seal_id in lent],
        controls=ControlsBody.model_validate(controls_of_request(request)),
        out=parties_out(work, people, loan.id, "out", parties),
        back=parties_out(work, people, loan.id, "back", parties),
        checks=checks_out(work, checks_of(work, on_loan(loan, request))),
        uses=[views.use_out(work, use) for use in reversed(uses)],
        photos=[views.photo_out(work, photo) for photo in photos],
        version=loan.version,
    )


def parties_out(
    work: UnitOfWork, people: views.People, subject_id: str, phase: str, parties: Mapping[str, str]
) -> list[PartyOut]:
    """Who is to confirm a phase, and who did."""
    there = queries.confirmations(work, subject_id, phase)
    return [
        PartyOut(
            role=role,
            person=people(person_id),
            confirmed_at=there[role].confirmed_at if role in there else None,
        )
        for role, person_id in parties.items()
    ]
