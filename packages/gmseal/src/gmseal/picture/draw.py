"""Seal faces as SVG: outlines only, one colour, sizes in millimetres."""

import math

from gmseal.picture.face import Centre, SealFace
from gmseal.picture.glyphs import BOLD_MM, outline
from gmseal.picture.plan import Disc, FacePlan, Role, TextRun, plan_face

_INNER_RING_MM = 0.3


def draw_svg(face: SealFace) -> str:
    """The face as an SVG document whose width and height are the face's, in mm.

    Raises ``MissingGlyph`` for a character the font lacks and ``Refused`` (``FACE_TEXT_TOO_LONG``) when
    a text cannot be set legibly.
    """
    plan = plan_face(face)
    width, height = float(face.width_mm), float(face.height_mm)
    parts = _rimmed(face, plan) if face.rimmed else _framed(face, plan)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none">\n'
        f'<g fill="{face.COLOUR}" stroke="{face.COLOUR}" stroke-width="{BOLD_MM}" stroke-linejoin="round">\n'
        f"{body}\n</g>\n</svg>\n"
    )


def _rimmed(face: SealFace, plan: FacePlan) -> list[str]:
    border = face.border_mm
    cx, cy = float(face.width_mm) / 2, float(face.height_mm) / 2
    parts = [_ellipse(cx, cy, cx - border / 2, cy - border / 2, border)]
    if plan.inner_ring is not None:
        rim = plan.inner_ring
        parts.append(_ellipse(cx, cy, rim.a - _INNER_RING_MM / 2, rim.b - _INNER_RING_MM / 2, _INNER_RING_MM))
    if plan.centre is not None:
        parts.append(_star(plan.centre) if face.centre is Centre.STAR else _placeholder(plan.centre))
    return parts + _texts(plan)


def _framed(face: SealFace, plan: FacePlan) -> list[str]:
    width, height, border = float(face.width_mm), float(face.height_mm), face.border_mm
    if face.white_on_red:
        texts = "".join(_texts(plan))
        cut = (
            f'<mask id="cut" maskUnits="userSpaceOnUse" x="0" y="0" width="{width:g}" height="{height:g}">'
            f'<rect width="{width:g}" height="{height:g}" fill="#fff" stroke="none"/>'
            f'<g fill="#000" stroke="#000">{texts}</g></mask>'
        )
        ground = f'<rect width="{width:g}" height="{height:g}" stroke="none" mask="url(#cut)"/>'
        return [cut, ground]
    size = f'x="{border / 2:g}" y="{border / 2:g}" width="{width - border:g}" height="{height - border:g}"'
    return [f'<rect {size} fill="none" stroke-width="{border:g}"/>', *_texts(plan)]


def _texts(plan: FacePlan) -> list[str]:
    parts = [_set(run) for run in plan.runs]
    if plan.trial_frame is not None:
        left, top, width, height = plan.trial_frame
        parts.append(
            f'<rect x="{left:.3f}" y="{top:.3f}" width="{width:.3f}" height="{height:.3f}" '
            f'rx="0.3" fill="none" stroke-width="0.18"/>'
        )
    return parts


def _set(run: TextRun) -> str:
    paths = (outline(one, place, run.typeface) for one, place in zip(run.text, run.places, strict=True))
    data = "".join(path for path in paths if path)
    stroke = ' stroke="none"' if run.role is Role.TRIAL else ""
    return f'<path{stroke} d="{data}"/>'


def _ellipse(cx: float, cy: float, rx: float, ry: float, line: float) -> str:
    shape = f'cx="{cx:g}" cy="{cy:g}" rx="{rx:g}" ry="{ry:g}"'
    return f'<ellipse {shape} fill="none" stroke-width="{line:g}"/>'


def _placeholder(disc: Disc) -> str:
    """A dashed circle where whoever may issue the seal puts the national emblem."""
    place = f'cx="{disc.cx:g}" cy="{disc.cy:g}" r="{disc.radius:g}"'
    return f'<circle {place} fill="none" stroke-width="0.3" stroke-dasharray="1 0.7"/>'


def _star(disc: Disc) -> str:
    """A five-pointed star standing on two points; the inner radius makes its edges straight lines."""
    inner = disc.radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    points = []
    for corner in range(10):
        reach = disc.radius if corner % 2 == 0 else inner
        angle = math.radians(36 * corner)
        points.append(f"{disc.cx + reach * math.sin(angle):.3f},{disc.cy - reach * math.cos(angle):.3f}")
    return f'<polygon stroke="none" points="{" ".join(points)}"/>'
