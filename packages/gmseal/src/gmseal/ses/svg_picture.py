"""SVG as the picture of a seal: text that draws itself, and nothing that makes a program read other files."""

import re
from typing import Final

from gmseal.errors import MalformedInput, Refused

_OUTSIDE: Final = re.compile(r"href|@import|<!ENTITY|<!DOCTYPE|url\s*\(\s*['\"]?[^#'\"\s]", re.IGNORECASE)


def svg_text(data: bytes) -> str:
    """The text of an SVG picture.

    Raises ``MalformedInput`` when it is no UTF-8, ``Refused`` (``PICTURE_UNSUPPORTED``) when it refers to anything
    outside itself: what it shows would depend on the machine that draws it.
    """
    try:
        svg = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInput("The picture in the seal is no SVG.") from error
    if _OUTSIDE.search(svg):
        raise Refused(
            "PICTURE_UNSUPPORTED", "The SVG picture of the seal refers to something outside itself."
        )
    return svg
