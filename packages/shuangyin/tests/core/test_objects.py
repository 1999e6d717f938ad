"""The object store gives back what was put in, or says that it was touched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shuangyin.core.errors import ShuangyinError, TooLarge, Unavailable
from shuangyin.core.keyring import Keyring
from shuangyin.core.objects import CHUNK_BYTES, ObjectStore, StoredObject

ORGANIZATION = "0" * 31 + "1"
OTHER = "0" * 31 + "2"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    folder = tmp_path_factory.mktemp("objects")
    return ObjectStore(folder / "objects", folder / "work", Keyring(bytes(16)))


def put(store: ObjectStore, content: bytes, **options: int) -> StoredObject:
    written = store.write([content], **options)
    return store.row(
        written, object_id="a" * 32, organization_id=ORGANIZATION, media_type="text/plain", now_ms=1
    )


def file_of(store: ObjectStore, stored: StoredObject) -> Path:
    return store._path(stored.name)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_what_was_put_in_comes_out(store: ObjectStore, size: int) -> None:
    content = hashlib.shake_128(b"seed").digest(size)
    stored = put(store, content)
    assert store.read(stored) == content
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert stored.sm3 == hashlib.new("sm3", content).hexdigest()


def test_no_plaintext_lies_in_the_store(store: ObjectStore) -> None:
    stored = put(store, "机密合同内容".encode() * 50)
    raw = file_of(store, stored).read_bytes()
    assert "机密".encode() not in raw
    assert hashlib.sha256(raw).hexdigest() == stored.name


@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_a_changed_byte_is_noticed(store: ObjectStore, data: st.DataObject) -> None:
    stored = put(store, b"The quick brown fox " * 40)
    path = file_of(store, stored)
    raw = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    with pytest.raises(Unavailable):
        store.read(stored)


def test_cut_or_reordered_chunks_are_noticed(store: ObjectStore) -> None:
    stored = put(store, bytes(CHUNK_BYTES) + b"\x01" * CHUNK_BYTES + b"end")
    path = file_of(store, stored)
    raw = path.read_bytes()
    head, first, second = raw[:12], raw[12 : 12 + CHUNK_BYTES + 16], raw[12 + CHUNK_BYTES + 16 :]
    for broken in (head + first, head + second + first, head, b""):
        path.write_bytes(broken)
        with pytest.raises(Unavailable):
            store.read(stored)


def test_a_row_moved_to_another_organization_does_not_open(store: ObjectStore) -> None:
    stored = put(store, b"ours")
    stored.organization_id = OTHER
    with pytest.raises(Unavailable):
        store.read(stored)


def test_too_large_leaves_nothing_behind(store: ObjectStore, tmp_path: Path) -> None:
    small = ObjectStore(tmp_path / "objects", tmp_path / "work", Keyring(bytes(16)))

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1000)

    with pytest.raises(TooLarge):
        small.write(endless(), limit=100_000)
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


@given(st.binary(max_size=80))
def test_whatever_the_wrapped_bytes_unwrapping_refuses(blob: bytes) -> None:
    with pytest.raises(ShuangyinError):
        Keyring(bytes(16)).unwrap(ORGANIZATION, "totp:x", blob)


def test_a_secret_unwraps_only_in_its_own_place() -> None:
    ring = Keyring(bytes(range(16)))
    wrapped = ring.wrap(ORGANIZATION, "totp:a", b"secret")
    assert ring.unwrap(ORGANIZATION, "totp:a", wrapped) == b"secret"
    for organization, context in ((OTHER, "totp:a"), (ORGANIZATION, "totp:b")):
        with pytest.raises(Unavailable):
            ring.unwrap(organization, context, wrapped)


def test_orphans_go_when_they_are_old_and_nothing_else_does(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "objects", tmp_path / "work", Keyring(bytes(16)))
    kept, orphan, young = (store.write([name]) for name in (b"kept", b"orphan", b"young"))
    for written in (kept, orphan):
        os.utime(store._path(written.name), (1_000_000, 1_000_000))
    assert store.sweep_orphans({kept.name}, older_than_s=3600) == 1
    assert store._path(kept.name).exists()
    assert store._path(young.name).exists()
    assert not store._path(orphan.name).exists()


def test_what_a_killed_process_left_in_the_work_folder_goes(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "objects", tmp_path / "work", Keyring(bytes(16)))
    store.work_path(".pdf").write_bytes(b"plaintext")
    (tmp_path / "objects" / ".incoming-1").write_bytes(b"half")
    assert store.sweep_work(older_than_s=3600) == 0
    assert store.sweep_work() == 2
