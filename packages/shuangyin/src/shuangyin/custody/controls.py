"""The controls of the scenario list at the safe: what must be there before a press, with it, and before closing.

Each function is one place where a control is enforced; `shuangyin.enforced_controls` names them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors
from shuangyin.custody.checklist_queries import latest_check
from shuangyin.custody.checklist_rules import POINTS, Checked, object_to_press
from shuangyin.custody.models import PhotoMoment, PhysicalUse, PrintCopy, UsePhoto
from shuangyin.custody.occasions import Occasion
from shuangyin.custody.ports import SmartKeeping
from shuangyin.people.commands.step_up import Strength
from shuangyin.requests import queries as requests
from shuangyin.requests.controls import controls_of_request
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.seals.models import Seal

_RANK: tuple[Strength, ...] = ("window", "each", "face", "two_factors")
FOR_DEVICES = ("fence",)


def uncovered(work: UnitOfWork, request: UseRequest) -> list[tuple[str, str]]:
    """The controls that only a device can see to and none does, each with the seal it is missing at."""
    return _unseen(work, request, FOR_DEVICES)


def _unseen(work: UnitOfWork, request: UseRequest, names: Sequence[str]) -> list[tuple[str, str]]:
    controls = controls_of_request(request)
    asked = [name for name in names if getattr(controls, name)]
    if not asked:
        return []
    keeping = work.port(SmartKeeping)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    return [
        (control, line.seal_id)
        for line in requests.seals_of(work, request.id)
        for control in asked
        if not keeping.sees_to(work, request.organization_id, line.seal_id, control)
    ]


def require_covered(work: UnitOfWork, request: UseRequest) -> None:
    """Raises Refused (NEEDS_SMART_SEAL) where a fence is asked for and no device sees to it.

    A recorded exception takes the rule, and with it the control, out of the decision.
    """
    missing = uncovered(work, request)
    if missing:
        control, seal_id = missing[0]
        raise errors.needs_smart_seal(request.number, work.session.get_one(Seal, seal_id).name, control)


def require_stub(request: UseRequest) -> None:
    """Raises Refused (STUB_MISSING) for a paper from the stub book without its number."""
    if controls_of_request(request).stub_numbered and request.stub_number is None:
        raise errors.stub_missing(request.number)


def factor_for(work: UnitOfWork, asked: Sequence[UseRequest]) -> Strength:
    """What both persons show to open the safe for these requests: the strictest that any of them asks.

    A confirmation is made for exactly one opening, whose list is fixed, so that it is one each time.
    """
    wanted: list[Strength] = ["each"]
    for request in asked:
        if controls_of_request(request).second_factor == "two_factors":
            wanted.append("two_factors")
        if _unseen(work, request, ("face_check",)):
            # No device looks at the face at each press: who opens shows it here, or two factors of other kinds.
            wanted.append("face")
    return max(wanted, key=_RANK.index)


def require_before_press(work: UnitOfWork, occasion: Occasion, request: UseRequest, copies: int) -> None:
    """What must be there before a press is registered: the controlled prints, and the photos taken before it.

    A paper that exists only on paper is photographed by both persons who are there. Raises Refused (PRINT_MISSING,
    PHOTO_BEFORE_MISSING, COPIES_EXCEEDED).
    """
    if copies > request.copies:
        raise errors.more_copies(request.copies)
    controls = controls_of_request(request)
    if controls.watermark:
        _require_prints(work, request)
    wanted: frozenset[str] = frozenset()
    if controls.paper_only:
        wanted = occasion.present
    taken = _before(work, occasion, request)
    if ("before" in controls.photo_moments and not taken) or not wanted <= taken:
        raise errors.photo_before_missing(by_both=controls.paper_only, on_loan=occasion.loan_id is not None)


def require_checked(work: UnitOfWork, occasion: Occasion, request: UseRequest) -> None:
    """Raises Refused (PRESS_UNCHECKED, PRESS_CHECK_FAILED, SUPERVISOR_MISSING) when the paper was not checked before it
    is pressed, a point failed, or the supervisor that the list asks for was not there."""
    latest = latest_check(work, occasion, request.id)
    checked = None
    if latest is not None:
        holds = frozenset(point for point in POINTS if getattr(latest, point))
        checked = Checked(holds, latest.supervisor_id is not None)
    asks = controls_of_request(request).supervisor
    objection = object_to_press(request.number, checked, asks_supervisor=asks)
    if objection is not None:
        raise errors.refused(objection)


def require_photos(
    work: UnitOfWork, occasion: Occasion, asked: Sequence[UseRequest], photos: Sequence[UsePhoto]
) -> None:
    """What must be photographed before the safe is shut.

    Every use has a photo of the stamped document, and one with spoiled presses a photo of the cut sheets; with
    `each_copy` a request has as many as copies were stamped, of whichever of its seals, with `each_press` as many as
    good presses; with the moments pressing and back in place, one of each use and one of the seals in their
    place. Raises Refused (PHOTO_MISSING, PHOTO_SPOILED_MISSING, PHOTO_OF_EACH_COPY, PHOTO_OF_EACH_PRESS,
    PHOTO_PRESSING_MISSING, PHOTO_RETURNED_MISSING).
    """
    uses = list(work.session.scalars(select(PhysicalUse).where(occasion.of(PhysicalUse))))
    shown = {photo.use_id for photo in photos if photo.moment == PhotoMoment.DOCUMENT}
    cut = {photo.use_id for photo in photos if photo.moment == PhotoMoment.SPOILED}
    for use in uses:
        if use.id not in shown:
            raise errors.photo_missing(use.number)
        if use.spoiled and use.id not in cut:
            raise errors.photo_spoiled_missing(use.number)
    for request in asked:
        mine = [use for use in uses if use.request_id == request.id]
        if mine:
            _require_photos_of(request, mine, photos)


def _require_photos_of(request: UseRequest, uses: Sequence[PhysicalUse], photos: Sequence[UsePhoto]) -> None:
    controls, own = controls_of_request(request), {use.id for use in uses}
    there = sum(photo.moment == PhotoMoment.DOCUMENT and photo.use_id in own for photo in photos)
    copies = max(use.copies for use in uses)
    if controls.photo == "each_copy" and there < copies:
        raise errors.photo_of_each_copy(request.number, copies, there)
    presses = sum(use.normal + use.seam + use.cover for use in uses)
    if controls.photo == "each_press" and there < presses:
        raise errors.photo_of_each_press(request.number, presses, there)
    pressing = {photo.use_id for photo in photos if photo.moment == PhotoMoment.PRESSING}
    if "pressing" in controls.photo_moments:
        for use in uses:
            if use.id not in pressing:
                raise errors.photo_pressing_missing(use.number)
    returned = any(photo.moment == PhotoMoment.RETURNED for photo in photos)
    if "back_in_place" in controls.photo_moments and not returned:
        raise errors.photo_returned_missing()


def seam_is_pressed(request: UseRequest, lines: Sequence[RequestSeal], uses: Sequence[PhysicalUse]) -> bool:
    """Whether a riding seam that the list asks for is on the paper; without it the request is not done."""
    if controls_of_request(request).seam != "required" or not any(line.seam_presses for line in lines):
        return True
    return any(use.seam for use in uses)


def _require_prints(work: UnitOfWork, request: UseRequest) -> None:
    printed = set(
        work.session.scalars(select(PrintCopy.document_version_id).where(PrintCopy.request_id == request.id))
    )
    if any(one.document_version_id not in printed for one in requests.documents_of(work, request.id)):
        raise errors.print_missing(request.number)


def _before(work: UnitOfWork, occasion: Occasion, request: UseRequest) -> set[str]:
    """Who took a photo of the request's paper before it was pressed, on this occasion."""
    query = select(UsePhoto.taken_by).where(
        occasion.of(UsePhoto),
        UsePhoto.request_id == request.id,
        UsePhoto.moment == PhotoMoment.BEFORE,
    )
    return set(work.session.scalars(query))
