"""Chains: each way in which a certificate does not lead to a trusted root has its own code."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gmseal.sm import chain_walk
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.chain import ChainCode, ChainResult, Purpose, verify_chain
from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialAuthority, TrialUnit

Middle = tuple[bytes, bytes]


@pytest.fixture(scope="module")
def middle(authority: TrialAuthority, unit: TrialUnit) -> Middle:
    key = PrivateKey.generate()
    certificate = authority.issue(
        CertificateProfile.CA, key, subject=Name("试用中间证书"), life=timedelta(days=100)
    )
    leaf = issue_certificate(
        subject=Name("叶证书"),
        public_key=unit.key.public_key,
        issuer=IssuerRef(certificate),
        issuer_key=key,
        profile=CertificateProfile.SIGNER,
        not_before=authority.now,
        not_after=authority.now + timedelta(days=50),
    )
    return certificate, leaf


def walk(
    authority: TrialAuthority,
    leaf: bytes,
    at: datetime,
    *,
    between: Sequence[bytes] = (),
    roots: Sequence[bytes] | None = None,
    purpose: Purpose = Purpose.SIGNING,
) -> ChainResult:
    return verify_chain(leaf, between, (authority.root,) if roots is None else roots, at, purpose=purpose)


def test_a_chain_of_three_is_trusted(authority: TrialAuthority, middle: Middle) -> None:
    certificate, leaf = middle
    result = walk(authority, leaf, authority.now, between=(certificate,))
    assert result.trusted, result
    assert result.chain == (leaf, certificate, authority.root)
    assert result.trial


def test_each_failure_has_its_code(authority: TrialAuthority, middle: Middle, unit: TrialUnit) -> None:
    certificate, leaf = middle
    now = authority.now
    assert walk(authority, leaf, now).code is ChainCode.UNKNOWN_ROOT
    assert walk(authority, leaf, now, between=(certificate,), roots=()).code is ChainCode.UNKNOWN_ROOT
    late, early = now + timedelta(days=60), now - timedelta(days=1)
    assert walk(authority, leaf, late, between=(certificate,)).code is ChainCode.EXPIRED
    assert walk(authority, leaf, early, between=(certificate,)).code is ChainCode.NOT_YET_VALID
    assert walk(authority, b"no certificate", now).code is ChainCode.MALFORMED
    assert walk(authority, unit.certificate, now, purpose=Purpose.SEAL_MAKING).code is ChainCode.KEY_USAGE
    assert walk(authority, authority.maker, now, purpose=Purpose.SEAL_MAKING).trusted


def test_one_store_judges_many_times(authority: TrialAuthority, middle: Middle) -> None:
    """A chain found once is used again only within the validity of each of its certificates."""
    certificate, leaf = middle
    codes = [
        walk(authority, leaf, authority.now + timedelta(days=days), between=(certificate,)).code
        for days in (1, 60, 2, -1, 3)
    ]
    trusted, expired, early = ChainCode.TRUSTED, ChainCode.EXPIRED, ChainCode.NOT_YET_VALID
    assert codes == [trusted, expired, trusted, early, trusted]


def test_a_forged_signature_is_found(authority: TrialAuthority, unit: TrialUnit) -> None:
    forged = unit.certificate[:-1] + bytes((unit.certificate[-1] ^ 1,))
    assert walk(authority, forged, authority.now).code is ChainCode.BAD_SIGNATURE


def test_a_failed_walk_leaves_nothing_behind_for_other_users_of_openssl(
    authority: TrialAuthority, unit: TrialUnit
) -> None:
    """A decryption with a wrong tag must raise InvalidTag, whatever this thread verified before."""
    forged = unit.certificate[:-1] + bytes((unit.certificate[-1] ^ 1,))
    walk(authority, forged, authority.now)
    decryptor = Cipher(algorithms.SM4(b"k" * 16), modes.GCM(b"n" * 12, b"t" * 16)).decryptor()
    decryptor.update(b"body")
    with pytest.raises(InvalidTag):
        decryptor.finalize()


def test_a_root_of_the_same_name_with_another_key_is_not_the_root(
    authority: TrialAuthority, unit: TrialUnit
) -> None:
    key = PrivateKey.generate()
    impostor = issue_certificate(
        subject=Name("双印试用根证书", organization="双印"),
        public_key=key.public_key,
        issuer=None,
        issuer_key=key,
        profile=CertificateProfile.CA,
        not_before=authority.now - timedelta(days=1),
        not_after=authority.now + timedelta(days=1),
    )
    result = walk(authority, unit.certificate, authority.now, roots=(impostor,))
    assert result.code in {ChainCode.UNKNOWN_ROOT, ChainCode.BAD_SIGNATURE}


def test_a_leaf_cannot_issue(authority: TrialAuthority, unit: TrialUnit) -> None:
    """A certificate made with a leaf's key by software that does not check is not trusted."""
    selfmade = issue_certificate(
        subject=Name("北京示例科技有限公司", organization="北京示例科技有限公司"),
        public_key=unit.key.public_key,
        issuer=None,
        issuer_key=unit.key,
        profile=CertificateProfile.CA,
        not_before=authority.now,
        not_after=authority.now + timedelta(days=9),
    )
    below = issue_certificate(
        subject=Name("冒充"),
        public_key=unit.key.public_key,
        issuer=IssuerRef(selfmade),
        issuer_key=unit.key,
        profile=CertificateProfile.SIGNER,
        not_before=authority.now,
        not_after=authority.now + timedelta(days=9),
    )
    result = walk(authority, below, authority.now, between=(unit.certificate,))
    assert not result.trusted
    assert result.code in {ChainCode.KEY_USAGE, ChainCode.UNKNOWN_ROOT}


def test_the_light_walk_and_pyopenssl_agree(
    authority: TrialAuthority, middle: Middle, unit: TrialUnit
) -> None:
    """The same chains, numbers and depths, with nothing left in OpenSSL's queue of errors."""
    certificate, leaf = middle
    assert chain_walk._library() is not None, "the bindings have changed: the walk is made by pyOpenSSL"
    forged = leaf[:-1] + bytes([leaf[-1] ^ 1])
    cases = [
        (each, between, roots, authority.now + timedelta(days=days))
        for each in (leaf, forged, unit.certificate, authority.root, certificate, b"junk", leaf + b"x", b"")
        for between in ((), (certificate,), (certificate, unit.certificate), (b"junk",))
        for roots in ((authority.root,), (certificate,), (unit.certificate, authority.root), (b"junk",))
        for days in (0, 60, -1, 40_000)
    ]
    seen = set()
    for case in cases:
        outcomes = [_outcome(one, *case) for one in (chain_walk.walk, chain_walk.walk_by_pyopenssl)]
        assert outcomes[0] == outcomes[1], case
        seen.add(outcomes[0][0])
    assert seen == {"chain", 7, 9, 10, 20, "unreadable"} | seen


def _outcome(one: Callable[..., tuple[bytes, ...]], *case: Any) -> tuple[object, ...]:
    try:
        return ("chain", one(*case))
    except chain_walk.Broken as error:
        return (error.number, error.depth, error.text)
    except chain_walk.Unreadable:
        return ("unreadable",)
