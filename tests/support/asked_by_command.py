"""Commands that ask a running platform, and the tokens they ask with."""

from __future__ import annotations

import secrets

from running_installation import Installation
from typer.testing import CliRunner

from shuangyin import api_caller, fleet_commands
from shuangyin.demo.person import Person


def fleet(running: Installation, token: str, *arguments: str) -> tuple[int, str]:
    """`shuangyin device` within this process, against the running platform; exit code and what was told, on one line."""
    api_caller.console._width = 300  # a table as a wide window shows it
    words = [*arguments, "--server", running.server.base_url]
    done = CliRunner(env={"SHUANGYIN_TOKEN": token}).invoke(fleet_commands.app, words)
    return done.exit_code, done.output.replace("\n", " ")


def token_of(admin: Person, scopes: list[str]) -> str:
    name = f"人事 {secrets.token_hex(4)}"
    proof = admin.step_up("people.create_token", name)
    body = {"name": name, "scopes": scopes, "days": 1, "proof": proof}
    return str(admin.post_json("/me/tokens", body)["secret"])
