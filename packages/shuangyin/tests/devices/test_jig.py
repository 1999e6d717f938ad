"""A program that moves a device for `device-conformance`: what it says is read, and its end is told at once."""

from __future__ import annotations

import shlex
import sys

import pytest
from device_estate import eventually

from shuangyin.core.errors import Unavailable
from shuangyin.device_conformance.hands import Jig

TALKATIVE = """
print("x" * 100, flush=True)
for _ in range(3_000):
    print("y" * 100)
print("ready", flush=True)
for line in __import__("sys").stdin:
    print(line.strip() + ": jig done", flush=True)
    break
print("the motor is hot", flush=True)
"""


def jig_of(program: str) -> Jig:
    return Jig(shlex.join([sys.executable, "-c", program]))


def test_a_jig_that_says_more_than_a_pipe_holds_does_its_act_and_its_end_is_told() -> None:
    jig = jig_of(TALKATIVE)
    try:
        jig.do("press permit-1 ordinary", "盖章", "press")
        with pytest.raises(Unavailable, match="the motor is hot") as gone:
            jig.do("open-case", "打开机壳", "open the case")
        assert gone.value.code == "JIG_GONE"
    finally:
        jig.close()


def test_a_jig_that_ends_before_the_device_enrolled_is_not_waited_for() -> None:
    jig = jig_of("raise SystemExit('no serial port')")

    def told() -> bool:
        try:
            jig.require()
        except Unavailable as gone:
            return "no serial port" in gone.text.en
        return False

    eventually(told, "the end of the jig")
    jig.close()


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(Unavailable, match="no-such-jig"):
        Jig("no-such-jig --port 1")
