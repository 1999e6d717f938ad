"""Routes of signing in through an OpenID provider or with the electronic business licence."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response

from shuangyin.core.http.access import PlatformOf, PublicRoute, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.commands import (
    directory_sign_in,
    identity_links,
    licence_links,
    outside_sign_in,
    own_access,
)
from shuangyin.people.directory_port import Directories
from shuangyin.people.models import ExternalIdentity, SignInSession
from shuangyin.people.outside_port import IdentityProviders
from shuangyin.people.outside_schemas import (
    IdentityLinkEnd,
    IdentityLinkOut,
    IdentityLinksOut,
    LicenceAttempt,
    LicenceCode,
    LicenceLink,
    LicenceLinkOut,
    LicenceOutcome,
    ProviderReturn,
    Redirection,
    WayOut,
    WaysOut,
)
from shuangyin.people.schemas import ChallengeOut, SignIn
from shuangyin.people.sign_in_api import address_of, is_https

router = Routes(tags=["people"])


@router.get("/auth/ways", response_model=WaysOut, dependencies=[PublicRoute])
def list_ways(platform: PlatformOf) -> WaysOut:
    """The ways to sign in beside account and password."""
    ways = [
        WayOut(kind="oidc", name=one.name, label_zh=one.label.zh, label_en=one.label.en)
        for one in outside_sign_in.providers(platform)
    ]
    ways += [
        WayOut(kind="directory", name=one.name, label_zh=one.label.zh, label_en=one.label.en)
        for one in directory_sign_in.directories(platform)
    ]
    if outside_sign_in.licence_service(platform).available:
        ways.append(
            WayOut(
                kind="licence",
                name="licence",
                label_zh="电子营业执照",
                label_en="Electronic business licence",
            )
        )
    return WaysOut(items=ways)


@router.post("/auth/oidc/{provider}", response_model=Redirection, dependencies=[PublicRoute])
def begin_at_provider(
    provider: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,23}$")],
    request: Request,
    response: Response,
    platform: PlatformOf,
) -> Redirection:
    """Begin to sign in at an OpenID provider: the page goes to the address that comes back."""
    begun = outside_sign_in.begin(platform, provider)
    response.set_cookie(
        _attempt_cookie(request),
        begun.attempt,
        max_age=outside_sign_in.ATTEMPT_MS // 1000,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return Redirection(address=begun.address)


@router.post("/auth/oidc-return", response_model=ChallengeOut, dependencies=[PublicRoute])
def return_from_provider(
    body: ProviderReturn, request: Request, response: Response, platform: PlatformOf
) -> ChallengeOut:
    """The provider sent the browser back: its code stands for the password, the second factor is asked for."""
    attempt = request.cookies.get(_attempt_cookie(request))
    challenge = outside_sign_in.finish(
        platform, attempt=attempt, state=body.state, code=body.code, error=body.error
    )
    response.delete_cookie(_attempt_cookie(request), secure=is_https(request), httponly=True, samesite="lax")
    return challenge


@router.post("/auth/directory/{directory}", response_model=ChallengeOut, dependencies=[PublicRoute])
def sign_in_with_directory(
    directory: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,23}$")],
    body: SignIn,
    request: Request,
    platform: PlatformOf,
) -> ChallengeOut:
    """First step with name and password of the organization's directory; the second factor is asked for as ever."""
    return directory_sign_in.sign_in(platform, directory, body, address=address_of(request))


@router.post("/auth/provider/sign-out", response_model=Redirection)
def sign_out_at_provider(
    actor: SignedIn, request: Request, response: Response, platform: PlatformOf
) -> Redirection:
    """End this session, and say where the browser signs out at the provider that vouched for it."""

    def end(work: UnitOfWork) -> str | None:
        session = work.session.get_one(SignInSession, own_access.require_session(actor))
        own_access.sign_out(work, actor)
        return session.provider

    provider = platform.transact(end)
    return Redirection(address=outside_sign_in.sign_out_address(platform, provider))


@router.post("/auth/licence", response_model=LicenceCode, dependencies=[PublicRoute])
def ask_licence(request: Request, platform: PlatformOf) -> LicenceCode:
    """A code to scan with the electronic business licence, to sign in."""
    session, attempt = outside_sign_in.begin_licence(platform, address=address_of(request))
    return LicenceCode(attempt=attempt, code=session.code, expires_at=session.expires_at)


@router.post("/auth/licence/outcome", response_model=LicenceOutcome, dependencies=[PublicRoute])
def read_licence(body: LicenceAttempt, platform: PlatformOf) -> LicenceOutcome:
    """What became of the code; once it is confirmed, the second factor is asked for."""
    status, challenge = outside_sign_in.finish_licence(platform, body.attempt)
    return LicenceOutcome.model_validate({"status": status, "challenge": challenge})


@router.get("/me/licence", response_model=LicenceLinkOut)
def read_link(actor: SignedIn, platform: PlatformOf) -> LicenceLinkOut:
    """Whether the caller's licence is linked."""

    def query(work: UnitOfWork) -> LicenceLinkOut:
        link = licence_links.own_link(work, actor)
        return LicenceLinkOut(
            offered=outside_sign_in.licence_service(platform).available,
            linked_at=link.created_at if link else None,
            used_at=link.used_at if link else None,
        )

    return platform.view(query)


@router.post("/me/licence", response_model=LicenceCode)
def ask_link(body: LicenceLink, actor: SignedIn, request: Request, platform: PlatformOf) -> LicenceCode:
    """A code to scan, to link the caller's licence. Needs a step-up proof (people.link_licence, the person's id)."""
    session, attempt = licence_links.begin_link(
        platform, actor, proof=body.proof, address=address_of(request)
    )
    return LicenceCode(attempt=attempt, code=session.code, expires_at=session.expires_at)


@router.post("/me/licence/outcome", response_model=LicenceOutcome)
def read_linking(body: LicenceAttempt, actor: SignedIn, platform: PlatformOf) -> LicenceOutcome:
    """What became of the code; once it is confirmed, the licence is linked."""
    status = licence_links.finish_link(platform, actor, body.attempt)
    return LicenceOutcome.model_validate({"status": status})


@router.delete("/me/licence", status_code=204)
def end_link(actor: SignedIn, platform: PlatformOf) -> Response:
    """End the link with the caller's licence."""
    platform.transact(lambda work: licence_links.end_link(work, actor))
    return Response(status_code=204)


@router.get("/me/identities", response_model=IdentityLinksOut)
def list_identities(actor: SignedIn, platform: PlatformOf) -> IdentityLinksOut:
    """The caller's links with directories and OpenID providers."""

    def query(work: UnitOfWork) -> IdentityLinksOut:
        return IdentityLinksOut(
            items=[_link_out(platform, one) for one in identity_links.own_links(work, actor)]
        )

    return platform.view(query)


@router.post("/me/identities/{link_id}/remove", status_code=204)
def end_identity(
    link_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],
    body: IdentityLinkEnd,
    actor: SignedIn,
    platform: PlatformOf,
) -> Response:
    """End a link; asks for a second factor unless the session has just seen one."""
    platform.transact(lambda work: identity_links.end_link(work, actor, link_id, proof=body.proof))
    return Response(status_code=204)


def _link_out(platform: Platform, link: ExternalIdentity) -> IdentityLinkOut:
    directory = platform.port(Directories).named(link.provider)
    voucher = directory or platform.port(IdentityProviders).named(link.provider)
    return IdentityLinkOut(
        id=link.id,
        kind=None if voucher is None else "oidc" if directory is None else "directory",
        name=link.provider,
        label_zh=voucher.label.zh if voucher else link.provider,
        label_en=voucher.label.en if voucher else link.provider,
        linked_at=link.created_at,
        used_at=link.used_at,
    )


def _attempt_cookie(request: Request) -> str:
    return "__Host-shuangyin-attempt" if is_https(request) else "shuangyin-attempt"
