"""Which level of PAdES a signature reaches by what the file holds (ETSI EN 319 142-1, 6): for the report."""

from collections.abc import Sequence

import pikepdf

from gmseal.checks import CheckResult, walk
from gmseal.pdf import cases
from gmseal.pdf.cases import Case
from gmseal.pdf.document import Document

_SUB_FILTER = "/ETSI.CAdES.detached"
_EVIDENCE = ("/Certs", "/CRLs", "/OCSPs")


def pades_level(document: Document, case: Case, later: Sequence[Case]) -> str | None:
    """``B-B`` to ``B-LTA``; None when this is no PAdES signature, or its mathematics is not good.

    1. B-B: signed data under the name of PAdES.
    2. B-T: a good time stamp over its value, or a good document time stamp after it.
    3. B-LT: the file carries validation data besides.
    4. B-LTA: a good document time stamp after it covers that.
    Whether the data suffices to judge the signature in years to come is not said: that is for a verdict to tell.
    """
    if case.kind != cases.CMS or case.signed.value.get("/SubFilter") != _SUB_FILTER or not case.sound:
        return None
    sealed = any(one.kind == cases.TIMESTAMP and _good(one, "DOCUMENT_TIMESTAMP") for one in later)
    if not sealed and not _good(case, "SIGNATURE_TIMESTAMP"):
        return "B-B"
    if not _has_validation_data(document):
        return "B-T"
    return "B-LTA" if sealed else "B-LT"


def _good(case: Case, code: str) -> bool:
    return any(check.code == code and check.result is CheckResult.PASS for check in walk(case.checks))


def _has_validation_data(document: Document) -> bool:
    store = document.catalog.get("/DSS")
    if not isinstance(store, pikepdf.Dictionary):
        return False
    listed = [store.get(key) for key in _EVIDENCE]
    return any(isinstance(entry, pikepdf.Array) and len(entry) > 0 for entry in listed)
