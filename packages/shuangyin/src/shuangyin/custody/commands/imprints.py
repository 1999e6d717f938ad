"""Keep what the comparison of an imprint said, and what the reviewer decided."""

from __future__ import annotations

import json

from evidencelog.entry import JsonValue
from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found, stale_version
from shuangyin.core.objects import WrittenObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import imprint_errors, imprint_queries
from shuangyin.custody.imprint_judging import Judgement
from shuangyin.custody.imprint_models import ImprintComparison
from shuangyin.custody.imprint_schemas import ImprintDecision
from shuangyin.custody.models import PhysicalUse
from shuangyin.evidence.commands import digest_of, record


def keep_comparison(
    work: UnitOfWork,
    actor: Actor,
    seal_id: str,
    judged: Judgement,
    *,
    scan: tuple[WrittenObject, str],
    overlay: WrittenObject | None,
    use_id: str | None,
) -> ImprintComparison:
    """Keep a scan that was judged against the filed specimen. Raises NotFound for a use of another seal."""
    seal, specimen = imprint_queries.specimen_of(work, actor, seal_id)
    if use_id is not None:
        use = work.session.get(PhysicalUse, use_id)
        if use is None or (use.organization_id, use.seal_id) != (actor.organization_id, seal.id):
            raise not_found("该用印登记", "use of this seal")
    found = ImprintComparison(
        id=work.new_id(),
        organization_id=actor.organization_id,
        seal_id=seal.id,
        use_id=use_id,
        scan_object_id=_stored(work, actor, *scan),
        scan_sm3=scan[0].sm3,
        specimen_sm3=specimen.sm3,
        overlay_object_id=None if overlay is None else _stored(work, actor, overlay, "image/png"),
        verdict=judged.verdict,
        reasons=json.dumps(judged.reasons),
        compared_by=actor.person_id,
        compared_at=work.now,
    )
    work.session.add(found)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "comparison": found.id,
        "use": use_id,
        "scan_sm3": found.scan_sm3,
        "specimen_sm3": found.specimen_sm3,
        "verdict": found.verdict,
        "reasons": list(judged.reasons),
    }
    _record(work, actor, found, "custody.imprint_compared", facts)
    return found


def decide_imprint(
    work: UnitOfWork, actor: Actor, comparison_id: str, decided: ImprintDecision, *, expected: int | None
) -> ImprintComparison:
    """The reviewer's own decision; 不符 raises an alarm. Raises Forbidden, Conflict (COMPARISON_DECIDED), Stale."""
    actor.require(imprint_queries.DECIDES)
    found = imprint_queries.comparison(work, actor, comparison_id)
    if expected is not None and expected != found.version:
        raise stale_version()
    if found.decision is not None:
        raise imprint_errors.decided_already()
    found.decision, found.decision_note = decided.decision, decided.note
    found.decided_by, found.decided_at = actor.person_id, work.now
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "comparison": found.id,
        "verdict": found.verdict,
        "decision": found.decision,
        "note": digest_of(decided.note),
    }
    _record(work, actor, found, "custody.imprint_decided", facts)
    if found.decision == "differ":
        raise_alarm(
            work,
            actor,
            "imprint_differs",
            subject_type="seal",
            subject_id=found.seal_id,
            about=found.id,
            facts={"comparison": found.id, "use": found.use_id},
        )
    return found


def _stored(work: UnitOfWork, actor: Actor, written: WrittenObject, media_type: str) -> str:
    object_id = work.new_id()
    work.session.add(
        work.objects.row(
            written,
            object_id=object_id,
            organization_id=actor.organization_id,
            media_type=media_type,
            now_ms=work.now,
        )
    )
    work.session.flush()
    return object_id


def _record(
    work: UnitOfWork, actor: Actor, found: ImprintComparison, kind: str, facts: dict[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="seal", subject_id=found.seal_id, facts=facts)
