"""Ask the filing authority and take its answer.

An answer that is about another seal or another organization changes nothing in the register and is shown; one that
comes a second time changes nothing either.
"""

from __future__ import annotations

import json

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.jobs import ClaimedJob
from shuangyin.core.platform import Platform
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.commands.accepted import carry_on
from shuangyin.seals.commands.reporting import ACCEPTED, MISMATCH, WAITING, queue_try, record_report
from shuangyin.seals.commands.tasks import raise_task
from shuangyin.seals.models import SealFiling
from shuangyin.seals.ports import Authorities, OutsideProblem
from shuangyin.seals.rules.filing import (
    DIFFERING,
    Answer,
    Judgement,
    Told,
    judge_answer,
    retry_delay_ms,
)
from shuangyin.seals.rules.tasks import TaskKind


def run_job(platform: Platform, job: ClaimedJob) -> None:
    """One try of one report. The authority is asked outside of any transaction."""
    filing = platform.view(lambda work: _waiting(work, str(job.payload["filing_id"])))
    if filing is None:
        return
    filing_id, register, payload = filing
    authority = platform.port(Authorities).filing(register)
    if authority is None:
        gone = OutsideProblem("NOT_CONNECTED", Text("备案系统未接入", "the authority is not connected"))
        platform.transact(lambda work: _try_later(work, filing_id, gone))
        return
    try:
        answer = authority.submit(payload)
    except OutsideProblem as problem:
        reason = problem
        platform.transact(lambda work: _try_later(work, filing_id, reason))
        return
    platform.transact(lambda work: take_answer(work, filing_id, answer))


def take_answer(work: UnitOfWork, filing_id: str, answer: Answer) -> None:
    """Take an answer in; the second answer to one report changes nothing."""
    filing = work.session.get_one(SealFiling, filing_id, with_for_update=True)
    if filing.status not in (WAITING, MISMATCH):
        return
    payload = json.loads(filing.payload)
    told = Told(filing.id, payload["seal_ref"], payload["uscc"], payload["seal_code"], filing.telling)
    judgement = judge_answer(told, answer)
    actor = system_actor(filing.organization_id)
    filing.attempts += 1
    filing.next_try_at = None
    if judgement.outcome == "accepted":
        _accept(work, actor, filing, answer)
    else:
        _decline(work, actor, filing, answer, judgement)


def _waiting(work: UnitOfWork, filing_id: str) -> tuple[str, str, dict[str, object]] | None:
    filing = work.session.get(SealFiling, filing_id)
    if filing is None or filing.status != WAITING:
        return None
    return filing.id, filing.authority, json.loads(filing.payload)


def _try_later(work: UnitOfWork, filing_id: str, problem: OutsideProblem) -> None:
    filing = work.session.get_one(SealFiling, filing_id, with_for_update=True)
    if filing.status != WAITING:
        return
    delay = retry_delay_ms(filing.attempts)
    filing.attempts += 1
    filing.next_try_at = work.now + delay
    filing.problem = json.dumps(
        {"code": problem.code, "zh": problem.text.zh, "en": problem.text.en}, ensure_ascii=False
    )
    queue_try(work, filing, delay)


def _accept(work: UnitOfWork, actor: Actor, filing: SealFiling, answer: Answer) -> None:
    filing.status, filing.problem = ACCEPTED, None
    filing.answered_at, filing.filing_no = work.now, answer.filing_no
    record_report(work, actor, filing, "seals.report_accepted", {"filing_no": answer.filing_no})
    carry_on(work, actor, filing, answer)


def _decline(
    work: UnitOfWork, actor: Actor, filing: SealFiling, answer: Answer, judgement: Judgement
) -> None:
    filing.status = judgement.outcome
    if judgement.outcome == MISMATCH:
        words = [DIFFERING[one] for one in judgement.differing]
        text = Text(
            f"答复与本次报送不符：{'、'.join(one.zh for one in words)}。",
            f"The answer is about something else; what differs: {', '.join(one.en for one in words)}.",
        )
        code = "ANSWER_DIFFERS"
    else:
        filing.answered_at = work.now
        text, code = Text(answer.reason or "未说明原因", answer.reason or "no reason given"), "REFUSED"
    filing.problem = json.dumps({"code": code, "zh": text.zh, "en": text.en}, ensure_ascii=False)
    facts: dict[str, JsonValue] = {"outcome": judgement.outcome, "differing": list(judgement.differing)}
    record_report(work, actor, filing, "seals.report_declined", facts)
    # The task says what is asked, the report beside it what differs; the authority's own words belong to both.
    detail = answer.reason[:200] if code == "REFUSED" else None
    raise_task(work, actor, TaskKind.FILING_REFUSED, seal_id=filing.seal_id, detail=detail or None)
