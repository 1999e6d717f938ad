"""The hand that steps up, presses, opens the case and cuts the power: a person who follows prompts, or a jig."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from typing import Protocol

from shuangyin.core.errors import Unavailable

DONE = "jig done"


class Hands(Protocol):
    """Carries out one act at the device and returns when it is done."""

    def do(self, act: str, zh: str, en: str) -> None:
        """`act` is for a jig, the sentences are for a person."""
        ...


class Person:
    """Reads what to do and presses Enter when it is done."""

    def __init__(self, ask: Callable[[str], str] = input) -> None:
        self._ask = ask

    def do(self, act: str, zh: str, en: str) -> None:  # the act is for jigs
        self._ask(f"  → {zh}，完成后按回车。 / {en}, then press Enter. ")


class Jig:
    """A program that moves the device: one act a line on its standard input, a line with `jig done` when it is done.

    The acts are `jig step-up PERSON CHECK[,CHECK]`, `jig press PERMIT KIND`, `jig spoil PERMIT KIND EVENT`,
    `jig open-case` and `jig power-cycle`.
    """

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # the maker's own program, named by him
            shlex.split(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def do(self, act: str, zh: str, en: str) -> None:  # the sentences are for people
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101  # asked for above
        assert stdout is not None  # noqa: S101  # as above
        try:
            stdin.write(f"jig {act}\n")
            stdin.flush()
            for line in stdout:
                if DONE in line:
                    return
        except OSError as error:
            raise _gone() from error
        raise _gone()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(timeout=10)


def _gone() -> Unavailable:
    return Unavailable("JIG_GONE", "台架程序已结束，检查中止。", "The jig ended; the checks cannot go on.")
