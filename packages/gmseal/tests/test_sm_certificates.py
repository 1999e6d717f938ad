"""Trial certificates: accepted by OpenSSL step by step, refused where a rule says no."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from asn1crypto import pem
from asn1crypto import x509 as other_x509
from broken_device import BrokenDevice
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.sm.certificates import (
    TRIAL_UNIT,
    CertificateProfile,
    IssuerRef,
    Name,
    issue_certificate,
    read_certificate,
)
from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore, split_certificates

OpenSsl = Callable[..., CompletedProcess[bytes]]


def as_pem(certificate: bytes) -> bytes:
    armoured: bytes = pem.armor("CERTIFICATE", certificate)
    return armoured


def test_openssl_accepts_every_step(authority: TrialAuthority, openssl: OpenSsl, unit: TrialUnit) -> None:
    files = {"root.pem": as_pem(authority.root)}
    at = str(int(authority.now.timestamp()))
    for name, certificate in (
        ("root", authority.root),
        ("maker", authority.maker),
        ("signer", unit.certificate),
    ):
        done = openssl(
            "verify", "-x509_strict", "-partial_chain", "-attime", at, "-vfyopt", "distid:1234567812345678",
            "-trusted", "root.pem", f"{name}.pem",
            files={**files, f"{name}.pem": as_pem(certificate)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_sub_authority_is_accepted_step_by_step_and_may_issue_leaves_only(
    authority: TrialAuthority, openssl: OpenSsl
) -> None:
    middle_key, leaf_key = PrivateKey.generate(), PrivateKey.generate()
    middle = authority.issue(CertificateProfile.CA, middle_key, subject=Name("试用中间证书"))
    leaf = issue_certificate(
        subject=Name("叶"),
        public_key=leaf_key.public_key,
        issuer=IssuerRef(middle),
        issuer_key=middle_key,
        profile=CertificateProfile.SIGNER,
        not_before=authority.now,
        not_after=authority.now + timedelta(days=1),
    )
    for upper, lower in ((authority.root, middle), (middle, leaf)):
        done = openssl(
            "verify", "-x509_strict", "-partial_chain", "-attime", str(int(authority.now.timestamp())),
            "-vfyopt", "distid:1234567812345678", "-trusted", "upper.pem", "lower.pem",
            files={"upper.pem": as_pem(upper), "lower.pem": as_pem(lower)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert other_x509.Certificate.load(middle).basic_constraints_value["path_len_constraint"].native == 0


def test_other_readers_see_the_same(authority: TrialAuthority, unit: TrialUnit) -> None:
    ours = read_certificate(unit.certificate)
    other = other_x509.Certificate.load(unit.certificate)
    third = x509.load_der_x509_certificate(unit.certificate)
    assert ours.common_name == other.subject.native["common_name"] == "北京示例科技有限公司"
    assert ours.not_before == other.not_valid_before == third.not_valid_before_utc
    assert ours.not_after == other.not_valid_after == third.not_valid_after_utc
    assert int(ours.serial, 16) == other.serial_number == third.serial_number
    assert ours.tbs == third.tbs_certificate_bytes
    assert ours.key_usage == frozenset({"digitalSignature", "nonRepudiation"})
    assert other.key_usage_value.native == {"digital_signature", "non_repudiation"}
    assert other.basic_constraints_value is None
    assert 4 <= len(other["tbs_certificate"]["serial_number"].contents) <= 20
    assert other.authority_key_identifier == read_certificate(authority.root).subject_key_identifier


def test_trial_certificates_say_so_in_words_and_in_a_policy(
    authority: TrialAuthority, unit: TrialUnit
) -> None:
    info = read_certificate(unit.certificate)
    assert info.trial
    assert f"OU={TRIAL_UNIT}" in info.subject
    notice = other_x509.Certificate.load(unit.certificate).certificate_policies_value.native
    assert "不具有法律效力" in notice[0]["policy_qualifiers"][0]["qualifier"]["explicit_text"]
    plain = authority.issue(CertificateProfile.SIGNER, unit.key, subject=Name("a"), trial=False)
    assert not read_certificate(plain).trial
    assert read_certificate(authority.root).trial


def test_only_a_makers_certificate_may_make_seals(authority: TrialAuthority, unit: TrialUnit) -> None:
    assert read_certificate(authority.maker).may_make_seals()
    assert not read_certificate(unit.certificate).may_make_seals()
    assert read_certificate(unit.certificate).may_sign()
    assert not read_certificate(authority.root).may_sign()
    plain = authority.issue(CertificateProfile.SIGNER, unit.key, subject=Name("a"), trial=False)
    assert not read_certificate(plain).may_make_seals()


def test_signatures_on_certificates_are_checked(authority: TrialAuthority, unit: TrialUnit) -> None:
    root = read_certificate(authority.root)
    assert read_certificate(unit.certificate).signed_by(root.public_key)
    assert not read_certificate(unit.certificate).signed_by(authority.maker_key.public_key)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"not_after": timedelta(0)}, "VALIDITY"),
        ({"not_after": timedelta(days=3654)}, "VALIDITY"),
        ({"not_after": timedelta(days=3100)}, "VALIDITY_BEYOND_ISSUER"),
        ({"not_before": timedelta(days=-11)}, "VALIDITY_BEYOND_ISSUER"),
        ({"serial": 1}, "SERIAL"),
        ({"serial": -(1 << 64)}, "SERIAL"),
        ({"serial": 1 << 160}, "SERIAL"),
        ({"subject": Name("")}, "NAME"),
        ({"subject": Name("x" * 65)}, "NAME"),
        ({"subject": Name("a\nb")}, "NAME"),
        ({"subject": Name("a", country="China")}, "NAME"),
        ({"subject": Name("a", country="中国")}, "NAME"),
        ({"subject": Name("\ud800")}, "NAME"),
    ],
)
def test_what_a_rule_forbids_is_not_issued(
    authority: TrialAuthority, changes: dict[str, Any], reason: str, unit: TrialUnit
) -> None:
    wanted: dict[str, Any] = {
        "not_before": timedelta(0),
        "not_after": timedelta(days=30),
        "subject": Name("a"),
        "serial": None,
    } | changes
    with pytest.raises(Refused) as refused:
        issue_certificate(
            subject=wanted["subject"],
            public_key=unit.key.public_key,
            issuer=IssuerRef(authority.root),
            issuer_key=authority.root_key,
            profile=CertificateProfile.SIGNER,
            not_before=authority.now + wanted["not_before"],
            not_after=authority.now + wanted["not_after"],
            serial=wanted["serial"],
        )
    assert refused.value.reason == reason


def test_only_an_authority_with_its_own_key_issues(authority: TrialAuthority, unit: TrialUnit) -> None:
    def issue(issuer: IssuerRef | None, key: PrivateKey, profile: CertificateProfile) -> bytes:
        return issue_certificate(
            subject=Name("a"),
            public_key=unit.key.public_key,
            issuer=issuer,
            issuer_key=key,
            profile=profile,
            not_before=authority.now,
            not_after=authority.now + timedelta(days=1),
        )

    cases = [
        (IssuerRef(authority.root), authority.maker_key, CertificateProfile.SIGNER, "ISSUER_KEY_MISMATCH"),
        (IssuerRef(authority.maker), authority.maker_key, CertificateProfile.SIGNER, "ISSUER_NOT_CA"),
        (None, unit.key, CertificateProfile.SIGNER, "ISSUER_NOT_CA"),
        (None, authority.root_key, CertificateProfile.CA, "ISSUER_KEY_MISMATCH"),
    ]
    for issuer, key, profile, reason in cases:
        with pytest.raises(Refused) as refused:
            issue(issuer, key, profile)
        assert refused.value.reason == reason


def test_a_certificate_that_does_not_verify_never_leaves(authority: TrialAuthority, unit: TrialUnit) -> None:
    with pytest.raises(GmsealError, match="does not verify"):
        issue_certificate(
            subject=Name("a"),
            public_key=unit.key.public_key,
            issuer=IssuerRef(authority.root),
            issuer_key=BrokenDevice(authority.root_key),
            profile=CertificateProfile.SIGNER,
            not_before=authority.now,
            not_after=authority.now + timedelta(days=1),
        )


@settings(max_examples=400, deadline=None)
@given(position=st.integers(0, 5000), octet=st.integers(0, 255))
def test_damaged_certificates_are_read_or_refused_but_never_good(
    authority: TrialAuthority, position: int, octet: int, unit: TrialUnit
) -> None:
    at = position % len(unit.certificate)
    damaged = unit.certificate[:at] + bytes((octet,)) + unit.certificate[at + 1 :]
    try:
        info = read_certificate(damaged)
        good = info.signed_by(authority.root_key.public_key)
    except MalformedInput:
        return
    assert good == (damaged == unit.certificate)


def test_foreign_keys_are_read_but_give_no_sm2_key(openssl: OpenSsl) -> None:
    made = openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-subj", "/CN=x", "-outform", "DER"
    )
    info = read_certificate(made.stdout)
    assert info.common_name == "x"
    assert info.is_ca
    assert info.may_make_seals()
    assert not info.trial
    with pytest.raises(MalformedInput):
        _ = info.public_key


def test_trust_directory(authority: TrialAuthority, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(b"text before\n" + as_pem(authority.root) + as_pem(authority.maker))
    (tmp_path / "again.der").write_bytes(authority.root)
    (tmp_path / "notes.txt").write_text("not a certificate")
    store = TrustStore.from_directory(tmp_path)
    assert store == TrustStore(roots=(authority.root,), intermediates=(authority.maker,))
    (tmp_path / "bad.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAA*A\n-----END CERTIFICATE-----\n")
    with pytest.raises(MalformedInput, match=r"bad\.crt"):
        TrustStore.from_directory(tmp_path)
    with pytest.raises(Refused, match="cannot be read"):
        TrustStore.from_directory(tmp_path / "missing")
    with pytest.raises(MalformedInput):
        split_certificates(b"hello", "x")


def test_trust_from_the_environment(
    authority: TrialAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GMSEAL_TRUST", raising=False)
    assert TrustStore.from_environment() == TrustStore()
    (tmp_path / "root.cer").write_bytes(authority.root)
    monkeypatch.setenv("GMSEAL_TRUST", str(tmp_path))
    assert TrustStore.from_environment().roots == (authority.root,)
