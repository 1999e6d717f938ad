"""How far an imprint is tilted, from its opacity alone."""

from PIL import Image, ImageChops

_SIDE = 160
_LIMIT = 20.0
"""Imprints tilted further are turned by hand: beyond this a five-pointed star looks upright again."""
_COARSE, _FINE = 2.0, 0.5


def tilt_of(alpha: Image.Image) -> float:
    """Degrees (counter-clockwise) by which to rotate the imprint so that it stands upright.

    A frame is upright when its box is smallest. Rings have the same box at any angle; there the halves
    left and right of the axis are compared, because text, star and code are set symmetrically about it.
    """
    small = alpha.copy()
    small.thumbnail((_SIDE, _SIDE))
    score = _box_area if _box_changes(small) else _asymmetry
    coarse = [-_LIMIT + step * _COARSE for step in range(int(2 * _LIMIT / _COARSE) + 1)]
    best = min(coarse, key=lambda angle: (score(small, angle), abs(angle)))
    fine = [best - _COARSE + step * _FINE for step in range(int(2 * _COARSE / _FINE) + 1)]
    return min(fine, key=lambda angle: (score(small, angle), abs(angle)))


def _turned(small: Image.Image, angle: float) -> Image.Image:
    return small.rotate(angle, Image.Resampling.BILINEAR, expand=True)


def _box(small: Image.Image, angle: float) -> tuple[int, int, int, int]:
    mask = _turned(small, angle).point(lambda value: 255 if value > 96 else 0)
    return mask.getbbox() or (0, 0, 1, 1)


def _box_area(small: Image.Image, angle: float) -> float:
    left, top, right, bottom = _box(small, angle)
    return float((right - left) * (bottom - top))


def _box_changes(small: Image.Image) -> bool:
    areas = [_box_area(small, angle) for angle in (-15.0, -7.5, 0.0, 7.5, 15.0)]
    return max(areas) > min(areas) * 1.08


def _asymmetry(small: Image.Image, angle: float) -> float:
    turned = _turned(small, angle)
    upright = turned.crop(_box(small, angle))
    mirrored = upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    difference = ImageChops.difference(upright, mirrored).histogram()
    return sum(value * count for value, count in enumerate(difference)) / (upright.width * upright.height)
