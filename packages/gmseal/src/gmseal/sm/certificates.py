"""Issuing SM2 certificates (GB/T 20518, RFC 5280) for trial use, and reading any.

Every certificate made here says that it is a trial one, in its subject and in a policy, because
an electronic seal in force comes from the management units of the State, never from this library.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.sm import curve, der
from gmseal.sm.certificate_info import (
    EKU_DOCUMENT_SEALING,
    EKU_OCSP_SIGNING,
    EKU_SEAL_MAKING,
    EKU_TIME_STAMPING,
    POLICY_TRIAL,
    TRIAL_UNIT,
    CertificateInfo,
    read_certificate,
)
from gmseal.sm.extensions import encode_extension
from gmseal.sm.keys import PublicKey, Signer, sm3

__all__ = [
    "TRIAL_UNIT",
    "CertificateInfo",
    "CertificateProfile",
    "IssuerRef",
    "Name",
    "encode_name",
    "issue_certificate",
    "read_certificate",
]

MAX_VALIDITY: Final = timedelta(days=3653)
"""Ten years; stricter readers refuse more."""
MAX_NAME_CHARACTERS: Final = 64
"""Upper bound of the name attributes (RFC 5280, appendix A.1)."""

_NOTICE = "双印试用证书，不具有法律效力。Shuangyin trial certificate, without legal effect."
_USER_NOTICE: Final = "1.3.6.1.5.5.7.2.2"

# Bits of KeyUsage, RFC 5280 4.2.1.3.
_DIGITAL_SIGNATURE, _NON_REPUDIATION, _KEY_CERT_SIGN, _CRL_SIGN = 0, 1, 5, 6


class CertificateProfile(StrEnum):
    """What a certificate is for."""

    CA = "ca"
    SEAL_MAKER = "seal_maker"
    SIGNER = "signer"
    TIMESTAMP_AUTHORITY = "timestamp_authority"
    OCSP_RESPONDER = "ocsp_responder"


_PURPOSES: Final = {
    CertificateProfile.SEAL_MAKER: EKU_SEAL_MAKING,
    CertificateProfile.SIGNER: EKU_DOCUMENT_SEALING,
    CertificateProfile.TIMESTAMP_AUTHORITY: EKU_TIME_STAMPING,
    CertificateProfile.OCSP_RESPONDER: EKU_OCSP_SIGNING,
}


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name. ``country`` is the two-letter code; the rest is any text up to 64 characters."""

    common_name: str
    organization: str | None = None
    organizational_unit: str | None = None
    country: str = "CN"
    province: str | None = None
    locality: str | None = None


@dataclass(frozen=True, slots=True)
class IssuerRef:
    """The certificate (DER) in whose name another one is issued."""

    certificate: bytes


def issue_certificate(
    *,
    subject: Name,
    public_key: PublicKey,
    issuer: IssuerRef | None,
    issuer_key: Signer,
    profile: CertificateProfile,
    not_before: datetime,
    not_after: datetime,
    serial: int | None = None,
    trial: bool = True,
) -> bytes:
    """Make a certificate and return its DER; ``issuer=None`` makes a self-signed root.

    ``trial=False`` leaves out the mark and is for operators who run an authority of their own.
    Raises ``Refused`` when the issuer may not issue this (reasons ISSUER_KEY_MISMATCH,
    ISSUER_NOT_CA, VALIDITY, VALIDITY_BEYOND_ISSUER, NAME, SERIAL).
    """
    _check_validity(not_before, not_after)
    name = encode_name(subject, trial=trial)
    parent = _check_issuer(issuer, public_key, issuer_key, profile, not_before, not_after)
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(_serial(serial)),
        curve.ALGORITHM_SM2_WITH_SM3,
        parent.subject_raw if parent else name,
        der.sequence(der.x509_time(not_before), der.x509_time(not_after)),
        name,
        public_key.to_spki_der(),
        der.explicit(3, _extensions(public_key, parent, profile, trial=trial)),
    )
    signature = issuer_key.sign(tbs)
    if not issuer_key.public_key.verify(signature, tbs):
        # A device or a fault may return nonsense; a certificate that nobody can check never leaves.
        raise GmsealError("The issuer's key returned a signature that does not verify.")
    certificate = der.sequence(tbs, curve.ALGORITHM_SM2_WITH_SM3, der.bit_string(signature))
    read_certificate(certificate)
    return certificate


def _check_validity(not_before: datetime, not_after: datetime) -> None:
    if not_before.tzinfo is None or not_after.tzinfo is None:
        raise Refused("VALIDITY", "The times of a certificate need a time zone.")
    if not timedelta(0) < not_after - not_before <= MAX_VALIDITY:
        raise Refused("VALIDITY", "A certificate is valid for more than nothing and at most ten years.")


def _check_issuer(
    issuer: IssuerRef | None,
    public_key: PublicKey,
    issuer_key: Signer,
    profile: CertificateProfile,
    not_before: datetime,
    not_after: datetime,
) -> CertificateInfo | None:
    if issuer is None:
        if profile is not CertificateProfile.CA:
            raise Refused("ISSUER_NOT_CA", "Only an authority's certificate may be self-signed.")
        if issuer_key.public_key != public_key:
            raise Refused("ISSUER_KEY_MISMATCH", "A self-signed certificate is signed by its own key.")
        return None
    parent = read_certificate(issuer.certificate)
    if parent.public_key != issuer_key.public_key:
        raise Refused("ISSUER_KEY_MISMATCH", "The key does not belong to the issuer's certificate.")
    if not parent.is_ca or "keyCertSign" not in (parent.key_usage or ()):
        raise Refused("ISSUER_NOT_CA", "The issuer's certificate is not an authority's certificate.")
    if not_before.replace(microsecond=0) < parent.not_before or not_after > parent.not_after:
        raise Refused(
            "VALIDITY_BEYOND_ISSUER",
            f"The issuer is valid from {parent.not_before:%Y-%m-%d %H:%M:%S} to"
            f" {parent.not_after:%Y-%m-%d %H:%M:%S} UTC; the certificate must lie within.",
        )
    return parent


def _serial(serial: int | None) -> int:
    """RFC 5280 4.1.2.2: positive, at most 20 octets; some readers want at least 4."""
    if serial is None:
        return int.from_bytes(secrets.token_bytes(16), "big") >> 1 | 1 << 126
    if not 1 << 24 <= serial < 1 << 159:
        raise Refused("SERIAL", "A serial number is positive and has 4 to 20 octets.")
    return serial


def encode_name(name: Name, *, trial: bool) -> bytes:
    """The DER of a name; ``trial`` adds the mark. Raises ``Refused`` (NAME)."""
    if len(name.country) != 2 or not (name.country.isascii() and name.country.isalpha()):
        raise Refused("NAME", "The country is a code of two letters.")
    parts = [_attribute("2.5.4.6", der.printable_string(name.country.upper()))]
    texts = (
        ("2.5.4.8", name.province),
        ("2.5.4.7", name.locality),
        ("2.5.4.10", name.organization),
        ("2.5.4.11", name.organizational_unit),
        ("2.5.4.11", TRIAL_UNIT if trial else None),
        ("2.5.4.3", name.common_name),
    )
    parts += [_attribute(oid, _text(text)) for oid, text in texts if text is not None]
    return der.sequence(*parts)


def _attribute(oid: str, value: bytes) -> bytes:
    return der.set_of(der.sequence(der.oid(oid), value))


def _text(text: str) -> bytes:
    if not text.strip() or len(text) > MAX_NAME_CHARACTERS or not text.isprintable():
        raise Refused("NAME", f"A part of a name has 1 to {MAX_NAME_CHARACTERS} printable characters.")
    try:
        return der.utf8_string(text)
    except UnicodeEncodeError as error:
        raise Refused("NAME", "A part of a name holds something that is not text.") from error


def _extensions(
    public_key: PublicKey, parent: CertificateInfo | None, profile: CertificateProfile, *, trial: bool
) -> bytes:
    found: list[bytes] = []
    if profile is CertificateProfile.CA:
        # A sub-authority issues leaves only. Leaves carry no BasicConstraints at all: an empty
        # one is legal, yet some readers of SM2 certificates refuse it.
        limit = b"" if parent is None else der.integer(0)
        constraints = der.sequence(der.boolean(value=True), limit)
        found.append(encode_extension("2.5.29.19", constraints, critical=True))
        found.append(encode_extension("2.5.29.15", der.named_bits(_KEY_CERT_SIGN, _CRL_SIGN), critical=True))
    else:
        usage = der.named_bits(_DIGITAL_SIGNATURE, _NON_REPUDIATION)
        found.append(encode_extension("2.5.29.15", usage, critical=True))
        # RFC 3161, 2.3: the purpose of a time-stamp authority is marked critical.
        critical = profile is CertificateProfile.TIMESTAMP_AUTHORITY
        found.append(
            encode_extension("2.5.29.37", der.sequence(der.oid(_PURPOSES[profile])), critical=critical)
        )
    if profile is CertificateProfile.OCSP_RESPONDER:
        # RFC 6960, 4.2.2.2.1: nobody asks whether the responder itself is revoked, or it would go on for ever.
        found.append(encode_extension("1.3.6.1.5.5.7.48.1.5", der.tlv(der.NULL, b"")))
    found.append(encode_extension("2.5.29.14", der.octet_string(_key_identifier(public_key))))
    if parent is not None:
        if parent.subject_key_identifier is None:
            raise MalformedInput("The issuer's certificate has no key identifier.")
        found.append(
            encode_extension("2.5.29.35", der.sequence(der.implicit(0, parent.subject_key_identifier)))
        )
    if trial:
        notice = der.sequence(der.oid(_USER_NOTICE), der.sequence(der.utf8_string(_NOTICE)))
        policy = der.sequence(der.oid(POLICY_TRIAL), der.sequence(notice))
        found.append(encode_extension("2.5.29.32", der.sequence(policy)))
    return der.sequence(*found)


def _key_identifier(public_key: PublicKey) -> bytes:
    return sm3(public_key.point)[:20]
