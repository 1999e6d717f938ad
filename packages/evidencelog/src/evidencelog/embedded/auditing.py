"""The full audit: everything is recomputed from the stored bytes, and the first difference is named.

1. Indexes are dense from 0 and there are as many entries as the state says.
2. Every entry is hashed; the tiles that follow are compared with those stored, hash by hash, so that the
   first entry that differs has a name.
3. The stored state follows from the entries.
4. Every signed head carries a good signature by a key of the log, and its root is that of so many entries.
5. The log contains the head of its fence.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from evidencelog.checkpoint import open_checkpoint
from evidencelog.embedded.fence import HeadFence
from evidencelog.errors import EvidenceLogError, StoreError
from evidencelog.hashing import HASH_SIZE, TreeHash
from evidencelog.keys import NoteVerifier
from evidencelog.log import LogState, integrate
from evidencelog.tiles import TILE_WIDTH, TileWrite

_CHUNK: Final = 256 * 64


@dataclass(frozen=True)
class AuditFinding:
    """One difference. ``what`` is ``entry``, ``tile``, ``state``, ``head`` or ``fence``; ``index`` its number."""

    what: str
    index: int
    sentence: str


@dataclass(frozen=True)
class AuditReport:
    """The outcome: the log is what it says when there are no findings. ``root`` is the recomputed one."""

    size: int
    root: bytes
    heads: int
    findings: tuple[AuditFinding, ...]

    @property
    def good(self) -> bool:
        """True when nothing differs."""
        return not self.findings


class AuditedLog(Protocol):
    """What an audit reads: :class:`~evidencelog.embedded.database.LogDatabase`, or another store of a log."""

    @property
    def origin(self) -> str: ...

    @property
    def algorithm(self) -> TreeHash: ...

    def numbered_entries(self, first: int = 0) -> Iterator[tuple[int, bytes]]: ...

    def read_tile(self, level: int, index: int, width: int) -> bytes: ...

    def heads(self) -> Iterator[tuple[int, bytes]]: ...

    def read_state(self) -> LogState: ...


def audit_log(
    database: AuditedLog,
    verifiers: Sequence[NoteVerifier],
    fence: HeadFence | None = None,
    progress: Callable[[int], None] | None = None,
) -> AuditReport:
    """Recompute a log; never raises for what is stored wrongly, only for a database that cannot be read."""
    findings: list[AuditFinding] = []
    mark = None if fence is None else fence.mark(database.origin)
    heads = dict(database.heads())
    # Roots are those of the recomputed tree: whoever alters entries can alter tiles to match.
    roots: dict[int, bytes] = {}
    stops = sorted({*heads, *([] if mark is None else [mark.size])})
    state = LogState.empty(database.algorithm)
    for first, entries in _chunks(database, findings):
        for part in _parts(first, entries, stops):
            result = integrate(state, part)
            findings.extend(_differences(database, result.tiles))
            state = result.new_state
            roots[state.size] = result.root
        if progress is not None:
            progress(state.size)
    roots[0] = LogState.empty(database.algorithm).root()
    findings.extend(_state_findings(database, state))  # 3.
    findings.extend(_head_findings(database, verifiers, heads, roots))  # 4.
    if mark is not None and roots.get(mark.size) != mark.root:  # 5.
        sentence = f"the stored entries do not lead to the head of {mark.size} entries that was signed"
        findings.append(AuditFinding("fence", mark.size, sentence))
    # A tile that grew from head to head was compared each time; one difference is told once.
    return AuditReport(state.size, state.root(), len(heads), tuple(dict.fromkeys(findings)))


def _parts(first: int, entries: list[bytes], stops: Sequence[int]) -> Iterator[list[bytes]]:
    """Cut a chunk where the root is needed."""
    start = 0
    for stop in stops[bisect_right(stops, first) : bisect_left(stops, first + len(entries))]:
        yield entries[start : stop - first]
        start = stop - first
    yield entries[start:]


def _chunks(database: AuditedLog, findings: list[AuditFinding]) -> Iterator[tuple[int, list[bytes]]]:
    """Step 1: entries in order; after a gap nothing that follows has a meaning."""
    numbered = database.numbered_entries()
    expected = 0
    while part := list(islice(numbered, _CHUNK)):
        if part[-1][0] - part[0][0] != len(part) - 1 or part[0][0] != expected:
            gap = next(number for number, (index, _) in enumerate(part, expected) if index != number)
            findings.append(AuditFinding("entry", gap, f"entry {gap} is missing"))
            part = [item for item in part if item[0] < gap]
            if part:
                yield expected, [body for _, body in part]
            return
        yield expected, [body for _, body in part]
        expected += len(part)


def _differences(database: AuditedLog, tiles: Sequence[TileWrite]) -> Iterator[AuditFinding]:
    """Step 2: of the tiles made by one chunk, those that are stored otherwise."""
    for tile in tiles:
        try:
            stored = database.read_tile(tile.level, tile.index, tile.width)
        except StoreError:
            yield AuditFinding("tile", tile.index, f"tile {tile.index} of level {tile.level} is missing")
            continue
        if stored == tile.data:
            continue
        for number in range(tile.width):
            place = slice(number * HASH_SIZE, (number + 1) * HASH_SIZE)
            if stored[place] != tile.data[place]:
                position = tile.index * TILE_WIDTH + number
                if tile.level == 0:
                    yield AuditFinding(
                        "entry", position, f"entry {position} is not the one that was integrated"
                    )
                else:
                    sentence = f"hash {position} of level {tile.level} does not follow from what is under it"
                    yield AuditFinding("tile", position, sentence)
                break


def _state_findings(database: AuditedLog, state: LogState) -> Iterator[AuditFinding]:
    try:
        stored = database.read_state()
    except EvidenceLogError as error:
        yield AuditFinding("state", state.size, f"the stored state is of no use: {error}")
        return
    if (stored.size, stored.root()) != (state.size, state.root()):
        sentence = f"the stored state speaks of {stored.size} entries, and does not follow from the {state.size} stored"
        yield AuditFinding("state", stored.size, sentence)


def _head_findings(
    database: AuditedLog,
    verifiers: Sequence[NoteVerifier],
    heads: Mapping[int, bytes],
    roots: Mapping[int, bytes],
) -> Iterator[AuditFinding]:
    for size, note in heads.items():
        try:
            head = open_checkpoint(note, verifiers, origin=database.origin).checkpoint
        except EvidenceLogError as error:
            yield AuditFinding("head", size, f"the signed head of {size} entries does not hold: {error}")
            continue
        if head.size != size or roots.get(size) != head.root:
            sentence = f"the stored entries do not lead to the signed head of {size} entries"
            yield AuditFinding("head", size, sentence)
