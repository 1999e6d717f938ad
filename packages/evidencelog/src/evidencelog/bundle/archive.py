"""Reading ZIP files that a stranger sent: every limit is enforced on what is really read.

The numbers in a ZIP's directory are claims. Sizes and ratios are therefore counted while inflating, and a
file that two ZIP readers could understand differently (data in front, comments, double names) is refused.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evidencelog.bundle.manifest import MANIFEST, STATEMENT, check_path
from evidencelog.errors import Code, MalformedError

_CHUNK: Final = 1 << 20
_RATIO_FREE_BYTES: Final = 1 << 20
_ENCRYPTED: Final = 0x1
_ZIP_MAGIC: Final = b"PK\x03\x04"
_END_MAGIC: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
"""Of the record at the end, which bytes behind it would hide from one reader and not from another."""
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
)
"""What the standard library raises for a damaged or unusual ZIP file."""


@dataclass(frozen=True)
class BundleLimits:
    """What a reader accepts, in bytes unless said otherwise."""

    archive_bytes: int = 1 << 30
    members: int = 10_000
    """Number of members."""
    member_bytes: int = 1 << 29
    total_bytes: int = 1 << 30
    ratio: int = 200
    """Largest ratio of inflated to stored size of a member beyond its first mebibyte."""
    text_bytes: int = 64 << 20
    """All entries, proofs, keys and the manifest together; they are held in memory."""


def limit_exceeded(what: str) -> MalformedError:
    """Return the error for a limit that is exceeded."""
    return MalformedError(Code.BUNDLE_LIMIT, f"the bundle exceeds a limit: {what}")


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.BUNDLE_MALFORMED, f"this is not an evidence bundle: {reason}")


class Archive:
    """An open ZIP whose members have safe, single names; made by :func:`open_archive`."""

    def __init__(self, archive: zipfile.ZipFile, limits: BundleLimits) -> None:
        self._archive = archive
        self._limits = limits
        self._inflated = 0
        self._members = {info.filename: info for info in archive.infolist()}

    def names(self) -> frozenset[str]:
        """Return the names of all members."""
        return frozenset(self._members)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the contents of a member piece by piece; raises :class:`MalformedError`."""
        info = self._members.get(name)
        if info is None:
            raise _malformed(f"{name} is missing")
        size = 0
        try:
            with self._archive.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self._count(info, size, len(chunk))
                    yield chunk
        except (OSError, RuntimeError, *_ZIP_ERRORS) as error:
            raise _malformed(f"{name} cannot be read") from error

    def read(self, name: str, limit: int) -> bytes:
        """Return the contents of a member of at most ``limit`` bytes; raises :class:`MalformedError`."""
        parts: list[bytes] = []
        size = 0
        for chunk in self.chunks(name):
            size += len(chunk)
            if size > limit:
                raise limit_exceeded(f"{name} has more than {limit} bytes")
            parts.append(chunk)
        return b"".join(parts)

    def _count(self, info: zipfile.ZipInfo, size: int, added: int) -> None:
        self._inflated += added
        if size > self._limits.member_bytes:
            raise limit_exceeded(f"a member has more than {self._limits.member_bytes} bytes")
        if self._inflated > self._limits.total_bytes:
            raise limit_exceeded(f"all members together have more than {self._limits.total_bytes} bytes")
        if size > _RATIO_FREE_BYTES and size > self._limits.ratio * max(info.compress_size, 1):
            raise limit_exceeded("a member is compressed beyond reason")


@contextmanager
def open_archive(path: Path, limits: BundleLimits) -> Iterator[Archive]:
    """Open a ZIP file and check its directory; raises :class:`MalformedError`."""
    try:
        if path.stat().st_size > limits.archive_bytes:
            raise limit_exceeded(f"the file has more than {limits.archive_bytes} bytes")
        with path.open("rb") as stream:
            if stream.read(len(_ZIP_MAGIC)) != _ZIP_MAGIC:
                raise _malformed("it does not begin as a ZIP file")
            stream.seek(max(path.stat().st_size - _END_SIZE, 0))
            if not stream.read(_END_SIZE).startswith(_END_MAGIC):
                raise _malformed("it does not end as a ZIP file without a comment")
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise _malformed(f"it cannot be read: {error.strerror}") from error
    except _ZIP_ERRORS as error:
        raise _malformed("its directory cannot be read") from error
    with archive:
        _check_directory(archive, limits)
        yield Archive(archive, limits)


def _check_directory(archive: zipfile.ZipFile, limits: BundleLimits) -> None:
    members = archive.infolist()
    if len(members) > limits.members:
        raise limit_exceeded(f"it has more than {limits.members} members")
    if archive.comment:
        raise _malformed("the ZIP file carries a comment")
    if len({info.filename.casefold() for info in members}) != len(members):
        raise _malformed("two members have one name")
    for info in members:
        if info.filename not in (MANIFEST, STATEMENT):
            check_path(info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir() or kind not in (0, stat.S_IFREG) or info.orig_filename != info.filename:
            raise _malformed("a member is not a regular file")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise _malformed("a member is encrypted or compressed in an unusual way")
