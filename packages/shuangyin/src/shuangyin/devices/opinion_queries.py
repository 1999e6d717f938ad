"""Reads of residents' opinions: surveys, households, and the presses that sealed their forms."""

from __future__ import annotations

from sqlalchemy import select

from sealdevice.event import EventKind, read_event_body
from sealdevice.fields import read_object
from sealdevice.judging import within
from sealdevice.permit import read_permit_body
from sealdevice.record import read_record
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Loan, LoanSeal, LoanStatus
from shuangyin.devices.models import Device, DeviceEvent, DevicePermit
from shuangyin.devices.opinion_models import OpinionSurvey, SurveyHousehold
from shuangyin.devices.opinion_rules import Press
from shuangyin.requests import queries as requests
from shuangyin.requests.models import UseRequest


def survey(work: UnitOfWork, actor: Actor, survey_id: str) -> OpinionSurvey:
    """One survey, for who may see its request or takes part in its loan. Raises NotFound."""
    found = work.session.scalar(
        select(OpinionSurvey).where(
            OpinionSurvey.id == survey_id, OpinionSurvey.organization_id == actor.organization_id
        )
    )
    if found is None or not _sees(work, actor, found.request_id):
        raise not_found("该征询", "survey")
    return found


def surveys_of(work: UnitOfWork, actor: Actor, request_id: str) -> list[OpinionSurvey]:
    """The survey of a request, if there is one and the actor may see it."""
    query = select(OpinionSurvey).where(
        OpinionSurvey.request_id == request_id, OpinionSurvey.organization_id == actor.organization_id
    )
    return [one for one in work.session.scalars(query) if _sees(work, actor, one.request_id)]


def households(work: UnitOfWork, survey_id: str) -> list[SurveyHousehold]:
    """The households of a survey, in the order of the list."""
    query = select(SurveyHousehold).where(SurveyHousehold.survey_id == survey_id)
    return list(work.session.scalars(query.order_by(SurveyHousehold.position)))


def locked_household(work: UnitOfWork, survey_id: str, household_id: str) -> SurveyHousehold:
    """One household that is about to be changed. Raises NotFound."""
    found = work.session.scalar(
        select(SurveyHousehold)
        .where(SurveyHousehold.id == household_id, SurveyHousehold.survey_id == survey_id)
        .with_for_update()
    )
    if found is None:
        raise not_found("名单中的该户", "household in this survey")
    return found


def loan_out(work: UnitOfWork, request_id: str) -> Loan | None:
    """The loan on which the seals of a request are out now."""
    query = select(Loan).where(Loan.request_id == request_id, Loan.status == LoanStatus.OUT)
    return work.session.scalars(query.order_by(Loan.id)).first()


def on_site(work: UnitOfWork, request: UseRequest) -> set[str]:
    """Who records opinions: the applicant, and escort and custodian of the loan that is out."""
    loan = loan_out(work, request.id)
    return {request.applicant_id} | ({loan.escort_id, loan.custodian_id} if loan is not None else set())


def seal_in_device(work: UnitOfWork, loan: Loan) -> bool:
    """Whether a seal of the loan sits in a device, or was pressed by one on it."""
    lent = select(LoanSeal.seal_id).where(LoanSeal.loan_id == loan.id)
    held = work.session.scalar(select(Device.id).where(Device.seal_id.in_(lent)).limit(1))
    used = work.session.scalar(select(DevicePermit.id).where(DevicePermit.loan_id == loan.id).limit(1))
    failed = work.session.scalar(
        select(DevicePermit.id)
        .where(DevicePermit.loan_id == loan.id, DevicePermit.failed_at.is_not(None))
        .limit(1)
    )
    return held is not None or (used is not None and failed is None)


def good_presses(work: UnitOfWork, request_id: str) -> list[DeviceEvent]:
    """The presses that devices made under a request, oldest first, without those declared spoiled."""
    pressed = _events(work, request_id, EventKind.PRESSED)
    gone = spoiled(work, request_id)
    return [one for one in pressed if (one.device_id, one.seq) not in gone]


def spoiled(work: UnitOfWork, request_id: str) -> set[tuple[str, int]]:
    """Device and number of the presses under a request that were declared spoiled."""
    return {
        (row.device_id, event.about)
        for row in _events(work, request_id, EventKind.SPOILED)
        if (event := read_event_body(read_object(read_record(row.record.encode()).body))).about is not None
    }


def next_press(work: UnitOfWork, request_id: str) -> DeviceEvent | None:
    """The oldest good press under a request that sealed no household's form yet."""
    presses = good_presses(work, request_id)
    query = select(SurveyHousehold.event_id).where(SurveyHousehold.event_id.in_([one.id for one in presses]))
    claimed = set(work.session.scalars(query))
    return next((one for one in presses if one.id not in claimed), None)


def press_of(work: UnitOfWork, row: DeviceEvent) -> Press:
    """When a press was made, and whether its signed position is within the fence of its permit."""
    event = read_event_body(read_object(read_record(row.record.encode()).body))
    permit = work.session.get(DevicePermit, row.permit_id or "")
    fence = None
    if permit is not None:
        fence = read_permit_body(read_object(read_record(permit.record.encode()).body)).fence
    inside = None if fence is None else event.position is not None and within(fence, event.position)
    return Press(event.time, inside)


def _events(work: UnitOfWork, request_id: str, kind: EventKind) -> list[DeviceEvent]:
    query = (
        select(DeviceEvent)
        .join(DevicePermit, DevicePermit.id == DeviceEvent.permit_id)
        .where(
            DevicePermit.request_id == request_id,
            DevicePermit.device_id == DeviceEvent.device_id,
            DeviceEvent.kind == kind.value,
        )
        .order_by(DeviceEvent.id)
    )
    return list(work.session.scalars(query))


def _sees(work: UnitOfWork, actor: Actor, request_id: str) -> bool:
    if requests.may_read(work, actor, request_id):
        return True
    parties = select(Loan.custodian_id, Loan.escort_id).where(Loan.request_id == request_id)
    return any(actor.person_id in one for one in work.session.execute(parties).tuples())
