"""Revocation lists: read by OpenSSL and others, enforced by pyOpenSSL, never good after a change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from subprocess import CompletedProcess
from typing import Any

import pytest
from asn1crypto import crl as other_crl
from broken_device import BrokenDevice
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import crypto
from OpenSSL._util import lib

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.judging.certificates import SIGNER, assess_revocation
from gmseal.report import CheckResult
from gmseal.sm.algorithms import verify_signature
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.crl import RevocationReason, RevokedCertificate, make_crl, read_crl
from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialAuthority, TrialUnit

OpenSsl = Callable[..., CompletedProcess[bytes]]
DAY = timedelta(days=1)


def listed(authority: TrialAuthority, *entries: RevokedCertificate, **more: Any) -> bytes:
    arguments: dict[str, Any] = {
        "issuer": authority.root,
        "issuer_key": authority.root_key,
        "revoked": entries,
        "this_update": authority.now,
        "next_update": authority.now + 7 * DAY,
        "number": 7,
    } | more
    return make_crl(**arguments)


def entry_for(unit: TrialUnit, **more: Any) -> RevokedCertificate:
    at = more.pop("at", unit.authority.now - DAY)
    return RevokedCertificate(read_certificate(unit.certificate).serial, at, **more)


def test_openssl_reads_it_and_verifies_the_signature(
    authority: TrialAuthority, openssl: OpenSsl, unit: TrialUnit
) -> None:
    data = listed(authority, entry_for(unit, reason=RevocationReason.KEY_COMPROMISE))
    shown = openssl("crl", "-inform", "DER", "-in", "list", "-noout", "-text", files={"list": data})
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout.decode()
    assert "Key Compromise" in text
    assert read_certificate(unit.certificate).serial.upper() in text
    crl = read_crl(data)
    done = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "tbs",
        "-sigfile", "signature", "-pkeyopt", "distid:1234567812345678",
        files={"key.pem": authority.root_key.public_key.to_spki_pem(), "tbs": crl.tbs, "signature": crl.signature},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


GOOD, BAD_LIST_SIGNATURE, LIST_EXPIRED, REVOKED = 0, 8, 12, 23
"""Numbers of openssl/x509_vfy.h."""


def openssl_says(authority: TrialAuthority, leaf: bytes, data: bytes, days: int = 1) -> int:
    """What OpenSSL 4 says of the leaf when it must look it up in the list."""
    store = crypto.X509Store()
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, authority.root))
    store.add_crl(x509.load_der_x509_crl(data))
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    store.set_time(authority.now + days * DAY)
    try:
        crypto.X509StoreContext(
            store, crypto.load_certificate(crypto.FILETYPE_ASN1, leaf)
        ).verify_certificate()
    except crypto.X509StoreContextError as error:
        number: int = error.errors[0]
        return number
    finally:
        lib.ERR_clear_error()
    return GOOD


def test_pyopenssl_enforces_it(authority: TrialAuthority, unit: TrialUnit) -> None:
    assert openssl_says(authority, unit.certificate, listed(authority)) == GOOD
    revoking = listed(authority, entry_for(unit))
    assert openssl_says(authority, authority.maker, revoking) == GOOD
    assert openssl_says(authority, unit.certificate, revoking) == REVOKED
    assert openssl_says(authority, unit.certificate, listed(authority), days=8) == LIST_EXPIRED
    forged = listed(authority)
    forged = forged[:-1] + bytes((forged[-1] ^ 1,))
    assert openssl_says(authority, unit.certificate, forged) == BAD_LIST_SIGNATURE


@settings(max_examples=40, deadline=None)
@given(listed_now=st.booleans(), other=st.booleans(), days=st.integers(0, 9), length=st.integers(1, 8))
def test_our_judgement_agrees_with_openssl(
    authority: TrialAuthority, days: int, length: int, listed_now: bool, other: bool, unit: TrialUnit
) -> None:
    entries = [entry_for(unit)] if listed_now else []
    entries += [RevokedCertificate("0badcafe", authority.now)] if other else []
    data = listed(authority, *entries, next_update=authority.now + length * DAY)
    theirs = openssl_says(authority, unit.certificate, data, days)
    ours = assess_revocation(
        SIGNER,
        read_certificate(unit.certificate),
        authority.now + days * DAY,
        replace(authority.trust, crls=(data,)),
        now=authority.now + days * DAY,
    ).result
    if theirs == LIST_EXPIRED:
        # OpenSSL stops at the stale list; a revocation in it is final all the same.
        assert ours is (CheckResult.FAIL if listed_now else CheckResult.NOT_CHECKED)
    else:
        assert ours is {GOOD: CheckResult.PASS, REVOKED: CheckResult.FAIL}[theirs]


def test_other_readers_see_the_same(authority: TrialAuthority, unit: TrialUnit) -> None:
    since = unit.authority.now - 9 * DAY
    entries = (
        entry_for(unit, reason=RevocationReason.SUPERSEDED, invalid_since=since),
        RevokedCertificate("0badcafe", authority.now),
    )
    data = listed(authority, *entries)
    ours, other, third = read_crl(data), x509.load_der_x509_crl(data), other_crl.CertificateList.load(data)
    assert ours.this_update == other.last_update_utc == third["tbs_cert_list"]["this_update"].native
    assert ours.next_update == other.next_update_utc == authority.now + 7 * DAY
    assert ours.number == third.crl_number_value.native == 7
    assert third.authority_key_identifier_value.native["key_identifier"] == (
        read_certificate(authority.root).subject_key_identifier
    )
    assert len(ours.serials()) == len(other) == 2
    assert tuple(ours.entry(serial) for serial in ours.serials()) == entries
    found = other.get_revoked_certificate_by_serial_number(int(entries[0].serial, 16))
    assert found is not None
    assert found.revocation_date_utc == entries[0].at
    assert (
        found.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.superseded
    )
    assert found.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc == since
    assert ours.entry("00") is None
    assert read_crl(listed(authority)).serials() == ()
    empty = other_crl.CertificateList.load(listed(authority), strict=True)
    assert empty["tbs_cert_list"]["revoked_certificates"].native is None


def test_what_a_rule_forbids_is_not_issued(authority: TrialAuthority) -> None:
    now = authority.now
    twice = (RevokedCertificate("0badcafe", now),) * 2
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"next_update": now}, "VALIDITY"),
        ({"this_update": now.replace(tzinfo=None)}, "VALIDITY"),
        ({"issuer_key": PrivateKey.generate()}, "ISSUER_KEY_MISMATCH"),
        ({"revoked": (RevokedCertificate("0badcafe", now + DAY),)}, "ENTRIES"),
        ({"revoked": twice}, "ENTRIES"),
    )
    for more, reason in cases:
        with pytest.raises(Refused) as refused:
            listed(authority, **more)
        assert refused.value.reason == reason


def test_one_entry_among_many_is_found(authority: TrialAuthority) -> None:
    entries = [RevokedCertificate(f"{number:08x}", authority.now) for number in range(0x10000000, 0x10002000)]
    # This serial number's octets also stand inside a longer one, which is another certificate.
    entries.append(RevokedCertificate("0102049999999911", authority.now))
    crl = read_crl(listed(authority, *entries))
    assert crl.entry("10001fff") == entries[-2]
    assert crl.entry("99999999") is None
    assert crl.entry("10002000") is None
    assert crl.entry("0102049999999911") == entries[-1]


def test_only_an_authority_issues_lists(authority: TrialAuthority, unit: TrialUnit) -> None:
    with pytest.raises(Refused) as refused:
        listed(authority, issuer=unit.certificate, issuer_key=unit.key)
    assert refused.value.reason == "ISSUER_NOT_CA"
    with pytest.raises(MalformedInput):
        listed(authority, RevokedCertificate("not hex", authority.now))


def test_a_list_that_does_not_verify_never_leaves(authority: TrialAuthority) -> None:
    with pytest.raises(GmsealError, match="does not verify"):
        listed(authority, issuer_key=BrokenDevice(authority.root_key))


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 5000), octet=st.integers(0, 255))
def test_a_changed_list_is_never_good(
    authority: TrialAuthority, position: int, octet: int, unit: TrialUnit
) -> None:
    data = listed(authority, entry_for(unit, reason=RevocationReason.SUPERSEDED))
    at = position % len(data)
    changed = data[:at] + bytes((octet,)) + data[at + 1 :]
    try:
        crl = read_crl(changed)
        crl.entry(read_certificate(unit.certificate).serial)
    except MalformedInput:
        return
    root = read_certificate(authority.root)
    assert verify_signature(root, crl.signature_oid, crl.signature, crl.tbs) == (changed == data)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_octets_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_crl(data)
