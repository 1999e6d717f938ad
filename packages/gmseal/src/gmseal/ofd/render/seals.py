"""Stamps: the picture of the seal where the signature says, or the slice of it that a page shows (18.2.3).

The picture comes from the signed value, which the seal's maker and the signer vouch for; a loose Seal.esl is
read only where that fails, and that is noted. Drawing a seal says nothing about whether it is valid.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gmseal.errors import GmsealError
from gmseal.ofd.markup import Box
from gmseal.ofd.package import OfdDocument, Package, read_package
from gmseal.ofd.render.budget import Budget
from gmseal.ofd.render.geometry import Matrix, rectangle, scaling, shift
from gmseal.ofd.render.images import raster_of
from gmseal.ofd.render.objects import placeholder
from gmseal.ofd.render.scene import Clip, Group, Item, Picture, Raster, Scene
from gmseal.ofd.signatures import SignatureFile, StampAnnot, read_list, read_signature_file
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import read_signature
from gmseal.ses.structures import SealPicture
from gmseal.ses.svg_picture import svg_text

_RASTERS: Final = frozenset({"PNG", "JPG", "JPEG", "GIF", "BMP", "TIF", "TIFF"})
_SVG_PIXELS: Final = 1000
SceneOf = Callable[[Package, OfdDocument, int, Budget, int], Scene]


@dataclass(frozen=True, slots=True)
class SealDrawing:
    """A seal's picture, ready to be put into any box: an image, or the items of a nested page of this size."""

    items: tuple[Item, ...]
    width: float
    height: float


class SealReader:
    """The stamps of a document. ``scene_of`` draws nested pages."""

    def __init__(self, package: Package, budget: Budget, scene_of: SceneOf, nested: int) -> None:
        """``nested`` says how many documents this one lies within."""
        self._package = package
        self._budget = budget
        self._scene_of = scene_of
        self._nested = nested
        self._drawings: dict[str, SealDrawing | None] = {}

    def stamps(self, document: OfdDocument, page_id: str) -> list[Item]:
        """What the signatures of a document put on one page."""
        items: list[Item] = []
        try:
            listed = read_list(self._package, document)
        except GmsealError:
            self._budget.note("SIGNATURES_UNREADABLE")
            return items
        for entry in listed.items if listed is not None else ():
            try:
                signature = read_signature_file(self._package, entry.path)
            except GmsealError:
                self._budget.note("SIGNATURES_UNREADABLE", entry.path)
                continue
            for stamp in signature.stamps:
                if stamp.page_id == page_id:
                    self._budget.spend_object()
                    items += self._stamp(signature, stamp)
        return items

    def _stamp(self, signature: SignatureFile, stamp: StampAnnot) -> list[Item]:
        box = stamp.boundary
        if box is None:
            self._budget.note("STAMP_UNREADABLE", stamp.id)
            return []
        drawing = self._drawing(signature)
        shown = box
        if stamp.clip is not None:
            shown = Box(box.x + stamp.clip.x, box.y + stamp.clip.y, stamp.clip.width, stamp.clip.height)
        window = Clip((rectangle(shown.x, shown.y, shown.width, shown.height),))
        if drawing is None:
            return [Group(placeholder(box), clips=(window,))]
        into = shift(box.x, box.y).after(scaling(box.width / drawing.width, box.height / drawing.height))
        whole = Clip((rectangle(box.x, box.y, box.width, box.height),))
        return [Group(drawing.items, into, (whole, window) if stamp.clip is not None else (whole,))]

    def _drawing(self, signature: SignatureFile) -> SealDrawing | None:
        if signature.path not in self._drawings:
            picture = self._picture(signature)
            self._drawings[signature.path] = self._drawn(picture) if picture is not None else None
        return self._drawings[signature.path]

    def _picture(self, signature: SignatureFile) -> SealPicture | None:
        """The picture of the signed seal."""
        value = self._read(signature.value_path)
        if value is not None:
            try:
                return read_signature(value).seal.picture
            except GmsealError:
                pass  # A loose seal may still show what was stamped; the note below says so.
        loose = self._read(signature.seal_path)
        if loose is not None:
            try:
                picture = read_seal(loose).picture
            except GmsealError:
                picture = None
            if picture is not None:
                self._budget.note("SEAL_NOT_FROM_SIGNATURE", signature.path)
                return picture
        self._budget.note("SEAL_UNREADABLE", signature.path)
        return None

    def _read(self, path: str | None) -> bytes | None:
        if path is None or path not in self._package.archive:
            return None
        try:
            return self._package.read(path)
        except GmsealError:
            return None

    def _drawn(self, picture: SealPicture) -> SealDrawing | None:
        kind = picture.type.strip().upper().lstrip(".")
        if kind == "OFD":
            return self._nested_page(picture.data)
        if kind != "SVG" and kind not in _RASTERS:
            # The format shows in the bytes themselves; only what cannot be read is left out below.
            self._budget.note("SEAL_PICTURE_TYPE", kind)
        data = _svg_as_png(picture.data) if kind == "SVG" else picture.data
        raster = raster_of(data, None, self._budget)
        return _unit(raster) if raster is not None else None

    def _nested_page(self, data: bytes) -> SealDrawing | None:
        """The first page of a seal that is an OFD document itself."""
        if self._nested >= self._budget.limits.max_nested:
            self._budget.note("TOO_DEEP", "nested documents")
            return None
        try:
            package = read_package(data)
            scene = self._scene_of(package, package.document(0), 0, self._budget, self._nested + 1)
        except GmsealError as error:
            if getattr(error, "reason", "") == "RENDER_LIMIT":
                raise
            self._budget.note("SEAL_PICTURE_UNREADABLE", "OFD")
            return None
        return SealDrawing(scene.items, scene.width, scene.height)


def _unit(raster: Raster) -> SealDrawing:
    return SealDrawing((Picture(raster, Matrix(1, 0, 0, 1, 0, 0)),), 1.0, 1.0)


def _svg_as_png(data: bytes) -> bytes | None:
    """An SVG picture as pixels, when it refers to nothing outside itself."""
    import resvg_py  # noqa: PLC0415 - large, and rarely needed

    try:
        drawn = resvg_py.svg_to_bytes(svg_string=svg_text(data), skip_system_fonts=True, width=_SVG_PIXELS)
        return bytes(drawn)
    except (ValueError, GmsealError):
        return None
