"""Scans of imprints of nobody's seals: drawn faces, turned, blurred, worn, printed over and scanned at some resolution."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL import Image

from gmseal.picture import FaceKind, SealFace, draw_svg, face_of_kind, render_png

NAMES = (
    "北京云岫数科有限公司", "北京澄泉设备有限公司", "青岛临溪仪器有限责任公司", "成都未名土工材料有限公司", "杭州大天日化有限公司",
    "南京千人机电股份有限公司", "广州王田己巳贸易有限公司", "西安上士工程咨询有限公司", "武汉月明水产有限公司", "长沙木本园林有限公司",
)  # fmt: skip
ALIKE = {
    "云": "去", "未": "末", "土": "士", "大": "太", "天": "夫", "日": "曰", "千": "干", "人": "入", "王": "玉", "田": "由",
    "己": "已", "巳": "己", "士": "土", "上": "土", "月": "目", "水": "永", "木": "本", "本": "木", "岫": "轴", "泉": "皇",
    "临": "监", "溪": "澳", "技": "枝", "数": "教", "科": "料", "明": "朋", "器": "哭", "京": "亨", "公": "分", "限": "银",
}  # fmt: skip
"""Characters that differ by a stroke or a part; the same layout with one of them exchanged is the hardest case."""
DRAWN_DPI = 360
"""An imprint is worn at this resolution before it is scanned at another one."""
KINDS = (FaceKind.LIMITED_COMPANY, FaceKind.CONTRACT, FaceKind.FINANCE)


@dataclass(frozen=True)
class Wear:
    """What happens to an imprint between the seal and the scan; lengths in millimetres."""

    dpi: int
    turn: float
    blur: float
    loss: float
    spread: float
    perspective: float
    text: bool
    noise: float
    quality: int


def pair(rng: Any, mode: str) -> tuple[SealFace, SealFace]:
    """A face, and the one that was pressed: `same`, one `stroke` other (a similar character), or another `name`."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    name = NAMES[int(rng.integers(len(NAMES)))]
    face = face_of_kind(kind, name)
    if mode == "same":
        return face, face
    if mode == "stroke":
        places = [at for at, one in enumerate(name) if one in ALIKE]
        at = places[int(rng.integers(len(places)))]
        return face, face_of_kind(kind, name[:at] + ALIKE[name[at]] + name[at + 1 :])
    others = [one for one in NAMES if one != name and abs(len(one) - len(name)) <= 1]
    return face, face_of_kind(kind, others[int(rng.integers(len(others)))])


def degradation(rng: Any, *, mild: bool = False) -> Wear:
    """Wear as offices know it; `mild`: a careful press on a good scanner."""
    worst = 0.3 if mild else 1.0
    return Wear(
        dpi=int(rng.choice([200, 300] if mild else [150, 200, 300])),
        turn=float(rng.uniform(0, 360)),
        blur=float(rng.uniform(0, 0.12)) * worst,
        loss=float(rng.choice([0, 0, 0.1, 0.3])) * worst,
        spread=float(rng.uniform(-0.06, 0.1)) * worst,
        perspective=float(rng.uniform(0, 0.012)) * worst,
        text=not mild and bool(rng.random() < 0.4),
        noise=float(rng.uniform(0, 0.03)) * worst,
        quality=int(rng.integers(70, 95)),
    )


@cache
def render(face: SealFace, dpi: int) -> bytes:
    """The face as its specimen is filed."""
    return render_png(draw_svg(face), dpi)


def scanned(face: SealFace, wear: Wear, rng: Any) -> bytes:
    """A scan of an imprint of the face: JPEG with its resolution."""
    pixel = DRAWN_DPI / 25.4
    ink = _drawn(face)
    edge = round(12 * pixel)
    ink = cv2.copyMakeBorder(ink, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)
    ink = _spread(ink, wear.spread * pixel)
    ink *= _worn(ink.shape, wear.loss, pixel, rng)
    ink = _moved(ink, wear, rng)
    if wear.blur:
        ink = cv2.GaussianBlur(ink, (0, 0), wear.blur * pixel)
    page = _paper(ink.shape, wear, pixel)
    red = np.array([0.80, 0.10, 0.12], dtype=np.float32)
    page = page * (1 - ink[..., None] * (1 - red))
    factor = wear.dpi / DRAWN_DPI
    page = cv2.resize(page, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    page = np.clip(page + rng.normal(0, wear.noise, page.shape), 0, 1)
    out = io.BytesIO()
    Image.fromarray((page * 255).astype(np.uint8)).save(
        out, "JPEG", quality=wear.quality, dpi=(wear.dpi, wear.dpi)
    )
    return out.getvalue()


@cache
def _drawn(face: SealFace) -> Any:
    with Image.open(io.BytesIO(render(face, DRAWN_DPI))) as image:
        return np.asarray(image.convert("RGBA"), dtype=np.float32)[..., 3] / 255


def _spread(ink: Any, by: float) -> Any:
    """Strokes grow thicker with much ink and thinner with little."""
    if abs(by) < 0.5:
        return ink
    size = 2 * round(abs(by)) + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(ink, element) if by > 0 else cv2.erode(ink, element)


def _worn(shape: tuple[int, ...], loss: float, pixel: float, rng: Any) -> Any:
    """Where ink is thin or lacking: patches of a millimetre and more, over a grain."""
    grain = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), 0.12 * pixel)
    patches = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), 1.2 * pixel)
    field = 0.4 * grain / grain.std() + patches / patches.std()
    limit = np.quantile(field[::9, ::9], loss * 0.35) if loss else field.min() - 1
    return np.clip((field - limit) / 0.3 + 0.5, 0, 1).astype(np.float32)


def _moved(ink: Any, wear: Wear, rng: Any) -> Any:
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), wear.turn, 1)
    ink = cv2.warpAffine(ink, turn, (width, height), flags=cv2.INTER_LINEAR)
    if not wear.perspective:
        return ink
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = corners + rng.uniform(-1, 1, (4, 2)).astype(np.float32) * wear.perspective * width
    return cv2.warpPerspective(ink, cv2.getPerspectiveTransform(corners, moved), (width, height))


def _paper(shape: tuple[int, ...], wear: Wear, pixel: float) -> Any:
    page = np.full((*shape[:2], 3), (247, 245, 237), dtype=np.uint8)
    if wear.text:
        for line in range(3, round(shape[0] / pixel), 7):
            at = (round(2 * pixel), round(line * pixel))
            cv2.putText(
                page, "Lease 2026 / 0012345 / 600 000", at, cv2.FONT_HERSHEY_SIMPLEX, 1.3, (26, 26, 30), 4
            )
    return page.astype(np.float32) / 255
