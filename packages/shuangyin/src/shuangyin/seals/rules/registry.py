"""What the company registry's answer says about the organization as it is kept here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fault = Literal["other_company", "licence_ended", "name_differs", "representative_differs"]

ENDED_STATUSES = frozenset({"cancelled", "revoked"})
"""注销 and 吊销: from then on the organization's seals are not used."""


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What both sides know of an organization. No representative is known here while the office is vacant."""

    uscc: str
    name: str
    representative: str | None


def judge_company(ours: CompanyFacts, theirs: CompanyFacts, status: str) -> tuple[Fault, ...]:
    """Every way in which the registry contradicts what is kept here, the gravest first.

    An answer about another code says nothing about this organization.
    """
    if theirs.uscc != ours.uscc:
        return ("other_company",)
    faults: list[Fault] = []
    if status in ENDED_STATUSES:
        faults.append("licence_ended")
    if theirs.name != ours.name:
        faults.append("name_differs")
    if ours.representative is not None and theirs.representative != ours.representative:
        faults.append("representative_differs")
    return tuple(faults)
