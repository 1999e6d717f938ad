"""Signing in through an OpenID provider: one that is independent of us, and one that lies on demand."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from hiring import leave
from httpx2 import Response
from joserfc.jwk import RSAKey
from oidc_peer import OidcPeer
from platform_world import OTHER_ORGANIZATION, OTHER_USCC, USCC, World, ok, problem
from sqlalchemy import select

from shuangyin.connectors.oidc import configured_providers
from shuangyin.connectors.standins.faults import Fault
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.bootstrap import create_organization
from shuangyin.people.models import ExternalIdentity
from shuangyin.people.outside_port import IdentityProviders

with warnings.catch_warnings():
    # The independent provider still imports a module that its library is about to give up.
    warnings.simplefilter("ignore")
    import oidc_provider_mock

pytestmark = pytest.mark.database_full


def join(world: World, issuer: str, **more: Any) -> None:
    wanted = {
        "name": "corp",
        "label_zh": "统一身份认证",
        "label_en": "Company sign-in",
        "uscc": USCC,
        "issuer": issuer,
        "client_id": "shuangyin",
        "timeout_seconds": 1,
        **more,
    }
    ports: Any = world.platform.ports
    ports[IdentityProviders] = configured_providers(Settings(oidc=[wanted], _env_file=None))


@pytest.fixture
def peer(world: World) -> Iterator[OidcPeer]:
    with OidcPeer() as peer:
        join(world, peer.address)
        yield peer


def begin(client: TestClient) -> dict[str, str]:
    address = ok(client.post("/api/v1/auth/oidc/corp"))["address"]
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def come_back(world: World, peer: OidcPeer, *, account: str = "employee", **claims: Any) -> Response:
    """Begin, be vouched for by a token whose claims differ in this way from a good one, and come back."""
    client = world.anonymous()
    asked = begin(client)
    now = world.clock.now_ms() // 1000
    peer.challenge = asked["code_challenge"]
    peer.good = {
        "iss": peer.address,
        "sub": f"subject of {account}",
        "aud": "shuangyin",
        "iat": now,
        "exp": now + 300,
        "nonce": asked["nonce"],
        "preferred_username": account,
    }
    peer.claims = claims
    return client.post("/api/v1/auth/oidc-return", json={"state": asked["state"], "code": "code"})


def second_step(world: World, challenge: str, kind: str = "employee") -> Response:
    body = {"challenge": challenge, "method": "totp", "code": world.code(kind)}
    return world.anonymous().post("/api/v1/auth/second-factor", json=body)


@pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
def test_an_independent_provider_vouches_and_the_second_factor_is_still_asked(
    world: World, tmp_path: Path
) -> None:
    world.clock.advance(seconds=(time.time_ns() // 1_000_000 - world.clock.now_ms()) // 1000)
    user = oidc_provider_mock.User(sub="7781", claims={"preferred_username": "Employee"})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user], require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        (tmp_path / "secret").write_text("a secret")
        join(world, issuer, timeout_seconds=10, secret_file=str(tmp_path / "secret"))
        client = world.anonymous()
        ways = ok(client.get("/api/v1/auth/ways"))["items"]
        assert ways == [
            {"kind": "oidc", "name": "corp", "label_zh": "统一身份认证", "label_en": "Company sign-in"}
        ]
        address = ok(client.post("/api/v1/auth/oidc/corp"))["address"]
        asked = parse_qs(urlsplit(address).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == ["http://localhost:8600/app/sign-in/back"]
        back = httpx.post(address, data={"sub": "7781"}, timeout=10).headers["location"]
        given = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        challenge = ok(client.post("/api/v1/auth/oidc-return", json=given))
        assert challenge["enrolment"] is None
        assert "session" not in str(client.cookies)
        # The same answer of the provider does not come twice: the browser has given up what it kept.
        problem(client.post("/api/v1/auth/oidc-return", json=given), 401, "PROVIDER_ATTEMPT_ENDED")
        body = {"challenge": challenge["challenge"], "method": "totp", "code": world.code("employee")}
        signed_in = ok(client.post("/api/v1/auth/second-factor", json=body))
        assert signed_in["me"]["person"]["account"] == "employee"
        assert signed_in["me"]["provider"] == "corp"
        client.headers["X-CSRF-Token"] = signed_in["csrf_token"]
        out = ok(client.post("/api/v1/auth/provider/sign-out"))["address"]
        assert out.startswith(f"{issuer}/oauth2/end_session?")
        assert "http%3A%2F%2Flocalhost%3A8600%2Fapp%2Fsign-in" in out
        problem(client.get("/api/v1/me"), 401, "UNAUTHENTICATED")
        denied = ok(client.post("/api/v1/auth/oidc/corp"))["address"]
        refusal = httpx.post(denied, data={"action": "deny"}, timeout=10).headers["location"]
        said = parse_qs(urlsplit(refusal).query)
        state = said.get("state", parse_qs(urlsplit(denied).query)["state"])[0]
        answer = client.post("/api/v1/auth/oidc-return", json={"state": state, "error": said["error"][0]})
        assert problem(answer, 401, "PROVIDER_DECLINED")["details"] == {"error": "access_denied"}


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "another"}, "PROVIDER_ANSWER"),
        ({"nonce": None}, "PROVIDER_ANSWER"),
        ({"aud": "another-client"}, "PROVIDER_ANSWER"),
        ({"aud": ["shuangyin", "another"], "azp": "another"}, "PROVIDER_ANSWER"),
        ({"iss": "https://another.example"}, "PROVIDER_ANSWER"),
        ({"sub": None}, "PROVIDER_ANSWER"),
        ({"sub": 17}, "PROVIDER_ANSWER"),
        ({"exp": None}, "PROVIDER_ANSWER"),
        ({"exp": "soon"}, "PROVIDER_ANSWER"),
        ({"at_hash": "AAAA"}, "PROVIDER_ANSWER"),
        ({"preferred_username": "nobody-here"}, "NO_ACCOUNT"),
        ({"preferred_username": None}, "NO_ACCOUNT"),
        ({"preferred_username": ["employee"]}, "NO_ACCOUNT"),
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_opens_nothing(
    world: World, peer: OidcPeer, claims: dict[str, Any], code: str
) -> None:
    problem(come_back(world, peer, **claims), 401, code)
    assert world.platform.view(lambda work: work.session.scalar(select(ExternalIdentity.id))) is None


def test_clocks_may_differ_a_little_and_no_more(world: World, peer: OidcPeer) -> None:
    now = world.clock.now_ms() // 1000
    ok(come_back(world, peer, iat=now + 55, exp=now + 400))
    ok(come_back(world, peer, iat=now - 400, exp=now - 55))
    problem(come_back(world, peer, iat=now + 300, exp=now + 600), 401, "PROVIDER_CLOCK")
    problem(come_back(world, peer, iat=now - 600, exp=now - 90), 401, "PROVIDER_CLOCK")
    problem(come_back(world, peer, nbf=now + 300), 401, "PROVIDER_CLOCK")


def test_only_the_providers_published_keys_sign(world: World, peer: OidcPeer) -> None:
    ok(come_back(world, peer))
    stranger = RSAKey.generate_key(2048, {"kid": "first"})
    peer.signing = stranger
    problem(come_back(world, peer), 401, "PROVIDER_ANSWER")
    # The public key as the secret of a symmetric signature: the oldest trick.
    peer.symmetric = peer.key.as_pem(private=False)
    problem(come_back(world, peer), 401, "PROVIDER_ANSWER")
    peer.symmetric = b""
    problem(come_back(world, peer), 401, "PROVIDER_ANSWER")


def test_a_provider_that_changes_its_key_is_asked_for_it_once(world: World, peer: OidcPeer) -> None:
    peer.signing = RSAKey.generate_key(2048, {"kid": "second"})
    for _ in range(3):
        problem(come_back(world, peer), 401, "PROVIDER_ANSWER")
    assert peer.looked_for_keys == 1


def test_the_browser_that_began_comes_back(world: World, peer: OidcPeer) -> None:
    victim, thief = world.anonymous(), world.anonymous()
    asked = begin(victim)
    body = {"state": asked["state"], "code": "code"}
    problem(thief.post("/api/v1/auth/oidc-return", json=body), 401, "PROVIDER_ATTEMPT_ENDED")
    other = {"state": "another", "code": "code"}
    problem(victim.post("/api/v1/auth/oidc-return", json=other), 401, "PROVIDER_ATTEMPT_ENDED")
    # PKCE: the code of somebody else's attempt is refused by the provider.
    peer.challenge = "of another attempt"
    problem(victim.post("/api/v1/auth/oidc-return", json=body), 401, "PROVIDER_CODE")
    world.clock.advance(seconds=601)
    problem(victim.post("/api/v1/auth/oidc-return", json=body), 401, "PROVIDER_ATTEMPT_ENDED")
    problem(victim.post("/api/v1/auth/oidc/nobody"), 404, "PROVIDER_UNKNOWN")


def test_a_provider_that_is_down_or_another_is_told_as_such(world: World, peer: OidcPeer) -> None:
    peer.misbehave(Fault.DOWN)
    problem(world.anonymous().post("/api/v1/auth/oidc/corp"), 503, "PROVIDER_DOWN")
    peer.misbehave(None)
    peer.metadata = {"issuer": "https://another.example"}
    problem(world.anonymous().post("/api/v1/auth/oidc/corp"), 401, "PROVIDER_ANSWER")
    peer.metadata = {"token_endpoint": "http://outside.example/token"}
    problem(come_back(world, peer), 401, "PROVIDER_ANSWER")
    assert peer.asked == []


def test_an_account_is_linked_once_and_never_made(world: World, peer: OidcPeer) -> None:
    first = ok(come_back(world, peer))
    ok(second_step(world, first["challenge"]))
    # The provider renamed him: its own name of him is what counts.
    ok(come_back(world, peer, preferred_username="renamed"))
    problem(come_back(world, peer, preferred_username="custodian"), 401, "ACCOUNT_LINKED_OTHERWISE")
    # Somebody else got the account's name at the provider.
    problem(come_back(world, peer, sub="a newcomer"), 401, "ACCOUNT_LINKED_OTHERWISE")
    kinds = world.platform.view(lambda work: list(work.session.scalars(select(EvidenceEntry.kind))))
    assert kinds.count("people.identity_linked") == 1
    assert kinds.count("people.sign_in_refused") == 1
    ok(leave(world, world.id("employee")))
    problem(come_back(world, peer), 401, "NO_ACCOUNT")
    assert world.platform.view(lambda work: work.session.scalar(select(ExternalIdentity.id))) is None


def test_a_provider_vouches_for_its_own_organization_only(world: World, peer: OidcPeer) -> None:
    world.platform.transact(
        lambda work: create_organization(
            work,
            name=OTHER_ORGANIZATION,
            uscc=OTHER_USCC,
            region="110108",
            administrator_account="elsewhere",
            administrator_name="何远",
        )
    )
    problem(come_back(world, peer, account="elsewhere"), 401, "NO_ACCOUNT")


def test_who_has_no_second_factor_yet_signs_in_with_his_one_time_password(
    world: World, peer: OidcPeer
) -> None:
    admin = world.client("administrator")
    ok(admin.post("/api/v1/persons", json={"name": "郑安", "account": "zheng-an"}), 201)
    problem(come_back(world, peer, account="zheng-an"), 401, "FIRST_SIGN_IN")


def test_an_address_nobody_checked_is_no_claim(world: World, peer: OidcPeer) -> None:
    join(world, peer.address, claim="email", scopes=["openid", "email"])
    problem(come_back(world, peer, email="employee"), 401, "NO_ACCOUNT")
    ok(come_back(world, peer, email="employee", email_verified=True))


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://outside.example"},
        {"name": "Corp!"},
        {"secret_file": "/nowhere/secret"},
        {"unknown": 1},
    ],
    ids=str,
)
def test_settings_that_name_no_provider_stop_the_start(wrong: dict[str, Any]) -> None:
    good = {
        "name": "a",
        "label_zh": "甲",
        "label_en": "A",
        "uscc": USCC,
        "issuer": "https://a.example",
        "client_id": "x",
    }
    with pytest.raises(Unavailable):
        configured_providers(Settings(oidc=[{**good, **wrong}], _env_file=None))
    with pytest.raises(Unavailable):
        configured_providers(Settings(oidc=[good, good], _env_file=None))
