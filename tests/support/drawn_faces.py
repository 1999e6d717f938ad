"""Faces of nobody: heads modelled from a few numbers and drawn from any side, for tests of the face check.

No picture of a person is needed: detector and description take them for faces, the same head from two sides for one
person, and the two heads here for two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

Colour = tuple[float, float, float]
Field = Any
"""An array of numpy."""
SIZE = 360
_GRID = 640
_GROUND: Colour = (150, 165, 170)


@dataclass(frozen=True, slots=True)
class Head:
    """A head: proportions against an average one, colours as blue, green, red."""

    width: float
    height: float
    jaw: float
    nose: float
    nose_width: float
    eyes: float
    eye_width: float
    eye_height: float
    iris: Colour
    brow: float
    hair: Colour
    mouth: float
    lip: float
    lips: Colour
    hairline: float
    skin: Colour
    beard: bool = False


FIRST = Head(
    width=0.86, height=1.2, jaw=0.12, nose=0.18, nose_width=1, eyes=0.36, eye_width=1, eye_height=1,
    iris=(40, 60, 90), brow=1, hair=(25, 25, 30), mouth=1, lip=1, lips=(110, 100, 190), hairline=0.75,
    skin=(150, 180, 225),
)  # fmt: skip
SECOND = Head(
    width=1, height=1.33, jaw=0.09, nose=0.19, nose_width=1.28, eyes=0.5, eye_width=0.89, eye_height=0.96,
    iris=(20, 49, 60), brow=2.6, hair=(30, 200, 40), mouth=1.45, lip=0.74, lips=(96, 55, 202), hairline=1.08,
    skin=(120, 160, 110), beard=True,
)  # fmt: skip


@cache
def picture(head: Head, turned: float = 0.0) -> bytes:
    """A JPEG of a head, turned so many radians to its own left."""
    return _jpeg(_drawn(head, turned))


@cache
def together() -> bytes:
    """A JPEG that shows two persons side by side."""
    return _jpeg(np.hstack([_drawn(FIRST, 0.0), _drawn(SECOND, 0.0)]))


@cache
def nobody() -> bytes:
    """A JPEG of an empty wall."""
    return _jpeg(_wall())


def take(head: Head, turn: str) -> list[bytes]:
    """The pictures of somebody who looks straight and then turns to a side."""
    side = 0.45 if turn == "left" else -0.45
    return [picture(head), picture(head, side / 3), picture(head, side)]


def _jpeg(image: Field) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())


def _wall() -> Field:
    noise = np.random.default_rng(7).normal(0, 3, (SIZE, SIZE, 3))
    return np.clip(np.array(_GROUND) + noise, 0, 255).astype(np.uint8)


def _drawn(head: Head, turned: float) -> Field:
    across = np.linspace(-1.5, 1.5, _GRID)
    down = np.linspace(-1.35, 1.45, _GRID)
    u, v = np.meshgrid(across, down)
    place = _surface(head, u, v)
    normal = _normals(*place)
    shown, facing = _turn(place, turned), _turn(normal, turned)
    light = np.array((0.3, -0.45, 0.85)) / math.sqrt(0.3**2 + 0.45**2 + 0.85**2)
    brightness = np.clip(sum(part * way for part, way in zip(facing, light, strict=True)), 0, 1)
    colour = np.clip(_painted(head, u, v) * (brightness * 0.75 + 0.35)[..., None], 0, 255)
    return _projected(head, shown, facing[2], colour)


def _bump(u: Field, v: Field, at: tuple[float, float], size: tuple[float, float]) -> Field:
    bump: Field = np.exp(-(((u - at[0]) / size[0]) ** 2) - ((v - at[1]) / size[1]) ** 2)
    return bump


def _surface(head: Head, u: Field, v: Field) -> tuple[Field, Field, Field]:
    """An egg with nose, sockets, brows, lips and chin, over its own longitude and latitude."""
    radius = 1 + head.nose * 0.9 * _bump(u, v, (0, 0.22), (0.13, 0.22))
    radius += 0.12 * _bump(u, v, (0, 0.34), (0.11 * head.nose_width, 0.09))
    for side in (-head.eyes, head.eyes):
        radius += 0.05 * _bump(u, v, (side, -0.24), (0.25, 0.08))
        radius -= 0.06 * _bump(u, v, (side, -0.05), (0.2, 0.13))
    radius += 0.04 * _bump(u, v, (0, 0.62), (0.2, 0.05)) + 0.04 * _bump(u, v, (0, 0.7), (0.18, 0.05))
    radius += 0.06 * _bump(u, v, (0, 1.0), (0.22, 0.16)) - 0.02 * _bump(u, v, (0, 0.66), (0.22, 0.02))
    narrow = 1 - np.clip(v - 0.3, 0, 2) * head.jaw
    around = np.cos(v * 0.9)
    return (
        radius * np.sin(u) * around * head.width * narrow,
        radius * np.sin(v * 0.95) * head.height,
        radius * np.cos(u) * around * 0.95,
    )


def _normals(x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
    down, across = ([np.gradient(part, axis=axis) for part in (x, y, z)] for axis in (0, 1))
    normal = np.cross(np.stack(down, -1), np.stack(across, -1))
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-9
    normal *= np.sign(np.sum(normal * np.stack((x, y, z), -1), axis=-1, keepdims=True))
    return normal[..., 0], normal[..., 1], normal[..., 2]


def _turn(parts: tuple[Field, Field, Field], angle: float) -> tuple[Field, Field, Field]:
    x, y, z = parts
    cosine, sine = math.cos(angle), math.sin(angle)
    return x * cosine + z * sine, y, z * cosine - x * sine


def _edge(distance: Field, sharpness: float) -> Field:
    return 1 / (1 + np.exp(np.clip(distance * sharpness, -60, 60)))


def _painted(head: Head, u: Field, v: Field) -> Field:
    skin = np.ones((*u.shape, 3)) * np.array(head.skin)

    def paint(mask: Field, colour: Colour) -> None:
        covered = np.clip(mask, 0, 1)[..., None]
        skin[:] = skin * (1 - covered) + np.array(colour) * covered

    for side in (-head.eyes, head.eyes):
        eye = ((u - side) / (0.17 * head.eye_width)) ** 2 + ((v + 0.05) / (0.07 * head.eye_height)) ** 2
        paint(_edge(eye - 1, 14), (235, 238, 240))
        paint((eye < 1) * _edge(((u - side) / 0.062) ** 2 + ((v + 0.05) / 0.066) ** 2 - 1, 14), head.iris)
        paint(_edge(((u - side) / 0.03) ** 2 + ((v + 0.05) / 0.032) ** 2 - 1, 10), (15, 15, 15))
        paint(0.9 * np.exp(-(((np.sqrt(eye) - 1) / 0.14) ** 2)) * (v < -0.04), (30, 25, 25))
        arch = -0.25 - 0.05 * (1 - ((u - side) / 0.2) ** 2)
        brow = np.exp(-(((u - side) / 0.19) ** 4)) * np.exp(-(((v - arch) / (0.03 * head.brow)) ** 2))
        paint(0.95 * brow, head.hair)
        nostril = math.copysign(0.07 * head.nose_width, side)
        paint(0.5 * _bump(u, v, (nostril, 0.42), (0.035, 0.025)), (40, 30, 50))
        paint(0.18 * _bump(u, v, (math.copysign(0.55, side), 0.35), (0.2, 0.15)), (100, 100, 220))
    lips = 0.24 * head.mouth
    paint(0.8 * np.exp(-((u / lips) ** 4)) * np.exp(-(((v - 0.62) / 0.04) ** 2)), head.lips)
    lower = np.exp(-((u / (lips * 0.85)) ** 4)) * np.exp(-(((v - 0.7) / (0.05 * head.lip)) ** 2))
    paint(0.8 * lower, head.lips)
    paint(np.exp(-((u / lips) ** 4)) * np.exp(-(((v - 0.66) / 0.012) ** 2)), (40, 20, 60))
    paint(_edge(v + head.hairline + 0.12 * np.cos(3 * u), 25), head.hair)
    paint(_edge(1.22 - np.abs(u), 20) * (v < 0.25), head.hair)
    if head.beard:
        paint(0.6 * np.clip(_bump(u, v, (0, 0.95), (0.6, 0.25)) - 0.1, 0, 1), head.hair)
    return skin


def _projected(head: Head, place: tuple[Field, Field, Field], towards: Field, colour: Field) -> Field:
    image = _wall().astype(float)
    middle, radius = SIZE / 2, SIZE * 0.3
    below = (int(middle), int(middle + radius * 2.3))
    cv2.ellipse(image, below, (int(radius * 1.7), int(radius * 1.15)), 0, 0, 360, (90, 80, 50), -1)
    neck = tuple(part * 0.75 for part in head.skin)
    left, right = (int(middle + sign * radius * 0.45) for sign in (-1, 1))
    cv2.rectangle(image, (left, int(middle + radius * 0.9)), (right, int(middle + radius * 1.5)), neck, -1)
    across = (middle + place[0] * radius).round().astype(int)
    down = (middle + place[1] * radius).round().astype(int)
    seen = (across >= 0) & (across < SIZE) & (down >= 0) & (down < SIZE) & (towards > -0.1)
    order = np.argsort(place[2][seen], kind="stable")
    image[down[seen][order], across[seen][order]] = colour[seen][order]
    return np.clip(cv2.GaussianBlur(image, (0, 0), 1.0), 0, 255).astype(np.uint8)
