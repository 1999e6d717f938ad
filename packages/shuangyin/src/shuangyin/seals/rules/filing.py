"""What a filing authority is told and what its answer proves: plain values, judged without trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shuangyin.core.text import Text
from shuangyin.seals.kinds import SealStatus

MAX_FILING_NO = 64

Outcome = Literal["accepted", "refused", "mismatch"]


@dataclass(frozen=True, slots=True)
class Told:
    """What of a report the answer must repeat. `seal_code` may be unknown before the authority gives one."""

    request_id: str
    seal_ref: str
    uscc: str
    seal_code: str | None
    telling: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the authority answered, as it came. `filed_at` in UTC milliseconds."""

    request_id: str
    seal_ref: str
    uscc: str
    seal_code: str | None
    accepted: bool
    filing_no: str | None
    filed_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the answer counts; `differing` names what in it is of something else."""

    outcome: Outcome
    differing: tuple[str, ...] = ()


DIFFERING: dict[str, Text] = {
    "request_id": Text("报送编号", "the number of the report"),
    "seal_ref": Text("印章", "the seal"),
    "uscc": Text("统一社会信用代码", "the code of the organization"),
    "seal_code": Text("印章编码", "the seal code"),
    "filing_no": Text("备案编号", "the filing number"),
}
"""What of an answer can be of something else, in words."""


def judge_answer(told: Told, answer: Answer) -> Judgement:
    """An answer counts only when it is about this report, this seal and this organization, and complete."""
    pairs = (
        ("request_id", told.request_id, answer.request_id),
        ("seal_ref", told.seal_ref, answer.seal_ref),
        ("uscc", told.uscc, answer.uscc),
    )
    differing = [name for name, ours, theirs in pairs if ours != theirs]
    if told.seal_code is not None and answer.seal_code is not None and told.seal_code != answer.seal_code:
        differing.append("seal_code")
    if answer.accepted and told.telling == "new" and not answer.filing_no:
        differing.append("filing_no")
    if differing:
        return Judgement("mismatch", tuple(differing))
    return Judgement("accepted" if answer.accepted else "refused")


EXPECTED: dict[str, frozenset[str]] = {
    SealStatus.FILED: frozenset({"filed", "in_force"}),
    SealStatus.DELIVERED: frozenset({"filed", "in_force"}),
    SealStatus.IN_FORCE: frozenset({"filed", "in_force"}),
    SealStatus.SUSPENDED: frozenset({"suspended"}),
    SealStatus.LOST: frozenset({"lost", "cancelled"}),
    SealStatus.SCRAPPED: frozenset({"scrapped", "suspended"}),
    SealStatus.SURRENDERED: frozenset({"filed", "in_force", "suspended", "scrapped", "surrendered"}),
    SealStatus.DESTROYED: frozenset({"cancelled"}),
    SealStatus.REVOKED: frozenset({"cancelled"}),
}
"""What an authority may say of a seal of each status without being out of step with us."""


def out_of_step(status: str, theirs: str) -> bool:
    """Whether the authority's word for a seal's status contradicts ours."""
    return theirs not in EXPECTED.get(status, frozenset())


def retry_delay_ms(attempts: int) -> int:
    """How long to wait before the next try: longer each time, never more than fifteen minutes, and never for good."""
    return int(min(900_000, 5_000 * 2 ** min(attempts, 10)))
