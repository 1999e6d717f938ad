"""Whether what is to be sealed is what was approved, and may still be sealed under the next version of the list."""

from __future__ import annotations

from shuangyin.approvals.queries import route as route_of
from shuangyin.core.actor import system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests import errors, queries
from shuangyin.requests.commands.conditions import cited_as
from shuangyin.requests.commands.drafting import facts_for
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.queries import compiled_list, current, facts_of
from shuangyin.scenarios.rules import Basis

_FIRM = (Basis.LAW, Basis.REGULATION)


def require_as_approved(work: UnitOfWork, request: UseRequest) -> None:
    """Raises Conflict (BINDING_CHANGED) when the request is not what its approvals are bound to, to the last control."""
    approved = route_of(work, request.route_id).binding if request.route_id else None
    if request.binding is None or not request.binding == approved == queries.current_binding(work, request):
        raise errors.binding_changed()


def require_still_lawful(work: UnitOfWork, request: UseRequest) -> None:
    """Raises Refused (LAW_FORBIDS_NOW) when law or regulation in the list in force now excludes the medium.

    Everything else stays as it was approved: the version under which it was approved governs the request (see
    docs/adr/0014). The same version, asked again, has nothing new to say.
    """
    in_force = current(work, request.organization_id)
    if in_force is None or in_force.version_number == request.list_version:
        return
    facts = facts_of(work, system_actor(request.organization_id), facts_for(request))
    for refused in compiled_list(work, in_force).decide(facts).refused_media:
        if refused.medium == request.medium and refused.basis in _FIRM:
            raise errors.law_forbids_now(refused.rule, refused.reason, cited_as(refused.citation))
