"""What real files write otherwise: read as it was meant, decided exactly, and reported; strict readers are told."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seal_builder import (
    append,
    field,
    negative,
    put,
    raw,
    rebuilt,
    remade,
    resigned,
    signature_with,
    trimmed,
    with_seal,
)

from gmseal.checks import failed_codes, walk
from gmseal.errors import MalformedInput
from gmseal.policy import STRICT
from gmseal.report import CheckResult, Severity, decide
from gmseal.ses.deviations import Deviation, finding
from gmseal.ses.form_reader import FormReader
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import read_signature
from gmseal.ses.structures import MAX_EXTENSIONS
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import curve, der
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialUnit

HASH = sm3(b"document")
Make = Callable[[TrialUnit], bytes]


def signed(unit: TrialUnit, digest: bytes = HASH) -> bytes:
    return unit.sealer().sign(digest, "/ByteRange", unit.authority.now)


def with_value(unit: TrialUnit, form: Callable[[bytes], bytes]) -> bytes:
    """A good seal signature whose value is written in another form."""
    made = signed(unit)
    return rebuilt(made, put(3, form(unit.key.sign(field(made, 0).raw))))


def negative_value(unit: TrialUnit) -> bytes:
    made = signed(unit)
    tbs = field(made, 0).raw
    both = signature_with(unit.key, tbs, lambda one: raw(one)[0] > 127 and raw(one)[32] > 127)
    return rebuilt(made, put(3, negative(both)))


def trimmed_value(unit: TrialUnit) -> bytes:
    made = signed(unit)
    tbs = field(made, 0).raw
    whole = signature_with(unit.key, tbs, lambda one: one[-1] == 0)
    return rebuilt(made, put(3, trimmed(whole)))


def trimmed_raw(unit: TrialUnit) -> bytes:
    made = signed(unit)
    tbs = field(made, 0).raw
    whole = signature_with(unit.key, tbs, lambda one: raw(one)[-1] & 7 == 0)
    return rebuilt(made, put(3, trimmed(raw(whole))))


def trimmed_hash(unit: TrialUnit) -> bytes:
    return resigned(rebuilt(signed(unit, HASH), put(3, trimmed(HASH)), 0), unit.key)


def hash_that_ends_in_zeros() -> bytes:
    return next(one for one in (sm3(bytes((n,))) for n in range(256)) if one[-1] == 0 or one[-1] & 7 == 0)


def retimed(form: bytes, tag: int = der.GENERALIZED_TIME) -> Make:
    def make(unit: TrialUnit) -> bytes:
        return resigned(rebuilt(signed(unit), put(2, der.tlv(tag, form)), 0), unit.key)

    return make


def other_seal(change: Callable[[list[bytes]], None], *path: int) -> Make:
    def make(unit: TrialUnit) -> bytes:
        return with_seal(unit, signed(unit), remade(unit, change, *path))

    return make


def maker_is_signer(unit: TrialUnit) -> bytes:
    """As banks do: one certificate makes the seal and uses it."""
    key = PrivateKey.generate()
    both = unit.authority.issue(CertificateProfile.SEAL_MAKER, key, subject=Name("示例银行"))
    listed = rebuilt(unit.seal, put(3, der.sequence(der.octet_string(both))), 0, 2)
    seal = resigned(rebuilt(listed, put(1, der.octet_string(both))), key)
    made = rebuilt(rebuilt(signed(unit), put(1, seal), 0), put(1, der.octet_string(both)))
    return resigned(made, key)


def extension(*flag: bytes) -> bytes:
    return der.sequence(der.sequence(der.oid("1.2.3.4"), *flag, der.octet_string(b"x")))


FALSE, TRUE = der.boolean(value=False), der.boolean(value=True)

CASES: list[tuple[str, Make, set[str]]] = [
    ("raw octets", lambda unit: with_value(unit, lambda one: der.bit_string(raw(one))), {"RAW_SIGNATURE"}),
    ("negative numbers", negative_value, {"NEGATIVE_NUMBER"}),
    ("trimmed value", trimmed_value, {"BITS_TRIMMED"}),
    ("trimmed raw value", trimmed_raw, {"BITS_TRIMMED", "RAW_SIGNATURE"}),
    ("two digits", retimed(b"260601040000Z"), {"TIME_TWO_DIGIT_YEAR"}),
    ("no zone", retimed(b"20260601120000"), {"TIME_WITHOUT_ZONE"}),
    ("both", retimed(b"260601120000"), {"TIME_TWO_DIGIT_YEAR", "TIME_WITHOUT_ZONE"}),
    ("UTCTime", retimed(b"260601040000Z", der.UTC_TIME), {"TIME_OF_OTHER_TYPE"}),
    ("list type 3", other_seal(put(2, der.integer(3)), 2), {"LIST_TYPE"}),
    ("list type 2 with certificates", other_seal(put(2, der.integer(2)), 2), {"LIST_TYPE"}),
    ("padded", other_seal(put(1, der.utf8_string("北京示例\0\0")), 2), {"TEXT_PADDED"}),
    ("GBK", other_seal(put(1, der.tlv(der.UTF8_STRING, "北京示例".encode("gbk"))), 2), {"TEXT_ENCODING"}),
    ("untagged in the seal", other_seal(append(extension())), {"EXTENSIONS_UNTAGGED"}),
    (
        "FALSE written",
        other_seal(append(der.explicit(0, extension(FALSE)))),
        {"EXTENSION_FALSE_WRITTEN"},
    ),
    (
        "critical",
        other_seal(append(der.explicit(0, extension(TRUE)))),
        {"EXTENSION_CRITICAL_UNKNOWN"},
    ),
    (
        "untagged in the signature",
        lambda unit: resigned(rebuilt(signed(unit), append(extension()), 0), unit.key),
        {"EXTENSIONS_UNTAGGED"},
    ),
    ("picture", other_seal(put(0, der.ia5_string("ofd")), 3), {"PICTURE_IS_OFD"}),
    ("maker is signer", maker_is_signer, {"MAKER_IS_SIGNER"}),
    (
        "no token",
        lambda unit: rebuilt(signed(unit), append(der.explicit(0, der.bit_string(b"\x01\x02\x03\x04")))),
        {"TIMESTAMP_NOT_A_TOKEN"},
    ),
    (
        "NULL parameters",
        lambda unit: rebuilt(
            signed(unit), put(2, der.sequence(der.oid(curve.SM2_WITH_SM3), der.tlv(der.NULL, b"")))
        ),
        {"ALGORITHM_PARAMETERS"},
    ),
]


@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_deviations_are_read_decided_and_reported(unit: TrialUnit, make: Make, expected: set[str]) -> None:
    data = make(unit)
    signature = read_signature(data)
    assert {found.code for found in signature.all_findings()} == expected
    checks = judge_signature(signature, HASH, unit.authority.trust, unit.authority.now)
    assert failed_codes(checks) == []
    assert signature.signed_at == unit.authority.now
    major = any(found.severity is Severity.MAJOR for found in signature.all_findings())
    warned = [check.result for check in walk(checks) if check.code == "CONFORMANCE"]
    assert (CheckResult.WARN in warned) == major
    strict = judge_signature(data, HASH, unit.authority.trust, unit.authority.now, STRICT)
    assert ("CONFORMANCE" in failed_codes(strict)) == major
    if major:
        with pytest.raises(MalformedInput):
            read_signature(data, strict=True)
    else:
        read_signature(data, strict=True)


def test_a_hash_that_lost_its_zeros_is_padded_back(unit: TrialUnit) -> None:
    digest = hash_that_ends_in_zeros()
    data = resigned(rebuilt(signed(unit, digest), put(3, trimmed(digest)), 0), unit.key)
    signature = read_signature(data)
    assert signature.data_hash == digest
    assert [found.code for found in signature.findings] == ["BITS_TRIMMED"]
    checks = judge_signature(data, digest, unit.authority.trust, unit.authority.now)
    assert failed_codes(checks) == []


def test_the_makers_signature_is_read_with_the_same_tolerance(unit: TrialUnit) -> None:
    signature = read_seal(unit.seal).signature
    seal = rebuilt(unit.seal, put(3, der.bit_string(raw(signature))))
    assert [found.code for found in read_seal(seal).findings] == ["RAW_SIGNATURE"]
    assert failed_codes(judge_seal(seal, unit.authority.now, unit.authority.trust)) == []


def test_tolerance_never_makes_a_bad_signature_good(unit: TrialUnit) -> None:
    other = PrivateKey.generate()
    for form in (
        der.bit_string,
        lambda one: der.bit_string(raw(one)),
        negative,
        lambda one: trimmed(raw(one)),
    ):
        made = signed(unit)
        forged = rebuilt(made, put(3, form(other.sign(field(made, 0).raw))))
        checks = judge_signature(forged, HASH, unit.authority.trust, unit.authority.now)
        assert failed_codes(checks) == ["SIGNATURE_VALUE"]


def test_what_no_product_writes_is_malformed(unit: TrialUnit) -> None:
    good = signed(unit)
    bad = [
        rebuilt(good, put(3, der.tlv(der.BIT_STRING, b"\x04" + bytes(30) + b"\x0f"))),  # unused bits not zero
        rebuilt(good, put(2, der.tlv(der.GENERALIZED_TIME, b"20260601")), 0),
        rebuilt(good, append(der.octet_string(b"no time stamp"))),
        rebuilt(good, append(der.explicit(0, der.octet_string(b"no bits")))),
        rebuilt(good, append(der.explicit(0, der.sequence(der.sequence(der.oid("1.2"))))), 0),
        rebuilt(good, append(der.sequence(*[extension()[2:]] * (MAX_EXTENSIONS + 1))), 0),
        rebuilt(good, put(1, der.tlv(der.UTF8_STRING, b"\xff\xff\xff")), 0, 1, 0, 2),
        rebuilt(good, put(3, der.sequence(der.octet_string(b"x"), der.sequence())), 0, 1, 0, 2),
    ]
    for data in bad:
        checks = judge_signature(data, HASH, unit.authority.trust, unit.authority.now)
        assert failed_codes(checks) == ["FORMAT_SIGNATURE"]


def test_findings_speak_both_languages() -> None:
    for deviation in Deviation:
        told = finding(deviation, "field")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in told.zh)
        assert told.en.isascii()
        assert told.en.endswith(".")
        assert told.clause


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=80), st.integers(0, 3))
def test_trimming_a_raw_value_or_a_hash_is_undone(octets: bytes, zeros: int) -> None:
    whole = (octets + bytes((octets[0] | 1,)) + bytes(zeros)).rjust(64, b"\x01")[-64:]
    reader = FormReader()
    assert reader.bits(der.parse(trimmed(whole), "x"), "x", size=64) == whole


def test_a_time_before_2050_with_two_digits(unit: TrialUnit) -> None:
    reader = FormReader()
    element = der.parse(der.tlv(der.GENERALIZED_TIME, b"491231235959Z"), "x")
    assert reader.time(element, "x") == datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert decide(judge_seal(unit.seal, unit.authority.now, unit.authority.trust)) is not None
