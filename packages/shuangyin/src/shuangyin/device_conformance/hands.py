"""The hand that steps up, presses, opens the case and cuts the power: a person who follows prompts, or a jig."""

from __future__ import annotations

import contextlib
import queue
import shlex
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from shuangyin.core.errors import Unavailable

DONE = "jig done"
LINES_SHOWN = 8
"""So many of its last lines are shown of a jig that ended."""


class Hands(Protocol):
    """Carries out one act at the device and returns when it is done."""

    def do(self, act: str, zh: str, en: str) -> None:
        """`act` is for a jig, the sentences are for a person."""
        ...

    def require(self) -> None:
        """Raises Unavailable when nobody is there to do it."""
        ...


class Person:
    """Reads what to do and presses Enter when it is done."""

    def __init__(self, ask: Callable[[str], str] = input) -> None:
        self._ask = ask

    def do(self, act: str, zh: str, en: str) -> None:  # the act is for jigs
        self._ask(f"  → {zh}，完成后按回车。 / {en}, then press Enter. ")

    def require(self) -> None:
        """A person is always there."""


class Jig:
    """A program that moves the device: one act a line on its standard input, a line with `jig done` when it is done.

    The acts are `jig step-up PERSON CHECK[,CHECK]`, `jig press PERMIT KIND`, `jig spoil PERMIT KIND EVENT`,
    `jig open-case` and `jig power-cycle`.
    """

    def __init__(self, command: str) -> None:
        self._said: queue.Queue[str | None] = queue.Queue()
        self._last: deque[str] = deque(maxlen=LINES_SHOWN)
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the maker's own program, named by him
                shlex.split(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except (OSError, ValueError, IndexError) as error:
            self._last.append(str(error))
            raise self._gone() from error
        # Read from the beginning: a jig that says much before its first act would wait for a reader.
        self._listener = threading.Thread(target=self._listen, name="jig", daemon=True)
        self._listener.start()

    def do(self, act: str, zh: str, en: str) -> None:  # the sentences are for people
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  # asked for above
        try:
            stdin.write(f"jig {act}\n")
            stdin.flush()
        except OSError as error:
            raise self._gone() from error
        while (line := self._said.get()) is not None:
            if DONE in line:
                return
        raise self._gone()

    def require(self) -> None:
        """Raises Unavailable (JIG_GONE) when it has ended."""
        if self._process.poll() is not None:
            raise self._gone()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(timeout=10)
        self._listener.join(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what it did not read any more is not written
                if pipe is not None:
                    pipe.close()

    def _listen(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101  # asked for above
        for line in stdout:
            self._last.append(line.rstrip())
            self._said.put(line)
        self._said.put(None)

    def _gone(self) -> Unavailable:
        said = "\n".join(self._last) or "—"
        return Unavailable(
            "JIG_GONE",
            f"台架程序已结束，检查中止。其最后输出：\n{said}",
            f"The jig ended; the checks cannot go on. What it said last:\n{said}",
        )
