"""The memory of one simulated device in a folder: its keys, who it is, its state and events, photos to be sent."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gmseal.errors import GmsealError
from gmseal.sm.keys import PrivateKey
from sealdevice.device.store import SqliteStore
from shuangyin.core.errors import Conflict, Invalid
from shuangyin.device_sim.photographs import Camera
from shuangyin.device_sim.seal import SimulatedSeal, read_identity

RECORD_KEY, TLS_KEY, IDENTITY, MEMORY, PHOTOS = (
    "record.pem",
    "tls.pem",
    "identity.json",
    "memory.sqlite3",
    "photos",
)
_SM3 = re.compile(r"[0-9a-f]{64}")


class StoredPhotos(MutableMapping[str, bytes]):
    """Photos that were taken and not uploaded, as files named by their SM3: a restart loses none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True, mode=0o700)

    def __getitem__(self, sm3: str) -> bytes:
        try:
            return (self._folder / sm3).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(sm3) from error

    def __setitem__(self, sm3: str, content: bytes) -> None:
        _write(self._folder / sm3, content)

    def __delitem__(self, sm3: str) -> None:
        try:
            (self._folder / sm3).unlink()
        except FileNotFoundError as error:
            raise KeyError(sm3) from error

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(one.name for one in self._folder.iterdir() if _SM3.fullmatch(one.name)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@contextmanager
def device_in(folder: Path, document: Path | None = None) -> Iterator[SimulatedSeal]:
    """The device whose memory is this folder, with new keys when it is empty; not started.

    Raises Conflict (DEVICE_IN_USE) while another process is this device: two would fork its chain of events.
    Raises Invalid (DEVICE_FOLDER) when the keys in it cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "DEVICE_IN_USE",
                f"另一进程正以 {folder} 中的设备运行，请先停止它，或换一个文件夹。",
                f"Another process runs the device in {folder}: stop it, or take another folder.",
            ) from error
        store = SqliteStore(folder / MEMORY)
        try:
            yield _load(folder, store, document)
        finally:
            store.close()
    finally:
        os.close(lock)


def keep_identity(folder: Path, answer: dict[str, Any]) -> None:
    """Keep what the platform answered to the enrolment."""
    _write(folder / IDENTITY, json.dumps(answer, indent=1).encode())


def _load(folder: Path, store: SqliteStore, document: Path | None) -> SimulatedSeal:
    try:
        seal = SimulatedSeal(
            lambda: time.time_ns() // 1_000_000,
            key=_record_key(folder / RECORD_KEY),
            store=store,
            camera=Camera(document, seed=time.time_ns()),
            photos=StoredPhotos(folder / PHOTOS),
        )
        if (folder / TLS_KEY).exists():
            found = load_pem_private_key((folder / TLS_KEY).read_bytes(), None)
            if not isinstance(found, ec.EllipticCurvePrivateKey):
                raise _unreadable(folder)
            seal.tls_key = found
        else:
            _write(folder / TLS_KEY, seal.tls_key_pem())
        if (folder / IDENTITY).exists():
            seal.identity = read_identity(json.loads((folder / IDENTITY).read_bytes()))
    except (GmsealError, ValueError, TypeError) as error:
        raise _unreadable(folder) from error
    return seal


def _unreadable(folder: Path) -> Invalid:
    return Invalid(
        "DEVICE_FOLDER",
        f"{folder} 中的密钥或登记信息无法读取，请换一个空文件夹并重新登记设备。",
        f"The keys or the enrolment in {folder} cannot be read: take an empty folder and enrol anew.",
    )


def _record_key(path: Path) -> PrivateKey:
    if path.exists():
        return PrivateKey.from_pkcs8(path.read_bytes())
    key = PrivateKey.generate()
    _write(path, key.to_pkcs8_pem())
    return key


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for nobody else to read."""
    beside = path.with_name(path.name + ".part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
