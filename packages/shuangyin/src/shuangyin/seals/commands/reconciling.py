"""The round that ends what is over, and compares this register with the registers outside.

What differs is kept as a discrepancy and shown until both agree again; a system that does not answer is asked in the
next round and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.jobs import ClaimedJob, Job, JobState, enqueue
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.models import Organization
from shuangyin.seals import step_queries
from shuangyin.seals.commands.moving import hold_seal, move_seal
from shuangyin.seals.commands.reporting import queue_try
from shuangyin.seals.commands.tasks import raise_task
from shuangyin.seals.kinds import Hold, Medium, SealCategory, SealStatus
from shuangyin.seals.models import Seal, SealDiscrepancy, SealFiling
from shuangyin.seals.ports import Authorities, OutsideProblem, RegisteredCompany, RegisteredSeal
from shuangyin.seals.registry_view import ours as organization_facts
from shuangyin.seals.rules.filing import EXPECTED, out_of_step
from shuangyin.seals.rules.life import LifeAct, Move, collect_by, find_move
from shuangyin.seals.rules.registry import CompanyFacts, judge_company
from shuangyin.seals.rules.tasks import TaskKind

JOB_KIND = "seals.round"
EVERY_MS = 6 * 3600 * 1000
_TASKS = {
    "licence_ended": TaskKind.LICENCE_ENDED,
    "name_differs": TaskKind.NAME_DIFFERS,
    "representative_differs": TaskKind.REPRESENTATIVE_DIFFERS,
}
_LOST_AFTER_MS = 3_600_000
"""A report that should have been tried so long ago has lost its job."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an outside register says otherwise."""

    seal_id: str | None
    register: str
    what: str
    ours: str
    theirs: str

    def slot(self, organization_id: str) -> str:
        """One open discrepancy per thing and kind."""
        return f"{self.seal_id or organization_id}:{self.register}:{self.what}"


def begin(platform: Platform) -> None:
    """Make sure that a round waits; called when the worker starts."""

    def first(work: UnitOfWork) -> None:
        waits = select(Job.id).where(Job.kind == JOB_KIND, Job.state == JobState.WAITING)
        if work.session.scalar(waits.limit(1)) is None:
            keep_going(work)

    platform.transact(first)


def keep_going(work: UnitOfWork, *, delay_ms: int = 0) -> None:
    """Put the next round in, unless it waits already."""
    number = (work.now + delay_ms) // EVERY_MS
    enqueue(work, JOB_KIND, {"round": number}, slot=f"{JOB_KIND}:{number}", delay_ms=delay_ms)


def run_job(platform: Platform, _job: ClaimedJob) -> None:
    """The handler of the job: the next round is put in first, so that a round that fails does not end them all."""
    platform.transact(lambda work: keep_going(work, delay_ms=EVERY_MS))
    for organization_id in platform.view(lambda work: list(work.session.scalars(select(Organization.id)))):
        run_round(platform, organization_id)


def run_round(platform: Platform, organization_id: str) -> None:
    """One organization: uncollected e-seals, lost reports, filing authorities, company registry."""
    platform.transact(lambda work: revoke_uncollected(work, organization_id))
    platform.transact(lambda work: _queue_lost(work, organization_id))
    compare_filings(platform, organization_id)
    compare_company(platform, organization_id)


def revoke_uncollected(work: UnitOfWork, organization_id: str) -> int:
    """Revoke e-seals that nobody collected within three months of their filing; returns how many."""
    query = select(Seal).where(
        Seal.organization_id == organization_id,
        Seal.medium == Medium.ELECTRONIC,
        Seal.status == SealStatus.FILED,
        Seal.filed_at.is_not(None),
    )
    today = beijing_time(work.now).date()
    ended = 0
    for seal in list(work.session.scalars(query)):
        move = find_move(LifeAct.EXPIRE, seal.status, seal.medium, seal.begun)
        if isinstance(move, Move) and today > collect_by(beijing_time(seal.filed_at or 0).date()):
            move_seal(work, system_actor(organization_id), seal, move)
            ended += 1
    return ended


def compare_filings(platform: Platform, organization_id: str) -> None:
    """Ask the authorities about every filed seal and keep what they say otherwise."""
    connected = platform.port(Authorities)
    filed = platform.view(lambda work: _filed(work, organization_id))
    found: list[Difference] = []
    asked: set[str] = set()
    for seal_id, register, ours in filed:
        authority = connected.filing(register)
        if authority is None:
            continue
        try:
            theirs = authority.status(ours.filing_no)
        except OutsideProblem:
            continue
        asked.add(f"{seal_id}:{register}")
        found += _of_seal(seal_id, register, ours, theirs)
    platform.transact(lambda work: _keep(work, organization_id, found, asked))


def compare_company(platform: Platform, organization_id: str) -> None:
    """Ask the registry about the organization; where its licence has ended or its head changed, stop what must stop."""
    registry = platform.port(Authorities).registry
    if registry is None:
        return
    ours = platform.view(lambda work: organization_facts(work, organization_id))
    try:
        theirs = registry.look_up(ours.uscc)
    except OutsideProblem:
        return
    platform.transact(lambda work: _keep_company(work, organization_id, ours, theirs))


def _filed(work: UnitOfWork, organization_id: str) -> list[tuple[str, str, RegisteredSeal]]:
    waits = select(SealFiling.seal_id).where(SealFiling.status != "accepted", SealFiling.status != "replaced")
    query = select(Seal).where(
        Seal.organization_id == organization_id,
        Seal.filing_no.is_not(None),
        Seal.status.in_(EXPECTED),
        # A seal with a report under way is out of step by nature.
        Seal.id.not_in(waits),
    )
    uscc = organization_facts(work, organization_id).uscc
    register_for = work.port(Authorities).register_for
    return [
        (
            seal.id,
            register_for(seal.medium),
            RegisteredSeal(seal.filing_no or "", uscc, seal.seal_code, seal.status),
        )
        for seal in work.session.scalars(query)
    ]


def _of_seal(
    seal_id: str, register: str, ours: RegisteredSeal, theirs: RegisteredSeal | None
) -> Iterable[Difference]:
    if theirs is None:
        return [Difference(seal_id, register, "unknown", ours.filing_no, "")]
    same = (theirs.filing_no, theirs.uscc) == (ours.filing_no, ours.uscc)
    if not same or (ours.seal_code and theirs.seal_code and ours.seal_code != theirs.seal_code):
        return [Difference(seal_id, register, "other_seal", ours.uscc, theirs.uscc)]
    if out_of_step(ours.status, theirs.status):
        return [Difference(seal_id, register, "status", ours.status, theirs.status)]
    return []


def _keep(work: UnitOfWork, organization_id: str, found: list[Difference], asked: set[str]) -> None:
    """Open what is new, see again what lasts, end what agrees again among the things that were asked about."""
    there = {one.slot: one for one in step_queries.open_discrepancies(work, organization_id, limit=10_000)}
    actor = system_actor(organization_id)
    for difference in found:
        slot = difference.slot(organization_id)
        known = there.pop(slot, None)
        if known is None:
            _open(work, actor, difference, slot)
        else:
            known.seen_at, known.ours, known.theirs = work.now, difference.ours, difference.theirs
    for row in there.values():
        if row.slot is not None and row.slot.rsplit(":", 1)[0] in asked:
            row.slot, row.ended_at = None, work.now
            _record(work, actor, row, "seals.in_step_again")
    work.session.flush()


def _open(work: UnitOfWork, actor: Actor, difference: Difference, slot: str) -> None:
    row = SealDiscrepancy(
        id=work.new_id(),
        organization_id=actor.organization_id,
        seal_id=difference.seal_id,
        register=difference.register,
        what=difference.what,
        ours=difference.ours,
        theirs=difference.theirs[:200],
        slot=slot,
        found_at=work.now,
        seen_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    _record(work, actor, row, "seals.out_of_step")


def _keep_company(
    work: UnitOfWork, organization_id: str, ours: CompanyFacts, theirs: RegisteredCompany | None
) -> None:
    actor = system_actor(organization_id)
    asked = {f"{organization_id}:registry"}
    if theirs is None:
        _keep(work, organization_id, [Difference(None, "registry", "unknown", ours.uscc, "")], asked)
        return
    faults = judge_company(
        ours, CompanyFacts(theirs.uscc, theirs.name, theirs.legal_representative), theirs.status
    )
    # Of persons no name is kept: that another one is named is all that is said.
    said = {
        "other_company": (ours.uscc, theirs.uscc),
        "licence_ended": ("active", theirs.status),
        "name_differs": (ours.name, theirs.name),
        "representative_differs": ("", ""),
    }
    found = [Difference(None, "registry", fault, *said[fault]) for fault in faults]
    _keep(work, organization_id, found, asked)
    for fault in faults:
        if fault in _TASKS:
            raise_task(
                work, actor, _TASKS[fault], detail=None if fault != "name_differs" else theirs.name[:200]
            )
    if "licence_ended" in faults:
        _stop(work, actor, Hold.LICENCE_ENDED, category=None)
    elif "representative_differs" in faults:
        _stop(work, actor, Hold.REPRESENTATIVE_CHANGED, category=SealCategory.LEGAL_REP_NAME)


def _stop(work: UnitOfWork, actor: Actor, hold: Hold, *, category: str | None) -> None:
    """Stop every seal in force, or those of a category, so that nobody takes them up again."""
    query = select(Seal).where(
        Seal.organization_id == actor.organization_id, Seal.status == SealStatus.IN_FORCE
    )
    if category is not None:
        query = query.where(Seal.category == category)
    for seal in list(work.session.scalars(query)):
        stop_seal(work, actor, seal, hold)


def stop_seal(work: UnitOfWork, actor: Actor, seal: Seal, hold: Hold) -> None:
    """Suspend a seal for good: it can only be ended."""
    move = find_move(LifeAct.SUSPEND, seal.status, seal.medium, seal.begun)
    hold_seal(work, actor, seal, hold, move=move if isinstance(move, Move) else None)


def _queue_lost(work: UnitOfWork, organization_id: str) -> None:
    """Put reports back into the queue whose job is gone; none is ever lost."""
    query = select(SealFiling).where(
        SealFiling.organization_id == organization_id,
        SealFiling.status == "waiting",
        SealFiling.next_try_at < work.now - _LOST_AFTER_MS,
    )
    for filing in list(work.session.scalars(query)):
        filing.attempts += 1
        filing.next_try_at = work.now
        queue_try(work, filing, 0)


def _record(work: UnitOfWork, actor: Actor, row: SealDiscrepancy, kind: str) -> None:
    about = ("seal", row.seal_id) if row.seal_id else ("organization", row.organization_id)
    facts = {"discrepancy": row.id, "register": row.register, "what": row.what}
    record(work, actor, kind=kind, subject_type=about[0], subject_id=about[1], facts=facts)
