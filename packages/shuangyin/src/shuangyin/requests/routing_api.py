"""Routes of a request's approval: its plan before submission, replacements while it runs, issue forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Response

from shuangyin.approvals import queries as approvals
from shuangyin.approvals.directory import OrganizationDirectory
from shuangyin.approvals.rules import StepPlan
from shuangyin.approvals.rules.definitions import ApproverKind, RouteFacts, StepDefinition, applies
from shuangyin.approvals.schemas import IssueFormOut
from shuangyin.approvals.views import issue_forms_out
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Page
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.requests import commands, queries
from shuangyin.requests.commands.conditions import facts_of_request
from shuangyin.requests.commands.drafting import own
from shuangyin.requests.routing import preview, route_facts
from shuangyin.requests.schemas import (
    ChoiceOut,
    NamingOut,
    NewIssueForm,
    PlannedStepOut,
    RequestOut,
    RequestReplacement,
    RequestSubmission,
    RoutePlanOut,
)
from shuangyin.requests.views import request_out
from shuangyin.scenarios.queries import decide_for
from shuangyin.scenarios.schemas import TextOut

router = Routes(prefix="/requests", tags=["requests"])

Applicant = Annotated[Actor, access("requests.apply")]


@router.post("/{request_id}/route-plan", response_model=RoutePlanOut)
def plan_route(
    request_id: IdInPath, platform: PlatformOf, actor: Applicant, body: RequestSubmission | None = None
) -> RoutePlanOut:
    """Whom a submission would ask now, step by step, and among whom the applicant may choose. Changes nothing."""
    sent = body or RequestSubmission()

    def query(work: UnitOfWork) -> RoutePlanOut:
        request = own(work, actor, request_id, None)
        decided = decide_for(work, actor.organization_id, facts_of_request(work, actor, request))
        facts = route_facts(
            request,
            decided.decision,
            decided.facts.amount_minor,
            choices=sent.choices,
            fields=sent.fields,
        )
        shown = preview(work, request, decided.decision, facts)
        asked = [step for step in shown.definitions if applies(step.conditions, facts)]
        choices = _choices(work, asked, facts, actor.organization_id)
        names = {step.key: TextOut(zh=step.name.zh, en=step.name.en) for step in asked}
        ids = {one for step in shown.planned for one in step.person_ids}
        ids |= {one for step in shown.planned for one in step.instead_of}
        ids |= {each for one in shown.unfit for each in one.person_ids}
        people = display(work, ids | {one for some in choices.values() for one in some})
        return RoutePlanOut(
            steps=[_step_out(step, choices, people) for step in shown.planned],
            to_choose=[
                ChoiceOut(key=key, name=names[key], persons=[people[one] for one in some if one in people])
                for key, some in choices.items()
            ],
            to_name=[
                NamingOut(key=step.key, name=names[step.key], field=step.approvers.form_field)
                for step in asked
                if step.approvers.form_field
            ],
            unfit=[
                ChoiceOut(
                    key=one.step.key,
                    name=TextOut(zh=one.step.name.zh, en=one.step.name.en),
                    persons=[people[each] for each in one.person_ids if each in people],
                )
                for one in shown.unfit
            ],
            missing=TextOut(zh=shown.missing.zh, en=shown.missing.en) if shown.missing else None,
        )

    return platform.view(query)


@router.post("/{request_id}/replacement", response_model=RequestOut)
def replace(
    request_id: IdInPath, body: RequestReplacement, actor: Applicant, write: Write, expected: ExpectedVersion
) -> RequestOut | Response:
    """Put other documents, places or counts into a request in approval, where an approver permitted it."""

    def command(work: UnitOfWork) -> RequestOut:
        return request_out(work, actor, commands.replace(work, actor, request_id, body, expected))

    return write.run(actor, command)


@router.get("/{request_id}/issue-forms", response_model=Page[IssueFormOut])
def list_issue_forms(request_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> Page[IssueFormOut]:
    """The 签发单 of a request."""

    def query(work: UnitOfWork) -> Page[IssueFormOut]:
        request = queries.get(work, actor, request_id)
        forms = approvals.issue_forms(work, queries.SUBJECT_TYPE, request.id, actor.organization_id)
        return Page(items=issue_forms_out(work, forms), next_cursor=None)

    return platform.view(query)


@router.post("/{request_id}/issue-forms", status_code=201, response_model=IssueFormOut)
def register_issue_form(
    request_id: IdInPath, body: NewIssueForm, actor: Applicant, write: Write
) -> IssueFormOut | Response:
    """Register a 签发单. It counts where the rules say so, once somebody else has checked it."""

    def command(work: UnitOfWork) -> IssueFormOut:
        form = commands.register_issue_form(work, actor, request_id, body)
        return issue_forms_out(work, [form])[0]

    return write.run(actor, command, status=201)


def _choices(
    work: UnitOfWork, steps: Sequence[StepDefinition], facts: RouteFacts, organization_id: str
) -> dict[str, tuple[str, ...]]:
    """Among whom the applicant may choose, by step."""
    directory = OrganizationDirectory(work, organization_id)
    return {
        step.key: directory.choice_of(step.approvers, facts)
        for step in steps
        if step.approvers.kind is ApproverKind.APPLICANT_CHOICE
    }


def _step_out(
    plan: StepPlan, choices: dict[str, tuple[str, ...]], people: dict[str, PersonRef]
) -> PlannedStepOut:
    definition = plan.definition
    key = definition.key if definition else ""
    timeout = definition.timeout if definition else None
    return PlannedStepOut(
        key=key,
        name_zh=plan.name_zh,
        name_en=plan.name_en,
        mode=plan.mode.value,
        second_factor=plan.second_factor.value,
        persons=[people[one] for one in plan.person_ids if one in people],
        instead_of=[people[one] for one in plan.instead_of if one in people],
        ended_as=plan.ended_as,
        choose=key in choices,
        form_field=definition.approvers.form_field if definition else None,
        due_hours=timeout.hours if timeout else None,
    )
