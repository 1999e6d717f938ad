"""What the logs say: codes of errors are no secrets, codes that people type are."""

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


def test_the_code_of_an_error_is_logged_and_one_of_a_second_factor_is_not() -> None:
    told = subprocess.run([sys.executable, "-c", _SAID], check=True, capture_output=True, text=True).stderr
    line = json.loads(told)
    assert line["error_code"] == "SEALS_FROZEN"
    assert {line["code"], line["sms_code"], line["totp_codes"]} == {"[removed]"}
