"""What leads to entries and how their subjects are called: joins the evidence area's port to the areas."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select

from shuangyin.audit.models import Audit, AuditFinding
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Handover, Loan, Opening, OpeningRequest, Safe
from shuangyin.custody.original_models import Original, OriginalLoan
from shuangyin.custody.paper_permit_models import PaperPermit
from shuangyin.custody.stocktake_models import Stocktake
from shuangyin.devices.models import Device
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.readers import EntryNames, Subject
from shuangyin.people.models import Person
from shuangyin.requests.models import RequestDocument, RequestSeal, UseRequest
from shuangyin.sealing.models import SealUse
from shuangyin.seals.models import Seal

MOST = 200
"""Subjects that one search follows; a digest or number that leads to more is none that tells things apart."""


class AreaEntrySubjects:
    """Asks the tables of the areas."""

    def about_digest(self, work: UnitOfWork, organization_id: str, digest: str) -> set[Subject]:
        version = DocumentVersion
        rows = work.session.execute(
            select(version.id, version.document_id)
            .where(
                version.organization_id == organization_id,
                or_(version.sm3 == digest, version.sha256 == digest, version.repaired_from_sm3 == digest),
            )
            .limit(MOST)
        )
        versions = dict(rows.tuples().all())
        asked = select(RequestDocument.request_id).where(
            RequestDocument.organization_id == organization_id,
            RequestDocument.document_version_id.in_(versions),
        )
        sealed = select(SealUse.request_id).where(
            SealUse.organization_id == organization_id,
            or_(SealUse.source_version_id.in_(versions), SealUse.sealed_version_id.in_(versions)),
        )
        requests = {*work.session.scalars(asked.limit(MOST)), *work.session.scalars(sealed.limit(MOST))}
        documents = {("document", document_id) for document_id in versions.values()}
        return documents | {("request", request_id) for request_id in requests}

    def about_number(self, work: UnitOfWork, organization_id: str, number: str) -> set[Subject]:
        asked = (
            ("request", select(UseRequest.id), UseRequest),
            ("request", select(SealUse.request_id), SealUse),
            ("opening", select(Opening.id), Opening),
            ("loan", select(Loan.id), Loan),
            ("handover", select(Handover.id), Handover),
            ("stocktake", select(Stocktake.id), Stocktake),
            ("original", select(Original.id), Original),
            ("original_loan", select(OriginalLoan.id), OriginalLoan),
            ("paper_permit", select(PaperPermit.id), PaperPermit),
            ("finding", select(AuditFinding.id), AuditFinding),
        )
        return {
            (subject_type, subject_id)
            for subject_type, query, table in asked
            for subject_id in work.session.scalars(
                query.where(table.organization_id == organization_id, table.number == number)
            )
        } | _openings_of(work, organization_id, number)

    def about_seal(self, work: UnitOfWork, organization_id: str, seal_id: str) -> set[Subject]:
        asked = (
            select(UseRequest.id)
            .join(RequestSeal, RequestSeal.request_id == UseRequest.id)
            .where(UseRequest.organization_id == organization_id, RequestSeal.seal_id == seal_id)
            .order_by(UseRequest.id.desc())
            .limit(MOST)
        )
        return {("seal", seal_id)} | {("request", found) for found in work.session.scalars(asked)}

    def names(
        self,
        work: UnitOfWork,
        organization_id: str,
        subjects: Collection[Subject],
        persons: Collection[str],
    ) -> EntryNames:
        tables = (
            ("request", UseRequest, UseRequest.number),
            ("seal", Seal, Seal.name),
            ("person", Person, Person.name),
            ("opening", Opening, Opening.number),
            ("loan", Loan, Loan.number),
            ("handover", Handover, Handover.number),
            ("stocktake", Stocktake, Stocktake.number),
            ("paper_permit", PaperPermit, PaperPermit.number),
            ("original", Original, Original.number),
            ("original_loan", OriginalLoan, OriginalLoan.number),
            ("safe", Safe, Safe.name),
            ("device", Device, Device.name),
            ("audit", Audit, Audit.month),
            ("finding", AuditFinding, AuditFinding.number),
        )
        named: dict[Subject, str] = {}
        for subject_type, table, column in tables:
            wanted = {subject_id for found, subject_id in subjects if found == subject_type}
            if wanted:
                query = select(table.id, column).where(
                    table.organization_id == organization_id, table.id.in_(wanted)
                )
                rows = work.session.execute(query).tuples().all()
                named |= {(subject_type, row_id): name for row_id, name in rows}
        people = select(Person.id, Person.name).where(
            Person.organization_id == organization_id, Person.id.in_(persons)
        )
        return EntryNames(named, dict(work.session.execute(people).tuples().all()))


def _openings_of(work: UnitOfWork, organization_id: str, number: str) -> set[Subject]:
    """The openings in which a request of this number was served."""
    query = (
        select(OpeningRequest.opening_id)
        .join(UseRequest, UseRequest.id == OpeningRequest.request_id)
        .where(UseRequest.organization_id == organization_id, UseRequest.number == number)
    )
    return {("opening", opening_id) for opening_id in work.session.scalars(query)}
