"""Whatever the API is asked, it answers as promised: schemathesis makes calls for every described operation.

Bounded by examples, not by time. No generated call may end in a 5xx answer, every refusal is a problem document
with a code and a sentence, and every answer has the media type its description names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from platform_world import World, ok
from schemathesis.core import NOT_SET
from schemathesis.core.result import Ok

CALLERS = ("employee", "administrator", "legal_representative", "custodian")
FULL = os.environ.get("SHUANGYIN_TEST_FULL") == "1"
EXAMPLES = 20 if FULL else 3
KEPT_OUT = {
    "/api/v1/auth/sign-out",
    "/api/v1/auth/provider/sign-out",
    "/api/v1/me/password",
    "/api/v1/persons/{person_id}/leave",
    "/api/v1/events",
}
"""They would end the session that the calls are made with, or be an answer without an end."""


def operations(world: World) -> Iterator[Any]:
    description = world.app.openapi()
    for result in schemathesis.openapi.from_dict(description).get_all_operations():
        assert isinstance(result, Ok), "the description itself must be sound"
        operation = result.ok()
        if operation.path not in KEPT_OUT:
            yield operation


@pytest.mark.timeout(1800)
def test_every_call_is_answered_as_promised(world: World) -> None:
    """Every caller makes the same calls: making them up takes longer than answering them."""
    clients = [world.client(kind) for kind in CALLERS]
    tried = 0
    for operation in operations(world):
        tried += 1
        call_with_examples(clients, operation)
    assert tried > 90, "the description must have named the operations"
    for client in clients:
        ok(client.get("/api/v1/me"))


def call_with_examples(clients: list[TestClient], operation: Any) -> None:
    """Make the calls as everybody, and after the first one only as those whose post may make them at all."""
    asking = list(clients)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        for client in list(asking):
            response = send(client, case)
            judge(f"{operation.method.upper()} {operation.path}", response)
            if not FULL and response.status_code == 403 and response.json()["code"] == "NOT_PERMITTED":
                asking.remove(client)

    call()


def send(client: TestClient, case: Any) -> Response:
    arguments: dict[str, Any] = {"params": case.query or None}
    if case.body is not NOT_SET:
        if case.media_type == "multipart/form-data" and isinstance(case.body, dict):
            arguments["files"] = {name: (None, as_bytes(value)) for name, value in case.body.items()}
        else:
            arguments["json"] = case.body
    headers = {
        name: value for name, value in (case.headers or {}).items() if value.isascii() and value.isprintable()
    }
    return client.request(
        case.method, case.formatted_path, headers=headers, follow_redirects=False, **arguments
    )


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def judge(name: str, response: Response) -> None:
    assert response.status_code < 500, f"{name} answered {response.status_code}: {response.text[:500]}"
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if response.status_code >= 400 and "/api/" in name:
        assert media_type == "application/problem+json", f"{name} refused with {media_type}"
        body = response.json()
        assert body["code"], name
        assert body["detail"], name
        assert body["status"] == response.status_code, name
