"""QR codes beside seals, whatever the format of the document: where they go, and their modules.

Millimetres from the top left of the page as displayed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gmseal.errors import Refused
from gmseal.placement import OPPOSITE, Edge, SealPlacement, onto_page

MIN_QR_MM: Final = 12.0
"""A QR code must survive printing and a scan at 150 dots per inch."""
MAX_QR_MM: Final = 60.0
QUIET_MODULES: Final = 4
"""The quiet zone that ISO/IEC 18004 asks for."""
_MIN_MODULE_MM: Final = 0.36
"""2.1 pixels of a scan at 150 dpi: below that readers fail."""
_MAX_QR_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class QrPlacement:
    """A QR code: top-left corner and side of the symbol itself; its quiet zone of four modules lies around."""

    page: int
    x_mm: float
    y_mm: float
    url: str
    size_mm: float = MIN_QR_MM


@dataclass(frozen=True, slots=True)
class QrBeside:
    """A QR code beside the first whole seal: its quiet zone begins ``gap_mm`` from the seal, middle to middle.

    It stays on the page: along the seal's side it is moved as far as needed, and where there is no room at
    ``side`` it goes to the opposite one, then to the others.
    """

    url: str
    side: Edge = Edge.RIGHT
    gap_mm: float = 2.0
    size_mm: float = MIN_QR_MM

    def at(
        self, found: Sequence[SealPlacement], seal_mm: tuple[float, float], page_mm: tuple[float, float]
    ) -> QrPlacement:
        """Its place beside the first of the seals, of this size and on a page of that size.

        Raises ``Refused`` (``QR_BESIDE``, ``OFF_PAGE``, ``QR_TEXT``).
        """
        if not found:
            raise Refused("QR_BESIDE", "There is no whole seal that a QR code could stand beside.")
        seal = found[0]
        quiet = qr_quiet_mm(self.url, self.size_mm)
        outer = self.size_mm + 2 * quiet
        others = [side for side in Edge if side not in {self.side, OPPOSITE[self.side]}]
        for side in (self.side, OPPOSITE[self.side], *others):
            wanted = self._corner(seal, seal_mm, side, outer)
            x, y = onto_page(wanted, (outer, outer), page_mm)
            moved_to_seal = x != wanted[0] if side in {Edge.LEFT, Edge.RIGHT} else y != wanted[1]
            if not moved_to_seal:
                return QrPlacement(seal.page, x + quiet, y + quiet, self.url, self.size_mm)
        raise Refused("OFF_PAGE", "Beside the seal there is no room for a QR code.")

    def _corner(
        self, seal: SealPlacement, seal_mm: tuple[float, float], side: Edge, outer: float
    ) -> tuple[float, float]:
        """The top-left corner of a square of ``outer`` mm beside a seal, middle to middle."""
        width, height = seal_mm
        along_x, along_y = seal.x_mm + (width - outer) / 2, seal.y_mm + (height - outer) / 2
        return {
            Edge.RIGHT: (seal.x_mm + width + self.gap_mm, along_y),
            Edge.LEFT: (seal.x_mm - self.gap_mm - outer, along_y),
            Edge.TOP: (along_x, seal.y_mm - self.gap_mm - outer),
            Edge.BOTTOM: (along_x, seal.y_mm + height + self.gap_mm),
        }[side]


@dataclass(frozen=True, slots=True)
class QrSymbol:
    """The modules of a code, row by row (1 is dark), and the size of one in mm."""

    rows: tuple[bytes, ...]
    module_mm: float

    @property
    def side(self) -> int:
        """Modules along a side, quiet zone included."""
        return len(self.rows) + 2 * QUIET_MODULES

    @property
    def quiet_mm(self) -> float:
        """The width of the quiet zone."""
        return QUIET_MODULES * self.module_mm

    @property
    def outer_mm(self) -> float:
        """The side of the code with its quiet zone."""
        return self.side * self.module_mm

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Dark modules as runs: column and row within the quiet zone's square, from its top left, and length."""
        for index, row in enumerate(self.rows):
            x = 0
            while x < len(row):
                run = x
                while run < len(row) and row[run]:
                    run += 1
                if run > x:
                    yield x + QUIET_MODULES, index + QUIET_MODULES, run - x
                x = max(run, x + 1)


def qr_symbol(qr: QrPlacement) -> QrSymbol:
    """The modules of a code. Raises ``Refused`` (``QR_SIZE``, ``QR_TEXT``) for one that no scan could read."""
    if not MIN_QR_MM <= qr.size_mm <= MAX_QR_MM:
        raise Refused("QR_SIZE", f"A QR code is {MIN_QR_MM:g} to {MAX_QR_MM:g} mm wide.")
    rows = _rows(qr.url)
    module = qr.size_mm / len(rows)
    if module < _MIN_MODULE_MM:
        raise Refused(
            "QR_TEXT", f"A text of {len(qr.url)} characters needs a QR code of more than {qr.size_mm:g} mm."
        )
    return QrSymbol(rows, module)


def qr_quiet_mm(url: str, size_mm: float) -> float:
    """The width in mm of the quiet zone around a QR code of this text and size."""
    return QUIET_MODULES * size_mm / len(_rows(url))


@lru_cache(maxsize=64)
def _rows(url: str) -> tuple[bytes, ...]:
    """The modules of a QR code, level M. One mask serves as well as another, and choosing costs 4 ms."""
    if not 0 < len(url) <= _MAX_QR_TEXT or not url.isascii() or not url.isprintable():
        raise Refused("QR_TEXT", f"A QR code here holds 1 to {_MAX_QR_TEXT} plain characters.")
    import segno  # noqa: PLC0415 - 45 ms that verifying never needs

    code = segno.make(url, error="m", mask=3, boost_error=False, micro=False)
    return tuple(bytes(row) for row in code.matrix)
