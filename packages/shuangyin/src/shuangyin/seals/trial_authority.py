"""The trial authority of this installation: a root and a seal maker, made once, marked as trial everywhere.

What it makes has no legal effect. Its certificates say so in their subject and policy, its seals on their faces,
and every verification repeats it. The keys are wrapped by the key-encryption key under no organization's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gmseal.ses.seal import SealPicture, SealSpec, make_seal
from gmseal.sm.certificates import (
    CertificateProfile,
    IssuerRef,
    Name,
    issue_certificate,
    read_certificate,
)
from gmseal.sm.keys import PrivateKey
from shuangyin.core.clock import to_datetime
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import TrialAuthority

ROW_ID = "1"
INSTALLATION = "installation"
"""Stands in the place of an organization's id where a key belongs to none."""
VENDOR_ID = "SHUANGYIN"
AUTHORITY_YEARS = 10
SEAL_DAYS = 3 * 365
SEAL_TYPE = 1
_NAME_LIMIT = 64
_BACKDATED = timedelta(minutes=5)
"""Certificates begin a little earlier, for verifiers whose clocks are behind."""


@dataclass(frozen=True, slots=True)
class TrialSeal:
    """What making a trial seal yields: structures in DER and the signer's private key."""

    seal: bytes
    certificate: bytes
    key: PrivateKey
    es_id: str
    valid_from: datetime
    valid_until: datetime


def trial_authority(work: UnitOfWork) -> TrialAuthority:
    """The installation's trial authority, made at first use in this transaction."""
    row = work.session.get(TrialAuthority, ROW_ID)
    if row is None:
        row = _create(work)
        work.session.add(row)
        work.session.flush()
    return row


def trial_root(work: UnitOfWork) -> bytes | None:
    """The trial root's certificate (DER), None before anything was made."""
    row = work.session.get(TrialAuthority, ROW_ID)
    return row.root_certificate if row is not None else None


def make_trial_seal(
    work: UnitOfWork, *, name: str, organization: str, es_id: str, picture: SealPicture
) -> TrialSeal:
    """Make an e-seal with a signer's certificate and key of its own. Raises gmseal's Refused.

    1. A key and a signer's certificate, issued by the trial root.
    2. The seal that lists this certificate, signed by the trial maker.
    """
    authority = trial_authority(work)
    now = to_datetime(work.now).replace(microsecond=0)
    root = read_certificate(authority.root_certificate)
    maker = read_certificate(authority.maker_certificate)
    begin = max(now - _BACKDATED, root.not_before, maker.not_before)
    end = min(now + timedelta(days=SEAL_DAYS), root.not_after, maker.not_after)
    key = PrivateKey.generate()
    certificate = issue_certificate(
        subject=Name(name[:_NAME_LIMIT], organization=organization[:_NAME_LIMIT]),
        public_key=key.public_key,
        issuer=IssuerRef(authority.root_certificate),
        issuer_key=_key(work, "root", authority.root_wrapped_key),
        profile=CertificateProfile.SIGNER,
        not_before=begin,
        not_after=end,
    )
    spec = SealSpec(
        es_id=es_id,
        name=name,
        type=SEAL_TYPE,
        picture=picture,
        signer_certificates=(certificate,),
        created_at=now,
        valid_from=begin,
        valid_to=end,
        vendor_id=VENDOR_ID,
    )
    seal = make_seal(spec, authority.maker_certificate, _key(work, "maker", authority.maker_wrapped_key))
    return TrialSeal(seal, certificate, key, es_id, begin, end)


def _create(work: UnitOfWork) -> TrialAuthority:
    begin = to_datetime(work.now).replace(microsecond=0) - _BACKDATED
    end = begin + timedelta(days=365 * AUTHORITY_YEARS)
    root_key, maker_key = PrivateKey.generate(), PrivateKey.generate()
    root = issue_certificate(
        subject=Name("双印试用根 Shuangyin Trial Root", organization="双印试用"),
        public_key=root_key.public_key,
        issuer=None,
        issuer_key=root_key,
        profile=CertificateProfile.CA,
        not_before=begin,
        not_after=end,
    )
    maker = issue_certificate(
        subject=Name("双印试用制章单位 Shuangyin Trial Seal Maker", organization="双印试用"),
        public_key=maker_key.public_key,
        issuer=IssuerRef(root),
        issuer_key=root_key,
        profile=CertificateProfile.SEAL_MAKER,
        not_before=begin,
        not_after=end,
    )
    return TrialAuthority(
        id=ROW_ID,
        root_certificate=root,
        root_wrapped_key=work.keyring.wrap(INSTALLATION, "trial:root", root_key.to_pkcs8_der()),
        maker_certificate=maker,
        maker_wrapped_key=work.keyring.wrap(INSTALLATION, "trial:maker", maker_key.to_pkcs8_der()),
        created_at=work.now,
    )


def _key(work: UnitOfWork, role: str, wrapped: bytes) -> PrivateKey:
    return PrivateKey.from_pkcs8(work.keyring.unwrap(INSTALLATION, f"trial:{role}", wrapped))
