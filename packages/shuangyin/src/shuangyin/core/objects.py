"""The object store: a folder of immutable encrypted files.

Format 1 of a file: ``SYO1`` | 8-byte nonce prefix | chunks. A chunk is the SM4-GCM ciphertext of at most 1 MiB of
plaintext followed by its 16-byte tag; its nonce is prefix + 4-byte counter, its additional data says whether it is
the last one, so that a file can be neither cut nor reordered. Each object has a key of its own, wrapped by the
organization's key: to destroy the wrapped key is to delete the object. The file's name is the SHA-256 of the
ciphertext; SM3, SHA-256 and the size of the plaintext are in the database.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import struct
import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base
from shuangyin.core.errors import TooLarge, Unavailable
from shuangyin.core.keyring import KEY_BYTES, Keyring

MAGIC = b"SYO1"
CHUNK_BYTES = 1024 * 1024
_TAG_BYTES = 16
_PREFIX_BYTES = 8


class StoredObject(Base):
    """One object; the row is written by the command that refers to it, after the file is durable."""

    __tablename__ = "stored_object"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    sm3: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[int]


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """A durable ciphertext that no row refers to yet: its name, its key, and the digests of its plaintext."""

    name: str
    key: bytes
    size: int
    sm3: str
    sha256: str


class ObjectStore:
    """Writes and reads encrypted files under one folder."""

    def __init__(self, folder: Path, work: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._work = work
        self._keyring = keyring
        for path in (folder, work):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write(self, source: Iterable[bytes], *, limit: int | None = None) -> WrittenObject:
        """Encrypt a stream of blocks (`blocks_of` makes one of a file) into a durable file. Raises TooLarge past `limit` bytes, leaving nothing behind."""
        key = secrets.token_bytes(KEY_BYTES)
        prefix = secrets.token_bytes(_PREFIX_BYTES)
        temporary = self._folder / f".incoming-{secrets.token_hex(16)}"
        digests = (hashlib.new("sm3"), hashlib.sha256())
        outer = hashlib.sha256(MAGIC + prefix)
        size = 0
        try:
            with temporary.open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(MAGIC + prefix)
                for index, (chunk, last) in enumerate(_with_last(_chunks(source))):
                    size += len(chunk)
                    _check_size(size, limit)
                    for digest in digests:
                        digest.update(chunk)
                    sealed = _seal_chunk(key, prefix, index, chunk, last=last)
                    outer.update(sealed)
                    file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            name = outer.hexdigest()
            self._publish(temporary, name)
        finally:
            temporary.unlink(missing_ok=True)
        return WrittenObject(name, key, size, digests[0].hexdigest(), digests[1].hexdigest())

    def row(
        self, written: WrittenObject, *, object_id: str, organization_id: str, media_type: str, now_ms: int
    ) -> StoredObject:
        """The database row for a written object; the caller adds it to its session."""
        wrapped = self._keyring.wrap(organization_id, f"object:{object_id}", written.key)
        return StoredObject(
            id=object_id,
            organization_id=organization_id,
            name=written.name,
            wrapped_key=wrapped,
            size=written.size,
            sm3=written.sm3,
            sha256=written.sha256,
            media_type=media_type,
            created_at=now_ms,
        )

    def open(self, stored: StoredObject) -> Iterator[bytes]:
        """The plaintext in chunks of at most 1 MiB. Raises Unavailable when the file is gone or was touched."""
        key = self._keyring.unwrap(stored.organization_id, f"object:{stored.id}", stored.wrapped_key)
        path = self._path(stored.name)
        try:
            file = path.open("rb")
        except OSError as error:
            raise _damaged() from error
        with file:
            head = file.read(len(MAGIC) + _PREFIX_BYTES)
            if head[: len(MAGIC)] != MAGIC:
                raise _damaged()
            prefix = head[len(MAGIC) :]
            complete = False
            for index, (sealed, last) in enumerate(_with_last(blocks_of(file, CHUNK_BYTES + _TAG_BYTES))):
                yield _open_chunk(key, prefix, index, sealed, last=last)
                complete = last
            if not complete:
                raise _damaged()

    def is_there(self, stored: StoredObject) -> bool:
        """Whether the file is there with the length that its plaintext needs; nothing of it is read."""
        chunks = stored.size // CHUNK_BYTES + 1
        length = len(MAGIC) + _PREFIX_BYTES + stored.size + chunks * _TAG_BYTES
        try:
            return self._path(stored.name).stat().st_size == length
        except OSError:
            return False

    def read(self, stored: StoredObject) -> bytes:
        return b"".join(self.open(stored))

    def copy_to(self, stored: StoredObject, target: Path) -> None:
        """Write the plaintext to a file of mode 0600, for tools that need one."""
        with target.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            for chunk in self.open(stored):
                file.write(chunk)

    def work_path(self, suffix: str = "") -> Path:
        """A new name in the work folder; whoever asks for it removes it."""
        return self._work / f"{secrets.token_hex(16)}{suffix}"

    def sweep_work(self, *, older_than_s: int = 0) -> int:
        """Remove what a killed process left in the work folder and half-written objects; returns how many.

        Where several processes share the folders, `older_than_s` spares what another one works on now.
        """
        left = [*self._work.iterdir(), *self._folder.glob(".incoming-*")]
        return _remove_old(left, older_than_s)

    def sweep_orphans(self, known: Container[str], *, older_than_s: int) -> int:
        """Remove ciphertexts that no row names: a command failed after its object was durable.

        Their keys are lost, so nothing can be read from them; they only take room. Returns how many went.
        """
        files = [path for path in self._folder.glob("??/*") if path.name not in known]
        return _remove_old(files, older_than_s)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _publish(self, temporary: Path, name: str) -> None:
        target = self._path(name)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        temporary.rename(target)
        for folder in (target.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _remove_old(paths: Iterable[Path], older_than_s: int) -> int:
    latest = time.time() - older_than_s
    count = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime <= latest:
                path.unlink()
                count += 1
    return count


def _chunks(source: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for block in source:
        buffer += block
        while len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer[:CHUNK_BYTES])
            del buffer[:CHUNK_BYTES]
    yield bytes(buffer)


def blocks_of(file: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """An open file as a stream of blocks of at most `size` bytes."""
    while block := file.read(size):
        yield block


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    previous: bytes | None = None
    for block in blocks:
        if previous is not None:
            yield previous, False
        previous = block
    if previous is not None:
        yield previous, True


def _check_size(size: int, limit: int | None) -> None:
    if limit is not None and size > limit:
        megabytes = limit // (1024 * 1024)
        raise TooLarge(
            "FILE_TOO_LARGE",
            f"文件超过上限 {megabytes} MB，请拆分或压缩后再上传。",
            f"The file is larger than the limit of {megabytes} MB. Split or compress it and upload again.",
            details={"limit_bytes": limit},
        )


def _additional_data(index: int, *, last: bool) -> bytes:
    return struct.pack(">4sIB", MAGIC, index, int(last))


def _seal_chunk(key: bytes, prefix: bytes, index: int, chunk: bytes, *, last: bool) -> bytes:
    cipher = Cipher(algorithms.SM4(key), modes.GCM(prefix + struct.pack(">I", index))).encryptor()
    cipher.authenticate_additional_data(_additional_data(index, last=last))
    return cipher.update(chunk) + cipher.finalize() + cipher.tag


def _open_chunk(key: bytes, prefix: bytes, index: int, sealed: bytes, *, last: bool) -> bytes:
    if len(sealed) < _TAG_BYTES:
        raise _damaged()
    body, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    cipher = Cipher(algorithms.SM4(key), modes.GCM(prefix + struct.pack(">I", index), tag)).decryptor()
    cipher.authenticate_additional_data(_additional_data(index, last=last))
    try:
        return cipher.update(body) + cipher.finalize()
    except (InvalidTag, ValueError) as error:
        # OpenSSL reports a stale entry of its error queue as ValueError; the answer is the same.
        raise _damaged() from error


def _damaged() -> Unavailable:
    return Unavailable(
        "OBJECT_DAMAGED",
        "存储的文件缺失或已被改动，请联系管理员从备份恢复。",
        "A stored file is missing or was altered. The administrator must restore it from a backup.",
    )
