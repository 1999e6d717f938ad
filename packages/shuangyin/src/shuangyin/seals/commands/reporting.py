"""Tell the filing authority: queued in the step's own transaction, tried until it is answered.

A report keeps one number and one content through all its tries, so that the authority can recognise a repetition.
"""

from __future__ import annotations

import json

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import stale_version
from shuangyin.core.jobs import enqueue
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.queries import get as organization_of
from shuangyin.seals import life_errors, rules, step_queries
from shuangyin.seals.models import Seal, SealFiling
from shuangyin.seals.ports import authorities
from shuangyin.seals.rules.life import FILING_DUE_MS, LifeAct, Telling

JOB_KIND = "seals.report"
WAITING, ACCEPTED, REFUSED, MISMATCH = "waiting", "accepted", "refused", "mismatch"


def report_move(
    work: UnitOfWork, actor: Actor, seal: Seal, telling: Telling, *, step_id: str | None
) -> SealFiling | None:
    """Queue a report; None when the seal needs no filing, is not filed, or its authority is not connected."""
    register = authorities(work).register_for(seal.medium)
    if authorities(work).filing(register) is None or not _concerns(seal, telling):
        return None
    filing_id = work.new_id()
    filing = SealFiling(
        id=filing_id,
        organization_id=seal.organization_id,
        seal_id=seal.id,
        step_id=step_id,
        authority=register,
        telling=telling,
        payload=json.dumps(_payload(work, seal, filing_id, telling), ensure_ascii=False, sort_keys=True),
        status=WAITING,
        attempts=0,
        next_try_at=work.now,
        due_at=work.now + FILING_DUE_MS,
        created_at=work.now,
    )
    work.session.add(filing)
    work.session.flush()
    record_report(work, actor, filing, "seals.report_queued", {})
    queue_try(work, filing, 0)
    return filing


def send_again(work: UnitOfWork, actor: Actor, filing_id: str, *, expected: int | None) -> SealFiling:
    """Send a report again that was refused or answered wrongly, or at once one that waits for its next try.

    A refused one goes out under a new number with the seal as it is now. Raises Conflict (FILING_ANSWERED), Stale.
    """
    actor.require("seals.manage")
    filing = step_queries.filing(work, actor.organization_id, filing_id)
    if expected is not None and expected != filing.version:
        raise stale_version()
    if filing.status == ACCEPTED:
        raise life_errors.filing_answered()
    seal = work.session.get_one(Seal, filing.seal_id)
    if filing.status == REFUSED:
        filing.status = "replaced"
        filing.next_try_at = None
        again = report_move(work, actor, seal, Telling(filing.telling), step_id=filing.step_id)
        if again is None:
            return filing
        # A refusal gives no new time: the duty counts from the making, whatever the authority said meanwhile.
        again.due_at = filing.due_at
        return again
    filing.status, filing.problem, filing.next_try_at = WAITING, None, work.now
    filing.attempts += 1
    record_report(work, actor, filing, "seals.report_sent_again", {})
    queue_try(work, filing, 0)
    return filing


def _concerns(seal: Seal, telling: Telling) -> bool:
    if not rules.filing_required(seal.medium, seal.category, seal.origin):
        return False
    return telling is Telling.NEW or seal.filing_no is not None


def _payload(work: UnitOfWork, seal: Seal, filing_id: str, telling: Telling) -> dict[str, object]:
    organization = organization_of(work, seal.organization_id)
    made = step_queries.last_step(work, seal.id, LifeAct.MAKE)
    facts = step_queries.facts_of(made) if made is not None else None
    return {
        "request_id": filing_id,
        "telling": telling.value,
        "seal_ref": seal.id,
        "uscc": organization.uscc,
        "organization": organization.name,
        "region": organization.region_code,
        "medium": seal.medium,
        "name": seal.name,
        "ga_type": seal.ga_type,
        "shape": seal.shape,
        "width_mm": seal.width_mm,
        "height_mm": seal.height_mm,
        "seal_code": seal.seal_code,
        "es_id": seal.es_id,
        "filing_no": seal.filing_no,
        "status": seal.status,
        "maker_name": facts.maker_name if facts else None,
        "maker_filing_no": facts.maker_filing_no if facts else None,
        "at": beijing_time(work.now).isoformat(timespec="seconds"),
    }


def queue_try(work: UnitOfWork, filing: SealFiling, delay_ms: int) -> None:
    """Put the next try in."""
    # The number of the try is in the slot: the job that runs now still holds its own.
    enqueue(
        work,
        JOB_KIND,
        {"filing_id": filing.id},
        organization_id=filing.organization_id,
        slot=f"{JOB_KIND}:{filing.id}:{filing.attempts}",
        delay_ms=delay_ms,
    )


def record_report(
    work: UnitOfWork, actor: Actor, filing: SealFiling, kind: str, facts: dict[str, JsonValue]
) -> None:
    """Record what happened to a report."""
    said: dict[str, JsonValue] = {
        "report": filing.id,
        "authority": filing.authority,
        "telling": filing.telling,
        **facts,
    }
    record(work, actor, kind=kind, subject_type="seal", subject_id=filing.seal_id, facts=said)
