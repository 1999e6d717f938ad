"""The functions of ``gmseal.batch``: what is done with each document, and the results as they come."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from gmseal.batch.documents import Action, Failure, SealTask, SigningFiles, Source
from gmseal.batch.workers import DOCUMENTS_AT_ONCE, Outcome, run_here, run_workers

if TYPE_CHECKING:
    from gmseal.ofd.order import OfdSealOrder
    from gmseal.pdf.placement import SealOrder
    from gmseal.policy import Policy
    from gmseal.report import Report
    from gmseal.ses.signature import SealSigner
    from gmseal.trust import TrustStore

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Result(Generic[_Value]):
    """What became of one document: ``value``, or the ``failure`` that says why there is none.

    ``index`` counts the documents as they were handed in, from 0; ``source`` is the path of a file, ``None`` for a
    document in memory.
    """

    index: int
    source: Path | None
    value: _Value | None
    failure: Failure | None

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.failure is None


def seal_many(
    documents: Iterable[SealTask | Source],
    signer: "SigningFiles | Callable[[], SealSigner]",
    *,
    pdf: "SealOrder | None" = None,
    ofd: "OfdSealOrder | None" = None,
    workers: int | None = None,
    ordered: bool = True,
    durable: bool = True,
    at_once: int = DOCUMENTS_AT_ONCE,
) -> Iterator[Result[bytes | Path]]:
    """Seal documents; the sealed bytes, or for a task with a target the path that was written.

    ``signer`` is called once in every process: files of key and seal, or any function that can be pickled (one
    that opens a device, for example). ``pdf`` and ``ofd`` say how a document of that kind is sealed. See
    ``verify_many`` for the rest. Raises what ``signer`` raises, before any document is touched.
    """
    if workers == 0 or isinstance(signer, SigningFiles):
        ready = signer()
        if workers == 0:
            signer = partial(_same, ready)
    job = _Sealing(signer, pdf, ofd, durable)
    tasks = (one if isinstance(one, SealTask) else SealTask(one) for one in documents)
    return work_many(job, tasks, lambda task: task.source, workers, ordered=ordered, at_once=at_once)


def verify_many(
    documents: Iterable[Source],
    trust: "TrustStore",
    at: datetime | None = None,
    policy: "Policy | None" = None,
    *,
    workers: int | None = None,
    ordered: bool = True,
    at_once: int = DOCUMENTS_AT_ONCE,
) -> "Iterator[Result[Report]]":
    """Judge documents of any kind; the reports are those of the functions for single files.

    ``documents`` is read no further ahead than ``at_once`` documents for each of the tasks that wait (two for every
    worker), so memory stays flat however many there are. ``workers`` is the number of processes, by default one
    for each core this process may use; 0: none, the work is done here. With ``ordered`` the results come in the
    order of the documents, otherwise as they are ready. A document that cannot be read, that this library fails
    on, or that takes its process down with it gives a ``failure``; the others are not touched by it. Closing the
    iterator, or an interruption, ends the processes.
    """
    job = _Verifying(trust, at, policy, as_json=False)
    return work_many(job, documents, _itself, workers, ordered=ordered, at_once=at_once)


def verify_many_json(
    documents: Iterable[Source],
    trust: "TrustStore",
    at: datetime | None = None,
    policy: "Policy | None" = None,
    *,
    workers: int | None = None,
    ordered: bool = True,
    at_once: int = DOCUMENTS_AT_ONCE,
) -> Iterator[Result[str]]:
    """As ``verify_many``; each value is the report as one line of JSON, written by the worker."""
    job = _Verifying(trust, at, policy, as_json=True)
    return work_many(job, documents, _itself, workers, ordered=ordered, at_once=at_once)


@dataclass(frozen=True, slots=True)
class _Verifying:
    trust: "TrustStore"
    at: datetime | None
    policy: "Policy | None"
    as_json: bool

    def prepare(self) -> Action:
        """What a worker does with each document."""
        from gmseal.batch.documents import verify_document  # noqa: PLC0415 - loaded by workers

        act = partial(verify_document, trust=self.trust, at=self.at, policy=self.policy)
        return partial(_as_json if self.as_json else _whole, act)


@dataclass(frozen=True, slots=True)
class _Sealing:
    signer: "Callable[[], SealSigner]"
    pdf: "SealOrder | None"
    ofd: "OfdSealOrder | None"
    durable: bool

    def prepare(self) -> Action:
        """What a worker does with each task."""
        from gmseal.batch.documents import seal_document  # noqa: PLC0415 - as above

        return partial(seal_document, signer=self.signer(), pdf=self.pdf, ofd=self.ofd, durable=self.durable)


def work_many(
    job: Any,
    documents: Iterable[Any],
    source_of: Callable[[Any], Source],
    workers: int | None,
    *,
    ordered: bool = True,
    at_once: int = DOCUMENTS_AT_ONCE,
) -> Iterator[Result[Any]]:
    """What a job of one's own (``gmseal.batch.workers.Job``) makes of every document; see ``verify_many``."""
    paths: dict[int, Path | None] = {}

    def numbered() -> Iterator[tuple[int, Any]]:
        for index, document in enumerate(documents):
            source = source_of(document)
            paths[index] = source if isinstance(source, Path) else None
            yield index, document

    outcomes: Iterator[Outcome] = (
        run_here(job, numbered())
        if workers == 0
        else run_workers(job, numbered(), workers=workers, ordered=ordered, at_once=at_once)
    )
    for outcome in outcomes:
        failure = outcome.found if isinstance(outcome.found, Failure) else None
        value = None if failure is not None else cast("Any", outcome.found)
        yield Result(outcome.index, paths.pop(outcome.index), value, failure)


def _as_json(act: Callable[[Source], "Report"], source: Source) -> str:
    import json  # noqa: PLC0415 - loaded by workers that write it

    return json.dumps(act(source).to_dict(), ensure_ascii=False, separators=(",", ":"))


def _whole(act: Callable[[Source], "Report"], source: Source) -> "Report":
    """With everything made that a report puts off, so that no document stays in memory for it."""
    return act(source).settled()


def _itself(source: Source) -> Source:
    return source


def _same(signer: "SealSigner") -> "SealSigner":
    return signer
