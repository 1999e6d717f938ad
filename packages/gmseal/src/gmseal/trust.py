"""Whom a verifier believes: the root certificates it was given, and nothing else."""

import binascii
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gmseal.errors import MalformedInput, Refused

ENVIRONMENT_VARIABLE = "GMSEAL_TRUST"
"""Names the directory that is used when no other one is given."""

_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_MAX_FILE_BYTES = 1 << 20


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
        """Read every ``.pem``, ``.crt``, ``.cer`` and ``.der`` file of a directory.

        Self-signed certificates become roots, the others intermediates. Raises ``Refused``
        (``TRUST_UNREADABLE``) when the directory cannot be read and ``MalformedInput`` when a
        file holds no certificate: a trust store that is silently smaller than its owner thinks
        would turn good seals into doubtful ones.
        """
        certificates: list[bytes] = []
        try:
            files = sorted(file for file in directory.iterdir() if file.suffix.lower() in _SUFFIXES)
            for file in files:
                certificates += split_certificates(file.read_bytes()[: _MAX_FILE_BYTES + 1], file.name)
        except OSError as error:
            raise Refused(
                "TRUST_UNREADABLE", f"The trust directory {directory} cannot be read: {error.strerror}."
            ) from error
        return cls.of(certificates)

    @classmethod
    def of(cls, certificates: list[bytes]) -> Self:
        """Sort DER certificates into roots and intermediates. Raises ``MalformedInput``."""
        from gmseal.sm.certificates import read_certificate  # noqa: PLC0415 - keeps this module light

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
    blocks = _PEM_BLOCK.findall(data)
    if not blocks:
        if data[:1] != b"\x30":
            raise MalformedInput(f"{name} holds no certificate.")
        return [data]
    try:
        return [binascii.a2b_base64(b"".join(block.split()), strict_mode=True) for block in blocks]
    except binascii.Error as error:
        raise MalformedInput(f"{name} holds a damaged PEM block.") from error
