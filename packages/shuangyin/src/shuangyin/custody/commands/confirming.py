"""What several parties confirm, each with a factor of his own: loans of seals and originals, hand-overs, stocktakes."""

from __future__ import annotations

from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import loan_errors, queries
from shuangyin.custody.models import Confirmation
from shuangyin.evidence.commands import record
from shuangyin.people.commands.confirm_identity import Confirmed

Subject = tuple[str, str]
_KINDS = {
    "loan": "custody.loan_confirmed",
    "handover": "custody.handover_confirmed",
    "stocktake": "custody.stocktake_confirmed",
    "original_loan": "custody.original_loan_confirmed",
}
"""Type of what is confirmed → kind of the entry."""


def note_confirmation(
    work: UnitOfWork,
    actor: Actor,
    subject: Subject,
    phase: str,
    parties: Mapping[str, str],
    shown: Confirmed,
) -> bool:
    """Note that one of the parties confirmed a phase; whether all of them have by now.

    `subject` is type and id, `parties` role → person. A party that confirmed already is not noted twice. Raises
    Forbidden (NOT_A_PARTY) for anybody else.
    """
    roles = [role for role, person_id in parties.items() if person_id == shown.person_id]
    if not roles:
        raise loan_errors.not_a_party()
    subject_type, subject_id = subject
    there = queries.confirmations(work, subject_id, phase)
    for role in roles:
        if role in there:
            continue
        there[role] = Confirmation(
            subject_id=subject_id,
            phase=phase,
            role=role,
            organization_id=actor.organization_id,
            person_id=shown.person_id,
            two_factors=shown.two_factors,
            confirmed_at=work.now,
        )
        work.session.add(there[role])
        facts: dict[str, JsonValue] = {
            "phase": phase,
            "role": role,
            "person": shown.person_id,
            "two_factors": shown.two_factors,
        }
        record(
            work,
            actor,
            kind=_KINDS[subject_type],
            subject_type=subject_type,
            subject_id=subject_id,
            facts=facts,
        )
    work.session.flush()
    return set(parties) <= set(there)
