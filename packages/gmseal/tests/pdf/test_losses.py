"""A file that was cut off is repaired into a sound one: what it no longer shows must be said."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pikepdf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gmseal.errors import Refused
from gmseal.pdf import inspect_pdf, losses, repair_pdf
from gmseal.pdf.losses import Losses, PageLoss, lost_content

PAGES = 12
SAMPLES = Path(__file__).parents[4] / "samples"


def photo_album() -> bytes:
    """Pages with one incompressible picture each. Page tree and trailer come first, as in files made for the web."""
    chance = random.Random(7)
    kids = " ".join(f"{4 + 3 * index} 0 R" for index in range(PAGES))
    parts = [
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
        f"2 0 obj\n<</Type/Pages/Count {PAGES}/Kids[{kids}]>>\nendobj\n".encode(),
        f"trailer\n<</Root 1 0 R/Size {4 + 3 * PAGES}>>\n".encode(),
    ]
    for index in range(PAGES):
        page, content, picture = (4 + 3 * index + step for step in range(3))
        parts.append(
            f"{page} 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R"
            f"/Resources<</XObject<</Im0 {picture} 0 R>>>>>>\nendobj\n".encode()
        )
        drawing = b"q 500 0 0 500 40 40 cm /Im0 Do Q"
        parts.append(stream(content, b"", drawing))
        shape = b"/Type/XObject/Subtype/Image/Width 25/Height 40/ColorSpace/DeviceRGB/BitsPerComponent 8"
        parts.append(stream(picture, shape, chance.randbytes(3000).replace(b"endstream", b"")))
    return b"".join(parts) + b"startxref\n0\n%%EOF\n"


def stream(number: int, entries: bytes, data: bytes) -> bytes:
    return b"%d 0 obj\n<<%s/Length %d>>stream\n%s\nendstream\nendobj\n" % (number, entries, len(data), data)


def losses_after_repair(folder: Path, content: bytes) -> Losses:
    source, target = folder / "cut.pdf", folder / "repaired.pdf"
    source.write_bytes(content)
    assert not repair_pdf(source, target).damaged, "the repair itself finds nothing wrong: that is the danger"
    return lost_content(target, before=source)


@given(part=st.floats(0.1, 0.97))
def test_a_file_cut_off_has_lost_what_lies_behind_the_cut(
    tmp_path_factory: pytest.TempPathFactory, part: float
) -> None:
    content = photo_album()
    kept = content[: int(len(content) * part)]
    # Nothing is lost of an object that was cut exactly at its end: there is nothing to find then.
    assume(not kept.endswith((b"endobj", b"endobj\n")))
    found = losses_after_repair(tmp_path_factory.mktemp("cut"), kept)
    whole = kept.count(b"\nendstream\nendobj\n") // 2
    assert found.missing + len(found.pages) == PAGES - whole
    assert [loss.page for loss in found.pages] in ([], [whole + 1]), (
        "only the page under the cut is there in part"
    )


def test_a_file_with_only_its_table_broken_has_lost_nothing(tmp_path: Path) -> None:
    album = photo_album()
    for content in (album, (SAMPLES / "contract.pdf").read_bytes(), (SAMPLES / "scan.pdf").read_bytes()):
        found = losses_after_repair(tmp_path, content.replace(b"startxref", b"startxxxx"))
        assert found.nothing, found


@pytest.mark.parametrize(
    ("data", "coding", "lost"),
    [
        (zlib.compress(b"x" * 5000)[:-6], "/FlateDecode", True),
        (zlib.compress(b"x" * 5000), "/FlateDecode", False),
        (b"\xff\xd8 picture", "/DCTDecode", True),
        (b"\xff\xd8 picture \xff\xd9", "/DCTDecode", False),
        (b"", "/DCTDecode", True),
    ],
)
def test_a_picture_that_ends_early_is_lost(tmp_path: Path, data: bytes, coding: str, lost: bool) -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    picture = pikepdf.Stream(pdf, b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    picture.write(data, filter=pikepdf.Name(coding))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=pdf.make_indirect(picture)))
    page.Contents = pdf.make_stream(b"/Im0 Do")
    path = tmp_path / "one.pdf"
    pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert [loss.lost for loss in lost_content(path).pages] == ([("image",)] if lost else [])


def test_streams_that_expand_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "READ_LIMIT", 4 * 1024 * 1024)
    body = zlib.compress(b" " * 8 * 1024 * 1024)
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    content = pikepdf.Stream(pdf, b"")
    content.write(body, filter=pikepdf.Name.FlateDecode)
    page.Contents = pdf.make_indirect(content)
    path = tmp_path / "bomb.pdf"
    pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    with pytest.raises(Refused) as refused:
        lost_content(path)
    assert refused.value.reason == "DECOMPRESSION_BOMB"


def test_a_sound_structure_may_hold_pages_that_are_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "sound.pdf"
    with pikepdf.new() as pdf:
        for _ in range(3):
            page = pdf.add_blank_page()
            page.Contents = pdf.make_stream(b"")
        whole = zlib.compress(b"q 1 0 0 1 0 0 cm Q " * 400)
        for page, data in zip(pdf.pages, (whole, whole[:-20], b"no such coding"), strict=True):
            page.Contents.write(data, filter=pikepdf.Name.FlateDecode)
        pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    quick, thorough = inspect_pdf(path), inspect_pdf(path, every_stream=True)
    assert (quick.damaged, quick.losses, thorough.damaged) == (False, None, False)
    assert thorough.losses == Losses((PageLoss(2, ("content",)), PageLoss(3, ("content",))), 0)
