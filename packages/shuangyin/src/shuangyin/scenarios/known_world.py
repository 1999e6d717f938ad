"""What exists when a draft is checked: codes, seals, posts and persons, read from their areas."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select

from shuangyin.approvals.models import DefinitionStatus
from shuangyin.approvals.naming import definitions
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.models import Department, Post
from shuangyin.people.models import Person, PersonStatus
from shuangyin.people.queries import holders
from shuangyin.reference import queries as reference
from shuangyin.reference.schemas import Dated
from shuangyin.scenarios.faults import Known
from shuangyin.scenarios.rules.shapes import FOREIGN
from shuangyin.seals.models import Seal, SealStatus

_ENDED = (
    SealStatus.SUSPENDED,
    SealStatus.LOST,
    SealStatus.SCRAPPED,
    SealStatus.SURRENDERED,
    SealStatus.DESTROYED,
    SealStatus.REVOKED,
)


def known_world(work: UnitOfWork, organization_id: str) -> Known:
    """What the rules of this organization can speak of now."""
    kinds = reference.document_kinds(work.now)
    papers = reference.paper_kinds(work.now)
    platforms = reference.platforms(work.now)
    departments = work.session.execute(
        select(Department.id, Department.name).where(Department.organization_id == organization_id)
    ).tuples()
    named = {one.code: Text(one.zh, one.en) for one in (*kinds, *papers)}
    there = {id_: Text(name, name) for id_, name in departments}
    seals = work.session.execute(
        select(Seal.medium, Seal.category, Seal.status).where(Seal.organization_id == organization_id)
    ).tuples()
    by_status = list(seals)
    return Known(
        kinds={kind.code for kind in kinds},
        citations={citation.code for citation in reference.citations(work.now)},
        platforms={platform.code for platform in platforms},
        departments=there.keys(),
        prerequisites={paper.code for paper in papers},
        seals={(medium, category) for medium, category, status in by_status if status == SealStatus.IN_FORCE},
        seals_ended={(medium, category) for medium, category, status in by_status if status in _ENDED},
        posts_held=_posts_held(work, organization_id),
        routes={
            one.code for one in definitions(work, organization_id) if one.status == DefinitionStatus.ACTIVE
        },
        persons=set(
            work.session.scalars(
                select(Person.id).where(
                    Person.organization_id == organization_id, Person.status == PersonStatus.ACTIVE
                )
            )
        ),
        names={**named, **code_names(work.now), **there},
    )


def code_names(at_ms: int) -> dict[str, Text]:
    """What people call the codes of platforms, matters, channels and regions that rules tell uses apart by."""
    tables = (
        reference.platforms(at_ms),
        reference.matters(at_ms),
        reference.channels(at_ms),
        reference.regions(at_ms),
    )
    names = {one.code: Text(one.zh, one.en) for table in tables for one in table}
    return {**names, FOREIGN: Text("境外", "abroad")}


def table_words(work: UnitOfWork, organization_id: str) -> dict[str, dict[str, list[Text]]]:
    """What the codes in a decision table of this organization are called, by column."""
    at = work.now
    departments = work.session.execute(
        select(Department.id, Department.name).where(Department.organization_id == organization_id)
    ).tuples()
    routes = [one for one in definitions(work, organization_id) if one.status == DefinitionStatus.ACTIVE]
    return {
        "conditions.document_kinds": _named(reference.document_kinds(at)),
        "conditions.matters": _named(reference.matters(at)),
        "conditions.channels": _named(reference.channels(at)),
        "conditions.platforms": _named(reference.platforms(at)),
        "answer.controls.prerequisites": _named(reference.paper_kinds(at)),
        # A rule names the beginning of a code: 11 is all of Beijing.
        "conditions.regions": {
            **{_beginning(one.code): [Text(one.zh, one.en)] for one in reference.regions(at)},
            FOREIGN: [Text("境外", "abroad")],
        },
        "conditions.departments": {id_: [Text(name, name)] for id_, name in departments},
        "citation": {
            one.code: [
                Text(f"{one.zh}第{one.article}条", f"{one.en}, article {one.article}")
                if one.article
                else Text(one.zh, one.en)
            ]
            for one in reference.citations(at)
        },
        "step.route": {one.code: [Text(one.name, one.name)] for one in routes},
    }


def _named(entries: Sequence[Dated]) -> dict[str, list[Text]]:
    return {one.code: [Text(one.zh, one.en)] for one in entries}


def _beginning(region: str) -> str:
    """A code of GB/T 2260 without the pairs of zeros at its end, which stand for all of it."""
    return region[:2] if region.endswith("0000") else region[:4] if region.endswith("00") else region


def _posts_held(work: UnitOfWork, organization_id: str) -> set[str]:
    """The kinds of posts that an active person who may approve holds now."""
    posts = work.session.scalars(select(Post).where(Post.organization_id == organization_id))
    deciding = [post for post in posts if "approvals.decide" in json.loads(post.permissions)]
    return {post.kind for post in deciding if holders(work, organization_id, [post.id], work.now)}
