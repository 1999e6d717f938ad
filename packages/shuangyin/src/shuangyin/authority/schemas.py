"""Shapes of authority in the API. Amounts in fen, times in UTC milliseconds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shuangyin.authority.kinds import Act, CountOf, GrantStatus, ReviewKind, ReviewStatus
from shuangyin.core.free_text import Paragraph
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.seals.schemas import Category, Root

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Reason = Annotated[Paragraph, Field(min_length=1, max_length=500)]
Time = Annotated[int, Field(ge=0, le=253_402_300_799_000, description="UTC milliseconds.")]
Proof = Annotated[str, StringConstraints(max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Sm3 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Amount = Annotated[int, Field(ge=0, le=10**15, description="Fen.")]
Several = Field(min_length=1, max_length=100)
DelegableAct = Literal[Act.PRESS, Act.APPROVE, Act.APPLY]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GrantOut(BaseModel):
    """A grant as it stands."""

    id: str
    parent_id: str | None
    depth: int = Field(description="0 for a grant of the root office itself.")
    root: str
    act: Act
    seal_id: str | None = Field(description="The seal when exactly one is named.")
    seal_name: str | None
    seals: list[NamedRef] = Field(description="The seals when several are named.")
    seal_category: str | None
    document_kinds: list[str] | None
    matters: list[str] | None
    forms: list[str] | None
    department: NamedRef | None
    holder_person_id: str | None
    holder_person: PersonRef | None
    holder_post_id: str | None
    holder_post: NamedRef | None
    amount_limit_minor: int | None
    count_limit: int | None
    count_of: CountOf
    count_reserved: int
    count_used: int
    may_pass_on: bool
    valid_from: int
    valid_until: int
    granted_by: PersonRef
    granted_by_post: NamedRef | None
    granted_at: int
    answered_by: PersonRef | None
    answered_at: int | None
    lapses_at: int | None = Field(
        description="When it ends because the root office changed its holder, unless he reconfirms it."
    )
    status: GrantStatus
    in_force: bool = Field(description="Accepted, and within its time now.")
    ended_at: int | None
    end_cause: str | None
    reason: str
    end_reason: str | None
    children: int = Field(description="How many grants were given directly out of it.")
    actions: list[Literal["accept", "decline", "end", "renounce", "reconfirm", "pass_on"]]
    version: int


class NewGrant(_Input):
    """A grant to give. Limits that are absent are the parent's; of a root grant, none."""

    act: Act
    parent_id: Id | None = None
    root: Root | None = Field(
        None, description="Whose root office grants, where no seal says so; the unit's when absent."
    )
    seal_id: Id | None = None
    seal_ids: Annotated[list[Id], Several] | None = Field(None, description="Several seals.")
    seal_category: Category | None = Field(None, description="All seals of a category, later ones too.")
    document_kinds: Annotated[list[Code], Several] | None = None
    matters: Annotated[list[Code], Several] | None = None
    forms: Annotated[list[Sm3], Several] | None = Field(
        None, description="SM3 digests of the only documents it is for: blank forms used again and again."
    )
    department_id: Id | None = Field(None, description="Only for uses that this department applies for.")
    holder_person_id: Id | None = None
    holder_post_id: Id | None = None
    amount_limit_minor: Amount | None = None
    count_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    count_of: CountOf = Field(CountOf.USES, description="What the count counts.")
    may_pass_on: bool = Field(default=True, description="Whether the holder may grant out of it.")
    valid_from: Time | None = Field(None, description="Now when absent.")
    valid_until: Time | None = Field(
        None, description="When absent: the parent's end, or a year after the beginning."
    )
    reason: Reason
    proof: Proof | None = None

    @property
    def named_seals(self) -> list[str]:
        """The seals that are named, each once."""
        return list(dict.fromkeys([*([self.seal_id] if self.seal_id else []), *(self.seal_ids or ())]))

    @property
    def only_seal(self) -> str | None:
        """The seal when exactly one is named."""
        named = self.named_seals
        return named[0] if len(named) == 1 and self.seal_category is None else None


class GrantAnswer(_Input):
    """The holder accepts a grant."""

    proof: Proof | None = None


class GrantEnd(_Input):
    """Why a grant ends, or is declined."""

    reason: Reason
    proof: Proof | None = None


class Reconfirmation(_Input):
    """Grants of the predecessor that the new holder of the root office stands by."""

    grant_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    proof: Proof | None = None


class GrantsOut(BaseModel):
    """All grants that an act changed: the one asked for first, then those given out of it."""

    items: list[GrantOut]


class OfficeOut(BaseModel):
    """A root office, who holds it, and what waits for him."""

    post: NamedRef
    office: str
    root: str
    holder: PersonRef | None
    grants: int = Field(description="Grants that were given by it and have not ended.")
    to_reconfirm: int = Field(description="Grants of a predecessor that nobody has reconfirmed yet.")
    reconfirm_by: int | None = Field(description="When the first of them lapses.")


class LinkOut(BaseModel):
    """One step of the chain of reasons, in words and with its id."""

    kind: Literal["post", "keeper", "office", "grant", "delegation"]
    id: str
    person: PersonRef | None
    post: NamedRef | None
    until: int | None
    count_left: int | None
    zh: str
    en: str


class AuthorityReasonOut(BaseModel):
    """Why, or why not."""

    code: str | None = Field(description="A stable code where it is an objection.")
    zh: str
    en: str
    grant_id: str | None = None
    delegation_id: str | None = None


class AnswerOut(BaseModel):
    """The answer to: may this person do this with this seal for this document, now?"""

    allowed: bool
    at: int
    basis: Literal["post", "grant"] | None
    grant_id: str | None
    delegation_id: str | None
    on_behalf_of: PersonRef | None
    chain: list[LinkOut]
    reasons: list[AuthorityReasonOut]


class PowerOut(BaseModel):
    """That somebody may do an act, on what it rests, and within which limits."""

    person: PersonRef | None = Field(description="Null: the platform by itself.")
    act: Act
    basis: Literal["post", "grant"]
    accepted: bool = Field(description="False for a grant that still waits to be accepted.")
    on_behalf_of: PersonRef | None
    delegation_id: str | None
    grant: GrantOut | None
    seals: list[NamedRef] = Field(description="Where the question was about a person: the seals it names.")
    all_seals: bool
    chain: list[LinkOut]


class PowersOut(BaseModel):
    """Who may, or what he may, at an instant."""

    at: int
    items: list[PowerOut]


class DelegationOut(BaseModel):
    """A delegation as it stands."""

    id: str
    parent_id: str | None
    delegator: PersonRef
    delegate: PersonRef
    given_by: PersonRef
    acts: list[Act]
    seals: list[NamedRef] | None
    document_kinds: list[str] | None
    amount_limit_minor: int | None
    may_pass_on: bool
    emergency: bool
    from_at: int
    until_at: int
    reason: str
    given_at: int
    ended_at: int | None
    end_reason: str | None
    state: Literal["waiting", "open", "over", "ended"]
    actions: list[Literal["end", "pass_on"]]
    version: int


class NewDelegation(_Input):
    """A delegation to give. What is left open reaches as far as the delegator's own authority."""

    delegate_id: Id
    delegator_id: Id | None = Field(
        None, description="Oneself when absent; somebody else only in an emergency, with the right to."
    )
    parent_id: Id | None = Field(None, description="The delegation that is passed on.")
    acts: Annotated[list[DelegableAct], Field(min_length=1, max_length=3)]
    seal_ids: Annotated[list[Id], Several] | None = None
    document_kinds: Annotated[list[Code], Several] | None = None
    amount_limit_minor: Amount | None = None
    may_pass_on: bool = False
    emergency: bool = Field(
        default=False, description="Out of office hours, at most a day, reviewed afterwards by somebody else."
    )
    from_at: Time | None = Field(None, description="Now when absent.")
    until_at: Time
    reason: Reason
    proof: Proof | None = None


class DelegationsOut(BaseModel):
    """All delegations that ended: the one asked for first, then those passed on from it."""

    items: list[DelegationOut]


class NewOverride(_Input):
    """The separation of duties is lifted for one person and one request."""

    request_id: Id
    person_id: Id
    reason: Reason
    proof: Proof | None = None


class ReviewOut(BaseModel):
    """A later review that is owed, or was made."""

    id: str
    kind: ReviewKind
    cause_id: str
    request_id: str | None
    request_number: str | None
    delegation: DelegationOut | None
    merged: PersonRef | None = Field(description="Whose duties were merged.")
    given_by: PersonRef | None
    reason: str
    reviewer: PersonRef | None = Field(description="Null: whoever holds the right to review.")
    opened_at: int
    due_at: int
    overdue: bool
    status: ReviewStatus
    reviewed_by: PersonRef | None
    reviewed_at: int | None
    comment: str | None
    mine: bool = Field(description="Whether the caller can review it.")
    version: int


class ReviewDecision(_Input):
    """What a later review found."""

    upheld: bool
    comment: Reason
    proof: Proof | None = None


class NewSmallUnit(_Input):
    """A small unit merges duties into two persons; the owner or an outside accountant reviews afterwards."""

    reviewer_id: Id
    reviewer_kind: Literal["owner", "outside_accountant"]
    reason: Reason
    proof: Proof | None = None


class SmallUnitEnd(_Input):
    """The unit keeps its duties apart from now on."""

    proof: Proof | None = None


class SmallUnitOut(BaseModel):
    """Whether the unit is registered as a small one, and since when."""

    registered: bool
    reviewer: PersonRef | None = None
    reviewer_kind: str | None = None
    headcount: int | None = None
    reason: str | None = None
    registered_at: int | None = None
