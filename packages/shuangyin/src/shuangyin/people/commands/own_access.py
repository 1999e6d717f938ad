"""What a person changes of his own access: password, recovery codes, bearer tokens, the session itself."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid, not_found
from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.rules import checked_name, checked_permissions
from shuangyin.organization.starter import permission_labels
from shuangyin.people import errors, factors, passkeys, passwords, privacy, rules, sessions, sms, throttle
from shuangyin.people.commands.step_up import require_second_factor
from shuangyin.people.models import (
    ApiToken,
    Credential,
    EndReason,
    Passkey,
    Person,
    RecoveryCode,
    SignInSession,
)
from shuangyin.people.purposes import PHONE
from shuangyin.people.schemas import NewPasskey, NewPhone, NewToken, PasswordChange, PhoneCode

RECOVERY_CODES = 10
_RECOVERY_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_RECOVERY_LENGTH = 12
_DAY_MS = 24 * 3600 * 1000


def require_session(actor: Actor) -> str:
    """The id of the actor's session. Raises Forbidden (SESSION_REQUIRED) for a bearer token."""
    if actor.session_id is None:
        raise errors.session_required()
    return actor.session_id


def sign_out(work: UnitOfWork, actor: Actor) -> None:
    """End this session."""
    session = work.session.get_one(SignInSession, require_session(actor))
    session.ended_at = work.now
    session.end_reason = EndReason.SIGNED_OUT
    _record(work, actor, "people.signed_out", {"session": session.id})


def change_password(platform: Platform, actor: Actor, change: PasswordChange, *, address: str) -> None:
    """Set a new password and end all other sessions.

    Raises Forbidden (PASSWORD_WRONG, SESSION_REQUIRED), Invalid (PASSWORD_…), RateLimited. A wrong present password
    is throttled like a sign-in, or a session left open would be a place to guess.
    """
    require_session(actor)
    account, known_hash = platform.view(lambda work: _own_credential(work, actor))
    platform.transact(lambda work: throttle.admit(work, account, address))
    if not passwords.verify_password(platform.settings, known_hash, change.current_password):
        platform.transact(lambda work: throttle.blame_address(work, address))
        raise errors.password_wrong()
    platform.transact(lambda work: throttle.forgive(work, account))
    _check_choice(change, account)
    new_hash = passwords.hash_password(platform.settings, change.new_password)
    platform.transact(lambda work: _set_password(work, actor, known_hash, new_hash))


def renew_recovery_codes(work: UnitOfWork, actor: Actor) -> list[str]:
    """Ten new recovery codes; the earlier ones no longer count. Raises Forbidden (STEP_UP_REQUIRED)."""
    require_session(actor)
    require_second_factor(
        work, actor, act="people.recovery_codes", subject=actor.person_id, proof=None, strength="window"
    )
    old = update(RecoveryCode).where(
        RecoveryCode.person_id == actor.person_id, RecoveryCode.used_at.is_(None)
    )
    work.session.execute(old.values(used_at=work.now))
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    work.session.add_all(
        RecoveryCode(
            id=work.new_id(),
            organization_id=actor.organization_id,
            person_id=actor.person_id,
            code_digest=factors.recovery_digest(work, actor.person_id, code),
            created_at=work.now,
            used_at=None,
        )
        for code in codes
    )
    _record(work, actor, "people.recovery_codes_renewed", {"count": len(codes)})
    return codes


def passkey_options(work: UnitOfWork, actor: Actor, *, proof: str | None) -> dict[str, Any]:
    """What a new passkey is asked for. Raises Forbidden (STEP_UP_REQUIRED, SESSION_REQUIRED), Refused."""
    require_session(actor)
    require_second_factor(
        work, actor, act=passkeys.REGISTER, subject=actor.person_id, proof=proof, strength="each"
    )
    return passkeys.registration_options(work, work.session.get_one(Person, actor.person_id))


def add_passkey(work: UnitOfWork, actor: Actor, new: NewPasskey) -> Passkey:
    """Take a passkey on whose making was asked for with a second factor. Raises Refused (PASSKEY_REFUSED)."""
    require_session(actor)
    made = passkeys.register(work, actor, name=checked_name(new.name), answer=new.answer)
    _record(work, actor, "people.passkey_added", {"passkey": made.id})
    return made


def remove_passkey(work: UnitOfWork, actor: Actor, passkey_id: str, *, proof: str | None) -> None:
    """Remove one of the actor's passkeys. Raises NotFound, Forbidden (STEP_UP_REQUIRED, SESSION_REQUIRED)."""
    require_session(actor)
    found = next((one for one in passkeys.passkeys_of(work, actor.person_id) if one.id == passkey_id), None)
    if found is None:
        raise not_found("这个通行密钥", "passkey")
    require_second_factor(
        work, actor, act="people.remove_passkey", subject=found.id, proof=proof, strength="window"
    )
    work.session.delete(found)
    _record(work, actor, "people.passkey_removed", {"passkey": found.id})


def ask_phone(platform: Platform, actor: Actor, new: NewPhone, *, address: str) -> str:
    """Send a code to a number that the actor wants to use; returns it shortened.

    Raises Invalid (PHONE_FORM), Forbidden (STEP_UP_REQUIRED, SESSION_REQUIRED) and as `sms.send_code`.
    """
    require_session(actor)
    phone = sms.checked_phone(new.phone)

    def covered(work: UnitOfWork) -> str:
        privacy.require_consent(work, actor.person_id, PHONE)
        require_second_factor(
            work, actor, act=sms.CONFIRM_PHONE, subject=actor.person_id, proof=new.proof, strength="each"
        )
        return sms.subject_of_phone(work, phone)

    subject = platform.transact(covered)
    return sms.send_code(platform, actor.person_id, sms.CONFIRM_PHONE, subject, address=address, phone=phone)


def confirm_phone(platform: Platform, actor: Actor, given: PhoneCode) -> str:
    """Take a number on whose code was right; returns it shortened. Raises Forbidden (SECOND_FACTOR_WRONG)."""
    require_session(actor)
    phone = sms.checked_phone(given.phone)

    def confirm(work: UnitOfWork) -> bool:
        privacy.require_consent(work, actor.person_id, PHONE)
        subject = sms.subject_of_phone(work, phone)
        if not sms.confirms(work, actor, given.code, sms.CONFIRM_PHONE, subject):
            return False
        sms.keep_phone(work, actor, phone)
        return True

    # The wrong try is committed, and only then told.
    if not platform.transact(confirm):
        raise errors.factor_wrong()
    return sms.masked(phone)


def create_token(work: UnitOfWork, actor: Actor, new: NewToken) -> tuple[ApiToken, str]:
    """A bearer token and its secret. Raises Forbidden (STEP_UP_REQUIRED, SESSION_REQUIRED), Invalid."""
    require_session(actor)
    name = checked_name(new.name)
    require_second_factor(
        work, actor, act="people.create_token", subject=name, proof=new.proof, strength="each"
    )
    scopes = checked_permissions(new.scopes, permission_labels())
    secret = f"sy_{new_token(sessions.TOKEN_BITS)}"
    token = ApiToken(
        id=work.new_id(),
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        name=name,
        token_hash=sessions.token_digest(secret),
        scopes=json.dumps(scopes),
        created_at=work.now,
        expires_at=work.now + new.days * _DAY_MS,
        ended_at=None,
        end_reason=None,
    )
    work.session.add(token)
    facts: dict[str, JsonValue] = {"token": token.id, "scopes": list(scopes), "expires_at": token.expires_at}
    _record(work, actor, "people.token_created", facts)
    return token, secret


def end_token(work: UnitOfWork, actor: Actor, token_id: str) -> None:
    """End one of the actor's own tokens; ending one that has ended changes nothing. Raises NotFound."""
    token = work.session.scalar(
        select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == actor.person_id)
    )
    if token is None:
        raise not_found("这个接口令牌", "token")
    if token.ended_at is None:
        token.ended_at = work.now
        token.end_reason = EndReason.ENDED_BY_OWNER
        _record(work, actor, "people.token_ended", {"token": token.id})


def _own_credential(work: UnitOfWork, actor: Actor) -> tuple[str, str]:
    account = work.session.get_one(Person, actor.person_id).account
    return account, work.session.get_one(Credential, actor.person_id).password_hash


def _check_choice(change: PasswordChange, account: str) -> None:
    rules.check_new_password(change.new_password, account=account)
    if rules.normal_password(change.new_password) == rules.normal_password(change.current_password):
        raise Invalid(
            "PASSWORD_SAME",
            "新密码不能与当前密码相同。",
            "The new password must differ from the current one.",
        )


def _set_password(work: UnitOfWork, actor: Actor, known_hash: str, new_hash: str) -> None:
    credential = factors.credential_for_change(work, actor.person_id)
    if credential.password_hash != known_hash:
        raise errors.password_wrong()
    credential.password_hash = new_hash
    credential.password_changed_at = work.now
    credential.must_change = False
    ended = sessions.end_sessions(
        work, actor.person_id, EndReason.PASSWORD_CHANGED, except_id=actor.session_id
    )
    sessions.end_half_done(work, actor.person_id)
    _record(work, actor, "people.password_changed", {"ended_sessions": ended})


def _new_recovery_code() -> str:
    code = "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _record(work: UnitOfWork, actor: Actor, kind: str, facts: Mapping[str, JsonValue]) -> None:
    record(work, actor, kind=kind, subject_type="person", subject_id=actor.person_id, facts=facts)
