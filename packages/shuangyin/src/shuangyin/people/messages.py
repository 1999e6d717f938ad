"""Messages that are no codes: who may be told by one, at which number, and how many there may be.

A number is used for what its owner agreed to: whoever agreed to an earlier notice, which spoke of codes alone, is told
nothing by message until he agrees to the present one. These messages are counted apart from codes; otherwise a storm of
alarms would keep people from signing in.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import SmsPhone, SmsSend
from shuangyin.people.privacy_models import Consent
from shuangyin.people.purposes import PHONE, purposes
from shuangyin.people.sms import DAY_MS, HOUR_MS, phone_of

LIMITS: Final = ((HOUR_MS, 5), (DAY_MS, 20))
"""Messages per sliding window for one number: enough that single events are told singly, too few to bury anybody."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many more messages one number may be sent now; with none left, the instant (UTC ms) when it may again."""

    left: int
    free_at: int


def reachable(work: UnitOfWork, person_ids: Collection[str]) -> set[str]:
    """Those of these persons who confirmed a number and agree to the present notice about it."""
    agreed = select(Consent.person_id).where(
        Consent.purpose == PHONE,
        Consent.open_slot.is_not(None),
        Consent.notice_version == purposes()[PHONE].version,
    )
    query = select(SmsPhone.person_id).where(
        SmsPhone.person_id.in_(set(person_ids)), SmsPhone.person_id.in_(agreed)
    )
    return set(work.session.scalars(query))


def number_of(work: UnitOfWork, person_id: str) -> str | None:
    """The number at which a person may be told something, if there is one."""
    return phone_of(work, person_id) if reachable(work, [person_id]) else None


def room(work: UnitOfWork, phone: str) -> Room:
    """What the limits leave to a number."""
    key, left, free_at = _key(work, phone), LIMITS[0][1], work.now
    for window, most in LIMITS:
        recent = (
            select(SmsSend.at)
            .where(SmsSend.key == key, SmsSend.at > work.now - window)
            .order_by(SmsSend.at.desc())
            .limit(most)
        )
        times = list(work.session.scalars(recent))
        left = min(left, most - len(times))
        if len(times) == most:
            free_at = max(free_at, times[-1] + window)
    return Room(left, free_at)


def count(work: UnitOfWork, phone: str, message_id: str) -> None:
    """Count a message that is about to be handed to the gateway."""
    work.session.execute(delete(SmsSend).where(SmsSend.at <= work.now - DAY_MS))
    work.session.add(SmsSend(id=message_id, key=_key(work, phone), at=work.now))


def uncount(work: UnitOfWork, message_id: str) -> None:
    """The gateway did not take it, so nobody was disturbed."""
    work.session.execute(delete(SmsSend).where(SmsSend.id == message_id))


def _key(work: UnitOfWork, phone: str) -> str:
    return work.keyring.blind("sms-told", phone)
