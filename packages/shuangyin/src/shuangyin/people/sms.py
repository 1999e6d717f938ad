"""Codes by short message: asked for within limits, good once for one act, within minutes and tries.

A message can be read on a locked telephone and a number can be taken over, so a code is a factor beside the password
and never the only one. The database holds the number wrapped and the code as a keyed digest. Every message asked for
counts, also one that the gateway did not take, or asking while it is down would have no limit.
"""

from __future__ import annotations

import hmac
import re
import secrets

import structlog
from sqlalchemy import delete, select, update

from shuangyin.core.actor import Actor
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.people import errors, privacy, throttle
from shuangyin.people.models import Person, SmsCode, SmsPhone, SmsSend
from shuangyin.people.privacy_models import DeletionReason
from shuangyin.people.purposes import PHONE
from shuangyin.people.sms_port import SmsGateway, SmsProblem

_log = structlog.get_logger(__name__)

DIGITS = 6
LIFE_MS = 5 * 60_000
TRIES = 5
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 24 * 3_600_000
LIMITS = ((MINUTE_MS, 1), (HOUR_MS, 5), (DAY_MS, 10))
"""Messages per sliding window for one number and for one account, as the large gateways limit them themselves."""
ADDRESS_LIMITS = ((MINUTE_MS, 10), (HOUR_MS, 60), (DAY_MS, 200))
"""For one address: higher, because a whole office signs in from one."""
CONFIRM_PHONE = "people.set_phone"
_PHONE = re.compile(r"1[3-9][0-9]{9}")


def checked_phone(text: str) -> str:
    """A mobile number of the mainland. Raises Invalid (PHONE_FORM)."""
    phone = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if _PHONE.fullmatch(phone) is None:
        raise errors.phone_form()
    return phone


def masked(phone: str) -> str:
    """The number as it is shown: its owner knows it, nobody else learns it."""
    return f"{phone[:3]}****{phone[-4:]}"


def phone_of(work: UnitOfWork, person_id: str) -> str | None:
    """The confirmed number of a person."""
    row = work.session.get(SmsPhone, person_id)
    if row is None:
        return None
    return work.keyring.unwrap(row.organization_id, _context(person_id), row.phone).decode()


def usable(work: UnitOfWork, person_id: str) -> bool:
    """Whether the person can be sent a code: he has a number and a gateway is set up."""
    return gateway(work.platform).available and work.session.get(SmsPhone, person_id) is not None


def gateway(platform: Platform) -> SmsGateway:
    """The joined gateway."""
    return platform.port(SmsGateway)  # type: ignore[type-abstract]  # a port is looked up by its protocol


def send_code(
    platform: Platform, person_id: str, act: str, subject: str, *, address: str, phone: str | None = None
) -> str:
    """Send a code for one act on one subject to the person's number, or to a number he wants to confirm.

    Returns the number as it may be shown. An earlier code for the same counts no more. Raises RateLimited (SMS_LIMIT),
    NotFound (NO_PHONE), Refused (SMS_NOT_OFFERED), Unavailable (SMS_UNAVAILABLE).
    """
    sender = gateway(platform)
    if not sender.available:
        raise errors.sms_not_offered()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"

    def prepare(work: UnitOfWork) -> tuple[str, str]:
        person = work.session.get_one(Person, person_id)
        number = phone or phone_of(work, person_id)
        if number is None:
            raise errors.no_phone()
        _count(work, person_id, number, address)
        return number, _new_code(work, person, act, subject, code)

    number, code_id = platform.transact(prepare)
    purpose = "登录" if act == "people.sign_in" else "确认操作"
    try:
        sender.send(number, {"code": code, "purpose": purpose}, out_id=code_id)
    except SmsProblem as error:
        _log.warning("sms.not_sent", error_code=error.code, message=code_id)
        raise errors.sms_unavailable() from error
    return masked(number)


def confirms(work: UnitOfWork, actor: Actor, code: str, act: str, subject: str) -> bool:
    """Whether this is the code that was sent for this act on this subject; it is used up, a wrong one counted."""
    row = work.session.scalar(
        select(SmsCode)
        .where(
            SmsCode.person_id == actor.person_id,
            SmsCode.act == act,
            SmsCode.subject == subject,
            SmsCode.used_at.is_(None),
            SmsCode.expires_at > work.now,
        )
        .with_for_update()
    )
    if row is None or row.tries >= TRIES:
        return False
    row.tries += 1
    if not hmac.compare_digest(row.code_digest, _digest(work, row.id, code.strip())):
        return False
    row.used_at = work.now
    return True


def keep_phone(work: UnitOfWork, actor: Actor, phone: str) -> None:
    """The number that a code has just shown to be the person's."""
    wrapped = work.keyring.wrap(actor.organization_id, _context(actor.person_id), phone.encode())
    row = work.session.get(SmsPhone, actor.person_id)
    if row is None:
        row = SmsPhone(person_id=actor.person_id, organization_id=actor.organization_id)
        work.session.add(row)
    row.phone, row.confirmed_at = wrapped, work.now
    work.session.flush()
    _record(work, actor, "people.phone_confirmed")


def remove_phone(work: UnitOfWork, actor: Actor) -> None:
    """Forget the person's number and the codes sent to it, with proof; the consent ends. Raises NotFound (NO_PHONE)."""
    if work.session.get(SmsPhone, actor.person_id) is None:
        raise errors.no_phone()
    privacy.erase(work, actor, actor.person_id, PHONE, DeletionReason.WITHDRAWN)


def subject_of_phone(work: UnitOfWork, phone: str) -> str:
    """What stands for a number that is to be confirmed: a keyed digest."""
    return work.keyring.blind("sms-phone", phone)


def _count(work: UnitOfWork, person_id: str, phone: str, address: str) -> None:
    """Count a message against number, account and address, or refuse it. Raises RateLimited (SMS_LIMIT)."""
    work.session.execute(delete(SmsSend).where(SmsSend.at <= work.now - DAY_MS))
    keys = (
        (subject_of_phone(work, phone), LIMITS),
        (work.keyring.blind("sms-account", person_id), LIMITS),
        (work.keyring.blind("sms-address", throttle.network(address)), ADDRESS_LIMITS),
    )
    waits = [_wait_ms(work, key, window, most) for key, limits in keys for window, most in limits]
    if max(waits) > 0:
        raise errors.sms_limit(-(-max(waits) // 1000))
    work.session.add_all(SmsSend(id=work.new_id(), key=key, at=work.now) for key, _ in keys)


def _wait_ms(work: UnitOfWork, key: str, window: int, most: int) -> int:
    """How long until one more fits into the window; 0 when it does now."""
    recent = (
        select(SmsSend.at)
        .where(SmsSend.key == key, SmsSend.at > work.now - window)
        .order_by(SmsSend.at.desc())
        .limit(most)
    )
    times = list(work.session.scalars(recent))
    return times[-1] + window - work.now if len(times) >= most else 0


def _new_code(work: UnitOfWork, person: Person, act: str, subject: str, code: str) -> str:
    earlier = update(SmsCode).where(
        SmsCode.person_id == person.id,
        SmsCode.act == act,
        SmsCode.subject == subject,
        SmsCode.used_at.is_(None),
    )
    work.session.execute(earlier.values(used_at=work.now))
    work.session.execute(delete(SmsCode).where(SmsCode.expires_at < work.now))
    own_id = work.new_id()
    work.session.add(
        SmsCode(
            id=own_id,
            organization_id=person.organization_id,
            person_id=person.id,
            act=act,
            subject=subject,
            code_digest=_digest(work, own_id, code),
            tries=0,
            created_at=work.now,
            expires_at=work.now + LIFE_MS,
            used_at=None,
        )
    )
    return own_id


def _digest(work: UnitOfWork, code_id: str, code: str) -> str:
    return work.keyring.blind(f"sms-code:{code_id}", code)


def _context(person_id: str) -> str:
    return f"sms-phone:{person_id}"


def _record(work: UnitOfWork, actor: Actor, kind: str) -> None:
    record(work, actor, kind=kind, subject_type="person", subject_id=actor.person_id, facts={})
