"""Sign in through somebody outside who vouches in place of the password; the second factor stays ours.

A provider proves who sits there, and that is the first of two steps. The account is found by the link made at an
earlier sign-in, or, the first time, by the claim that the settings name; it is never made, and no right comes from
outside. Whoever has no second factor yet signs in with his one-time password once: otherwise a provider alone would
open an account.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from shuangyin.core.errors import ShuangyinError
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.organization.models import Organization
from shuangyin.people import links, outside_errors, rules, throttle
from shuangyin.people.actors import bare_actor
from shuangyin.people.commands.sign_in import ask_second_factor
from shuangyin.people.models import Credential, ExternalIdentity, Person, PersonStatus
from shuangyin.people.outside_port import (
    Asked,
    IdentityProvider,
    IdentityProviders,
    LicenceAnswer,
    LicenceService,
    LicenceSession,
    ProvenIdentity,
    ProviderProblem,
    Voucher,
)
from shuangyin.people.schemas import ChallengeOut
from shuangyin.people.sealed_state import open_state, seal_state

_log = structlog.get_logger(__name__)

ATTEMPT_MS = 10 * 60_000
_OIDC, _LICENCE = "oidc", "licence-sign-in"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that goes on at the provider: where, and what this browser keeps until it comes back."""

    address: str
    attempt: str


def providers(platform: Platform) -> tuple[IdentityProvider, ...]:
    """Those that are set up."""
    return platform.port(IdentityProviders).members


def licence_service(platform: Platform) -> LicenceService:
    """The joined service of the business licence."""
    return platform.port(LicenceService)  # type: ignore[type-abstract]  # a port is looked up by its protocol


def begin(platform: Platform, name: str) -> Begun:
    """Send a browser to a provider. Raises NotFound (PROVIDER_UNKNOWN), Unavailable (PROVIDER_DOWN)."""
    provider = _provider(platform, name)
    asked = Asked(
        redirect_uri=_redirect_uri(platform),
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
    )
    try:
        address = provider.authorization_url(asked)
    except ProviderProblem as error:
        raise _told(name, error) from error
    state = {"provider": name, "state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier}
    return Begun(address, seal_state(platform, _OIDC, state, ATTEMPT_MS))


def finish(
    platform: Platform, *, attempt: str | None, state: str, code: str | None, error: str | None
) -> ChallengeOut:
    """The browser is back with a code: ask for the second factor of whom the provider vouches for.

    Raises NotAdmitted (PROVIDER_ATTEMPT_ENDED, PROVIDER_DECLINED, PROVIDER_CODE, PROVIDER_ANSWER, PROVIDER_CLOCK,
    NO_ACCOUNT, ACCOUNT_LINKED_OTHERWISE, FIRST_SIGN_IN), Unavailable (PROVIDER_DOWN).
    """
    kept = open_state(platform, _OIDC, attempt or "")
    if kept is None or not secrets.compare_digest(kept["state"].encode(), state.encode()):
        raise outside_errors.attempt_ended()
    if code is None:
        raise outside_errors.declined(_shown(error))
    provider = _provider(platform, kept["provider"])
    asked = Asked(_redirect_uri(platform), kept["state"], kept["nonce"], kept["verifier"])
    try:
        proven = provider.identify(code, asked, platform.clock.now_ms())
    except ProviderProblem as problem:
        raise _told(provider.name, problem) from problem
    return admitted(platform, lambda work: vouched(work, provider, proven, asked.nonce))


def sign_out_address(platform: Platform, provider_name: str | None) -> str | None:
    """Where a browser goes to sign out at the provider as well; None when there is no such place."""
    provider = platform.port(IdentityProviders).named(provider_name or "")
    if provider is None:
        return None
    return provider.end_session_url(f"{platform.settings.public_url.rstrip('/')}/app/sign-in")


# --- The electronic business licence --------------------------------------------------------------------------


def begin_licence(platform: Platform, *, address: str) -> tuple[LicenceSession, str]:
    """A code to scan, and what this browser keeps until it was. Raises Refused, RateLimited, Unavailable."""
    session = licence_session(platform, "sign_in", address=address)
    life = max(session.expires_at - platform.clock.now_ms(), 0) + ATTEMPT_MS
    return session, seal_state(platform, _LICENCE, {"session": session.id}, life)


def licence_session(platform: Platform, purpose: str, *, address: str) -> LicenceSession:
    """A code to scan. Raises Refused (LICENCE_NOT_OFFERED), RateLimited, Unavailable (PROVIDER_DOWN)."""
    service = licence_service(platform)
    if not service.available:
        raise outside_errors.licence_not_offered()
    platform.transact(lambda work: throttle.count(work, "licence", address))
    try:
        return service.begin("link" if purpose == "link" else "sign_in")
    except ProviderProblem as error:
        raise _told(links.LICENCE, error) from error


def finish_licence(platform: Platform, attempt: str) -> tuple[str, ChallengeOut | None]:
    """What became of the code; with `confirmed` the second factor is asked for. Raises as `finish`."""
    kept = open_state(platform, _LICENCE, attempt)
    if kept is None:
        raise outside_errors.attempt_ended()
    answer = licence_answer(platform, kept["session"])
    if answer.status != "confirmed":
        return answer.status, None
    return answer.status, admitted(platform, lambda work: _scanned(work, answer))


def licence_answer(platform: Platform, session_id: str) -> LicenceAnswer:
    """What became of a code. Raises Unavailable (PROVIDER_DOWN), NotAdmitted (PROVIDER_ANSWER)."""
    try:
        answer = licence_service(platform).answer(session_id)
    except ProviderProblem as error:
        raise _told(links.LICENCE, error) from error
    if answer.session_id != session_id:
        raise _told(links.LICENCE, ProviderProblem("answer", "another session"))
    return answer


def require_licence(answer: LicenceAnswer, organization: Organization) -> None:
    """Raises Forbidden (LICENCE_OTHER_ORGANIZATION), Refused (LICENCE_NOT_VALID)."""
    if answer.uscc != organization.uscc:
        raise outside_errors.licence_other_organization()
    if answer.licence_status != "active":
        raise outside_errors.licence_not_valid()


def _scanned(work: UnitOfWork, answer: LicenceAnswer) -> ChallengeOut | ShuangyinError:
    link = links.link_of_subject(work, links.LICENCE, answer.holder) if answer.holder else None
    if link is None:
        return outside_errors.licence_not_linked()
    try:
        require_licence(answer, work.session.get_one(Organization, link.organization_id))
    except ShuangyinError as error:
        return _refused(work, link, links.LICENCE, error)
    return _enter(work, link, answer.session_id)


def vouched(
    work: UnitOfWork, provider: Voucher, proven: ProvenIdentity, nonce: str
) -> ChallengeOut | ShuangyinError:
    """Ask the second factor of whom the provider vouches for; his link is made at his first time.

    A refusal is returned, since what it records is to be committed: `admitted` raises it afterwards. It may be
    NotAdmitted (NO_ACCOUNT, ACCOUNT_LINKED_OTHERWISE, FIRST_SIGN_IN, PROVIDER_ATTEMPT_ENDED).
    """
    link = links.link_of_subject(work, provider.name, proven.subject)
    named = _named(work, provider, proven.account)
    if link is None:
        if named is None:
            return outside_errors.no_account()
        if links.link_of(work, named.id, provider.name) is not None:
            return outside_errors.other_account()
        if _enrolled(work, named) is None:
            return outside_errors.first_sign_in()
        link = links.make_link(work, bare_actor(named), named, provider.name, proven.subject)
    elif named is not None and named.id != link.person_id:
        return _refused(work, link, provider.name, outside_errors.other_account())
    return _enter(work, link, nonce)


def _enter(work: UnitOfWork, link: ExternalIdentity, answer: str) -> ChallengeOut | ShuangyinError:
    person = work.session.get_one(Person, link.person_id)
    if person.status != PersonStatus.ACTIVE:
        return outside_errors.no_account()
    credential = _enrolled(work, person)
    if credential is None:
        return outside_errors.first_sign_in()
    if not links.use_link(work, link, answer):
        return outside_errors.attempt_ended()
    return ask_second_factor(work, person, credential, provider=link.provider)


def _named(work: UnitOfWork, provider: Voucher, account: str) -> Person | None:
    """The person of the provider's own organization whose account the claim gives."""
    normal = rules.normal_account(account)
    return work.session.scalar(
        select(Person)
        .join(Organization, Organization.id == Person.organization_id)
        .where(
            Person.account == (normal or ""),
            Person.status == PersonStatus.ACTIVE,
            Organization.uscc == provider.uscc,
        )
    )


def _enrolled(work: UnitOfWork, person: Person) -> Credential | None:
    credential = work.session.get(Credential, person.id)
    return None if credential is None or credential.totp_secret is None else credential


def _refused(
    work: UnitOfWork, link: ExternalIdentity, provider: str, error: ShuangyinError
) -> ShuangyinError:
    person = work.session.get_one(Person, link.person_id)
    record(
        work,
        bare_actor(person),
        kind="people.sign_in_refused",
        subject_type="person",
        subject_id=person.id,
        facts={"step": "provider", "provider": provider, "code": error.code},
    )
    return error


def admitted(
    platform: Platform, command: Callable[[UnitOfWork], ChallengeOut | ShuangyinError]
) -> ChallengeOut:
    """Run the command; a refusal is raised after what it recorded is committed."""
    outcome = platform.transact(command)
    if isinstance(outcome, ShuangyinError):
        raise outcome
    return outcome


def _provider(platform: Platform, name: str) -> IdentityProvider:
    found = platform.port(IdentityProviders).named(name)
    if found is None:
        raise outside_errors.unknown_provider()
    return found


def _told(name: str, problem: ProviderProblem) -> ShuangyinError:
    _log.warning("sign_in.provider_failed", provider=name, kind=problem.kind, detail=problem.detail)
    return outside_errors.of_provider(problem)


def _redirect_uri(platform: Platform) -> str:
    return f"{platform.settings.public_url.rstrip('/')}/app/sign-in/back"


def _shown(error: str | None) -> str:
    """The provider's own code of its refusal (RFC 6749 4.1.2.1), nothing else that came in the address."""
    return error if error in _REFUSALS else "other"


_REFUSALS = frozenset({
    "access_denied", "invalid_request", "invalid_scope", "login_required", "interaction_required", "server_error",
    "temporarily_unavailable", "unauthorized_client", "unsupported_response_type",
})  # fmt: skip
