"""Which free text each salted digest in an entry stands for, by kind of entry and name of the fact.

A bundle for the organization gives these texts; the verifier shows each beside its digest and checks that it fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from evidencelog.bundle import GivenText
from evidencelog.bundle.deriving import is_text
from shuangyin.approvals.models import ApprovalConsultation, ApprovalDecision, ApprovalStep, IssueForm
from shuangyin.authority.models import AfterReview, DutyOverride, Grant
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.imprint_models import ImprintComparison
from shuangyin.custody.models import Loan, Opening, PhysicalUse
from shuangyin.custody.sent_copy_models import SentCopies
from shuangyin.devices.commands.opinions import list_text
from shuangyin.devices.opinion_models import OpinionSurvey, SurveyHousehold
from shuangyin.devices.opinion_queries import households
from shuangyin.requests.models import RequestDuty, UseRequest
from shuangyin.sealing.models import VoidedUse
from shuangyin.seals.models import Seal, SealEvent, SealStep
from shuangyin.seals.rules.registering import face_lines
from shuangyin.verification.bundles.entries import Recorded, Recordings

_Text = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
Source = Callable[[UnitOfWork, Recorded], str | None]
"""Finds the text of one fact of one entry; None where the tables keep none."""


def texts_of(work: UnitOfWork, recordings: Recordings) -> Iterator[GivenText]:
    """The texts whose salted digests stand in the facts of the entries.

    Some texts are written anew, such as the reason of a request that came back: of the earlier one only its digest is left,
    so the text of an entry that was not the last of its kind is given only where it fits.
    """
    last = {(one.entry.kind, one.entry.subject_id): one.number for one in recordings.all}
    for one in recordings.all:
        is_last = last[one.entry.kind, one.entry.subject_id] == one.number
        for given in _texts_in(work, one):
            if is_last or is_text(one.facts[given.path[-1]], given.text):
                yield given


def _texts_in(work: UnitOfWork, recorded: Recorded) -> Iterator[GivenText]:
    known = _TEXTS.get(recorded.entry.kind, {})
    if recorded.entry.kind.startswith("seals."):
        known = {"note": _note_of_event, "face": _face, **known}
    for key, source in known.items():
        if isinstance(recorded.facts.get(key), dict):
            text = source(work, recorded)
            if text:
                yield GivenText(recorded.number, ("facts", key), text)


def _text(work: UnitOfWork, column: _Text, *where: ColumnElement[bool]) -> str | None:
    return work.session.scalar(select(column).where(*where).limit(1))


def _named(fact: str, key: InstrumentedAttribute[str], column: _Text) -> Source:
    """The text in the row that the entry names under a fact."""
    return lambda work, one: _text(work, column, key == str(one.facts.get(fact)))


def _subject(key: InstrumentedAttribute[str], column: _Text) -> Source:
    """The text in the row that the entry is about."""
    return lambda work, one: _text(work, column, key == one.entry.subject_id)


def _entry(key: _Text, column: _Text) -> Source:
    """The text in the row that names the entry as its own."""
    return lambda work, one: _text(work, column, key == one.entry.id)


def _signer(work: UnitOfWork, one: Recorded) -> str | None:
    form = work.session.scalar(select(IssueForm).where(IssueForm.entry_id == one.entry.id))
    return f"{form.signed_by}\n{form.signed_post}" if form is not None else None


def _face(work: UnitOfWork, one: Recorded) -> str | None:
    seal = work.session.get(Seal, one.entry.subject_id)
    return face_lines(seal.name, seal.face_text, seal.face_words) if seal is not None else None


def _note_of_event(work: UnitOfWork, one: Recorded) -> str | None:
    kind = one.entry.kind.removeprefix("seals.")
    at, seal = SealEvent.at == one.entry.recorded_at, SealEvent.seal_id == one.entry.subject_id
    return _text(work, SealEvent.note, seal, at, SealEvent.kind == kind)


def _households(work: UnitOfWork, one: Recorded) -> str | None:
    return list_text(households(work, str(one.facts.get("survey"))))


_TEXTS: Mapping[str, Mapping[str, Source]] = {
    "requests.submitted": {
        "reason": _subject(UseRequest.id, UseRequest.reason),
        "exception_reason": _subject(UseRequest.id, UseRequest.exception_reason),
        "repeat_reason": _subject(UseRequest.id, UseRequest.duplicate_reason),
    },
    "requests.duty_fulfilled": {"note": _named("duty", RequestDuty.id, RequestDuty.note)},
    "approvals.decided": {"comment": _named("decision_id", ApprovalDecision.id, ApprovalDecision.comment)},
    "approvals.added": {"reason": _named("added", ApprovalStep.id, ApprovalStep.note)},
    "approvals.consulted": {"question": _entry(ApprovalConsultation.entry_id, ApprovalConsultation.question)},
    "approvals.answered": {
        "answer": _entry(ApprovalConsultation.answer_entry_id, ApprovalConsultation.answer)
    },
    "approvals.issue_form_registered": {
        "signer": _signer,
        "opinion": _entry(IssueForm.entry_id, IssueForm.opinion),
    },
    "authority.granted": {"reason": _subject(Grant.id, Grant.reason)},
    "authority.ended": {"reason": _subject(Grant.id, Grant.end_reason)},
    "authority.duties_merged": {"reason": _named("override", DutyOverride.id, DutyOverride.reason)},
    "authority.reviewed": {"comment": _named("review", AfterReview.id, AfterReview.comment)},
    "custody.pressed": {"remark": _named("use", PhysicalUse.id, PhysicalUse.remark)},
    "custody.loan_requested": {
        "place": _subject(Loan.id, Loan.place),
        "purpose": _subject(Loan.id, Loan.purpose),
    },
    "custody.opening_closed": {"note": _subject(Opening.id, Opening.note)},
    "custody.copies_sent": {"recipient": _named("sending", SentCopies.id, SentCopies.recipient)},
    "custody.imprint_decided": {
        "note": _named("comparison", ImprintComparison.id, ImprintComparison.decision_note)
    },
    "devices.survey_begun": {
        "question": _named("survey", OpinionSurvey.id, OpinionSurvey.question),
        "list": _households,
    },
    "devices.opinion_given": {"remark": _named("household", SurveyHousehold.id, SurveyHousehold.remark)},
    "sealing.void_explained": {"reason": _named("use", VoidedUse.use_id, VoidedUse.reason)},
    "seals.step_asked": {"reason": _named("step", SealStep.id, SealStep.reason)},
}
