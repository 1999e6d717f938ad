"""One person of the demonstration: a browser's worth of HTTP client, with his own second factor."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from shuangyin.demo.report import StepFailed

STEP_SECONDS = 30
LEFT_SECONDS = 12
CSRF_HEADER = "X-CSRF-Token"


def totp(secret: str, step: int) -> str:
    """The six digits of one time step (RFC 6238, SHA-1)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def current_code(secret: str) -> str:
    """The code an authenticator shows now."""
    return totp(secret, int(time.time()) // STEP_SECONDS)


class Person:
    """Signs in with password and second factor, and calls the API as this person."""

    def __init__(self, base_url: str, *, kind: str, name: str, post: str, account: str) -> None:
        self.kind = kind
        self.name = name
        self.post = post
        self.account = account
        self.password = ""
        self.secret = ""
        self.id = ""
        self._last_step = 0
        self._client = httpx.Client(
            base_url=f"{base_url}/api/v1", timeout=120, headers={"Accept-Language": "zh-CN"}, trust_env=False
        )

    @contextmanager
    def at(self, base_url: str) -> Iterator[Person]:
        """The same person with the same session on another server, such as a copy of this one."""
        other = copy.copy(self)
        client = self._client
        with httpx.Client(
            base_url=f"{base_url}/api/v1",
            timeout=120,
            headers=client.headers,
            cookies={cookie.name: cookie.value or "" for cookie in client.cookies.jar},
            trust_env=False,
        ) as other._client:  # noqa: SLF001  # a copy of ourselves
            yield other

    def sign_in(self, password: str) -> None:
        """Sign in; at the first sign-in the answer carries the secret to enrol."""
        first = self.post_json("/auth/sign-in", {"account": self.account, "password": password})
        if first["enrolment"]:
            self.secret = first["enrolment"]["secret"]
        body = {"challenge": first["challenge"], "method": "totp", "code": self.code()}
        second = self.post_json("/auth/second-factor", body)
        self._client.headers[CSRF_HEADER] = second["csrf_token"]
        self.password = password
        self.id = second["me"]["person"]["id"]

    def first_sign_in(self, one_time: str, password: str) -> None:
        """Sign in with the one-time password, enrol the second factor and choose a password."""
        self.sign_in(one_time)
        self.request("PUT", "/me/password", json={"current_password": one_time, "new_password": password})
        self.password = password

    def code(self) -> str:
        """The next code that was not used: one time step may be used once, and one step either side is accepted.

        The step before is left out when it is accepted for a few seconds only: a busy machine answers later than that.
        """
        while True:
            seconds = time.time()
            now = int(seconds) // STEP_SECONDS
            behind = int(seconds % STEP_SECONDS < STEP_SECONDS - LEFT_SECONDS)
            step = max(now - behind, self._last_step + 1)
            if step <= now + 1:
                self._last_step = step
                return totp(self.secret, step)
            time.sleep(0.5)

    def step_up(self, act: str, subject: str) -> str:
        """Confirm with the second factor; a proof for one act on one subject."""
        body = {"act": act, "subject": subject, "method": "totp", "code": self.code()}
        return str(self.post_json("/auth/step-up", body)["proof"])

    def get(self, path: str, **parameters: Any) -> Any:
        return self.request("GET", path, params=parameters or None).json()

    def post_json(self, path: str, body: Any = None) -> Any:
        response = self.request("POST", path, json=body if body is not None else {})
        return response.json() if response.content else None

    def post_confirmed(self, path: str, body: dict[str, Any]) -> bool:
        """Make a call for which the last confirmation may have run out: confirm what it names, and make it again.

        Whether it had run out.
        """
        response = self._client.request("POST", path, json=body)
        if response.is_success:
            return False
        if response.status_code != 403 or response.json().get("code") != "STEP_UP_REQUIRED":
            raise self._failed("POST", path, response)
        asked = response.json()["details"]
        self.post_json(path, {**body, "proof": self.step_up(asked["act"], asked["subject"])})
        return True

    def upload(self, path: str, name: str, content: bytes, media_type: str, **fields: str) -> Any:
        return self.request("POST", path, files={"file": (name, content, media_type)}, data=fields).json()

    def download(self, path: str, **parameters: Any) -> bytes:
        return self.request("GET", path, params=parameters or None).content

    def refused(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """Make a call that must be refused; the problem document."""
        response = self._client.request(method, path, **arguments)
        if response.is_success:
            message = f"{method} {path} should have been refused, but was answered {response.status_code}"
            raise StepFailed(message)
        return dict(response.json())

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Make a call that must succeed. Raises StepFailed with the problem document's sentence."""
        response = self._client.request(method, path, **arguments)
        if response.is_success:
            return response
        raise self._failed(method, path, response)

    def _failed(self, method: str, path: str, response: httpx.Response) -> StepFailed:
        try:
            detail = response.json().get("detail", response.text)
            code = response.json().get("code", "")
        except ValueError:
            detail, code = response.text[:300], ""
        message = f"{self.name} {method} {path}: {response.status_code} {code} {detail} {response.text[:600]}"
        return StepFailed(message)
