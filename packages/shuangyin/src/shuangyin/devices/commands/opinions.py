"""Ask the households of a list on the spot: each gives its opinion once, on a form that was sealed there."""

from __future__ import annotations

from collections import Counter

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries as custody
from shuangyin.devices import errors, opinion_errors, opinion_queries
from shuangyin.devices.models import DeviceEvent
from shuangyin.devices.opinion_models import OpinionSurvey, SurveyHousehold
from shuangyin.devices.opinion_rules import Site, Term, object_to_opinion, object_to_term, tally
from shuangyin.devices.opinion_schemas import GivenOpinion, ListedHousehold, NewSurvey
from shuangyin.evidence.commands import digest_of, record
from shuangyin.requests.models import UseRequest

TOPIC = "surveys"
KIND = "residents_opinion"


def begin_survey(work: UnitOfWork, actor: Actor, new: NewSurvey) -> OpinionSurvey:
    """Begin a survey under an approved request, for its applicant.

    Raises Refused (NOT_RESIDENTS_OPINION, SURVEY_TERM), Conflict (SURVEY_EXISTS), Invalid (HOUSEHOLD_TWICE), NotFound.
    """
    request = custody.request(work, actor.organization_id, new.request_id)
    if actor.person_id != request.applicant_id:
        raise opinion_errors.not_on_site()
    approved = request.status == "approved" and request.medium == "physical"
    if request.document_kind != KIND or not approved:
        raise opinion_errors.not_about_residents()
    there = opinion_queries.surveys_of(work, actor, request.id)
    if there:
        raise opinion_errors.survey_exists(there[0].number)
    objection = object_to_term(work.now, new.opens_at, new.closes_at)
    if objection is not None:
        raise errors.refused(objection)
    _require_each_once(new.households)
    survey = OpinionSurvey(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "征询"),
        request_id=request.id,
        question=new.question,
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        begun_by=actor.person_id,
        begun_at=work.now,
    )
    work.session.add(survey)
    work.session.flush()
    work.session.add_all(
        SurveyHousehold(
            id=work.new_id(),
            organization_id=survey.organization_id,
            survey_id=survey.id,
            position=position,
            label=one.label,
            area_cm2=one.area_cm2,
        )
        for position, one in enumerate(new.households, start=1)
    )
    work.session.flush()
    rows = opinion_queries.households(work, survey.id)
    facts: dict[str, JsonValue] = {
        "survey": survey.id,
        "number": survey.number,
        "question": digest_of(survey.question),
        "households": len(rows),
        "list": digest_of(list_text(rows)),
        "opens_at": survey.opens_at,
        "closes_at": survey.closes_at,
    }
    _record(work, actor, survey, "devices.survey_begun", facts)
    return survey


def give_opinion(
    work: UnitOfWork, actor: Actor, survey_id: str, household_id: str, given: GivenOpinion
) -> SurveyHousehold:
    """Record what a household says, once, bound to the press that sealed its form.

    Raises Forbidden for who is not on the spot, Refused outside of the time or the fence, for a second opinion, without
    the seal there or before its press was told, NotFound.
    """
    survey = opinion_queries.survey(work, actor, survey_id)
    request = custody.request(work, survey.organization_id, survey.request_id)
    if actor.person_id not in opinion_queries.on_site(work, request):
        raise opinion_errors.not_on_site()
    household = opinion_queries.locked_household(work, survey.id, household_id)
    loan = opinion_queries.loan_out(work, request.id)
    row = opinion_queries.next_press(work, request.id)
    site = Site(
        seal_is_out=loan is not None,
        seal_in_device=loan is not None and opinion_queries.seal_in_device(work, loan),
        press=None if row is None else opinion_queries.press_of(work, row),
    )
    term = Term(survey.opens_at, survey.closes_at, closed=survey.closed_at is not None)
    objection = object_to_opinion(work.now, term, given=household.opinion is not None, site=site)
    if objection is not None:
        raise errors.refused(objection)
    household.opinion, household.remark = given.opinion, given.remark
    household.signer = work.keyring.wrap(
        survey.organization_id, signer_context(household), given.signer.encode()
    )
    household.loan_id = None if loan is None else loan.id
    household.event_id = None if row is None else row.id
    household.recorded_by, household.recorded_at = actor.person_id, work.now
    work.session.flush()
    _record(work, actor, survey, "devices.opinion_given", _given_facts(survey, household, given, row))
    _tell(work, survey, request)
    return household


def withdraw_opinion(
    work: UnitOfWork, actor: Actor, survey_id: str, household_id: str, reason: str
) -> SurveyHousehold:
    """Take back an opinion that was recorded wrongly, with the reason; both stay in the evidence.

    Raises Forbidden, Conflict (OPINION_NOT_GIVEN, SURVEY_CLOSED), NotFound.
    """
    survey = opinion_queries.survey(work, actor, survey_id)
    request = custody.request(work, survey.organization_id, survey.request_id)
    if actor.person_id not in opinion_queries.on_site(work, request):
        raise opinion_errors.not_on_site()
    if survey.closed_at is not None:
        raise opinion_errors.closed_already()
    household = opinion_queries.locked_household(work, survey.id, household_id)
    if household.opinion is None:
        raise opinion_errors.not_given()
    facts: dict[str, JsonValue] = {
        "survey": survey.id,
        "household": household.id,
        "opinion": household.opinion,
        "reason": digest_of(reason),
    }
    household.opinion = household.signer = household.remark = None
    household.loan_id = household.event_id = household.recorded_by = household.recorded_at = None
    work.session.flush()
    _record(work, actor, survey, "devices.opinion_withdrawn", facts)
    _tell(work, survey, request)
    return household


def close_survey(work: UnitOfWork, actor: Actor, survey_id: str, *, expected: int | None) -> OpinionSurvey:
    """End a survey, for the applicant: its result does not change any more. Raises Forbidden, Conflict, Stale."""
    survey = opinion_queries.survey(work, actor, survey_id)
    request = custody.request(work, survey.organization_id, survey.request_id)
    if expected is not None and expected != survey.version:
        raise stale_version()
    if actor.person_id != request.applicant_id:
        raise opinion_errors.not_on_site()
    if survey.closed_at is not None:
        raise opinion_errors.closed_already()
    survey.closed_at, survey.closed_by = work.now, actor.person_id
    work.session.flush()
    rows = opinion_queries.households(work, survey.id)
    result = tally((one.opinion, one.area_cm2) for one in rows)
    facts: dict[str, JsonValue] = {
        "survey": survey.id,
        "number": survey.number,
        "households": result.listed.households,
        "agree": result.agree.households,
        "disagree": result.disagree.households,
        "abstain": result.abstain.households,
        "pressed": len(opinion_queries.good_presses(work, request.id)),
    }
    _record(work, actor, survey, "devices.survey_closed", facts)
    _tell(work, survey, request)
    return survey


def signer_context(household: SurveyHousehold) -> str:
    """What the wrapped name of a signer is bound to."""
    return f"survey-household:{household.id}"


def list_text(rows: list[SurveyHousehold]) -> str:
    """The list of households as one text, whose digest is recorded."""
    return "\n".join(f"{one.position} {one.label} {one.area_cm2 or ''}" for one in rows)


def _given_facts(
    survey: OpinionSurvey, household: SurveyHousehold, given: GivenOpinion, row: DeviceEvent | None
) -> dict[str, JsonValue]:
    return {
        "survey": survey.id,
        "household": household.id,
        "opinion": given.opinion,
        "signer": digest_of(given.signer),
        "remark": digest_of(given.remark) if given.remark else None,
        "loan": household.loan_id,
        "permit": None if row is None else row.permit_id,
        "event": None if row is None else row.digest,
    }


def _require_each_once(households: list[ListedHousehold]) -> None:
    twice = [label for label, count in Counter(one.label for one in households).items() if count > 1]
    if twice:
        raise opinion_errors.listed_twice(twice[0])


def _record(
    work: UnitOfWork, actor: Actor, survey: OpinionSurvey, kind: str, facts: dict[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="request", subject_id=survey.request_id, facts=facts)


def _tell(work: UnitOfWork, survey: OpinionSurvey, request: UseRequest) -> None:
    tell_live(work, survey.organization_id, sorted(opinion_queries.on_site(work, request)), TOPIC, survey.id)
