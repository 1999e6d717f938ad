"""Named routes: written once, used by scenario rules and other subjects; a change is a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.approvals import errors, naming
from shuangyin.approvals.models import DefinitionStatus, RouteDefinition, RouteVersion
from shuangyin.approvals.reading import definitions_json
from shuangyin.approvals.rules.definitions import StepDefinition, objections_to
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record


def define(
    work: UnitOfWork, actor: Actor, *, code: str, name: str, steps: Sequence[StepDefinition]
) -> RouteDefinition:
    """Write a new named route. Raises Conflict (ROUTE_CODE_TAKEN), Invalid (ROUTE_DEFINITION) with every objection."""
    actor.require("approvals.manage")
    taken = select(RouteDefinition.id).where(
        RouteDefinition.organization_id == actor.organization_id, RouteDefinition.code == code
    )
    if work.session.scalar(taken) is not None:
        raise errors.code_taken(code)
    definition = RouteDefinition(
        id=work.new_id(),
        organization_id=actor.organization_id,
        code=code,
        name=name,
        status=DefinitionStatus.ACTIVE,
        current_number=0,
        created_at=work.now,
    )
    work.session.add(definition)
    work.session.flush()
    _write_version(work, actor, definition, steps)
    return definition


def change(
    work: UnitOfWork,
    actor: Actor,
    definition_id: str,
    *,
    name: str | None,
    steps: Sequence[StepDefinition] | None,
    active: bool | None,
    expected: int | None,
) -> RouteDefinition:
    """Change a named route: other steps make a new version; what runs keeps the one it began with.

    Raises NotFound, Stale, Invalid (ROUTE_DEFINITION).
    """
    actor.require("approvals.manage")
    definition = naming.definition(work, actor.organization_id, definition_id)
    if expected is not None and expected != definition.version:
        raise stale_version()
    if name is not None:
        definition.name = name
    if active is not None:
        definition.status = DefinitionStatus.ACTIVE if active else DefinitionStatus.RETIRED
        facts: dict[str, JsonValue] = {"status": definition.status}
        _record(work, actor, "approvals.route_status", definition, facts)
    if steps is not None:
        _write_version(work, actor, definition, steps)
    work.session.flush()
    return definition


def _write_version(
    work: UnitOfWork, actor: Actor, definition: RouteDefinition, steps: Sequence[StepDefinition]
) -> None:
    objections = objections_to(steps)
    if objections:
        raise errors.bad_definition([(one.code, one.step, one.text.zh, one.text.en) for one in objections])
    stored = definitions_json(steps)
    digest = hashlib.new("sm3", stored.encode()).hexdigest()
    newest = naming.current_version(work, definition)
    if newest is not None and newest.digest == digest:
        return
    definition.current_number += 1
    facts: dict[str, JsonValue] = {"number": definition.current_number, "sm3": digest, "steps": len(steps)}
    work.session.add(
        RouteVersion(
            id=work.new_id(),
            organization_id=definition.organization_id,
            definition_id=definition.id,
            number=definition.current_number,
            steps=stored,
            digest=digest,
            made_by=actor.person_id,
            made_at=work.now,
            entry_id=_record(work, actor, "approvals.route_defined", definition, facts),
        )
    )
    work.session.flush()


def _record(
    work: UnitOfWork, actor: Actor, kind: str, definition: RouteDefinition, facts: dict[str, JsonValue]
) -> str:
    return record(
        work,
        actor,
        kind=kind,
        subject_type="approval_route_definition",
        subject_id=definition.id,
        facts=facts,
    ).id
