"""On what occasion a physical seal is pressed: an opening of its safe, a loan that it is out on, or a paper
permit while devices or the network fail."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.models import Loan, Opening, PhysicalUse, UsePhoto
from shuangyin.custody.original_models import OriginalLoan
from shuangyin.custody.paper_permit_models import PaperPermit
from shuangyin.requests.models import UseRequest


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where presses and photos belong, who presses, who answers for the count, and who is there.

    Exactly one of the ids is set. `begun_at` is when the seal left its slot, UTC milliseconds. On a loan of originals
    nothing is pressed: only the photo of their return belongs to it.
    """

    opening_id: str | None
    loan_id: str | None
    presser_id: str
    reviewer_id: str
    present: frozenset[str]
    begun_at: int
    paper_permit_id: str | None = None
    original_loan_id: str | None = None

    @property
    def subject(self) -> tuple[str, str]:
        """What the evidence of it is filed under: the type and the id."""
        if self.paper_permit_id is not None:
            return ("paper_permit", self.paper_permit_id)
        if self.original_loan_id is not None:
            return ("original_loan", self.original_loan_id)
        return ("loan", self.loan_id) if self.loan_id is not None else ("opening", self.opening_id or "")

    def of(self, table: type[PhysicalUse | UsePhoto | PressCheck]) -> ColumnElement[bool]:
        """The condition for uses, photos or checks of this occasion."""
        if self.loan_id is not None:
            return table.loan_id == self.loan_id
        if self.paper_permit_id is not None and not issubclass(table, PressCheck):
            return table.paper_permit_id == self.paper_permit_id
        if self.original_loan_id is not None and issubclass(table, UsePhoto):
            return table.original_loan_id == self.original_loan_id
        return table.opening_id == self.opening_id


def at_safe(opening: Opening) -> Occasion:
    """The custodian presses, the reviewer watches."""
    return Occasion(
        opening_id=opening.id,
        loan_id=None,
        presser_id=opening.custodian_id,
        reviewer_id=opening.reviewer_id,
        present=frozenset({opening.custodian_id, opening.reviewer_id}),
        begun_at=opening.opened_at or opening.requested_at,
    )


def on_loan(loan: Loan, request: UseRequest) -> Occasion:
    """The escort presses, beside the applicant who brings the paper; the custodian answers for the count at return."""
    return Occasion(
        opening_id=None,
        loan_id=loan.id,
        presser_id=loan.escort_id,
        reviewer_id=loan.custodian_id,
        present=frozenset({loan.escort_id, request.applicant_id}),
        begun_at=loan.out_at or loan.requested_at,
    )


def under_paper_permit(permit: PaperPermit) -> Occasion:
    """Who pressed and who watched as written on the permit's paper."""
    presser, reviewer = permit.presser_id or "", permit.reviewer_id or ""
    return Occasion(
        opening_id=None,
        loan_id=None,
        presser_id=presser,
        reviewer_id=reviewer,
        present=frozenset({presser, reviewer}),
        begun_at=permit.valid_from,
        paper_permit_id=permit.id,
    )


def of_originals(loan: OriginalLoan, custodian_id: str) -> Occasion:
    """The return of originals: the borrower brings them, the custodian looks at them; nothing is pressed."""
    return Occasion(
        opening_id=None,
        loan_id=None,
        presser_id=loan.borrower_id,
        reviewer_id=custodian_id,
        present=frozenset({loan.borrower_id, custodian_id}),
        begun_at=loan.out_at or loan.requested_at,
        original_loan_id=loan.id,
    )
