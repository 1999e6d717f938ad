"""The manifest of a bundle, versions 1 to 4.

It is a table of contents and nothing more. It is not signed, so no statement in it is believed: what a bundle
proves follows from the entries, their proofs and the keys. The digests in it only show damage in transport.

Version 2 adds ``statement``, ``policy``, ``twin`` and ``receipts``; each may be empty. In version 3 a receipt is no
longer a path alone, but stands with the path of the consistency proof that connects it with the proofs. In version 4
the statement is another one (:mod:`supplement`), and a report is what a verifier derives; what nothing proves is a
``printout``.
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
BUNDLE_VERSION: Final = 4
READABLE_VERSIONS: Final = (1, 2, 3, 4)
FIRST_DERIVED: Final = 4
"""The first version of which the statement and the report are derived by the verifier."""
MANIFEST: Final = "manifest.json"
STATEMENT: Final = "statement.json"
POLICY: Final = "keys/policy.txt"
MAX_PATH: Final = 200
_MAX_TEXT: Final = 2_000
_MAX_NESTING: Final = 500
_MARKS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", re.ASCII)
_FOLDERS: Final = ("entries", "proofs", "keys", "files", "twin", "receipts")


class FileRole(StrEnum):
    """What a file in a bundle is there for."""

    SEALED_DOCUMENT = "sealed_document"
    ORIGINAL_DOCUMENT = "original_document"
    PHOTO = "photo"
    DEVICE_EVENT = "device_event"
    REGISTER_SHEET = "register_sheet"
    SEAL = "seal"
    CERTIFICATE = "certificate"
    REPORT = "report"
    PRINTOUT = "printout"
    VERIFIER = "verifier"
    OTHER = "other"

    @property
    def must_be_covered(self) -> bool:
        """Whether the file is itself evidence, so that an entry of the bundle must name its digest.

        A certificate or seal is proved by its own signature, a report only repeats, a printout proves nothing; they may
        come along.
        """
        return self in {
            FileRole.SEALED_DOCUMENT,
            FileRole.ORIGINAL_DOCUMENT,
            FileRole.PHOTO,
            FileRole.DEVICE_EVENT,
        }


_ROLES_SINCE_DERIVED: Final = frozenset({FileRole.PRINTOUT, FileRole.DEVICE_EVENT})


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
class ManifestTwin:
    """The SM3 tree over the same entries: its origin, and proofs of entries, by their number from 1."""

    origin: str
    proofs: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class ManifestReceipt:
    """Where the receipt of an anchor lies, and the consistency proof beside it: None where sizes are equal."""

    file: str
    consistency: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The table of contents. ``about`` is free text for people; ``created_at_ms`` UTC milliseconds.

    ``statement`` and ``policy`` are paths, None where the bundle has none.
    """

    created_at_ms: int
    origin: str
    hash_name: str
    entries: tuple[ManifestEntry, ...]
    keys: tuple[str, ...]
    files: tuple[ManifestFile, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    version: int = BUNDLE_VERSION
    statement: str | None = None
    policy: str | None = None
    twin: ManifestTwin | None = None
    receipts: tuple[ManifestReceipt, ...] = ()

    def members(self) -> tuple[str, ...]:
        """Return the paths of all members that the manifest names, itself excluded."""
        pairs = [path for entry in self.entries for path in (entry.file, entry.proof)]
        single = [path for path in (self.statement, self.policy) if path is not None]
        twin = [path for _, path in self.twin.proofs] if self.twin else []
        receipts = [path for one in self.receipts for path in (one.file, one.consistency) if path is not None]
        return (*pairs, *self.keys, *(file.file for file in self.files), *single, *twin, *receipts)

    def to_bytes(self) -> bytes:
        """Return the JSON text, indented for readers."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "version": self.version,
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
        if self.version > 1:
            content["statement"] = self.statement
            content["policy"] = self.policy
            content["twin"] = self._twin_content()
            content["receipts"] = [self._receipt_content(one) for one in self.receipts]
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()

    def _receipt_content(self, receipt: ManifestReceipt) -> str | dict[str, str | None]:
        if self.version == 2:
            return receipt.file
        return {"file": receipt.file, "consistency": receipt.consistency}

    def _twin_content(self) -> dict[str, Any] | None:
        if self.twin is None:
            return None
        proofs = [{"entry": number, "proof": path} for number, path in self.twin.proofs]
        return {"origin": self.twin.origin, "proofs": proofs}


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


def _file(value: object, version: int) -> ManifestFile:
    item = _object(value, {"file", "role", "media_type", "size", "sha256", "sm3"}, "a file")
    if item["role"] not in list(FileRole) or (
        item["role"] in _ROLES_SINCE_DERIVED and version < FIRST_DERIVED
    ):
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


def _is_too_deep(data: bytes) -> bool:
    """Whether brackets outside texts are nested beyond reason; a raised recursion limit must not end the process."""
    depth = 0
    for mark in _MARKS.finditer(data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark.group(), 0)
        if depth > _MAX_NESTING:
            return True
    return False


def strict_json(data: bytes, what: str) -> object:
    """Read JSON in UTF-8 without floats and double keys. Raises :class:`MalformedError` (``bundle.malformed``)."""
    if _is_too_deep(data):
        raise _malformed(f"{what} is nested more than {_MAX_NESTING} deep")
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (ValueError, RecursionError) as error:
        raise _malformed(f"{what} is not JSON in UTF-8") from error


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest of any version up to ``BUNDLE_VERSION``.

    Raises :class:`MalformedError`: ``bundle.malformed``, or ``bundle.unknown_version`` for a later version.
    """
    content = strict_json(data, "it")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _malformed("it does not belong to an evidence bundle")
    version = _integer(content.get("version"), "the version")
    if version not in READABLE_VERSIONS:
        raise MalformedError(
            Code.BUNDLE_UNKNOWN_VERSION,
            f"the bundle is of version {version}, which needs another verifier; this one reads 1 to {BUNDLE_VERSION}",
        )
    keys = {"format", "version", "created_at_ms", "log", "about", "entries", "keys", "files"}
    later = {"statement", "policy", "twin", "receipts"} if version > 1 else set()
    content = _object(content, keys | later, "the manifest")
    log = _object(content["log"], {"origin", "hash"}, "the log")
    manifest = Manifest(
        created_at_ms=_integer(content["created_at_ms"], "the time"),
        origin=_text(log["origin"], "the origin"),
        hash_name=_hash_name(log["hash"]),
        entries=tuple(_entry(item) for item in _list(content["entries"], "entries")),
        keys=tuple(check_path(item, "keys") for item in _list(content["keys"], "keys")),
        files=tuple(_file(item, version) for item in _list(content["files"], "files")),
        about=_about(content["about"]),
        version=version,
        statement=_fixed(content.get("statement"), STATEMENT),
        policy=_fixed(content.get("policy"), POLICY),
        twin=_twin(content.get("twin")),
        receipts=tuple(_receipt(item, version) for item in _list(content.get("receipts", []), "receipts")),
    )
    _check_whole(manifest)
    return manifest


def _receipt(value: object, version: int) -> ManifestReceipt:
    if version == 2:
        return ManifestReceipt(check_path(value, "receipts"))
    item = _object(value, {"file", "consistency"}, "a receipt")
    consistency = item["consistency"]
    return ManifestReceipt(
        check_path(item["file"], "receipts"),
        None if consistency is None else check_path(consistency, "receipts"),
    )


def _fixed(value: object, path: str) -> str | None:
    if value is not None and value != path:
        raise _malformed(f"{path} lies elsewhere")
    return path if value == path else None


def _twin(value: object) -> ManifestTwin | None:
    if value is None:
        return None
    twin = _object(value, {"origin", "proofs"}, "the SM3 tree")
    proofs = [_object(item, {"entry", "proof"}, "a proof") for item in _list(twin["proofs"], "proofs")]
    return ManifestTwin(
        _text(twin["origin"], "an origin"),
        tuple((_integer(item["entry"], "a number"), check_path(item["proof"], "twin")) for item in proofs),
    )


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
    numbers = [number for number, _ in manifest.twin.proofs] if manifest.twin else []
    if len(set(numbers)) != len(numbers) or any(not 1 <= one <= len(manifest.entries) for one in numbers):
        raise _malformed("the SM3 tree names an entry that is not there, or one twice")
