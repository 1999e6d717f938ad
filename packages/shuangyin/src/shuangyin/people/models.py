"""Tables of people, the posts they hold, and how they sign in."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base, Versioned


class PersonStatus(StrEnum):
    """Whether a person belongs to the organization now."""

    ACTIVE = "active"
    LEFT = "left"


class EndReason(StrEnum):
    """Why a session or token ended before its time."""

    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a reason, not a password
    RESET = "reset"
    LEFT = "left"
    ENDED_BY_OWNER = "ended_by_owner"


class Person(Versioned, Base):
    """A person (人员) of one organization. The account is unique on the whole installation: it alone signs in."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(String(50))
    account: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16))
    department_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("department.id"))
    created_at: Mapped[int]
    left_at: Mapped[int | None]


class PostHolding(Base):
    """That a person holds a post, from when until when.

    `open_slot` (person and post) and `office_slot` (the root office's post) are filled while the holding is open
    and null after, so that nobody holds a post twice and a root office has one holder.
    """

    __tablename__ = "post_holding"
    __table_args__ = (UniqueConstraint("open_slot"), UniqueConstraint("office_slot"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    post_id: Mapped[str] = mapped_column(String(32), ForeignKey("post.id"), index=True)
    from_at: Mapped[int]
    until_at: Mapped[int | None]
    open_slot: Mapped[str | None] = mapped_column(String(65))
    office_slot: Mapped[str | None] = mapped_column(String(32))


class Credential(Base):
    """What a person signs in with. Changed only in the transaction that used it."""

    __tablename__ = "credential"

    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    password_hash: Mapped[str] = mapped_column(String(200), doc="argon2id, with its parameters.")
    password_changed_at: Mapped[int]
    must_change: Mapped[bool] = mapped_column(doc="A one-time password that opens only the change of itself.")
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Wrapped; null before enrolment.")
    totp_last_step: Mapped[int] = mapped_column(
        doc="The newest time step that was used; only later ones count."
    )
    failed_count: Mapped[int] = mapped_column(doc="Second factors refused since the last good one.")
    locked_until: Mapped[int | None] = mapped_column(doc="No second factor is looked at before this time.")


class ExternalIdentity(Base):
    """That somebody outside vouches for a person: an OpenID provider, or the service of the business licence.

    `account_slot` (provider and person) keeps one link of each kind for a person.
    """

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("account_slot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    provider: Mapped[str] = mapped_column(String(32))
    subject_digest: Mapped[str] = mapped_column(
        String(64), unique=True, doc="Keyed digest of the provider and its own name of the person."
    )
    account_slot: Mapped[str] = mapped_column(String(65))
    created_at: Mapped[int]
    used_at: Mapped[int | None]
    used_for: Mapped[str | None] = mapped_column(
        String(64), doc="Keyed digest of what the last sign-in was answered with: it counts once."
    )


class RecoveryCode(Base):
    """One recovery code, as a keyed digest."""

    __tablename__ = "recovery_code"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    code_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[int]
    used_at: Mapped[int | None]


class Passkey(Base):
    """A passkey (通行密钥) of a person: its public key and how often its authenticator has signed (W3C WebAuthn 3)."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    credential_hash: Mapped[str] = mapped_column(
        String(64), unique=True, doc="SHA-256 of the credential id, which may be longer than an index takes."
    )
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, doc="COSE key.")
    sign_count: Mapped[int]
    created_at: Mapped[int]
    used_at: Mapped[int | None]
    blocked_at: Mapped[int | None] = mapped_column(
        doc="Since when it counts no more: its count went back, so that a copy of it may exist."
    )


class PasskeyChallenge(Base):
    """A challenge that a passkey is to sign for one act on one subject, or to be registered; good once."""

    __tablename__ = "passkey_challenge"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]


class SmsPhone(Base):
    """The confirmed mobile number of a person, wrapped."""

    __tablename__ = "sms_phone"

    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    phone: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[int]


class SmsCode(Base):
    """A code that was sent for one act on one subject, as a keyed digest; good once."""

    __tablename__ = "sms_code"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    code_digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int]
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]


class SmsSend(Base):
    """That a message was asked for, against one number, account or address under a keyed digest of it."""

    __tablename__ = "sms_send"
    __table_args__ = (Index(None, "key", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(index=True)


class SignInChallenge(Base):
    """A sign-in whose password was right and whose second factor is awaited."""

    __tablename__ = "sign_in_challenge"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    enrolling_secret: Mapped[bytes | None] = mapped_column(
        LargeBinary, doc="A wrapped TOTP secret that counts once a code confirms it."
    )
    provider: Mapped[str | None] = mapped_column(
        String(32), doc="Who vouched in place of the password; null when it was the password."
    )
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]


class SignInSession(Base):
    """A signed-in browser. Only the digest of its token is here; its CSRF token is derived from its id."""

    __tablename__ = "session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[int]
    seen_at: Mapped[int] = mapped_column(doc="The last request, to the minute.")
    expires_at: Mapped[int] = mapped_column(doc="The absolute end.")
    second_factor_at: Mapped[int]
    provider: Mapped[str | None] = mapped_column(String(32), doc="As in the sign-in it began with.")
    ended_at: Mapped[int | None]
    end_reason: Mapped[str | None] = mapped_column(String(32))


class ApiToken(Base):
    """A bearer token for programs: at most its scopes, and never more than its owner's posts allow."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(Text, doc="JSON list of permission codes, sorted.")
    created_at: Mapped[int]
    expires_at: Mapped[int]
    ended_at: Mapped[int | None]
    end_reason: Mapped[str | None] = mapped_column(String(32))


class StepUpProof(Base):
    """That a person showed a second factor for one act on one subject; good once."""

    __tablename__ = "step_up_proof"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    factors: Mapped[str] = mapped_column(
        String(100), default="totp", doc="The kinds of factors shown together, by commas."
    )
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    used_at: Mapped[int | None]


class SignInThrottle(Base):
    """Refused sign-ins of one account or address, known or not, under a keyed digest of it."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[int] = mapped_column(index=True)
    blocked_until: Mapped[int]
