"""What the list asks of a request before it is routed: exceptions, papers, allowance, confirmation of repetition."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.numbers import next_number
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person
from shuangyin.reference.queries import citation, document_kind, paper_kind
from shuangyin.requests import errors, queries
from shuangyin.requests.adding_up import Like, adding_up, bonds_of, duplicates_of
from shuangyin.requests.commands.drafting import facts_for
from shuangyin.requests.models import UseRequest
from shuangyin.requests.routing import SIGNED_OFF
from shuangyin.scenarios.queries import Decided
from shuangyin.scenarios.rules import Basis, Controls, Facts, Rule

STUB_PREFIX = "存根"
_GROUNDS = {
    Basis.LAW: Text("以法律为依据", "it rests on law"),
    Basis.REGULATION: Text("以规范性文件为依据", "it rests on regulation"),
    Basis.COUNTERPARTY_PRACTICE: Text("由往来方的要求决定", "the other side demands it"),
    Basis.INTERNAL: Text("清单写明不允许例外", "the list says so"),
}


def excepted_rules(request: UseRequest) -> tuple[str, ...]:
    """The rules from which a request asks to be excepted."""
    return tuple(json.loads(request.exception_rules)) if request.exception_rules else ()


def facts_of_request(work: UnitOfWork, actor: Actor, request: UseRequest) -> Facts:
    """What the list is asked about a request: with the total of what adds up and the exceptions asked for."""
    return adding_up(work, actor, facts_for(request), bonds_of(work, request), excepted_rules(request))


def cited_as(code: str | None) -> str | None:
    """A citation as it is told, such as 《电子签名法》第三条; None without one."""
    found = citation(code) if code else None
    return f"{found.zh}第{found.article}条" if found else None


def require_exceptions(request: UseRequest, decided: Decided) -> None:
    """Raises Refused (EXCEPTION_UNKNOWN, EXCEPTION_REFUSED with the citation) unless each rule can be set aside."""
    granted = {one.rule_id for one in decided.decision.excepted}
    matching: dict[str, Rule] = {rule.id: rule for rule in decided.matching}
    for rule_id in excepted_rules(request):
        if rule_id in granted:
            continue
        rule = matching.get(rule_id)
        if rule is None:
            raise errors.exception_unknown()
        raise errors.exception_refused(rule.name, _GROUNDS[rule.basis], cited_as(rule.citation))


def require_papers(work: UnitOfWork, request: UseRequest, controls: Controls) -> None:
    """Raises Refused (PREREQUISITES_MISSING) with all papers that are not attached.

    An issue form (签发单) is none of them: where there is one it counts as the approval, and where there is none
    the route is taken.
    """
    there = {one.kind for one in queries.attachments_of(work, request.id)}
    missing = [code for code in controls.prerequisites if code not in there and code != SIGNED_OFF]
    if missing:
        raise errors.prerequisites_missing([(code, _paper_name(code)) for code in missing])


def require_paper_described(request: UseRequest, controls: Controls) -> None:
    """Raises Invalid (REQUEST_INCOMPLETE) when a paper that exists only on paper is not described."""
    if not controls.paper_only:
        return
    missing = []
    if not request.paper_description:
        missing.append(("paper_description", Text("纸质件说明", "a description of the paper")))
    if not request.paper_place:
        missing.append(("paper_place", Text("盖章位置说明", "where on it the seal goes")))
    if missing:
        raise errors.incomplete(missing)


def require_confirmed(work: UnitOfWork, request: UseRequest, controls: Controls) -> list[Like]:
    """What the request repeats. Raises Refused (SEALED_BEFORE) unless the applicant said why.

    A blank form is the same file every time, so that of papers filled in by hand only the contract tells.
    """
    found = duplicates_of(work, bonds_of(work, request))
    if controls.paper_only or controls.stub_numbered:
        found = [one for one in found if one.why != "document"]
    if found and not request.duplicate_reason:
        details = [
            {"why": one.why, "number": one.request.number, "status": one.request.status} for one in found
        ]
        raise errors.sealed_before([one.request.number for one in found], details)
    return found


def take_allowance(work: UnitOfWork, request: UseRequest, controls: Controls) -> None:
    """Count the request against its holder's month and number its stub. Raises Refused (ALLOWANCE_USED).

    The count is a unique slot, so that two requests at one moment cannot both take the last one.
    """
    if controls.stub_numbered and request.stub_number is None:
        request.stub_number = next_number(work, request.organization_id, STUB_PREFIX)
    if controls.monthly_allowance is None:
        request.allowance_slot = None
        return
    # Two submissions of one holder wait for each other where the database lets two write at once.
    work.session.execute(select(Person.id).where(Person.id == request.applicant_id).with_for_update())
    month = beijing_time(work.now).strftime("%Y-%m")
    prefix = f"{request.applicant_id}:{request.document_kind}:{month}:"
    taken = set(
        work.session.scalars(
            select(UseRequest.allowance_slot).where(
                UseRequest.applicant_id == request.applicant_id,
                UseRequest.allowance_slot.startswith(prefix, autoescape=True),
                UseRequest.id != request.id,
            )
        )
    )
    free = _first_free(prefix, taken, controls.monthly_allowance)
    if free is None:
        kind = document_kind(request.document_kind)
        raise errors.allowance_used(controls.monthly_allowance, Text(kind.zh, kind.en))
    request.allowance_slot = free


def _first_free(prefix: str, taken: set[str | None], allowance: int) -> str | None:
    slots: Sequence[str] = [f"{prefix}{count}" for count in range(1, allowance + 1)]
    return next((slot for slot in slots if slot not in taken), None)


def _paper_name(code: str) -> Text:
    kind = paper_kind(code)
    return Text(kind.zh, kind.en) if kind else Text(code, code)
