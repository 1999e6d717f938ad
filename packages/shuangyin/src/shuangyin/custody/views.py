"""How custody is shown: rows joined with persons, seals and requests into API shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from shuangyin.approvals.queries import approvers_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries
from shuangyin.custody.checklist_queries import checks_of, checks_out
from shuangyin.custody.controls import uncovered
from shuangyin.custody.keeping_queries import back_by
from shuangyin.custody.models import Opening, PhysicalUse, PrintCopy, Safe, SafeSlot, UsePhoto
from shuangyin.custody.occasions import at_safe
from shuangyin.custody.rules import Presses, spare_for, total_of
from shuangyin.custody.schemas import (
    OpeningOut,
    OpeningSealOut,
    PhotoOut,
    PhysicalUseOut,
    PrintOut,
    SafeOut,
    SafeSealOut,
    WaitingRequestOut,
)
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.requests import queries as requests
from shuangyin.requests.controls import controls_of_request
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.schemas import ControlsBody
from shuangyin.sealing.models import SealUse
from shuangyin.seals.models import Seal


class People:
    """Looks up persons once and gives them out by id."""

    def __init__(self, work: UnitOfWork, ids: Iterable[str]) -> None:
        self._found = display(work, sorted(set(ids)))

    def __call__(self, person_id: str) -> PersonRef:
        return self._found.get(person_id) or PersonRef(id=person_id, name="—", post=None)


def safe_out(work: UnitOfWork, safe: Safe) -> SafeOut:
    """A safe with its seals."""
    people = People(work, [safe.custodian_id])
    seals = [
        SafeSealOut(
            seal_id=seal.id, name=seal.name, slot=place.slot, status=seal.status, whereabouts=seal.whereabouts
        )
        for place, seal in queries.seals_in(work, safe.id)
    ]
    return SafeOut(
        id=safe.id,
        name=safe.name,
        place=safe.place,
        custodian=people(safe.custodian_id),
        seals=seals,
        version=safe.version,
    )


def waiting_out(work: UnitOfWork, request: UseRequest) -> WaitingRequestOut:
    """An approved request with what is permitted and used per seal."""
    approvers = approvers_of(work, request.route_id)
    people = People(work, [request.applicant_id, *approvers])
    lines = queries.lines_of(work, request.id)
    places = {place.safe_id for line, _ in lines if (place := _place(work, line.seal_id)) is not None}
    return WaitingRequestOut(
        id=request.id,
        number=request.number,
        title=request.title,
        reason=request.reason,
        copies=request.copies,
        applicant=people(request.applicant_id),
        approvers=[people(person_id) for person_id in approvers],
        approved_at=request.approved_at,
        paper_description=request.paper_description,
        paper_place=request.paper_place,
        stub_number=request.stub_number,
        controls=ControlsBody.model_validate(controls_of_request(request)),
        uncovered=_uncovered(work, request),
        document_version_ids=[one.document_version_id for one in requests.documents_of(work, request.id)],
        prints=prints_out(work, queries.prints_of(work, request.id)),
        safe_id=places.pop() if len(places) == 1 else None,
        seals=[
            _seal_out(work, request, line.seal_id, seal, line.presses_applied, line.seam_presses)
            for line, seal in lines
        ],
    )


def opening_out(work: UnitOfWork, opening: Opening) -> OpeningOut:
    """An opening with all that happened in it."""
    photos = queries.photos_of(work, at_safe(opening))
    people = People(work, [opening.custodian_id, opening.reviewer_id, *(photo.taken_by for photo in photos)])
    uses = queries.register(
        work, opening.organization_id, queries.RegisterFilter(opening_id=opening.id), limit=500
    )
    return OpeningOut(
        id=opening.id,
        number=opening.number,
        status=opening.status,
        safe=safe_out(work, queries.safe(work, opening.organization_id, opening.safe_id)),
        custodian=people(opening.custodian_id),
        reviewer=people(opening.reviewer_id),
        requested_at=opening.requested_at,
        expires_at=opening.confirm_by,
        custodian_confirmed_at=opening.custodian_confirmed_at,
        reviewer_confirmed_at=opening.reviewer_confirmed_at,
        opened_at=opening.opened_at,
        closes_by=opening.closes_by,
        return_by=back_by(work, opening),
        late_at=opening.late_at,
        closed_at=opening.closed_at,
        requests=[waiting_out(work, request) for request in queries.requests_of(work, opening)],
        checks=checks_out(work, checks_of(work, at_safe(opening))),
        uses=[use_out(work, use, photos) for use in reversed(uses)],
        photos=[_photo_out(photo, people) for photo in photos],
        version=opening.version,
    )


def use_out(work: UnitOfWork, use: PhysicalUse, photos: Sequence[UsePhoto] | None = None) -> PhysicalUseOut:
    """A line of the register."""
    request = queries.request(work, use.organization_id, use.request_id)
    seal = work.session.get_one(Seal, use.seal_id)
    seal_use = work.session.get_one(SealUse, use.seal_use_id)
    approvers = approvers_of(work, request.route_id)
    mine = [
        photo
        for photo in (queries.photos_of_use(work, use.id) if photos is None else photos)
        if photo.use_id == use.id
    ]
    people = People(
        work, [request.applicant_id, use.presser_id, use.reviewer_id, *approvers, *(p.taken_by for p in mine)]
    )
    return PhysicalUseOut(
        id=use.id,
        number=use.number,
        opening_id=use.opening_id,
        loan_id=use.loan_id,
        paper_permit_id=use.paper_permit_id,
        request_id=use.request_id,
        request_number=request.number,
        title=request.title,
        reason=request.reason,
        seal_id=seal.id,
        seal_name=seal.name,
        seal_code=seal.seal_code,
        copies=use.copies,
        applied=use.applied,
        normal=use.normal,
        seam=use.seam,
        cover=use.cover,
        spoiled=use.spoiled,
        applicant=people(request.applicant_id),
        approvers=[people(person_id) for person_id in approvers],
        presser=people(use.presser_id),
        reviewer=people(use.reviewer_id),
        pressed_at=use.pressed_at,
        returned_at=queries.returned_at(work, use),
        photos=[_photo_out(photo, people) for photo in mine],
        verification_url=f"{work.settings.public_url}/v/{seal_use.token}",
        remark=use.remark,
    )


def photo_out(work: UnitOfWork, photo: UsePhoto) -> PhotoOut:
    """One photo by itself."""
    return _photo_out(photo, People(work, [photo.taken_by]))


def _photo_out(photo: UsePhoto, people: People) -> PhotoOut:
    return PhotoOut(
        id=photo.id,
        request_id=photo.request_id,
        use_id=photo.use_id,
        moment=photo.moment,
        sm3=photo.sm3,
        taken_by=people(photo.taken_by),
        taken_at=photo.taken_at,
        url=f"/api/v1/custody/photos/{photo.id}",
    )


def _seal_out(
    work: UnitOfWork, request: UseRequest, seal_id: str, seal: Seal, normal: int, seam: int
) -> OpeningSealOut:
    uses = queries.uses_of_line(work, request.id, seal_id)
    used = total_of(Presses(use.normal, use.seam, use.cover, use.spoiled) for use in uses)
    return OpeningSealOut(
        seal_id=seal_id,
        name=seal.name,
        permitted_normal=normal,
        permitted_seam=seam,
        spare=spare_for(normal + seam),
        used_normal=used.normal,
        used_seam=used.seam,
        used_cover=used.cover,
        spoiled=used.spoiled,
    )


def prints_out(work: UnitOfWork, prints: Sequence[PrintCopy]) -> list[PrintOut]:
    """Controlled prints of one request."""
    people = People(work, [one.made_by for one in prints])
    return [
        PrintOut(
            id=one.id,
            number=one.number,
            request_id=one.request_id,
            document_version_id=one.document_version_id,
            source_sm3=one.source_sm3,
            sm3=one.sm3,
            copies=one.copies,
            made_by=people(one.made_by),
            made_at=one.made_at,
            url=f"/api/v1/prints/{one.id}/content",
        )
        for one in prints
    ]


def _uncovered(work: UnitOfWork, request: UseRequest) -> list[Literal["fence"]]:
    return ["fence"] if uncovered(work, request) else []


def _place(work: UnitOfWork, seal_id: str) -> SafeSlot | None:
    return work.session.get(SafeSlot, seal_id)
