"""The composition root: the only place where ports meet their implementations and areas meet the web."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from shuangyin.core.clock import Clock, SystemClock
from shuangyin.core.database import Database
from shuangyin.core.errors import NotFound
from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.core.http.middleware import BodyLimit, SecurityHeaders
from shuangyin.core.http.problems import PROBLEM_RESPONSES, install_problem_handlers
from shuangyin.core.jobs import Handler, JobRunner
from shuangyin.core.keyring import load_keyring
from shuangyin.core.objects import ObjectStore
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.web import spa

_log = structlog.get_logger(__name__)

AREAS = (
    "evidence", "reference", "organization", "people", "approvals", "seals", "scenarios", "authority",
    "documents", "requests", "sealing", "custody", "verification", "workbench",
)  # fmt: skip


def _modules(name: str) -> list[ModuleType]:
    found = []
    for area in AREAS:
        try:
            found.append(importlib.import_module(f"shuangyin.{area}.{name}"))
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(f"shuangyin.{area}"):
                raise
    return found


def compose(settings: Settings, *, clock: Clock | None = None) -> Platform:
    """Join settings, database, keys, objects and ports into a platform."""
    keyring = load_keyring(settings)
    ports: dict[type, object] = {}
    for module in _modules("ports"):
        ports.update(module.implementations())
    return Platform(
        settings=settings,
        database=Database(settings),
        clock=clock or SystemClock(),
        keyring=keyring,
        objects=ObjectStore(settings.objects_dir, settings.work_dir, keyring),
        ports=ports,
    )


def job_handlers() -> dict[str, Handler]:
    """The handler of every kind of background job."""
    handlers: dict[str, Handler] = {}
    return handlers


def create_app(
    platform: Platform, *, start: Callable[[], None] | None = None, stop: Callable[[], None] | None = None
) -> FastAPI:
    """The web application of a platform. `start` and `stop` bracket its life, for background work."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if start is not None:
            start()
        try:
            yield
        finally:
            if stop is not None:
                stop()

    app = FastAPI(
        title="双印 Shuangyin",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.platform = platform
    app.add_middleware(BodyLimit, upload_bytes=platform.settings.max_upload_bytes)
    app.add_middleware(SecurityHeaders)
    install_problem_handlers(app)
    api = APIRouter(prefix="/api/v1", responses=PROBLEM_RESPONSES)
    for module in _modules("api"):
        api.include_router(module.router)
    api.include_router(_fallback)
    app.include_router(_health)
    for module in _modules("pages"):
        app.include_router(module.router)
    app.include_router(api)
    spa.install(app)
    return app


_health = APIRouter()
_fallback = APIRouter(include_in_schema=False)


@_health.get("/healthz", dependencies=[PublicRoute], tags=["health"])
def health(platform: PlatformOf) -> JSONResponse:
    """200 when the database answers, 503 with the failing part otherwise."""
    try:
        platform.database.ping()
    except Exception:  # whatever is wrong, the answer is the same: not healthy
        _log.warning("health.database_down", exc_info=True)
        return JSONResponse({"status": "down", "database": "down"}, status_code=503)
    return JSONResponse({"status": "ok", "database": "ok"})


@_fallback.api_route(
    "/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], dependencies=[PublicRoute]
)
def unknown_address(path: str) -> None:
    """An unknown address of the API is a problem document, never the page of the application."""
    raise NotFound(
        "NO_SUCH_ADDRESS",
        f"接口地址不存在:/api/v1/{path[:100]}",
        f"No such address in the API: /api/v1/{path[:100]}",
    )


def background(platform: Platform) -> tuple[Callable[[], None], Callable[[], None]]:
    """Start and stop functions of the worker that runs inside `serve`."""
    jobs = JobRunner(platform, job_handlers())
    return jobs.start, jobs.stop
