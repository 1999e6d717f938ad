"""OpenID providers that the settings name (SHUANGYIN_OIDC): discovery, code flow with PKCE, ID tokens checked in full.

Discovery and keys are kept for a while and read anew when a token names a key that is not among them. Only signatures
with the provider's own published keys count: no symmetric algorithm, and never `none`.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, TypeVar
from urllib.parse import quote, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shuangyin.connectors.json_http import JsonHttp, text_of
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.core.text import Text
from shuangyin.people.outside_port import (
    Asked,
    IdentityProvider,
    IdentityProviders,
    ProvenIdentity,
    ProviderProblem,
)
from shuangyin.seals.ports import OutsideProblem

Found = TypeVar("Found")

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
DISCOVERY_S = 3600.0
KEYS_AGAIN_S = 30.0
"""How soon after the last time keys are read anew for a key that is not known: a made-up key must not make us ask."""
_TIMES = frozenset({"iat", "nbf"})


class OidcSettings(BaseModel):
    """One provider, and for which organization it vouches."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")
    label_zh: str = Field(min_length=1, max_length=40)
    label_en: str = Field(min_length=1, max_length=60)
    uscc: str = Field(pattern=r"^[0-9A-Z]{18}$")
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1, max_length=200)
    secret_file: Path | None = None
    client_auth: Literal["basic", "post"] = "basic"
    claim: str = Field("preferred_username", min_length=1, max_length=64)
    scopes: list[str] = ["openid", "profile"]
    skew_seconds: int = Field(60, ge=0, le=300)
    timeout_seconds: float = Field(10, gt=0, le=60)


class OidcProvider:
    """`people.outside_port.IdentityProvider` over HTTP."""

    def __init__(self, settings: OidcSettings, secret: str | None) -> None:
        self.name = settings.name
        self.label = Text(settings.label_zh, settings.label_en)
        self.uscc = settings.uscc
        self._settings = settings
        self._secret = secret
        self._lock = threading.Lock()
        self._metadata: tuple[float, Mapping[str, object]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def authorization_url(self, asked: Asked) -> str:
        parameters = [
            ("response_type", "code"),
            ("client_id", self._settings.client_id),
            ("redirect_uri", asked.redirect_uri),
            ("scope", " ".join(dict.fromkeys(["openid", *self._settings.scopes]))),
            ("state", asked.state),
            ("nonce", asked.nonce),
            ("code_challenge", create_s256_code_challenge(asked.verifier)),
            ("code_challenge_method", "S256"),
        ]
        return str(add_params_to_uri(self._endpoint("authorization_endpoint"), parameters))

    def identify(self, code: str, asked: Asked, now_ms: int) -> ProvenIdentity:
        answer = self._redeem(code, asked)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderProblem("answer", "no ID token")
        claims = self._verified(token, answer, asked, now_ms // 1000)
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # OpenID Connect Core 2
            raise ProviderProblem("answer", "sub")
        return ProvenIdentity(f"{self._settings.issuer} {subject}", self._account(claims))

    def end_session_url(self, return_to: str) -> str | None:
        try:
            address = self._endpoint("end_session_endpoint")
        except ProviderProblem:
            return None
        parameters = [("client_id", self._settings.client_id), ("post_logout_redirect_uri", return_to)]
        return str(add_params_to_uri(address, parameters))

    def _account(self, claims: Mapping[str, object]) -> str:
        value = claims.get(self._settings.claim)
        if self._settings.claim == "email" and claims.get("email_verified") is not True:
            # An address that nobody has checked is what its owner says it is.
            return ""
        return value if isinstance(value, str) else ""

    def _redeem(self, code: str, asked: Asked) -> Mapping[str, object]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        headers = {}
        client_id = self._settings.client_id
        if self._secret is not None and self._settings.client_auth == "basic":
            pair = f"{quote(client_id, safe='')}:{quote(self._secret, safe='')}"  # RFC 6749 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = client_id
            if self._secret is not None:
                form["client_secret"] = self._secret
        status, answer = _asking(
            lambda: self._http(self._endpoint("token_endpoint")).post_form(form, headers)
        )
        if status >= 500:
            raise ProviderProblem("down", f"token endpoint {status}")
        if status >= 400:
            raise ProviderProblem("code", str(answer.get("error", status))[:64])
        return answer

    def _verified(
        self, token: str, answer: Mapping[str, object], asked: Asked, now_s: int
    ) -> Mapping[str, object]:
        """The claims of an ID token, checked as OpenID Connect Core 3.1.3.7 numbers it.

        Steps 1 and 5 (encryption) do not concern us: no key to decrypt with is published.
        """
        decoded = self._decoded(token)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self._settings.issuer},  # step 2
                "aud": {"essential": True, "value": self._settings.client_id},  # step 3
            },
            {
                "nonce": asked.nonce,  # step 11
                "client_id": self._settings.client_id,  # step 4: azp
                "access_token": answer.get("access_token"),
            },
        )
        try:
            claims.validate(now=now_s, leeway=self._settings.skew_seconds)  # steps 9 and 10
        except ExpiredTokenError as error:
            raise ProviderProblem("clock", "exp") from error
        except InvalidClaimError as error:
            kind: Literal["clock", "answer"] = "clock" if error.claim in _TIMES else "answer"
            raise ProviderProblem(kind, f"claim {error.claim}"[:80]) from error
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ProviderProblem("answer", type(error).__name__) from error
        return dict(claims)

    def _decoded(self, token: str) -> jwt.Token:
        """The token under one of the provider's keys (steps 6 to 8)."""
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        for again in (False, True):
            keys = self._key_set(again=again)
            try:
                return jwt.decode(token, keys, registry=registry)
            except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                if again:
                    raise ProviderProblem("answer", type(error).__name__) from error
        raise AssertionError

    def _key_set(self, *, again: bool) -> KeySet:
        with self._lock:
            kept = self._keys
        now = time.monotonic()
        if kept is not None and now - kept[0] < (KEYS_AGAIN_S if again else DISCOVERY_S):
            return kept[1]
        found = _asking(lambda: self._http(self._endpoint("jwks_uri")).get(""))
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked right here
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ProviderProblem("answer", "keys") from error
        with self._lock:
            self._keys = (now, keys)
        return keys

    def _endpoint(self, name: str) -> str:
        address = text_of(self._discovered(), name, limit=1000)
        if not _may_be_asked(address):
            raise ProviderProblem("answer", name)
        return address

    def _discovered(self) -> Mapping[str, object]:
        with self._lock:
            kept = self._metadata
        now = time.monotonic()
        if kept is not None and now - kept[0] < DISCOVERY_S:
            return kept[1]
        address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = _asking(lambda: self._http(address).get(""))
        if found is None or found.get("issuer") != self._settings.issuer:
            # OpenID Connect Discovery 4.3: another issuer's answer is no answer.
            raise ProviderProblem("answer", "issuer")
        with self._lock:
            self._metadata = (now, found)
        return found

    def _http(self, address: str) -> JsonHttp:
        return JsonHttp(address, timeout_s=self._settings.timeout_seconds)


def _asking(ask: Callable[[], Found]) -> Found:
    try:
        return ask()
    except OutsideProblem as error:
        raise ProviderProblem("down" if error.code == "OUTSIDE_DOWN" else "answer", error.code) from error


def configured_providers(settings: Settings) -> IdentityProviders:
    """The providers of the setting. Raises Unavailable for one that cannot be, so that nothing starts half joined."""
    try:
        wanted = [OidcSettings.model_validate(one) for one in settings.oidc]
        members: list[IdentityProvider] = [OidcProvider(one, _secret(one)) for one in wanted]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _unusable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("a file of a secret cannot be read") from error
    if len({one.name for one in members}) < len(members):
        raise _unusable("two providers have one name")
    for one in wanted:
        if not _may_be_asked(one.issuer):
            raise _unusable("an issuer needs https")
    return IdentityProviders(tuple(members))


def _secret(settings: OidcSettings) -> str | None:
    return None if settings.secret_file is None else settings.secret_file.read_text(encoding="utf-8").strip()


def _may_be_asked(address: str) -> bool:
    """Whether secrets may go there: https, or plain http on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    )


def _unusable(reason: str) -> Unavailable:
    return Unavailable(
        "SETTING_UNUSABLE",
        f"SHUANGYIN_OIDC 的内容不可用：{reason}",
        f"SHUANGYIN_OIDC cannot be used: {reason}",
    )
