"""The parts that a seal and a seal signature share: constants, the picture, extensions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gmseal.errors import Refused
from gmseal.sm import curve, der

HEADER_ID: Final = "ES"
VERSION_1: Final = 1
"""GM/T 0031-2014; read and verified, never written."""
VERSION_4: Final = 4
"""GB/T 38540-2020."""
VERSION_5: Final = 5
"""GM/T 0031-2025: the layout of version 4, with an optional time stamp on the seal."""
WRITTEN_VERSIONS: Final = frozenset({VERSION_4, VERSION_5})
"""Versions with the layout of GB/T 38540; version 1 is told by its structure, whatever number it states."""

CERTIFICATES: Final = 1
"""certListType: the list holds certificates."""
DIGESTS: Final = 2
"""certListType: the list holds digests of certificates."""

MAX_SEAL_BYTES: Final = 8 << 20
MAX_SIGNERS: Final = 256
MAX_EXTENSIONS: Final = 64

ALGORITHM: Final = der.oid(curve.SM2_WITH_SM3)


@dataclass(frozen=True, slots=True)
class SealPicture:
    """The picture on the seal: ``type`` such as PNG, its bytes, and its size in millimetres."""

    type: str
    data: bytes = field(repr=False)
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class Extension:
    """ExtData: an extension as it stands."""

    oid: str
    critical: bool
    value: bytes = field(repr=False)


def encode_extensions(extensions: Iterable[Extension]) -> bytes:
    """ExtensionDatas in DER: a FALSE is left out. Raises ``Refused`` (EXTENSIONS)."""
    listed = tuple(extensions)
    if len(listed) > MAX_EXTENSIONS or len({one.oid for one in listed}) != len(listed):
        raise Refused(
            "EXTENSIONS", f"There are at most {MAX_EXTENSIONS} extensions, each with its own identifier."
        )
    return der.sequence(
        *(
            der.sequence(
                der.oid(one.oid),
                der.boolean(value=True) if one.critical else b"",
                der.octet_string(one.value),
            )
            for one in listed
        )
    )


def whole_second(instant: datetime, what: str) -> datetime:
    """The instant in UTC as seals can write it. Raises ``Refused`` (TIME) without a time zone."""
    if instant.tzinfo is None:
        raise Refused("TIME", f"The {what} needs a time zone.")
    return instant.astimezone(UTC).replace(microsecond=0)
