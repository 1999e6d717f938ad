"""How surveys of residents are shown."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries as custody
from shuangyin.devices import opinion_queries
from shuangyin.devices.commands.opinions import signer_context
from shuangyin.devices.models import DeviceEvent
from shuangyin.devices.opinion_models import OpinionSurvey, SurveyHousehold
from shuangyin.devices.opinion_rules import Share, Term, tally
from shuangyin.devices.opinion_schemas import HouseholdOut, ShareOut, SurveyOut, TallyOut
from shuangyin.people.queries import display


def survey_out(work: UnitOfWork, actor: Actor, survey: OpinionSurvey) -> SurveyOut:
    """A survey with its tally."""
    request = custody.request(work, survey.organization_id, survey.request_id)
    people = display(work, [one for one in (survey.begun_by, survey.closed_by) if one])
    term = Term(survey.opens_at, survey.closes_at, closed=survey.closed_at is not None)
    waits = survey.closed_at is None and work.now < survey.opens_at
    return SurveyOut(
        id=survey.id,
        number=survey.number,
        request_id=request.id,
        request_number=request.number,
        request_title=request.title,
        question=survey.question,
        opens_at=survey.opens_at,
        closes_at=survey.closes_at,
        begun_by=people[survey.begun_by],
        begun_at=survey.begun_at,
        closed_at=survey.closed_at,
        closed_by=people[survey.closed_by] if survey.closed_by else None,
        state="waiting" if waits else "open" if term.holds(work.now) else "closed",
        tally=_tally_out(work, survey),
        may_record=term.holds(work.now) and actor.person_id in opinion_queries.on_site(work, request),
        may_close=survey.closed_at is None and actor.person_id == request.applicant_id,
        version=survey.version,
    )


def households_out(
    work: UnitOfWork, survey: OpinionSurvey, rows: list[SurveyHousehold]
) -> list[HouseholdOut]:
    """Households with what they said, and the press of each form."""
    people = display(work, {one.recorded_by for one in rows if one.recorded_by})
    ids = [one.event_id for one in rows if one.event_id]
    events = {one.id: one for one in work.session.scalars(select(DeviceEvent).where(DeviceEvent.id.in_(ids)))}
    gone = opinion_queries.spoiled(work, survey.request_id)
    return [
        HouseholdOut.model_validate(
            {
                "id": one.id,
                "position": one.position,
                "label": one.label,
                "area_cm2": one.area_cm2,
                "opinion": one.opinion,
                "signer": _signer(work, one),
                "remark": one.remark,
                "recorded_by": people.get(one.recorded_by or ""),
                "recorded_at": one.recorded_at,
                "press": None if (event := events.get(one.event_id or "")) is None else event.seq,
                "press_spoiled": event is not None and (event.device_id, event.seq) in gone,
            }
        )
        for one in rows
    ]


def _signer(work: UnitOfWork, household: SurveyHousehold) -> str | None:
    if household.signer is None:
        return None
    context = signer_context(household)
    return work.keyring.unwrap(household.organization_id, context, household.signer).decode()


def _tally_out(work: UnitOfWork, survey: OpinionSurvey) -> TallyOut:
    rows = opinion_queries.households(work, survey.id)
    result = tally((one.opinion, one.area_cm2) for one in rows)
    good = {one.id for one in opinion_queries.good_presses(work, survey.request_id)}
    return TallyOut(
        listed=_share_out(result.listed),
        agree=_share_out(result.agree),
        disagree=_share_out(result.disagree),
        abstain=_share_out(result.abstain),
        given=result.given,
        open=result.open,
        pressed=len(good),
        unpressed=sum(one.opinion is not None and one.event_id not in good for one in rows),
    )


def _share_out(share: Share) -> ShareOut:
    return ShareOut(households=share.households, area_cm2=share.area_cm2)
