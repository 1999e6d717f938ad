"""Seal faces as SVG: outlines only, one colour, sizes in millimetres."""

import math
from collections.abc import Iterable

from gmseal.picture.face import Centre, SealFace, Shape
from gmseal.picture.glyphs import Place, outline
from gmseal.picture.layout import Rim, along_bottom, along_rim, in_grid, on_line

TRIAL_WORDS = "试用 TRIAL"
_BOLD_MM = 0.09
"""Seal characters are cut heavier than book type: their outlines are drawn with a thin stroke."""


def draw_svg(face: SealFace) -> str:
    """The face as an SVG document whose width and height are the face's, in mm.

    Raises ``MissingGlyph`` for a character the font lacks and ``Refused`` (``FACE_TEXT_TOO_LONG``) when
    a text cannot be set legibly.
    """
    width, height = float(face.width_mm), float(face.height_mm)
    if face.shape in {Shape.ROUND, Shape.ELLIPSE}:
        parts = _rimmed(face, width, height)
    else:
        parts = _framed(face, width, height)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none">\n'
        f'<g fill="{face.COLOUR}" stroke="{face.COLOUR}" stroke-width="{_BOLD_MM}" stroke-linejoin="round">\n'
        f"{body}\n</g>\n</svg>\n"
    )


def _rimmed(face: SealFace, width: float, height: float) -> list[str]:
    """Round and elliptical faces: border, text on the rim, centre, lines below it, code at the bottom."""
    cx, cy, small = width / 2, height / 2, min(width, height)
    border = face.border_mm
    radii = f'rx="{cx - border / 2:g}" ry="{cy - border / 2:g}"'
    parts = [f'<ellipse cx="{cx:g}" cy="{cy:g}" {radii} fill="none" stroke-width="{border:g}"/>']
    inset = border + small * 0.022
    rim = Rim(cx, cy, cx - inset, cy - inset)
    span = 0.60 if face.code else 0.68
    parts += _set(face.text, along_rim(face.text, rim, height=small * 0.14, span=span))
    if face.code is not None:
        digit = max(1.3, small * 0.04)
        inset = border + small * 0.02 + digit / 2
        bottom = Rim(cx, cy, cx - inset, cy - inset)
        parts += _set(face.code, along_bottom(face.code, bottom, height=digit, pitch=digit * 0.82))
    parts += _centre(face, cx, cy, small)
    if face.middle_text:
        line = on_line(face.middle_text, cx=cx, cy=cy, height=small * 0.123, room=width * 0.65)
        parts += _set(face.middle_text, line)
    return parts + _lower_lines(face, cx, cy, width, small)


def _lower_lines(face: SealFace, cx: float, cy: float, width: float, small: float) -> list[str]:
    """The words below the centre, and under them the trial mark in a thin frame."""
    parts: list[str] = []
    words = face.horizontal_text
    if words:
        lower = 0.215 if face.shape is Shape.ROUND else 0.225
        line = on_line(words, cx=cx, cy=cy + small * lower, height=small * 0.1, room=width * 0.47)
        parts += _set(words, line)
    if face.trial_mark:
        below_words = 0.325 if face.shape is Shape.ROUND else 0.338
        offset = small * (below_words if words else 0.265)
        parts += _trial(cx, cy + offset, size=max(1.5, small * 0.06), room=width * 0.34)
    return parts


def _centre(face: SealFace, cx: float, cy: float, small: float) -> list[str]:
    if face.centre is Centre.STAR:
        # With words below, the star is smaller and a little higher, so that nothing touches.
        lines = bool(face.horizontal_text)
        return [_star(cx, cy - (small * 0.02 if lines else 0), small * (0.15 if lines else 0.165))]
    if face.centre is Centre.EMBLEM_PLACEHOLDER:
        radius = small * 0.16
        ring = (
            f'<circle cx="{cx:g}" cy="{cy:g}" r="{radius:g}" fill="none" stroke-width="0.3" '
            f'stroke-dasharray="1 0.7"/>'
        )
        return [ring, *_set("国徽", on_line("国徽", cx=cx, cy=cy, height=small * 0.09, room=radius * 1.5))]
    return []


def _framed(face: SealFace, width: float, height: float) -> list[str]:
    """Square faces as name seals are cut; rectangular ones as lines of text."""
    border = face.border_mm
    size = f'x="{border / 2:g}" y="{border / 2:g}" width="{width - border:g}" height="{height - border:g}"'
    parts = [f'<rect {size} fill="none" stroke-width="{border:g}"/>']
    pad = border + min(width, height) * 0.03
    left, top, inner, room = pad, pad, width - 2 * pad, height - 2 * pad
    if face.trial_mark:
        strip = max(1.9, room * 0.14)
        room -= strip
        parts += _trial(width / 2, top + room + strip / 2, size=strip * 0.66, room=inner * 0.9)
    if face.shape is Shape.SQUARE:
        return parts + _set(face.text, in_grid(face.text, left=left, top=top, width=inner, height=room))
    lines = [text for text in (face.text, face.horizontal_text, face.middle_text, face.code) if text]
    weights = [1.0 if text is not face.code else 0.45 for text in lines]
    y = top
    for text, weight in zip(lines, weights, strict=True):
        share = room * weight / sum(weights)
        line = on_line(text, cx=width / 2, cy=y + share / 2, height=share * 0.86, room=inner * 0.94)
        parts += _set(text, line)
        y += share
    return parts


def _trial(cx: float, cy: float, *, size: float, room: float) -> list[str]:
    """「试用 TRIAL」 in a thin frame: a face of the trial authority says so itself."""
    places = on_line(TRIAL_WORDS, cx=cx, cy=cy, height=size, room=room)
    left = places[0].x - places[0].width / 2 - size * 0.25
    right = places[-1].x + places[-1].width / 2 + size * 0.25
    tall = places[0].height * 1.3
    frame = (
        f'<rect x="{left:.3f}" y="{cy - tall / 2:.3f}" width="{right - left:.3f}" height="{tall:.3f}" '
        f'rx="0.3" fill="none" stroke-width="0.18"/>'
    )
    return [frame, *_set(TRIAL_WORDS, places, bold=False)]


def _set(text: str, places: Iterable[Place], *, bold: bool = True) -> list[str]:
    paths = (outline(character, place) for character, place in zip(text, places, strict=True))
    data = "".join(path for path in paths if path)
    return [f'<path d="{data}"/>' if bold else f'<path stroke="none" d="{data}"/>']


def _star(cx: float, cy: float, radius: float) -> str:
    """A five-pointed star standing on two points; the inner radius makes its edges straight lines."""
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    points = []
    for corner in range(10):
        reach = radius if corner % 2 == 0 else inner
        angle = math.radians(36 * corner)
        points.append(f"{cx + reach * math.sin(angle):.3f},{cy - reach * math.cos(angle):.3f}")
    return f'<polygon stroke="none" points="{" ".join(points)}"/>'
