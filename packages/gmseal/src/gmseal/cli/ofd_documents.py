"""The OFD side of ``gmseal sign``: options that belong to a package, and those that do not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.ofd.sign import OfdSigner
    from gmseal.placement import SealPlacement, SeamPlacement

_START = b"PK\x03\x04"


def is_package(start: bytes) -> bool:
    """Whether a file beginning like this is a ZIP archive, as OFD packages are."""
    return start.startswith(_START)


def sign_package(
    file: Path,
    out: Path,
    signer: "OfdSigner",
    *,
    placement: "SealPlacement | None",
    seam: "SeamPlacement | None",
    document: int,
    whole: bool,
    pdf_only: bool,
) -> None:
    """Sign an OFD package. Raises ``Refused`` (``OPTION``) when something was asked for that only a PDF carries."""
    from gmseal.ofd import OfdSealOrder, Protection, seal_ofd  # noqa: PLC0415 - only what a command needs is loaded

    if pdf_only:
        raise Refused("OPTION", "A code, a reason and other kinds of signatures are for PDF only.")
    order = OfdSealOrder(
        signed_at=datetime.now(UTC),
        placements=() if placement is None else (placement,),
        seam=seam,
        document=document - 1,
        protection=Protection.WHOLE if whole else Protection.CONTINUE,
    )
    seal_ofd(file, out, order=order, signer=signer)
