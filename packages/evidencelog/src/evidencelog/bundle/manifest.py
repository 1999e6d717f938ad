"""The manifest of a bundle, version 1.

It is a table of contents and nothing more. It is not signed, so no statement in it is believed: what a bundle
proves follows from the entries, their proofs and the keys. The digests in it only show damage in transport.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NoReturn

from evidencelog.errors import Code, EvidenceLogError, MalformedError
from evidencelog.hashing import tree_hash
from evidencelog.text import is_clean

FORMAT: Final = "evidencelog-bundle"
BUNDLE_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
MAX_PATH: Final = 200
_MAX_TEXT: Final = 2_000
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", re.ASCII)
_FOLDERS: Final = ("entries", "proofs", "keys", "files")


class FileRole(StrEnum):
    """What a file in a bundle is there for."""

    SEALED_DOCUMENT = "sealed_document"
    ORIGINAL_DOCUMENT = "original_document"
    PHOTO = "photo"
    REGISTER_SHEET = "register_sheet"
    SEAL = "seal"
    CERTIFICATE = "certificate"
    REPORT = "report"
    OTHER = "other"

    @property
    def must_be_covered(self) -> bool:
        """Whether the file is itself evidence, so that an entry of the bundle must name its digest.

        A certificate or seal is proved by its own signature, a report only repeats; they may come along.
        """
        return self in {FileRole.SEALED_DOCUMENT, FileRole.ORIGINAL_DOCUMENT, FileRole.PHOTO}


@dataclass(frozen=True)
class ManifestEntry:
    """Where one entry and its proof lie."""

    file: str
    proof: str


@dataclass(frozen=True)
class ManifestFile:
    """One further file, with its size in bytes and both digests in lower-case hex."""

    file: str
    role: FileRole
    media_type: str
    size: int
    sha256: str
    sm3: str


@dataclass(frozen=True)
class Manifest:
    """The table of contents. ``about`` is free text for people; ``created_at_ms`` UTC milliseconds."""

    created_at_ms: int
    origin: str
    hash_name: str
    entries: tuple[ManifestEntry, ...]
    keys: tuple[str, ...]
    files: tuple[ManifestFile, ...]
    about: Mapping[str, str] = field(default_factory=dict)

    def members(self) -> tuple[str, ...]:
        """Return the paths of all members that the manifest names, itself excluded."""
        pairs = [path for entry in self.entries for path in (entry.file, entry.proof)]
        return (*pairs, *self.keys, *(file.file for file in self.files))

    def to_bytes(self) -> bytes:
        """Return the JSON text, indented for readers."""
        content = {
            "format": FORMAT,
            "version": BUNDLE_VERSION,
            "created_at_ms": self.created_at_ms,
            "log": {"origin": self.origin, "hash": self.hash_name},
            "about": dict(self.about),
            "entries": [{"file": entry.file, "proof": entry.proof} for entry in self.entries],
            "keys": list(self.keys),
            "files": [
                {
                    "file": file.file,
                    "role": file.role.value,
                    "media_type": file.media_type,
                    "size": file.size,
                    "sha256": file.sha256,
                    "sm3": file.sm3,
                }
                for file in self.files
            ],
        }
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.BUNDLE_MALFORMED, f"the manifest of the bundle is malformed: {reason}")


def check_path(path: object, folder: str | None = None) -> str:
    """Return ``path`` when it is a safe member name: relative, plain, below one of the known folders.

    Raises :class:`MalformedError`. No name that leads out of the folder it is unpacked to passes, on any system.
    """
    if not isinstance(path, str) or not 1 <= len(path) <= MAX_PATH or not is_clean(path):
        raise _malformed("a path is not a plain text of a sensible length")
    parts = path.split("/")
    known = parts[0] in _FOLDERS if folder is None else parts[0] == folder
    plain = all(part == part.strip() and not part.endswith(".") and part for part in parts)
    if len(parts) < 2 or not known or not plain or any(character in path for character in '\\:*?"<>|\x7f'):
        raise _malformed("a path does not lie below the folder where it belongs")
    return path


def _object(value: object, keys: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise _malformed(f"{what} does not have exactly the keys {', '.join(sorted(keys))}")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _malformed(f"{what} is not a list")
    return value


def _integer(value: object, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise _malformed(f"{what} is not a number from 0 to 2**53 - 1")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not is_clean(value):
        raise _malformed(f"{what} is not one line of text")
    return value


def _matching(value: object, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise _malformed(f"{what} does not have the right form")
    return value


def _file(value: object) -> ManifestFile:
    item = _object(value, {"file", "role", "media_type", "size", "sha256", "sm3"}, "a file")
    if item["role"] not in list(FileRole):
        raise _malformed("a file has an unknown role")
    return ManifestFile(
        file=check_path(item["file"], "files"),
        role=FileRole(item["role"]),
        media_type=_matching(item["media_type"], _MEDIA_TYPE, "a media type"),
        size=_integer(item["size"], "a size"),
        sha256=_matching(item["sha256"], _DIGEST, "a digest"),
        sm3=_matching(item["sm3"], _DIGEST, "a digest"),
    )


def _entry(value: object) -> ManifestEntry:
    item = _object(value, {"file", "proof"}, "an entry")
    return ManifestEntry(check_path(item["file"], "entries"), check_path(item["proof"], "proofs"))


def _about(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _malformed("about is not an object")
    return {_text(key, "a key of about"): _text(text, "a text of about") for key, text in value.items()}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _malformed("a key occurs twice")
    return result


def _refuse_number(_: str) -> NoReturn:
    raise _malformed("a number is not an integer")


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises :class:`MalformedError`: ``bundle.malformed``, or ``bundle.unknown_version`` for a later version.
    """
    try:
        content = json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (ValueError, RecursionError) as error:
        raise _malformed("it is not JSON in UTF-8") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _malformed("it does not belong to an evidence bundle")
    version = _integer(content.get("version"), "the version")
    if version != BUNDLE_VERSION:
        raise MalformedError(
            Code.BUNDLE_UNKNOWN_VERSION,
            f"the bundle is of version {version}, which needs a later verifier; this one reads {BUNDLE_VERSION}",
        )
    keys = {"format", "version", "created_at_ms", "log", "about", "entries", "keys", "files"}
    content = _object(content, keys, "the manifest")
    log = _object(content["log"], {"origin", "hash"}, "the log")
    manifest = Manifest(
        created_at_ms=_integer(content["created_at_ms"], "the time"),
        origin=_text(log["origin"], "the origin"),
        hash_name=_hash_name(log["hash"]),
        entries=tuple(_entry(item) for item in _list(content["entries"], "entries")),
        keys=tuple(check_path(item, "keys") for item in _list(content["keys"], "keys")),
        files=tuple(_file(item) for item in _list(content["files"], "files")),
        about=_about(content["about"]),
    )
    _check_whole(manifest)
    return manifest


def _hash_name(value: object) -> str:
    name = _text(value, "the hash")
    try:
        return tree_hash(name).name
    except EvidenceLogError as error:
        raise _malformed("the hash of the tree is not known here") from error


def _check_whole(manifest: Manifest) -> None:
    members = manifest.members()
    if len({path.casefold() for path in members}) != len(members):
        raise _malformed("one member is named twice")
    if not manifest.entries or not manifest.origin:
        raise _malformed("a bundle holds at least one entry, and names the log")
