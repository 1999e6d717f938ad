"""From the route that the scenario list decided to the steps of an approval, and what the approval is kept by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shuangyin.approvals import errors as approval_errors
from shuangyin.approvals.commands.registering import counting_form
from shuangyin.approvals.directory import OrganizationDirectory
from shuangyin.approvals.naming import named_route
from shuangyin.approvals.ports import Subject
from shuangyin.approvals.rules import SecondFactorRule, StepMode, StepPlan, strictest
from shuangyin.approvals.rules.changes import Part
from shuangyin.approvals.rules.definitions import (
    ApproverKind,
    Approvers,
    FactPart,
    Hours,
    OnTimeout,
    RouteFacts,
    SpecialCases,
    StepConditions,
    StepDefinition,
    Timeout,
    WhenApplicant,
    WhenNobody,
    WhenRepeated,
    applies,
)
from shuangyin.approvals.rules.planning import Nobody, plan_route
from shuangyin.core.errors import Refused
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import Document
from shuangyin.organization.models import PostKind
from shuangyin.people.models import Person
from shuangyin.people.queries import display
from shuangyin.requests import queries
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.rules import Decision, RouteStepPlan
from shuangyin.scenarios.sentences import amount_text, step_name

NAMED_ROUTE = "named_route"
SIGNED_OFF = "government_signoff"
"""The prerequisite by which a rule says that a 签发单 counts as the approval."""


@dataclass(frozen=True, slots=True)
class DecidedRoute:
    """The steps of a decision as the approval engine sees them, and the version of a named route among them."""

    steps: tuple[StepDefinition, ...]
    version_id: str | None = None


def definitions_of(work: UnitOfWork, organization_id: str, decision: Decision) -> DecidedRoute:
    """The steps of a decision, those of a named route in the place of the step that names it.

    A step of two keys that agree is asked once; each asks at least for the second factor that the list asks of the
    use. Raises NotFound, Refused (ROUTE_RETIRED) for a route that is gone.
    """
    steps: dict[str, StepDefinition] = {}
    version_id = None
    counts = SIGNED_OFF in decision.controls.prerequisites
    for step in decision.route:
        if step.approver == NAMED_ROUTE:
            named = named_route(work, organization_id, step.route_code or "")
            version_id = version_id or named.version_id
            wanted = [replace(one, key=f"{step.route_code}.{one.key}") for one in named.steps]
        else:
            wanted = [step_definition(step, issue_form_counts=counts)]
        for one in wanted:
            steps.setdefault(one.key, one)
    root = OrganizationDirectory(work, organization_id).root_name()
    asked = SecondFactorRule(decision.controls.second_factor)
    bound = tuple(
        replace(
            one,
            second_factor=strictest(one.second_factor, asked),
            name=root if _is_root_step(one) else one.name,
        )
        for one in steps.values()
    )
    return DecidedRoute(bound, version_id)


def _is_root_step(step: StepDefinition) -> bool:
    """A step that the list asks of the root office; it bears the name that this unit's office has."""
    who = step.approvers
    return who.post_kind == PostKind.LEGAL_REPRESENTATIVE and who.scope == "organization"


def route_facts(
    request: UseRequest,
    decision: Decision,
    total_minor: int | None,
    *,
    choices: Mapping[str, Sequence[str]],
    fields: Mapping[str, str],
) -> RouteFacts:
    """What the route of a request is planned by; `total_minor` is the amount with all that it adds up with."""
    return RouteFacts(
        applicant_id=request.applicant_id,
        department_id=request.department_id,
        medium=request.medium,
        seal_categories=tuple(decision.seal_categories),
        amount_minor=total_minor,
        currency=request.currency,
        high_risk=decision.high_risk,
        fields=dict(fields),
        choices={key: tuple(persons) for key, persons in choices.items()},
    )


def plan_for(
    work: UnitOfWork, request: UseRequest, steps: Sequence[StepDefinition], facts: RouteFacts
) -> tuple[StepPlan, ...]:
    """The steps with their persons. Raises Refused (NO_APPROVER) with the step that nobody can decide, Invalid
    (APPROVER_NOT_ENTITLED) with whom the applicant named and the step cannot ask."""
    for one in unfit(work, request.organization_id, steps, facts):
        names = display(work, one.person_ids)
        raise approval_errors.approver_not_entitled(
            one.step.name, [names[each].name for each in one.person_ids if each in names]
        )
    return _planned(work, request, steps, facts)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A step for which the applicant named or chose persons whom it cannot ask; strangers among them without a name."""

    step: StepDefinition
    person_ids: tuple[str, ...]


def unfit(
    work: UnitOfWork, organization_id: str, steps: Sequence[StepDefinition], facts: RouteFacts
) -> list[Unfit]:
    """What the applicant has to choose anew: nobody is asked in the place of somebody whom he named himself."""
    directory = OrganizationDirectory(work, organization_id)
    found = []
    for step in steps:
        if not applies(step.conditions, facts):
            continue
        who = step.approvers
        wrong: tuple[str, ...] = ()
        if who.kind is ApproverKind.FORM_FIELD:
            named = facts.fields.get(who.form_field or "")
            wrong = (named,) if named and not directory.may_decide(named) else ()
        elif who.kind is ApproverKind.APPLICANT_CHOICE:
            allowed = directory.choice_of(who, facts)
            wrong = tuple(one for one in facts.choices.get(step.key, ()) if one not in allowed)
        if wrong:
            found.append(Unfit(step, tuple(one for one in wrong if _is_here(work, organization_id, one))))
    return found


def _is_here(work: UnitOfWork, organization_id: str, person_id: str) -> bool:
    """Whether somebody belongs to the organization, now or before: of others not even the name is told."""
    person = work.session.get(Person, person_id)
    return person is not None and person.organization_id == organization_id


def _planned(
    work: UnitOfWork, request: UseRequest, steps: Sequence[StepDefinition], facts: RouteFacts
) -> tuple[StepPlan, ...]:
    subject = Subject(queries.SUBJECT_TYPE, request.id, request.title)
    digests = [one.sm3 for one in queries.documents_of(work, request.id)]
    signed = any(step.issue_form_counts for step in steps)
    form = counting_form(work, subject, request.organization_id, digests) if signed else None
    directory = OrganizationDirectory(work, request.organization_id)
    planned = plan_route(steps, directory, facts, issue_form=form is not None)
    if isinstance(planned, Nobody):
        raise approval_errors.no_approver(planned.step.name.zh, planned.step.name.en)
    return planned


@dataclass(frozen=True, slots=True)
class RoutePreview:
    """The route that a submission would start now: its steps, whom they ask, whom the applicant must choose anew, and
    the step that nobody could decide."""

    definitions: tuple[StepDefinition, ...]
    planned: tuple[StepPlan, ...]
    unfit: tuple[Unfit, ...]
    missing: Text | None


def preview(work: UnitOfWork, request: UseRequest, decision: Decision, facts: RouteFacts) -> RoutePreview:
    """Whom a submission would ask now; changes nothing and refuses nothing."""
    steps = definitions_of(work, request.organization_id, decision).steps
    wrong = tuple(unfit(work, request.organization_id, steps, facts))
    try:
        return RoutePreview(steps, _planned(work, request, steps, facts), wrong, None)
    except Refused as refused:
        name = str(refused.details.get("step", ""))
        return RoutePreview(steps, (), wrong, Text(name, name))


def parts_of(work: UnitOfWork, request: UseRequest) -> dict[str, Part]:
    """What the binding of a request covers, part by part: each document, each seal's places, amount, party, terms."""
    parts: dict[str, Part] = {}
    for asked, version in queries.versions_of(work, request.id):
        title = work.session.get_one(Document, version.document_id).title
        parts[f"document:{version.document_id}"] = Part(
            FactPart.DOCUMENTS, asked.sm3, f"文件「{title}」", f"document “{title}”", version.id
        )
    for asked_seal, seal in queries.lines_of(work, request.id):
        said = "|".join(
            (
                str(asked_seal.presses_applied),
                str(asked_seal.seam_presses),
                asked_seal.placements,
                asked_seal.seam or "",
                asked_seal.qr or "",
            )
        )
        parts[f"seal:{seal.id}"] = Part(
            FactPart.PLACES, _sm3(said), f"「{seal.name}」的位置与次数", f"places and counts of “{seal.name}”"
        )
    parts |= _plain_parts(request)
    if request.decision is not None:
        controls = json.loads(request.decision)["controls"]
        said = json.dumps(controls, ensure_ascii=False, sort_keys=True)
        parts["controls"] = Part(
            FactPart.TERMS, _sm3(said), "清单要求的管控措施", "controls that the list asks for"
        )
    return parts


def _plain_parts(request: UseRequest) -> dict[str, Part]:
    amount = "" if request.amount_minor is None else amount_text(request.amount_minor, request.currency)
    plain = {
        "amount": (FactPart.AMOUNT, Text("金额", "amount"), amount),
        "counterparty": (
            FactPart.COUNTERPARTY,
            Text("往来单位", "counterparty"),
            request.counterparty_name,
        ),
        "kind": (FactPart.TERMS, Text("文件类型", "kind of document"), request.document_kind),
        "matter": (FactPart.TERMS, Text("事项", "matter"), request.matter or ""),
        "copies": (FactPart.TERMS, Text("份数", "copies"), str(request.copies)),
        "medium": (FactPart.TERMS, Text("用印形式", "medium"), request.medium),
    }
    return {key: Part(kind, _sm3(said), name.zh, name.en, said) for key, (kind, name, said) in plain.items()}


def step_definition(step: RouteStepPlan, *, issue_form_counts: bool) -> StepDefinition:
    """One step of the scenario list as the approval engine sees it."""
    name = step_name(step)
    persons = (step.person_id,) if step.person_id else step.choice
    timeout = None
    if step.timeout_hours is not None:
        timeout = Timeout(float(step.timeout_hours), Hours.WORKING, OnTimeout(step.on_timeout))
    return StepDefinition(
        # What a step asks is what it is: the same step of a resubmission is found by it.
        key=_sm3(repr(step.asks))[:12],
        name=Text(f"{name.zh}审批", f"Approval: {name.en}"),
        approvers=Approvers(
            kind=ApproverKind(step.approver),
            post_kind=step.post_kind,
            scope=step.scope,
            person_ids=persons,
            levels=step.levels or 1,
            form_field=step.form_field,
        ),
        mode=StepMode(step.mode),
        second_factor=SecondFactorRule(step.second_factor),
        conditions=StepConditions(
            media=tuple(step.when.media),
            seal_categories=step.when.seal_categories,
            departments=step.when.departments,
            amount_from_minor=step.when.amount_from_minor,
            amount_below_minor=step.when.amount_below_minor,
            currency=step.when.currency,
        ),
        special=SpecialCases(
            applicant=WhenApplicant(step.if_applicant),
            repeated=WhenRepeated(step.if_repeated),
            nobody=WhenNobody(step.if_nobody),
        ),
        timeout=timeout,
        issue_form_counts=issue_form_counts,
    )


def _sm3(text: str) -> str:
    return hashlib.new("sm3", text.encode()).hexdigest()
