"""Looks at an uploaded file before a byte of it is kept: is it a sound PDF or OFD, within limits, and not classified?

The file lies in the work folder meanwhile, mode 0600, and is removed whatever comes out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gmseal.errors import GmsealError
from gmseal.errors import Refused as GmsealRefused
from gmseal.ofd import OfdLimits, inspect_ofd, require_appendable
from gmseal.pdf import PdfInfo, PdfLimits, inspect_pdf, repair_pdf
from gmseal.pdf.losses import lost_content
from shuangyin.core.errors import TooLarge
from shuangyin.core.free_text import classified_mark, has_unseen, is_bare_level, unseen_named
from shuangyin.core.objects import ObjectStore, blocks_of
from shuangyin.core.settings import Settings
from shuangyin.documents import errors, first_page_text, rules
from shuangyin.documents.drawing import Note, draw_ofd
from shuangyin.documents.formats import Format, format_of
from shuangyin.documents.own_programs import answer_of

FIRST_PAGE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class UploadNames:
    """What an upload is called, checked."""

    title: str
    file_name: str


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """A file that may be kept: where it lies now, and what it is like."""

    path: Path
    uploaded_sm3: str
    format: Format
    page_sizes: list[list[float]]
    """Width and height of each page as displayed, in mm to a hundredth."""
    signed: bool
    repaired: bool = False
    notes: tuple[Note, ...] = ()
    """What the drawing of an OFD does not show as the file says it."""


def checked_names(title: str | None, file_name: str | None) -> UploadNames:
    """Title and file name of an upload. Raises Invalid (NAME_TOO_LONG, NAME_MALFORMED), Refused (classified)."""
    name = rules.base_name(file_name or "")
    stem = rules.stem(name)
    heading = (title or "").strip() or stem
    if len(name) > rules.MAX_FILE_NAME or len(heading) > rules.MAX_TITLE:
        raise errors.name_too_long(rules.MAX_TITLE)
    if not name or not heading or has_unseen(name) or has_unseen(heading):
        raise errors.name_malformed(unseen_named(name + heading))
    if classified_mark(stem) or classified_mark(heading):
        raise errors.classified()
    return UploadNames(heading, name)


@contextmanager
def inspected(objects: ObjectStore, settings: Settings, upload: BinaryIO) -> Iterator[InspectedFile]:
    """The upload as an inspected work file, which is gone afterwards.

    1. Copy it into the work folder, within the limit of bytes.
    2. It is a PDF within the limit of pages, not encrypted; a damaged one without signatures is repaired,
       unless the damage took something off its pages. Or it is an OFD of one document within the same limits, whose
       pages can be drawn and which takes a further signature.
    3. Its first pages carry no mark of a classified paper.

    Raises TooLarge, Invalid, Refused, Unavailable.
    """
    path, other = objects.work_path(".upload"), objects.work_path(".pdf")
    try:
        # 1.
        sm3 = _copy(upload, path, settings.max_upload_bytes)
        with path.open("rb") as file:
            kind = format_of(file.read(4))
        look = _look_at_ofd if kind is Format.OFD else _look_at_pdf
        yield look(path, other, sm3, settings)
    finally:
        path.unlink(missing_ok=True)
        other.unlink(missing_ok=True)


def _look_at_pdf(path: Path, repaired_path: Path, sm3: str, settings: Settings) -> InspectedFile:
    # 2.
    limits = PdfLimits(settings.max_upload_bytes, settings.max_pages)
    info, repaired = _sound(path, repaired_path, limits)
    # 3.
    kept = repaired_path if repaired else path
    said = _first_pages(kept)
    text, corners = said.get("text"), said.get("corners")
    if not isinstance(text, str) or not isinstance(corners, list):
        raise errors.first_page_unreadable()
    _refuse_classified(text, corners)
    sizes = [_millimetres(page.width_mm, page.height_mm) for page in info.pages]
    return InspectedFile(kept, sm3, Format.PDF, sizes, info.signed, repaired)


def _look_at_ofd(path: Path, drawn_path: Path, sm3: str, settings: Settings) -> InspectedFile:
    # 2.
    limits = OfdLimits(max_bytes=settings.max_upload_bytes, max_pages=settings.max_pages)
    try:
        info = inspect_ofd(path, limits)
        if info.documents != 1:
            raise errors.several_documents(info.documents)
        require_appendable(path, limits=limits)
    except GmsealError as error:
        raise errors.ofd_refused(errors.code_of(error), str(error)) from error
    drawing = draw_ofd(path, drawn_path)
    # 3.
    _refuse_classified(drawing.text, drawing.corners)
    sizes = [_millimetres(page.width_mm, page.height_mm) for page in info.pages]
    return InspectedFile(path, sm3, Format.OFD, sizes, info.signed, notes=drawing.notes)


def _millimetres(width: float, height: float) -> list[float]:
    return [round(width, 2), round(height, 2)]


def _copy(upload: BinaryIO, path: Path, limit: int) -> str:
    digest = hashlib.new("sm3")
    size = 0
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        for block in blocks_of(upload):
            size += len(block)
            if size > limit:
                raise _too_large(limit)
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _sound(path: Path, repaired_path: Path, limits: PdfLimits) -> tuple[PdfInfo, bool]:
    try:
        info = inspect_pdf(path, limits)
        if not info.damaged:
            return info, False
        repaired = repair_pdf(path, repaired_path, limits)
        repaired_path.chmod(0o600)
        if repaired.damaged:
            raise GmsealRefused("BROKEN_STRUCTURE", "The repaired file is still damaged.")
        losses = lost_content(repaired_path, limits, before=path)
    except GmsealError as error:
        raise errors.pdf_refused(error) from error
    if not losses.nothing:
        raise errors.content_lost(losses, len(repaired.pages))
    return repaired, True


def _refuse_classified(text: str, corners: Sequence[object]) -> None:
    if classified_mark(text) or any(is_bare_level(str(piece)) for piece in corners):
        raise errors.classified()


def _first_pages(path: Path) -> dict[str, object]:
    _, said = answer_of(
        first_page_text.__file__, str(path),
        seconds=FIRST_PAGE_SECONDS, unreadable=errors.first_page_unreadable(),
        refusals={first_page_text.EXPANDS: errors.expands()},
    )  # fmt: skip
    return said if isinstance(said, dict) else {}


def _too_large(limit: int) -> TooLarge:
    megabytes = limit // (1024 * 1024)
    return TooLarge(
        "FILE_TOO_LARGE",
        f"文件超过上限 {megabytes} MB，请拆分或压缩后再上传。",
        f"The file is larger than the limit of {megabytes} MB. Split or compress it and upload again.",
        details={"limit_bytes": limit},
    )
