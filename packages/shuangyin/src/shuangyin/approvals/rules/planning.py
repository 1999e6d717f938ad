"""From what a route asks for to who is asked: conditions, special cases, nobody left. Pure.

The organization is seen through `Directory`, whose answers are facts of the instant of planning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shuangyin.approvals.rules.definitions import (
    Approvers,
    RouteFacts,
    StepDefinition,
    WhenAbsent,
    WhenApplicant,
    WhenNobody,
    WhenRepeated,
    applies,
)
from shuangyin.approvals.rules.stepping import StepPlan, strictest
from shuangyin.core.text import Text

SKIPPED = "skipped"
"""A step that the rules leave out because its approver is the applicant."""
ISSUE_FORM = "issue_form"
"""A step for which a 签发单 counts."""


class Directory(Protocol):
    """What planning asks of the organization."""

    def named_by(self, approvers: Approvers, facts: RouteFacts, key: str) -> Sequence[str]:
        """Who is named, also those who have left, in order."""
        ...

    def may_decide(self, person_id: str) -> bool:
        """Whether the person is there and has the right to approve."""
        ...

    def superiors_of(self, person_id: str) -> Sequence[str]:
        """The person's superiors who may decide, the nearest first, the holder of the root office last."""
        ...

    def heads_of(self, person_id: str) -> Sequence[str]:
        """The heads of the person's department who may decide."""
        ...

    def root_holders(self) -> Sequence[str]:
        """Who holds the root office and may decide."""
        ...

    def root_name(self) -> Text:
        """The name of a step that the root office decides."""
        ...


@dataclass(frozen=True, slots=True)
class Nobody:
    """A step that nobody can decide, so that the route cannot start."""

    step: StepDefinition


def plan_route(
    definitions: Iterable[StepDefinition],
    directory: Directory,
    facts: RouteFacts,
    *,
    issue_form: bool = False,
) -> tuple[StepPlan, ...] | Nobody:
    """The steps of a request's route with the persons they ask.

    A step that the conditions leave out is not there; one that a special case leaves out is there as ended, with its
    reason. Of a high-risk use the applicant decides nothing himself and is barred from the last step. Neighbouring steps of the same persons are
    one step, as strict as either. Returns `Nobody` with the first step that nobody can decide.
    """
    asked = [step for step in definitions if applies(step.conditions, facts)]
    last = max((i for i, step in enumerate(asked) if not (issue_form and step.issue_form_counts)), default=-1)
    planned: list[StepPlan] = []
    for index, step in enumerate(asked):
        if issue_form and step.issue_form_counts:
            planned.append(replace(_plan(step, ()), ended_as=ISSUE_FORM))
            continue
        plan = _plan_step(step, directory, facts, final=index == last)
        if plan is None:
            return Nobody(step)
        planned.append(plan)
    return _merged(planned)


def replacement_for(
    step: StepDefinition | None, superiors: Sequence[str], *, excluded: Collection[str | None]
) -> str | None:
    """Who is asked instead of somebody who has left or lost the right: the nearest superior, unless it is for the
    administrator to say."""
    if step is not None and step.special.nobody is WhenNobody.ADMINISTRATOR:
        return None
    return next((one for one in superiors if one not in excluded), None)


def stand_in_for(
    step: StepDefinition | None, delegates: Sequence[str], superiors: Sequence[str], *, barred: str | None
) -> str | None:
    """Who stands in for somebody absent: the first of these delegates, else a superior unless the step forbids it."""
    superiors_too = step is None or step.special.absent is WhenAbsent.SUPERIOR
    fitting = [one for one in (*delegates, *(superiors if superiors_too else ())) if one != barred]
    return fitting[0] if fitting else None


def _plan_step(
    step: StepDefinition, directory: Directory, facts: RouteFacts, *, final: bool
) -> StepPlan | None:
    barred = facts.applicant_id if facts.high_risk and final else None
    persons, left = _present(step, directory, facts)
    plan = _asking(step, persons, directory, facts, barred)
    return None if plan is None else replace(plan, instead_of=(*left, *plan.instead_of))


def _asking(
    step: StepDefinition,
    persons: tuple[str, ...],
    directory: Directory,
    facts: RouteFacts,
    barred: str | None,
) -> StepPlan | None:
    others = tuple(one for one in persons if one != facts.applicant_id)
    if others or not persons:
        # Nobody approves his own application while another person of the step can.
        return _filled(step, others, directory, facts, barred)
    rule = step.special.applicant
    if rule is WhenApplicant.SKIP and not facts.high_risk:
        return replace(_plan(step, ()), ended_as=SKIPPED)
    if rule is WhenApplicant.OWN and not facts.high_risk:
        return _plan(step, persons, barred=barred)
    wanted = directory.heads_of if rule is WhenApplicant.DEPARTMENT_HEAD else directory.superiors_of
    above = tuple(one for one in wanted(facts.applicant_id) if one != facts.applicant_id)[:1]
    if above:
        return replace(_plan(_renamed(step, above, directory), above, barred=barred), instead_of=persons)
    return _filled(step, (), directory, facts, barred)


def _present(
    step: StepDefinition, directory: Directory, facts: RouteFacts
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those named, with a superior in the place of each who has left or may not decide; and the latter."""
    found: dict[str, None] = {}
    left: list[str] = []
    for person in directory.named_by(step.approvers, facts, step.key):
        if directory.may_decide(person):
            found[person] = None
        else:
            left.append(person)
            for above in list(directory.superiors_of(person))[:1]:
                found[above] = None
    return tuple(found), tuple(left)


def _filled(
    step: StepDefinition,
    persons: tuple[str, ...],
    directory: Directory,
    facts: RouteFacts,
    barred: str | None,
) -> StepPlan | None:
    if persons:
        return _plan(step, persons, barred=barred)
    if step.special.nobody is WhenNobody.SUPERIOR:
        above = tuple(one for one in directory.superiors_of(facts.applicant_id) if one != facts.applicant_id)[
            :1
        ]
        if above:
            return _plan(_renamed(step, above, directory), above, barred=barred)
    if not facts.high_risk and facts.applicant_id in directory.root_holders():
        # Above the holder of the root office there is nobody.
        return _plan(step, (facts.applicant_id,))
    if step.special.nobody is WhenNobody.ADMINISTRATOR:
        return _plan(step, (), barred=barred)
    return None


def _renamed(step: StepDefinition, persons: Sequence[str], directory: Directory) -> StepDefinition:
    """A step that goes up to the root office bears its name."""
    if set(persons) <= set(directory.root_holders()):
        return replace(step, name=directory.root_name())
    return step


def _plan(step: StepDefinition, persons: tuple[str, ...], *, barred: str | None = None) -> StepPlan:
    return StepPlan(
        name_zh=step.name.zh,
        name_en=step.name.en,
        mode=step.mode,
        second_factor=step.second_factor,
        person_ids=persons,
        barred_person_id=barred,
        definition=step,
    )


def _merged(planned: Sequence[StepPlan]) -> tuple[StepPlan, ...]:
    kept: list[StepPlan] = []
    for plan in planned:
        before = kept[-1] if kept else None
        if before is not None and _same_persons(before, plan):
            kept[-1] = replace(
                plan,
                second_factor=strictest(before.second_factor, plan.second_factor),
                instead_of=(*before.instead_of, *plan.instead_of),
            )
        else:
            kept.append(plan)
    return tuple(kept)


def _same_persons(before: StepPlan, plan: StepPlan) -> bool:
    if before.ended_as or plan.ended_as or not plan.person_ids:
        return False
    rule = plan.definition.special.repeated if plan.definition else WhenRepeated.ADJACENT
    return rule is not WhenRepeated.NO and before.person_ids == plan.person_ids
