"""Draws seal faces to the regulations: outlines of characters, rings, stars; SVG first, PNG from it."""

from gmseal.picture.draw import draw_svg
from gmseal.picture.face import Centre, SealFace, Shape
from gmseal.picture.names import NameSuffix, arrange_name
from gmseal.picture.raster import DEFAULT_DPI, render_png
from gmseal.picture.scan import ScannedPicture, picture_from_scan
from gmseal.picture.standards import FaceKind, face_of_kind

__all__ = [
    "DEFAULT_DPI",
    "Centre",
    "FaceKind",
    "NameSuffix",
    "ScannedPicture",
    "SealFace",
    "Shape",
    "arrange_name",
    "draw_svg",
    "face_of_kind",
    "picture_from_scan",
    "render_png",
]
