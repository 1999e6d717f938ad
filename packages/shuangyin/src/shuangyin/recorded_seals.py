"""What the register of seals says now about facts that entries recorded: seals as the latest entry left them, the events
of their lives, steps with their evidence, checks, reports to authorities, tasks, differences from outside registers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from sqlalchemy import String, cast, null, select

from gmseal.ses.seal import read_seal
from shuangyin.core.clock import to_milliseconds
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import RowKey
from shuangyin.evidence.kinds import kinds
from shuangyin.recorded_comparing import (
    Bringing,
    Comparison,
    Content,
    Facts,
    RecordedArea,
    brings,
    differs,
    past_of,
    row_of,
    states,
    subject_of,
    text_differs,
)
from shuangyin.recorded_engravers import ENGRAVERS
from shuangyin.recorded_pairs import counterpart_differs
from shuangyin.seals.kinds import Begun, SealStatus
from shuangyin.seals.models import (
    ESealMaterial,
    Seal,
    SealCheck,
    SealDiscrepancy,
    SealEvent,
    SealEvidence,
    SealFiling,
    SealFreeze,
    SealStep,
    SealTask,
)
from shuangyin.seals.rules.life import ENDED, MOVES, Telling
from shuangyin.seals.rules.registering import face_lines, in_force_slot
from shuangyin.seals.step_queries import binding_of

_IMPRINT = "specimen_object_id"
_ENTERED = {
    "status": "status",
    "keeper": "keeper_person_id",
    "filing_no": "filing_no",
    "filed_at": "filed_at",
}
_LIFE: Mapping[str, Mapping[str, str]] = {
    "seals.registered": _ENTERED,
    "seals.made": _ENTERED,
    "seals.imported": {**_ENTERED, "specimen_sm3": _IMPRINT},
    "seals.activated": {"status": "status"},
    "seals.suspended": {"status": "status"},
    "seals.resumed": {"status": "status"},
    "seals.applied": _ENTERED,
    "seals.accepted": {"status": "status"},
    "seals.manufactured": {"status": "status", "specimen_sm3": _IMPRINT},
    "seals.filed": {"status": "status", "filing_no": "filing_no", "filed_at": "filed_at"},
    "seals.delivered": {"status": "status"},
    "seals.reported_lost": {"status": "status"},
    "seals.scrapped": {"status": "status"},
    "seals.surrendered": {"status": "status"},
    "seals.destroyed": {"status": "status"},
    "seals.revoked": {"status": "status"},
    "seals.uncollected": {"status": "status"},
    "seals.formality_allowed": {"status": "status"},
    "seals.keeper_set": {"to": "keeper_person_id"},
    "seals.filing_set": {"filing_no": "filing_no", "filed_at": "filed_at"},
    "seals.specimen_filed": {"sm3": _IMPRINT},
}
"""What entries about a seal say of it after they were written: name in the entry → column."""


def _entered(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A seal as it was entered, and as the latest entries about it left it."""
    row = row_of(work, Seal, subject_of(content))
    lasting = {name: column for name, column in _LASTING.items() if name in facts}
    return (
        differs(row, facts, lasting)
        or _material_differs(work, row, facts)
        or _came_otherwise(work, row, content, facts)
        or _life_differs(work, row)
    )


_LASTING = {
    **{name: name for name in ("medium", "ga_type", "origin", "category", "root", "shape")},
    **{name: name for name in ("width_um", "height_um")},
    "sequence": "sequence_number",
}
"""What never changes of a seal; entries of earlier versions say nothing of most of it."""


def _came_otherwise(work: UnitOfWork, seal: Seal, content: Content, facts: Facts) -> str | None:
    """How a seal came into the register, what stands on its face, and with which seal it belongs together."""
    if content.get("kind") not in _ENTERING:
        return None
    applied = content.get("kind") == "seals.applied"
    stated = {
        "organization_id": content.get("organization"),
        "created_at": content.get("at"),
        "begun": Begun.APPLIED if applied else Begun.TAKEN_IN,
        "replaces_id": facts.get("replaces"),
    }
    said = states(seal, stated)
    # Entries of earlier versions say neither.
    if said is None and "face" in facts:
        face = face_lines(seal.name, seal.face_text, seal.face_words)
        said = text_differs(face, facts["face"], "Seal.name, face_text or face_words")
    if said is None and "counterpart" in facts:
        said = counterpart_differs(work, seal, facts["counterpart"])
    return said


def _material_differs(work: UnitOfWork, seal: Seal, facts: Facts) -> str | None:
    """An electronic seal is the recorded file, and its name, number and time are those in that file."""
    if "seal_sm3" not in facts:
        return None
    material = work.session.get(ESealMaterial, seal.id)
    if material is None or _sm3(material.seal_der) != facts["seal_sm3"]:
        return "ESealMaterial.seal_der is not what was recorded"
    if _sm3(material.certificate_der) != facts.get("certificate_sm3"):
        return "ESealMaterial.certificate_der is not what was recorded"
    structure = read_seal(material.seal_der)
    stated: tuple[tuple[str, object, object], ...] = (
        ("name", seal.name, structure.name),
        ("es_id", seal.es_id, structure.es_id),
        ("valid_from", seal.valid_from, to_milliseconds(structure.valid_from)),
        ("valid_until", seal.valid_until, to_milliseconds(structure.valid_to)),
    )
    for column, kept, recorded in stated:
        if kept != recorded:
            return f"Seal.{column} is not what the recorded seal says"
    return None


def _life_differs(work: UnitOfWork, seal: Seal) -> str | None:
    """Status, filing, keeper and imprint as the latest entry says that speaks of them."""
    last: dict[str, tuple[int, list[object]]] = {}
    held: object = None
    for past in past_of(work, "seal", seal.id, *_LIFE, "seals.held", "seals.report_accepted"):
        if past.kind == "seals.report_accepted":
            if past.facts.get("telling") == Telling.NEW:
                last["filing_no"] = (past.at, [past.facts.get("filing_no")])
                last.pop("filed_at", None)
            continue
        held = None if past.facts.get("status") in ENDED else past.facts.get("hold", held)
        for name, column in _LIFE.get(past.kind, {}).items():
            if name in past.facts:
                # Entries of one millisecond stand in the log in no order: each of them may be the latest.
                before = last.get(column)
                together = before[1] if before is not None and before[0] == past.at else []
                last[column] = (past.at, [*together, past.facts[name]])
    imprint = work.session.get(StoredObject, seal.specimen_object_id) if seal.specimen_object_id else None
    if seal.specimen_object_id is not None and imprint is None:
        return "Seal.specimen_object_id names a file that is gone"
    for column, (_at, recorded) in last.items():
        kept = (imprint.sm3 if imprint else None) if column == _IMPRINT else getattr(seal, column)
        if kept not in recorded:
            return f"Seal.{column} is not what was recorded"
    slot = in_force_slot(seal.organization_id, seal.medium, seal.category, seal.root, seal.sequence_number)
    in_force = seal.status == SealStatus.IN_FORCE
    return states(seal, {"hold": held, "in_force_slot": slot if in_force else None})


def _sm3(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


def _happened(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """The register has the event, with the status that the entry says; a note in it is the recorded one."""
    kind, at = str(content.get("kind")).removeprefix("seals."), content.get("at")
    rows = work.session.scalars(
        select(SealEvent).where(
            SealEvent.seal_id == subject_of(content), SealEvent.kind == kind, SealEvent.at == at
        )
    ).all()
    if not rows:
        return "SealEvent: the register does not have this event"
    stated = {"status_after": facts.get("status"), "person_id": content.get("actor")}
    said = [
        states(row, stated) or text_differs(row.note, facts.get("note"), "SealEvent.note") for row in rows
    ]
    return None if None in said else said[0]


def _carried_out(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A step that was carried out is done, and is what was asked for: its evidence and all that it states."""
    if (
        "step" not in facts or "with" in facts
    ):  # An e-seal that ends with its physical seal has no step of its own.
        return None
    row = row_of(work, SealStep, facts["step"])
    said = _is_step(work, row, content, facts) or states(
        row, {"status": "done", "ended_at": content.get("at")}
    )
    return said or text_differs(row.reason, facts.get("note"), "SealStep.reason")


def _asked(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealStep, facts.get("step"))
    said = _is_step(work, row, content, facts)
    stated = {"act": facts.get("act"), "asked_by": content.get("actor"), "asked_at": content.get("at")}
    return said or states(row, stated) or text_differs(row.reason, facts.get("reason"), "SealStep.reason")


def _is_step(work: UnitOfWork, row: SealStep | None, content: Content, facts: Facts) -> str | None:
    if row is None:
        return "the row it speaks of is gone"
    said = states(row, {"seal_id": subject_of(content), "binding": facts.get("binding")})
    if said is None and binding_of(work, row) != row.binding:
        return "SealStep is not what was recorded: its binding, over details and evidence, is another one"
    return said


def _step_over(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A step that was not carried out stays so."""
    status = str(content.get("kind")).removeprefix("seals.step_")
    row = row_of(work, SealStep, facts.get("step"))
    return states(row, {"act": facts.get("act"), "status": status, "ended_at": content.get("at")})


def _step_passed(work: UnitOfWork, _content: Content, facts: Facts) -> str | None:
    return states(row_of(work, SealStep, facts.get("step")), {"act": facts.get("act")})


def _proof_added(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealEvidence, facts.get("evidence"))
    stated = {
        "seal_id": subject_of(content),
        "kind": facts.get("kind"),
        "sm3": facts.get("sm3"),
        "added_by": content.get("actor"),
        "added_at": content.get("at"),
    }
    return states(row, stated)


def _checked(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealCheck, facts.get("check"))
    stated = {
        "seal_id": subject_of(content),
        "kind": facts.get("kind"),
        "good": facts.get("good"),
        "outcome": facts.get("outcome"),
        "checked_by": content.get("actor"),
        "checked_at": content.get("at"),
    }
    return states(row, stated)


def _frozen(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealFreeze, facts.get("freeze"))
    stated = {
        "frozen_by": content.get("actor"),
        "frozen_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    said = states(row, stated) or text_differs(row.reason, facts.get("reason"), "SealFreeze.reason")
    lifted = past_of(work, "organization", row.organization_id, "seals.freeze_lifted") if row else []
    ended = any(one.facts.get("freeze") == row.id for one in lifted)
    if said is None and ended != (row.slot is None):
        return "SealFreeze.slot is not what was recorded"
    return said


def _lifted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealFreeze, facts.get("freeze"))
    stated = {
        "lifted_by": content.get("actor"),
        "lifted_at": content.get("at"),
        "lift_entry_id": content.get("id"),
    }
    return states(row, stated) or text_differs(row.lift_reason, facts.get("reason"), "SealFreeze.lift_reason")


def _reported(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealFiling, facts.get("report"))
    said = states(row, {"seal_id": subject_of(content)})
    return said or differs(row, facts, {"authority": "authority", "telling": "telling"})


def _report_accepted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealFiling, facts.get("report"))
    stated = {"status": "accepted", "answered_at": content.get("at"), "filing_no": facts.get("filing_no")}
    return _reported(work, content, facts) or states(row, stated)


def _task_raised(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealTask, facts.get("task"))
    return states(row, {"kind": facts.get("kind"), "raised_at": content.get("at")})


def _task_done(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealTask, facts.get("task"))
    stated = {"done_at": content.get("at"), "done_by": content.get("actor"), "slot": None}
    return states(row, {"kind": facts.get("kind"), **stated})


def _out_of_step(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealDiscrepancy, facts.get("discrepancy"))
    return states(
        row, {"register": facts.get("register"), "what": facts.get("what"), "found_at": content.get("at")}
    )


def _in_step(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, SealDiscrepancy, facts.get("discrepancy"))
    return states(row, {"ended_at": content.get("at"), "slot": None})


def _all(*comparisons: Comparison) -> Comparison:
    def compare(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
        return next((said for one in comparisons if (said := one(work, content, facts))), None)

    return compare


def _event_key(content: Content, _facts: Facts) -> Iterator[RowKey]:
    kind = str(content.get("kind")).removeprefix("seals.")
    yield ("seal_event", f"{subject_of(content)}/{kind}/{content.get('at')}")


def _and_event(other: Bringing | None) -> Bringing:
    def rows(content: Content, facts: Facts) -> Iterator[RowKey]:
        yield from _event_key(content, facts)
        yield from other(content, facts) if other is not None else ()
        if "binding" in facts and str(content.get("kind")) != "seals.step_asked":
            yield ("seal_step that is done", str(facts.get("step")))

    return rows


_OF_OTHER_ROWS: Mapping[str, Comparison] = {
    "seals.evidence_added": _proof_added,
    "seals.checked": _checked,
    "seals.frozen": _frozen,
    "seals.freeze_lifted": _lifted,
    "seals.report_queued": _reported,
    "seals.report_sent_again": _reported,
    "seals.report_declined": _reported,
    "seals.report_accepted": _report_accepted,
    "seals.task_raised": _task_raised,
    "seals.task_done": _task_done,
    "seals.out_of_step": _out_of_step,
    "seals.in_step_again": _in_step,
}
"""Entries about seals that are no events of the register."""
_ENTERING = ("seals.registered", "seals.made", "seals.imported", "seals.applied")
_ENTERED_AGAIN = (*_ENTERING, "seals.manufactured")
_STEPS: Mapping[str, Comparison] = {
    "seals.step_asked": _asked,
    "seals.step_approved": _step_passed,
    "seals.step_rejected": _step_over,
    "seals.step_sent_back": _step_over,
    "seals.step_void": _step_over,
    "seals.step_withdrawn": _step_over,
}
_MOVING = frozenset(f"seals.{move.event}" for move in MOVES)
_EVENTS = (
    frozenset(kind for kind in kinds() if kind.startswith("seals."))
    - set(_OF_OTHER_ROWS)
    - set(ENGRAVERS.comparisons)
)


def _event_comparison(kind: str) -> Comparison:
    parts: list[Comparison] = [_happened]
    if kind in _ENTERED_AGAIN:
        parts.append(_entered)
    if kind in _STEPS:
        parts.append(_STEPS[kind])
    elif kind in _MOVING:
        parts.append(_carried_out)
    return _all(*parts)


def _event_bringing(kind: str) -> Bringing:
    if kind in _ENTERING:
        return _and_event(brings("seal", "subject", "id"))
    if kind == "seals.step_asked":
        return _and_event(brings("seal_step that was asked for", "facts", "step"))
    return _and_event(None)


_EVENT_ID = SealEvent.seal_id + "/" + SealEvent.kind + "/" + cast(SealEvent.at, String)
SEALS = RecordedArea(
    tables=frozenset(
        {
            "seal",
            "e_seal_material",
            "seal_event",
            "seal_step",
            "seal_evidence",
            "seal_check",
            "seal_freeze",
            "seal_filing",
            "seal_task",
            "seal_discrepancy",
        }
    ),
    comparisons={**_OF_OTHER_ROWS, **{kind: _event_comparison(kind) for kind in _EVENTS}},
    brings={
        **{kind: _event_bringing(kind) for kind in _EVENTS},
        "seals.evidence_added": brings("seal_evidence", "facts", "evidence"),
        "seals.checked": brings("seal_check", "facts", "check"),
        "seals.frozen": brings("seal_freeze", "facts", "freeze"),
        "seals.report_queued": brings("seal_filing", "facts", "report"),
        "seals.task_raised": brings("seal_task", "facts", "task"),
        "seals.out_of_step": brings("seal_discrepancy", "facts", "discrepancy"),
    },
    rows=(
        ("seal", select(Seal.id, null()).order_by(Seal.id)),
        ("seal_event", select(_EVENT_ID, null()).order_by(SealEvent.id)),
        (
            "seal_step that was asked for",
            select(SealStep.id, null()).where(SealStep.route_id.is_not(None)).order_by(SealStep.id),
        ),
        (
            "seal_step that is done",
            select(SealStep.id, null()).where(SealStep.status == "done").order_by(SealStep.id),
        ),
        ("seal_evidence", select(SealEvidence.id, null()).order_by(SealEvidence.id)),
        ("seal_check", select(SealCheck.id, null()).order_by(SealCheck.id)),
        ("seal_freeze", select(SealFreeze.id, SealFreeze.entry_id).order_by(SealFreeze.id)),
        ("seal_filing", select(SealFiling.id, null()).order_by(SealFiling.id)),
        ("seal_task", select(SealTask.id, null()).order_by(SealTask.id)),
        ("seal_discrepancy", select(SealDiscrepancy.id, null()).order_by(SealDiscrepancy.id)),
    ),
)
