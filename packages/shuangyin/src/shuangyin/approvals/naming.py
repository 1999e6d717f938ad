"""Reads of named routes and their versions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.approvals import errors
from shuangyin.approvals.models import DefinitionStatus, RouteDefinition, RouteVersion
from shuangyin.approvals.reading import definitions_of
from shuangyin.approvals.rules.definitions import StepDefinition
from shuangyin.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NamedRoute:
    """The steps of a named route as new requests get them, and the version they come from."""

    version_id: str
    steps: tuple[StepDefinition, ...]


def definition(work: UnitOfWork, organization_id: str, definition_id: str) -> RouteDefinition:
    """One named route of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(RouteDefinition).where(
            RouteDefinition.id == definition_id, RouteDefinition.organization_id == organization_id
        )
    )
    if found is None:
        raise errors.no_such_definition()
    return found


def definitions(work: UnitOfWork, organization_id: str) -> list[RouteDefinition]:
    """All named routes of the organization, by code."""
    query = select(RouteDefinition).where(RouteDefinition.organization_id == organization_id)
    return list(work.session.scalars(query.order_by(RouteDefinition.code)))


def versions(work: UnitOfWork, of: RouteDefinition) -> list[RouteVersion]:
    """All versions of a named route, newest first."""
    query = select(RouteVersion).where(RouteVersion.definition_id == of.id)
    return list(work.session.scalars(query.order_by(RouteVersion.number.desc())))


def current_version(work: UnitOfWork, of: RouteDefinition) -> RouteVersion | None:
    """The version that new requests get; None before the first."""
    return work.session.scalar(
        select(RouteVersion).where(
            RouteVersion.definition_id == of.id, RouteVersion.number == of.current_number
        )
    )


def named_route(work: UnitOfWork, organization_id: str, code: str) -> NamedRoute:
    """The steps that a named route has now. Raises NotFound, Refused (ROUTE_RETIRED)."""
    found = work.session.scalar(
        select(RouteDefinition).where(
            RouteDefinition.organization_id == organization_id, RouteDefinition.code == code
        )
    )
    if found is None:
        raise errors.no_such_definition()
    if found.status != DefinitionStatus.ACTIVE:
        raise errors.route_retired(code)
    version = current_version(work, found)
    if version is None:
        raise errors.no_such_definition()
    return NamedRoute(version.id, definitions_of(version.steps))
