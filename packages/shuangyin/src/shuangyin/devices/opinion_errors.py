"""Refusals around residents' opinions."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused


def not_about_residents() -> Refused:
    """The list has a kind of document for it."""
    return Refused(
        "NOT_RESIDENTS_OPINION",
        "只有「居民意见征询表」类、已批准且用实体印章的申请可以开展征询。",
        "Only an approved request of the kind 居民意见征询表 with a physical seal can begin a survey.",
    )


def survey_exists(number: str) -> Conflict:
    """One request, one survey."""
    return Conflict(
        "SURVEY_EXISTS",
        f"本申请已有征询 {number}。",
        f"There is the survey {number} on this request.",
        details={"number": number},
    )


def listed_twice(label: str) -> Invalid:
    """A household that stands twice in the list would be asked twice."""
    return Invalid(
        "HOUSEHOLD_TWICE",
        f"名单中「{label}」出现不止一次，请核对。",
        f"“{label}” stands in the list more than once. Check the list.",
        details={"label": label},
    )


def not_on_site() -> Forbidden:
    """Who records an opinion saw it being signed."""
    return Forbidden(
        "NOT_ON_SITE",
        "只有申请人、外带随行人和保管人可以登记意见。",
        "Only the applicant, the escort and the custodian of the loan record opinions.",
    )


def not_given() -> Conflict:
    """There is nothing to withdraw."""
    return Conflict("OPINION_NOT_GIVEN", "该户尚未登记意见。", "No opinion of this household was recorded.")


def closed_already() -> Conflict:
    """A result that was stated does not change."""
    return Conflict(
        "SURVEY_CLOSED",
        "征询已结束，结果不再变动。",
        "The survey is closed; its result does not change any more.",
    )
