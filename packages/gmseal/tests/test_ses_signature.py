"""Seal signatures: the bytes that are signed, judged by OpenSSL; and what may not be signed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from subprocess import CompletedProcess

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import SealSigner, read_signature, sign_seal_signature
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, PublicKey, sm3
from gmseal.trial import TrialAuthority, TrialUnit

OpenSsl = Callable[..., CompletedProcess[bytes]]
HASH = sm3("合同正文".encode())


def test_openssl_verifies_the_signature_over_the_signed_part(unit: TrialUnit, openssl: OpenSsl) -> None:
    made = read_signature(unit.sealer().sign(HASH, "/ByteRange", unit.authority.now))
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-sigfile", "sig", "-in", "tbs",
        "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
        files={"pub.pem": unit.key.public_key.to_spki_pem(), "sig": made.signature, "tbs": made.raw_tbs},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seal = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "maker.pem", "-sigfile", "sig", "-in", "info",
        "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
        files={
            "maker.pem": unit.authority.maker_key.public_key.to_spki_pem(),
            "sig": made.seal.signature,
            "info": made.seal.raw_info,
        },
    )  # fmt: skip
    assert seal.returncode == 0, seal.stderr


def test_what_was_signed_is_read(unit: TrialUnit) -> None:
    made = unit.sealer().sign(HASH, "/ByteRange", unit.authority.now)
    read = read_signature(made)
    assert (read.version, read.data_hash, read.property_info) == (4, HASH, "/ByteRange")
    assert read.signed_at == unit.authority.now
    assert read.certificate == unit.certificate
    assert read.seal == read_seal(unit.seal)
    assert read.raw == made


def test_the_layout_is_that_of_the_standard(unit: TrialUnit) -> None:
    made = unit.sealer().sign(HASH, "/ByteRange", unit.authority.now)
    tbs, certificate, algorithm, _ = core.Sequence.load(made).native.values()
    version, _, signed_at, data_hash, prop = tbs.values()
    assert (version, signed_at, prop) == (4, unit.authority.now, "/ByteRange")
    assert core.BitString(data_hash).dump()[-32:] == HASH
    assert certificate == unit.certificate
    assert algorithm == "1.2.156.10197.1.501"


@settings(max_examples=60, deadline=None)
@given(
    digest=st.binary(min_size=32, max_size=32),
    prop=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=256),
    seconds=st.integers(-80_000, 10_000_000),
)
def test_every_signature_verifies_and_fits_the_promised_size(
    unit: TrialUnit, digest: bytes, prop: str, seconds: int
) -> None:
    sealer = unit.sealer()
    at = unit.authority.now + timedelta(seconds=seconds)
    for _ in range(2):
        made = sealer.sign(digest, prop, at)
        read = read_signature(made)
        assert unit.key.public_key.verify(read.signature, read.raw_tbs)
        assert (read.data_hash, read.property_info, read.signed_at) == (digest, prop, at)
        assert len(made) <= sealer.signature_size


class Device:
    """A signer that is not a key in memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def test_a_device_signs_the_same_bytes(unit: TrialUnit) -> None:
    by_device = SealSigner(unit.seal, unit.certificate, Device(unit.key))
    ours, theirs = (
        read_signature(sealer.sign(HASH, "p", unit.authority.now)) for sealer in (unit.sealer(), by_device)
    )
    assert ours.raw_tbs == theirs.raw_tbs
    assert unit.key.public_key.verify(theirs.signature, theirs.raw_tbs)


def test_one_sealer_serves_many_threads(unit: TrialUnit) -> None:
    sealer = unit.sealer()

    def work(number: int) -> bool:
        digest = sm3(str(number).encode())
        read = read_signature(sealer.sign(digest, "p" * (number % 40), unit.authority.now))
        return read.data_hash == digest and unit.key.public_key.verify(read.signature, read.raw_tbs)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(160)))


def test_what_does_not_belong_together_is_refused(authority: TrialAuthority, unit: TrialUnit) -> None:
    other_key = PrivateKey.generate()
    other = authority.issue(CertificateProfile.SIGNER, other_key, subject=Name("他人"))
    forged = unit.seal[:-1] + bytes((unit.seal[-1] ^ 1,))
    cases = [
        (unit.seal, unit.certificate, other_key, "SIGNER_KEY_MISMATCH"),
        (unit.seal, other, other_key, "SIGNER_NOT_IN_SEAL"),
        (unit.seal, authority.root, authority.root_key, "SIGNER_KEYUSAGE"),
        (forged, unit.certificate, unit.key, "SEAL_SIGNATURE"),
    ]
    for seal, certificate, key, reason in cases:
        with pytest.raises(Refused) as refused:
            SealSigner(seal, certificate, key)
        assert refused.value.reason == reason


def test_nothing_is_signed_outside_the_validity(authority: TrialAuthority, unit: TrialUnit) -> None:
    sealer = unit.sealer()
    for days in (-2, 400):
        with pytest.raises(Refused) as refused:
            sealer.sign(HASH, "p", authority.now + timedelta(days=days))
        assert refused.value.reason == "SEAL_NOT_IN_FORCE"
    key = PrivateKey.generate()
    short = authority.issue(CertificateProfile.SIGNER, key, subject=Name("短期"), life=timedelta(days=11))
    seal = authority.seal_for(short, read_seal(unit.seal).picture, name="短期章", es_id="1")
    with pytest.raises(Refused) as expired:
        sign_seal_signature(
            seal=seal, data_hash=HASH, property_info="p", certificate=short, signer=key,
            signed_at=authority.now + timedelta(days=2),
        )  # fmt: skip
    assert expired.value.reason == "SIGNER_EXPIRED"
    with pytest.raises(Refused) as naive:
        sealer.sign(HASH, "p", authority.now.replace(tzinfo=None))
    assert naive.value.reason == "TIME"


def test_malformed_arguments_are_refused(unit: TrialUnit) -> None:
    with pytest.raises(MalformedInput):
        unit.sealer().sign(HASH[:-1], "p", unit.authority.now)
    with pytest.raises(MalformedInput):
        unit.sealer().sign(HASH, "范围", unit.authority.now)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300))
def test_the_reader_never_leaves_its_error_family(data: bytes) -> None:
    with pytest.raises(GmsealError):
        read_signature(data)
