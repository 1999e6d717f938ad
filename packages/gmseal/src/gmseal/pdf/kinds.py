"""Judging one signature of a PDF by its kind: each by its own standard, over the digest of its byte range."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

import pikepdf

from gmseal.errors import GmsealError
from gmseal.judging.log import CheckLog
from gmseal.pdf import cases
from gmseal.pdf.cases import Case
from gmseal.pdf.damage import reading
from gmseal.pdf.document import Document
from gmseal.pdf.entries import rare_entry
from gmseal.pdf.expansion import octets_of
from gmseal.pdf.ranges import Digests
from gmseal.pdf.shown_picture import Shown, shown_picture
from gmseal.policy import Policy
from gmseal.report import CheckResult, TrustStore, walk
from gmseal.ses.signature_reading import read_signature
from gmseal.ses.summary import signer_summary
from gmseal.ses.verify import judge_signature

MAX_VALIDATION_OBJECTS = 256
MAX_VALIDATION_BYTES = 1 << 20
"""Certificates and answers of a file's own validation data that are looked at, and the size of one."""
_TIMESTAMP_CLAUSE = "ISO 32000-2 12.8.5"


class Judge(NamedTuple):
    """What every judgement of one file shares: the file, digests, trust, the verifier's time and policy."""

    document: Document
    digests: Digests
    trust: TrustStore
    at: datetime
    policy: Policy

    def judge_all(self, found: list[Case]) -> None:
        """Writes the checks of every signature; document time stamps first, as they tell when others were there."""
        stamps = [case for case in found if case.kind == cases.TIMESTAMP]
        for case in stamps:
            self._judge(case)
        for case in found:
            if case.kind != cases.TIMESTAMP:
                case.existed_by = _existed_by(case, stamps)
                self._judge(case)

    def _judge(self, case: Case) -> None:
        if not case.value:
            return
        by_kind: dict[str, Callable[[Case], None]] = {
            cases.SEAL: self._seal,
            cases.CMS: self._signed_data,
            cases.GBT35275: self._signed_data,
            cases.TIMESTAMP: self._timestamp,
        }
        by_kind.get(case.kind, _foreign)(case)

    def _digest(self, case: Case, name: str) -> bytes | None:
        return None if case.range is None else self.digests[case.range].get(name)

    def _seal(self, case: Case) -> None:
        expected = partial(self._digest, case)
        try:
            case.seal_signature = read_signature(case.value)
        except GmsealError:
            case.checks += judge_signature(case.value, expected, self.trust, self.at, self.policy)
            return
        case.checks += judge_signature(
            case.seal_signature, expected, self.trust, self.at, self.policy, existed_by=case.existed_by
        )
        picture = case.seal_signature.seal.picture
        shown = shown_picture(self.document, case.signed.field, picture, good=lambda: not case.failed)
        case.add("PICTURE_SHOWN", *_SHOWN[shown])

    def _signed_data(self, case: Case) -> None:
        from gmseal.judging.cms import judge_cms  # noqa: PLC0415 - who judges a seal needs none of it

        judged = judge_cms(
            case.value,
            lambda name: self._digest(case, name),
            self.trust,
            self.at,
            self.policy,
            existed_by=case.existed_by,
        )
        case.checks += judged.checks
        case.findings = judged.findings
        case.signed_at = judged.timestamp_at or judged.signed_at
        case.trial = any(check.code == "TRIAL_CERTIFICATE" for check in walk(judged.checks))
        if judged.signer is not None:
            case.signer = signer_summary(judged.signer)
            case.organization = judged.signer.organization

    def _timestamp(self, case: Case) -> None:
        from gmseal.judging.timestamps import judge_timestamp  # noqa: PLC0415 - as above

        log = CheckLog(_TIMESTAMP_CLAUSE)
        judged = judge_timestamp(
            log, "DOCUMENT_TIMESTAMP", case.value, lambda name: self._digest(case, name), self.trust, self.at
        )
        case.checks += log.checks()
        case.signed_at = judged.time
        if judged.time is not None and not case.failed:
            case.existed_by = judged.time + judged.accuracy
        if judged.authority is not None:
            case.signer = signer_summary(judged.authority)


def with_validation_data(document: Document, trust: TrustStore) -> TrustStore:
    """The store with what the file carries to build chains (DSS, ISO 32000-2, 12.8.4.3): help, never trust."""
    store = rare_entry(document.catalog, "/DSS")
    if not isinstance(store, pikepdf.Dictionary):
        return trust
    from gmseal.judging.timestamps import authorities  # noqa: PLC0415 - as above

    return replace(
        trust,
        intermediates=trust.intermediates + authorities(tuple(_streams(store, "/Certs"))),
        crls=trust.crls + tuple(_streams(store, "/CRLs")),
        ocsp_responses=trust.ocsp_responses + tuple(_streams(store, "/OCSPs")),
    )


def _existed_by(case: Case, stamps: list[Case]) -> datetime | None:
    """The earliest instant by which a good document time stamp proves that a signature was there.

    The stamp is over every byte of the revision that the signature closed, its value included: its own gap lies
    behind that revision.
    """
    if case.range is None:
        return None
    over = (one for one in stamps if one.range is not None and case.end <= one.range.hole_start)
    return min((one.existed_by for one in over if one.existed_by is not None), default=None)


def _streams(store: pikepdf.Object, key: str) -> list[bytes]:
    listed = store.get(key)
    if not isinstance(listed, pikepdf.Array):
        return []
    found = []
    for item in list(listed)[:MAX_VALIDATION_OBJECTS]:
        if isinstance(item, pikepdf.Stream):
            with reading():
                data = octets_of(item)
            if len(data) <= MAX_VALIDATION_BYTES:
                found.append(data)
    return found


def _foreign(case: Case) -> None:
    zh, en = "其他类型的签名，未作判定", "This signature is of another kind; it is listed, not judged."
    case.add("FOREIGN_SIGNATURE", CheckResult.NOT_CHECKED, zh, en)


_SHOWN: dict[Shown, tuple[CheckResult, str, str]] = {
    Shown.WHOLE: (CheckResult.PASS, "显示的印章图案与印章数据一致", "The picture shown is the seal's."),
    Shown.PART: (
        CheckResult.PASS,
        "显示的是印章图案的一部分，与印章数据一致",
        "A part of the seal's picture is shown, as a riding seam does.",
    ),
    Shown.OTHER: (
        CheckResult.WARN,
        "显示的图案与印章数据中的图案不一致（图案、颜色、大小或方向不同），请以印章数据为准",
        "What is shown is not the seal's picture in its size and colour; believe the seal, not the picture.",
    ),
    Shown.HIDDEN: (
        CheckResult.WARN,
        "印章图案没有显示在页面上",
        "The picture of the seal is not shown on any page.",
    ),
    Shown.UNSURE: (
        CheckResult.WARN,
        "未能确认显示的图案与印章数据中的图案一致，请人工比对",
        "The picture shown could not be matched with the picture in the seal; compare them.",
    ),
}
