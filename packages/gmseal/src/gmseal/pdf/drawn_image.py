"""The one image that an appearance places, followed through nested forms (ISO 32000-1, 8.10 and 12.5.5).

Only what places an image is understood: saving and restoring, matrices, forms, and states that change nothing about
an image but how it mixes with what lies under it. With any other operator the answer is that nobody knows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import pikepdf

from gmseal.pdf.expansion import octets_of
from gmseal.pdf.geometry import Box, box_of

_MAX_CONTENT: Final = 16 * 1024
_MAX_DEPTH: Final = 6
_MAX_STEPS: Final = 200
_TOKEN: Final = re.compile(
    rb"%[^\r\n]*|/[^\x00\t\n\f\r ()<>\[\]{}/%]+|[^\x00\t\n\f\r ()<>\[\]{}/%]+|[()<>\[\]{}/]"
)
_NUMBER: Final = re.compile(rb"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\Z")
_STATE: Final[dict[str, set[object]]] = {
    "/Type": {"/ExtGState"},
    "/BM": {"/Normal", "/Compatible", "/Multiply", "/Darken"},
    "/SMask": {"/None"},
    "/AIS": {False},
    "/ca": {1},
    "/CA": {1},
}
"""What a graphics state may say without the image being anything else than its own samples."""


class Matrix(NamedTuple):
    """x' = ax + cy + e, y' = bx + dy + f (8.3.3)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def then(self, other: "Matrix") -> "Matrix":
        """This one first, the other after it."""
        return Matrix(
            self.a * other.a + self.b * other.c,
            self.a * other.b + self.b * other.d,
            self.c * other.a + self.d * other.c,
            self.c * other.b + self.d * other.d,
            self.e * other.a + self.f * other.c + other.e,
            self.e * other.b + self.f * other.d + other.f,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point goes."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def box(self, box: Box) -> Box | None:
        """Where a rectangle goes; ``None`` when it would no longer stand parallel to the axes."""
        if min(abs(self.a) + abs(self.d), abs(self.b) + abs(self.c)) > _SLANT:
            return None
        (x1, y1), (x2, y2) = self.point(box[0], box[1]), self.point(box[2], box[3])
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


_SLANT: Final = 1e-6


class Drawn(NamedTuple):
    """An image in the space of a rectangle: the matrix of its unit square, and the part of that which is not clipped."""

    image: pikepdf.Stream
    matrix: Matrix
    clip: Box


@dataclass(frozen=True, slots=True)
class _Form:
    """A form on its way: its content, the matrix into the rectangle, what is seen of it, how deep it lies."""

    form: pikepdf.Stream
    matrix: Matrix
    clip: Box
    depth: int


def drawn_image(appearance: pikepdf.Stream, rectangle: Box) -> Drawn | None:
    """The image that is all an appearance shows in a rectangle; ``None`` for none, several, or what is not understood."""
    box, own = _box_of(appearance), _matrix_of(appearance)
    fitted = None if box is None or own is None else fitting(own.box(box), rectangle)
    if fitted is None:
        return None
    found: list[Drawn] = []
    waiting = [_Form(appearance, fitted, rectangle, 0)]
    steps = 0
    while waiting:
        for step in _steps(waiting.pop()):
            steps += 1
            if step is None or steps > _MAX_STEPS:
                return None
            if isinstance(step, Drawn):
                found.append(step)
            else:
                waiting.append(step)
    return found[0] if len(found) == 1 else None


def fitting(outer: Box | None, rectangle: Box) -> Matrix | None:
    """What lays a form, its box through its matrix being ``outer``, into the rectangle of an annotation (12.5.5)."""
    if outer is None:
        return None
    wide, high = outer[2] - outer[0], outer[3] - outer[1]
    if wide <= 0 or high <= 0:
        return None
    across, up = (rectangle[2] - rectangle[0]) / wide, (rectangle[3] - rectangle[1]) / high
    return Matrix(across, 0, 0, up, rectangle[0] - outer[0] * across, rectangle[1] - outer[1] * up)


def _box_of(form: pikepdf.Object) -> Box | None:
    return box_of(form.get("/BBox"), least=0.0)


def _steps(form: _Form) -> Iterator[Drawn | _Form | None]:
    """The images and forms that a form places; ``None`` when it does anything else."""
    box, own = _box_of(form.form), _matrix_of(form.form)
    if box is None or own is None or form.depth > _MAX_DEPTH or "/OC" in form.form:
        yield None
        return
    matrix = own.then(form.matrix)
    seen = matrix.box(box)
    content = octets_of(form.form)
    if seen is None or len(content) > _MAX_CONTENT:
        yield None
        return
    clip = _common(form.clip, seen)
    resources = form.form.get("/Resources")
    for name, placed in _placings(content, matrix, resources):
        inner = _resource(resources, "/XObject", name) if name else None
        if not isinstance(inner, pikepdf.Stream) or "/OC" in inner:
            yield None
            return
        kind = inner.get("/Subtype")
        if kind == "/Image":
            yield Drawn(inner, placed, clip)
        else:
            yield _Form(inner, placed, clip, form.depth + 1) if kind == "/Form" else None


def _placings(content: bytes, matrix: Matrix, resources: object) -> Iterator[tuple[str, Matrix]]:
    """Each name that is drawn and the matrix at that point; an empty name when something else happens."""
    kept: list[Matrix] = []
    operands: list[bytes] = []
    for token in _TOKEN.findall(content):
        if token.startswith(b"%"):
            continue
        if token.startswith(b"/") or _NUMBER.match(token):
            operands.append(token)
            continue
        if token == b"q" and not operands:
            kept.append(matrix)
        elif token == b"Q" and not operands and kept:
            matrix = kept.pop()
        elif token == b"cm" and len(operands) == 6 and all(_NUMBER.match(one) for one in operands):
            matrix = Matrix(*(float(one) for one in operands)).then(matrix)
        elif token == b"Do" and len(operands) == 1:
            yield operands[0].decode("latin-1"), matrix
        elif token != b"gs" or len(operands) != 1 or not _harmless(resources, operands[0].decode("latin-1")):
            yield "", matrix
            return
        operands = []
    if operands:
        yield "", matrix


def _harmless(resources: object, name: str) -> bool:
    state = _resource(resources, "/ExtGState", name)
    return isinstance(state, pikepdf.Dictionary) and all(
        not isinstance(value, (pikepdf.Array, pikepdf.Dictionary)) and value in _STATE.get(key, set())
        for key, value in state.items()
    )


def _resource(resources: object, kind: str, name: str) -> pikepdf.Object | None:
    named = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
    found: pikepdf.Object | None = named.get(name) if isinstance(named, pikepdf.Dictionary) else None
    return found


def _matrix_of(form: pikepdf.Object) -> Matrix | None:
    given = form.get("/Matrix")
    if given is None:
        return Matrix()
    if not isinstance(given, pikepdf.Array) or len(given) != 6:
        return None
    return Matrix(*(float(one) for one in given))


def _common(one: Box, two: Box) -> Box:
    return max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3])
