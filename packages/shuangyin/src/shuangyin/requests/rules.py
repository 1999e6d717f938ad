"""What a request must be before anybody is asked to approve it, and what approvals are bound to. Pure."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from gmseal.errors import GmsealError
from gmseal.placement import Edge, SeamPlacement, seam_slices
from shuangyin.core.text import Text

TOLERANCE_MM = 0.01
"""A seal that touches the edge of the page is still on it, whatever the rounding."""
CLOSEST = 0.5
"""Marks of one seal lie apart by at least this part of its smaller side; nearer ones spoil each other."""
MOST_ON_A_PAGE = 12
"""Marks of one seal on one page; more is a slip, whoever needs them."""
MIN_QR_MM = 12.0
"""A QR code must survive printing and a scan."""
MAX_QR_MM = 60.0
QR_QUIET = 4 / 33
"""The quiet zone on each side of a QR code as a part of its side: four modules (ISO/IEC 18004) of the 33 across."""
BINDING_VERSION = 1
COVERS_DECISION = 2
"""From this on a binding covers what the scenario list decided, its controls above all; see docs/adr/0021."""
COVERS_WAY = 3
"""From this on also the channel and the department, by which rules of the list are chosen."""
COVERS_NOW = COVERS_WAY
"""What is drafted and submitted now covers all of this."""


Box = tuple[float, float, float, float]
"""Left, top, width and height in millimetres."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark goes: page from 0, millimetres from the top left, `document` from 1 or None for every document."""

    page: int
    x_mm: float
    y_mm: float
    document: int | None = None


@dataclass(frozen=True, slots=True)
class Seam:
    """A riding seam: the edge, and how far along it the seal begins."""

    edge: str
    y_mm: float


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code and its side in millimetres."""

    page: int
    x_mm: float
    y_mm: float
    size_mm: float


@dataclass(frozen=True, slots=True)
class SealLine:
    """What is asked of one seal, with its size."""

    seal_id: str
    name: str
    width_mm: float
    height_mm: float
    presses: int
    seam_presses: int
    places: tuple[Place, ...]
    seam: Seam | None
    qr: Qr | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document to be sealed: its position from 1, its digest, and the sizes of its pages in millimetres.

    `most_codes` is how many QR codes it takes, None for any number: a code is part of an OFD's pages, which the first
    signature protects.
    """

    position: int
    sm3: str
    pages: tuple[tuple[float, float], ...]
    most_codes: int | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why not, with a stable code."""

    code: str
    text: Text


def binding_of(facts: Mapping[str, object], sheets: Sequence[Sheet], lines: Sequence[SealLine]) -> str:
    """What approvals are bound to: SM3 of the canonical form of documents, seals, places, counts and facts.

    Lengths go in as whole micrometres, so that no two spellings of a number differ. The form carries a version and
    is never changed for one that was written.
    """
    form = {
        "v": BINDING_VERSION,
        "facts": dict(facts),
        "documents": [{"position": sheet.position, "sm3": sheet.sm3} for sheet in sheets],
        "seals": [_canonical(line) for line in lines],
    }
    text = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.new("sm3", text.encode()).hexdigest()


def decided_facts(decision: str | None, list_version: int | None, *, high_risk: bool) -> dict[str, object]:
    """What a binding says of the decision: the SM3 of its text as it is kept, the list's version, the risk."""
    digest = None if decision is None else hashlib.new("sm3", decision.encode()).hexdigest()
    return {"decision": digest, "list_version": list_version, "high_risk": high_risk}


def objections_to_places(sheets: Sequence[Sheet], lines: Sequence[SealLine]) -> list[Objection]:
    """Marks on pages that do not exist, off the page, on each other, seams over one page, codes that nobody can read.

    Different seals may overlap: a name seal over the corner of the official seal is customary.
    """
    return [*_too_many_codes(sheets, lines)] + [
        objection
        for line in lines
        for sheet in sheets
        for objection in (
            *_off_page(line, sheet),
            *_too_close(line, sheet),
            *_wrong_seam(line, sheet),
            *(_wrong_qr(line, sheet) or _covered_qr(line, sheet, lines)),
        )
    ]


def _too_many_codes(sheets: Sequence[Sheet], lines: Sequence[SealLine]) -> list[Objection]:
    wanted = sum(line.qr is not None for line in lines)
    most = min((sheet.most_codes for sheet in sheets if sheet.most_codes is not None), default=wanted)
    if wanted <= most:
        return []
    if most == 0:
        text = Text(
            "该 OFD 已有他人签章，不能再加二维码。请去掉二维码，或改用 PDF，或请对方在本单位之后签章。",
            "This OFD is signed by others already and takes no QR code any more. Remove the code, use a PDF, or let the "
            "others sign after you.",
        )
    else:
        text = Text(
            "一份 OFD 只能加一个二维码，请只为其中一枚印章加二维码。",
            "An OFD takes one QR code. Keep the code of one of the seals.",
        )
    return [Objection("TOO_MANY_CODES", text)]


def objections_to_number(sheets: Sequence[Sheet], lines: Sequence[SealLine], most: int) -> list[Objection]:
    """More marks in one request than the setting allows; a place for every document counts on each."""
    marks = sum(_is_on(place, sheet) for line in lines for place in line.places for sheet in sheets)
    if marks <= most:
        return []
    return [
        Objection(
            "TOO_MANY_PLACES",
            Text(
                f"共有 {marks} 处盖章位置，超过上限 {most} 处。请减少位置，或拆分为多份申请。",
                f"There are {marks} places; at most {most} are allowed. Remove some, or split the application.",
            ),
        )
    ]


def objections_to_electronic(sheets: Sequence[Sheet], lines: Sequence[SealLine]) -> list[Objection]:
    """A seal without a place, and a document without a seal."""
    found = [
        Objection(
            "SEAL_WITHOUT_PLACE",
            Text(f"请为「{line.name}」指定盖章位置或骑缝章。", f"Give “{line.name}” a place or a seam."),
        )
        for line in lines
        if not line.places and line.seam is None
    ]
    unknown = {
        place.document
        for line in lines
        for place in line.places
        if place.document is not None and not 1 <= place.document <= len(sheets)
    }
    if unknown:
        found.append(
            Objection(
                "DOCUMENT_MISSING",
                Text("盖章位置所指的文件不存在。", "A place names a document that is not there."),
            )
        )
    found.extend(
        Objection(
            "DOCUMENT_WITHOUT_SEAL",
            Text(
                f"第 {sheet.position} 份文件上没有印章。",
                f"Document {sheet.position} has no seal on it.",
            ),
        )
        for sheet in sheets
        if not any(line.seam or any(_is_on(place, sheet) for place in line.places) for line in lines)
    )
    return found


def objections_to_physical(lines: Sequence[SealLine]) -> list[Objection]:
    """A seal that is to be pressed no times."""
    return [
        Objection(
            "NO_PRESSES",
            Text(f"请填写「{line.name}」的盖章次数。", f"Say how often “{line.name}” is pressed."),
        )
        for line in lines
        if line.presses + line.seam_presses < 1
    ]


def _canonical(line: SealLine) -> dict[str, object]:
    return {
        "seal": line.seal_id,
        "presses": line.presses,
        "seam_presses": line.seam_presses,
        "places": [
            {"page": place.page, "x": _um(place.x_mm), "y": _um(place.y_mm), "document": place.document}
            for place in line.places
        ],
        "seam": {"edge": line.seam.edge, "y": _um(line.seam.y_mm)} if line.seam else None,
        "qr": (
            {
                "page": line.qr.page,
                "x": _um(line.qr.x_mm),
                "y": _um(line.qr.y_mm),
                "size": _um(line.qr.size_mm),
            }
            if line.qr
            else None
        ),
    }


def _um(length_mm: float) -> int:
    return round(length_mm * 1000)


def _is_on(place: Place, sheet: Sheet) -> bool:
    return place.document in (None, sheet.position)


def _inside(x: float, y: float, width: float, height: float, page: tuple[float, float]) -> bool:
    return (
        x >= -TOLERANCE_MM
        and y >= -TOLERANCE_MM
        and x + width <= page[0] + TOLERANCE_MM
        and y + height <= page[1] + TOLERANCE_MM
    )


def _missing_page(page: int, sheet: Sheet) -> Objection | None:
    if 0 <= page < len(sheet.pages):
        return None
    return Objection(
        "PAGE_MISSING",
        Text(
            f"第 {sheet.position} 份文件只有 {len(sheet.pages)} 页，没有第 {page + 1} 页。",
            f"Document {sheet.position} has {len(sheet.pages)} pages; there is no page {page + 1}.",
        ),
    )


def _off_page(line: SealLine, sheet: Sheet) -> list[Objection]:
    found = []
    for place in line.places:
        if not _is_on(place, sheet):
            continue
        missing = _missing_page(place.page, sheet)
        if missing is not None:
            found.append(missing)
        elif not _inside(place.x_mm, place.y_mm, line.width_mm, line.height_mm, sheet.pages[place.page]):
            found.append(
                Objection(
                    "OFF_PAGE",
                    Text(
                        f"「{line.name}」在第 {place.page + 1} 页上超出页面，请移到页面以内。",
                        f"“{line.name}” reaches off page {place.page + 1}. Move it onto the page.",
                    ),
                )
            )
    return found


def _too_close(line: SealLine, sheet: Sheet) -> list[Objection]:
    """The same seal twice on one spot, nearly so, or on one page more often than anybody means."""
    nearest = CLOSEST * min(line.width_mm, line.height_mm)
    by_page: dict[int, list[Place]] = {}
    for place in line.places:
        if _is_on(place, sheet):
            by_page.setdefault(place.page, []).append(place)
    found = []
    for page, places in sorted(by_page.items()):
        if len(places) > MOST_ON_A_PAGE:
            found.append(_crowded(line, page))
        elif any(_apart(one, other) < nearest for one, other in combinations(places, 2)):
            found.append(_overlapping(line, page))
    return found


def _apart(one: Place, other: Place) -> float:
    return math.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm)


def _crowded(line: SealLine, page: int) -> Objection:
    return Objection(
        "PLACES_CROWDED",
        Text(
            f"「{line.name}」在第 {page + 1} 页上超过 {MOST_ON_A_PAGE} 处，请减少位置。",
            f"“{line.name}” stands on page {page + 1} more than {MOST_ON_A_PAGE} times. Remove some places.",
        ),
    )


def _overlapping(line: SealLine, page: int) -> Objection:
    return Objection(
        "PLACES_OVERLAP",
        Text(
            f"「{line.name}」在第 {page + 1} 页上有重复或相互重叠的位置，印文将无法辨认。请删除或移开。",
            f"Marks of “{line.name}” lie on each other on page {page + 1} and could not be read. Remove or move one.",
        ),
    )


def _wrong_seam(line: SealLine, sheet: Sheet) -> list[Objection]:
    seam = line.seam
    if seam is None:
        return []
    if len(sheet.pages) < 2:
        return [
            Objection(
                "SEAM_ONE_PAGE",
                Text(
                    f"第 {sheet.position} 份文件只有一页，不能盖骑缝章。",
                    f"Document {sheet.position} has one page; a seam needs at least two.",
                ),
            )
        ]
    # Along the left and right edges the seal runs down the page, along top and bottom across it.
    along = 1 if seam.edge in ("left", "right") else 0
    length = line.height_mm if along else line.width_mm
    if any(not -TOLERANCE_MM <= seam.y_mm <= page[along] - length + TOLERANCE_MM for page in sheet.pages):
        return [
            Objection(
                "OFF_PAGE",
                Text(
                    "骑缝章超出页面，请移到页面以内。",
                    "The seam reaches off the page. Move it onto the page.",
                ),
            )
        ]
    return []


def _wrong_qr(line: SealLine, sheet: Sheet) -> list[Objection]:
    qr = line.qr
    if qr is None:
        return []
    missing = _missing_page(qr.page, sheet)
    if missing is not None:
        return [missing]
    if not MIN_QR_MM <= qr.size_mm <= MAX_QR_MM:
        return [
            Objection(
                "QR_SIZE",
                Text(
                    f"二维码边长应为 {MIN_QR_MM:g} 至 {MAX_QR_MM:g} 毫米。",
                    f"The side of the QR code is {MIN_QR_MM:g} to {MAX_QR_MM:g} mm.",
                ),
            )
        ]
    if not _inside(qr.x_mm, qr.y_mm, qr.size_mm, qr.size_mm, sheet.pages[qr.page]):
        return [
            Objection(
                "OFF_PAGE",
                Text(
                    "二维码超出页面，请移到页面以内。",
                    "The QR code reaches off the page. Move it onto the page.",
                ),
            )
        ]
    return []


def _covered_qr(line: SealLine, sheet: Sheet, lines: Sequence[SealLine]) -> list[Objection]:
    """A code under, on or within its quiet zone of another mark: a reader would not find it."""
    qr = line.qr
    if qr is None:
        return []
    quiet = QR_QUIET * qr.size_mm
    zone = (qr.x_mm - quiet, qr.y_mm - quiet, qr.size_mm + 2 * quiet, qr.size_mm + 2 * quiet)
    for other in lines:
        if any(_meet(zone, box) for box in _boxes(other, sheet, qr.page)):
            return [_over_code(other.name, qr.page)]
        if other.seal_id != line.seal_id and other.qr is not None and other.qr.page == qr.page:
            beside = other.qr
            if _meet(zone, (beside.x_mm, beside.y_mm, beside.size_mm, beside.size_mm)):
                return [_over_code(other.name, qr.page)]
    return []


def _boxes(line: SealLine, sheet: Sheet, page: int) -> list[Box]:
    """What a seal covers of a page: its whole marks, and its slice of the riding seam."""
    boxes = [
        (place.x_mm, place.y_mm, line.width_mm, line.height_mm)
        for place in line.places
        if place.page == page and _is_on(place, sheet)
    ]
    if line.seam is not None and len(sheet.pages) > 1:
        boxes.extend(_slices(line, line.seam, sheet, page))
    return boxes


def _slices(line: SealLine, seam: Seam, sheet: Sheet, page: int) -> list[Box]:
    width, height = sheet.pages[page]
    upright = seam.edge in ("left", "right")
    along, across = (line.height_mm, line.width_mm) if upright else (line.width_mm, line.height_mm)
    try:
        slices = seam_slices(SeamPlacement(seam.y_mm, Edge(seam.edge)), len(sheet.pages), across)
    except GmsealError:
        # A seam that cannot be cut is refused where it is made; here it covers nothing.
        return []
    boxes: list[Box] = []
    for thick in ((piece.end - piece.start) * across for piece in slices if piece.page == page):
        start = {"right": width - thick, "bottom": height - thick}.get(seam.edge, 0.0)
        boxes.append((start, seam.y_mm, thick, along) if upright else (seam.y_mm, start, along, thick))
    return boxes


def whole_seals(edge: str, sheets: Sequence[Sheet], width_mm: float, height_mm: float) -> int:
    """How many whole seals a riding seam along an edge shows over the pages of all documents.

    None over a single page, and none where the seam cannot be cut.
    """
    across = width_mm if edge in ("left", "right") else height_mm
    count = 0
    for pages in (len(sheet.pages) for sheet in sheets if len(sheet.pages) > 1):
        with contextlib.suppress(GmsealError):
            slices = seam_slices(SeamPlacement(0.0, Edge(edge)), pages, across)
            count += sum(piece.start == 0 for piece in slices)
    return count


def _meet(one: Box, other: Box) -> bool:
    return all(
        one[axis] + one[axis + 2] > other[axis] + TOLERANCE_MM
        and other[axis] + other[axis + 2] > one[axis] + TOLERANCE_MM
        for axis in (0, 1)
    )


def _over_code(name: str, page: int) -> Objection:
    return Objection(
        "QR_COVERED",
        Text(
            f"第 {page + 1} 页上的二维码与「{name}」的印文或二维码重叠或过近，将无法扫描。请移开，四周留出空白。",
            f"The QR code on page {page + 1} lies on a mark of “{name}” or too near to it and could not be scanned. "
            "Move one away; the code needs room around it.",
        ),
    )
