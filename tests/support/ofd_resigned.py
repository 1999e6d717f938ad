"""A sealed package whose Signature.xml says something else, signed by the same seal: what other producers write."""

import re
from collections.abc import Callable
from typing import Any

from ofd_writer import read_files, with_files

from gmseal.report import CheckResult, Report
from gmseal.sm.keys import sm3

SIGNS = "Doc_0/Signs/Sign_0/"
LIST = "Doc_0/Signs/Signatures.xml"


def resign(ofd: Any, sealed: bytes, change: Any, *, value: Any = None) -> bytes:
    """The package with a Signature.xml as another producer would write it, signed by the same seal."""
    text = change(read_files(sealed)[SIGNS + "Signature.xml"])
    made = (
        ofd.signer.sign(sm3(text), "/" + SIGNS + "Signature.xml", ofd.now) if value is None else value(text)
    )
    return with_files(sealed, {SIGNS + "Signature.xml": text, SIGNS + "SignedValue.dat": made})


def results(report: Report, signature: int = 0) -> dict[str, CheckResult]:
    """The steps of one signature by their codes."""
    return {step.code: step.result for step in report.signatures[signature].walk()}


def leaving_out(name: str) -> Callable[[bytes], bytes]:
    """What takes one file out of what Signature.xml protects."""

    def without(text: bytes) -> bytes:
        pattern = rb'<ofd:Reference FileRef="/' + re.escape(name.encode()) + rb'">.*?</ofd:Reference>'
        changed, count = re.subn(pattern, b"", text)
        assert count == 1
        return changed

    return without
