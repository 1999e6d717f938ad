"""Live events: who is told what, once, after the commit; on a shared database through its rows."""

from __future__ import annotations

import asyncio
import threading

import pytest

from shuangyin.core.live import (
    PER_PERSON,
    RESYNC,
    LiveBus,
    LiveEvent,
    LivePoller,
    LiveRow,
    Subscription,
    tell_live,
)
from shuangyin.core.platform import Platform
from shuangyin.people import events_api
from shuangyin.people.events_api import _frame, _stream


def event(number: int, person: str = "a", topic: str = "approvals", subject: str | None = None) -> LiveEvent:
    return LiveEvent(f"{number:032x}", person, topic, subject)


def told(page: Subscription) -> list[str]:
    return [one.id[-2:] for one in page.take()]


def opened(bus: LiveBus, person: str = "a", after: str | None = None) -> Subscription:
    page = bus.subscribe(person, lambda: None, after)
    assert page is not None
    return page


def test_each_page_of_a_person_is_told_once_and_nobody_else() -> None:
    bus = LiveBus(shared=False)
    first, second, other = opened(bus), opened(bus), opened(bus, "b")
    bus.publish([event(1), event(2, "b")])
    bus.publish([event(1)])
    assert [told(first), told(second), told(other)] == [["01"], ["01"], ["02"]]
    assert told(first) == []
    # Of one thing only the newest is told.
    bus.publish([event(3), event(4, topic="requests"), event(5)])
    assert told(first) == ["04", "05"]


def test_a_page_that_comes_back_is_told_what_it_missed_or_to_read_everything_anew() -> None:
    bus = LiveBus(shared=False)
    bus.publish([event(1), event(2, "b"), event(3, subject="x")])
    assert told(opened(bus, after=event(1).id)) == ["03"]
    assert told(opened(bus, after=event(3).id)) == []
    (resync,) = opened(bus, after="f" * 32).take()
    assert (resync.topic, resync.id) == (RESYNC, event(3).id)
    slow = opened(bus)
    bus.publish(event(100 + number, subject=str(number)) for number in range(Subscription.MOST + 1))
    assert [one.topic for one in slow.take()] == [RESYNC]


def test_connections_are_bounded_and_end_with_the_server() -> None:
    bus = LiveBus(shared=False)
    pages = [opened(bus) for _ in range(PER_PERSON + 1)]
    assert [page.closed for page in pages] == [True] + [False] * PER_PERSON
    assert bus.open_pages() == PER_PERSON
    bus.unsubscribe(pages[0])
    bus.unsubscribe(pages[1])
    assert bus.open_pages() == PER_PERSON - 1
    bus.close()
    assert all(page.closed for page in pages[2:])
    assert bus.subscribe("a", lambda: None, None) is None


def test_events_are_told_after_the_commit_and_none_of_what_was_rolled_back(platform: Platform) -> None:
    bus = platform.port(LiveBus)
    page = opened(bus)
    seen = []

    def refused(work):  # type: ignore[no-untyped-def]
        tell_live(work, "o" * 32, ["a"], "approvals")
        raise KeyError

    with pytest.raises(KeyError):
        platform.transact(refused)

    def good(work):  # type: ignore[no-untyped-def]
        tell_live(work, "o" * 32, ["a", "b"], "approvals", "s" * 32)
        seen.extend(page.take())

    platform.transact(good)
    assert seen == []
    (one,) = page.take()
    assert (one.topic, one.subject_id) == ("approvals", "s" * 32)


@pytest.mark.database
def test_other_processes_read_the_rows_and_old_ones_go(platform: Platform) -> None:
    ours, theirs = LiveBus(shared=True), LiveBus(shared=True)
    writer = Platform(
        platform.settings,
        platform.database,
        platform.clock,
        platform.keyring,
        platform.objects,
        {LiveBus: ours},
    )
    here, there = opened(ours), opened(theirs)
    writer.transact(lambda work: tell_live(work, "o" * 32, ["a"], "approvals"))
    poller = LivePoller(platform, theirs)
    for _ in range(2):
        poller.poll()
        LivePoller(platform, ours).poll()
    assert len(here.take()) == len(there.take()) == 1
    assert there.take() == []
    platform.clock.advance(seconds=4000)  # type: ignore[attr-defined]
    poller.poll()
    assert platform.view(lambda work: work.session.query(LiveRow).count()) == 0


def test_a_stream_tells_events_beats_when_idle_and_ends_with_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events_api, "HEARTBEAT_S", 0.02)
    bus = LiveBus(shared=False)
    living = [True, True, False]

    async def listen() -> list[str]:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(ready.set)

        page = bus.subscribe("a", wake, None)
        assert page is not None
        threading.Thread(target=bus.publish, args=([event(7, subject="x")],)).start()
        return [text async for text in _stream(bus, page, ready, lambda: living.pop(0))]

    frames = asyncio.run(listen())
    assert frames[0].startswith("retry: ")
    assert _frame(event(7, subject="x")) in frames
    assert frames[-1] == ": still here\n\n"
    assert bus.open_pages() == 0
