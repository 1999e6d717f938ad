"""Judging one signed-data value over a digest (GB/T 35275-2017, 8; RFC 5652, 5.6), step by step.

Used for signatures of the type Sign in OFD and for SM2 signatures in PDF. As with seals, every
step whose input can be read is made, in order, so that one report tells everything.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from gmseal.checks import Group, arrange, group_check
from gmseal.errors import MalformedInput
from gmseal.instants import verifier_time
from gmseal.judging.certificates import SIGNER, judge_chain, judge_revocation, readable_certificate
from gmseal.judging.cms_findings import findings_of
from gmseal.judging.log import CheckLog
from gmseal.judging.timestamps import (
    CLOCK_TOLERANCE,
    TimestampJudgement,
    authorities,
    judge_timestamp,
    judge_timestamp_order,
)
from gmseal.policy import DEFAULT, Policy
from gmseal.report import Check, CheckResult, Finding, judge_conformance
from gmseal.sm import algorithms
from gmseal.sm.certificate_info import CertificateInfo
from gmseal.sm.cms import CmsForm, SignedData, SignerInfo, read_signed_data
from gmseal.trust import TrustStore

CLAUSES: Final = {CmsForm.GBT35275: "GB/T 35275-2017 8", CmsForm.RFC5652: "RFC 5652 5.6"}

_MAX_EMBEDDED_LISTS: Final = 4

ExpectedDigest = bytes | None | Callable[[str], bytes | None]
"""The SM3 digest of what should be protected; or a function that gives the digest by an algorithm's
name (``sm3``, ``sha256``, …); None when the document is not at hand."""


@dataclass(frozen=True, slots=True)
class CmsJudgement:
    """The judgement of one value.

    ``signed_at`` is what the signer states, ``timestamp_at`` what a good time stamp proves.
    """

    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    signer: CertificateInfo | None = field(default=None, repr=False)
    signed_at: datetime | None = None
    timestamp_at: datetime | None = None
    signed_data: SignedData | None = field(default=None, repr=False)


def judge_cms(
    value: bytes,
    expected_digest: ExpectedDigest,
    trust: TrustStore,
    at: datetime,
    policy: Policy = DEFAULT,
    *,
    message: bytes | None = None,
    existed_by: datetime | None = None,
) -> CmsJudgement:
    """Judge signed data over a document's digest. Never raises for malformed bytes.

    ``at`` is the verifier's own time; without a zone it is ``Refused`` (``NAIVE_TIME``). ``message``, when
    given, is the document itself: a value without content and without signed attributes may have been made
    over it and not its digest. ``existed_by`` is an instant by which the value was there, as a time stamp over the
    document that carries it proves.

    1. Format: the value can be read and has a signer with a certificate.
    2. The algorithms: supported, and agreeing with each other.
    3. The digest of the document.
    4. The signature value, over the signed attributes or the content.
    5. The time stamp over the signature value.
    6. The signer's certificate: chain and key usage.
    7. The signing time, proven or stated: within the certificate's validity, before any
       revocation, not in the future.
    """
    now = verifier_time(at)
    # 1.
    try:
        signed_data = read_signed_data(value)
    except MalformedInput as error:
        return _unreadable(f"The signed data is malformed: {error}")
    if not signed_data.signers:
        return _unreadable("The signed data has no signer.")
    procedure = _Procedure(signed_data, signed_data.signers[0], trust, now, message, existed_by)
    procedure.run(expected_digest, policy)
    return procedure.judgement()


def _unreadable(reason: str) -> CmsJudgement:
    zh = "签名数据格式错误"
    check = Check("FORMAT_SIGNATURE", CheckResult.FAIL, None, zh, reason, CLAUSES[CmsForm.GBT35275])
    return CmsJudgement((group_check(Group.FORM, (check,)),), ())


class _Procedure:
    """The steps over one signer."""

    def __init__(
        self,
        signed_data: SignedData,
        signer: SignerInfo,
        trust: TrustStore,
        now: datetime,
        message: bytes | None,
        existed_by: datetime | None,
    ) -> None:
        self.findings = findings_of(signed_data)
        self._signed_data = signed_data
        self._signer = signer
        # What the signature brings along helps to build the chain and is trusted for nothing; a
        # list of revocations must be signed by the issuer like any other.
        self._trust = replace(
            trust,
            intermediates=trust.intermediates + authorities(signed_data.certificates),
            crls=trust.crls + signed_data.crls[:_MAX_EMBEDDED_LISTS],
        )
        self._now = now
        self._message = message
        self._existed_by = existed_by
        self._log = CheckLog(CLAUSES[signed_data.form])
        self._certificate: CertificateInfo | None = None
        self._stamp = TimestampJudgement(CheckResult.NOT_CHECKED, None)

    def run(self, expected: ExpectedDigest, policy: Policy) -> None:
        """All steps."""
        log = self._log
        with log.group(Group.FORM):
            says = ("签名数据格式正确", "The signed data is well formed.")
            log.add("FORMAT_SIGNATURE", CheckResult.PASS, None, says)
            log.extend([judge_conformance(self.findings, policy, CLAUSES[self._signed_data.form])])
            self._find_certificate()
            self._judge_algorithms()
        digest = self._expected(expected)
        with log.group(Group.DOCUMENT):
            self._judge_digest(digest)
        with log.group(Group.VALUE):
            self._judge_signature(digest)
        with log.group(Group.STAMP):
            self._judge_stamp()
        with log.group(Group.SIGNER):
            self._judge_certificate()
        if self._certificate is not None:
            with log.group(Group.TIME):
                self._judge_time(self._certificate)

    def judgement(self) -> CmsJudgement:
        """What it came to, the groups in the standard's order."""
        return CmsJudgement(
            checks=arrange(self._log.checks()),
            findings=self.findings,
            signer=self._certificate,
            signed_at=self._signer.signing_time,
            timestamp_at=self._stamp.time,
            signed_data=self._signed_data,
        )

    # 1.
    def _find_certificate(self) -> None:
        certificate = self._signed_data.certificate_of(self._signer)
        if certificate is None:
            certificate = next(
                (each for each in self._trust.intermediates if self._signer.identifies(each)), None
            )
        if certificate is not None:
            self._certificate = readable_certificate(self._log, SIGNER, certificate)
        if len(self._signed_data.signers) > 1:
            says = ("只验证第一个签名人", "Only the first of several signers is judged.")
            self._log.add("OTHER_SIGNERS", CheckResult.WARN, None, says)

    # 2.
    def _judge_algorithms(self) -> None:
        signer = self._signer
        sm2 = algorithms.is_sm2_signature(signer.signature_algorithm)
        good = algorithms.supported_signature(
            signer.signature_algorithm, signer.digest_algorithm, signer.signature_parameters
        )
        good = good and (sm2 or self._signed_data.form is CmsForm.RFC5652)
        self._log.decide(
            "ALGORITHM_MISMATCH",
            good,
            None,
            ("签名算法与杂凑算法相符", "The algorithms of signature and digest go together."),
            (
                "签名算法不受支持，或与杂凑算法不符",
                f"{signer.signature_algorithm} and {signer.digest_algorithm} do not go together here.",
            ),
        )

    def _expected(self, expected: ExpectedDigest) -> bytes | None:
        if not callable(expected):
            return expected
        name = algorithms.digest_name(self._signer.digest_algorithm)
        return None if name is None else expected(name)

    # 3.
    def _judge_digest(self, expected: bytes | None) -> None:
        if expected is None:
            says = ("未提供原文，未核对原文摘要", "No document was given to compare with.")
            self._log.add("DATA_HASH", CheckResult.NOT_CHECKED, None, says)
            return
        if self._signer.signed_attributes is None and self._signed_data.content is None:
            self._judge_bare_digest(expected)
            return
        self._log.decide(
            "DATA_HASH",
            self._protects(expected),
            self._signer.signing_time,
            ("原文签名后未被改动", "The document is as it was when signed."),
            ("签名后被改动", "The document was altered after signing."),
        )

    def _protects(self, expected: bytes) -> bool:
        """True when the signed octets stand for a document with this digest."""
        signer, content = self._signer, self._signed_data.content
        if signer.signed_attributes is None:
            return content is not None and self._stands_for(content, expected)
        if signer.content_type != self._signed_data.content_type:
            return False
        if signer.message_digest == expected:
            return content is None or self._stands_for(content, expected)
        digest = None if content is None else algorithms.digest(signer.digest_algorithm, content)
        return content is not None and digest == signer.message_digest and self._stands_for(content, expected)

    def _judge_bare_digest(self, expected: bytes) -> None:
        """No digest is stated anywhere: only the signature value tells whether the document is the same."""
        certificate = self._certificate
        if certificate is not None and any(
            self._verifies(certificate, octets) for octets in self._signed_octets(expected)
        ):
            says = ("原文签名后未被改动", "The document is as it was when signed.")
            self._log.add("DATA_HASH", CheckResult.PASS, self._signer.signing_time, says)
            return
        says = (
            "签名数据未载明原文摘要，由签名值判定",
            "The signed data states no digest of its own; the signature value decides.",
        )
        self._log.add("DATA_HASH", CheckResult.NOT_CHECKED, None, says)

    def _stands_for(self, content: bytes, expected: bytes) -> bool:
        """The content is the document, its digest, or its digest as text: all three are in use."""
        if content == expected or algorithms.digest(self._signer.digest_algorithm, content) == expected:
            return True
        return len(content) <= 2 * len(expected) and _from_base64(content) == expected

    # 4.
    def _judge_signature(self, expected: bytes | None) -> None:
        certificate, signer = self._certificate, self._signer
        if certificate is None:
            says = ("缺少签名人证书，未验证签名值", "Without a certificate the signature was not verified.")
            self._log.add("SIGNATURE_VALUE", CheckResult.NOT_CHECKED, None, says)
            return
        if signer.binds(certificate.der) is False:
            says = (
                "签名绑定的是另一张证书",
                "The signature binds another certificate than the one that is given.",
            )
            self._log.add("SIGNATURE_VALUE", CheckResult.FAIL, None, says)
            return
        messages = self._signed_octets(expected)
        if not messages:
            says = ("未提供原文，未验证签名值", "Without the document the signature cannot be verified.")
            self._log.add("SIGNATURE_VALUE", CheckResult.NOT_CHECKED, None, says)
            return
        self._log.decide(
            "SIGNATURE_VALUE",
            any(self._verifies(certificate, octets) for octets in messages),
            None,
            ("签名值验证通过", "The signer's signature is good."),
            ("签名值验证不通过", "The signer's signature is not good."),
        )

    def _signed_octets(self, expected: bytes | None) -> list[bytes]:
        """What the signature may be over; more than one only where products differ."""
        if self._signer.signed_attributes is not None:
            return [self._signer.signed_attributes]
        if self._signed_data.content is not None:
            return [self._signed_data.content]
        return [octets for octets in (expected, self._message) if octets is not None]

    def _verifies(self, certificate: CertificateInfo, octets: bytes) -> bool:
        signer = self._signer
        return algorithms.verify_signature(
            certificate,
            signer.signature_algorithm,
            signer.signature,
            octets,
            digest_algorithm=signer.digest_algorithm,
            parameters=signer.signature_parameters,
        )

    # 5.
    def _judge_stamp(self) -> None:
        signer = self._signer
        if signer.timestamp is None:
            says = (
                "签名未带时间戳，签名时间由签名人自行声明",
                "There is no time stamp; the signing time is the signer's own statement.",
            )
            self._log.add("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, signer.signing_time, says)
            return
        self._stamp = judge_timestamp(
            self._log,
            "SIGNATURE_TIMESTAMP",
            signer.timestamp,
            signer.signature_as_found,
            self._trust,
            self._now,
        )
        if signer.signing_time is not None:
            judge_timestamp_order(self._log, "TIMESTAMP_BEFORE_SIGN_TIME", signer.signing_time, self._stamp)

    # 6.
    def _judge_certificate(self) -> None:
        certificate = self._certificate
        if certificate is None:
            says = (
                "签名数据中没有签名人证书，无法验证",
                "The signed data does not hold the signer's certificate, so nothing can be verified.",
            )
            self._log.add(SIGNER.chain, CheckResult.NOT_CHECKED, None, says)
            return
        chain = judge_chain(self._log, SIGNER, certificate, self._instant(), self._trust)
        if certificate.trial or chain.trial:
            says = ("试用证书，不具有法律效力", "This is a trial certificate without legal effect.")
            self._log.add("TRIAL_CERTIFICATE", CheckResult.WARN, None, says)

    def _instant(self) -> datetime:
        """As of when the certificate is judged: the proven time, else the stated one, else now."""
        return self._stamp.time or self._signer.signing_time or self._now

    # 7.
    def _judge_time(self, certificate: CertificateInfo) -> None:
        stated, now, instant = self._signer.signing_time, self._now, self._instant()
        self._log.decide(
            "SIGNER_EXPIRED_AT_SIGNING",
            certificate.valid_at(instant),
            instant,
            ("签名时签名人证书在有效期内", "The signer's certificate was within its validity at signing."),
            ("签名时签名人证书不在有效期内", "The signer's certificate was outside its validity at signing."),
        )
        if now > certificate.not_after and certificate.valid_at(instant):
            says = ("签名人证书在签名之后过期", "The signer's certificate has expired since signing.")
            self._log.add("SIGNER_EXPIRED_SINCE", CheckResult.WARN, now, says)
        proven = self._stamp.time is not None
        judge_revocation(
            self._log,
            SIGNER,
            certificate,
            instant,
            self._trust,
            now=now,
            proven=proven,
            existed_by=self._existed_by,
        )
        if stated is not None:
            self._log.decide(
                "SIGN_TIME_IN_FUTURE",
                stated <= now + CLOCK_TOLERANCE,
                stated,
                ("签名时间不晚于验证时间", "The signing time is not after the time of verification."),
                ("签名时间晚于验证时间", "The signing time is after the time of verification."),
            )


def _from_base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
