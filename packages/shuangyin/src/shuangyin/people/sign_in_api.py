"""Routes of signing in and of one's own access."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, PublicRoute, SignedIn, cookie_name
from shuangyin.core.http.paging import Page
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.settings import Settings
from shuangyin.core.text import Language, preferred_language
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import passkeys, queries, sms
from shuangyin.people.actors import actor_of
from shuangyin.people.commands import own_access, sign_in, step_up
from shuangyin.people.models import Credential, Person, SignInSession
from shuangyin.people.schemas import (
    ChallengeOut,
    CodeSent,
    Me,
    NewPasskey,
    NewPhone,
    NewToken,
    PasskeyAct,
    PasskeyOptions,
    PasskeyOptionsRequest,
    PasskeyOut,
    PasskeySignIn,
    PasswordChange,
    PhoneCode,
    PhoneOut,
    RecoveryCodesOut,
    SecondFactor,
    SignedInOut,
    SignIn,
    StepUp,
    StepUpOut,
    TokenAdded,
    TokenOut,
)
from shuangyin.people.views import me_out, token_out

router = Routes(tags=["people"])


@router.post("/auth/sign-in", response_model=ChallengeOut, dependencies=[PublicRoute])
def begin_sign_in(body: SignIn, request: Request, platform: PlatformOf) -> ChallengeOut:
    """First step: account and password. The first time, the answer carries the secret to enrol."""
    return sign_in.sign_in(platform, body, address=address_of(request))


@router.post("/auth/second-factor", response_model=SignedInOut, dependencies=[PublicRoute])
def complete_sign_in(
    body: SecondFactor, request: Request, response: Response, platform: PlatformOf
) -> SignedInOut:
    """Second step: the second factor. The session comes in the cookie."""
    done = sign_in.second_factor(platform, body)
    me = platform.view(lambda work: _me_of_session(work, done, _language(request)))
    _set_cookie(request, response, platform.settings, done.token)
    return SignedInOut(me=me, csrf_token=me.csrf_token or "")


@router.post("/auth/sign-out", status_code=204)
def sign_out(actor: SignedIn, request: Request, platform: PlatformOf) -> Response:
    """End this session."""
    platform.transact(lambda work: own_access.sign_out(work, actor))
    response = Response(status_code=204)
    response.delete_cookie(cookie_name(request), secure=is_https(request), httponly=True, samesite="lax")
    return response


@router.post("/auth/step-up", response_model=StepUpOut)
def second_factor_for_act(body: StepUp, actor: SignedIn, platform: PlatformOf) -> StepUpOut:
    """A second factor for one act; the proof goes along with the act and is good once."""
    return step_up.step_up(platform, actor, body)


@router.post("/auth/sign-in/passkey-options", response_model=PasskeyOptions, dependencies=[PublicRoute])
def ask_passkey_at_sign_in(body: PasskeySignIn, platform: PlatformOf) -> PasskeyOptions:
    """What a passkey is to sign for the second step of a sign-in."""
    return PasskeyOptions(
        options=platform.transact(lambda work: sign_in.passkey_options(work, body.challenge))
    )


@router.post("/auth/step-up/passkey-options", response_model=PasskeyOptions)
def ask_passkey_for_act(body: PasskeyAct, actor: SignedIn, platform: PlatformOf) -> PasskeyOptions:
    """What a passkey is to sign for one act on one subject."""

    def command(work: UnitOfWork) -> PasskeyOptions:
        person = work.session.get_one(Person, actor.person_id)
        return PasskeyOptions(options=passkeys.confirmation_options(work, person, body.act, body.subject))

    return platform.transact(command)


@router.post("/auth/sign-in/sms", response_model=CodeSent, status_code=202, dependencies=[PublicRoute])
def send_code_at_sign_in(body: PasskeySignIn, request: Request, platform: PlatformOf) -> CodeSent:
    """Send a code for the second step of a sign-in to the person's telephone."""
    return CodeSent(phone=sign_in.send_code(platform, body.challenge, address=address_of(request)))


@router.post("/auth/step-up/sms", response_model=CodeSent, status_code=202)
def send_code_for_act(body: PasskeyAct, actor: SignedIn, request: Request, platform: PlatformOf) -> CodeSent:
    """Send a code for one act on one subject to the caller's telephone."""
    sent = sms.send_code(platform, actor.person_id, body.act, body.subject, address=address_of(request))
    return CodeSent(phone=sent)


@router.get("/me/phone", response_model=PhoneOut)
def read_phone(actor: SignedIn, platform: PlatformOf) -> PhoneOut:
    """The caller's confirmed number, shortened."""
    phone = platform.view(lambda work: sms.phone_of(work, actor.person_id))
    return PhoneOut(phone=sms.masked(phone) if phone else None)


@router.post("/me/phone", response_model=CodeSent, status_code=202)
def ask_phone(body: NewPhone, actor: SignedIn, request: Request, platform: PlatformOf) -> CodeSent:
    """Send a code to a new number. Needs a step-up proof (people.set_phone, the person's id)."""
    return CodeSent(phone=own_access.ask_phone(platform, actor, body, address=address_of(request)))


@router.post("/me/phone/confirm", response_model=PhoneOut)
def confirm_phone(body: PhoneCode, actor: SignedIn, platform: PlatformOf) -> PhoneOut:
    """Confirm a number by the code that was sent to it."""
    return PhoneOut(phone=own_access.confirm_phone(platform, actor, body))


@router.delete("/me/phone", status_code=204)
def remove_phone(actor: SignedIn, platform: PlatformOf) -> Response:
    """Forget the caller's number."""
    platform.transact(lambda work: sms.remove_phone(work, actor))
    return Response(status_code=204)


@router.get("/me/passkeys", response_model=Page[PasskeyOut])
def list_passkeys(actor: SignedIn, platform: PlatformOf) -> Page[PasskeyOut]:
    """The caller's passkeys."""

    def query(work: UnitOfWork) -> Page[PasskeyOut]:
        found = passkeys.passkeys_of(work, actor.person_id)
        return Page(items=[PasskeyOut.model_validate(one) for one in found], next_cursor=None)

    return platform.view(query)


@router.post("/me/passkeys/options", response_model=PasskeyOptions)
def ask_new_passkey(body: PasskeyOptionsRequest, actor: SignedIn, platform: PlatformOf) -> PasskeyOptions:
    """Begin to register a passkey. Needs a step-up proof (people.add_passkey, the person's id)."""
    return platform.transact(
        lambda work: PasskeyOptions(options=own_access.passkey_options(work, actor, proof=body.proof))
    )


@router.post("/me/passkeys", status_code=201, response_model=PasskeyOut)
def add_passkey(body: NewPasskey, actor: SignedIn, write: Write) -> PasskeyOut | Response:
    """Register the passkey that the authenticator made."""
    return write.run(
        actor,
        lambda work: PasskeyOut.model_validate(own_access.add_passkey(work, actor, body)),
        status=201,
    )


@router.post("/me/passkeys/{passkey_id}/remove", status_code=204)
def remove_passkey(
    passkey_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],
    body: PasskeyOptionsRequest,
    actor: SignedIn,
    platform: PlatformOf,
) -> Response:
    """Remove a passkey; asks for a second factor unless the session has just seen one."""
    platform.transact(lambda work: own_access.remove_passkey(work, actor, passkey_id, proof=body.proof))
    return Response(status_code=204)


@router.get("/me", response_model=Me)
def me(actor: SignedIn, request: Request, platform: PlatformOf) -> Me:
    """Who is signed in, and what he may do now."""
    return platform.view(lambda work: me_out(work, actor, _language(request)))


@router.put("/me/password", response_model=Me)
def change_password(body: PasswordChange, actor: SignedIn, request: Request, platform: PlatformOf) -> Me:
    """Set a new password; all other sessions end."""
    own_access.change_password(platform, actor, body, address=address_of(request))
    return platform.view(lambda work: me_out(work, _renewed(work, actor), _language(request)))


@router.post("/me/recovery-codes", status_code=201, response_model=RecoveryCodesOut)
def renew_recovery_codes(actor: SignedIn, write: Write) -> RecoveryCodesOut | Response:
    """New recovery codes, shown once; earlier ones no longer count."""
    shown: list[str] = []

    def command(work: UnitOfWork) -> RecoveryCodesOut:
        shown[:] = own_access.renew_recovery_codes(work, actor)
        return RecoveryCodesOut(codes=[])

    answer = write.run(actor, command, status=201)
    return RecoveryCodesOut(codes=shown) if isinstance(answer, RecoveryCodesOut) else answer


@router.get("/me/tokens", response_model=Page[TokenOut])
def list_tokens(actor: SignedIn, platform: PlatformOf) -> Page[TokenOut]:
    """The caller's bearer tokens that have not ended."""
    return platform.view(
        lambda work: Page(items=[token_out(one) for one in queries.tokens(work, actor)], next_cursor=None)
    )


@router.post("/me/tokens", status_code=201, response_model=TokenAdded)
def create_token(body: NewToken, actor: SignedIn, write: Write) -> TokenAdded | Response:
    """Make a bearer token; its secret is shown once. Needs a step-up proof (people.create_token, its name)."""
    shown: list[str] = []

    def command(work: UnitOfWork) -> TokenAdded:
        token, secret = own_access.create_token(work, actor, body)
        shown[:] = [secret]
        return TokenAdded(token=token_out(token), secret=None)

    # What is stored for the idempotency key must not hold the secret, so it is added to the first answer only.
    answer = write.run(actor, command, status=201)
    return answer.model_copy(update={"secret": shown[0]}) if isinstance(answer, TokenAdded) else answer


@router.delete("/me/tokens/{token_id}", status_code=204)
def end_token(
    token_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")], actor: SignedIn, platform: PlatformOf
) -> Response:
    """End one of the caller's bearer tokens."""
    platform.transact(lambda work: own_access.end_token(work, actor, token_id))
    return Response(status_code=204)


def _me_of_session(work: UnitOfWork, done: sign_in.SignedIn, language: Language) -> Me:
    session = work.session.get_one(SignInSession, done.session_id)
    person = work.session.get_one(Person, session.person_id)
    must_change = work.session.get_one(Credential, person.id).must_change
    actor = actor_of(
        work,
        person,
        must_change=must_change,
        session_id=session.id,
        second_factor_at=session.second_factor_at,
    )
    return me_out(work, actor, language)


def _renewed(work: UnitOfWork, actor: Actor) -> Actor:
    """The caller with the rights he has now that his password is his own."""
    person = work.session.get_one(Person, actor.person_id)
    return actor_of(work, person, session_id=actor.session_id, second_factor_at=actor.second_factor_at)


def _set_cookie(request: Request, response: Response, settings: Settings, token: str) -> None:
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=settings.session_hours * 3600,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def is_https(request: Request) -> bool:
    """Whether the request came over https, a trusted proxy counted."""
    return request.url.scheme == "https"


def address_of(request: Request) -> str:
    """The caller's address, as far as it is known."""
    return request.client.host if request.client is not None else "unknown"


def _language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language"))
