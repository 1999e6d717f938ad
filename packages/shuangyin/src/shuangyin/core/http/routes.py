"""What an area answers over HTTP, kept as it was declared until an application is made of it.

A router of FastAPI analyses every function as soon as it is declared, and once more for each router that includes it;
then every request is compared with each of those routers in turn. Here a function is declared with its address and
options alone, and all of them become the routes of one router, once, when the application is made: the start takes half
the time, and a request finds its function in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Declared:
    """One address with the function that answers it; `options` are those of `FastAPI.add_api_route`."""

    path: str
    endpoint: Callable[..., Any]
    methods: tuple[str, ...]
    """Empty for a WebSocket."""
    dependencies: tuple[Depends, ...]
    options: Mapping[str, Any]


class Routes:
    """The addresses of an area, in the order in which they are compared with a request.

    `prefix`, `tags`, `dependencies` and the rest hold for every address declared here.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        tags: Sequence[str] = (),
        dependencies: Sequence[Depends] = (),
        include_in_schema: bool = True,
        route_class: type[APIRoute] | None = None,
    ) -> None:
        self.declared: list[Declared] = []
        self._prefix, self._dependencies = prefix, tuple(dependencies)
        self._options: dict[str, Any] = {"tags": list(tags) or None, "include_in_schema": include_in_schema}
        if route_class is not None:
            self._options["route_class_override"] = route_class

    def get(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers GET."""
        return self.route(path, "GET", **options)

    def post(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers POST."""
        return self.route(path, "POST", **options)

    def put(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers PUT."""
        return self.route(path, "PUT", **options)

    def patch(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers PATCH."""
        return self.route(path, "PATCH", **options)

    def delete(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers DELETE."""
        return self.route(path, "DELETE", **options)

    def websocket(self, path: str) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers a WebSocket."""
        return self.route(path)

    def route(
        self, path: str, *methods: str, dependencies: Sequence[Depends] = (), **options: Any
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare what answers these methods; options are those of `FastAPI.add_api_route`."""

        def declare(endpoint: Endpoint) -> Endpoint:
            needed = (*self._dependencies, *dependencies)
            self.declared.append(
                Declared(self._prefix + path, endpoint, methods, needed, {**self._options, **options})
            )
            return endpoint

        return declare

    def include(self, other: Routes) -> None:
        """Add the addresses of another part of the area, under the prefix of this one."""
        for one in other.declared:
            needed = (*self._dependencies, *one.dependencies)
            self.declared.append(replace(one, path=self._prefix + one.path, dependencies=needed))

    def add_to(
        self, app: FastAPI, prefix: str = "", *, responses: Mapping[int | str, dict[str, Any]] | None = None
    ) -> None:
        """Make them routes of an application. `responses` describe what each may answer besides its own."""
        for one in self.declared:
            if not one.methods:
                app.router.add_api_websocket_route(
                    prefix + one.path, one.endpoint, dependencies=list(one.dependencies)
                )
                continue
            options = {**one.options, "responses": {**(responses or {}), **one.options.get("responses", {})}}
            app.router.add_api_route(
                prefix + one.path,
                one.endpoint,
                methods=list(one.methods),
                dependencies=list(one.dependencies),
                **options,
            )
