"""The parts that a seal and a seal signature share: constants, the picture, extensions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import curve, der

HEADER_ID: Final = "ES"
VERSION_4: Final = 4
"""GB/T 38540-2020."""
VERSION_5: Final = 5
"""GM/T 0031-2025: the layout of version 4, with an optional time stamp on the seal."""
READABLE_VERSIONS: Final = frozenset({VERSION_4, VERSION_5})

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


def read_extensions(element: der.Element) -> tuple[Extension, ...]:
    """ExtensionDatas. Raises ``MalformedInput``."""
    found: list[Extension] = []
    for child in element.expect(der.SEQUENCE, "extDatas").children():
        fields = child.fields("ExtData", 2, 3)
        # DER leaves out a FALSE, yet common software writes it; both are read.
        critical = len(fields) == 3 and fields[1].expect(der.BOOLEAN, "critical").content != b"\x00"
        found.append(Extension(fields[0].oid("extnID"), critical, fields[-1].octets("extnValue")))
        if len(found) > MAX_EXTENSIONS:
            raise MalformedInput(f"extDatas: more than {MAX_EXTENSIONS} extensions.")
    return tuple(found)


def whole_second(instant: datetime, what: str) -> datetime:
    """The instant in UTC as seals can write it. Raises ``Refused`` (TIME) without a time zone."""
    if instant.tzinfo is None:
        raise Refused("TIME", f"The {what} needs a time zone.")
    return instant.astimezone(UTC).replace(microsecond=0)
