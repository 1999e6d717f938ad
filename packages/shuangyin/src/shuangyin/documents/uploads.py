"""Routes that take uploads: a form that cannot be read gets an answer that says what may be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from shuangyin.documents import errors

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class UploadRoute(APIRoute):
    """A route whose form is parsed before the endpoint is called, so that its refusals are made here."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except HTTPException as error:
                # The parser bounds the headers of a part; nothing but a file name of thousands of characters passes it.
                if error.status_code == 400 and request.method == "POST":
                    raise errors.upload_malformed() from error
                raise

        return handle
