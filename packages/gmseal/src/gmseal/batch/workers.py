"""Processes that work through documents: bounded in what is under way, and not stopped by any one document.

Tasks hold a few documents each, as handing one over costs about as much as judging a small one takes. When a
process is killed or crashes, the pool it belongs to is given up: what was under way is done again, each document
alone in a process, so that only the one that takes its process down is reported as ``WORKER_DIED``.
"""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from gmseal.batch.documents import Action, Failure, failure_of
from gmseal.errors import GmsealError, Refused

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

DOCUMENTS_AT_ONCE: Final = 8
"""Documents in one task."""
_TASKS_PER_WORKER: Final = 2
"""One that is worked on and one that waits, so that no process is ever idle."""

Numbered = tuple[int, Any]
_Found = list["Outcome"] | Failure


class Job(Protocol):
    """What is done with every document. It is pickled once for each process."""

    def prepare(self) -> Action:
        """Called once in every process: loads what all documents need."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """The number of a document and its result, or the ``Failure`` in its place."""

    index: int
    found: object


def run_here(job: Job, documents: Iterable[Numbered]) -> Iterator[Outcome]:
    """One after another in this process."""
    act = job.prepare()
    for document in documents:
        yield _outcome(act, document)


def run_workers(
    job: Job, documents: Iterable[Numbered], *, workers: int | None, ordered: bool, at_once: int
) -> Iterator[Outcome]:
    """In processes of their own. Raises ``Refused`` when a process cannot prepare its work, ``GmsealError`` when
    none starts."""
    number = _cores() if workers is None else workers
    if number < 1 or at_once < 1:
        raise Refused("WORKERS", "A batch needs at least one process and one document in each task.")
    run = _Run(job, iter(documents), number, at_once)
    try:
        while run.fill():
            yield from run.take(ordered=ordered)
    finally:
        run.stop()


def _cores() -> int:
    """The cores that this process may use; where the system does not say, those of the machine."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


class _Run:
    """The tasks under way, oldest first, and the pool that does them."""

    def __init__(self, job: Job, documents: Iterator[Numbered], workers: int, at_once: int) -> None:
        self._job, self._documents = job, documents
        self._workers, self._at_once = workers, at_once
        self._pool = _new_pool(job, workers)
        self._under_way: dict[Future[_Found], list[Numbered]] = {}

    def fill(self) -> bool:
        """Hands over as many tasks as may wait; false when nothing is under way any more."""
        while len(self._under_way) < self._workers * _TASKS_PER_WORKER:
            task = list(islice(self._documents, self._at_once))
            if not task:
                break
            self._submit(task)
        return bool(self._under_way)

    def take(self, *, ordered: bool) -> list[Outcome]:
        """The results of one task: the oldest, or any that is ready."""
        from concurrent.futures import FIRST_COMPLETED, wait  # noqa: PLC0415 - see ``_new_pool``
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

        future = next(iter(self._under_way))
        if not ordered:
            future = next(iter(wait(self._under_way, return_when=FIRST_COMPLETED).done))
        try:
            found = future.result()
        except BrokenProcessPool:
            found = self._recover(future)
        del self._under_way[future]
        if isinstance(found, Failure):
            raise Refused(found.code, found.message)
        return found

    def stop(self) -> None:
        """Ends the processes; what they work on is finished, what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, task: list[Numbered]) -> None:
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

        try:
            future: Future[_Found] = self._pool.submit(_work, task)
        except BrokenProcessPool as error:
            # Found out here first; the task joins those that are done again.
            future = Future()
            future.set_exception(error)
        self._under_way[future] = task

    def _recover(self, asked: "Future[_Found]") -> _Found:
        """A new pool, and everything that the old one left undone; returns what ``asked`` came to."""
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

        self._pool.shutdown(wait=True, cancel_futures=True)
        answer: _Found = []
        again: dict[Future[_Found], list[Numbered]] = {}
        for future, task in self._under_way.items():
            kept = future
            if future.cancelled() or isinstance(future.exception(), BrokenProcessPool):
                kept = Future()
                kept.set_result(_one_by_one(self._job, task))
            if future is asked:
                answer = kept.result()
                kept = future
            again[kept] = task
        self._under_way = again
        self._pool = _new_pool(self._job, self._workers)
        return answer


def _one_by_one(job: Job, task: list[Numbered]) -> _Found:
    """Each document alone in a process, as one of them may have taken its process down."""
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    outcomes: list[Outcome] = []
    pool = _tried_pool(job)
    try:
        for document in task:
            try:
                found: _Found = pool.submit(_work, [document]).result()
            except BrokenProcessPool:
                pool.shutdown(wait=True)
                pool = _tried_pool(job)
                died = Failure(
                    "WORKER_DIED", "The process that worked on this document was killed or crashed."
                )
                found = [Outcome(document[0], died)]
            if isinstance(found, Failure):
                return found
            outcomes += found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return outcomes


def _tried_pool(job: Job) -> "ProcessPoolExecutor":
    """One process that has shown that it starts; without that, no document is to blame for its end."""
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    pool = _new_pool(job, 1)
    try:
        pool.submit(_work, []).result()
    except BrokenProcessPool as error:
        pool.shutdown(wait=True)
        raise GmsealError("The processes of the batch end before they have begun to work.") from error
    return pool


def _new_pool(job: Job, workers: int) -> "ProcessPoolExecutor":
    """Started afresh, not forked: a fork would copy threads' locks and the keys of the parent."""
    import multiprocessing  # noqa: PLC0415 - who judges one file in this process does not load it
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - as above

    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(job,))


# --- inside a worker ---------------------------------------------------------------------------

_prepared: Action | Failure | None = None
"""What this process does with each document, or why it can do nothing."""


def _begin(job: Job) -> None:
    """Prepares the process. Never raises: the reason is handed to whoever asks for work."""
    global _prepared  # noqa: PLW0603 - one process, one job
    # An interruption at the terminal meets the whole group; the parent decides what ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _prepared = job.prepare()
    except Exception as error:
        _prepared = failure_of(error)


def _end_with_parent() -> None:
    """A parent that is killed cannot end its processes; they notice."""
    import multiprocessing  # noqa: PLC0415 - already there in a worker

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: list[Numbered]) -> _Found:
    if isinstance(_prepared, Failure):
        return _prepared
    if _prepared is None:
        return Failure("WORKERS", "The process was not prepared.")
    return [_outcome(_prepared, document) for document in task]


def _outcome(act: Action, document: Numbered) -> Outcome:
    index, content = document
    try:
        return Outcome(index, act(content))
    except Exception as error:
        return Outcome(index, failure_of(error))
