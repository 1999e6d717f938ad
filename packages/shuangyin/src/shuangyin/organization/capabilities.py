"""Whether a counterparty takes e-seals: stated with a proof, checked again by a day, kept as history."""

from __future__ import annotations

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Invalid
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization import queries
from shuangyin.organization.models import Counterparty, CounterpartyCapability, TakesElectronic
from shuangyin.organization.schemas import CapabilityStatement


def history(
    work: UnitOfWork, actor: Actor, counterparty_id: str, *, limit: int
) -> list[CounterpartyCapability]:
    """What was stated about a counterparty, newest first. Raises NotFound."""
    found = queries.counterparty(work, actor, counterparty_id)
    query = select(CounterpartyCapability).where(CounterpartyCapability.counterparty_id == found.id)
    return list(work.session.scalars(query.order_by(CounterpartyCapability.id.desc()).limit(limit)))


def checked_statement(work: UnitOfWork, statement: CapabilityStatement) -> None:
    """Raises Invalid (PROOF_REQUIRED, RECHECK_PAST)."""
    known = statement.takes_electronic is not TakesElectronic.UNKNOWN
    if known and not statement.proof_note.strip() and statement.proof_document_id is None:
        raise Invalid(
            "PROOF_REQUIRED",
            "请写明核实方式（问过谁、看到什么），或附证明文件。",
            "Say how it was found out (who was asked, what was seen), or attach a document.",
        )
    if statement.recheck_on is not None and statement.recheck_on < beijing_time(work.now).date():
        raise Invalid(
            "RECHECK_PAST", "复核日期不能早于今天。", "The day of the recheck cannot be before today."
        )


def keep_statement(
    work: UnitOfWork, actor: Actor, counterparty: Counterparty, statement: CapabilityStatement
) -> None:
    """Make a statement the counterparty's present one, with its history and evidence."""
    counterparty.takes_electronic = statement.takes_electronic
    counterparty.checked_at = work.now
    counterparty.recheck_on = statement.recheck_on.isoformat() if statement.recheck_on else None
    note = statement.proof_note.strip()
    facts: dict[str, JsonValue] = {
        "takes_electronic": statement.takes_electronic.value,
        "proof_note": digest_of(note) if note else None,
        "proof_document": statement.proof_document_id,
        "recheck_on": counterparty.recheck_on,
    }
    entry = record(
        work,
        actor,
        kind="organization.counterparty_rechecked",
        subject_type="counterparty",
        subject_id=counterparty.id,
        facts=facts,
    )
    work.session.add(
        CounterpartyCapability(
            id=work.new_id(),
            organization_id=counterparty.organization_id,
            counterparty_id=counterparty.id,
            takes_electronic=statement.takes_electronic,
            proof_note=note,
            proof_document_id=statement.proof_document_id,
            recheck_on=counterparty.recheck_on,
            checked_at=work.now,
            checked_by=actor.person_id,
            entry_id=entry.id,
        )
    )
    work.session.flush()
