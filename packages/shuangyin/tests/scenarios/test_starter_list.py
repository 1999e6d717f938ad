"""What the starter list for an enterprise decides, kind by kind."""

from __future__ import annotations

import pytest

from shuangyin.core.text import Text
from shuangyin.reference.queries import citation, document_kinds
from shuangyin.scenarios.checking import faults_of
from shuangyin.scenarios.reading import answer_of, conditions_of
from shuangyin.scenarios.rules import Decision, Facts, Rule, decide
from shuangyin.scenarios.sentences import sentence_of
from shuangyin.scenarios.starters import starter

NOW = 1_793_500_000_000
MILLION = 100_000_000


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    return [
        Rule(
            id=f"r{position}",
            position=position,
            name=Text(body.name_zh, body.name_en),
            conditions=conditions_of(body.conditions),
            answer=answer_of(body.answer),
            strength=body.strength,
            basis=body.basis,
            citation=body.citation,
            reason=Text(body.reason_zh, body.reason_en),
        )
        for position, body in enumerate(starter("enterprise").rules, start=1)
    ]


def posts(decision: Decision) -> list[tuple[str | None, str]]:
    return [(step.post_kind, step.second_factor) for step in decision.route]


HEAD = ("department_head", "window")
LEGAL = ("legal_representative", "each")


def test_the_starter_list_has_no_fault_and_speaks_of_every_kind_of_document(rules: list[Rule]) -> None:
    kinds = {kind.code for kind in document_kinds(NOW)}
    assert not faults_of(
        rules, kind_known=kinds.__contains__, citation_known=lambda code: citation(code) is not None
    )
    for kind in kinds:
        assert decide(rules, Facts(kind)).covered, kind


@pytest.mark.parametrize(
    ("facts", "sentence", "route", "high_risk"),
    [
        (Facts("supplier_contract", amount_minor=MILLION - 1), "宜用电子合同专用章", [HEAD], False),
        (Facts("supplier_contract", amount_minor=MILLION), "宜用电子合同专用章", [HEAD, LEGAL], True),
        (Facts("supplier_contract"), "宜用电子合同专用章", [HEAD, LEGAL], True),
        (
            Facts("supplier_contract", amount_minor=1, currency="USD"),
            "宜用电子合同专用章",
            [HEAD, LEGAL],
            True,
        ),
        (
            Facts("supplier_contract", amount_minor=1, counterparty="no"),
            "须用实体公章，盖后留存电子档",
            [HEAD],
            False,
        ),
        (Facts("financing_contract", amount_minor=MILLION - 1), "须用实体公章，盖后留存电子档", [HEAD], True),
        (
            Facts("financing_contract", amount_minor=MILLION),
            "须用实体公章，盖后留存电子档",
            [HEAD, LEGAL],
            True,
        ),
        (Facts("labour_contract"), "宜用电子公章", [HEAD], False),
        (Facts("notice"), "宜用电子公章", [HEAD], False),
        (Facts("approval_document"), "宜用电子公章", [HEAD, LEGAL], False),
        (Facts("bank_account"), "须用实体公章，盖后留存电子档", [HEAD, LEGAL], True),
        (Facts("personal_status"), "须用实体公章，盖后留存电子档", [HEAD, LEGAL], True),
    ],
)
def test_kind_by_kind(
    rules: list[Rule], facts: Facts, sentence: str, route: list[tuple[str, str]], high_risk: bool
) -> None:
    decision = decide(rules, facts)
    assert sentence_of(decision).zh == sentence
    assert posts(decision) == route
    assert decision.high_risk is high_risk


def test_what_law_excludes_is_told_apart_from_what_practice_excludes(rules: list[Rule]) -> None:
    (by_law,) = decide(rules, Facts("personal_status")).refused_media
    assert (by_law.medium, by_law.basis, by_law.citation) == ("electronic", "law", "esign-law-3")
    (by_practice,) = decide(rules, Facts("financing_contract")).refused_media
    assert (by_practice.medium, by_practice.basis, by_practice.citation) == (
        "electronic",
        "counterparty_practice",
        None,
    )
    lost = decide(rules, Facts("supplier_contract", counterparty="no")).lost
    assert [one.rule.zh for one in lost] == ["采购、销售、租赁合同用电子合同章"]
