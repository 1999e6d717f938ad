"""Shapes of the people area in the API. `PersonRef` is how every area names a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.core.free_text import Line

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
PersonName = Annotated[Line, Field(max_length=50)]
Account = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Method = Literal["totp", "recovery_code"]
FactorMethod = Literal["totp", "recovery_code", "passkey", "sms", "face"]
Answer = Annotated[str, StringConstraints(min_length=1, max_length=8192, pattern=r"^[\x20-\x7e\t\r\n]+$")]
"""A code, or the answer of a passkey as the browser's `PublicKeyCredential.toJSON()` gives it, as text: ASCII alone."""


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonRef(BaseModel):
    """A person as others see him: id, name, and the post he holds first."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: str
    name: str
    post: str | None = None


class NamedRef(BaseModel):
    """Something of the organization, by id and name."""

    id: str
    name: str


class HeldPostOut(BaseModel):
    """A post that a person holds now."""

    holding_id: str
    post_id: str
    name: str
    kind: str
    department: NamedRef | None
    from_at: int


class PersonOut(BaseModel):
    """A person of the organization."""

    id: str
    name: str
    account: str | None = Field(description="Shown to administrators and to the person himself.")
    status: Literal["active", "left"]
    department: NamedRef | None
    posts: list[HeldPostOut]
    second_factor_enrolled: bool
    created_at: int
    left_at: int | None
    version: int


class NewPerson(_Input):
    """A person to add."""

    name: PersonName
    account: Account
    department_id: Id | None = None


class PersonChange(_Input):
    """What is to change of a person; what is absent stays."""

    name: PersonName | None = None
    department_id: Id | None = None


class PersonAdded(BaseModel):
    """The new person and the password for his first sign-in."""

    person: PersonOut
    one_time_password: str | None = Field(description="Shown once; null when the answer is repeated.")


class OneTimePasswordOut(BaseModel):
    """A password that opens only the choice of a new one."""

    one_time_password: str | None = Field(description="Shown once; null when the answer is repeated.")


class Appointment(_Input):
    """The post a person is to hold."""

    post_id: Id


class SignIn(_Input):
    """First step of signing in."""

    account: Account
    password: Password


class Enrolment(BaseModel):
    """A new TOTP secret for the authenticator application; it counts once a code confirms it."""

    secret: str = Field(description="Base32 without padding.")
    uri: str = Field(description="otpauth:// address for a QR code.")


class ChallengeOut(BaseModel):
    """The password was right; the second factor is asked for."""

    challenge: str
    methods: list[FactorMethod]
    enrolment: Enrolment | None
    expires_at: int


class SecondFactor(_Input):
    """Second step of signing in."""

    challenge: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    method: FactorMethod
    code: Answer


class MeOrganization(BaseModel):
    """The caller's organization."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    uscc: str
    category: str


class MePost(BaseModel):
    """A post that the caller holds."""

    id: str
    name: str
    kind: str
    department_id: str | None


class MePerson(BaseModel):
    """The caller."""

    id: str
    name: str
    account: str
    post: str | None


class Me(BaseModel):
    """Who is signed in, and what he may do now."""

    person: MePerson
    organization: MeOrganization
    department: NamedRef | None
    posts: list[MePost]
    is_head: bool = Field(description="Whether he holds the office of the organization's head.")
    permissions: list[str]
    csrf_token: str | None = Field(description="For the X-CSRF-Token header; null for bearer tokens.")
    second_factor_at: int | None
    session_expires_at: int | None
    must_change_password: bool = Field(description="While true, only the change of the password is open.")
    recovery_codes_left: int
    has_passkey: bool
    has_face: bool = Field(description="Whether a face is enrolled and can be compared.")
    has_phone: bool = Field(description="Whether a code can be sent by short message.")
    provider: str | None = Field(description="Who vouched for this session in place of the password.")
    language: Literal["zh", "en"]


class SignedInOut(BaseModel):
    """The answer to a completed sign-in; the session is in the cookie."""

    me: Me
    csrf_token: str


class PasswordChange(_Input):
    """The present password and the one to come."""

    current_password: Password
    new_password: Password


class RecoveryCodesOut(BaseModel):
    """New recovery codes, each good once; earlier ones no longer count."""

    codes: list[str] = Field(description="Shown once; empty when the answer is repeated.")


class FurtherFactor(_Input):
    """A second kind of factor, shown together with the first."""

    method: FactorMethod
    code: Answer


class StepUp(_Input):
    """A second factor for one act on one subject."""

    act: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
    method: FactorMethod
    code: Answer
    password: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None,
        description="For an act that asks for two factors (`strength` is `two_factors`): the password as well.",
    )
    also: FurtherFactor | None = Field(
        None, description="Or another kind of factor, such as a face beside a code by message."
    )


class StepUpOut(BaseModel):
    """A proof to send along with the act."""

    proof: str
    expires_at: int


class NewToken(_Input):
    """A bearer token to make."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    scopes: Annotated[
        list[Annotated[str, StringConstraints(max_length=64)]], Field(min_length=1, max_length=64)
    ]
    days: Annotated[int, Field(ge=1, le=366, description="Days until it ends.")] = 90
    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class TokenOut(BaseModel):
    """A bearer token, without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: int
    expires_at: int
    ended_at: int | None


class TokenAdded(BaseModel):
    """The new token and its secret."""

    token: TokenOut
    secret: str | None = Field(description="Shown once; null when the answer is repeated.")


class PasskeyOptionsRequest(_Input):
    """Begin to register a passkey. Needs a step-up proof (people.add_passkey, the person's id)."""

    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class PasskeyAct(_Input):
    """The act on a subject that a passkey is to confirm; for a sign-in its challenge instead."""

    act: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class PasskeySignIn(_Input):
    """A sign-in whose password was right."""

    challenge: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PasskeyOptions(BaseModel):
    """What the browser asks the authenticator: the JSON form of WebAuthn's options."""

    options: dict[str, Any]


class NewPasskey(_Input):
    """What the authenticator answered, and what the person calls it."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    answer: Answer


class PasskeyOut(BaseModel):
    """A passkey of the caller."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    created_at: int
    used_at: int | None
    blocked_at: int | None = Field(description="Its count went back: a copy may exist, so it counts no more.")


class NewPhone(_Input):
    """A mobile number to confirm. Needs a step-up proof (people.set_phone, the person's id)."""

    phone: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class PhoneCode(_Input):
    """The code that was sent to a number."""

    phone: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    code: Code


class PhoneOut(BaseModel):
    """The caller's number, shortened."""

    phone: str | None


class CodeSent(BaseModel):
    """A message is on its way."""

    phone: str = Field(description="Shortened.")
