"""Draws seal faces to the regulations: outlines of characters, rings, stars; SVG first, PNG from it."""

from gmseal.picture.draw import draw_svg
from gmseal.picture.face import Centre, FaceKind, SealFace, Shape, face_of_kind
from gmseal.picture.raster import DEFAULT_DPI, render_png

__all__ = [
    "DEFAULT_DPI",
    "Centre",
    "FaceKind",
    "SealFace",
    "Shape",
    "draw_svg",
    "face_of_kind",
    "render_png",
]
