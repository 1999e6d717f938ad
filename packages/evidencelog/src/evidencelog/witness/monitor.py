"""A monitor follows a log from outside and says what it must not do: shrink, fork, show two faces, fall silent.

It remembers the largest head it verified. Each round:

1. The log's checkpoint is fetched; the log itself signed it.
2. It is not shorter than the remembered head (rollback), and not another of the same size (split view).
3. The remembered head lies in it: a consistency proof is computed from the log's own tiles.
4. The heads that witnesses publish are fetched; none may contradict it (split view).
5. Enough witnesses cosigned it. This comes after the contradictions: witnesses do not cosign a log that went back,
   and what the log did wrong matters more than that nobody vouches for it.
6. A log that answers nothing, or does not grow for longer than agreed, is silent.
"""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from evidencelog.checkpoint import Checkpoint, parse_checkpoint
from evidencelog.durable import replacing
from evidencelog.errors import Code, EvidenceLogError, MalformedError, StoreError, VerificationError
from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash
from evidencelog.http_exchange import DEFAULT_TIMEOUT_S, exchange
from evidencelog.policy import WitnessPolicy
from evidencelog.tiles import tile_path, tile_width
from evidencelog.tree import TileProver


class AlarmKind(StrEnum):
    """What a monitor can find."""

    ROLLBACK = "rollback"
    SPLIT_VIEW = "split_view"
    SILENT = "silent"
    NOT_ACCEPTED = "not_accepted"
    """The checkpoint does not satisfy the policy: unsigned, or too few witnesses."""
    WITNESS = "witness"
    """A witness does not answer, or what it shows cannot be read."""


@dataclass(frozen=True)
class MonitorAlarm:
    """One alarm, with a sentence in Chinese and English. ``evidence`` holds the contradicting notes."""

    kind: AlarmKind
    zh: str
    en: str
    evidence: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class MonitorState:
    """What a monitor remembers between rounds. Times in seconds since 1970."""

    note: bytes | None = None
    grown_at_s: int = 0

    @classmethod
    def load(cls, path: Path) -> "MonitorState":
        """Read the state; an absent file is the beginning. Raises :class:`MalformedError`."""
        if not path.exists():
            return cls()
        try:
            content = json.loads(path.read_text("utf-8"))
            note = content["note"]
            return cls(None if note is None else note.encode(), int(content["grown_at_s"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedError(Code.STORE_IO, f"{path} does not hold the state of a monitor") from error

    def save(self, path: Path) -> None:
        """Keep the state durably. Raises :class:`StoreError`."""
        note = None if self.note is None else self.note.decode()
        with replacing(path) as stream:
            stream.write(json.dumps({"note": note, "grown_at_s": self.grown_at_s}).encode())


class HttpTiles:
    """Tiles of a log that is served over HTTP, as they are under a head of ``size`` entries.

    A log may drop partial tiles that a newer head no longer needs, so a narrower tile is cut from the one
    that belongs to this head.
    """

    def __init__(self, url: str, size: int, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._size = size
        self._timeout_s = timeout_s
        self._seen: dict[str, bytes] = {}

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """A tile. Raises :class:`StoreError` (``store.missing``, ``log.unreachable``)."""
        whole = tile_width(level, index, self._size)
        if not 1 <= width <= whole:
            raise StoreError(Code.STORE_MISSING, f"the head has no such tile {index} of level {level}")
        path = tile_path(level, index, whole)
        if path not in self._seen:
            answer = exchange("GET", f"{self._url}/{path}", timeout_s=self._timeout_s)
            if answer.status != 200 or len(answer.body) != whole * HASH_SIZE:
                raise StoreError(Code.STORE_MISSING, f"the log does not serve tile {index} of level {level}")
            self._seen[path] = answer.body
        return self._seen[path][: width * HASH_SIZE]


@dataclass(frozen=True)
class LogMonitor:
    """Follows one log. ``witness_urls`` are those whose published heads are compared, by name."""

    url: str
    origin: str
    policy: WitnessPolicy
    witness_urls: dict[str, str] = field(default_factory=dict)
    max_silence_s: int | None = None
    algorithm: TreeHash = SHA256
    timeout_s: float = DEFAULT_TIMEOUT_S

    def round(self, state: MonitorState, now_s: int) -> tuple[MonitorState, tuple[MonitorAlarm, ...]]:
        """One round. The state moves only to a head that contradicts nothing."""
        try:
            note = self._fetch(f"{self.url.rstrip('/')}/checkpoint")
        except EvidenceLogError as error:
            return state, (_alarm(AlarmKind.SILENT, "日志没有应答", f"The log does not answer: {error}"),)
        try:
            head = self.policy.log_only().open(note, origin=self.origin).checkpoint  # 1.
        except (VerificationError, MalformedError) as error:
            return state, (_not_accepted(error, note),)
        alarms = [*self._against_memory(state, head, note), *self._against_witnesses(head, note)]
        if any(alarm.kind in {AlarmKind.ROLLBACK, AlarmKind.SPLIT_VIEW} for alarm in alarms):
            return state, tuple(alarms)
        try:
            self.policy.open(note, origin=self.origin)  # 5.
        except (VerificationError, MalformedError) as error:
            return state, (*alarms, _not_accepted(error, note))
        grew = state.note is None or parse_checkpoint(state.note).size < head.size
        grown_at = now_s if grew else state.grown_at_s
        if self.max_silence_s is not None and now_s - grown_at > self.max_silence_s:  # 6.
            quiet = now_s - grown_at
            says = (f"日志已 {quiet} 秒没有新记录", f"The log has not grown for {quiet} seconds.")
            alarms.append(_alarm(AlarmKind.SILENT, *says))
        return MonitorState(note, grown_at), tuple(alarms)

    def _against_memory(self, state: MonitorState, head: Checkpoint, note: bytes) -> list[MonitorAlarm]:
        if state.note is None:
            return []
        before = parse_checkpoint(state.note)
        if head.size < before.size:  # 2.
            says = (
                f"日志由 {before.size} 条退回到 {head.size} 条",
                f"The log went back from {before.size} entries to {head.size}.",
            )
            return [_alarm(AlarmKind.ROLLBACK, *says, state.note, note)]
        return self._grows_from(before, head, state.note, note)

    def _against_witnesses(self, head: Checkpoint, note: bytes) -> list[MonitorAlarm]:
        """Step 4."""
        alarms: list[MonitorAlarm] = []
        address = hashlib.sha256(self.origin.encode()).hexdigest()
        for name, url in self.witness_urls.items():
            try:
                shown = self._fetch(f"{url.rstrip('/')}/{address}/checkpoint")
                seen = self.policy.log_only().open(shown, origin=self.origin).checkpoint
            except EvidenceLogError as error:
                says = (
                    f"见证方 {name} 没有可用的检查点",
                    f"The witness {name} shows no usable checkpoint: {error}",
                )
                alarms.append(_alarm(AlarmKind.WITNESS, *says))
                continue
            if seen.size <= head.size:
                alarms += self._grows_from(seen, head, shown, note)
            # A witness that is ahead has seen a newer head than we fetched; the next round compares it.
        return alarms

    def _grows_from(
        self, before: Checkpoint, head: Checkpoint, before_note: bytes, note: bytes
    ) -> list[MonitorAlarm]:
        """Step 3: what the tiles of the log give as the root of the older size must be the older root."""
        try:
            root = (
                head.root
                if before.size == head.size
                else TileProver(self._tiles(head), before.size, self.algorithm).root()
            )
        except EvidenceLogError as error:
            return [
                _alarm(
                    AlarmKind.SILENT, "日志没有提供所需的数据块", f"The log does not serve its tiles: {error}"
                )
            ]
        if root != before.root:
            says = (
                f"日志的前 {before.size} 条与此前签署的不同",
                f"The first {before.size} entries are not those whose head was signed before.",
            )
            return [_alarm(AlarmKind.SPLIT_VIEW, *says, before_note, note)]
        return []

    def _tiles(self, head: Checkpoint) -> HttpTiles:
        """Tiles that lead to the head's own root; others prove nothing. Raises :class:`EvidenceLogError`."""
        tiles = HttpTiles(self.url, head.size, self.timeout_s)
        if TileProver(tiles, head.size, self.algorithm).root() != head.root:
            raise VerificationError(Code.CONSISTENCY_INVALID, "the tiles do not lead to the checkpoint")
        return tiles

    def _fetch(self, url: str) -> bytes:
        answer = exchange("GET", url, timeout_s=self.timeout_s)
        if answer.status != 200:
            raise StoreError(Code.LOG_UNREACHABLE, f"the answer is {answer.status}")
        return answer.body


def _not_accepted(error: EvidenceLogError, note: bytes) -> MonitorAlarm:
    says = ("检查点未通过验证策略", f"The checkpoint is not acceptable: {error}")
    return _alarm(AlarmKind.NOT_ACCEPTED, *says, note)


def _alarm(kind: AlarmKind, zh: str, en: str, *evidence: bytes) -> MonitorAlarm:
    return MonitorAlarm(kind, zh, en, evidence)
