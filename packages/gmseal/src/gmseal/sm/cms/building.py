"""Writing signed data by one SM2 key, with signed attributes.

Both forms carry content type, message digest and, when a time is given, signing time as signed
attributes: the variant of GB/T 35275 that domestic readers of OFD accept, and what RFC 5652 needs
for detached signatures. Everything is joined from encoded parts, so that a signature costs what
SM2 costs.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.sm import der
from gmseal.sm.algorithms import ALGORITHM_SM3
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.cms import forms
from gmseal.sm.cms.forms import CmsForm
from gmseal.sm.keys import PrivateKey, Signer, sm3
from gmseal.sm.timestamp_source import TimestampSource, stamped

_MAX_DER_SIGNATURE: Final = 72
_LONGEST_TIME: Final = der.tlv(der.GENERALIZED_TIME, bytes(15))


def build_signed_data(
    *,
    form: CmsForm,
    digest: bytes,
    certificate: bytes,
    signer: Signer,
    signed_at: datetime | None = None,
    content: bytes | None = None,
    extra_certificates: Sequence[bytes] = (),
    timestamp: TimestampSource | None = None,
    content_type: str | None = None,
) -> bytes:
    """The DER of a ContentInfo that holds signed data.

    ``digest`` is the SM3 digest of what is signed; ``content`` puts that itself inside (and must
    have this digest). ``content_type`` replaces the form's own type of plain data. ``timestamp``
    is asked to stamp the signature value. ``extra_certificates`` (DER) go along for whoever builds
    the chain.

    Raises ``MalformedInput``; ``Refused`` with SIGNER_KEY_MISMATCH, SIGNER_KEYUSAGE, TIME,
    TIMESTAMP or TIMESTAMP_TOO_LARGE; and whatever the source of time stamps raises.
    """
    if len(digest) != 32:
        raise MalformedInput("The digest of the content is an SM3 digest of 32 octets.")
    if content is not None and sm3(content) != digest:
        raise MalformedInput("The digest is not that of the content.")
    info = _signing_certificate(certificate, signer)
    kind = content_type or forms.DATA_OF[form]
    attributes = _signed_attributes(form, kind, digest, info, _signing_time(signed_at))
    signature = signer.sign(attributes)
    if not isinstance(signer, PrivateKey) and not info.public_key.verify(signature, attributes):
        # A device or a fault may return nonsense; a signature that nobody can check never leaves.
        raise GmsealError("The signer's key returned a signature that does not verify.")
    token = None if timestamp is None else stamped(timestamp, signature, signed_at)
    return _assemble(form, kind, content, info, tuple(extra_certificates), attributes, signature, token)


def max_size(
    *,
    form: CmsForm,
    certificate: bytes,
    extra_certificates: Sequence[bytes] = (),
    content_size: int | None = None,
    timestamp: TimestampSource | None = None,
    content_type: str | None = None,
) -> int:
    """The most octets ``build_signed_data`` returns for these arguments: the room to reserve."""
    info = read_certificate(certificate)
    kind = content_type or forms.DATA_OF[form]
    attributes = _signed_attributes(form, kind, bytes(32), info, _LONGEST_TIME)
    return len(
        _assemble(
            form,
            kind,
            None if content_size is None else bytes(content_size),
            info,
            tuple(extra_certificates),
            attributes,
            bytes(_MAX_DER_SIGNATURE),
            None if timestamp is None else bytes(timestamp.token_size),
        )
    )


def _signing_certificate(certificate: bytes, signer: Signer) -> CertificateInfo:
    info = read_certificate(certificate)
    if info.public_key != signer.public_key:
        raise Refused("SIGNER_KEY_MISMATCH", "The key does not belong to the signer's certificate.")
    if not info.may_sign():
        raise Refused("SIGNER_KEYUSAGE", "The signer's certificate does not allow signing.")
    return info


def _signing_time(signed_at: datetime | None) -> bytes | None:
    if signed_at is None:
        return None
    if signed_at.tzinfo is None:
        raise Refused("TIME", "The signing time needs a time zone.")
    return der.x509_time(signed_at)


def _signed_attributes(
    form: CmsForm, kind: str, digest: bytes, info: CertificateInfo, signing_time: bytes | None
) -> bytes:
    parts = [_content_type(kind), attribute(forms.MESSAGE_DIGEST, der.octet_string(digest))]
    if signing_time is not None:
        parts.append(attribute(forms.SIGNING_TIME, signing_time))
    if form is CmsForm.RFC5652:
        parts.append(signing_certificate_attribute(info.der))
    return der.set_of(*parts)


def attribute(oid: str, value: bytes) -> bytes:
    """An Attribute with one value."""
    return der.sequence(der.oid(oid), der.tlv(der.SET, value))


@lru_cache(maxsize=32)
def _content_type(kind: str) -> bytes:
    return attribute(forms.CONTENT_TYPE, der.oid(kind))


@lru_cache(maxsize=128)
def signing_certificate_attribute(certificate: bytes) -> bytes:
    """signing-certificate-v2 (RFC 5035): binds the certificate, by SM3, so that none can be put in its place."""
    identified = der.sequence(ALGORITHM_SM3, der.octet_string(sm3(certificate)))
    return attribute(forms.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(identified)))


@lru_cache(maxsize=128)
def _signer_identifier(certificate: bytes) -> bytes:
    info = read_certificate(certificate)
    return der.sequence(info.issuer_raw, der.tlv(der.INTEGER, bytes.fromhex(info.serial)))


def _assemble(
    form: CmsForm,
    kind: str,
    content: bytes | None,
    info: CertificateInfo,
    extra: tuple[bytes, ...],
    attributes: bytes,
    signature: bytes,
    token: bytes | None,
) -> bytes:
    signer_info = der.sequence(
        der.integer(1),
        _signer_identifier(info.der),
        ALGORITHM_SM3,
        b"\xa0" + attributes[1:],
        forms.SIGNATURE_ALGORITHM_OF[form],
        der.octet_string(signature),
        b"" if token is None else der.explicit(1, attribute(forms.TIMESTAMP_TOKEN, token)),
    )
    plain = kind in {forms.GB_DATA, forms.PKCS7_DATA}
    signed_data = der.sequence(
        # Version 3 announces a content that is not plain data (RFC 5652, 5.1).
        der.integer(1 if plain else 3),
        der.tlv(der.SET, ALGORITHM_SM3),
        der.sequence(der.oid(kind), b"" if content is None else der.explicit(0, der.octet_string(content))),
        der.explicit(0, b"".join(sorted(dict.fromkeys((info.der, *extra))))),
        der.tlv(der.SET, signer_info),
    )
    return der.sequence(der.oid(forms.SIGNED_DATA_OF[form]), der.explicit(0, signed_data))
