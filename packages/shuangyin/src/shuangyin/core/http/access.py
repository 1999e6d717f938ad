"""Who may call a route. Every route declares it; a test walks all routes and refuses one that does not."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Forbidden, Unauthenticated
from shuangyin.core.platform import Platform

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
BACKGROUND_HEADER = "X-Background"
"""Sent by a page that reads anew by itself: what nobody asked for keeps no session alive."""


class Authentication(Protocol):
    """What an authenticator found out about a request."""

    @property
    def actor(self) -> Actor: ...
    @property
    def csrf_token(self) -> str | None:
        """The token that unsafe requests must repeat; None for bearer tokens, which no browser sends by itself."""
        ...


class Authenticator(Protocol):
    """Port: find the caller of a request by cookie or bearer token. The people area implements it."""

    def authenticate(
        self, platform: Platform, *, cookie: str | None, bearer: str | None, background: bool = False
    ) -> Authentication | None:
        """The caller, or None when the credentials are absent, wrong or ended.

        A request in the background is answered like any other and is no sign that somebody is there.
        """
        ...


def platform_of(request: Request) -> Platform:
    """The platform this application was composed with."""
    platform = request.app.state.platform
    assert isinstance(platform, Platform)  # noqa: S101  # set by the composition root
    return platform


def cookie_name(request: Request) -> str:
    """`__Host-` needs https; on plain loopback http the cookie goes without the prefix."""
    return "__Host-shuangyin" if request.url.scheme == "https" else "shuangyin"


def _authenticate(request: Request, *, background: bool) -> Actor:
    platform = platform_of(request)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    bearer = value.strip() if scheme.lower() == "bearer" else None
    cookie = None if bearer else request.cookies.get(cookie_name(request))
    background = background or (request.method in SAFE_METHODS and BACKGROUND_HEADER in request.headers)
    authenticator = platform.port(Authenticator)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    found = authenticator.authenticate(platform, cookie=cookie, bearer=bearer, background=background)
    if found is None:
        raise Unauthenticated(
            "UNAUTHENTICATED",
            "登录已失效或尚未登录，请重新登录。",
            "You are not signed in, or the session has ended. Sign in.",
        )
    if request.method not in SAFE_METHODS and found.csrf_token is not None:
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode(), found.csrf_token.encode()):
            raise Forbidden(
                "CSRF",
                "页面令牌不符，请刷新页面后重试。",
                f"The {CSRF_HEADER} header is missing or wrong. Reload the page.",
            )
    return found.actor


class AccessRule:
    """A dependency that yields the actor, or refuses. `permission` None means any signed-in person."""

    def __init__(self, permission: str | None, *, background: bool = False) -> None:
        self.permission = permission
        self.background = background

    def __call__(self, request: Request) -> Actor:
        actor = _authenticate(request, background=self.background)
        if self.permission is not None:
            actor.require(self.permission)
        return actor


class PublicRule:
    """A dependency that marks a route as open to anybody."""

    def __call__(self) -> None:
        return None


def access(permission: str | None = None, *, background: bool = False) -> Any:
    """For a signature: ``actor: Annotated[Actor, access("seals.read")]``.

    `background`: pages ask by themselves, so that asking keeps no session alive.
    """
    return Depends(AccessRule(permission, background=background))


public: Callable[[], None] = PublicRule()
SignedIn = Annotated[Actor, access()]
PlatformOf = Annotated[Platform, Depends(platform_of)]
PublicRoute = Depends(public)
