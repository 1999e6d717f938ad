"""Two readers of PDF that are not ours, asked what they show: pdf.js in Chromium, and PDFium."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
from browser_desk import ROOT
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route

PDFJS = ROOT / "frontend" / "node_modules" / "pdfjs-dist"
PER_MM = 6
"""Pixels per millimetre of every picture."""
_ORIGIN = "http://localhost:9/"
"""Nothing listens there: every request is answered by the test."""
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}
_START = """async () => {
  window.pdfjs = await import('/pdfjs/build/pdf.mjs')
  window.pdfjs.GlobalWorkerOptions.workerSrc = '/pdfjs/build/pdf.worker.mjs'
}"""
_OPEN = """async (encoded) => {
  const data = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0))
  if (window.opened) await window.opened.loadingTask.destroy()
  window.opened = await window.pdfjs.getDocument({ data, standardFontDataUrl: '/pdfjs/standard_fonts/' }).promise
  return window.opened.numPages
}"""
_DRAW = """async ([index, perMm]) => {
  const page = await window.opened.getPage(index + 1)
  const viewport = page.getViewport({ scale: (perMm * 25.4) / 72 })
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(viewport.width)
  canvas.height = Math.round(viewport.height)
  await page.render({ canvas, canvasContext: canvas.getContext('2d'), viewport }).promise
  return canvas.toDataURL('image/png').slice('data:image/png;base64,'.length)
}"""


class PdfJs:
    """pdf.js in one page of one browser; a document at a time."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.evaluate(_START)

    def open(self, data: bytes) -> int:
        """Opens a document and says how many pages it has. Raises when pdf.js cannot."""
        return int(self._page.evaluate(_OPEN, base64.b64encode(data).decode("ascii")))

    def draw(self, index: int) -> Image.Image:
        """A page of the open document with its annotations, as the reader shows it."""
        encoded = self._page.evaluate(_DRAW, [index, PER_MM])
        return Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")


@contextlib.contextmanager
def pdfjs(browser: Browser) -> Iterator[PdfJs]:
    """The pdf.js of the user interface in a browser."""
    with contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        context.route("**/*", _answer)
        page.goto(_ORIGIN)
        yield PdfJs(page)


def _answer(route: Route) -> None:
    path = route.request.url.removeprefix(_ORIGIN)
    if not path.startswith("pdfjs/"):
        route.fulfill(body="<!doctype html><title>pdf.js</title>", content_type="text/html")
        return
    file = PDFJS / path.removeprefix("pdfjs/")
    route.fulfill(body=file.read_bytes(), content_type=_TYPES.get(file.suffix, "application/octet-stream"))


class Pdfium:
    """The same questions to PDFium."""

    def __init__(self) -> None:
        self._document: Any = None

    def open(self, data: bytes) -> int:
        """Opens a document and says how many pages it has."""
        self._document = pypdfium2.PdfDocument(data)
        self._document.init_forms()
        return len(self._document)

    def draw(self, index: int) -> Image.Image:
        """A page of the open document with its annotations."""
        image: Image.Image = self._document[index].render(scale=PER_MM * 25.4 / 72).to_pil().convert("RGB")
        return image


def red_box(image: Image.Image, part: tuple[float, float, float, float]) -> tuple[float, ...] | None:
    """The box in mm (left, top, right, bottom) around what is red within a part of a page, given in mm."""
    left, top, right, bottom = (round(side * PER_MM) for side in part)
    red, green, _ = image.crop((left, top, right, bottom)).split()
    box = ImageChops.subtract(red, green).point(lambda value: 255 if value > 70 else 0).getbbox()
    if box is None:
        return None
    return tuple((side + shift) / PER_MM for side, shift in zip(box, (left, top, left, top), strict=True))


def equipped(chromium: str | None) -> Path | None:
    """What is missing for asking pdf.js; ``None`` when all is there."""
    if chromium is None:
        return Path("chromium")
    return None if (PDFJS / "build" / "pdf.mjs").is_file() else PDFJS
