"""Routes of the code tables."""

from __future__ import annotations

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.paging import Page
from shuangyin.core.http.routes import Routes
from shuangyin.reference import queries
from shuangyin.reference.schemas import (
    ChannelOut,
    CitationOut,
    DocumentKindOut,
    MatterOut,
    PaperKindOut,
    PlatformOut,
    RegionOut,
    RootOfficeOut,
)

router = Routes(prefix="/reference", tags=["reference"])


@router.get("/document-kinds", response_model=Page[DocumentKindOut])
def document_kinds(platform: PlatformOf, _actor: SignedIn) -> Page[DocumentKindOut]:
    """Kinds of documents that may be sealed."""
    return Page(items=queries.document_kinds(platform.clock.now_ms()), next_cursor=None)


@router.get("/regions", response_model=Page[RegionOut])
def regions(platform: PlatformOf, _actor: SignedIn) -> Page[RegionOut]:
    """Beijing and its districts."""
    return Page(items=queries.regions(platform.clock.now_ms()), next_cursor=None)


@router.get("/citations", response_model=Page[CitationOut])
def citations(platform: PlatformOf, _actor: SignedIn) -> Page[CitationOut]:
    """Articles of law and regulation that rules lean on."""
    return Page(items=queries.citations(platform.clock.now_ms()), next_cursor=None)


@router.get("/paper-kinds", response_model=Page[PaperKindOut])
def paper_kinds(platform: PlatformOf, _actor: SignedIn) -> Page[PaperKindOut]:
    """Kinds of papers that are attached to a request."""
    return Page(items=queries.paper_kinds(platform.clock.now_ms()), next_cursor=None)


@router.get("/platforms", response_model=Page[PlatformOut])
def platforms(platform: PlatformOf, _actor: SignedIn) -> Page[PlatformOut]:
    """Where papers are handed in, what each takes, and how papers go there and back."""
    return Page(items=queries.platforms(platform.clock.now_ms()), next_cursor=None)


@router.get("/matters", response_model=Page[MatterOut])
def matters(platform: PlatformOf, _actor: SignedIn) -> Page[MatterOut]:
    """What papers are about, where rules tell matters apart."""
    return Page(items=queries.matters(platform.clock.now_ms()), next_cursor=None)


@router.get("/channels", response_model=Page[ChannelOut])
def channels(platform: PlatformOf, _actor: SignedIn) -> Page[ChannelOut]:
    """By which way papers are handled, where rules tell such ways apart."""
    return Page(items=queries.channels(platform.clock.now_ms()), next_cursor=None)


@router.get("/root-offices", response_model=Page[RootOfficeOut])
def root_offices(_actor: SignedIn) -> Page[RootOfficeOut]:
    """The offices from which authority is granted, by kind of organization."""
    return Page(items=list(queries.root_offices()), next_cursor=None)
