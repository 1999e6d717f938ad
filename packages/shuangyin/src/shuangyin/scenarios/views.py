"""How decisions are shown."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.scenarios.queries import Decided, FittingSeal
from shuangyin.scenarios.rules import Decision
from shuangyin.scenarios.schemas import (
    AmountPartOut,
    AskedOut,
    ChangeOut,
    ControlsBody,
    DecidedSeal,
    DecisionOut,
    ExceptedOut,
    LostOut,
    ReasonOut,
    RefusedMediumOut,
    RouteStepBody,
    RouteStepOut,
    TextOut,
)
from shuangyin.scenarios.sentences import sentence_of, step_name


def decision_out(work: UnitOfWork, decided: Decided) -> DecisionOut:
    """A decision with its reasons."""
    decision = decided.decision
    return DecisionOut(
        medium=decision.medium,
        order=decision.order,
        sentence=_text(sentence_of(decision)),
        seal_categories=list(decision.seal_categories),
        seals=_seals_out(work, decided.seals),
        missing_seals=list(decided.missing),
        route=_route_out(decision),
        controls=ControlsBody.model_validate(decision.controls),
        high_risk=decision.high_risk,
        covered=decision.covered,
        reasons=_reasons_out(decision),
        lost=[
            LostOut(rule_id=one.rule_id, rule=_text(one.rule), zh=one.text.zh, en=one.text.en)
            for one in decision.lost
        ],
        refused_media=_refused_out(decision),
        changes=[
            ChangeOut(fact=one.fact, value=one.value, medium=one.medium, zh=one.text.zh, en=one.text.en)
            for one in decided.changes
        ],
        asked=[AskedOut.model_validate({"fact": one.fact, "values": one.values}) for one in decided.asked],
        list_version=decided.list_version,
        rule_ids=list(decision.rule_ids),
        excepted=[
            ExceptedOut(rule_id=one.rule_id, rule=_text(one.rule), zh=one.text.zh, en=one.text.en)
            for one in decision.excepted
        ],
        total_minor=decided.facts.amount_minor,
        parts=[
            AmountPartOut(label=one.label, amount_minor=one.amount_minor, currency=one.currency)
            for one in decided.facts.parts
        ],
    )


def _route_out(decision: Decision) -> list[RouteStepOut]:
    return [
        RouteStepOut(
            **RouteStepBody.model_validate(step, from_attributes=True).model_dump(),
            name=_text(step_name(step)),
        )
        for step in decision.route
    ]


def _reasons_out(decision: Decision) -> list[ReasonOut]:
    return [
        ReasonOut(
            rule_id=one.rule_id,
            rule=_text(one.rule),
            zh=one.text.zh,
            en=one.text.en,
            citation=one.citation,
            strength=one.strength,
            basis=one.basis,
            decided=list(one.decided),
        )
        for one in decision.reasons
    ]


def _refused_out(decision: Decision) -> list[RefusedMediumOut]:
    return [
        RefusedMediumOut(
            medium=one.medium,
            rule_id=one.rule_id,
            rule=_text(one.rule),
            reason=_text(one.reason),
            citation=one.citation,
            strength=one.strength,
            basis=one.basis,
            demanded_by=list(one.demanded_by),
            exceptable=one.exceptable,
            not_exceptable_by=one.not_exceptable_by,
            exception=_text(one.exception) if one.exception else None,
        )
        for one in decision.refused_media
    ]


def _seals_out(work: UnitOfWork, fitting: Sequence[FittingSeal]) -> list[DecidedSeal]:
    keepers = display(work, {one.seal.keeper_person_id for one in fitting if one.seal.keeper_person_id})
    return [
        DecidedSeal(
            id=one.seal.id,
            name=one.seal.name,
            medium="electronic" if one.seal.medium == "electronic" else "physical",
            category=one.seal.category,
            width_mm=one.seal.width_mm,
            height_mm=one.seal.height_mm,
            status=one.seal.status,
            for_category=one.for_category,
            keeper=keepers.get(one.seal.keeper_person_id) if one.seal.keeper_person_id else None,
            picture_url=picture_url(one.seal.id),
        )
        for one in fitting
    ]


def picture_url(seal_id: str) -> str:
    """Where the watermarked picture of a seal is."""
    return f"/api/v1/seals/{seal_id}/picture.png"


def _text(text: Text) -> TextOut:
    return TextOut(zh=text.zh, en=text.en)
