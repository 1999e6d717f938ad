"""The organization as this platform knows it, to be compared with the company registry."""

from __future__ import annotations

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.organization.queries import posts
from shuangyin.people.queries import holders
from shuangyin.reference.queries import root_office
from shuangyin.seals.rules.registry import CompanyFacts


def ours(work: UnitOfWork, organization_id: str) -> CompanyFacts:
    """Code, name and the holder of the unit's root office; no holder while the office is vacant."""
    organization = organization_of(work, organization_id)
    offices = [
        post.id
        for post in posts(work, organization_id)
        if post.office is not None and (kind := root_office(post.office)) and kind.root == "unit"
    ]
    held_by = holders(work, organization_id, offices, work.now)
    return CompanyFacts(organization.uscc, organization.name, held_by[0].name if held_by else None)
