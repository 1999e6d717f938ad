"""What the people area asks of whoever compares faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class FaceFault(StrEnum):
    """Why pictures show no usable face."""

    UNREADABLE = "unreadable"
    NONE = "none"
    SEVERAL = "several"
    SMALL = "small"
    NOT_FRONTAL = "not_frontal"


class FaceProblem(Exception):
    """The pictures cannot be used. `down` tells that the engine itself cannot work."""

    def __init__(self, fault: FaceFault | None, *, down: bool = False) -> None:
        super().__init__(fault or "down")
        self.fault = fault
        self.down = down


@dataclass(frozen=True, slots=True)
class SeenFace:
    """The one face of a picture: how far it is turned (the nose from the middle of the eyes, in distances of the eyes;
    towards the person's left is positive), how far it leans (degrees), how wide it is (pixels)."""

    turned: float
    leaning: float
    width: float
    handle: object
    """For the engine: where the face is and in which picture."""


class FaceEngine(Protocol):
    """Finds and compares faces, on this machine."""

    available: bool
    model: str
    """Names the models: templates of different ones are not compared."""

    def look(self, picture: bytes) -> SeenFace:
        """The one face of a picture. Raises FaceProblem."""
        ...

    def template(self, face: SeenFace) -> bytes:
        """What is kept of a face. Raises FaceProblem."""
        ...

    def likeness(self, one: bytes, other: bytes) -> float:
        """How alike two templates are, from -1 to 1."""
        ...


class NoFaces:
    """Where no engine is set up."""

    available = False
    model = ""

    def look(self, picture: bytes) -> SeenFace:
        raise FaceProblem(None, down=True)

    def template(self, face: SeenFace) -> bytes:
        raise FaceProblem(None, down=True)

    def likeness(self, one: bytes, other: bytes) -> float:
        raise FaceProblem(None, down=True)


LIKENESS = 0.45
"""From here on two pictures are taken for one person; the models' own documentation says 0.363, which let 2.7 % of the
pairs of different persons through where it was measured, and 0.45 none but one (docs/face-check.md)."""
SAME_TAKE = 0.6
"""Two pictures of one take are at least so alike: nobody steps in between them."""
LEAST_WIDTH = 112.0
FRONTAL = 0.15
TURNED = 0.18
LEANING = 25.0


def frontal_place(faces: Sequence[SeenFace]) -> int | None:
    """The first picture that shows the face from the front."""
    return next((at for at, face in enumerate(faces) if _is_frontal(face)), None)


def turned_place(faces: Sequence[SeenFace], after: int, turn: str) -> int | None:
    """The first picture after another that shows the face turned to the side that was asked for."""
    sign = 1 if turn == "left" else -1
    return next((at for at, face in enumerate(faces) if at > after and face.turned * sign >= TURNED), None)


def _is_frontal(face: SeenFace) -> bool:
    return abs(face.turned) <= FRONTAL and abs(face.leaning) <= LEANING and face.width >= LEAST_WIDTH
