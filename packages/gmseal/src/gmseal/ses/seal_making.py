"""Making and renewing electronic seals: GB/T 38540-2020, 6.2, and GM/T 0031-2025. What is written is strict DER."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gmseal.checks import CheckResult, walk
from gmseal.errors import GmsealError, Refused
from gmseal.judging.certificates import MAKER, judge_chain, judge_revocation
from gmseal.judging.log import CheckLog
from gmseal.ses.mathematics import maker_signature_is_good
from gmseal.ses.model import Seal
from gmseal.ses.seal_reading import read_seal
from gmseal.ses.stamping import stamp_field
from gmseal.ses.structures import (
    ALGORITHM,
    CERTIFICATES,
    DIGESTS,
    HEADER_ID,
    MAX_SIGNERS,
    VERSION_4,
    VERSION_5,
    WRITTEN_VERSIONS,
    Extension,
    SealPicture,
    encode_extensions,
    whole_second,
)
from gmseal.ses.svg_picture import svg_text
from gmseal.sm import der
from gmseal.sm.certificate_info import CertificateInfo, read_certificate
from gmseal.sm.keys import Signer, sm3
from gmseal.sm.timestamp_source import TimestampSource
from gmseal.trust import TrustStore

MAX_NAME_CHARACTERS: Final = 200
MAX_ID_CHARACTERS: Final = 64
MAX_PICTURE_BYTES: Final = 1 << 20
MAX_SIDE_MM: Final = 200
_PICTURE_STARTS: Final = {
    "PNG": b"\x89PNG\r\n\x1a\n",
    "JPG": b"\xff\xd8\xff",
    "GIF": b"GIF8",
    "BMP": b"BM",
    "OFD": b"PK\x03\x04",  # a small package whose first page is the picture, as seals of invoices have
}
_SVG_ROOT: Final = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^>]{0,500}-->\s*)?<svg[\s>]")
_DIGEST_NAME: Final = "SM3"


@dataclass(frozen=True, slots=True)
class SealSpec:
    """What a seal to be made says. ``type`` is free by business; 1 is common for an organization.

    ``list_type`` 1 writes the signers' certificates into the seal, 2 their SM3 digests only. ``version`` is 4
    (GB/T 38540-2020) or 5 (GM/T 0031-2025).
    """

    es_id: str
    name: str
    type: int
    picture: SealPicture
    signer_certificates: tuple[bytes, ...]
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    vendor_id: str
    version: int = VERSION_4
    list_type: int = CERTIFICATES
    extensions: tuple[Extension, ...] = ()


def make_seal(
    spec: SealSpec,
    maker_certificate: bytes,
    maker: Signer,
    *,
    trust: TrustStore | None = None,
    timestamps: TimestampSource | None = None,
) -> bytes:
    """Make a seal and return its DER.

    1. The maker's certificate belongs to the maker's key, is in force when the seal is created, and its key usage
       allows making seals; with ``trust`` it also leads to a trusted root and was not revoked.
    2. The content is within its limits and the signers' certificates can be read. A seal of version 5 is created
       within its own validity, as its verification asks for.
    3. The maker signs DER(eSealInfo), and nothing else.
    4. With ``timestamps`` (version 5 only) the maker's signature value is stamped.

    Raises ``Refused`` (MAKER_KEY_MISMATCH, MAKER_EXPIRED, MAKER_KEYUSAGE, MAKER_CHAIN, MAKER_REVOKED, SEAL_VERSION,
    SEAL_CONTENT, PICTURE_UNSUPPORTED, SIGNERS, VALIDITY, TIME, EXTENSIONS, TIMESTAMP, TIMESTAMP_TOO_LARGE) and ``MalformedInput``.
    """
    # 1.
    _check_maker(spec, maker_certificate, maker, trust)
    # 2.
    _check_content(spec, timestamps)
    return _signed(_encode_info(spec), maker_certificate, maker, timestamps, spec.created_at)


def renew_seal(
    seal: bytes,
    signer_certificates: Sequence[bytes],
    maker_certificate: bytes,
    maker: Signer,
    *,
    created_at: datetime,
    previous_certificates: Sequence[bytes] = (),
    trust: TrustStore | None = None,
    timestamps: TimestampSource | None = None,
) -> bytes:
    """Make a seal anew because its signers have new certificates; nothing but list and creation time changes.

    1. The old seal is of version 4 or 5, its maker's signature is good, and it is in force at ``created_at``.
    2. The maker is the same as before (the same subject; his certificate may be a new one) and may make seals now.
    3. Each new certificate names the subject of one that was listed. A seal that lists digests does not say who
       that was, so ``previous_certificates`` must give the certificates whose digests it lists.
    4. Everything else is written back octet by octet; what cannot be, is refused.

    Raises ``Refused`` (SEAL_VERSION, SEAL_SIGNATURE, SEAL_NOT_IN_FORCE, MAKER_DIFFERS, SIGNER_DIFFERS,
    NOTHING_CHANGES, SEAL_NOT_REPRODUCIBLE, and those of ``make_seal``) and ``MalformedInput``.
    """
    old = read_seal(seal)
    # 1.
    _check_renewable(old, whole_second(created_at, "creation time"))
    spec = _spec_of(old, tuple(previous_certificates))
    new = replace(spec, signer_certificates=tuple(signer_certificates), created_at=created_at)
    # 2.
    if read_certificate(maker_certificate).subject_raw != old.maker.subject_raw:
        raise Refused("MAKER_DIFFERS", "A seal is renewed by its own maker.")
    _check_maker(new, maker_certificate, maker, trust)
    # 3.
    _check_successors(old, spec, new)
    # 4.
    if _encode_info(spec) != old.raw_info:
        raise Refused("SEAL_NOT_REPRODUCIBLE", "This seal's form is not the standard's; have it made anew.")
    _check_time_and_signers(new, timestamps)
    return _signed(_encode_info(new), maker_certificate, maker, timestamps, created_at)


def _signed(
    info: bytes, maker_certificate: bytes, maker: Signer, timestamps: TimestampSource | None, at: datetime
) -> bytes:
    signature = maker.sign(info)
    if not maker.public_key.verify(signature, info):
        raise GmsealError("The maker's key returned a signature that does not verify.")
    stamp = stamp_field(timestamps, signature, at)
    return der.sequence(
        info, der.octet_string(maker_certificate), ALGORITHM, der.bit_string(signature), stamp
    )


def picture_type(data: bytes) -> str:
    """The type of a seal's picture by its content. Raises ``Refused`` (SEAL_CONTENT) for anything else."""
    found = next((kind for kind, start in _PICTURE_STARTS.items() if data.startswith(start)), None)
    if found is None and _SVG_ROOT.match(data):
        found = "SVG"
    if found is None:
        raise Refused("SEAL_CONTENT", "A seal's picture is PNG, JPG, GIF, BMP, SVG or OFD.")
    return found


# --- the maker ---------------------------------------------------------------------------------


def _check_maker(spec: SealSpec, maker_certificate: bytes, maker: Signer, trust: TrustStore | None) -> None:
    info = read_certificate(maker_certificate)
    created_at = whole_second(spec.created_at, "creation time")
    if info.public_key != maker.public_key:
        raise Refused("MAKER_KEY_MISMATCH", "The maker's key does not belong to the maker's certificate.")
    if not info.valid_at(created_at):
        raise Refused("MAKER_EXPIRED", "The maker's certificate is not in force when the seal is created.")
    if not info.may_make_seals():
        raise Refused("MAKER_KEYUSAGE", "The maker's certificate does not allow making seals.")
    if trust is not None:
        _check_trusted(info, created_at, trust)


def _check_trusted(info: CertificateInfo, created_at: datetime, trust: TrustStore) -> None:
    """GM/T 0031-2025: chain and revocation of the maker are checked before he makes a seal."""
    log = CheckLog("GM/T 0031-2025")
    judge_chain(log, MAKER, info, created_at, trust)
    judge_revocation(log, MAKER, info, created_at, trust)
    for check in walk(log.checks()):
        open_chain = check.code == MAKER.chain and check.result is CheckResult.NOT_CHECKED
        if check.result is CheckResult.FAIL or open_chain:
            raise Refused(check.code, check.en)


# --- the content -------------------------------------------------------------------------------


def _check_content(spec: SealSpec, timestamps: TimestampSource | None) -> None:
    if spec.version not in WRITTEN_VERSIONS:
        raise Refused("SEAL_VERSION", "Seals of version 4 or 5 are made.")
    for text, limit in (
        (spec.name, MAX_NAME_CHARACTERS),
        (spec.es_id, MAX_ID_CHARACTERS),
        (spec.vendor_id, 64),
    ):
        if not 1 <= len(text) <= limit or not text.isprintable():
            raise Refused("SEAL_CONTENT", f"A text of the seal has 1 to {limit} printable characters.")
    _check_picture(spec.picture)
    _check_time_and_signers(spec, timestamps)


def _check_time_and_signers(spec: SealSpec, timestamps: TimestampSource | None) -> None:
    valid_from = whole_second(spec.valid_from, "start of validity")
    valid_to = whole_second(spec.valid_to, "end of validity")
    created_at = whole_second(spec.created_at, "creation time")
    if not valid_from < valid_to:
        raise Refused("VALIDITY", "A seal's validity ends after it begins.")
    if spec.version == VERSION_5 and not valid_from <= created_at <= valid_to:
        raise Refused("VALIDITY", "A seal of version 5 is created within its own validity.")
    if timestamps is not None and spec.version != VERSION_5:
        raise Refused("SEAL_VERSION", "Only a seal of version 5 carries a time stamp.")
    if spec.list_type not in {CERTIFICATES, DIGESTS}:
        raise Refused("SIGNERS", "A seal lists certificates (1) or their digests (2).")
    if not 1 <= len(spec.signer_certificates) <= MAX_SIGNERS:
        raise Refused("SIGNERS", f"A seal lists 1 to {MAX_SIGNERS} certificates of those who may use it.")
    for certificate in spec.signer_certificates:
        if not read_certificate(certificate).may_sign():
            raise Refused("SIGNERS", "A listed certificate does not allow signing.")


def _check_picture(picture: SealPicture) -> None:
    if picture.type.upper() != picture_type(picture.data):
        raise Refused("SEAL_CONTENT", "The picture's bytes are not of the type it claims.")
    if picture.type.upper() == "SVG":
        svg_text(picture.data)
    if len(picture.data) > MAX_PICTURE_BYTES:
        raise Refused("SEAL_CONTENT", "The picture is larger than 1 MiB; every signature repeats it.")
    if not (1 <= picture.width_mm <= MAX_SIDE_MM and 1 <= picture.height_mm <= MAX_SIDE_MM):
        raise Refused("SEAL_CONTENT", f"A side of the picture has 1 to {MAX_SIDE_MM} mm.")


def _encode_info(spec: SealSpec) -> bytes:
    header = der.sequence(
        der.ia5_string(HEADER_ID), der.integer(spec.version), der.ia5_string(spec.vendor_id)
    )
    properties = der.sequence(
        der.integer(spec.type),
        der.utf8_string(spec.name),
        der.integer(spec.list_type),
        der.sequence(*(_list_entry(certificate, spec.list_type) for certificate in spec.signer_certificates)),
        der.generalized_time(whole_second(spec.created_at, "creation time")),
        der.generalized_time(whole_second(spec.valid_from, "start of validity")),
        der.generalized_time(whole_second(spec.valid_to, "end of validity")),
    )
    picture = der.sequence(
        der.ia5_string(spec.picture.type),
        der.octet_string(spec.picture.data),
        der.integer(spec.picture.width_mm),
        der.integer(spec.picture.height_mm),
    )
    # Every product writes these without a tag, and the most common reader knows no other form.
    extensions = encode_extensions(spec.extensions) if spec.extensions else b""
    return der.sequence(header, der.ia5_string(spec.es_id), properties, picture, extensions)


def _list_entry(certificate: bytes, list_type: int) -> bytes:
    if list_type == CERTIFICATES:
        return der.octet_string(certificate)
    return der.sequence(der.printable_string(_DIGEST_NAME), der.octet_string(sm3(certificate)))


# --- renewing ----------------------------------------------------------------------------------


def _check_renewable(old: Seal, created_at: datetime) -> None:
    if old.version not in WRITTEN_VERSIONS:
        raise Refused("SEAL_VERSION", "A seal of version 1 is not renewed; have it made anew.")
    if not maker_signature_is_good(old):
        raise Refused("SEAL_SIGNATURE", "The maker's signature on the seal is not good.")
    if not old.valid_at(created_at):
        raise Refused("SEAL_NOT_IN_FORCE", "A seal that is not in force is not renewed; have it made anew.")


def _spec_of(old: Seal, previous: tuple[bytes, ...]) -> SealSpec:
    """What would make the old seal again, its list in the old order."""
    listed = old.signer_certificates
    if old.signer_digests:
        known = {sm3(certificate): certificate for certificate in previous}
        if any(value not in known for _, value in old.signer_digests):
            raise Refused("SIGNER_DIFFERS", "Give the certificates whose digests this seal lists.")
        listed = tuple(known[value] for _, value in old.signer_digests)
    return SealSpec(
        es_id=old.es_id,
        name=old.name,
        type=old.type,
        picture=old.picture,
        signer_certificates=listed,
        created_at=old.created_at,
        valid_from=old.valid_from,
        valid_to=old.valid_to,
        vendor_id=old.vendor_id,
        version=old.version,
        list_type=old.list_type,
        extensions=old.extensions,
    )


def _check_successors(old: Seal, spec: SealSpec, new: SealSpec) -> None:
    if set(new.signer_certificates) == set(spec.signer_certificates):
        raise Refused("NOTHING_CHANGES", "The seal lists these certificates already.")
    subjects = {read_certificate(certificate).subject_raw for certificate in spec.signer_certificates}
    for certificate in new.signer_certificates:
        if read_certificate(certificate).subject_raw not in subjects:
            raise Refused(
                "SIGNER_DIFFERS", "A new certificate belongs to somebody whom the seal did not list."
            )
    if new.created_at < old.created_at:
        raise Refused("TIME", "A seal is not renewed before it was made.")
