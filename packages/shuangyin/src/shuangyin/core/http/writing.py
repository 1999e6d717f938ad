"""How a command becomes one request: one transaction, its evidence, and its idempotency record together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid
from shuangyin.core.http.access import platform_of
from shuangyin.core.idempotency import store_answer, stored_answer
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork

Result = TypeVar("Result")


class Writing:
    """Runs the command of one request. Made by the `Write` dependency."""

    def __init__(self, platform: Platform, key: str | None, fingerprint: str) -> None:
        self.platform = platform
        self._key = key
        self._fingerprint = fingerprint

    def run(
        self,
        caller: Actor | str,
        command: Callable[[UnitOfWork], Result],
        *,
        status: int = 200,
        payload_digest: str = "",
    ) -> Result | Response:
        """Run the command in one transaction and return what it returns.

        With an Idempotency-Key the first answer is stored in the same transaction and given again for the same
        payload. `payload_digest` adds what the fingerprint cannot see, such as the digest of an uploaded file.
        """
        caller_id = caller if isinstance(caller, str) else caller.person_id
        key = self._key
        if key is None:
            return self.platform.transact(command)
        fingerprint = hashlib.sha256(f"{self._fingerprint}/{payload_digest}".encode()).hexdigest()

        def once(work: UnitOfWork) -> Result | Response:
            earlier = stored_answer(work, caller_id, key, fingerprint)
            if earlier is not None:
                return JSONResponse(earlier.body, earlier.status, headers={"Idempotent-Replay": "true"})
            result = command(work)
            store_answer(work, caller_id, key, fingerprint, status, jsonable_encoder(result))
            return result

        return self.platform.transact(once)


async def _writing(
    request: Request, idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None
) -> Writing:
    body = b""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        body = await request.body()
    fingerprint = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body)
    return Writing(platform_of(request), idempotency_key, fingerprint.hexdigest())


def _expected_version(if_match: Annotated[str | None, Header(alias="If-Match")] = None) -> int | None:
    """The version the caller read, from an If-Match header such as ``"3"``."""
    if if_match is None:
        return None
    try:
        return int(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError as error:
        raise Invalid(
            "IF_MATCH_MALFORMED",
            'If-Match 应为读取时的版本号，例如 "3"。',
            'If-Match must be the version you read, such as "3".',
        ) from error


Write = Annotated[Writing, Depends(_writing)]
ExpectedVersion = Annotated[int | None, Depends(_expected_version)]
Body: Any = dict[str, Any]
