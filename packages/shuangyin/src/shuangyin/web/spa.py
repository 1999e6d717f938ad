"""Serve the built single-page application under /app/."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from shuangyin.core.http.access import PublicRoute
from shuangyin.core.http.routes import Routes

router = Routes(include_in_schema=False)


def _dist() -> Path:
    return Path(str(resources.files("shuangyin"))) / "web" / "dist"


@router.get("/", dependencies=[PublicRoute])
def root() -> Response:
    """The address itself leads to the application."""
    return RedirectResponse("/app/")


@router.get("/app", dependencies=[PublicRoute])
@router.get("/app/{path:path}", dependencies=[PublicRoute])
def application(path: str = "") -> Response:
    """A file of the build where there is one, else the page that routes by itself."""
    dist = _dist()
    index = dist / "index.html"
    if not index.is_file():
        return PlainTextResponse(
            "界面文件尚未构建，请执行 make ui。 The user interface is not built; run make ui.",
            status_code=503,
        )
    asset = (dist / path).resolve()
    if path and asset.is_file() and asset.is_relative_to(dist.resolve()):
        return FileResponse(asset, headers={"Cache-Control": "public, max-age=3600"})
    return FileResponse(index, headers={"Cache-Control": "no-cache"})


class _ImmutableFiles(StaticFiles):
    """Files with a hash in their name: they never change."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed through unread
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def install_assets(app: FastAPI) -> None:
    """Mount the assets; before all other routes, because addresses are compared in order and these are asked most."""
    assets = _dist() / "assets"
    if assets.is_dir():
        app.mount("/app/assets", _ImmutableFiles(directory=assets), name="assets")


def install_page(app: FastAPI) -> None:
    """Serve the page that routes by itself; after all other routes, because it answers whatever is left."""
    router.add_to(app)
