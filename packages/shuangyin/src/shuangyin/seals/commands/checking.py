"""Check an application with the company registry and the identity service; of persons only the outcome is kept."""

from __future__ import annotations

from dataclasses import dataclass

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.queries import get as organization_of
from shuangyin.seals import life_errors, queries, step_queries
from shuangyin.seals.models import Seal, SealCheck
from shuangyin.seals.ports import Authorities, OutsideProblem, authorities
from shuangyin.seals.registry_view import ours
from shuangyin.seals.rules.identity import id_number_is_valid
from shuangyin.seals.rules.registry import CompanyFacts, judge_company

WORDS: dict[str, Text] = {
    "registry": Text("登记机关（主体资格与法定代表人）", "the company registry"),
    "representative": Text("法定代表人身份核验", "identity of the legal representative"),
    "agent": Text("经办人身份核验", "identity of the agent"),
}
_PERSONS = ("representative", "agent")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found; `outcome` is a code."""

    good: bool
    outcome: str


def ask_outside(
    platform: Platform, organization_id: str, kind: str, *, name: str | None, id_number: str | None
) -> Outcome:
    """Ask the outside system, outside of any transaction. Raises Refused, Unavailable, Invalid (ID_NUMBER)."""
    connected = platform.port(Authorities)
    try:
        if kind == "registry":
            return _ask_registry(platform, organization_id, connected)
        if connected.identity is None:
            raise life_errors.not_connected(WORDS[kind])
        if not name or not id_number or not id_number_is_valid(id_number):
            raise life_errors.id_number_malformed()
        good = connected.identity.matches(name, id_number.upper())
    except OutsideProblem as problem:
        raise life_errors.outside_down(WORDS[kind], problem.text) from problem
    return Outcome(good, "matches" if good else "differs")


def keep_check(work: UnitOfWork, actor: Actor, seal_id: str, kind: str, found: Outcome) -> SealCheck:
    """Keep what a check found about a seal's application."""
    actor.require("seals.manage")
    seal = queries.get(work, actor.organization_id, seal_id)
    check = SealCheck(
        id=work.new_id(),
        organization_id=seal.organization_id,
        seal_id=seal.id,
        kind=kind,
        good=found.good,
        outcome=found.outcome,
        checked_by=actor.person_id,
        checked_at=work.now,
    )
    work.session.add(check)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "check": check.id,
        "kind": kind,
        "outcome": found.outcome,
        "good": found.good,
    }
    record(work, actor, kind="seals.checked", subject_type="seal", subject_id=seal.id, facts=facts)
    return check


def require_checks(work: UnitOfWork, seal: Seal) -> None:
    """Raises Refused (SEAL_CHECK_MISSING) unless every check that can be made was made and the last one is good."""
    connected = authorities(work)
    needed = ["registry"] if connected.registry is not None else []
    needed += _PERSONS if connected.identity is not None else ()
    last = {one.kind: one for one in reversed(step_queries.checks_of(work, seal.id))}
    for kind in needed:
        if kind not in last or not last[kind].good:
            raise life_errors.check_missing(WORDS[kind])


def _ask_registry(platform: Platform, organization_id: str, connected: Authorities) -> Outcome:
    if connected.registry is None:
        raise life_errors.not_connected(WORDS["registry"])
    uscc, known = platform.view(
        lambda work: (organization_of(work, organization_id).uscc, ours(work, organization_id))
    )
    found = connected.registry.look_up(uscc)
    if found is None:
        return Outcome(good=False, outcome="unknown")
    theirs = CompanyFacts(found.uscc, found.name, found.legal_representative)
    faults = judge_company(known, theirs, found.status)
    return Outcome(not faults, faults[0] if faults else "agrees")
