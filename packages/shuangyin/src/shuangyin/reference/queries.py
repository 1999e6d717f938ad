"""Reads of the code tables."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from pydantic import TypeAdapter

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import not_found
from shuangyin.reference.schemas import (
    ChannelOut,
    CitationOut,
    Dated,
    DocumentKindOut,
    MatterOut,
    PaperKindOut,
    PlatformOut,
    RegionOut,
    RootOfficeOut,
)


def document_kinds(at_ms: int) -> list[DocumentKindOut]:
    """The kinds of documents that are offered at an instant."""
    return [kind for kind in _document_kinds() if in_force(kind, at_ms)]


def document_kind(code: str) -> DocumentKindOut:
    """One kind of document, whenever it was offered. Raises NotFound."""
    for kind in _document_kinds():
        if kind.code == code:
            return kind
    raise not_found("这种文件类型", "kind of document")


def regions(at_ms: int) -> list[RegionOut]:
    """The regions that are offered at an instant."""
    return [region for region in _regions() if region.offered and in_force(region, at_ms)]


@cache
def region_codes() -> frozenset[str]:
    """Every region code that is accepted, abolished ones included: registrations keep the code they were given."""
    return frozenset(region.code for region in _regions())


def paper_kinds(at_ms: int) -> list[PaperKindOut]:
    """The kinds of papers that are attached to a request, at an instant."""
    return [kind for kind in _paper_kinds() if in_force(kind, at_ms)]


def paper_kind(code: str) -> PaperKindOut | None:
    """One kind of attached paper, whenever it was offered; None when there is none of this code."""
    return next((one for one in _paper_kinds() if one.code == code), None)


def citations(at_ms: int) -> list[CitationOut]:
    """The citations of law and regulation in force at an instant."""
    return [citation for citation in _citations() if in_force(citation, at_ms)]


def citation(code: str) -> CitationOut | None:
    """One citation, whenever it was in force; None when there is none of this code."""
    return next((one for one in _citations() if one.code == code), None)


def platforms(at_ms: int) -> list[PlatformOut]:
    """The platforms that papers are handed in to, at an instant."""
    return [platform for platform in _platforms() if in_force(platform, at_ms)]


def matters(at_ms: int) -> list[MatterOut]:
    """The matters that are offered at an instant."""
    return [matter for matter in _matters() if in_force(matter, at_ms)]


def channels(at_ms: int) -> list[ChannelOut]:
    """The ways of handling a paper that are offered at an instant."""
    return [channel for channel in _channels() if in_force(channel, at_ms)]


def root_offices() -> tuple[RootOfficeOut, ...]:
    """The kinds of root offices."""
    return _root_offices()


def root_office(code: str) -> RootOfficeOut | None:
    """One kind of root office; None when there is none of this code."""
    return next((one for one in _root_offices() if one.code == code), None)


def usual_office(category: str) -> RootOfficeOut:
    """The root office that organizations of a kind usually have."""
    return next(one for one in _root_offices() if one.root == "unit" and category in one.categories)


def in_force(entry: Dated, at_ms: int) -> bool:
    """Whether a dated entry holds on the day that an instant falls on in Beijing. Both ends are inside."""
    day = beijing_time(at_ms).date()
    return (entry.valid_from or date.min) <= day <= (entry.valid_until or date.max)


@cache
def _document_kinds() -> tuple[DocumentKindOut, ...]:
    return tuple(TypeAdapter(list[DocumentKindOut]).validate_python(_read("document_kinds.json")))


@cache
def _paper_kinds() -> tuple[PaperKindOut, ...]:
    return tuple(TypeAdapter(list[PaperKindOut]).validate_python(_read("paper_kinds.json")))


@cache
def _regions() -> tuple[RegionOut, ...]:
    return tuple(TypeAdapter(list[RegionOut]).validate_python(_read("regions.json")))


@cache
def _citations() -> tuple[CitationOut, ...]:
    return tuple(TypeAdapter(list[CitationOut]).validate_python(_read("citations.json")))


@cache
def _platforms() -> tuple[PlatformOut, ...]:
    return tuple(TypeAdapter(list[PlatformOut]).validate_python(_read("platforms.json")))


@cache
def _matters() -> tuple[MatterOut, ...]:
    return tuple(TypeAdapter(list[MatterOut]).validate_python(_read("matters.json")))


@cache
def _channels() -> tuple[ChannelOut, ...]:
    return tuple(TypeAdapter(list[ChannelOut]).validate_python(_read("channels.json")))


@cache
def _root_offices() -> tuple[RootOfficeOut, ...]:
    return tuple(TypeAdapter(list[RootOfficeOut]).validate_python(_read("root_offices.json")))


def _read(name: str) -> Any:
    return json.loads(resources.files("shuangyin.reference").joinpath(name).read_text(encoding="utf-8"))
