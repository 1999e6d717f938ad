"""What a route is about is replaced: the difference is kept, and who decided on what changed decides again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, queries
from shuangyin.approvals.commands.advancing import ask_next, go_on
from shuangyin.approvals.commands.ending import pause_step, reset_step, supersede
from shuangyin.approvals.commands.telling import tell
from shuangyin.approvals.models import ApprovalRevision, ApprovalRoute, ApprovalStep, StepStatus
from shuangyin.approvals.reading import definition_of, differences_json, parts_json, parts_of
from shuangyin.approvals.rules import AssignmentStatus
from shuangyin.approvals.rules.changes import Difference, Part, concerns, differences
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork


def permit_replacement(
    work: UnitOfWork, actor: Actor, step_id: str, *, reason: str, expected: int | None
) -> ApprovalStep:
    """Let the starter replace documents while the route runs; for whoever is asked now, and good once.

    Raises NotFound, Conflict (STEP_NOT_OPEN, STEP_DECIDED), Stale.
    """
    actor.require("approvals.decide")
    step, route, assignment = queries.asked_for_change(work, actor, step_id)
    queries.require_open(work, step, route, assignment)
    if expected is not None and expected != step.version:
        raise stale_version()
    route.replaceable_by = actor.person_id
    step.changes += 1
    step.note = reason
    tell(work, actor, route, "approvals.replacement_permitted", {"step": step.id})
    work.session.flush()
    return step


def replaced(
    work: UnitOfWork,
    actor: Actor,
    route: ApprovalRoute,
    *,
    binding: str,
    parts: Mapping[str, Part],
) -> ApprovalRevision | None:
    """The starter has replaced what a running route is about; None when nothing differs.

    Whoever decided and looks at a part that changed decides again; the others' decisions stand. Raises Refused
    (REPLACEMENT_NOT_PERMITTED) unless an approver permitted it.
    """
    if route.started_by != actor.person_id or route.replaceable_by is None:
        raise errors.replacement_not_permitted()
    changed = differences(parts_of(route.parts), parts)
    old_binding = route.binding
    if not changed and old_binding == binding:
        return None
    route.binding = binding
    route.parts = parts_json(parts)
    route.replaceable_by = None
    superseded = _ask_again(work, actor, route, changed)
    return note_revision(
        work,
        actor,
        route,
        from_binding=old_binding,
        changed=changed,
        asked_again=len(superseded),
        superseded=superseded,
    )


def note_revision(
    work: UnitOfWork,
    actor: Actor,
    route: ApprovalRoute,
    *,
    from_binding: str,
    changed: Sequence[Difference],
    asked_again: int,
    superseded: Sequence[str] = (),
) -> ApprovalRevision:
    """Keep what differs, and put it into the log with the decisions that count no longer."""
    number = len(queries.revisions_of(work, route.id)) + 1
    facts: dict[str, JsonValue] = {
        "number": number,
        "from": from_binding,
        "to": route.binding,
        "changed": [f"{one.happened}:{one.key}" for one in changed],
        "asked_again": asked_again,
        "superseded": [*superseded],
    }
    entry_id = tell(work, actor, route, "approvals.replaced", facts)
    revision = ApprovalRevision(
        id=work.new_id(),
        organization_id=route.organization_id,
        route_id=route.id,
        number=number,
        from_binding=from_binding,
        to_binding=route.binding,
        differences=differences_json(changed),
        asked_again=asked_again,
        made_by=actor.person_id,
        made_at=work.now,
        entry_id=entry_id,
    )
    work.session.add(revision)
    work.session.flush()
    return revision


def _ask_again(
    work: UnitOfWork, actor: Actor, route: ApprovalRoute, changed: Sequence[Difference]
) -> list[str]:
    undone, reopened = list[str](), False
    open_step = queries.open_step_of(work, route.id)
    for step in queries.steps_of(work, route.id):
        definition = definition_of(step.definition)
        if not concerns(definition.looks_at if definition else (), changed):
            continue
        if step.status == StepStatus.APPROVED:
            undone += reset_step(work, step)
            reopened = True
        elif step is open_step:
            undone += _ask_open_step_again(work, route, step)
    if reopened and open_step is not None:
        pause_step(work, open_step)
        go_on(work, actor, route)
    return undone


def _ask_open_step_again(work: UnitOfWork, route: ApprovalRoute, step: ApprovalStep) -> list[str]:
    """Of a step that several decide, those who have decided are asked once more."""
    decided = [
        one for one in queries.assignments_of(work, [step.id]) if one.status == AssignmentStatus.DECIDED
    ]
    if not decided:
        return []
    undone = supersede(work, step, [one.person_id for one in decided])
    step.turn += 1
    for one in decided:
        one.status = AssignmentStatus.WAITING
    work.session.flush()
    ask_next(work, route, step)
    return undone
