"""Reserve, use and release the counts of grants. Two who ask for the last one take turns; the second is refused."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.authority import errors, queries
from shuangyin.authority.commands.grants import close_if_over
from shuangyin.authority.judging import AuthorityAnswer, UseFacts, question_of
from shuangyin.authority.kinds import CountOf, ReservationStatus
from shuangyin.authority.models import Grant, GrantReservation
from shuangyin.authority.rules.grants import Quantities, objections_to_use
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.queries import get as seal_of


def reserve(
    work: UnitOfWork,
    actor: Actor,
    grant_id: str,
    *,
    subject_id: str,
    seal_id: str,
    use: UseFacts | None = None,
) -> GrantReservation:
    """Take what a use counts of a grant and of all its ancestors, for a subject. Raises Refused when too little is left.

    Two subjects that ask for the last count at the same moment take turns; the second is refused.
    """
    facts = use or UseFacts()
    line = _locked_line(work, actor, grant_id)
    question = question_of(work, seal_of(work, actor.organization_id, seal_id), work.now, facts)
    ends = queries.office_ends(work, actor.organization_id)
    states = [queries.state_of(one, lapses_at=queries.lapse(work, one, ends)) for one in line]
    objections = objections_to_use(states, question)
    if objections:
        raise errors.used_up(objections)
    for one in line:
        one.count_reserved += facts.wanted.of(CountOf(one.count_of))
    reservation = GrantReservation(
        id=work.new_id(),
        organization_id=actor.organization_id,
        grant_id=grant_id,
        subject_id=subject_id,
        seal_id=seal_id,
        documents=facts.wanted.documents,
        presses=facts.wanted.presses,
        status=ReservationStatus.RESERVED,
        reserved_at=work.now,
        slot=f"{subject_id}:{seal_id}",
    )
    work.session.add(reservation)
    work.session.flush()
    return reservation


def take(
    work: UnitOfWork,
    actor: Actor,
    answer: AuthorityAnswer,
    *,
    subject_id: str,
    seal_id: str,
    use: UseFacts,
) -> None:
    """A use is made under a grant: hold its count until the subject is settled, unless it is held already.

    Nothing happens for what rests on a post. Raises Refused when somebody else took the last count.
    """
    if answer.grant_id is None:
        return
    slot = f"{subject_id}:{seal_id}"
    if work.session.scalar(select(GrantReservation.id).where(GrantReservation.slot == slot)) is None:
        reserve(work, actor, answer.grant_id, subject_id=subject_id, seal_id=seal_id, use=use)


def consume(work: UnitOfWork, actor: Actor, subject_id: str) -> int:
    """The subject was sealed: its reserved counts are used, and a grant that is used up ends. Returns how many."""
    return _settle(work, actor, subject_id, ReservationStatus.USED)


def release(work: UnitOfWork, actor: Actor, subject_id: str) -> int:
    """The subject came to nothing: its reserved counts are free again. Returns how many."""
    return _settle(work, actor, subject_id, ReservationStatus.RELEASED)


def _settle(work: UnitOfWork, actor: Actor, subject_id: str, status: ReservationStatus) -> int:
    reservations = queries.reservations_of(work, subject_id)
    touched: dict[str, Grant] = {}
    for reservation in reservations:
        quantities = Quantities(1, reservation.documents, reservation.presses)
        for one in _locked_line(work, actor, reservation.grant_id):
            quantity = quantities.of(CountOf(one.count_of))
            one.count_reserved -= quantity
            if status is ReservationStatus.USED:
                one.count_used += quantity
            touched[one.id] = one
        reservation.status = status
        if status is ReservationStatus.RELEASED:
            reservation.slot = None
    work.session.flush()
    if status is ReservationStatus.USED:
        close_if_over(work, actor, sorted(touched.values(), key=lambda one: one.path))
    return len(reservations)


def _locked_line(work: UnitOfWork, actor: Actor, grant_id: str) -> list[Grant]:
    ids = queries.grant_of(work, actor.organization_id, grant_id).line_ids
    # Locked from the root down, always in the same order, so that two lines cannot wait for each other.
    query = select(Grant).where(Grant.id.in_(ids)).order_by(Grant.depth).with_for_update()
    return list(work.session.scalars(query.execution_options(populate_existing=True)))
