"""The mark on the page beside the picture in the seal: the same, a part of it, another one, covered or hidden."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

import pikepdf
import pytest
from pdf_resigned import resigned
from pdf_writing import plain, stream, written
from PIL import Image

from gmseal.pdf import SealOrder, SealPlacement, SeamPlacement, seal_pdf_bytes
from gmseal.report import CheckResult, Verdict

HERE = (SealPlacement(0, 100, 150),)
OWN = 20
"""An object of the document that an appearance may be exchanged for."""
POINTS = 72 / 25.4
PLACED = b"q /M gs 113.3858 0 0 113.3858 0 0 cm /S Do Q"


def said(bench: Any, data: bytes) -> tuple[CheckResult, str]:
    report = bench.verify(data)
    assert report.verdict is Verdict.VALID, [c for c in report.walk() if c.result is CheckResult.FAIL]
    [check] = [check for check in report.walk() if check.code == "PICTURE_SHOWN"]
    return check.result, check.en


def sealed(bench: Any, *own: bytes, order: SealOrder | None = None, pages: int = 1) -> bytes:
    document = written({**plain(pages), **{OWN + index: each for index, each in enumerate(own)}})
    return seal_pdf_bytes(document, order or SealOrder(signed_at=bench.now, placements=HERE), bench.signer)


def changed(bench: Any, *changes: tuple[bytes, bytes]) -> bytes:
    return resigned(sealed(bench), bench.signer, bench.now, *changes)


def appearance(data: bytes) -> bytes:
    """The reference by which the widget names what it shows."""
    *_, found = re.finditer(rb"/AP<<(/N \d+ 0 R)>>", data)
    return found[1]


def seal_image(data: bytes) -> bytes:
    *_, found = re.finditer(rb"/XObject<</S (?!99 )(\d+ 0 R)>>", data)
    return found[1]


# --- what is the seal's ----------------------------------------------------------------------------


def test_the_whole_picture_and_a_slice_of_it(bench: Any) -> None:
    assert said(bench, sealed(bench)) == (CheckResult.PASS, "The picture shown is the seal's.")
    order = SealOrder(signed_at=bench.now, seam=SeamPlacement(100))
    result, text = said(bench, sealed(bench, order=order, pages=3))
    assert result is CheckResult.PASS
    assert "part" in text


def form(content: bytes, side: float, resources: bytes, extra: bytes = b"") -> bytes:
    entries = b"/Type/XObject/Subtype/Form%s/BBox[0 0 %.3f %.3f]/Resources<<%s>>" % (
        extra,
        side,
        side,
        resources,
    )
    return stream(content, entries)


def as_layers(picture: Image.Image, encoded: bytes, entries: bytes) -> list[bytes]:
    """As the programs write it that keep to Adobe's layers: a form in a form in a form, images of their own coding."""
    size = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8" % picture.size
    opacity = zlib.compress(picture.getchannel("A").tobytes())
    return [
        form(b"q 1 0 0 1 0 0 cm /FRM Do Q", 100, b"/XObject<</FRM %d 0 R>>" % (OWN + 1)),
        form(b"% all\nq 1 0 0 1 0 0 cm /n0 Do Q\nq 1 0 0 1 0 0 cm /n2 Do Q", 100,
             b"/XObject<</n0 %d 0 R/n2 %d 0 R>>" % (OWN + 2, OWN + 3)),
        form(b"% DSBlank", 100, b""),
        form(b"q %.3f 0 0 %.3f 0 0 cm /Im Do Q" % (100, 100), 100, b"/XObject<</Im %d 0 R>>" % (OWN + 4)),
        stream(encoded, size + entries + b"/SMask %d 0 R" % (OWN + 5)),
        stream(opacity, size + b"/ColorSpace/DeviceGray/Filter/FlateDecode"),
    ]  # fmt: skip


def picture_of(bench: Any) -> Image.Image:
    return Image.open(io.BytesIO(bench.signer.seal.picture.data)).convert("RGBA")


def by_another_program(bench: Any, picture: Image.Image, *, lossy: bool = False) -> bytes:
    plain_colours = picture.convert("RGB")
    if lossy:
        out = io.BytesIO()
        plain_colours.save(out, "JPEG", quality=85)
        layers = as_layers(picture, out.getvalue(), b"/ColorSpace/DeviceRGB/Filter/DCTDecode")
    else:
        packed = zlib.compress(plain_colours.tobytes(), 1)
        layers = as_layers(picture, packed, b"/ColorSpace/DeviceRGB/Filter/FlateDecode")
    data = sealed(bench, *layers)
    return resigned(data, bench.signer, bench.now, (appearance(data), b"/N %d 0 R" % OWN))


def test_what_another_program_wrote_is_known_by_its_samples(bench: Any) -> None:
    picture = picture_of(bench)
    assert said(bench, by_another_program(bench, picture))[0] is CheckResult.PASS
    assert said(bench, by_another_program(bench, picture, lossy=True))[0] is CheckResult.PASS
    smaller = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    assert said(bench, by_another_program(bench, smaller))[0] is CheckResult.PASS


def test_one_character_less_is_another_picture(bench: Any) -> None:
    picture = picture_of(bench)
    wide, high = picture.size
    # The lower quarter holds the code; a part of it as wide as a character is taken away.
    picture.paste((255, 255, 255, 0), (wide // 2 - wide // 40, high * 3 // 4, wide // 2 + wide // 40, high))
    result, text = said(bench, by_another_program(bench, picture))
    assert result is CheckResult.WARN
    assert "not the seal's picture" in text


# --- what is not -----------------------------------------------------------------------------------

OTHER = "not the seal's picture"


def test_another_colour(bench: Any) -> None:
    data = sealed(bench)
    palette = re.findall(rb"/Indexed/DeviceRGB 0<([0-9a-f]{6})>", data)[-1]
    blue = resigned(data, bench.signer, bench.now, (b"0<" + palette, b"0<0000cc"))
    assert OTHER in said(bench, blue)[1]


@pytest.mark.parametrize(
    "change",
    [
        (PLACED, b"q /M gs 99.0000 0 0 113.3858 0 0 cm /S Do Q"),  # narrower
        (PLACED, b"q /M gs -113.385 0 0 113.385 113.3 0 cm /S Do Q"[: len(PLACED)]),  # cut short: no content
        (PLACED, b"q /M gs 0 113.38 -113.38 0 113.4 0 cm /S Do Q"[:43]),  # turned
    ],
)
def test_another_size_or_way_up_is_never_the_seals(bench: Any, change: tuple[bytes, bytes]) -> None:
    assert said(bench, changed(bench, change))[0] is CheckResult.WARN


def test_a_rectangle_that_stretches_it(bench: Any) -> None:
    data = sealed(bench)
    [*_, old] = re.findall(rb"/Rect(\[[^\]]+\])", data)
    left, low, right, high = (float(one) for one in old[1:-1].split())
    for box in ((left, low, right - 20, high), (left, low, right, high - 9)):
        new = b"[" + b" ".join(b"%.1f" % side for side in box) + b"]"
        assert OTHER in said(bench, resigned(data, bench.signer, bench.now, (old, new)))[1]


def test_painted_over(bench: Any) -> None:
    """The seal's own image with a disc over it, another text beside it, or twice."""
    resources = b"/XObject<</S 99 0 R>>/ExtGState<</M<</BM/Multiply>>/G<</ca 0.1>>>>"

    def shown(content: bytes) -> CheckResult:
        data = sealed(bench, form(content, 40 * POINTS, resources))
        changes = (appearance(data), b"/N %d 0 R" % OWN), (b"/S 99 0 R", b"/S " + seal_image(data))
        return said(bench, resigned(data, bench.signer, bench.now, *changes))[0]

    for content in (
        PLACED + b" 1 0 0 rg 20 20 60 60 re f",
        b"1 0 0 rg 0 0 113 20 re f " + PLACED,
        PLACED + b" " + PLACED,
        PLACED.replace(b"/M gs", b"/G gs"),
        b"q 0 0 1 1 re W n " + PLACED + b" Q",
        PLACED + b" BI /W 1 /H 1 /BPC 8 /CS /G ID x EI",
        b"",
    ):
        assert shown(content) is CheckResult.WARN, content
    assert shown(PLACED) is CheckResult.PASS


@pytest.mark.parametrize(
    "change",
    [
        (b"/F 132/T(Seal1)", b"/F 134/T(Seal1)"),  # hidden
        (b"/F 132/T(Seal1)", b"/F 164/T(Seal1)"),  # not on the screen
        (b"/Annots [", b"/Anmots ["),  # on no page
        (b"/BM/Multiply", b"/BM/Screen"),
        (b"/BM/Multiply", b"/ca .2      "),
        (b"/ColorSpace/DeviceGray/BitsPerComponent 8", b"/ColorSpace/DeviceGray/BitsPerComponent 4"),
    ],
)
def test_hidden_or_mixed_otherwise_is_not_called_the_seals(bench: Any, change: tuple[bytes, bytes]) -> None:
    assert said(bench, changed(bench, change))[0] is CheckResult.WARN


def test_a_mark_beside_the_page_is_hidden(bench: Any) -> None:
    data = sealed(bench)
    [*_, old] = re.findall(rb"/Rect(\[[^\]]+\])", data)
    _, low, _, high = (float(one) for one in old[1:-1].split())
    new = b"[%d %.3f %.3f %.3f]" % (900, low, 900 + 40 * POINTS, high)
    text = said(bench, resigned(data, bench.signer, bench.now, (old, new)))[1]
    assert "not shown" in text


def test_it_is_known_again_on_every_page_that_can_be_sealed(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a glance, and by following the appearance as another program's."""
    files = {}
    for page in (b"/Rotate 90", b"/Rotate 180", b"/Rotate 270", b"/UserUnit 2", b"/CropBox[40 40 500 700]"):
        objects = plain(1)
        objects[10] = objects[10].replace(b"/Type/Page/", b"/Type/Page%s/" % page)
        order = SealOrder(signed_at=bench.now, placements=(SealPlacement(0, 20, 30),))
        data = seal_pdf_bytes(written(objects), order, bench.signer)
        assert said(bench, data)[0] is CheckResult.PASS, page
        with pikepdf.open(io.BytesIO(data)) as document:
            assert len(document.pages) == 1
        files[page] = data
    monkeypatch.setattr("gmseal.pdf.shown_picture.own_mark", lambda *_: None)
    for page, data in files.items():
        assert said(bench, data)[0] is CheckResult.PASS, page
