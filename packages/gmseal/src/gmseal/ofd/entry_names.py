"""Names of entries: how they are written, what is allowed, and how one file names another (ST_Loc).

GB/T 33190-2016, 7.3: a location is absolute, beginning with ``/``, or relative to the file that names it.
"""

import re
import unicodedata
import zlib
from collections.abc import Container, Iterable
from functools import lru_cache
from typing import Final

from gmseal.errors import MalformedInput, Refused

MAX_NAME: Final = 1024
MAX_DEPTH: Final = 32
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\\]|^/|^[A-Za-z]:|(^|/)(\s|/|$)|[\s.](/|$)")
"""Control characters, backslashes, absolute names, drives, empty parts, and parts that begin with a blank or end
with a blank or a dot, ``.`` and ``..`` among them: some systems cut those off and meet another file."""


def decoded_name(raw: bytes, *, utf8: bool, unicode_paths: Iterable[bytes]) -> tuple[str, str, str]:
    """The name of an entry, how it is written, and the name as systems see it that do not tell cases apart.

    ``unicode_paths`` are the contents of the extra fields 0x7075 (APPNOTE 4.6.9), of the directory and of the entry
    itself, which some programs prefer to the name: one that is made for this name must say the same. Raises ``Refused`` (``ENTRY_NAME``, ``AMBIGUOUS_ARCHIVE``).
    """
    name, form, folded = _checked(raw, utf8=utf8)
    for path in unicode_paths:
        current = len(path) > 5 and int.from_bytes(path[1:5], "little") == zlib.crc32(raw)
        if current and path[5:] != name.encode("utf-8"):
            raise Refused("AMBIGUOUS_ARCHIVE", f"The entry {name[:80]!r} has two different names.")
    return name, form, folded


@lru_cache(maxsize=2048)
def _checked(raw: bytes, *, utf8: bool) -> tuple[str, str, str]:
    """Packages of one producer have the same few names, so what was decided is kept."""
    name, form = _decoded(raw, utf8=utf8)
    long = len(name) > MAX_NAME or name.count("/") > MAX_DEPTH
    if not name or long or _FORBIDDEN.search(name.removesuffix("/")):
        raise Refused("ENTRY_NAME", f"The name {name[:80]!r} is not allowed in a package.")
    return name, form, unicodedata.normalize("NFC", name).casefold()


def _decoded(raw: bytes, *, utf8: bool) -> tuple[str, str]:
    if raw.isascii():
        return raw.decode("ascii"), "ascii"
    try:
        return raw.decode("utf-8"), "utf-8" if utf8 else "utf-8 without its flag"
    except UnicodeDecodeError as error:
        if utf8:
            raise Refused("ENTRY_NAME", "A name in the package is no UTF-8.") from error
    try:
        return raw.decode("gb18030"), "gb18030"
    except UnicodeDecodeError as error:
        raise Refused("ENTRY_NAME", "A name in the package cannot be decoded.") from error


def resolve(location: str, naming_file: str) -> str:
    """The entry that a location means, read as the standard says.

    Backslashes, which some products write, count as slashes. Raises ``MalformedInput`` for a location
    that is empty, too long or leads out of the package.
    """
    text = location.strip().replace("\\", "/")
    if not text or len(text) > MAX_NAME:
        raise MalformedInput("A file of the package names another one by an empty or endless location.")
    folder = [] if text.startswith("/") else naming_file.split("/")[:-1]
    for part in text.split("/"):
        if part == "..":
            if not folder:
                raise MalformedInput(f"The location {location[:80]!r} leads out of the package.")
            folder.pop()
        elif part not in {"", "."}:
            folder.append(part)
    return "/".join(folder)


def locate(location: str, naming_file: str, entries: Container[str]) -> str:
    """As ``resolve``; a relative location that leads nowhere is tried from the root of the package."""
    # Names of entries have no dots and no empty parts, so one that is there needs no resolving.
    absolute = location.startswith("/")
    direct = location[1:] if absolute else naming_file[: naming_file.rfind("/") + 1] + location
    if direct in entries:
        return direct
    name = resolve(location, naming_file)
    if name not in entries and not location.strip().startswith(("/", "\\")):
        other = resolve("/" + location.strip(), naming_file)
        if other in entries:
            return other
    return name
