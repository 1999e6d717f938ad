"""Permission codes and starter posts, from data files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from shuangyin.core.text import Text
from shuangyin.organization.models import PostKind


@dataclass(frozen=True, slots=True)
class StarterPost:
    """A post that a new organization begins with."""

    kind: PostKind
    name: str
    is_office: bool
    permissions: frozenset[str]


@cache
def permission_labels() -> dict[str, Text]:
    """Every permission code of the platform and what it allows."""
    return {code: Text(zh, en) for code, (zh, en) in _read("permissions.json").items()}


@cache
def starter_posts() -> tuple[StarterPost, ...]:
    """The posts of a new organization, one of each kind."""
    data = _read("starter_posts.json")
    everybody = frozenset(data["everybody"])
    return tuple(
        StarterPost(
            kind=PostKind(post["kind"]),
            name=post["name"],
            is_office=post["is_office"],
            permissions=everybody | frozenset(post["permissions"]),
        )
        for post in data["posts"]
    )


def starter_permissions(kind: PostKind) -> frozenset[str]:
    """What a post of this kind may do unless it is said otherwise."""
    for post in starter_posts():
        if post.kind is kind:
            return post.permissions
    # The offices of Party organization, union and League decide and grant for the seals of their own root.
    everybody: list[str] = _read("starter_posts.json")["everybody"]
    return frozenset(everybody) | {
        "approvals.decide",
        "authority.grant",
        "documents.upload",
        "requests.apply",
    }


def _read(name: str) -> Any:
    return json.loads(resources.files("shuangyin.organization").joinpath(name).read_text(encoding="utf-8"))
