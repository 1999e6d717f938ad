"""What one signing of an OFD package asks for."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from gmseal.errors import Refused
from gmseal.ofd.signatures import Parameter, Provider
from gmseal.placement import KeywordPlacement, SealPlacement, SeamPlacement
from gmseal.qr_code import QrBeside, QrPlacement
from gmseal.sm.keys import Signer
from gmseal.sm.timestamp_source import TimestampSource

OWN_NAME: Final = Provider(name="gmseal", version="0.1.0", company="Shuangyin", protocol="1.0")


class Protection(StrEnum):
    """Whether others may sign after this signature (GB/T 33190-2016, 18.1)."""

    CONTINUE = "continue"
    """Everything but the list of signatures: further signatures can be added."""
    WHOLE = "whole"
    """The list of signatures as well: a further signature would break this one."""


@dataclass(frozen=True, slots=True)
class CertificateSigner:
    """A certificate (DER), its key, and certificates of authorities to go with it: for signatures without a seal.

    ``timestamps`` stamps every signature value.
    """

    certificate: bytes
    key: Signer
    others: tuple[bytes, ...] = field(default=())
    timestamps: TimestampSource | None = None


OfdPlacement = SealPlacement | KeywordPlacement
"""Where a whole seal goes: at millimetres, or where a text stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdSealOrder:
    """Everything one signing puts into a package. Lengths in millimetres, pages from 0.

    ``document`` is the number of the DocBody, from 0. A signature protects every file of the package
    whatever document it belongs to, but the lists of signatures (see ``Protection``). ``seal_file`` writes
    the seal beside its signature, as some readers expect. ``qr`` adds a code to a page, as an annotation, which is
    possible only before any signature protects the document. ``base`` is the id of a signature of the same
    document that this one rests on (Relative, GM/T 0099).
    """

    signed_at: datetime
    placements: tuple[OfdPlacement, ...] = ()
    seam: SeamPlacement | None = None
    qr: QrPlacement | QrBeside | None = None
    document: int = 0
    protection: Protection = Protection.CONTINUE
    seal_file: bool = True
    provider: Provider = OWN_NAME
    parameters: tuple[Parameter, ...] = ()
    base: str | None = None

    def __post_init__(self) -> None:
        if self.signed_at.tzinfo is None:
            raise Refused("TIME_ZONE", "The time of signing needs a time zone.")

    @property
    def places_seal(self) -> bool:
        """Whether a picture is to be shown anywhere."""
        return bool(self.placements) or self.seam is not None
