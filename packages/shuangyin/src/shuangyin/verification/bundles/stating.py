"""What the platform adds to the entries of a seal use: names for the ids in them, texts, and what no entry records.

What a recorded field is called and what its code means is not said here: verifiers have words of their own. For
outsiders no person is named, and neither titles nor reasons nor comments are given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from evidencelog.bundle import Bilingual, StatedFact, Supplement
from shuangyin.approvals import queries as approvals
from shuangyin.approvals.models import ApprovalDecision, ApprovalStep
from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Opening, PhysicalUse
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.organization.models import Organization, Post
from shuangyin.people.queries import display
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.models import ScenarioRule
from shuangyin.sealing.models import SealUse, VoidedUse
from shuangyin.seals.models import Seal
from shuangyin.verification.bundles.belonging import UseCase
from shuangyin.verification.bundles.entries import Recorded, Recordings
from shuangyin.verification.bundles.free_texts import texts_of
from shuangyin.verification.rules import masked_name
from shuangyin.verification.texts import text_of

_PERSONAL = "legal_rep_name"


@dataclass(frozen=True, slots=True)
class _Case:
    """What the supplement of one use is made from."""

    work: UnitOfWork
    use: SealUse
    request: UseRequest
    physical: PhysicalUse | None
    void: VoidedUse | None
    recordings: Recordings
    masked: bool

    @property
    def decisions(self) -> list[tuple[ApprovalDecision, ApprovalStep]]:
        """The decisions that count, each as it was made: an entry proves that one."""
        route = self.request.route_id
        steps = {step.id: step for step in approvals.steps_of(self.work, route)} if route else {}
        return [
            (
                one
                if one.carried_from is None
                else self.work.session.get_one(ApprovalDecision, one.carried_from),
                steps[one.step_id],
            )
            for one in approvals.decisions_of(self.work, list(steps))
            if one.superseded_at is None
        ]


def supplement_of(belonging: UseCase, recordings: Recordings, *, masked: bool) -> Supplement:
    """The supplement of one use."""
    work, use = belonging.work, belonging.use
    request = work.session.get_one(UseRequest, use.request_id)
    case = _Case(work, use, request, belonging.physical, belonging.void, recordings, masked)
    main = recordings.by_entry(use.entry_id)
    assert main is not None  # noqa: S101  # recordings_of refuses a use without its entry
    return Supplement(
        main=main.number,
        masked=masked,
        names=_names(case),
        texts=() if masked else tuple(texts_of(work, recordings)),
        stated=tuple(_stated(case)),
    )


def _names(case: _Case) -> Mapping[str, Bilingual]:
    """Of persons, posts, seals and organizations that the entries name by id; of no person in a masked bundle."""
    work, ids = case.work, {text for one in case.recordings.all for text in _ids(one.content)}
    ruled: dict[str, Bilingual] = {}
    found = {
        seal.id: masked_name(seal.name) if case.masked and seal.category == _PERSONAL else seal.name
        for seal in work.session.scalars(select(Seal).where(Seal.id.in_(ids)))
    }
    for table in (Organization, Post):
        named = work.session.execute(select(table.id, table.name).where(table.id.in_(ids)))
        found |= dict(named.tuples().all())
    if not case.masked:
        rules = work.session.execute(
            select(ScenarioRule.id, ScenarioRule.name_zh, ScenarioRule.name_en).where(
                ScenarioRule.id.in_(ids)
            )
        )
        ruled = {id_: Bilingual(zh, en) for id_, zh, en in rules.tuples()}
        for person in display(work, ids).values():
            found[person.id] = f"{person.name}({person.post})" if person.post else person.name
    return {key: Bilingual.same(name) for key, name in found.items()} | ruled


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value) == 32:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)


def _stated(case: _Case) -> Iterator[StatedFact]:
    work, use = case.work, case.use
    source = work.session.get_one(DocumentVersion, use.source_version_id)
    if not case.masked:
        uploaded = _entry_of(case.recordings, "documents.uploaded", "version", source.id)
        title = work.session.get_one(Document, source.document_id).title
        yield from _said("document_title", title, uploaded)
        yield from _said("file_name", source.file_name, uploaded)
        yield from _said("request_title", case.request.title)
        yield from _said("counterparty", case.request.counterparty_name)
        decision = json.loads(case.request.decision) if case.request.decision else None
        if decision is not None:
            yield StatedFact("decision", Bilingual(decision["sentence"]["zh"], decision["sentence"]["en"]))
        yield from _opening(case)
    for made, step in case.decisions:
        yield from _approval(case, made, step)
    yield StatedFact("use_status", words(f"use.{use.status}"))


def _approval(case: _Case, decision: ApprovalDecision, step: ApprovalStep) -> Iterator[StatedFact]:
    recorded = case.recordings.by_entry(decision.entry_id)
    number = recorded.number if recorded else None
    yield StatedFact("step", Bilingual(step.name_zh, step.name_en), number)
    if recorded is None:
        # Its entry holds a salted comment and is not given to outsiders.
        yield StatedFact("said", words(f"bundle.decision.{decision.decision}"))
        yield from _said("decided_at", _minute(decision.decided_at))
    if case.masked:
        person = display(case.work, [decision.person_id]).get(decision.person_id)
        yield from _said("post", person.post if person else None, recorded)


def _opening(case: _Case) -> Iterator[StatedFact]:
    if case.physical is not None and case.physical.opening_id is not None:
        opening = case.work.session.get_one(Opening, case.physical.opening_id)
        yield from _said("opening", opening.number)


def _said(key: str, value: str | None, beside: Recorded | None = None) -> Iterator[StatedFact]:
    if value:
        yield StatedFact(key, Bilingual.same(value), beside.number if beside else None)


def _entry_of(recordings: Recordings, kind: str, key: str, value: str) -> Recorded | None:
    return next((one for one in recordings.of_kind(kind) if one.facts.get(key) == value), None)


def words(key: str) -> Bilingual:
    """The words of a key of the public texts."""
    text = text_of(key)
    return Bilingual(text.zh, text.en)


def _minute(milliseconds: int) -> str:
    return beijing_time(milliseconds).strftime("%Y-%m-%d %H:%M UTC+8")
