"""What the people area asks of those who vouch for persons from outside: identity providers, and the business licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from shuangyin.core.text import Text


class ProviderProblem(Exception):
    """A provider that did not vouch: `down` it is not there, `answer` it said what cannot be believed, `code` it does
    not take the code, `clock` its times and ours differ too much. `detail` is for the log and names nobody."""

    def __init__(self, kind: Literal["down", "answer", "code", "clock"], detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Whom a provider vouches for: its own unchanging name of him, and the account its claim gives (empty: none)."""

    subject: str
    account: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What one sign-in asked a provider with, and what its answer must repeat."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str


class Voucher(Protocol):
    """Somebody outside who vouches for the persons of one organization."""

    name: str
    label: Text
    uscc: str
    """The organization whose persons it vouches for; nobody else's."""


class IdentityProvider(Voucher, Protocol):
    """An OpenID provider of one organization (OpenID Connect Core 1.0, code flow with PKCE)."""

    def authorization_url(self, asked: Asked) -> str:
        """Where the browser is sent. Raises ProviderProblem."""
        ...

    def identify(self, code: str, asked: Asked, now_ms: int) -> ProvenIdentity:
        """Redeem a code. Raises ProviderProblem."""
        ...

    def end_session_url(self, return_to: str) -> str | None:
        """Where the browser is sent to sign out there as well; None when the provider has no such address or is down."""
        ...


@dataclass(frozen=True, slots=True)
class IdentityProviders:
    """The configured ones; a port of its own, so that none is a state like any other."""

    members: tuple[IdentityProvider, ...] = ()

    def named(self, name: str) -> IdentityProvider | None:
        return next((one for one in self.members if one.name == name), None)


@dataclass(frozen=True, slots=True)
class LicenceSession:
    """A code that is to be scanned with the electronic business licence (电子营业执照)."""

    id: str
    code: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class LicenceAnswer:
    """What became of a code. `holder` is the licence service's own name of who confirmed; the rest is his as well."""

    session_id: str
    status: Literal["waiting", "confirmed", "refused", "expired"]
    uscc: str = ""
    licence_status: str = ""
    holder: str = ""
    name: str = ""


class LicenceService(Protocol):
    """The service of the electronic business licence."""

    available: bool

    def begin(self, purpose: Literal["sign_in", "link"]) -> LicenceSession:
        """A new code to scan. Raises ProviderProblem."""
        ...

    def answer(self, session_id: str) -> LicenceAnswer:
        """What became of a code. Raises ProviderProblem."""
        ...


class NoLicence:
    """Where no service is set up."""

    available = False

    def begin(self, purpose: Literal["sign_in", "link"]) -> LicenceSession:
        raise ProviderProblem("down", "not set up")

    def answer(self, session_id: str) -> LicenceAnswer:
        raise ProviderProblem("down", "not set up")
