"""What has just happened, told to the open pages of the persons it concerns.

An event says which list or thing is not what it was, never what it is: the page asks for that itself, with the rights
its person has then. An event may be lost in a crash, because the next one, and every reload, brings the page up to date.

In the embedded database one process serves everybody and events go from memory to memory after the commit. On a
PostgreSQL that several processes share they are rows of the same transaction, which every process reads each second.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Index, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base

if TYPE_CHECKING:
    from shuangyin.core.platform import Platform
    from shuangyin.core.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)

KEPT = 2_000
"""Events that are kept in memory for pages that come back with `Last-Event-ID`."""
PER_PERSON = 8
ALTOGETHER = 1_000
"""Connections of one person and of all: each is an open socket and nothing more."""
POLL_S = 1.0
OVERLAP_MS = 15_000
"""Rows of transactions that began earlier become visible later; so much of the past is looked at again."""
KEPT_ROWS_MS = 3_600_000
RESYNC = "resync"
"""Tells a page that it missed something: it asks for everything anew."""


class LiveRow(Base):
    """One event for one person, for the other processes."""

    __tablename__ = "live_event"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[str] = mapped_column(String(32))
    topic: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[int]


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event for one person. `topic` is a kind of list or thing, `subject_id` which one of it."""

    id: str
    person_id: str
    topic: str
    subject_id: str | None


class Subscription:
    """One open page: what it has not been told yet. `wake` is called from any thread when there is something."""

    MOST = 200

    def __init__(self, person_id: str, wake: Callable[[], None]) -> None:
        self.person_id = person_id
        self._wake = wake
        self._waiting: deque[LiveEvent] = deque()
        self._overflowed = False
        self._lock = threading.Lock()
        self.closed = False

    def put(self, event: LiveEvent) -> None:
        """Keep an event for the page. A page that does not keep up is told to ask for everything anew."""
        with self._lock:
            if len(self._waiting) >= self.MOST:
                self._waiting.clear()
                self._overflowed = True
            self._waiting.append(event)
        self._wake()

    def close(self) -> None:
        """End the page's connection; it will come back by itself."""
        self.closed = True
        self._wake()

    def take(self) -> list[LiveEvent]:
        """What is to be told, each list or thing once, in order."""
        with self._lock:
            found, overflowed = [*self._waiting], self._overflowed
            self._overflowed = False
            self._waiting.clear()
        newest: OrderedDict[tuple[str, str | None], LiveEvent] = OrderedDict()
        for event in found:
            newest.pop((event.topic, event.subject_id), None)
            newest[(event.topic, event.subject_id)] = event
        if overflowed:
            return [LiveEvent(found[-1].id, self.person_id, RESYNC, None)]
        return list(newest.values())


class LiveBus:
    """The open pages of this process and the newest events. Safe for threads."""

    def __init__(self, *, shared: bool) -> None:
        self.shared = shared
        self._lock = threading.Lock()
        self._pages: dict[str, list[Subscription]] = {}
        self._kept: OrderedDict[str, LiveEvent] = OrderedDict()
        self._closed = False

    def subscribe(self, person_id: str, wake: Callable[[], None], after: str | None) -> Subscription | None:
        """Open a page's connection; None when there are too many. `after`: the last event that the page was told."""
        with self._lock:
            mine = self._pages.setdefault(person_id, [])
            total = sum(len(pages) for pages in self._pages.values())
            if self._closed or total >= ALTOGETHER:
                return None
            if len(mine) >= PER_PERSON:
                # The oldest page of the person gives way: it is most likely one that nobody looks at.
                mine.pop(0).close()
            page = Subscription(person_id, wake)
            mine.append(page)
            missed = self._missed(person_id, after)
        for event in missed:
            page.put(event)
        return page

    def unsubscribe(self, page: Subscription) -> None:
        """Forget a page."""
        with self._lock:
            pages = self._pages.get(page.person_id, [])
            with contextlib.suppress(ValueError):
                pages.remove(page)
            if not pages:
                self._pages.pop(page.person_id, None)

    def publish(self, events: Iterable[LiveEvent]) -> None:
        """Tell the open pages of this process; an event that was told already is not told again."""
        with self._lock:
            told = []
            for event in events:
                if event.id in self._kept:
                    continue
                self._kept[event.id] = event
                told += [(page, event) for page in self._pages.get(event.person_id, ())]
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        for page, event in told:
            page.put(event)

    def close(self) -> None:
        """End every connection, because the server stops."""
        with self._lock:
            self._closed = True
            pages = [page for pages in self._pages.values() for page in pages]
        for page in pages:
            page.close()

    def open_pages(self) -> int:
        """How many pages are open in this process."""
        with self._lock:
            return sum(len(pages) for pages in self._pages.values())

    def _missed(self, person_id: str, after: str | None) -> list[LiveEvent]:
        if after is None:
            return []
        if after not in self._kept:
            newest = next(reversed(self._kept), after)
            return [LiveEvent(newest, person_id, RESYNC, None)]
        keys = list(self._kept)
        since = keys[keys.index(after) + 1 :]
        return [self._kept[key] for key in since if self._kept[key].person_id == person_id]


def tell_live(
    work: UnitOfWork,
    organization_id: str,
    person_ids: Collection[str],
    topic: str,
    subject_id: str | None = None,
) -> None:
    """Tell the open pages of these persons, once this transaction is durable, that something is not what it was."""
    bus = work.platform.ports.get(LiveBus)
    if not isinstance(bus, LiveBus):
        return
    events = [LiveEvent(work.new_id(), one, topic, subject_id) for one in sorted(set(person_ids))]
    if bus.shared:
        work.session.add_all(
            LiveRow(
                id=event.id,
                organization_id=organization_id,
                person_id=event.person_id,
                topic=topic,
                subject_id=subject_id,
                created_at=work.now,
            )
            for event in events
        )
    work.after_commit(lambda: bus.publish(events))


class LivePoller:
    """Reads what other processes have written, while somebody here has a page open."""

    def __init__(self, platform: Platform, bus: LiveBus) -> None:
        self._platform = platform
        self._bus = bus
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-events", daemon=True)
        self._pruned_at = 0

    def start(self) -> None:
        if self._bus.shared:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._bus.close()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def poll(self) -> None:
        """Tell what was written lately, and now and then remove what is old."""
        now = self._platform.clock.now_ms()
        if self._bus.open_pages():
            query = select(LiveRow).where(LiveRow.created_at >= now - OVERLAP_MS).order_by(LiveRow.id)
            self._bus.publish(
                self._platform.view(
                    lambda work: [
                        LiveEvent(one.id, one.person_id, one.topic, one.subject_id)
                        for one in work.session.scalars(query)
                    ]
                )
            )
        if now - self._pruned_at > KEPT_ROWS_MS // 6:
            self._pruned_at = now
            old = delete(LiveRow).where(LiveRow.created_at < now - KEPT_ROWS_MS)
            self._platform.transact(lambda work: work.session.execute(old))

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            try:
                self.poll()
            except Exception:
                # A database that is away for a moment is no reason to stop telling.
                _log.exception("live.poll_failed")
