"""Commands that ask a running platform through its public API, as whoever holds the token.

The embedded database belongs to the process that serves it, so a command asks that process.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from shuangyin.core.clock import BEIJING

console = Console()

TOKEN_VARIABLE = "SHUANGYIN_TOKEN"  # noqa: S105  # the name of a variable
CODE_VARIABLE = "SHUANGYIN_SECOND_FACTOR"
PATIENCE_S = 120

Server = Annotated[str, typer.Option(help="Address of the running platform.")]
TokenFile = Annotated[Path | None, typer.Option(help=f"File with a bearer token; or ${TOKEN_VARIABLE}.")]


class Caller:
    """The public API with a bearer token. Ends the command with a sentence when it refuses or is not there."""

    def __init__(self, server: str, token: str) -> None:
        import httpx  # noqa: PLC0415  # heavy imports only where they are needed

        self._errors = httpx.HTTPError
        self._client = httpx.Client(
            base_url=f"{server.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_S,
            trust_env=False,
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return dict(self._send(method, path, **arguments).json())

    def call_list(self, method: str, path: str) -> list[dict[str, Any]]:
        return list(self._send(method, path).json())

    def proof(self, act: str, subject: str) -> str:
        """A proof of the second factor for one act, by a code from the environment or asked for."""
        asked = {"act": act, "subject": subject, "method": "totp", "code": _code()}
        return str(self.call("POST", "/auth/step-up", json=asked)["proof"])

    def all(self, path: str, wanted: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """The whole of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = {**(wanted or {}), "limit": 200, **({"cursor": cursor} if cursor else {})}
            page = self.call("GET", path, params=query)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def confirm(self, path: str) -> dict[str, Any]:
        """Confirm one's part by a code of the second factor, from the environment or asked for."""
        return self.call("POST", path, json={"method": "totp", "code": _code()})

    def content(self, path: str) -> bytes:
        return bytes(self._send("GET", path).content)

    def person(self, wanted: str) -> dict[str, Any]:
        """The active person of an account or id, or of a name that one person has; accounts are shown to few."""
        active = self.all("/persons", {"status": "active"})
        for one in active:
            if wanted in (one["account"], one["id"]):
                return one
        called = [one for one in active if one["name"] == wanted]
        if len(called) == 1:
            return called[0]
        if called:
            ids = ", ".join(one["id"] for one in called)
            raise refused(f"有 {len(called)} 人同名，请用编号：{ids}。 Several have this name; give the id.")
        raise refused(f"没有在职人员使用账号 {wanted}。 Nobody here has the account {wanted}.")

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            answer = self._client.request(method, path, **arguments)
        except self._errors as error:
            raise refused("连接不上平台，请核对 --server。 The platform is not reached.") from error
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
            told = f"{problem['detail']} [{problem['code']}]"
        except (ValueError, KeyError, TypeError):
            told = f"HTTP {answer.status_code}"
        raise refused(told)


def moment(text: str) -> int:
    """UTC milliseconds of a time of Beijing. Ends the command with a sentence for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise refused("时间请写作 2026-05-20T18:00。 Write the time as 2026-05-20T18:00.") from error
    return int((at if at.tzinfo else at.replace(tzinfo=BEIJING)).timestamp() * 1000)


def _code() -> str:
    return os.environ.get(CODE_VARIABLE) or str(typer.prompt("动态口令 Second factor", hide_input=True))


def token_from(token_file: Path | None) -> str:
    """The bearer token of a file, or of the environment. Ends the command with a sentence when there is none."""
    try:
        token = token_file.read_text(encoding="utf-8") if token_file else os.environ.get(TOKEN_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise refused("读不到令牌文件。 The token file cannot be read.") from error
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise refused(f"请给出令牌：--token-file 或 {TOKEN_VARIABLE}。 Give a bearer token.")
    return token


def refused(told: str) -> typer.Exit:
    """Say why nothing was done; the exit that ends the command."""
    console.print(told, highlight=False)
    return typer.Exit(2)
