"""Routes of residents' opinions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import opinion_queries
from shuangyin.devices.commands import opinions
from shuangyin.devices.opinion_schemas import (
    GivenOpinion,
    HouseholdOut,
    NewSurvey,
    SurveyOut,
    WithdrawnOpinion,
)
from shuangyin.devices.opinion_views import households_out, survey_out
from shuangyin.people.schemas import Id

router = Routes(prefix="/opinion-surveys", tags=["devices"])


@router.post("", status_code=201, response_model=SurveyOut)
def begin_survey(body: NewSurvey, actor: SignedIn, write: Write) -> SurveyOut | Response:
    """Begin a survey of the households of a list, for the applicant of an approved request."""
    return write.run(
        actor, lambda work: survey_out(work, actor, opinions.begin_survey(work, actor, body)), status=201
    )


@router.get("", response_model=list[SurveyOut])
def surveys_of_request(
    platform: PlatformOf, actor: SignedIn, request_id: Annotated[str, Query(max_length=32)]
) -> list[SurveyOut]:
    """The survey of a request; empty when there is none."""
    return platform.view(
        lambda work: [
            survey_out(work, actor, one) for one in opinion_queries.surveys_of(work, actor, request_id)
        ]
    )


@router.get("/{survey_id}", response_model=SurveyOut)
def read_survey(survey_id: Id, platform: PlatformOf, actor: SignedIn) -> SurveyOut:
    """One survey with its tally."""
    return platform.view(lambda work: survey_out(work, actor, opinion_queries.survey(work, actor, survey_id)))


@router.get("/{survey_id}/households", response_model=list[HouseholdOut])
def list_households(survey_id: Id, platform: PlatformOf, actor: SignedIn) -> list[HouseholdOut]:
    """Every household of the list, in its order, with its opinion."""

    def query(work: UnitOfWork) -> list[HouseholdOut]:
        survey = opinion_queries.survey(work, actor, survey_id)
        return households_out(work, survey, opinion_queries.households(work, survey.id))

    return platform.view(query)


@router.post("/{survey_id}/households/{household_id}/opinion", response_model=HouseholdOut)
def give_opinion(
    survey_id: Id, household_id: Id, body: GivenOpinion, actor: SignedIn, write: Write
) -> HouseholdOut | Response:
    """Record a household's opinion, once; bound to the press that sealed its form."""

    def command(work: UnitOfWork) -> HouseholdOut:
        household = opinions.give_opinion(work, actor, survey_id, household_id, body)
        return households_out(work, opinion_queries.survey(work, actor, survey_id), [household])[0]

    return write.run(actor, command)


@router.post("/{survey_id}/households/{household_id}/withdraw", response_model=HouseholdOut)
def withdraw_opinion(
    survey_id: Id, household_id: Id, body: WithdrawnOpinion, actor: SignedIn, write: Write
) -> HouseholdOut | Response:
    """Take back an opinion that was recorded wrongly, with the reason."""

    def command(work: UnitOfWork) -> HouseholdOut:
        household = opinions.withdraw_opinion(work, actor, survey_id, household_id, body.reason)
        return households_out(work, opinion_queries.survey(work, actor, survey_id), [household])[0]

    return write.run(actor, command)


@router.post("/{survey_id}/close", response_model=SurveyOut)
def close_survey(
    survey_id: Id, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> SurveyOut | Response:
    """End the survey; its result does not change any more."""
    return write.run(
        actor,
        lambda work: survey_out(
            work, actor, opinions.close_survey(work, actor, survey_id, expected=expected)
        ),
    )
