"""What stands where on a face: the plan that the drawing follows. All lengths in millimetres.

Round and elliptical faces are planned from the outside in: border, ring text and code along the rim, the
piece in the centre, and the lines below it, which get what room the ring text leaves.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from gmseal.errors import Refused
from gmseal.picture.face import Centre, SealFace, Shape
from gmseal.picture.glyphs import BOLD_MM, DIGIT_HEIGHT, Place, Typeface
from gmseal.picture.layout import Rim, along_bottom, along_rim, in_columns, in_grid, in_rows, on_line

TRIAL_WORDS = "试用 TRIAL"

_RING = 0.14
"""Height of ring characters as a share of the face's smaller side."""
_CHORD_STEP_MM = 0.1


class Role(StrEnum):
    """What a text on the face is."""

    NAME = "name"
    MIDDLE = "middle"
    WORDS = "words"
    NUMBER = "number"
    CODE = "code"
    TRIAL = "trial"
    EMBLEM = "emblem"


@dataclass(frozen=True, slots=True)
class TextRun:
    """A text and one place for each of its characters."""

    role: Role
    text: str
    places: tuple[Place, ...]
    typeface: Typeface = Typeface.SERIF


@dataclass(frozen=True, slots=True)
class Disc:
    """The circle that the star fills or the emblem's placeholder marks."""

    cx: float
    cy: float
    radius: float


@dataclass(slots=True)
class FacePlan:
    """A planned face. ``trial_frame`` is (left, top, width, height) of the frame around the trial mark."""

    runs: list[TextRun] = field(default_factory=list)
    centre: Disc | None = None
    inner_ring: Rim | None = None
    trial_frame: tuple[float, float, float, float] | None = None

    def add(self, role: Role, text: str, places: list[Place], typeface: Typeface = Typeface.SERIF) -> None:
        """Put a text on the face."""
        self.runs.append(TextRun(role, text, tuple(places), typeface))

    def add_trial(self, cx: float, cy: float, *, size: float, room: float) -> None:
        """「试用 TRIAL」 in a thin frame: a face of the trial authority says so itself."""
        places = on_line(TRIAL_WORDS, cx=cx, cy=cy, height=size, room=room - size * 0.5)
        self.add(Role.TRIAL, TRIAL_WORDS, places)
        left = places[0].x - places[0].width / 2 - size * 0.25
        right = places[-1].x + places[-1].width / 2 + size * 0.25
        tall = places[0].height * 1.3
        self.trial_frame = (left, cy - tall / 2, right - left, tall)


def plan_face(face: SealFace) -> FacePlan:
    """Where everything goes.

    Raises ``MissingGlyph`` for a character the font lacks and ``Refused`` (``FACE_TEXT_TOO_LONG``) when a
    text cannot be set legibly.
    """
    return _Rimmed(face).plan() if face.rimmed else _framed(face)


class _Rimmed:
    """Plans round and elliptical faces."""

    def __init__(self, face: SealFace) -> None:
        self.face = face
        self.result = FacePlan()
        self.cx, self.cy = float(face.width_mm) / 2, float(face.height_mm) / 2
        self.small = 2 * min(self.cx, self.cy)
        inset = face.border_mm + self.small * 0.022
        if face.inner_ring:
            gap = self.small * 0.02
            self.result.inner_ring = self._rim(face.border_mm + gap)
            inset += gap + self.small * 0.006
        self.inset = inset
        self.code_height = max(1.3, self.small * 0.04) if face.code else 0.0
        self.text_end = 0.0
        self.inner = self._rim(inset)

    def _rim(self, inset: float) -> Rim:
        return Rim(self.cx, self.cy, self.cx - inset, self.cy - inset)

    def plan(self) -> FacePlan:
        face, result = self.face, self.result
        fixed = face.lettering.ring_mm if face.lettering else self.small * _RING
        outer = self._rim(self.inset)
        places = along_rim(face.text, outer, height=fixed, span=self._span(outer))
        result.add(Role.NAME, face.text, places)
        height = max(place.height for place in places)
        self.inner = self._rim(self.inset + height + self.small * 0.012)
        last = places[-1]
        # The angle at which the ring text ends, seen from the centre, with half a character to spare.
        self.text_end = math.atan2(last.x - self.cx, self.cy - last.y) + last.width * 0.8 / self.inner.b
        if face.code is not None:
            bottom = self._rim(self.inset - self.small * 0.002 + self.code_height / 2)
            code = along_bottom(face.code, bottom, height=self.code_height, pitch=self.code_height * 0.82)
            result.add(Role.CODE, face.code, code, Typeface.SANS)
        top = self._centre()
        self._lines(top)
        return result

    def _span(self, outer: Rim) -> float:
        """The share of the rim that the ring text may use: less when a code stands at the bottom."""
        if self.face.code is None:
            return 0.68
        used = len(self.face.code) * self.code_height * 0.82 / outer.lengths()[-1]
        return min(0.60, 0.94 - used)

    def _centre(self) -> float:
        """Plan the centre; returns the y below which the lines stand."""
        face, cx, cy, small = self.face, self.cx, self.cy, self.small
        lines = bool(face.horizontal_text)
        if face.centre is Centre.STAR:
            # With words below, the star is smaller and a little higher, so that nothing touches.
            disc = Disc(cx, cy - (small * 0.02 if lines else 0), small * (0.15 if lines else 0.165))
            self.result.centre = disc
            return disc.cy + disc.radius * math.cos(math.radians(36))
        if face.centre is Centre.EMBLEM_PLACEHOLDER:
            disc = Disc(cx, cy - (small * 0.02 if lines else 0), small * 0.16)
            self.result.centre = disc
            places = on_line("国徽", cx=cx, cy=disc.cy, height=small * 0.09, room=disc.radius * 1.5)
            self.result.add(Role.EMBLEM, "国徽", places)
            return disc.cy + disc.radius
        if face.middle_text:
            return cy + self._middle(face.middle_text) / 2
        return cy + small * 0.1

    def _middle(self, text: str) -> float:
        """The line in the middle; returns its height."""
        given = self.face.lettering
        height = given.middle_mm if given else self.small * 0.123
        room = self._chord(self.cy - height / 2, self.cy + height / 2)
        room = min(room, given.middle_span_mm if given else self.cx * 1.3)
        typeface = Typeface.SANS if text.isascii() else Typeface.SERIF
        # A regulation that gives the height of digits means the digits, not the square they stand in.
        cell = (height - BOLD_MM) / DIGIT_HEIGHT if given and text.isascii() else height
        places = on_line(text, cx=self.cx, cy=self.cy, height=cell, room=room, typeface=typeface)
        self.result.add(Role.MIDDLE, text, places, typeface)
        return height

    def _lines(self, top: float) -> None:
        """Words, number and trial mark below the centre, spread over the height that is there."""
        face, small = self.face, self.small
        heights: list[tuple[Role, float]] = []
        if face.horizontal_text:
            heights.append((Role.WORDS, face.lettering.words_mm if face.lettering else small * 0.1))
        if face.number is not None:
            heights.append((Role.NUMBER, small * 0.065))
        if face.trial_mark:
            heights.append((Role.TRIAL, max(1.5, small * 0.06) * 1.3))
        if not heights:
            return
        code = self.code_height + small * 0.02 if face.code else 0.0
        bottom = 2 * self.cy - self.inset - code
        space = bottom - top
        total = sum(height for _, height in heights)
        scale = min(1.0, space * 0.88 / total)
        gap = min((space - total * scale) / (len(heights) + 0.6), small * 0.055)
        y = top + gap
        for role, height in heights:
            self._line(role, y, height * scale)
            y += height * scale + gap * 0.7

    def _line(self, role: Role, top: float, height: float) -> None:
        face, cx, cy = self.face, self.cx, top + height / 2
        room = self._chord(top, top + height)
        if role is Role.TRIAL:
            self.result.add_trial(cx, cy, size=height / 1.3, room=min(room, self.cx * 0.68))
        elif role is Role.NUMBER:
            text = f"({face.number})"
            places = on_line(text, cx=cx, cy=cy, height=height, room=room, typeface=Typeface.SANS)
            self.result.add(role, text, places, Typeface.SANS)
        elif face.horizontal_text:
            text = face.horizontal_text
            room = min(room, self.cx * 1.05)
            if face.lettering:
                room = min(room, face.lettering.words_width_mm * len(text) * 1.08)
            self.result.add(role, text, on_line(text, cx=cx, cy=cy, height=height, room=room))

    def _chord(self, top: float, bottom: float) -> float:
        """The width around the middle that ring text, code and border leave free between two heights."""
        half = 0.0
        while half < self.cx and self._free(half, top) and self._free(half, bottom):
            half += _CHORD_STEP_MM
        return 2 * max(half - _CHORD_STEP_MM, 0.0)

    def _free(self, x: float, y: float) -> bool:
        below = y - self.cy
        rim = self.inner
        if (x / rim.a) ** 2 + (below / rim.b) ** 2 <= 1:
            return True
        # Outside the ring of text there is room only below its end, inside the border and above the code.
        limit = self._rim(self.inset + (self.code_height + self.small * 0.015 if self.face.code else 0.0))
        inside = (x / limit.a) ** 2 + (below / limit.b) ** 2 <= 1
        return inside and math.atan2(x, -below) > self.text_end


def _framed(face: SealFace) -> FacePlan:
    """Square faces as name seals are cut; with more than a name, and on rectangles, as lines of text."""
    result = FacePlan()
    width, height, border = float(face.width_mm), float(face.height_mm), face.border_mm
    pad = border + min(width, height) * 0.03
    left, top, inner, room = pad, pad, width - 2 * pad, height - 2 * pad
    if face.trial_mark:
        strip = max(1.9, room * 0.14)
        room -= strip
        result.add_trial(width / 2, top + room + strip / 2, size=strip * 0.66, room=inner * 0.94)
    box = {"left": left, "top": top, "width": inner, "height": room}
    lines = _lines_of(face)
    if face.columns:
        result.add(Role.NAME, "".join(face.columns), in_columns(face.columns, **box))
    elif len(lines) == 1 and face.shape is Shape.SQUARE:
        result.add(Role.NAME, face.text, in_grid(face.text, **box))
    elif len(lines) == 1 and height > width * 1.4:
        result.add(Role.NAME, face.text, in_columns((face.text,), **box))
    else:
        _stack(result, lines, cx=width / 2, top=top, room=inner * 0.94, height=room)
    return result


def _lines_of(face: SealFace) -> list[tuple[Role, str, float]]:
    """The lines of a framed face from the top, each with its share of the height."""
    number = None if face.number is None else f"({face.number})"
    lines = [
        (Role.NAME, face.text, 2.0 if len(face.text) > 8 and face.shape is Shape.SQUARE else 1.0),
        (Role.WORDS, face.horizontal_text, 1.0),
        (Role.MIDDLE, face.middle_text, 1.0),
        (Role.NUMBER, number, 0.6),
        (Role.CODE, face.code, 0.45),
    ]
    return [(role, text, weight) for role, text, weight in lines if text]


def _stack(
    result: FacePlan,
    lines: list[tuple[Role, str, float]],
    *,
    cx: float,
    top: float,
    room: float,
    height: float,
) -> None:
    total = sum(weight for _, _, weight in lines)
    for role, text, weight in lines:
        share = height * weight / total
        if role is Role.NAME:
            places, typeface = in_rows(text, cx=cx, top=top, room=room, height=share), Typeface.SERIF
        else:
            typeface = Typeface.SANS if text.isascii() else Typeface.SERIF
            middle = top + share / 2
            places = on_line(text, cx=cx, cy=middle, height=share * 0.86, room=room, typeface=typeface)
        result.add(role, text, places, typeface)
        top += share
    if not result.runs:
        raise Refused("FACE_TEXT", "The face has no text.")
