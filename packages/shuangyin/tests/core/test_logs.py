"""What the logs say: codes of errors are no secrets, codes that people type are; and where they say it."""

from __future__ import annotations

import json
import subprocess
import sys

_SAID = """
import structlog
from shuangyin.core.logs import configure_logs
configure_logs("INFO")
structlog.get_logger().warning("told", error_code="SEALS_FROZEN", code="123456", sms_code="654321", totp_codes="1")
"""
_SAID_AFTERWARDS = """
import io, sys, structlog
from shuangyin.core.logs import configure_logs
real, sys.stderr = sys.stderr, io.StringIO()
configure_logs("INFO")
logger = structlog.get_logger()
logger.info("said to the first")
first, sys.stderr = sys.stderr, real
first.close()
logger.info("said to the second")
"""


def said(program: str) -> list[dict[str, str]]:
    """The lines of the log of a program that runs by itself, since the logs of a process are set once."""
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr
    return [json.loads(line) for line in told.splitlines()]


def test_the_code_of_an_error_is_logged_and_one_of_a_second_factor_is_not() -> None:
    (line,) = said(_SAID)
    assert line["error_code"] == "SEALS_FROZEN"
    assert {line["code"], line["sms_code"], line["totp_codes"]} == {"[removed]"}


def test_a_standard_error_that_was_replaced_and_closed_ends_nothing() -> None:
    """A logger is kept from its first line on; what it writes to is asked for each line."""
    assert [line["event"] for line in said(_SAID_AFTERWARDS)] == ["said to the second"]
