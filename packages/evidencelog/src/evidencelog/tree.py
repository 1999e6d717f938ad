"""The Merkle tree: its right edge, proofs from tiles, and the two verifiers.

The tree is that of RFC 6962 section 2.1. Only its right edge, at most 63 hashes, is ever needed to append;
every other hash is read from tiles. The verifiers follow RFC 9162 section 2.1.3.2 and 2.1.4.2 step by step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from evidencelog.errors import ArgumentError, Code, MalformedError, StoreError, VerificationError
from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash
from evidencelog.tiles import MAX_SIZE, TILE_HEIGHT, TILE_WIDTH, TileReader, tile_width

MAX_PROOF_HASHES: Final = 63
"""No inclusion path in a tree of at most 2**63 - 1 leaves is longer."""


@dataclass(frozen=True)
class Growth:
    """What appending did: the new edge, and per tile level the hashes that level gains, in order."""

    edge: "RightEdge"
    new_hashes: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True)
class RightEdge:
    """The roots of the perfect subtrees that make up a tree of ``size`` leaves, largest first.

    There is one hash for every set bit of ``size``. This is all that is needed to append and to know the root.
    """

    size: int
    hashes: tuple[bytes, ...]
    algorithm: TreeHash = SHA256

    def __post_init__(self) -> None:
        """Refuse an edge whose hashes do not match its size."""
        if not 0 <= self.size <= MAX_SIZE or len(self.hashes) != self.size.bit_count():
            raise MalformedError(
                Code.TREE_STATE_MALFORMED,
                "the right edge does not have the number of hashes that its size demands",
            )
        if any(len(value) != HASH_SIZE for value in self.hashes):
            raise MalformedError(Code.TREE_STATE_MALFORMED, f"a tree hash has {HASH_SIZE} bytes")

    @classmethod
    def empty(cls, algorithm: TreeHash = SHA256) -> "RightEdge":
        """Return the edge of the tree without leaves."""
        return cls(0, (), algorithm)

    def root(self) -> bytes:
        """Return the Merkle tree hash (RFC 6962 section 2.1)."""
        return _fold(self.hashes, self.algorithm) if self.hashes else self.algorithm.empty

    def append(self, leaf_hashes: Sequence[bytes]) -> "RightEdge":
        """Return the edge after appending leaves, given by their hashes."""
        return self.grow(leaf_hashes).edge

    def grow(self, leaf_hashes: Sequence[bytes]) -> Growth:
        """Append leaves, given by their hashes, and report the hashes that each tile level gains.

        All leaves of a batch go up one height at a time, so that each inner node is hashed exactly once.
        Raises :class:`ArgumentError` when the tree would outgrow its largest size.
        """
        size = self.size + len(leaf_hashes)
        if size > MAX_SIZE:
            raise ArgumentError(Code.TREE_ARGUMENT, f"a tree holds at most {MAX_SIZE} leaves")
        node = self.algorithm.node
        waiting = list(self.hashes)  # the hash of the lowest set bit is last
        edge: list[bytes] = []
        levels: list[tuple[bytes, ...]] = []
        rising = list(leaf_hashes)
        height = 0
        while rising:
            if height % TILE_HEIGHT == 0:
                levels.append(tuple(rising))
            if self.size >> height & 1:
                rising.insert(0, waiting.pop())
            if len(rising) % 2:
                edge.append(rising.pop())
            rising = [node(left, right) for left, right in zip(rising[::2], rising[1::2], strict=True)]
            height += 1
        edge.reverse()
        return Growth(RightEdge(size, (*waiting, *edge), self.algorithm), tuple(levels))


def _fold(hashes: Sequence[bytes], algorithm: TreeHash) -> bytes:
    """Join the roots of perfect subtrees, largest first, to the hash of the whole."""
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = algorithm.node(left, result)
    return result


def perfect_subtrees(start: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield (height, number) of the perfect subtrees that cover ``count`` leaves from ``start``, largest first.

    ``start`` must be a multiple of the smallest power of two that is at least ``count``, which holds for all
    subtrees that RFC 6962 speaks of.
    """
    for height in range(count.bit_length() - 1, -1, -1):
        if count >> height & 1:
            yield height, start >> height
            start += 1 << height


class TileProver:
    """Computes hashes and proofs of one tree of fixed ``size`` from its tiles.

    A prover keeps the tiles it has read, so make one for each batch of proofs and let it go. It trusts the
    reader; whoever needs to know that the tiles are right verifies the proof against a signed root.
    """

    def __init__(self, reader: TileReader, size: int, algorithm: TreeHash = SHA256) -> None:
        if not 0 <= size <= MAX_SIZE:
            raise ArgumentError(Code.TREE_ARGUMENT, f"no tree has the size {size}")
        self._reader = reader
        self._size = size
        self._algorithm = algorithm
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}

    @property
    def size(self) -> int:
        """The number of leaves of the tree that is proved from."""
        return self._size

    def root(self) -> bytes:
        """Return the root; raises :class:`StoreError` when a tile is missing."""
        return self._range_hash(0, self._size) if self._size else self._algorithm.empty

    def edge(self) -> RightEdge:
        """Return the right edge; raises :class:`StoreError` when a tile is missing."""
        hashes = tuple(self._subtree(*position) for position in perfect_subtrees(0, self._size))
        return RightEdge(self._size, hashes, self._algorithm)

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """Return PATH(index, D[size]) of RFC 6962 section 2.1.1, from the leaf's sibling up.

        Raises :class:`ArgumentError` when the tree has no such leaf, :class:`StoreError` when a tile is missing.
        """
        if not 0 <= index < self._size:
            raise ArgumentError(Code.TREE_ARGUMENT, f"a tree of size {self._size} has no leaf {index}")
        proof: list[bytes] = []
        start, count = 0, self._size
        while count > 1:
            left = 1 << (count - 1).bit_length() - 1
            if index - start < left:
                proof.append(self._range_hash(start + left, count - left))
                count = left
            else:
                proof.append(self._range_hash(start, left))
                start, count = start + left, count - left
        proof.reverse()
        return tuple(proof)

    def consistency_proof(self, old_size: int) -> tuple[bytes, ...]:
        """Return PROOF(old_size, D[size]) of RFC 6962 section 2.1.2; empty for sizes 0 and ``size``.

        Raises :class:`ArgumentError` when ``old_size`` is beyond the size, :class:`StoreError` for a missing tile.
        """
        if not 0 <= old_size <= self._size:
            raise ArgumentError(
                Code.TREE_ARGUMENT, f"no proof from size {old_size} to size {self._size} exists"
            )
        if old_size in (0, self._size):
            return ()
        proof: list[bytes] = []
        start, count, wanted = 0, self._size, old_size
        known = True  # whether the old tree ends with a subtree whose hash the verifier has: its root
        while wanted != count:
            left = 1 << (count - 1).bit_length() - 1
            if wanted <= left:
                proof.append(self._range_hash(start + left, count - left))
                count = left
            else:
                proof.append(self._range_hash(start, left))
                start, count, wanted, known = start + left, count - left, wanted - left, False
        if not known:
            proof.append(self._range_hash(start, count))
        proof.reverse()
        return tuple(proof)

    def _range_hash(self, start: int, count: int) -> bytes:
        hashes = [self._subtree(*position) for position in perfect_subtrees(start, count)]
        return _fold(hashes, self._algorithm)

    def _subtree(self, height: int, number: int) -> bytes:
        """Return the hash of the perfect subtree ``number`` of the given height."""
        level, inner = divmod(height, TILE_HEIGHT)
        tile, position = divmod(number << inner, TILE_WIDTH)
        rows = self._rows(level, tile)
        while len(rows) <= inner:
            below = rows[-1]
            pairs = zip(
                below[::2], below[1::2], strict=False
            )  # an odd last hash has no parent in a partial tile
            rows.append([self._algorithm.node(left, right) for left, right in pairs])
        return rows[inner][position >> inner]

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        rows = self._tiles.get((level, index))
        if rows is None:
            width = tile_width(level, index, self._size)
            data = self._reader.read_tile(level, index, width)
            if len(data) != width * HASH_SIZE:
                raise StoreError(
                    Code.TILE_MALFORMED, f"tile {index} of level {level} is not {width} hashes wide"
                )
            rows = [[data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]]
            self._tiles[level, index] = rows
        return rows


def _not_included(reason: str) -> VerificationError:
    return VerificationError(Code.INCLUSION_INVALID, f"the inclusion proof does not hold: {reason}")


def verify_inclusion(
    leaf_hash: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
    root: bytes,
    *,
    algorithm: TreeHash = SHA256,
) -> None:
    """Check that the leaf is number ``index`` in the tree of ``size`` leaves under ``root``.

    RFC 9162 section 2.1.3.2; the numbers are its steps. Raises :class:`VerificationError`
    (``proof.inclusion_invalid``) when it is not so. Hashes of a wrong length are refused likewise.
    """
    if any(len(value) != HASH_SIZE for value in (leaf_hash, root, *proof)):
        raise _not_included("a hash has the wrong length")
    # 1. The index must lie in the tree.
    if not 0 <= index < size <= MAX_SIZE:
        raise _not_included("the index is not in the tree")
    # 2. fn and sn are the positions of the node and of the last node at the current height.
    fn, sn = index, size - 1
    # 3. r is the hash so far.
    r = leaf_hash
    # 4. For each hash of the path:
    for p in proof:
        # 4.1 A path longer than the tree is high is refused.
        if sn == 0:
            raise _not_included("the path is too long")
        # 4.2 A right child, or the last node of a height, has its sibling on the left.
        if fn & 1 or fn == sn:
            r = algorithm.node(p, r)
            # 4.2.2 Heights at which the last node has no sibling are skipped.
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        # 4.3 Otherwise on the right.
        else:
            r = algorithm.node(r, p)
        # 4.4 One height up.
        fn, sn = fn >> 1, sn >> 1
    # 5. The path must have led to the root, and to this root.
    if sn != 0:
        raise _not_included("the path is too short")
    if r != root:
        raise _not_included("the computed root is another one")


def _not_consistent(reason: str) -> VerificationError:
    return VerificationError(Code.CONSISTENCY_INVALID, f"the consistency proof does not hold: {reason}")


def verify_consistency(
    old_size: int,
    new_size: int,
    old_root: bytes,
    new_root: bytes,
    proof: Sequence[bytes],
    *,
    algorithm: TreeHash = SHA256,
) -> None:
    """Check that the tree of ``old_size`` leaves is a prefix of the tree of ``new_size`` leaves.

    RFC 9162 section 2.1.4.2. Raises :class:`VerificationError` (``proof.consistency_invalid``). The RFC leaves
    two cases open: from size 0 the proof is empty and the old root must be that of the empty tree; between
    equal sizes the proof is empty and the roots are equal.
    """
    if any(len(value) != HASH_SIZE for value in (old_root, new_root, *proof)):
        raise _not_consistent("a hash has the wrong length")
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise _not_consistent("the old tree is larger than the new one, or a size is out of range")
    if (old_size == 0 and old_root != algorithm.empty) or (new_size == 0 and new_root != algorithm.empty):
        raise _not_consistent("the empty tree has another root")
    if old_size in (0, new_size):
        if proof or (old_size == new_size and old_root != new_root):
            raise _not_consistent("equal trees have equal roots, and nothing is to be proved")
        return
    computed = _consistent_roots(old_size, new_size, old_root, proof, algorithm)
    if computed != (old_root, new_root):
        raise _not_consistent("a computed root is another one")


def _consistent_roots(
    old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes], algorithm: TreeHash
) -> tuple[bytes, bytes]:
    """Return the two roots that a path leads to; the numbers are the steps of RFC 9162 section 2.1.4.2."""
    # 1. An empty path proves nothing between different sizes.
    if not proof:
        raise _not_consistent("the path is empty")
    # 2. A perfect old tree is itself the first node of the path.
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    # 3. fn and sn are the positions of the last node of either tree.
    fn, sn = old_size - 1, new_size - 1
    # 4. Heights at which the old tree ends with a right child belong to the first node.
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    # 5. fr and sr are the roots so far.
    fr = sr = path[0]
    # 6. For each further hash:
    for c in path[1:]:
        # 6.1 A path longer than the tree is high is refused.
        if sn == 0:
            raise _not_consistent("the path is too long")
        # 6.2 The hash lies on the left, in both trees.
        if fn & 1 or fn == sn:
            fr, sr = algorithm.node(c, fr), algorithm.node(c, sr)
            # 6.2.3 Heights at which the last node has no sibling are skipped.
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        # 6.3 The hash lies on the right, in the new tree only.
        else:
            sr = algorithm.node(sr, c)
        # 6.4 One height up.
        fn, sn = fn >> 1, sn >> 1
    # 7. The path must have led to the top; the caller compares the roots.
    if sn != 0:
        raise _not_consistent("the path is too short")
    return fr, sr
