"""Paths and contents of the static files, and the folder that keeps them."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidencelog import (
    ArgumentError,
    Code,
    FileTileStore,
    LogState,
    MalformedError,
    StoreError,
    TileProver,
    TileWrite,
)
from evidencelog.testing import MemoryLog
from evidencelog.tiles import (
    TileCoordinates,
    decode_entry_bundle,
    encode_entry_bundle,
    entries_path,
    parse_path,
    tile_path,
    tile_width,
)


@pytest.mark.parametrize(
    ("coordinates", "path"),
    [
        ((0, 0, 256), "tile/0/000"),
        ((0, 273, 112), "tile/0/273.p/112"),
        ((1, 1, 17), "tile/1/001.p/17"),
        ((2, 0, 1), "tile/2/000.p/1"),
        ((0, 999, 256), "tile/0/999"),
        ((0, 1000, 256), "tile/0/x001/000"),
        ((63, 1_234_067, 255), "tile/63/x001/x234/067.p/255"),
        ((None, 1_234_067, 256), "tile/entries/x001/x234/067"),
        ((None, 0, 1), "tile/entries/000.p/1"),
    ],
)
def test_paths_of_the_specification(coordinates: tuple[int | None, int, int], path: str) -> None:
    level, index, width = coordinates
    made = entries_path(index, width) if level is None else tile_path(level, index, width)
    assert made == path
    assert parse_path(path) == TileCoordinates(level, index, width)


@given(st.none() | st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_paths_are_read_back(level: int | None, index: int, width: int) -> None:
    path = entries_path(index, width) if level is None else tile_path(level, index, width)
    assert parse_path(path) == TileCoordinates(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/x002",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/０００",
        "tile/entries/000\n",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/" + "x001/" * 30_000 + "001",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(MalformedError) as failure:
        parse_path(path)
    assert failure.value.code == Code.TILE_PATH


@given(st.text(alphabet="tilenrs/x0123456789.p", max_size=40))
def test_any_path_is_canonical_or_refused(text: str) -> None:
    try:
        found = parse_path(text)
    except MalformedError:
        return
    made = (
        entries_path
        if found.level is None
        else lambda index, width: tile_path(found.level or 0, index, width)
    )
    assert made(found.index, found.width) == text


def test_coordinates_that_cannot_exist() -> None:
    for level, index, width in [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 2**63, 1), (0, 0, 0), (0, 0, 257)]:
        with pytest.raises(ArgumentError):
            tile_path(level, index, width)
    with pytest.raises(ArgumentError):
        entries_path(-1, 1)


def test_the_example_of_the_specification() -> None:
    """A tree of 70,000 has 273 full tiles and one of 112, then one full and one of 17, then one of 1."""
    log = MemoryLog()
    written = log.add([b""] * 70_000).tiles
    by_level = [[tile.width for tile in written if tile.level == level] for level in range(3)]
    assert by_level == [[256] * 273 + [112], [256, 17], [1]]
    assert len(written) == 277
    assert all(len(tile.data) == 32 * tile.width for tile in written)
    assert tile_width(0, 273, 70_000) == 112
    assert tile_width(0, 274, 70_000) == 0


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_537])
def test_every_tile_of_a_published_size_was_written(size: int) -> None:
    log = MemoryLog()
    rng = random.Random(size)
    while log.state.size < size:
        log.add([b"x"] * min(size - log.state.size, rng.choice([1, 200, 256, 5000])))
    level = 0
    while size >> 8 * level:
        hashes = size >> 8 * level
        for index in range((hashes + 255) // 256):
            assert len(log.read_tile(level, index, tile_width(level, index, size))) > 0
        level += 1


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_entry_bundles_are_read_back(entries: list[bytes]) -> None:
    data = encode_entry_bundle(entries)
    assert decode_entry_bundle(data, len(entries)) == tuple(entries)
    with pytest.raises(MalformedError):
        decode_entry_bundle(data + b"\x00", len(entries))
    with pytest.raises(MalformedError):
        decode_entry_bundle(data[:-1], len(entries))
    with pytest.raises(MalformedError):
        decode_entry_bundle(data, len(entries) + 1)


def test_limits_of_entry_bundles() -> None:
    assert len(encode_entry_bundle([b"x" * 65_535])) == 65_537
    with pytest.raises(ArgumentError) as failure:
        encode_entry_bundle([b"x" * 65_536])
    assert failure.value.code == Code.ENTRY_TOO_LARGE
    with pytest.raises(ArgumentError):
        encode_entry_bundle([])
    with pytest.raises(ArgumentError):
        encode_entry_bundle([b""] * 257)
    log = MemoryLog()
    with pytest.raises(ArgumentError):
        log.add([b"", b"x" * 65_536])
    assert log.state == LogState.empty()


def test_a_folder_serves_proofs_and_a_new_start(tmp_path: Path) -> None:
    store = FileTileStore(tmp_path / "log")
    log = MemoryLog()
    for batch in (3, 250, 10, 600):
        store.write_tiles(log.add([b"entry"] * batch).tiles)
    size = log.state.size
    assert LogState.load(store, size) == log.state
    assert TileProver(store, size).inclusion_proof(700) == TileProver(log, size).inclusion_proof(700)
    assert (tmp_path / "log/tile/0/002").stat().st_size == 8192
    assert not list(tmp_path.rglob(".new-*"))


def test_a_partial_tile_is_cut_from_the_full_one(tmp_path: Path) -> None:
    store = FileTileStore(tmp_path)
    log = MemoryLog()
    log.add([b"entry"] * 200)
    store.write_tiles(log.add([b"entry"] * 100).tiles)
    assert store.read_tile(0, 0, 200) == log.read_tile(0, 0, 200)
    store.write_entries(0, 256, encode_entry_bundle([b"entry"] * 256))
    assert decode_entry_bundle(store.read_entries(0, 200), 256)[0] == b"entry"


def test_a_tile_is_never_changed(tmp_path: Path) -> None:
    store = FileTileStore(tmp_path)
    store.write_tiles([TileWrite(0, 0, 1, bytes(32))])
    store.write_tiles([TileWrite(0, 0, 1, bytes(32))])
    with pytest.raises(StoreError) as failure:
        store.write_tiles([TileWrite(0, 0, 1, b"x" * 32)])
    assert failure.value.code == Code.STORE_CONFLICT
    assert store.read_tile(0, 0, 1) == bytes(32)
    with pytest.raises(ArgumentError):
        store.write_tiles([TileWrite(0, 0, 2, bytes(32))])


def test_what_a_folder_does_not_hold(tmp_path: Path) -> None:
    store = FileTileStore(tmp_path)
    assert store.read_checkpoint() is None
    store.write_checkpoint(b"one")
    store.write_checkpoint(b"two")
    assert store.read_checkpoint() == b"two"
    with pytest.raises(StoreError) as failure:
        store.read_tile(0, 0, 1)
    assert failure.value.code == Code.STORE_MISSING
    with pytest.raises(StoreError) as failure:
        store.read_entries(0, 256)
    assert failure.value.code == Code.STORE_MISSING
    (tmp_path / "tile" / "0" / "000.p").mkdir(parents=True)
    (tmp_path / "tile" / "0" / "000.p" / "2").write_bytes(b"short")
    with pytest.raises(StoreError) as failure:
        store.read_tile(0, 0, 2)
    assert failure.value.code == Code.TILE_MALFORMED
    (tmp_path / "tile" / "1").write_bytes(b"a file where a folder belongs")
    with pytest.raises(StoreError) as failure:
        store.write_tiles([TileWrite(1, 0, 1, bytes(32))])
    assert failure.value.code == Code.STORE_IO
