"""Whom a verifier believes: the root certificates it was given, and nothing else."""

import binascii
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from gmseal.errors import MalformedInput, Refused

ENVIRONMENT_VARIABLE = "GMSEAL_TRUST"
"""Names the directory that is used when no other one is given."""

TIMESTAMP_DIRECTORY = "timestamp"
"""The part of a trust directory whose roots are believed for time stamps only."""

_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
_LIST_SUFFIX, _OCSP_SUFFIX = ".crl", ".ocsp"
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_PEM_LIST = re.compile(rb"-----BEGIN X509 CRL-----(.*?)-----END X509 CRL-----", re.DOTALL)
_MAX_FILE_BYTES = 1 << 20
_MAX_LIST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Certificates in DER that the operator chose.

    Only ``roots`` (self-signed) are anchors of trust. ``intermediates`` merely help to build
    chains, as a seal carries no certificates but those of its maker and its signers.
    ``timestamp_roots`` are believed for time stamps only; when there are none, ``roots`` are.
    ``crls`` and ``ocsp_responses`` (DER) say what has been revoked; their signatures are checked.
    """

    roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    timestamp_roots: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """Read a directory: certificates, revocation lists and OCSP answers.

        Certificates stand in ``.pem``, ``.crt``, ``.cer`` and ``.der`` files; self-signed ones
        become roots, the others intermediates. Those in the subdirectory ``timestamp`` are
        believed for time stamps only. Lists are ``.crl`` files (DER or PEM) or ``X509 CRL``
        blocks beside certificates, OCSP answers ``.ocsp`` files (DER).

        Raises ``Refused`` (``TRUST_UNREADABLE``) when the directory cannot be read and
        ``MalformedInput`` when a file does not hold what it should: a trust store that is silently
        smaller than its owner thinks would turn good seals into doubtful ones.
        """
        try:
            store = cls._read(directory)
            stamping = directory / TIMESTAMP_DIRECTORY
            extra = cls._read(stamping) if stamping.is_dir() else cls()
        except OSError as error:
            raise Refused(
                "TRUST_UNREADABLE", f"The trust directory {directory} cannot be read: {error.strerror}."
            ) from error
        return replace(
            store,
            intermediates=tuple(dict.fromkeys(store.intermediates + extra.intermediates)),
            timestamp_roots=extra.roots,
            crls=store.crls + extra.crls,
            ocsp_responses=store.ocsp_responses + extra.ocsp_responses,
        )

    @classmethod
    def _read(cls, directory: Path) -> Self:
        certificates: list[bytes] = []
        lists: list[bytes] = []
        answers: list[bytes] = []
        for file in sorted(file for file in directory.iterdir() if file.is_file()):
            suffix = file.suffix.lower()
            if suffix in _SUFFIXES:
                data = _read_bounded(file, _MAX_FILE_BYTES)
                found = split_crls(data, file.name) if _PEM_LIST.search(data) else []
                lists += found
                if not found or _PEM_BLOCK.search(data):
                    certificates += split_certificates(data, file.name)
            elif suffix == _LIST_SUFFIX:
                lists += split_crls(_read_bounded(file, _MAX_LIST_BYTES), file.name)
            elif suffix == _OCSP_SUFFIX:
                answers.append(_checked_answer(_read_bounded(file, _MAX_FILE_BYTES), file.name))
        return replace(cls.of(certificates), crls=tuple(dict.fromkeys(lists)), ocsp_responses=tuple(answers))

    @classmethod
    def of(cls, certificates: list[bytes]) -> Self:
        """Sort DER certificates into roots and intermediates. Raises ``MalformedInput``."""
        from gmseal.sm.certificate_info import read_certificate  # noqa: PLC0415 - keeps this module light

        unique = list(dict.fromkeys(certificates))
        selfsigned = {der for der in unique if read_certificate(der).self_issued}
        return cls(
            roots=tuple(der for der in unique if der in selfsigned),
            intermediates=tuple(der for der in unique if der not in selfsigned),
        )

    @classmethod
    def from_environment(cls) -> Self:
        """The directory named by ``GMSEAL_TRUST``; an empty store when the variable is not set."""
        named = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
        return cls.from_directory(Path(named)) if named else cls()


def split_certificates(data: bytes, name: str) -> list[bytes]:
    """The DER certificates of a PEM file (any number) or a DER file (one). Raises ``MalformedInput``."""
    if len(data) > _MAX_FILE_BYTES:
        raise MalformedInput(f"{name} is too large for a file of certificates.")
    return _split(data, name, _PEM_BLOCK, "certificate")


def split_crls(data: bytes, name: str) -> list[bytes]:
    """The DER revocation lists of a PEM file (any number) or a DER file (one). Raises ``MalformedInput``."""
    from gmseal.sm.crl import read_crl  # noqa: PLC0415 - keeps this module light

    found = _split(data, name, _PEM_LIST, "revocation list")
    for each in found:
        try:
            read_crl(each)
        except MalformedInput as error:
            raise MalformedInput(f"{name} holds no revocation list: {error}") from error
    return found


def _split(data: bytes, name: str, block: re.Pattern[bytes], what: str) -> list[bytes]:
    blocks = block.findall(data)
    if not blocks:
        if data[:1] != b"\x30":
            raise MalformedInput(f"{name} holds no {what}.")
        return [data]
    try:
        return [binascii.a2b_base64(b"".join(each.split()), strict_mode=True) for each in blocks]
    except binascii.Error as error:
        raise MalformedInput(f"{name} holds a damaged PEM block.") from error


def _checked_answer(data: bytes, name: str) -> bytes:
    from gmseal.sm.ocsp import read_ocsp_response  # noqa: PLC0415 - keeps this module light

    try:
        read_ocsp_response(data)
    except MalformedInput as error:
        raise MalformedInput(f"{name} holds no OCSP answer: {error}") from error
    return data


def _read_bounded(file: Path, limit: int) -> bytes:
    with file.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise MalformedInput(f"{file.name} is too large for what it should hold.")
    return data
