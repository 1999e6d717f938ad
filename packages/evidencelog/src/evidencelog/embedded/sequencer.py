"""The sequencer: whatever waits is integrated in one commit, and answered only when that commit is durable.

There is no timer: while one batch is committed the next one gathers, so that a lone entry waits for one
commit and a crowd shares it. After a failed commit nobody knows whether it reached the disk. So the state
is read again: entries that are there are answered as placed, the others as failed, and nothing is ever
acknowledged twice or in vain.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from evidencelog.embedded.database import LogDatabase
from evidencelog.embedded.publishing import Publisher
from evidencelog.errors import ArgumentError, Code, EvidenceLogError, StoreError
from evidencelog.log import LogState, integrate
from evidencelog.tiles import check_entry_size

MAX_BATCH: Final = 4096
"""Entries of one commit; a larger one makes those in it wait longer than it saves."""
MAX_WAITING: Final = 100_000
"""Entries that may wait. More are refused at once: a queue without an end only hides that it is full."""
MAX_KEY_BYTES: Final = 64
_IDLE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Placed:
    """An entry that is durable and integrated: it is number ``index``; ``repeated`` when it was there before."""

    index: int
    repeated: bool = False


Answer = Callable[["Placed | EvidenceLogError"], None]


@dataclass(frozen=True)
class Submission:
    """An entry that waits. ``key`` makes it idempotent; ``answer`` is called once, from the sequencer's thread."""

    entry: bytes
    answer: Answer
    key: bytes | None = None


@dataclass
class _Batch:
    """Submissions of one round, with those settled that need no place."""

    fresh: list[Submission] = field(default_factory=list)
    answers: list[tuple[Submission, Placed | EvidenceLogError]] = field(default_factory=list)
    followers: dict[bytes, list[Submission]] = field(default_factory=dict)


class Sequencer:
    """Owns the writing side of one log: a thread that commits, and a thread that signs and publishes."""

    def __init__(self, database: LogDatabase, publisher: Publisher, *, period_seconds: float = 0.5) -> None:
        self._database = database
        self._publisher = publisher
        self._period = period_seconds
        self._state: LogState | None = None
        self._queue: deque[Submission] = deque()
        self._ready = threading.Condition()
        self._stopping = False
        self._threads = (
            threading.Thread(target=self._commit_loop, name="log-commit", daemon=True),
            threading.Thread(target=self._publish_loop, name="log-publish", daemon=True),
        )
        self._drained = threading.Event()
        self.last_error: EvidenceLogError | None = None
        """Why the last round of signing and publishing failed; None when it did not."""
        self.published_size = 0

    def start(self) -> None:
        """Check the log against its fence, publish its head and begin.

        Raises :class:`~evidencelog.errors.FenceError` before anything is taken in.
        """
        self._publisher.verify_start()
        self.published_size = self._publisher.publish()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Commit what waits, publish it, and end."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def submit(self, submissions: Sequence[Submission]) -> None:
        """Let entries wait for the next commit; each gets its answer when it is durable and integrated.

        Raises :class:`ArgumentError` (``entry.too_large``) and :class:`StoreError` (``log.busy``,
        ``log.stopped``) before any of them is taken.
        """
        for submission in submissions:
            check_entry_size(submission.entry)
            if submission.key is not None and not 1 <= len(submission.key) <= MAX_KEY_BYTES:
                raise ArgumentError(Code.ENTRY_CONFLICT, f"a key has 1 to {MAX_KEY_BYTES} bytes")
        with self._ready:
            if self._stopping:
                raise StoreError(Code.LOG_STOPPED, "the log is stopping and takes nothing more")
            if len(self._queue) + len(submissions) > MAX_WAITING:
                raise StoreError(
                    Code.LOG_BUSY, f"more than {MAX_WAITING} entries are waiting; try again later"
                )
            self._queue.extend(submissions)
            self._ready.notify()

    def add(self, entries: Sequence[bytes]) -> list[Placed]:
        """Append entries and return when all are durable and integrated; for callers with a thread to wait in.

        Raises the first failure.
        """
        results: list[Placed | EvidenceLogError | None] = [None] * len(entries)
        done = threading.Semaphore(0)

        def answer_at(position: int) -> Answer:
            def answer(result: Placed | EvidenceLogError) -> None:
                results[position] = result
                done.release()

            return answer

        self.submit([Submission(entry, answer_at(number)) for number, entry in enumerate(entries)])
        for _ in entries:
            done.acquire()
        placed: list[Placed] = []
        for result in results:
            if isinstance(result, EvidenceLogError):
                raise result
            if result is not None:
                placed.append(result)
        return placed

    def import_entries(self, entries: Iterable[bytes], batch: int = MAX_BATCH) -> Iterator[int]:
        """Append a long stream in large commits; yields the size after each. Memory stays flat."""
        waiting = iter(entries)
        while part := list(islice(waiting, batch)):
            self.add(part)
            yield self._database.size()

    # --- committing -----------------------------------------------------------------------------

    def _commit_loop(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._stopping:
                    self._ready.wait(_IDLE_SECONDS)
                if not self._queue:
                    self._drained.set()
                    return
                taken = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
            for submission, result in self.commit(taken):
                submission.answer(result)

    def commit(self, taken: Sequence[Submission]) -> list[tuple[Submission, Placed | EvidenceLogError]]:
        """Commit one batch and tell what became of each submission. Called by the sequencer's thread only."""
        try:
            batch = self._sorted(taken)
        except EvidenceLogError as error:
            return [(submission, error) for submission in taken]
        placed = self._place([submission.entry for submission in batch.fresh], [s.key for s in batch.fresh])
        answers = batch.answers
        for number, submission in enumerate(batch.fresh):
            result = placed if isinstance(placed, EvidenceLogError) else Placed(placed + number)
            answers.append((submission, result))
            for follower in batch.followers.get(submission.key or b"", ()):
                again = Placed(result.index, repeated=True) if isinstance(result, Placed) else result
                answers.append((follower, again))
        return answers

    def _sorted(self, taken: Sequence[Submission]) -> _Batch:
        """Repetitions of a key get the place of the first; another entry under a used key is refused."""
        batch = _Batch()
        keys = [submission.key for submission in taken if submission.key is not None]
        known = self._database.keyed(keys) if keys else {}
        leaders: dict[bytes, bytes] = {}
        for submission in taken:
            key = submission.key
            if key is None:
                batch.fresh.append(submission)
            elif key in known:
                index, body = known[key]
                same = body == submission.entry
                batch.answers.append((submission, Placed(index, repeated=True) if same else _conflict()))
            elif key in leaders:
                if leaders[key] == submission.entry:
                    batch.followers.setdefault(key, []).append(submission)
                else:
                    batch.answers.append((submission, _conflict()))
            else:
                leaders[key] = submission.entry
                batch.fresh.append(submission)
        return batch

    def _place(self, entries: Sequence[bytes], keys: Sequence[bytes | None]) -> int | EvidenceLogError:
        """The index of the first entry after a commit, or why there is none."""
        if not entries:
            return 0
        state: LogState | None = None
        try:
            state = self._state or self._database.state()
            result = integrate(state, entries)
            self._database.append(result, entries, keys)
            self._state = result.new_state
        except EvidenceLogError as error:
            self._state = None
            return self._settle(state, entries, error)
        return result.first_index

    def _settle(
        self, state: LogState | None, entries: Sequence[bytes], error: EvidenceLogError
    ) -> int | EvidenceLogError:
        """After a failed commit: was it stored all the same? Only the database knows."""
        if state is None:
            return error
        try:
            stored = self._database.state()
            expected = integrate(state, entries).new_state
            if stored.size >= expected.size and self._database.entries(state.size, len(entries)) == list(
                entries
            ):
                return state.size
        except EvidenceLogError:
            return error
        return error

    # --- publishing -----------------------------------------------------------------------------

    def _publish_loop(self) -> None:
        last = False
        while not last:
            last = self._drained.wait(self._period)
            try:
                if self._database.size() != self.published_size:
                    self.published_size = self._publisher.publish()
                self.last_error = None
            except EvidenceLogError as error:
                # Entries stay durable; the next round signs a head that holds them.
                self.last_error = error


def _conflict() -> ArgumentError:
    return ArgumentError(Code.ENTRY_CONFLICT, "another entry was added under this key before")
