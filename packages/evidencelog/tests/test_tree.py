"""The tree against a second implementation, and its verifiers against tampering."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidencelog import (
    SHA256,
    ArgumentError,
    Code,
    LogState,
    MalformedError,
    RightEdge,
    StoreError,
    TileProver,
    TreeHash,
    VerificationError,
    tree_hash,
    verify_consistency,
    verify_inclusion,
)
from evidencelog.testing import MemoryLog

EXHAUSTIVE = 130
SIZE = 70_000


class NaiveTree:
    """RFC 6962 section 2.1 word for word, by recursion over all entries; shares no code with the library's tree."""

    def __init__(self, entries: Sequence[bytes], algorithm: TreeHash = SHA256) -> None:
        self.entries = list(entries)
        self.algorithm = algorithm
        self._memo: dict[tuple[int, int], bytes] = {}

    def mth(self, start: int, end: int) -> bytes:
        if (start, end) not in self._memo:
            if start == end:
                value = self.algorithm.empty
            elif end - start == 1:
                value = self.algorithm.leaf(self.entries[start])
            else:
                k = self.split(end - start)
                value = self.algorithm.node(self.mth(start, start + k), self.mth(start + k, end))
            self._memo[start, end] = value
        return self._memo[start, end]

    @staticmethod
    def split(n: int) -> int:
        k = 1
        while k * 2 < n:
            k *= 2
        return k

    def path(self, m: int, start: int, end: int) -> list[bytes]:
        n = end - start
        if n == 1:
            return []
        k = self.split(n)
        if m < k:
            return [*self.path(m, start, start + k), self.mth(start + k, end)]
        return [*self.path(m - k, start + k, end), self.mth(start, start + k)]

    def subproof(self, m: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        n = end - start
        if m == n:
            return [] if whole else [self.mth(start, end)]
        k = self.split(n)
        if m <= k:
            return [*self.subproof(m, start, start + k, whole=whole), self.mth(start + k, end)]
        return [*self.subproof(m - k, start + k, end, whole=False), self.mth(start, start + k)]


class AlignedTree(NaiveTree):
    """The same recursion over many entries: complete subtrees are computed once, level by level."""

    def __init__(self, entries: Sequence[bytes], algorithm: TreeHash = SHA256) -> None:
        super().__init__(entries, algorithm)
        self._levels = [[algorithm.leaf(entry) for entry in entries]]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([algorithm.node(left, right) for left, right in pairs])

    def mth(self, start: int, end: int) -> bytes:
        size = end - start
        level = size.bit_length() - 1
        if size == 1 << level and start % size == 0:
            return self._levels[level][start >> level]
        middle = start + self.split(size)
        return self.algorithm.node(self.mth(start, middle), self.mth(middle, end))


def entries_up_to(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


@pytest.fixture
def memory_log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture(params=["sha-256", "sm3"])
def algorithm(request: pytest.FixtureRequest) -> TreeHash:
    return tree_hash(request.param)


@pytest.fixture(scope="module")
def large() -> tuple[NaiveTree, MemoryLog]:
    """A log of a million entries and some, grown in uneven batches."""
    entries = entries_up_to(1_000_003)
    log = MemoryLog()
    rng = random.Random(7)
    at = 0
    while at < len(entries):
        step = rng.choice([1, 2, 3, 255, 256, 257, 1000, 9_999, 65_537])
        log.add(entries[at : at + step])
        at += step
    return AlignedTree(entries), log


def test_known_roots_of_rfc_6962_reference_tests() -> None:
    """The vectors of the Certificate Transparency reference implementation (eight leaves, widely published)."""
    leaves = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
    leaves += [bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))]
    edge = RightEdge.empty()
    assert edge.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    edge = edge.append([SHA256.leaf(leaves[0])])
    assert edge.root().hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    edge = edge.append([SHA256.leaf(leaf) for leaf in leaves[1:]])
    assert edge.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_every_proof_of_every_size(algorithm: TreeHash) -> None:
    entries = entries_up_to(EXHAUSTIVE)
    naive = NaiveTree(entries, algorithm)
    log = MemoryLog(algorithm)
    roots = [log.state.root()]
    assert roots[0] == algorithm.empty
    for size in range(1, EXHAUSTIVE + 1):
        log.add([entries[size - 1]])
        root = log.state.root()
        roots.append(root)
        assert root == naive.mth(0, size)
        prover = TileProver(log, size, algorithm)
        assert prover.root() == root
        assert prover.edge() == log.state.edge
        for index in range(size):
            proof = prover.inclusion_proof(index)
            assert list(proof) == naive.path(index, 0, size)
            verify_inclusion(algorithm.leaf(entries[index]), index, size, proof, root, algorithm=algorithm)
        for old in range(size + 1):
            proof = prover.consistency_proof(old)
            assert list(proof) == (naive.subproof(old, 0, size, whole=True) if old else [])
            verify_consistency(old, size, roots[old], root, proof, algorithm=algorithm)


def test_random_proofs_of_a_large_tree(large: tuple[NaiveTree, MemoryLog]) -> None:
    naive, log = large
    size = log.state.size
    root = log.state.root()
    assert root == naive.mth(0, size)
    prover = TileProver(log, size)
    rng = random.Random(11)
    for index in [0, 255, 256, 65_535, 65_536, size - 1, *(rng.randrange(size) for _ in range(300))]:
        proof = prover.inclusion_proof(index)
        assert list(proof) == naive.path(index, 0, size)
        verify_inclusion(SHA256.leaf(naive.entries[index]), index, size, proof, root)
    for old in [1, 255, 256, 257, 65_535, 65_536, 65_537, *(rng.randrange(1, size) for _ in range(100))]:
        proof = prover.consistency_proof(old)
        assert list(proof) == naive.subproof(old, 0, size, whole=True)
        verify_consistency(old, size, naive.mth(0, old), root, proof)


@given(st.lists(st.integers(0, 700), max_size=6))
@settings(max_examples=40, deadline=None)
def test_batches_do_not_matter(batches: list[int]) -> None:
    entries = entries_up_to(sum(batches))
    log = MemoryLog()
    at = 0
    for batch in batches:
        log.add(entries[at : at + batch])
        at += batch
        assert log.state.root() == NaiveTree(entries[:at]).mth(0, at)
        assert LogState.from_bytes(log.state.to_bytes()) == log.state
        assert LogState.load(log, at) == log.state
        assert TileProver(log, at).root() == log.state.root()


@given(st.integers(1, 600), st.data())
@settings(max_examples=60, deadline=None)
def test_an_inclusion_proof_fits_one_place_only(size: int, data: st.DataObject) -> None:
    entries = entries_up_to(size)
    log = MemoryLog()
    log.add(entries)
    root = log.state.root()
    index = data.draw(st.integers(0, size - 1))
    proof = list(TileProver(log, size).inclusion_proof(index))
    leaf = SHA256.leaf(entries[index])
    verify_inclusion(leaf, index, size, proof, root)

    def refused(
        leaf: bytes = leaf,
        index: int = index,
        size: int = size,
        proof: list[bytes] = proof,
        root: bytes = root,
    ) -> None:
        with pytest.raises(VerificationError) as failure:
            verify_inclusion(leaf, index, size, proof, root)
        assert failure.value.code == Code.INCLUSION_INVALID

    for other in {index - 1, index + 1, size, 2**63, data.draw(st.integers(0, size - 1))} - {index}:
        refused(index=other)
    refused(size=0)
    refused(size=index)
    refused(leaf=flip(leaf, data.draw(st.integers(0, 255))))
    refused(root=flip(root, data.draw(st.integers(0, 255))))
    refused(leaf=leaf[:-1])
    refused(proof=[*proof, leaf])
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        refused(proof=proof[:at] + proof[at + 1 :])
        refused(proof=[*proof[:at], flip(proof[at], data.draw(st.integers(0, 255))), *proof[at + 1 :]])
        refused(proof=[*proof[:at], proof[at][:-1], *proof[at + 1 :]])


@given(st.integers(1, 600), st.data())
@settings(max_examples=60, deadline=None)
def test_a_consistency_proof_fits_one_pair_only(new: int, data: st.DataObject) -> None:
    log = MemoryLog()
    entries = entries_up_to(new)
    old = data.draw(st.integers(1, new))
    log.add(entries[:old])
    old_root = log.state.root()
    log.add(entries[old:])
    new_root = log.state.root()
    proof = list(TileProver(log, new).consistency_proof(old))
    verify_consistency(old, new, old_root, new_root, proof)

    def refused(
        old: int = old,
        new: int = new,
        old_root: bytes = old_root,
        new_root: bytes = new_root,
        proof: list[bytes] = proof,
    ) -> None:
        with pytest.raises(VerificationError) as failure:
            verify_consistency(old, new, old_root, new_root, proof)
        assert failure.value.code == Code.CONSISTENCY_INVALID

    refused(old_root=flip(old_root, data.draw(st.integers(0, 255))))
    refused(new_root=flip(new_root, data.draw(st.integers(0, 255))))
    refused(old=new + 1)
    refused(old=-1)
    refused(old=0, proof=[])
    refused(new_root=new_root[:-1])
    refused(proof=[*proof, old_root])
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        refused(proof=proof[:at] + proof[at + 1 :])
        refused(proof=[*proof[:at], flip(proof[at], data.draw(st.integers(0, 255))), *proof[at + 1 :]])
        refused(proof=[])
    elif old != new:
        pytest.fail("different sizes need a proof")


def test_every_bit_of_a_proof_counts() -> None:
    log = MemoryLog()
    entries = entries_up_to(300)
    log.add(entries)
    root = log.state.root()
    proof = TileProver(log, 300).inclusion_proof(123)
    leaf = SHA256.leaf(entries[123])
    for at, value in enumerate(proof):
        for bit in range(256):
            wrong = (*proof[:at], flip(value, bit), *proof[at + 1 :])
            with pytest.raises(VerificationError):
                verify_inclusion(leaf, 123, 300, wrong, root)


def test_a_node_is_not_taken_for_a_leaf() -> None:
    left, right = SHA256.leaf(b"a"), SHA256.leaf(b"b")
    root = SHA256.node(left, right)
    with pytest.raises(VerificationError):
        verify_inclusion(SHA256.leaf(left + right), 0, 1, (), root)


def test_hashes_of_two_algorithms_do_not_mix(memory_log: MemoryLog) -> None:
    entries = entries_up_to(5)
    memory_log.add(entries)
    proof = TileProver(memory_log, 5).inclusion_proof(2)
    with pytest.raises(VerificationError):
        verify_inclusion(
            SHA256.leaf(entries[2]), 2, 5, proof, memory_log.state.root(), algorithm=tree_hash("sm3")
        )


def test_what_cannot_be_proved_is_refused(memory_log: MemoryLog) -> None:
    memory_log.add(entries_up_to(4))
    prover = TileProver(memory_log, 4)
    for index in (-1, 4):
        with pytest.raises(ArgumentError):
            prover.inclusion_proof(index)
    for old in (-1, 5):
        with pytest.raises(ArgumentError):
            prover.consistency_proof(old)
    with pytest.raises(ArgumentError):
        TileProver(memory_log, -1)
    with pytest.raises(ArgumentError):
        tree_hash("md5")
    with pytest.raises(ArgumentError):
        RightEdge(2**63 - 1, (bytes(32),) * 63).append([bytes(32)])


def test_a_tile_of_wrong_length_is_refused() -> None:
    class Short:
        def read_tile(self, level: int, index: int, width: int) -> bytes:
            return bytes(32 * width - 1)

    with pytest.raises(StoreError):
        TileProver(Short(), 10).root()


@given(st.binary(max_size=400))
def test_stored_state_from_any_bytes(data: bytes) -> None:
    try:
        state = LogState.from_bytes(data)
    except MalformedError:
        return
    assert state.to_bytes() == data


@pytest.mark.parametrize("size", [1, 255, 256, 257, SIZE])
def test_stored_state_is_exact(size: int) -> None:
    log = MemoryLog()
    log.add(entries_up_to(size))
    data = log.state.to_bytes()
    assert LogState.from_bytes(data) == log.state
    for wrong in (data[:-1], data + b"\x00", b"\x02" + data[1:], data[:1] + b"\x42" + data[2:], b""):
        with pytest.raises(MalformedError):
            LogState.from_bytes(wrong)
    with pytest.raises(MalformedError):
        LogState(log.state.edge, ())
    with pytest.raises(MalformedError):
        RightEdge(size, ())


def flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
