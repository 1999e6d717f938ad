"""Making seals of versions 4 and 5, with stamps, digests and extensions; and renewing them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from subprocess import CompletedProcess

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st
from seal_builder import Version1, put, rebuilt, remade, resigned, spec_of

from gmseal.checks import failed_codes, walk
from gmseal.errors import MalformedInput, Refused
from gmseal.report import CheckResult, Verdict, decide
from gmseal.ses.seal import Extension, Seal, SealPicture, make_seal, read_seal, renew_seal
from gmseal.ses.signature import SealSigner, read_signature
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name, read_certificate
from gmseal.sm.crl import RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TimestampSource, TrialTimestampAuthority
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore

OpenSsl = Callable[..., CompletedProcess[bytes]]
HASH = sm3(b"document")
DAY = timedelta(days=1)
NOTE = Extension("1.2.156.99.1", critical=False, value=b"note")


def make(unit: TrialUnit, **changes: object) -> bytes:
    authority = unit.authority
    return make_seal(replace(spec_of(unit), **changes), authority.maker, authority.maker_key)  # type: ignore[arg-type]  # the parameters say which fields


def stamper(authority: TrialAuthority, at: datetime | None = None) -> TrialTimestampAuthority:
    key = PrivateKey.generate()
    certificate = authority.issue(CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name("时间戳"))
    return TrialTimestampAuthority(certificate, key, clock=lambda: at or authority.now)


def judged(unit: TrialUnit, seal: bytes, at: datetime | None = None) -> list[str]:
    return failed_codes(judge_seal(seal, at or unit.authority.now, unit.authority.trust))


TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=60)
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
OID = st.builds(lambda arcs: "1.2." + ".".join(map(str, arcs)), st.lists(st.integers(0, 1 << 40), min_size=1, max_size=6))  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    version=st.sampled_from([4, 5]),
    list_type=st.sampled_from([1, 2]),
    name=TEXT,
    es_id=ASCII,
    vendor_id=ASCII,
    kind=st.integers(-5, 1 << 40),
    sides=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    seconds=st.integers(0, 80_000),
    extensions=st.lists(
        st.builds(Extension, OID, st.booleans(), st.binary(max_size=40)),
        max_size=3,
        unique_by=lambda one: one.oid,
    ),
)
def test_what_is_made_is_read_back_in_strict_form(
    unit: TrialUnit, sides: tuple[int, int], **said: object
) -> None:
    created_at = unit.authority.now + timedelta(seconds=int(str(said["seconds"])))
    picture = SealPicture("PNG", read_seal(unit.seal).picture.data, *sides)
    texts = {key: said[key] for key in ("version", "list_type", "name", "es_id", "vendor_id")}
    data = make(
        unit, **texts, type=said["kind"], picture=picture, created_at=created_at,
        extensions=tuple(said["extensions"]),  # type: ignore[arg-type]  # a list by the strategy
    )  # fmt: skip
    seal = read_seal(data)
    for key, value in texts.items():
        assert getattr(seal, key) == value
    assert (seal.type, seal.picture, seal.created_at) == (said["kind"], picture, created_at)
    assert list(seal.extensions) == said["extensions"]
    assert seal.lists(unit.certificate)
    assert not seal.lists(unit.authority.maker)
    assert core.Sequence.load(data, strict=True).native
    assert {found.code for found in seal.findings} <= {"EXTENSIONS_UNTAGGED", "EXTENSION_CRITICAL_UNKNOWN"}
    assert judged(unit, data, created_at) == []
    made = SealSigner(data, unit.certificate, unit.key).sign(HASH, "p", created_at)
    checks = judge_signature(made, HASH, unit.authority.trust, created_at)
    assert decide(checks) is Verdict.VALID
    assert read_signature(made).version == said["version"]


def test_a_digest_list_names_the_certificate_by_sm3(unit: TrialUnit) -> None:
    seal = read_seal(make(unit, list_type=2))
    assert (seal.signer_digests, seal.signer_certificates) == ((("SM3", sm3(unit.certificate)),), ())
    key = PrivateKey.generate()
    other = unit.authority.issue(CertificateProfile.SIGNER, key, subject=Name("他人"))
    with pytest.raises(Refused) as refused:
        SealSigner(seal.raw, other, key)
    assert refused.value.reason == "SIGNER_NOT_IN_SEAL"


def test_openssl_verifies_the_makers_signature_of_version_5(unit: TrialUnit, openssl: OpenSsl) -> None:
    seal = read_seal(make(unit, version=5, extensions=(NOTE,)))
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "maker.pem", "-sigfile", "sig", "-in", "info",
        "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
        files={
            "maker.pem": unit.authority.maker_key.public_key.to_spki_pem(),
            "sig": seal.signature_value,
            "info": seal.raw_info,
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_stamped_seal_is_good_and_the_stamp_is_judged(unit: TrialUnit, authority: TrialAuthority) -> None:
    spec = replace(spec_of(unit), version=5)
    data = make_seal(spec, authority.maker, authority.maker_key, timestamps=stamper(authority))
    seal = read_seal(data, strict=True)
    assert seal.timestamp is not None
    checks = judge_seal(data, authority.now, authority.trust)
    results = {check.code: check.result for check in walk(checks)}
    assert failed_codes(checks) == []
    assert results["SEAL_TIMESTAMP"] is results["TIMESTAMP_BEFORE_CREATION"] is CheckResult.PASS
    group = next(one for one in checks[0].children if one.code == "SEAL_STAMP")
    assert group.result is CheckResult.NOT_CHECKED, "nobody gave a revocation list for the authority"


def stamped_later(unit: TrialUnit, at: datetime, message: bytes | None = None) -> bytes:
    """A seal of version 5 with a stamp of another time, or over other octets."""
    seal = make(unit, version=5)
    token = stamper(unit.authority, at).stamp(message or read_seal(seal).signature_value)
    return rebuilt(seal, lambda parts: parts.append(der.explicit(0, der.bit_string(token))))


def test_a_stamp_before_creation_or_over_something_else_fails(unit: TrialUnit) -> None:
    now = unit.authority.now
    assert judged(unit, stamped_later(unit, now + DAY), now + 2 * DAY) == []
    early = judge_seal(stamped_later(unit, now - DAY), now, unit.authority.trust)
    assert failed_codes(early) == ["TIMESTAMP_BEFORE_CREATION"]
    assert judged(unit, stamped_later(unit, now, b"other")) == ["SEAL_TIMESTAMP"]


class Source:
    """A source of time stamps that does what it is told."""

    def __init__(self, token: bytes, size: int = 4000) -> None:
        self.token, self.token_size = token, size

    def stamp(self, message: bytes) -> bytes:
        return self.token


def test_a_stamp_that_nobody_would_accept_is_refused(unit: TrialUnit, authority: TrialAuthority) -> None:
    spec = replace(spec_of(unit), version=5)
    good = stamper(authority)

    class TooLarge(Source):
        def stamp(self, message: bytes) -> bytes:
            return good.stamp(message)

    sources: list[tuple[TimestampSource, str]] = [
        (Source(b"\1\2\3\4"), "TIMESTAMP"),
        (Source(good.stamp(b"other")), "TIMESTAMP"),
        (TooLarge(b"", 10), "TIMESTAMP_TOO_LARGE"),
        (stamper(authority, authority.now - DAY), "TIMESTAMP"),
    ]
    for source, reason in sources:
        with pytest.raises(Refused) as refused:
            make_seal(spec, authority.maker, authority.maker_key, timestamps=source)
        assert refused.value.reason == reason
    with pytest.raises(Refused) as refused:
        make_seal(spec_of(unit), authority.maker, authority.maker_key, timestamps=good)
    assert refused.value.reason == "SEAL_VERSION"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 1}, "SEAL_VERSION"),
        ({"version": 6}, "SEAL_VERSION"),
        ({"list_type": 3}, "SIGNERS"),
        ({"extensions": (NOTE, NOTE)}, "EXTENSIONS"),
        ({"extensions": tuple(replace(NOTE, oid=f"1.2.{n}") for n in range(65))}, "EXTENSIONS"),
    ],
)
def test_what_the_standard_does_not_know_is_refused(
    unit: TrialUnit, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        make(unit, **changes)
    assert refused.value.reason == reason


def test_an_extension_needs_a_real_identifier(unit: TrialUnit) -> None:
    for oid in ("", "1", "1.x", "3.1", "1.40", "1.-2"):
        with pytest.raises(MalformedInput):
            make(unit, extensions=(replace(NOTE, oid=oid),))


def test_a_seal_of_version_5_is_created_within_its_validity(unit: TrialUnit) -> None:
    spec = spec_of(unit)
    for created_at in (spec.valid_from - DAY, spec.valid_to + timedelta(days=1)):
        with pytest.raises(Refused) as refused:
            make(unit, version=5, created_at=created_at)
        assert refused.value.reason in {"VALIDITY", "MAKER_EXPIRED"}
    forged = remade(unit, put(0, field_of_header(5)))
    early = resigned(
        rebuilt(forged, put(4, der.generalized_time(spec.valid_from - DAY)), 0, 2), unit.authority.maker_key
    )
    assert judged(unit, early) == ["SEAL_CREATION_TIME"]


def field_of_header(version: int) -> bytes:
    return der.sequence(der.ia5_string("ES"), der.integer(version), der.ia5_string("EXAMPLE"))


# --- the maker is checked first ------------------------------------------------------------------


def revoked(authority: TrialAuthority, certificate: bytes, at: datetime) -> TrustStore:
    """The authority's store with a list, of a day later, that revokes a certificate."""
    serial = read_certificate(certificate).serial
    crl = make_crl(
        issuer=authority.root,
        issuer_key=authority.root_key,
        revoked=(RevokedCertificate(serial, at),),
        this_update=at + DAY,
        next_update=at + 30 * DAY,
        number=1,
    )
    return replace(authority.trust, crls=(crl,))


def test_the_maker_is_judged_before_he_makes_a_seal(unit: TrialUnit, authority: TrialAuthority) -> None:
    spec = spec_of(unit)
    arguments = (spec, authority.maker, authority.maker_key)
    assert read_seal(make_seal(*arguments, trust=authority.trust))
    other = TrialAuthority.create(authority.now)
    cases = [
        (other.trust, "MAKER_CHAIN"),
        (TrustStore(), "MAKER_CHAIN"),
        (revoked(authority, authority.maker, authority.now - 2 * DAY), "MAKER_REVOKED"),
    ]
    for trust, reason in cases:
        with pytest.raises(Refused) as refused:
            make_seal(*arguments, trust=trust)
        assert refused.value.reason == reason


# --- renewing ------------------------------------------------------------------------------------


class Renewal:
    """A unit whose signer has a new certificate for a new key."""

    def __init__(self, unit: TrialUnit) -> None:
        self.unit, self.authority = unit, unit.authority
        self.key = PrivateKey.generate()
        name = Name(unit.name, organization=unit.name)
        self.certificate = self.authority.issue(CertificateProfile.SIGNER, self.key, subject=name)
        self.at = self.authority.now + DAY

    def __call__(self, seal: bytes | None = None, **more: object) -> bytes:
        given = {"signer_certificates": (self.certificate,), "created_at": self.at} | more
        return renew_seal(
            seal or self.unit.seal,
            maker_certificate=self.authority.maker,
            maker=self.authority.maker_key,
            **given,  # type: ignore[arg-type]  # the test says which parameters
        )

    def refused(self, seal: bytes | None = None, **more: object) -> str:
        with pytest.raises(Refused) as refused:
            self(seal, **more)
        return refused.value.reason


@pytest.fixture
def renewal(unit: TrialUnit) -> Renewal:
    return Renewal(unit)


def kept(seal: Seal) -> tuple[object, ...]:
    return (
        seal.version, seal.vendor_id, seal.es_id, seal.name, seal.type, seal.list_type, seal.valid_from,
        seal.valid_to, seal.picture, seal.extensions,
    )  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"version": 5, "extensions": (NOTE,)}])
def test_a_renewed_seal_changes_nothing_but_list_and_time(
    renewal: Renewal, changes: dict[str, object]
) -> None:
    unit = renewal.unit
    old = make(unit, **changes)
    new = read_seal(renewal(old, trust=unit.authority.trust))
    assert kept(new) == kept(read_seal(old))
    assert (new.signer_certificates, new.created_at) == ((renewal.certificate,), renewal.at)
    assert judged(unit, new.raw, renewal.at) == []
    made = SealSigner(new.raw, renewal.certificate, renewal.key).sign(HASH, "p", renewal.at)
    assert decide(judge_signature(made, HASH, unit.authority.trust, renewal.at)) is Verdict.VALID
    with pytest.raises(Refused):
        SealSigner(new.raw, unit.certificate, unit.key)


def test_a_digest_list_is_renewed_with_the_certificates_it_digests(renewal: Renewal) -> None:
    old = make(renewal.unit, list_type=2)
    assert renewal.refused(old) == "SIGNER_DIFFERS"
    new = read_seal(renewal(old, previous_certificates=(renewal.unit.certificate,)))
    assert new.lists(renewal.certificate)
    assert not new.lists(renewal.unit.certificate)


def test_a_renewal_that_would_change_more_is_refused(renewal: Renewal) -> None:
    unit, authority = renewal.unit, renewal.authority
    key = PrivateKey.generate()
    stranger = authority.issue(CertificateProfile.SIGNER, key, subject=Name("他人"))
    assert renewal.refused(signer_certificates=(stranger,)) == "SIGNER_DIFFERS"
    assert renewal.refused(signer_certificates=(unit.certificate,)) == "NOTHING_CHANGES"
    assert renewal.refused(signer_certificates=()) == "SIGNERS"
    assert renewal.refused(created_at=renewal.at + 300 * DAY) == "SEAL_NOT_IN_FORCE"
    assert renewal.refused(created_at=authority.now - DAY) == "TIME"
    assert renewal.refused(unit.seal[:-1] + bytes((unit.seal[-1] ^ 1,))) == "SEAL_SIGNATURE"
    assert renewal.refused(Version1(unit).seal()) == "SEAL_VERSION"
    padded = remade(unit, put(1, der.utf8_string(unit.name + "\0")), 2)
    assert renewal.refused(padded) == "SEAL_NOT_REPRODUCIBLE"
    other_maker = authority.issue(CertificateProfile.SEAL_MAKER, key, subject=Name("另一制章人"))
    with pytest.raises(Refused) as refused:
        renew_seal(unit.seal, (renewal.certificate,), other_maker, key, created_at=renewal.at)
    assert refused.value.reason == "MAKER_DIFFERS"
    assert renewal.refused(trust=TrustStore()) == "MAKER_CHAIN"
