"""Compares the scan of an imprint with the filed specimen of its seal, place by place. Pure: arrays in, a judgement out.

The whole of two seals of one layout is alike although they name two companies, so that no measure over the whole tells
them apart. Here the scan is laid on the specimen first (centre and axes of the rim, turn by the text, then an affine
fit), and then every place of the size of a character is looked at by itself: strokes of the specimen that the scan lacks,
and strokes of the scan that the specimen lacks. The worst place decides.

1. The scan says its resolution, is sharp enough, and shows one red imprint of the seal's size.
2. It is laid on the specimen; a fit that is no turn and small stretch is none.
3. Each place is moved by at most 0.4 mm to where it fits best; strokes that are hidden by print are unknown.
4. 不符 asks for places that fail beyond doubt while the rest holds: strokes are missing and others are in their place.
   Everything else is 无法判定, with what stands in the way; `no_difference` where nothing was seen.

It never says 相符: characters that differ by less than a stroke's width can pass as alike (on drawn imprints 千 for 干
did), and a wrong 相符 is far worse than none. Whether an imprint matches, the reviewer decides.

No difference does not mean that the seal is genuine either: a copy that was cut after the specimen agrees with it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

Field = Any
"""An array of numpy."""
PX_MM = 12
"""Pixels per millimetre of everything that is compared: 305 dpi."""
MARGIN_MM = 2.0
LEAST_DPI, MOST_DPI = 140, 1300
MAX_PIXELS = 40_000_000
TILE_MM, STEP_MM = 4.6, 2.0
REACH_MM = 0.4
"""How far a place may lie from where the fit has it."""
TOLERANCE_MM = 0.2
"""A stroke may be thicker or thinner by this much on each side: ink, paper and pressure differ."""

Verdict = Literal["differ", "unclear"]


class UnreadableScan(Exception):
    """The bytes are no picture, or one of too many pixels."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its centre in millimetres from the top left of the seal, and how far it holds.

    `likeness` is the correlation of the inks (1: the same), `missing` and `added` are the largest strokes that only the
    specimen or only the scan has, in square millimetres, `hidden` the share of the specimen's ink that print covers.
    """

    x: float
    y: float
    likeness: float
    missing: float
    added: float
    hidden: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a scan, why (`reasons`, codes), by which figures, and the overlay as PNG (none before a fit)."""

    verdict: Verdict
    reasons: tuple[str, ...]
    places: tuple[Place, ...]
    overlay: bytes | None


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a place must show to hold or to fail; set by fifteen drawn scans and tried on others of the same kind.

    On those the strokes that only the scan has reached 0.12 square millimetres for one and the same seal: then a place
    neither holds nor fails, and the judgement is 无法判定."""

    holds_likeness: float = 0.86
    holds_missing: float = 0.10
    holds_added: float = 0.06
    holds_hidden: float = 0.12
    fails_likeness: float = 0.75
    fails_missing: float = 0.15
    fails_added: float = 0.12
    failing_places: int = 2
    laid_on: float = 0.5


LIMITS = _Limits()


def compare(
    specimen: bytes, scan: bytes, *, width_mm: float, height_mm: float, dpi: float | None = None
) -> Judgement:
    """Judge a scan against a specimen of a seal of this size. `dpi` is the scan's; that of the file without it.

    Raises UnreadableScan for bytes that are no picture.
    """
    ink, _ = _ink_of(_opened(specimen)[0])
    model = _framed(_resized(ink, ink.shape[1] / width_mm, width_mm, height_mm))
    picture, stated = _opened(scan)
    resolution = dpi or stated
    if resolution is None:
        return _unclear("no_resolution")
    if not LEAST_DPI <= resolution <= MOST_DPI:
        return _unclear("resolution")
    seen, dark = _ink_of(_at_working_size(picture, resolution))
    if seen.max() <= 0:
        return _unclear("no_red")
    box = _imprint_in(seen, width_mm, height_mm)
    if isinstance(box, str):
        return _unclear(box)
    seen, dark = _cut(seen, dark, box)
    fitted = _laid_on(model, seen)
    if fitted is None:
        return _unclear("no_fit")
    size = (model.shape[1], model.shape[0])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(seen, fitted, size, flags=how)
    dark = cv2.warpAffine(dark, fitted, size, flags=how)
    seen = np.clip(seen / max(_full_ink(seen, model), 1e-3), 0, 1)
    places = _places(model, seen, dark)
    verdict, reasons = judge(places)
    return Judgement(verdict, reasons, places, _overlay(model, seen, places))


def judge(places: tuple[Place, ...]) -> tuple[Verdict, tuple[str, ...]]:
    """What the places say together."""
    if len(places) < 6:
        return "unclear", ("too_little",)
    holding = [one for one in places if one.likeness >= LIMITS.holds_likeness]
    share = len(holding) / len(places)
    # Places overlap by half: a character that is another fails in several of them, a blot in one.
    if sum(_fails(one) for one in places) >= LIMITS.failing_places:
        return ("differ", ("strokes_differ",)) if share >= LIMITS.laid_on else ("unclear", ("poor_fit",))
    reasons = []
    if share < 1:
        reasons.append("likeness")
    if any(_strokes_differ(one) for one in places):
        reasons.append("strokes")
    if any(one.hidden > LIMITS.holds_hidden for one in places):
        reasons.append("hidden")
    return "unclear", tuple(reasons) or ("no_difference",)


def _fails(one: Place) -> bool:
    """Strokes are missing and others are there in their place: neither lost ink nor a blot does both."""
    return (
        one.likeness < LIMITS.fails_likeness
        and one.missing > LIMITS.fails_missing
        and one.added > LIMITS.fails_added
        and one.hidden <= LIMITS.holds_hidden
    )


def _strokes_differ(one: Place) -> bool:
    return one.missing > LIMITS.holds_missing or one.added > LIMITS.holds_added


def _unclear(reason: str) -> Judgement:
    return Judgement("unclear", (reason,), (), None)


def _opened(data: bytes) -> tuple[Field, float | None]:
    """The picture on white as RGB, and the resolution that its file states."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadableScan
            stated = image.info.get("dpi")
            picture = image.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise UnreadableScan from error
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    values = np.asarray(ground.convert("RGB"))
    dpi = float(stated[0]) if isinstance(stated, tuple) and 100 <= float(stated[0]) <= 5000 else None
    return values, dpi


def _at_working_size(picture: Field, dpi: float) -> Field:
    factor = PX_MM * 25.4 / dpi
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how)


def _ink_of(picture: Field) -> tuple[Field, Field]:
    """How red each pixel is, from 0 for paper and print to 1 for full ink; and where it is dark without being red."""
    picture = picture.astype(np.float32) / 255
    paper = np.percentile(picture.reshape(-1, 3)[::7], 90, axis=0)
    even = np.clip(picture / np.maximum(paper, 0.2), 0, 1)
    red = even[..., 0] - np.maximum(even[..., 1], even[..., 2])
    strong = red[red > 0.12]
    if strong.size < 200:
        return np.zeros(red.shape, np.float32), np.zeros(red.shape, np.float32)
    ink = np.clip(red / np.percentile(strong, 80), 0, 1).astype(np.float32)
    dark = ((even.max(axis=2) < 0.5) & (ink < 0.6)).astype(np.uint8)
    # Print is a line; single dark pixels are noise.
    return ink, cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.float32)


def _resized(ink: Field, px_mm: float, width_mm: float, height_mm: float) -> Field:
    size = (round(width_mm * PX_MM), round(height_mm * PX_MM))
    how = cv2.INTER_AREA if px_mm > PX_MM else cv2.INTER_CUBIC
    return np.clip(cv2.resize(ink, size, interpolation=how), 0, 1)


def _framed(ink: Field) -> Field:
    edge = round(MARGIN_MM * PX_MM)
    return cv2.copyMakeBorder(ink, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)


def _imprint_in(ink: Field, width_mm: float, height_mm: float) -> tuple[int, int, int, int] | str:
    """The box of the one imprint of this size; or why there is none."""
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * PX_MM + 1, 2 * PX_MM + 1))
    mask = cv2.morphologyEx((ink > 0.35).astype(np.uint8), cv2.MORPH_CLOSE, near)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
    large = max(width_mm, height_mm) * PX_MM
    fitting = [one for one in boxes[1:] if 0.7 * large < max(one[2], one[3]) < 1.5 * large]
    bigger = any(max(one[2], one[3]) >= 1.5 * large for one in boxes[1:])
    if len(fitting) > 1 or (bigger and fitting):
        return "several"
    if not fitting:
        return "size"
    x, y, width, height = (int(one) for one in fitting[0][:4])
    if x <= 1 or y <= 1 or x + width >= ink.shape[1] - 1 or y + height >= ink.shape[0] - 1:
        return "cut_off"
    return x, y, width, height


def _cut(ink: Field, dark: Field, box: tuple[int, int, int, int]) -> tuple[Field, Field]:
    x, y, width, height = box
    edge = round(MARGIN_MM * PX_MM)
    top, left = max(0, y - edge), max(0, x - edge)
    part = np.s_[top : y + height + edge, left : x + width + edge]
    return ink[part], dark[part]


def _rim(ink: Field) -> tuple[Field, tuple[float, float], float] | None:
    """Centre, half axes (large, small) and turn of the outer line, by an ellipse around everything."""
    points = cv2.findNonZero((cv2.GaussianBlur(ink, (0, 0), 1.5) > 0.35).astype(np.uint8))
    if points is None or len(points) < 50:
        return None
    hull = cv2.convexHull(points)
    if len(hull) < 8:
        return None
    (cx, cy), (first, second), turn = cv2.fitEllipse(hull)
    return np.array([cx, cy]), (first / 2, second / 2), turn


def _laid_on(model: Field, seen: Field) -> Field | None:
    """The affine map from specimen to scan that lays one on the other best; None where there is none that is sound."""
    ours, theirs = _rim(model), _rim(seen)
    if ours is None or theirs is None:
        return None
    scale = [b / a for a, b in zip(sorted(ours[1]), sorted(theirs[1]), strict=True)]
    if not all(0.93 <= one <= 1.07 for one in scale):
        return None
    blur_model = cv2.GaussianBlur(model, (0, 0), 0.25 * PX_MM)
    blur_seen = cv2.GaussianBlur(seen, (0, 0), 0.25 * PX_MM)
    best: tuple[float, Field] | None = None
    for angle in _turns(blur_model, blur_seen, ours, theirs):
        found = _refined(blur_model, blur_seen, _start(ours[0], theirs[0], float(np.mean(scale)), angle))
        if found is not None and (best is None or found[0] > best[0]):
            best = found
        if best is not None and best[0] > 0.95:
            break
    return None if best is None else best[1]


def _start(ours: Field, theirs: Field, scale: float, angle: float) -> Field:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, theirs - turn @ ours]).astype(np.float32)


def _turns(model: Field, seen: Field, ours: Any, theirs: Any) -> list[float]:
    """The turns worth trying, in radians: where the texts around the centre agree best."""
    steps, radius = 720, int(max(ours[1]))
    flags = cv2.WARP_POLAR_LINEAR | cv2.INTER_LINEAR
    rings = [
        cv2.warpPolar(one, (radius, steps), (float(at[0][0]), float(at[0][1])), max(at[1]) * 1.02, flags)
        for one, at in ((model, ours), (seen, theirs))
    ]
    weight = np.linspace(0.2, 1, radius, dtype=np.float32)
    spectra = [np.fft.rfft((one - one.mean(axis=0)) * weight, axis=0) for one in rings]
    agree = np.fft.irfft((np.conj(spectra[0]) * spectra[1]).sum(axis=1), n=steps)
    found: list[float] = []
    for at in np.argsort(agree)[::-1]:
        if all(min(abs(at - one), steps - abs(at - one)) > 6 for one in found):
            found.append(float(at))
        if len(found) == 3:
            break
    return [2 * np.pi * one / steps for one in found]


def _refined(model: Field, seen: Field, start: Field) -> tuple[float, Field] | None:
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-5)
    small = [cv2.resize(one, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for one in (model, seen)]
    warp = start.copy()
    warp[:, 2] *= 0.5
    try:
        score, warp = cv2.findTransformECC(
            small[0], small[1], warp, cv2.MOTION_AFFINE, until, np.ones_like(small[1], np.uint8), 5
        )
    except cv2.error:
        return None
    warp[:, 2] *= 2
    stretch = np.linalg.svd(warp[:, :2], compute_uv=False)
    if stretch.max() > 1.08 or stretch.min() < 0.92 or stretch.max() / stretch.min() > 1.05:
        return None
    return float(score), warp


def _full_ink(seen: Field, model: Field) -> float:
    inside = seen[cv2.erode(model, np.ones((3, 3))) > 0.8]
    return float(np.percentile(inside, 70)) if inside.size else 1.0


def _places(model: Field, seen: Field, dark: Field) -> tuple[Place, ...]:
    half, step = round(TILE_MM * PX_MM / 2), round(STEP_MM * PX_MM)
    height, width = model.shape
    edge = round(MARGIN_MM * PX_MM)
    found = []
    for y in range(half, height - half, step):
        for x in range(half, width - half, step):
            part = np.s_[y - half : y + half, x - half : x + half]
            if max(float((model[part] > 0.5).mean()), float((seen[part] > 0.5).mean())) < 0.06:
                continue
            found.append(_place(model, seen, dark, (x, y), half, edge))
    return tuple(found)


def _place(model: Field, seen: Field, dark: Field, at: tuple[int, int], half: int, edge: int) -> Place:
    x, y = at
    reach = round(REACH_MM * PX_MM)
    ours = model[y - half : y + half, x - half : x + half]
    top, left = max(0, y - half - reach), max(0, x - half - reach)
    around = np.s_[top : y + half + reach, left : x + half + reach]
    smooth = cv2.GaussianBlur(ours, (0, 0), 0.08 * PX_MM)
    match = cv2.matchTemplate(
        cv2.GaussianBlur(seen[around], (0, 0), 0.06 * PX_MM), smooth, cv2.TM_CCOEFF_NORMED
    )
    _, likeness, _, (dx, dy) = cv2.minMaxLoc(np.nan_to_num(match, nan=-1.0, posinf=-1.0, neginf=-1.0))
    theirs = seen[around][dy : dy + 2 * half, dx : dx + 2 * half]
    hides = dark[around][dy : dy + 2 * half, dx : dx + 2 * half] > 0.3
    near = 2 * round(TOLERANCE_MM * PX_MM) + 1
    round_near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (near, near))
    hides = cv2.dilate(hides.astype(np.uint8), round_near) > 0
    missing = (ours > 0.6) & ~_grown(theirs > 0.3, round_near) & ~hides
    added = (theirs > 0.6) & ~_grown(ours > 0.3, round_near) & ~hides
    core = ours > 0.6
    return Place(
        x=round((x - edge) / PX_MM, 2),
        y=round((y - edge) / PX_MM, 2),
        likeness=round(float(likeness), 3),
        missing=_largest(missing),
        added=_largest(added),
        hidden=round(float((core & hides).sum() / max(core.sum(), 1)), 3),
    )


def _grown(mask: Field, by: Field) -> Field:
    return cv2.dilate(mask.astype(np.uint8), by) > 0


def _largest(mask: Field) -> float:
    """The largest connected part, in square millimetres."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return round(float(boxes[1:, 4].max()) / PX_MM**2, 3) if len(boxes) > 1 else 0.0


def _overlay(model: Field, seen: Field, places: tuple[Place, ...]) -> bytes:
    """Both on one another: grey where they agree, red what only the scan has, blue what only the specimen has; the
    places that do not hold are framed."""
    picture = np.stack([1 - model * 0.85, 1 - np.maximum(model, seen) * 0.85, 1 - seen * 0.85], axis=2)
    canvas = np.ascontiguousarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    edge, half = round(MARGIN_MM * PX_MM), round(TILE_MM * PX_MM / 2)
    for one in places:
        if one.likeness < LIMITS.holds_likeness or _strokes_differ(one) or one.hidden > LIMITS.holds_hidden:
            x, y = round(one.x * PX_MM) + edge, round(one.y * PX_MM) + edge
            colour = (200, 0, 0) if _fails(one) else (200, 140, 0)
            cv2.rectangle(canvas, (x - half, y - half), (x + half, y + half), colour, 2)
    out = io.BytesIO()
    Image.fromarray(canvas).save(out, "PNG")
    return out.getvalue()
