"""How audits and findings are shown: rows joined with persons, seals and requests into API shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import select

from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.alarms.models import Alarm
from shuangyin.audit import queries, rules
from shuangyin.audit.commands import ANSWER, CONDUCT
from shuangyin.audit.models import Audit, AuditFinding
from shuangyin.audit.months import end_of
from shuangyin.audit.schemas import (
    AlarmFindingOut,
    AlarmFindings,
    FindingAlarmOut,
    FindingCounts,
    FindingOut,
    MonthlyAuditOut,
)
from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.readers import EntrySubjects
from shuangyin.people.queries import display
from shuangyin.people.schemas import NamedRef, PersonRef

_SUBJECTS = ("seal", "device", "request", "paper_permit", "stocktake")
_PERSONS = ("responsible_id", "answered_by", "rectified_by", "settled_by")
_PLAIN = (
    "id", "number", "kind", "permit_id", "noticed_at", "found_at", "cause", "rectification", "due_on", "answered_at",
    "rectified_at", "rectified_note", "outcome", "reason", "settled_at", "version",
)  # fmt: skip


def audit_out(work: UnitOfWork, actor: Actor, audit: Audit, *, alone: bool = True) -> MonthlyAuditOut:
    """An audit as it is shown; `alone` says how many differences wait to be taken in."""
    people = display(work, {one for one in (audit.opened_by, audit.closed_by) if one})
    conducts = actor.may(CONDUCT) and queries.is_open(audit)
    waiting = len(queries.new_differences(work, audit)) if alone and queries.is_open(audit) else None
    return MonthlyAuditOut(
        id=audit.id,
        month=audit.month,
        status="open" if queries.is_open(audit) else "closed",
        opened_by=people[audit.opened_by],
        opened_at=audit.opened_at,
        closed_by=people[audit.closed_by] if audit.closed_by else None,
        closed_at=audit.closed_at,
        ends_at=end_of(audit.month),
        findings=_counts(work, audit),
        new_differences=waiting,
        may_conduct=conducts,
        version=audit.version,
    )


def findings_out(work: UnitOfWork, actor: Actor, found: Sequence[AuditFinding]) -> list[FindingOut]:
    """Findings as they are shown."""
    unsettled = [one for one in found if one.settled_figures is None]
    figures = queries.figures_now(work, unsettled)
    persons = {getattr(one, name) for one in found for name in _PERSONS}
    shown = _Shown(work, actor, found, display(work, {one for one in persons if one}))
    return [
        shown.out(one, figures.get(one.id) or queries.figures_of(one.settled_figures or one.figures))
        for one in found
    ]


def alarm_findings_out(found: Sequence[AuditFinding]) -> AlarmFindings:
    """Which findings are of which alarms."""
    return AlarmFindings(
        items=[
            AlarmFindingOut(
                alarm_id=one.alarm_id, id=one.id, number=one.number, status=queries.stand_of(one).status
            )
            for one in found
            if one.alarm_id is not None
        ]
    )


class _Shown:
    """What findings name, looked up once."""

    def __init__(
        self, work: UnitOfWork, actor: Actor, found: Sequence[AuditFinding], people: dict[str, PersonRef]
    ) -> None:
        self._actor, self._people = actor, people
        self._today = beijing_time(work.now).date()
        about = {
            (name, subject_id)
            for one in found
            for name in _SUBJECTS
            if (subject_id := getattr(one, f"{name}_id")) is not None
        }
        readers: EntrySubjects = work.port(EntrySubjects)  # type: ignore[type-abstract]  # a port is asked for by its protocol
        self._names = readers.names(work, actor.organization_id, about, ()).subjects
        alarms = select(Alarm).where(Alarm.id.in_(_ids(one.alarm_id for one in found)))
        self._alarms = {one.id: one for one in work.session.scalars(alarms)}
        months = select(Audit.id, Audit.month).where(Audit.id.in_(_ids(one.audit_id for one in found)))
        self._months = dict(work.session.execute(months).tuples().all())

    def out(self, one: AuditFinding, now: rules.Figures) -> FindingOut:
        """One finding as it is shown, with these figures as those of now."""
        stand, kind = queries.stand_of(one), alarm_kinds()[one.kind]
        answers = self._actor.may(ANSWER)
        objection = rules.object_to_settling(
            stand, person_id=self._actor.person_id, outcome=rules.Outcome.EXPLAINED
        )
        return FindingOut.model_validate(
            {name: getattr(one, name) for name in _PLAIN}
            | {name: self._ref(name, getattr(one, f"{name}_id")) for name in _SUBJECTS}
            | {name.removesuffix("_id"): self._people.get(getattr(one, name) or "") for name in _PERSONS}
            | {
                "audit": NamedRef(id=one.audit_id, name=self._months[one.audit_id]),
                "title_zh": kind.text.zh,
                "title_en": kind.text.en,
                "status": stand.status,
                "overdue": stand.overdue(self._today),
                "alarm": self._alarm(one.alarm_id),
                "figures": asdict(queries.figures_of(one.figures)),
                "figures_now": asdict(now),
                "may_answer": answers and not stand.settled,
                "may_rectify": answers and rules.object_to_rectifying(stand) is None,
                "may_settle": self._actor.may(CONDUCT) and objection is None,
            }
        )

    def _ref(self, name: str, subject_id: str | None) -> NamedRef | None:
        if subject_id is None:
            return None
        return NamedRef(id=subject_id, name=self._names.get((name, subject_id), "—"))

    def _alarm(self, alarm_id: str | None) -> FindingAlarmOut | None:
        alarm = self._alarms.get(alarm_id or "")
        if alarm is None:
            return None
        return FindingAlarmOut.model_validate(alarm, from_attributes=True)


def _ids(found: Iterable[str | None]) -> set[str]:
    return {one for one in found if one is not None}


def _counts(work: UnitOfWork, audit: Audit) -> FindingCounts:
    found = queries.findings(work, audit)
    stands = [queries.stand_of(one) for one in found]
    by_status = Counter(one.status for one in stands)
    today = beijing_time(work.now).date()
    return FindingCounts(
        all=len(found),
        carried=sum(one.audit_id != audit.id for one in found),
        overdue=sum(one.overdue(today) for one in stands),
        **{status.value: by_status[status] for status in rules.FindingStatus},
    )
