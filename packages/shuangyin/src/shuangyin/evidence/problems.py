"""What is wrong with the log or with those who vouch for it, kept until it is over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from evidencelog.witness.client import witnesses_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.errors import signing_refused
from shuangyin.evidence.models import LogProblem


def note_problem(
    work: UnitOfWork, subject: str, code: str, zh: str, en: str, *, blocking: bool = False
) -> bool:
    """Keep a problem; True when it is new or another one than before, so that it is told once."""
    row = work.session.get(LogProblem, subject)
    if row is not None and row.blocking and not blocking:
        # Who contradicts the log and then falls silent has not taken anything back.
        row.seen_at = work.now
        return False
    if row is not None and row.code == code:
        row.zh, row.en, row.seen_at = zh, en, work.now
        row.blocking = max(row.blocking, int(blocking))
        return False
    if row is not None:
        work.session.delete(row)
        work.session.flush()
    work.session.add(
        LogProblem(
            subject=subject,
            code=code,
            zh=zh,
            en=en,
            blocking=int(blocking),
            since=work.now,
            seen_at=work.now,
        )
    )
    return True


def clear_problem(work: UnitOfWork, subject: str) -> None:
    """The subject is well again. A blocking problem stays until somebody reconciles the log."""
    work.session.execute(delete(LogProblem).where(LogProblem.subject == subject, LogProblem.blocking == 0))


_NO_LONGER = ("（现已不再配置）", " (no longer configured)")


def close_unconfigured(work: UnitOfWork) -> None:
    """End what is noted of witnesses and anchors that are no longer configured: nobody will ask them again.

    What blocks stays, since taking a witness out of the settings takes back nothing that it said; it is marked.
    """
    configured = {f"witness:{one.name}" for one in witnesses_of(work.settings.log_witnesses)}
    configured |= {f"anchor:{one.get('name')}" for one in work.settings.log_anchors}
    for row in work.session.scalars(select(LogProblem)):
        if not row.subject.startswith(("witness:", "anchor:")) or row.subject in configured:
            continue
        if not row.blocking:
            work.session.delete(row)
        elif not row.zh.endswith(_NO_LONGER[0]):
            row.zh, row.en = row.zh + _NO_LONGER[0], row.en + _NO_LONGER[1]


def open_problems(work: UnitOfWork) -> Sequence[LogProblem]:
    """Everything that is wrong now, the blocking ones first."""
    return list(
        work.session.scalars(select(LogProblem).order_by(LogProblem.blocking.desc(), LogProblem.since))
    )


def forbid_while_blocked(work: UnitOfWork) -> None:
    """Raises Unavailable (LOG_SIGNING_REFUSED) while a blocking problem is open."""
    row = work.session.scalar(select(LogProblem).where(LogProblem.blocking == 1).limit(1))
    if row is not None:
        raise signing_refused(row.zh, row.en)
