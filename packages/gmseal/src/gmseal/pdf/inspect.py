"""A first look at a PDF: its pages as displayed, whether it is signed, whether it is sound; and its repair."""

import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from gmseal.errors import Refused
from gmseal.named_paths import not_written
from gmseal.pdf.damage import reading
from gmseal.pdf.document import Document, open_document
from gmseal.pdf.fields import signed_fields
from gmseal.pdf.geometry import PageInfo, page_space
from gmseal.pdf.limits import DEFAULT_LIMITS, PdfLimits
from gmseal.pdf.losses import Losses, lost_content


@dataclass(frozen=True, slots=True)
class PdfInfo:
    """What a PDF is like. ``damage`` is the reason code when ``damaged`` (see ``repair_pdf``)."""

    pages: tuple[PageInfo, ...]
    signed: bool
    signature_count: int
    damaged: bool
    damage: str | None = None
    losses: Losses | None = None
    """What the file cannot show any more, as after a transfer that was cut off; ``None``: not looked for."""


def inspect_pdf(source: Path, limits: PdfLimits = DEFAULT_LIMITS, *, every_stream: bool = False) -> PdfInfo:
    """Looks at a PDF without changing it. Raises as ``open_document``, but opens damaged files.

    What is lost is looked for in a damaged file, and with ``every_stream`` in a sound one too: a structure that is
    in order may hold pages whose streams are cut short or cannot be unpacked. All of them are unpacked for that.
    """
    with open_document(source, limits, accept_damage=True) as document:
        pages = tuple(page_space(page).info for page in document.pages)
        count = len(signed_fields(document))
        damage = document.damaged
        if damage is None:
            damage = _damage_to_sealing(document)
    losses = lost_content(source, limits, before=source) if damage is not None or every_stream else None
    return PdfInfo(pages, count > 0, count, damage is not None, damage, losses)


def _damage_to_sealing(document: Document) -> str | None:
    """What would have to be repaired before sealing, although the file opens."""
    try:
        document.last_section()
        document.check_numbers()
        document.check_streams()
    except Refused as refused:
        return refused.reason
    return None


@contextmanager
def _open_for_repair(source: Path, limits: PdfLimits) -> Iterator[Document]:
    """With qpdf's repairs where streams need them: it leaves out what it cannot read otherwise."""
    with open_document(source, limits, accept_damage=True) as document:
        if document.damaged or document.extents().sound:
            yield document
            return
    with open_document(source, limits, accept_damage=True, repairs=True) as document:
        yield document


def repair_pdf(source: Path, target: Path, limits: PdfLimits = DEFAULT_LIMITS) -> PdfInfo:
    """Writes a clean copy of a damaged file and returns what that is like.

    Rewriting breaks signatures, so a signed file is refused (``SIGNED``).
    """
    with _open_for_repair(source, limits) as document:
        if signed_fields(document):
            raise Refused("SIGNED", "This PDF carries signatures, which a repair would break.")
        temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}")
        try:
            with reading(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pikepdf's remarks on pages; what matters was checked
                if "/Size" not in document.pdf.trailer:
                    # Only a trailer that was lost lacks it; qpdf counts anew, but only where there is one.
                    document.pdf.trailer["/Size"] = document.first_free_number()
                document.pdf.save(temporary, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
            temporary.replace(target)
        except OSError as error:
            raise not_written(target, error) from error
        finally:
            temporary.unlink(missing_ok=True)
    return inspect_pdf(target, limits)
