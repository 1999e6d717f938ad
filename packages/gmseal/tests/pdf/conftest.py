"""PDF files of every structure, written by hand; a seal with a real face; rendering and measuring."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from gmseal.pdf import SealOrder, SealOutcome, seal_pdf, verify_pdf
from gmseal.picture import FaceKind, draw_svg, face_of_kind, render_png
from gmseal.report import Report, TrustStore
from gmseal.ses.seal import SealPicture
from gmseal.ses.signature import SealSigner
from gmseal.trial import TrialAuthority, TrialUnit

MM = 72 / 25.4
Objects = dict[int, bytes]


@dataclass
class Blueprint:
    """What a test PDF is made of. Objects 1 catalog, 2 page tree, from 10 on three for each page."""

    pages: int = 1
    media: str = "0 0 595.28 841.89"
    page_extra: str = ""
    tree_extra: str = ""
    annots: str = "none"
    form: str = "none"
    catalog_extra: str = ""
    text: str = "Amount 1234567.00"
    more: Objects = field(default_factory=dict)

    def objects(self) -> Objects:
        kids = " ".join(f"{10 + 3 * page} 0 R" for page in range(self.pages))
        form, extra = self._form()
        built: Objects = {
            1: f"<</Type/Catalog/Pages 2 0 R{form}{self.catalog_extra}>>".encode(),
            2: f"<</Type/Pages/Kids[{kids}]/Count {self.pages}/MediaBox[{self.media}]{self.tree_extra}>>".encode(),
            3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            4: b"<</Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents(a note \\) with (brackets) >> )/F 2>>",
            5: b"[4 0 R]",
        }
        for page in range(self.pages):
            number = 10 + 3 * page
            content = f"BT /F1 18 Tf 60 400 Td ({self.text} p{page + 1}) Tj ET".encode()
            built[number] = (
                f"<</Type/Page/Parent 2 0 R/Contents {number + 1} 0 R/Resources<</Font<</F1 3 0 R>>>>"
                f"{self._annots()}{self.page_extra}>>"
            ).encode()
            built[number + 1] = b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)
        return {**built, **extra, **self.more}

    def _annots(self) -> str:
        return {
            "none": "",
            "empty": "/Annots[]",
            "direct": "/Annots [4 0 R % a comment\n]",
            "inline": "/Annots[<</Type/Annot/Subtype/Text/Rect[1 1 9 9]/Contents(\\(x)>>]",
            "indirect": "/Annots 5 0 R",
        }[self.annots]

    def _form(self) -> tuple[str, Objects]:
        field_object = {6: b"<</FT/Tx/T(Seal1)/V(x)>>"}
        if self.form == "direct":
            return "/AcroForm<</Fields[6 0 R]/DA(/F1 0 Tf)>>", field_object
        if self.form == "indirect":
            return "/AcroForm 7 0 R", {**field_object, 7: b"<</Fields [ 6 0 R ]/SigFlags 0>>"}
        if self.form == "indirect-fields":
            return "/AcroForm 7 0 R", {**field_object, 7: b"<</Fields 8 0 R>>", 8: b"[6 0 R]"}
        if self.form == "empty":
            return "/AcroForm<<>>", {}
        return "", {}

    def table(self, *, leading: bytes = b"", trailing: bytes = b"") -> bytes:
        """With a cross-reference table."""
        return leading + write_table(self.objects()) + trailing

    def packed(self, *, linearize: bool = False) -> bytes:
        """With object streams and a cross-reference stream, as qpdf writes them."""
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(self.table())) as pdf:
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=linearize)
        return out.getvalue()

    def hybrid(self) -> bytes:
        """A table whose trailer also names a cross-reference stream for one hidden object (7.5.8.4)."""
        objects = self.objects()
        size = max(objects) + 3
        out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        offsets = _write_objects(out, objects)
        hidden = len(out)
        out += b"%d 0 obj\n<</Hidden true>>\nendobj\n" % (size - 2)
        stream_at = len(out)
        row = b"\x01" + hidden.to_bytes(4, "big") + b"\0"
        out += (
            b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Index[%d 1]/Size %d/Length 6>>\nstream\n%s\nendstream\nendobj\n"
            % (
                size - 1,
                size - 2,
                size,
                row,
            )
        )
        _write_table(out, offsets, size, b"/XRefStm %d" % stream_at)
        return bytes(out)


def write_table(objects: Objects, *, version: bytes = b"1.4") -> bytes:
    """A PDF of these objects; object 1 is the catalog."""
    out = bytearray(b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % version)
    _write_table(out, _write_objects(out, objects), max(objects) + 1, b"")
    return bytes(out)


def _write_objects(out: bytearray, objects: Objects) -> dict[int, int]:
    offsets = {}
    for number, value in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    return offsets


def _write_table(out: bytearray, offsets: dict[int, int], size: int, extra: bytes) -> None:
    at = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, extra, at)


def append_update(data: bytes, objects: Objects, *, trailer: bytes = b"") -> bytes:
    """An incremental update as anybody can write it: objects replace or add."""
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    with pikepdf.open(io.BytesIO(data)) as pdf:
        size, root = int(pdf.trailer["/Size"]), pdf.Root.objgen
    out = bytearray(data)
    offsets = _write_objects(out, objects)
    at = len(out)
    out += b"xref\n"
    for number, offset in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer\n<</Size %d/Root %d %d R/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        max(size, max(objects, default=0) + 1),
        *root,
        previous,
        trailer,
        at,
    )
    return bytes(out)


@dataclass(frozen=True)
class Bench:
    """A seal ready to use, the roots that trust it, and a folder of its own for files."""

    signer: SealSigner
    trust: TrustStore
    now: datetime
    folder: Path

    def write(self, data: bytes, name: str = "source.pdf") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def seal(self, data: bytes, *, target: str = "sealed.pdf", **order: Any) -> tuple[Path, SealOutcome]:
        out = self.folder / target
        order.setdefault("signed_at", self.now)
        return out, seal_pdf(self.write(data), out, order=SealOrder(**order), signer=self.signer)

    def verify(self, data: bytes | Path, trust: TrustStore | None = None) -> Report:
        path = data if isinstance(data, Path) else self.write(data, "judged.pdf")
        return verify_pdf(path, self.trust if trust is None else trust, self.now)


@pytest.fixture(scope="session")
def face_png() -> bytes:
    face = face_of_kind(
        FaceKind.LIMITED_COMPANY, "北京示例科技有限公司", code="1101080000001", trial_mark=True
    )
    return render_png(draw_svg(face))


@pytest.fixture(scope="session")
def seal_signer(authority: TrialAuthority, face_png: bytes) -> SealSigner:
    picture = SealPicture("PNG", face_png, 40, 40)
    return TrialUnit.create(authority, "北京示例科技有限公司", picture, es_id="11010800000002").sealer()


@pytest.fixture
def bench(authority: TrialAuthority, seal_signer: SealSigner, tmp_path: Path) -> Iterator[Bench]:
    yield Bench(seal_signer, authority.trust, authority.now, tmp_path)
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert not left, "temporary files were left behind"


@pytest.fixture(scope="session")
def blueprint() -> type[Blueprint]:
    return Blueprint


@pytest.fixture
def update() -> Callable[..., bytes]:
    return append_update


@pytest.fixture
def draw() -> Callable[..., Image.Image]:
    """Renders a page as a reader shows it, forms and annotations included, at pixels per millimetre."""

    def render(path: Path, page: int = 0, per_mm: float = 8.0) -> Image.Image:
        document = pypdfium2.PdfDocument(path)
        try:
            document.init_forms()
            bitmap = document[page].render(scale=per_mm / MM)
            image: Image.Image = bitmap.to_pil().convert("RGB")
            return image
        finally:
            document.close()

    return render


@pytest.fixture
def red_box() -> Callable[..., tuple[float, float, float, float] | None]:
    """The box in mm (left, top, right, bottom) of everything red on a rendered page."""

    def measure(image: Image.Image, per_mm: float = 8.0) -> tuple[float, float, float, float] | None:
        red, green, _ = image.split()
        mask = ImageChops.subtract(red, green).point(lambda value: 255 if value > 70 else 0)
        box = mask.getbbox()
        return None if box is None else tuple(side / per_mm for side in box)  # type: ignore[return-value]  # four sides

    return measure
