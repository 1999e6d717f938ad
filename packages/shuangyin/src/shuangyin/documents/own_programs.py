"""Runs the programs of this area that look at hostile files: each in a process of its own, within its own limits."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from shuangyin.core.errors import ShuangyinError
from shuangyin.documents import errors


def answer_of(
    *arguments: str, seconds: int, unreadable: ShuangyinError, refusals: dict[int, ShuangyinError | None]
) -> tuple[int, Any]:
    """The exit status of a program and the JSON that it printed; `arguments` are those of Python after `-I`.

    A status in `refusals` raises its error, or is an answer like 0 where that is None. Any other status, no JSON, and
    no end within so many seconds raise `unreadable`. Raises Unavailable when no process can be started.
    """
    try:
        done = subprocess.run(  # noqa: S603  # our own programs, paths of our own making
            [sys.executable, "-I", *arguments], capture_output=True, timeout=seconds, check=False
        )
        refusal = refusals.get(done.returncode, unreadable if done.returncode else None)
        if refusal is not None:
            raise refusal
        return done.returncode, json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise unreadable from error
    except OSError as error:
        raise errors.inspection_unavailable() from error
