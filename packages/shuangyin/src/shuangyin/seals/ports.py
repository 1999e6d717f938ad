"""What the seal register asks of areas above it and of systems outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.kinds import Medium
from shuangyin.seals.rules.filing import Answer


@dataclass(frozen=True, slots=True)
class UnfinishedUse:
    """Something that keeps a seal from being ended: an application, an opening or a loan that is not over."""

    kind: Literal["request", "opening", "loan"]
    id: str
    number: str


class UnfinishedUses(Protocol):
    """Port: what of a seal's use is not over."""

    def of_seal(self, work: UnitOfWork, seal_id: str) -> Sequence[UnfinishedUse]:
        """Every unfinished use of the seal, by number."""
        ...

    def leave_place(self, work: UnitOfWork, seal_id: str) -> None:
        """Take a seal that has ended out of the safe in which the register keeps it."""
        ...

    def sits_in_device(self, work: UnitOfWork, seal_id: str) -> bool:
        """Whether a smart seal holds it, which presses no seal that is not in force."""
        ...


class AfterFreeze(Protocol):
    """Port: what a freeze of all seals has held up."""

    def lifted(self, work: UnitOfWork, organization_id: str) -> None:
        """Take up again, in the transaction that lifts the freeze, what was refused for it alone."""
        ...


class OutsideProblem(Exception):
    """An outside system could not be asked, or answered what cannot be read; worth another try."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(f"{code}: {text.en}")
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class RegisteredSeal:
    """A seal as the filing authority knows it."""

    filing_no: str
    uscc: str
    seal_code: str | None
    status: str


class FilingAuthority(Protocol):
    """Port: where seals are filed, the police filing system or the e-seal management unit."""

    def submit(self, payload: Mapping[str, object]) -> Answer:
        """Tell something; the same `request_id` again is the same report. Raises OutsideProblem."""
        ...

    def status(self, filing_no: str) -> RegisteredSeal | None:
        """What the authority says of a filed seal now; None when it knows none. Raises OutsideProblem."""
        ...


@dataclass(frozen=True, slots=True)
class RegisteredCompany:
    """An organization as the company registry knows it."""

    uscc: str
    name: str
    status: str
    legal_representative: str


class CompanyRegistry(Protocol):
    """Port: the registry of companies and institutions."""

    def look_up(self, uscc: str) -> RegisteredCompany | None:
        """The registration of a code; None when there is none. Raises OutsideProblem."""
        ...


class IdentityService(Protocol):
    """Port: whether a name and an identity number belong together."""

    def matches(self, name: str, id_number: str) -> bool:
        """Whether they do. Raises OutsideProblem."""
        ...


@dataclass(frozen=True, slots=True)
class Authorities:
    """The outside systems that this installation is connected to; None where it is not."""

    police: FilingAuthority | None = None
    management_unit: FilingAuthority | None = None
    registry: CompanyRegistry | None = None
    identity: IdentityService | None = None
    e_seals_with: Literal["police", "management_unit"] = "management_unit"

    def register_for(self, medium: str) -> str:
        """Which filing authority is responsible for a medium."""
        return "police" if medium == Medium.PHYSICAL else self.e_seals_with

    def filing(self, register: str) -> FilingAuthority | None:
        """A filing authority by its name; None when it is not connected."""
        return self.police if register == "police" else self.management_unit


def authorities(work: UnitOfWork) -> Authorities:
    """The joined connections."""
    return work.port(Authorities)


def unfinished_uses(work: UnitOfWork) -> UnfinishedUses:
    """The joined implementation."""
    return work.port(UnfinishedUses)  # type: ignore[type-abstract]  # a port is looked up by its protocol
