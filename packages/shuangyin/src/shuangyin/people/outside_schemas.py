"""Shapes of signing in through somebody outside."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.people.schemas import ChallengeOut

State = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[\x21-\x7e]+$")]


class WayOut(BaseModel):
    """A way to sign in beside account and password."""

    kind: Literal["oidc", "directory", "licence"]
    name: str
    label_zh: str
    label_en: str


class WaysOut(BaseModel):
    """All ways to sign in beside account and password."""

    items: list[WayOut]


class Redirection(BaseModel):
    """Where the browser goes on."""

    address: str | None = Field(description="Null when there is nowhere to go.")


class ProviderReturn(BaseModel):
    """What the provider put into the address when it sent the browser back."""

    model_config = ConfigDict(extra="forbid")

    state: State
    code: State | None = None
    error: Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x20-\x7e]*$")] | None = None


class LicenceCode(BaseModel):
    """A code to scan with the electronic business licence."""

    attempt: str = Field(description="Kept by the page; given back when asking what became of the code.")
    code: str = Field(description="The content of the QR code.")
    expires_at: int


class LicenceAttempt(BaseModel):
    """Asks what became of a code."""

    model_config = ConfigDict(extra="forbid")

    attempt: State


class LicenceLink(BaseModel):
    """Asks for a code to link one's licence. Needs a step-up proof (people.link_licence, the person's id)."""

    model_config = ConfigDict(extra="forbid")

    proof: Annotated[str, StringConstraints(max_length=100)] | None = None


class LicenceOutcome(BaseModel):
    """What became of a code."""

    status: Literal["waiting", "confirmed", "refused", "expired"]
    challenge: ChallengeOut | None = Field(
        None, description="With `confirmed`, at a sign-in: what is asked next."
    )


class LicenceLinkOut(BaseModel):
    """Whether the caller's licence is linked."""

    offered: bool = Field(description="Whether this installation is connected to the licence service.")
    linked_at: int | None
    used_at: int | None


class IdentityLinkOut(BaseModel):
    """A link of the caller with a directory or an OpenID provider."""

    id: str
    kind: Literal["oidc", "directory"] | None = Field(description="Null when it is not set up any more.")
    name: str
    label_zh: str
    label_en: str
    linked_at: int
    used_at: int | None


class IdentityLinksOut(BaseModel):
    """The caller's links with directories and OpenID providers."""

    items: list[IdentityLinkOut]


class IdentityLinkEnd(BaseModel):
    """Ends a link. Asks for a step-up proof (people.end_link, the link's id) unless a second factor was just given."""

    model_config = ConfigDict(extra="forbid")

    proof: Annotated[str, StringConstraints(max_length=100)] | None = None
