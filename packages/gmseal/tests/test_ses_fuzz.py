"""Whatever the bytes: a report or an error of our own; and no changed octet of what is protected goes unnoticed."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seal_builder import Version1, field, spec_of, utc_time

from gmseal.checks import failed_codes
from gmseal.errors import GmsealError
from gmseal.policy import STRICT
from gmseal.report import TrustStore, Verdict, decide
from gmseal.ses.files import verify_der
from gmseal.ses.seal import make_seal, read_seal
from gmseal.ses.signature import SealSigner
from gmseal.ses.structures import Extension
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialUnit

HASH = sm3(b"document")
STRICT_FORM = replace(STRICT, require_revocation=False)
KINDS = ("seal 4", "seal 5", "seal 1", "signature 4", "signature 5", "signature 1")


@pytest.fixture(scope="module")
def corpus(unit: TrialUnit) -> dict[str, bytes]:
    """One good file of every kind; those of version 5 with stamps, a digest list and an extension."""
    authority, key = unit.authority, PrivateKey.generate()
    certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("时间戳"))
    source = TrialTimestampAuthority(certificate, key, clock=lambda: authority.now)
    note = Extension("1.2.156.99.1", critical=False, value=b"note")
    spec = replace(spec_of(unit), version=5, list_type=2, extensions=(note,))
    seal = make_seal(spec, authority.maker, authority.maker_key, timestamps=source)
    signer = SealSigner(seal, unit.certificate, unit.key, timestamps=source, extensions=(note,))
    version_1 = Version1(unit)
    version_1.data_hash, version_1.time_info = HASH, utc_time(authority.now)
    return {
        "seal 4": unit.seal,
        "seal 5": seal,
        "seal 1": version_1.seal(),
        "signature 4": unit.sealer().sign(HASH, "/ByteRange", authority.now),
        "signature 5": signer.sign(HASH, "/ByteRange", authority.now),
        "signature 1": version_1.signature(),
    }


def judge(unit: TrialUnit, kind: str, data: bytes) -> Verdict:
    """The verdict on a seal or a signature with its document; nothing may be raised."""
    now, trust = unit.authority.now, unit.authority.trust
    if kind.startswith("seal"):
        return decide(judge_seal(data, now, trust))
    return decide(judge_signature(data, HASH, trust, now))


def noticed(unit: TrialUnit, kind: str, data: bytes) -> bool:
    """Whether a strict verifier finds fault: another way to write the same signature is tolerated, but told."""
    now, trust = unit.authority.now, unit.authority.trust
    if kind.startswith("seal"):
        checks = judge_seal(data, now, trust, STRICT_FORM)
    else:
        checks = judge_signature(data, HASH, trust, now, STRICT_FORM)
    return decide(checks, STRICT_FORM) is not Verdict.VALID


def report_or_error(unit: TrialUnit, data: bytes) -> None:
    try:
        report = verify_der(data, unit.authority.trust, unit.authority.now)
    except GmsealError:
        return
    json.dumps(report.to_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_the_unchanged_file_is_good(unit: TrialUnit, corpus: dict[str, bytes], kind: str) -> None:
    assert judge(unit, kind, corpus[kind]) is Verdict.VALID
    assert not noticed(unit, kind, corpus[kind])
    report = verify_der(corpus[kind], unit.authority.trust, unit.authority.now)
    assert not failed_codes(report.walk())


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from(KINDS), position=st.integers(0, 1 << 30), bit=st.integers(0, 7))
def test_no_flipped_bit_of_any_region_goes_unnoticed(
    unit: TrialUnit, corpus: dict[str, bytes], kind: str, position: int, bit: int
) -> None:
    """Also outside what is signed: a stamp that was touched fails, and the structure has no slack."""
    good = corpus[kind]
    at = position % len(good)
    bad = good[:at] + bytes((good[at] ^ 1 << bit,)) + good[at + 1 :]
    if not noticed(unit, kind, bad):
        # A stamp that no longer begins like one is no stamp, as if it had been left out; nothing else changed.
        changed, whole = field(bad, 4), field(good, 4)
        assert (changed.start, changed.end) == (whole.start, whole.end)
        assert bad[: whole.start] == good[: whole.start]


def regions(data: bytes) -> list[tuple[int, int]]:
    """Where each primitive field lies, as offsets of its content."""
    found: list[tuple[int, int]] = []

    def walk(element: der.Element) -> None:
        if element.tag & 0x20:
            for child in element.children():
                walk(child)
        elif element.content_start < element.end:
            found.append((element.content_start, element.end))

    walk(der.parse(data, "x"))
    return found


@pytest.mark.parametrize("kind", ["seal 4", "signature 4", "signature 1"])
def test_every_field_is_protected(unit: TrialUnit, corpus: dict[str, bytes], kind: str) -> None:
    good = corpus[kind]
    places = regions(good)
    assert len(places) > 12
    for start, end in places:
        for at in {start, (start + end) // 2, end - 1}:
            bad = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
            assert noticed(unit, kind, bad), (kind, start, end, at)


@settings(max_examples=250, deadline=None)
@given(data=st.binary(max_size=400))
def test_random_bytes(unit: TrialUnit, data: bytes) -> None:
    report_or_error(unit, data)
    report_or_error(unit, der.sequence(der.sequence(der.integer(4), data)))
    assert judge(unit, "seal", data) is not Verdict.VALID
    assert judge(unit, "signature", data) is not Verdict.VALID


ELEMENTS = st.recursive(
    st.builds(der.tlv, st.integers(0, 255).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=12)),
    lambda inner: st.builds(
        lambda tag, parts: der.tlv(tag, b"".join(parts)),
        st.sampled_from([0x30, 0x31, 0xA0]),
        st.lists(inner, max_size=6),
    ),
    max_leaves=14,
)


@settings(max_examples=250, deadline=None)
@given(kind=st.sampled_from(KINDS), number=st.integers(0, 1 << 20), element=ELEMENTS, mode=st.integers(0, 3))
def test_mutated_structures(
    unit: TrialUnit, corpus: dict[str, bytes], kind: str, number: int, element: bytes, mode: int
) -> None:
    """A field replaced, doubled, dropped or cut short, all lengths around it made right again."""
    count = 0

    def build(one: der.Element) -> bytes:
        nonlocal count
        count += 1
        if count == chosen:
            return (element, one.raw + one.raw, b"", one.raw[: len(one.raw) // 2])[mode]
        return der.tlv(one.tag, b"".join(map(build, one.children()))) if one.tag & 0x20 else one.raw

    chosen = 1 + number % 40
    report_or_error(unit, build(der.parse(corpus[kind], "x")))


def test_deeply_nested_bytes_end_in_an_error(unit: TrialUnit) -> None:
    data = b""
    for _ in range(3000):
        data = der.sequence(data)
    for wrapped in (data, der.sequence(der.sequence(der.integer(4), data))):
        report_or_error(unit, wrapped)
        assert judge(unit, "signature", wrapped) is not Verdict.VALID


def test_a_seal_that_is_too_large_is_not_read(unit: TrialUnit) -> None:
    large = der.octet_string(bytes(17 << 20))
    for kind in ("seal", "signature"):
        assert judge(unit, kind, large) is Verdict.INVALID
    with pytest.raises(GmsealError):
        read_seal(large)
    assert decide(judge_seal(unit.seal, unit.authority.now, TrustStore())) is Verdict.INDETERMINATE
