"""Routes of the three questions: may he? who may? what may he? Each answers with the chain of reasons."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from shuangyin.authority.judging import UseFacts, fen_of, judge
from shuangyin.authority.kinds import Act
from shuangyin.authority.reversing import what_can, who_can_use
from shuangyin.authority.rules.grants import Quantities
from shuangyin.authority.schemas import AnswerOut, Code, Id, PowersOut, Sm3
from shuangyin.authority.views import answer_out, powers_out
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath
from shuangyin.people.queries import person
from shuangyin.seals.queries import get as seal_of

router = Routes(prefix="/authority", tags=["authority"])

Reader = Annotated[Actor, access("authority.read")]
_DEFAULT_ACTS = (Act.AUTO_SEAL, Act.PRESS, Act.APPROVE)


class AskedUse(BaseModel):
    """What is asked about: whether an act with a seal, for a document, is within somebody's authority now."""

    model_config = ConfigDict(extra="forbid")

    act: Act
    seal_id: Id
    person_id: Id | None = Field(None, description="Absent: the platform by itself.")
    document_kind: Code | None = None
    matter: Code | None = None
    amount_minor: Annotated[int, Field(ge=0, le=10**15)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    department_id: Id | None = Field(None, description="The applicant's department.")
    form: Annotated[list[Sm3], Field(max_length=100)] = Field(
        default_factory=list, description="SM3 digests of the documents."
    )
    documents: Annotated[int, Field(ge=1, le=10_000)] = 1
    presses: Annotated[int, Field(ge=0, le=100_000)] = 1

    @property
    def use(self) -> UseFacts:
        """As the rules ask about it."""
        return UseFacts(
            amount_minor=fen_of(self.amount_minor, self.currency),
            document_kind=self.document_kind,
            matter=self.matter,
            department_id=self.department_id,
            forms=tuple(self.form),
            wanted=Quantities(1, self.documents, self.presses),
        )


@router.get("/answer", response_model=AnswerOut)
def answer(platform: PlatformOf, actor: Reader, asked: Annotated[AskedUse, Query()]) -> AnswerOut:
    """May this person do this with this seal for this document, now? What is left out is not known, and is within no
    limit on it."""

    def query(work: UnitOfWork) -> AnswerOut:
        seal_of(work, actor.organization_id, asked.seal_id)
        if asked.person_id is not None:
            person(work, actor.organization_id, asked.person_id)
        found = judge(
            work,
            organization_id=actor.organization_id,
            person_id=asked.person_id,
            act=asked.act,
            seal_id=asked.seal_id,
            at=work.now,
            use=asked.use,
        )
        return answer_out(work, actor.organization_id, found)

    return platform.view(query)


@router.get("/seals/{seal_id}", response_model=PowersOut)
def who(
    seal_id: IdInPath,
    platform: PlatformOf,
    actor: Reader,
    act: Annotated[list[Act] | None, Query(max_length=4)] = None,
) -> PowersOut:
    """Who can use this seal? By posts, grants in force and delegations, each with its limits and chain."""

    def query(work: UnitOfWork) -> PowersOut:
        seal = seal_of(work, actor.organization_id, seal_id)
        powers = who_can_use(work, actor.organization_id, seal, work.now, act or _DEFAULT_ACTS)
        return powers_out(work, actor, powers)

    return platform.view(query)


@router.get("/persons/{person_id}", response_model=PowersOut)
def what(person_id: IdInPath, platform: PlatformOf, actor: SignedIn) -> PowersOut:
    """What can this person do? Of oneself everybody may ask, of others who may see grants."""
    if actor.person_id != person_id:
        actor.require("authority.read")

    def query(work: UnitOfWork) -> PowersOut:
        found = person(work, actor.organization_id, person_id)
        return powers_out(work, actor, what_can(work, actor.organization_id, found, work.now))

    return platform.view(query)
