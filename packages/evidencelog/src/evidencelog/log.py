"""The heart of a sequencer: pure functions that turn entries into tiles, a root and a signed head.

Nothing here stores anything. Whoever runs a log does, in one transaction of its own: read the state, call
:func:`integrate`, store entries, leaf hashes, tiles and the new state, commit; then sign. Two such transactions
must never run at once on one log, or two heads of one size could be signed: hold a lock or compare and swap the
stored state.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evidencelog.checkpoint import Checkpoint
from evidencelog.checkpoint import sign_checkpoint as sign_head
from evidencelog.errors import Code, EvidenceLogError, MalformedError, StoreError
from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash, tree_hash_of_code
from evidencelog.keys import NoteSigner
from evidencelog.tiles import (
    MAX_SIZE,
    TILE_HEIGHT,
    TILE_WIDTH,
    TileReader,
    TileWrite,
    changed_tiles,
    check_entry_size,
)
from evidencelog.tree import RightEdge, TileProver

_STATE_VERSION = 1
_STATE_HEAD = 10


@dataclass(frozen=True)
class LogState:
    """All that is needed to go on appending: the right edge and the partial tile of each level (``tails``).

    It has at most 255 hashes a level, 24 kB at a million entries, and can be loaded from tiles at any time.
    """

    edge: RightEdge
    tails: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse partial tiles that do not match the size."""
        expected = _tail_widths(self.edge.size)
        if [len(tail) // HASH_SIZE for tail in self.tails] != expected:
            raise MalformedError(
                Code.TREE_STATE_MALFORMED, "the partial tiles do not match the size of the tree"
            )

    @classmethod
    def empty(cls, algorithm: TreeHash = SHA256) -> "LogState":
        """Return the state of a log without entries."""
        return cls(RightEdge.empty(algorithm))

    @classmethod
    def load(cls, reader: TileReader, size: int, algorithm: TreeHash = SHA256) -> "LogState":
        """Read the state of a log of ``size`` entries from its tiles, without replaying anything.

        Compare :meth:`root` with the signed checkpoint before going on. Raises
        :class:`~evidencelog.errors.StoreError` when a tile is missing.
        """
        tails = []
        for level, width in enumerate(_tail_widths(size)):
            index = size >> (TILE_HEIGHT * (level + 1))
            tails.append(reader.read_tile(level, index, width) if width else b"")
        return cls(TileProver(reader, size, algorithm).edge(), tuple(tails))

    @classmethod
    def from_bytes(cls, data: bytes) -> "LogState":
        """Read the stored form; raises :class:`MalformedError` (``tree.state_malformed``)."""
        if len(data) < _STATE_HEAD or data[0] != _STATE_VERSION:
            raise MalformedError(Code.TREE_STATE_MALFORMED, "this is not the stored state of a log")
        size = int.from_bytes(data[2:_STATE_HEAD], "big")
        if size > MAX_SIZE:
            raise MalformedError(Code.TREE_STATE_MALFORMED, "the stored size is out of range")
        tails = []
        position = _STATE_HEAD
        for width in _tail_widths(size):
            tails.append(data[position : position + width * HASH_SIZE])
            position += width * HASH_SIZE
        if position != len(data):
            raise MalformedError(
                Code.TREE_STATE_MALFORMED, "the stored state does not have the length of its size"
            )
        try:
            edge = TileProver(_Tails(tails), size, tree_hash_of_code(data[1])).edge()
        except EvidenceLogError as error:
            raise MalformedError(
                Code.TREE_STATE_MALFORMED, f"the stored state is of no use: {error}"
            ) from error
        return cls(edge, tuple(tails))

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.edge.size

    @property
    def algorithm(self) -> TreeHash:
        """The hash of the tree."""
        return self.edge.algorithm

    def root(self) -> bytes:
        """Return the Merkle tree hash."""
        return self.edge.root()

    def to_bytes(self) -> bytes:
        """Return the stored form, version 1: version, hash code, size (8 bytes, big-endian), partial tiles.

        The form is only ever added to under a new version number.
        """
        head = bytes((_STATE_VERSION, self.algorithm.code)) + self.size.to_bytes(8, "big")
        return head + b"".join(self.tails)


@dataclass(frozen=True)
class Integration:
    """What a batch of entries did: entry i of the batch has the index ``first_index + i``."""

    first_index: int
    new_state: LogState
    leaf_hashes: tuple[bytes, ...]
    tiles: tuple[TileWrite, ...]
    root: bytes


class _Tails:
    """Reads only the partial tiles, which is where all the roots of the right edge lie."""

    def __init__(self, tails: Sequence[bytes]) -> None:
        self._tails = tails

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        if level >= len(self._tails):
            raise StoreError(Code.STORE_MISSING, f"tile {index} of level {level} is not at the right edge")
        return self._tails[level][: width * HASH_SIZE]


def _tail_widths(size: int) -> list[int]:
    """Return the width of the partial tile of each level, 0 where the last tile is full."""
    widths = []
    while size:
        widths.append(size % TILE_WIDTH)
        size >>= TILE_HEIGHT
    return widths


def integrate(state: LogState, entries: Sequence[bytes]) -> Integration:
    """Append entries, given by their exact bytes.

    Raises :class:`~evidencelog.errors.ArgumentError` (``entry.too_large``) before anything is computed.
    """
    for entry in entries:
        check_entry_size(entry)
    leaf = state.algorithm.leaf
    leaf_hashes = tuple([leaf(entry) for entry in entries])
    growth = state.edge.grow(leaf_hashes)
    tiles, tails = changed_tiles(state.size, state.tails, growth.new_hashes)
    new_state = LogState(growth.edge, tails)
    return Integration(state.size, new_state, leaf_hashes, tiles, growth.edge.root())


def head_of(origin: str, state: LogState) -> Checkpoint:
    """Return the checkpoint, not signed yet, of a log in this state."""
    return Checkpoint(origin, state.size, state.root())


def sign_checkpoint(origin: str, state: LogState, signers: Sequence[NoteSigner]) -> bytes:
    """Sign the head of a log in this state with every signer; see :func:`evidencelog.checkpoint.sign_checkpoint`."""
    return sign_head(head_of(origin, state), signers)
