"""OCSP answers: read by OpenSSL and others, and those of another maker read here."""

from collections.abc import Callable
from datetime import UTC, timedelta
from subprocess import CompletedProcess
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as other_ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import algorithms
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.crl import RevocationReason
from gmseal.sm.keys import PrivateKey
from gmseal.sm.ocsp import OcspStatus, TrialAnswer, make_ocsp_response, read_ocsp_response
from gmseal.sm.revocation import Evidence, Obstacle, evidence_about
from gmseal.trial import TrialAuthority, TrialUnit

OpenSsl = Callable[..., CompletedProcess[bytes]]
DAY = timedelta(days=1)


def answered(
    unit: TrialUnit, *, digest: str = "sm3", responder: tuple[bytes, PrivateKey] | None = None, **more: Any
) -> bytes:
    authority = unit.authority
    certificate, key = responder or (authority.root, authority.root_key)
    arguments: dict[str, Any] = {
        "certificate": unit.certificate,
        "issuer": authority.root,
        "this_update": authority.now,
        "next_update": authority.now + DAY,
    } | more
    return make_ocsp_response(
        [TrialAnswer(**arguments)],
        responder=certificate,
        responder_key=key,
        produced_at=authority.now,
        digest=digest,
    )


def about(unit: TrialUnit, data: bytes) -> Evidence | Obstacle:
    """What one answer comes to for the unit's certificate."""
    evidence, obstacles = evidence_about(
        read_certificate(unit.certificate),
        read_certificate(unit.authority.root),
        (),
        (data,),
        unit.authority.now,
    )
    assert len(evidence) + len(obstacles) == 1
    return evidence[0] if evidence else obstacles[0]


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sm3"])
def test_answers_name_the_certificate_by_each_digest(digest: str, unit: TrialUnit) -> None:
    data = answered(unit, digest=digest)
    found = about(unit, data)
    assert isinstance(found, Evidence)
    assert (found.revoked_at, found.complete) == (None, True)
    [answer] = read_ocsp_response(data).answers
    issuer = read_certificate(unit.authority.root)
    assert answer.certificate.names(read_certificate(unit.certificate), issuer)
    assert not answer.certificate.names(read_certificate(unit.authority.maker), issuer)
    assert not answer.certificate.names(
        read_certificate(unit.certificate), read_certificate(unit.authority.maker)
    )


def test_openssl_and_another_reader_see_the_same(openssl: OpenSsl, unit: TrialUnit) -> None:
    at = unit.authority.now - DAY
    data = answered(unit, digest="sha1", revoked_at=at, reason=RevocationReason.KEY_COMPROMISE)
    shown = openssl("ocsp", "-respin", "answer", "-resp_text", "-noverify", files={"answer": data})
    assert shown.returncode == 0, shown.stderr
    assert "keyCompromise" in shown.stdout.decode()
    other = other_ocsp.load_der_ocsp_response(data)
    assert other.certificate_status is other_ocsp.OCSPCertStatus.REVOKED
    assert other.revocation_time_utc == at
    assert other.this_update_utc == unit.authority.now
    assert other.serial_number == int(read_certificate(unit.certificate).serial, 16)
    found = about(unit, data)
    assert isinstance(found, Evidence)
    assert (found.revoked_at, found.reason) == (at, RevocationReason.KEY_COMPROMISE)


def test_only_the_issuer_or_whom_it_appointed_answers(unit: TrialUnit) -> None:
    authority = unit.authority
    key = PrivateKey.generate()
    appointed = authority.issue(CertificateProfile.OCSP_RESPONDER, key, subject=Name("试用 OCSP"))
    assert isinstance(about(unit, answered(unit, responder=(appointed, key))), Evidence)
    for certificate, signer in ((unit.certificate, unit.key), (authority.maker, authority.maker_key)):
        assert about(unit, answered(unit, responder=(certificate, signer))) is Obstacle.BAD_SIGNATURE
    stranger = TrialAuthority.create(authority.now)
    foreign = stranger.issue(CertificateProfile.OCSP_RESPONDER, key, subject=Name("试用 OCSP"))
    # The same names throughout, but another key: only the signature tells them apart.
    assert about(unit, answered(unit, responder=(foreign, key))) is Obstacle.BAD_SIGNATURE
    assert about(unit, answered(unit, responder=(stranger.root, stranger.root_key))) is Obstacle.BAD_SIGNATURE
    late = authority.issue(
        CertificateProfile.OCSP_RESPONDER, key, subject=Name("试用 OCSP"), not_before=authority.now + DAY
    )
    assert about(unit, answered(unit, responder=(late, key))) is Obstacle.BAD_SIGNATURE
    with pytest.raises(Refused):
        answered(unit, responder=(appointed, unit.key))


def test_what_an_answer_does_not_tell(unit: TrialUnit) -> None:
    now = unit.authority.now
    assert about(unit, answered(unit, unknown=True)) is Obstacle.UNKNOWN_TO_RESPONDER
    assert about(unit, answered(unit, certificate=unit.authority.maker)) is Obstacle.OTHER_CERTIFICATES
    assert about(unit, answered(unit, this_update=now + DAY)) is Obstacle.IN_FUTURE
    assert about(unit, b"junk") is Obstacle.UNREADABLE
    # tryLater, an error without an answer
    assert about(unit, bytes.fromhex("30030a0103")) is Obstacle.UNREADABLE


def test_an_answer_of_another_maker_by_key_identifier(unit: TrialUnit) -> None:
    """A P-256 authority answers through another library, naming itself by the digest of its key."""
    now = unit.authority.now
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example CA")])

    def issue(subject: x509.Name, serial: int) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer_name=name, subject_name=subject, public_key=key.public_key(), serial_number=serial,
            not_valid_before=now - DAY, not_valid_after=now + 30 * DAY,
        )  # fmt: skip
        return builder.sign(key, hashes.SHA256())

    root = issue(name, 1000)
    leaf = issue(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "leaf")]), 2000)
    answer = (
        other_ocsp.OCSPResponseBuilder()
        .add_response(
            leaf, root, hashes.SHA256(), other_ocsp.OCSPCertStatus.REVOKED, now, now + DAY, now - DAY,
            x509.ReasonFlags.superseded,
        )
        .responder_id(other_ocsp.OCSPResponderEncoding.HASH, root)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    ders = [each.public_bytes(Encoding.DER) for each in (leaf, root, answer)]
    evidence, obstacles = evidence_about(
        read_certificate(ders[0]),
        read_certificate(ders[1]),
        (),
        (ders[2],),
        max(now, answer.produced_at_utc.astimezone(UTC)),
    )
    assert obstacles == []
    assert [(each.revoked_at, each.reason) for each in evidence] == [(now - DAY, RevocationReason.SUPERSEDED)]


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 5000), octet=st.integers(0, 255))
def test_a_changed_answer_is_never_good(position: int, octet: int, unit: TrialUnit) -> None:
    data = answered(unit)
    at = position % len(data)
    changed = data[:at] + bytes((octet,)) + data[at + 1 :]
    try:
        response = read_ocsp_response(changed)
        assert {answer.status for answer in response.answers} <= set(OcspStatus)
    except MalformedInput:
        return
    root = read_certificate(unit.authority.root)
    good = algorithms.verify_signature(root, response.signature_oid, response.signature, response.tbs)
    # Only the responder's certificate, which goes along, lies outside what is signed.
    assert not good or response.tbs == read_ocsp_response(data).tbs


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_octets_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_ocsp_response(data)
