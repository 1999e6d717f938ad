"""Count a safe (盘点): expected against found, confirmed by two, with the account of each seal's presses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found, stale_version
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, original_queries, queries, stocktake_errors, stocktake_queries
from shuangyin.custody.accounting import account_of
from shuangyin.custody.commands.confirming import note_confirmation
from shuangyin.custody.commands.counting_originals import (
    count_original,
    counted_originals,
    enter_originals,
    miss_originals,
    stated_originals,
)
from shuangyin.custody.commands.missing import declare_missing, note_found
from shuangyin.custody.models import Opening, Safe
from shuangyin.custody.stocktake_models import Stocktake, StocktakeLine, StocktakeStatus
from shuangyin.custody.stocktake_rules import Counted, object_to_count, object_to_two
from shuangyin.custody.stocktake_schemas import CountedSeal, NewStocktake
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.people.queries import person as person_of
from shuangyin.seals.models import Seal, Whereabouts

TOPIC = "stocktakes"
PHASE = "stocktake"
HOUR_MS = 3_600_000


def begin_stocktake(work: UnitOfWork, actor: Actor, new: NewStocktake) -> Stocktake:
    """Begin to count a safe that nobody has open; it stays shut until the count is over or its time has passed.

    Raises Forbidden, Refused (SAME_PERSON, NOTHING_KEPT), Conflict (SAFE_BUSY, STOCKTAKE_UNDER_WAY).
    """
    if not any(actor.may(right) for right in stocktake_queries.RIGHTS):
        actor.require("custody.read")
    objection = object_to_two(actor.person_id, new.witness_id)
    if objection is not None:
        raise errors.refused(objection)
    person_of(work, actor.organization_id, new.witness_id)
    safe = queries.safe(work, actor.organization_id, new.safe_id)
    if work.session.scalar(select(Opening.id).where(Opening.safe_slot == safe.id)) is not None:
        raise errors.safe_busy()
    running = stocktake_queries.of_safe(work, safe.id)
    if running is not None:
        raise stocktake_errors.under_way(running.number)
    places = queries.seals_in(work, safe.id)
    if not places and not original_queries.in_safe(work, safe.id):
        raise stocktake_errors.nothing_kept(safe.name)
    stocktake = Stocktake(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "盘点"),
        safe_id=safe.id,
        safe_slot=safe.id,
        counter_id=actor.person_id,
        witness_id=new.witness_id,
        status=StocktakeStatus.PENDING,
        begun_at=work.now,
        ends_at=work.now + work.settings.opening_hours * HOUR_MS,
    )
    work.session.add(stocktake)
    work.session.flush()
    for position, (place, seal) in enumerate(places, 1):
        work.session.add(
            StocktakeLine(
                id=work.new_id(),
                organization_id=actor.organization_id,
                stocktake_id=stocktake.id,
                position=position,
                seal_id=seal.id,
                slot=place.slot,
                whereabouts=seal.whereabouts,
                expected=seal.whereabouts == Whereabouts.IN_SAFE,
            )
        )
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "number": stocktake.number,
        "safe": safe.id,
        "counter": stocktake.counter_id,
        "witness": stocktake.witness_id,
        "seals": [seal.id for _, seal in places],
        "originals": enter_originals(work, stocktake),
    }
    _record(work, actor, stocktake, "custody.stocktake_begun", facts)
    _tell(work, stocktake)
    return stocktake


def count_seals(
    work: UnitOfWork, actor: Actor, stocktake_id: str, found: Sequence[CountedSeal], *, expected: int | None
) -> Stocktake:
    """Enter what was found, by either of the two, until the first of them confirms.

    What the register expects is read at that moment. Raises Conflict, Forbidden, NotFound, Stale.
    """
    stocktake = _counting(work, actor, stocktake_id, expected)
    if actor.person_id not in stocktake_queries.parties(stocktake).values():
        raise stocktake_errors.not_counting()
    if queries.confirmations(work, stocktake.id, PHASE):
        raise stocktake_errors.confirmed_already()
    lines = {line.id: line for line in stocktake_queries.lines(work, stocktake.id)}
    originals = {line.id: (line, of) for line, of in stocktake_queries.originals(work, stocktake.id)}
    entered: list[JsonValue] = []
    for one in found:
        if one.id in originals:
            entered.append(count_original(*originals[one.id], one))
        elif one.id in lines:
            entered.append(_count_seal(work, lines[one.id], one))
        else:
            raise not_found("盘点中的该印章或原件", "line of this stocktake")
    stocktake_queries.touch(stocktake)
    work.session.flush()
    _record(work, actor, stocktake, "custody.stocktake_counted", {"lines": entered})
    _tell(work, stocktake)
    return stocktake


def _count_seal(work: UnitOfWork, line: StocktakeLine, counted: CountedSeal) -> JsonValue:
    line.whereabouts = work.session.get_one(Seal, line.seal_id).whereabouts
    line.expected = line.whereabouts == Whereabouts.IN_SAFE
    line.found = counted.found
    written = (counted.discrepancy or "").strip() or None
    line.discrepancy = None if line.found == line.expected else written
    return {
        "seal": line.seal_id,
        "expected": line.expected,
        "found": line.found,
        "discrepancy": digest_of(line.discrepancy) if line.discrepancy else None,
    }


def confirm_stocktake(work: UnitOfWork, actor: Actor, stocktake_id: str, shown: Confirmed) -> Stocktake:
    """Note that one of the two confirmed with his own factor; with both, the accounts are drawn up.

    A seal that was not found is an alarm and is suspended; an account that does not add up is an alarm. Raises Refused
    while a seal is uncounted or a difference has no record, Conflict when a seal moved meanwhile, Forbidden.
    """
    stocktake = _counting(work, actor, stocktake_id, None)
    lines = stocktake_queries.lines(work, stocktake.id)
    seals = {line.seal_id: work.session.get_one(Seal, line.seal_id) for line in lines}
    originals = stocktake_queries.originals(work, stocktake.id)
    counted = [Counted(seals[one.seal_id].name, one.expected, one.found, one.discrepancy) for one in lines]
    objection = object_to_count([*counted, *counted_originals(originals)])
    if objection is not None:
        raise errors.refused(objection)
    for line in lines:
        if seals[line.seal_id].whereabouts != line.whereabouts:
            raise stocktake_errors.moved(seals[line.seal_id].name)
    parties = stocktake_queries.parties(stocktake)
    if note_confirmation(work, actor, ("stocktake", stocktake.id), PHASE, parties, shown):
        _conclude(work, actor, stocktake, lines, seals)
        miss_originals(work, actor, stocktake, originals)
    work.session.flush()
    _tell(work, stocktake)
    return stocktake


def cancel_stocktake(work: UnitOfWork, actor: Actor, stocktake_id: str, *, expected: int | None) -> Stocktake:
    """Call off a stocktake that not both have confirmed. Raises Conflict, Forbidden, Stale."""
    stocktake = _pending(work, actor, stocktake_id, expected)
    if actor.person_id not in stocktake_queries.parties(stocktake).values():
        actor.require("seals.manage")
    stocktake.status, stocktake.safe_slot = StocktakeStatus.CANCELLED, None
    work.session.flush()
    _record(work, actor, stocktake, "custody.stocktake_cancelled", {"number": stocktake.number})
    _tell(work, stocktake)
    return stocktake


def require_not_counted(work: UnitOfWork, safe_id: str) -> None:
    """Raises Conflict (STOCKTAKE_UNDER_WAY) while a safe is being counted and the time for it has not passed."""
    running = stocktake_queries.of_safe(work, safe_id)
    if running is not None and work.now < running.ends_at:
        raise stocktake_errors.under_way(running.number)


def _conclude(
    work: UnitOfWork,
    actor: Actor,
    stocktake: Stocktake,
    lines: Sequence[StocktakeLine],
    seals: Mapping[str, Seal],
) -> None:
    stocktake.status, stocktake.safe_slot, stocktake.done_at = StocktakeStatus.DONE, None, work.now
    stated: list[JsonValue] = []
    for line in lines:
        account = account_of(work, stocktake.organization_id, line.seal_id)
        line.permitted, line.spare, line.pressed = account.permitted, account.spare, account.pressed
        line.good, line.spoiled, line.balanced = account.good, account.spoiled, account.balanced
        stated.append(
            {
                "line": line.id,
                "seal": line.seal_id,
                "expected": line.expected,
                "found": line.found,
                "permitted": account.permitted,
                "spare": account.spare,
                "pressed": account.pressed,
                "good": account.good,
                "spoiled": account.spoiled,
                "balanced": account.balanced,
            }
        )
    facts: dict[str, JsonValue] = {
        "number": stocktake.number,
        "lines": stated,
        "originals": stated_originals(stocktake_queries.originals(work, stocktake.id)),
    }
    _record(work, actor, stocktake, "custody.stocktake_done", facts)
    for line in lines:
        _tell_differences(work, actor, stocktake, line, seals[line.seal_id])


def _tell_differences(
    work: UnitOfWork, actor: Actor, stocktake: Stocktake, line: StocktakeLine, seal: Seal
) -> None:
    if line.expected and not line.found:
        declare_missing(work, actor, seal, found_by=("stocktake", stocktake.id))
    keepers = {work.session.get_one(Safe, stocktake.safe_id).custodian_id, seal.keeper_person_id}
    wrong = []
    if line.found and line.whereabouts == Whereabouts.MISSING:
        note_found(work, actor, seal)
    elif line.found and not line.expected:
        wrong.append("seal_unexpected")
    if not line.balanced:
        wrong.append("count_difference")
    for kind in wrong:
        raise_alarm(
            work,
            actor,
            kind,
            subject_type="seal",
            subject_id=seal.id,
            custodian_ids=sorted(one for one in keepers if one),
            facts={
                "stocktake": stocktake.id,
                "permitted": line.permitted,
                "spare": line.spare,
                "counted": line.pressed,
                "registered": (line.good or 0) + (line.spoiled or 0),
            },
        )


def _counting(work: UnitOfWork, actor: Actor, stocktake_id: str, expected: int | None) -> Stocktake:
    stocktake = _pending(work, actor, stocktake_id, expected)
    if work.now >= stocktake.ends_at:
        raise stocktake_errors.over()
    return stocktake


def _pending(work: UnitOfWork, actor: Actor, stocktake_id: str, expected: int | None) -> Stocktake:
    stocktake = stocktake_queries.get(work, actor, stocktake_id)
    if expected is not None and expected != stocktake.version:
        raise stale_version()
    if stocktake.status != StocktakeStatus.PENDING:
        raise stocktake_errors.not_pending()
    return stocktake


def _record(
    work: UnitOfWork, actor: Actor, stocktake: Stocktake, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="stocktake", subject_id=stocktake.id, facts=facts)


def _tell(work: UnitOfWork, stocktake: Stocktake) -> None:
    persons = stocktake_queries.parties(stocktake).values()
    tell_live(work, stocktake.organization_id, persons, TOPIC, stocktake.id)
