"""An OpenID provider that says whatever a test wants it to: tokens that are late, forged, or somebody else's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey

from shuangyin.connectors.standins.json_server import JsonStandIn, Reply


class OidcPeer(JsonStandIn):
    """Answers every code with one token; `claims` are those that differ from a good one, None leaves one out."""

    def __init__(self) -> None:
        super().__init__()
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.published: list[Key] = [self.key]
        self.signing = self.key
        self.symmetric: bytes | None = None
        """With a secret the token has a symmetric signature; with an empty one it has none."""
        self.good: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.asked: list[Mapping[str, object]] = []
        self.challenge = ""
        self.status = HTTPStatus.OK
        self.looked_for_keys = 0

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        if path == [".well-known", "openid-configuration"]:
            return HTTPStatus.OK, {**self._description(), **self.metadata}
        if path == ["keys"]:
            self.looked_for_keys += 1
            return HTTPStatus.OK, KeySet(self.published).as_dict(private=False)
        if path == ["token"] and method == "POST":
            self.asked.append(body)
            return self._token(str(body.get("code_verifier", "")))
        return HTTPStatus.NOT_FOUND, {}

    def _description(self) -> dict[str, object]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
        }

    def _token(self, verifier: str) -> Reply:
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.challenge:
            return HTTPStatus.BAD_REQUEST, {"error": "invalid_grant"}
        claims = {name: value for name, value in {**self.good, **self.claims}.items() if value is not None}
        token = jwt.encode({"alg": "RS256", "kid": self.signing.kid or "first"}, claims, self.signing)
        if self.symmetric is not None:
            token = _forged(claims, self.symmetric)
        return self.status, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}


def _forged(claims: Mapping[str, object], secret: bytes) -> str:
    header = {"alg": "HS256" if secret else "none", "kid": "first"}
    signed = f"{_part(json.dumps(header).encode())}.{_part(json.dumps(claims).encode())}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{_part(mac)}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
