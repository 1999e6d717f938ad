"""Samples of PNG read without Pillow are those that Pillow reads, or none."""

import io
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gmseal.pdf import png_samples as module
from gmseal.pdf.image import image_object
from gmseal.pdf.png_samples import png_samples


def picture(width: int, height: int, seed: int) -> Image.Image:
    """Noise, gradients and flat parts, for which an encoder takes every kind of filter."""
    noise = random.Random(seed).randbytes(4 * width * height)
    made = Image.frombytes("RGBA", (width, height), noise)
    made.putalpha(Image.linear_gradient("L").resize((width, height)))
    made.paste((180, 20, 30, 255), (0, 0, max(1, width // 2), max(1, height // 3)))
    return made


def encoded(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_they_are_those_of_pillow(width: int, height: int, seed: int) -> None:
    image = picture(width, height, seed)
    assert png_samples(encoded(image)) == (width, height, image.tobytes())


def test_every_filter_is_undone() -> None:
    width, height = 9, 50
    noise = random.Random(7)
    rows = b"".join(bytes((row % 5,)) + noise.randbytes(4 * width) for row in range(height))
    data = encoded(Image.new("RGBA", (width, height)))
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    packed = zlib.compress(rows)
    chunk = len(packed).to_bytes(4, "big") + b"IDAT" + packed
    whole = data[:start] + chunk + zlib.crc32(chunk[4:]).to_bytes(4, "big") + data[end:]
    assert png_samples(whole) == (width, height, Image.open(io.BytesIO(whole)).tobytes())


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "1"])
def test_other_kinds_are_left_to_pillow(mode: str) -> None:
    assert png_samples(encoded(picture(20, 10, 1).convert(mode))) is None


@pytest.mark.parametrize("opacities", [None, bytes(range(256)), b"\0\x80"])
def test_palettes_with_opacities_are_those_of_pillow(opacities: bytes | None) -> None:
    """As gmseal writes its own pictures: one colour and its opacities."""
    image = picture(40, 30, 2).convert("RGB").quantize(256)
    options = {} if opacities is None else {"transparency": opacities}
    data = encoded(image, **options)
    with Image.open(io.BytesIO(data)) as read:
        assert png_samples(data) == (40, 30, read.convert("RGBA").tobytes())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_damaged_is_left_to_pillow(data: st.DataObject) -> None:
    good = encoded(picture(12, 12, 3))
    at = data.draw(st.integers(8, len(good) - 1))
    octet = data.draw(st.integers(1, 255))
    assert png_samples(good[:at] + bytes((good[at] ^ octet,)) + good[at + 1 :]) is None
    assert png_samples(good[:at]) is None


def test_descriptions_beside_the_picture_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Title", "印章")
    data = encoded(picture(30, 30, 5), pnginfo=notes, dpi=(600, 600))
    ours = image_object.__wrapped__("PNG", data)
    monkeypatch.setattr("gmseal.pdf.image.png_samples", lambda _: None)
    assert image_object.__wrapped__("PNG", data) == ours
    monkeypatch.setattr(module, "MAX_PIXELS", 899)
    assert png_samples(data) is None
