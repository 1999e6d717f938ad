"""Server-sent events: what has changed, for the open pages of the caller."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Unavailable
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.live import LiveBus, LiveEvent, Subscription
from shuangyin.core.platform import Platform
from shuangyin.people.sessions import lives

router = Routes(tags=["events"])

HEARTBEAT_S = 15.0
"""How often an idle connection says that it lives, and whether the session still does is looked at."""
RETRY_MS = 3_000

# A browser connects anew by itself after every break: that somebody sits before it does not follow.
Watcher = Annotated[Actor, access(background=True)]
Position = Annotated[str | None, Header(alias="Last-Event-ID", max_length=64)]


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Events, until the page is closed."}
    },
)
async def read_events(
    platform: PlatformOf, actor: Watcher, _request: Request, last_event_id: Position = None
) -> StreamingResponse:
    """What has changed for the caller: `event` is the topic, `data` is `{"subject_id": …}`; the page asks for the rest.

    Comes back after a break with `Last-Event-ID`; `resync` says that something was missed and all is to be read anew.
    """
    bus = platform.port(LiveBus)
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    page = bus.subscribe(actor.person_id, lambda: _wake(loop, ready), last_event_id)
    if page is None:
        raise Unavailable(
            "TOO_MANY_PAGES",
            "实时更新的连接已满，页面可照常使用，请手动刷新。",
            "There are too many live connections. The page works as ever; reload it by hand.",
        )
    alive = _alive(platform, actor)
    return StreamingResponse(
        _stream(bus, page, ready, alive),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


def _wake(loop: asyncio.AbstractEventLoop, ready: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(ready.set)


def _alive(platform: Platform, actor: Actor) -> Callable[[], bool]:
    """Whether the caller is still signed in; asking keeps no session alive."""
    return lambda: platform.view(lambda work: lives(work, actor.person_id, actor.session_id))


async def _stream(
    bus: LiveBus, page: Subscription, ready: asyncio.Event, alive: Callable[[], bool]
) -> AsyncIterator[str]:
    try:
        yield f"retry: {RETRY_MS}\n\n"
        while not page.closed:
            try:
                await asyncio.wait_for(ready.wait(), HEARTBEAT_S)
            except TimeoutError:
                if not await run_in_threadpool(alive):
                    return
                yield ": still here\n\n"
                continue
            ready.clear()
            for event in page.take():
                yield _frame(event)
    finally:
        bus.unsubscribe(page)


def _frame(event: LiveEvent) -> str:
    data = json.dumps({"subject_id": event.subject_id}, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.topic}\ndata: {data}\n\n"
