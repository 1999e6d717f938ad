"""What the people area asks of an organization's directory (LDAP, Active Directory): whose name and password these are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from shuangyin.people.outside_port import ProvenIdentity, Voucher


class DirectoryProblem(Exception):
    """A directory that gave no answer: `down` it is not there, busy or slow, `setup` it is there but not as the settings
    say (certificate, account of the service, base). `detail` is for the log; it holds no name and no password."""

    def __init__(self, kind: Literal["down", "setup"], detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Directory(Voucher, Protocol):
    """A directory that vouches for the persons of one organization (RFC 4511, RFC 4513 simple bind over TLS)."""

    def prove(self, name: str, password: str, found: Callable[[str], None]) -> ProvenIdentity | None:
        """Whose name and password these are; None when it is nobody's, without telling why.

        `found` gets the directory's own unchanging name of the one entry before the password is looked at, and ends the
        try by raising. A name that nobody has takes as many exchanges as another. Raises DirectoryProblem.
        """
        ...


@dataclass(frozen=True, slots=True)
class Directories:
    """The configured ones; a port of its own, so that none is a state like any other."""

    members: tuple[Directory, ...] = ()

    def named(self, name: str) -> Directory | None:
        """The one of this name."""
        return next((one for one in self.members if one.name == name), None)
