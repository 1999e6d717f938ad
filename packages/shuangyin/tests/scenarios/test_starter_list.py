"""What the starter lists decide, kind by kind and scenario by scenario."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from shuangyin.core.errors import Invalid
from shuangyin.core.text import Text
from shuangyin.reference.queries import citations, document_kinds, paper_kinds, platforms
from shuangyin.scenarios.checking import Known, faults_of
from shuangyin.scenarios.list_schemas import StarterCode
from shuangyin.scenarios.reading import answer_of, conditions_of
from shuangyin.scenarios.rules import Decision, Facts, Rule, decide
from shuangyin.scenarios.sentences import sentence_of
from shuangyin.scenarios.starters import starter
from shuangyin.scenarios.switching import switched

NOW = 1_793_500_000_000
MILLION = 100_000_000


@cache
def rules_of(code: StarterCode) -> tuple[Rule, ...]:
    return tuple(
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
        for position, body in enumerate(starter(code).rules, start=1)
    )


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return rules_of("enterprise")


def posts(decision: Decision) -> list[tuple[str | None, str]]:
    return [(step.post_kind, step.second_factor) for step in decision.route]


HEAD = ("department_head", "window")
LEGAL = ("legal_representative", "each")


CODES: tuple[StarterCode, ...] = ("enterprise", "government", "small_enterprise")


@pytest.mark.parametrize("code", CODES)
def test_a_starter_list_has_no_fault_and_speaks_of_every_kind_of_document(code: StarterCode) -> None:
    kinds = {kind.code for kind in document_kinds(NOW)}
    rules = rules_of(code)
    known = Known(
        kinds=kinds,
        citations={one.code for one in citations(NOW)},
        platforms={one.code for one in platforms(NOW)},
        prerequisites={one.code for one in paper_kinds(NOW)},
    )
    assert [(one.position, one.code, one.text.zh) for one in faults_of(rules, known)] == []
    for kind in kinds:
        assert decide(rules, Facts(kind)).covered, kind
    assert starter(code).as_of >= date(2026, 11, 1)


E, P, EITHER = "electronic", "physical", "either"
CASES: list[tuple[str, Facts, tuple[str, str, str]]] = [
    ("approval documents", Facts("approval_document"), (E, E, P)),
    ("e-licences (OFD)", Facts("electronic_licence"), (E, E, E)),
    ("e-invoices (OFD)", Facts("electronic_invoice"), (E, E, P)),
    ("cross-department circulation", Facts("department_circulation"), (E, E, P)),
    ("government procurement platform", Facts("procurement_file", platform="gov_procurement"), (E, E, E)),
    ("tender on its platform", Facts("tender", platform="tender"), (E, E, E)),
    ("企业服务e窗通", Facts("business_registration", platform="beijing_etong"), (E, E, E)),
    ("labour contracts", Facts("labour_contract"), (E, E, P)),
    ("supplier agreements", Facts("supplier_contract", amount_minor=1), (E, E, P)),
    ("investment", Facts("investment_agreement", amount_minor=1), (P, P, P)),
    ("financing", Facts("financing_contract", amount_minor=1), (P, P, P)),
    ("real estate", Facts("real_estate"), (P, P, P)),
    ("bank account opening", Facts("bank_account"), (P, P, P)),
    ("residents' opinions in old-block renewal", Facts("residents_opinion"), (P, P, P)),
    ("paper archive", Facts("paper_archive"), (P, P, P)),
    ("cross-region partner without e-seals", Facts("supplier_contract", counterparty="no"), (P, P, P)),
    ("signing of major projects", Facts("project_agreement", amount_minor=1), (P, P, P)),
    ("personal status", Facts("personal_status"), (P, P, P)),
    ("cutting off utilities", Facts("utility_cutoff"), (P, P, P)),
    ("certificates", Facts("certificate"), (EITHER, EITHER, P)),
    ("介绍信", Facts("introduction_letter"), (P, P, P)),
]


@pytest.mark.parametrize(("facts", "media"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_scenario_that_is_named_gets_its_medium(facts: Facts, media: tuple[str, str, str]) -> None:
    assert tuple(decide(rules_of(code), facts).medium for code in CODES) == media


@pytest.mark.parametrize("code", CODES)
def test_papers_to_which_electronic_documents_do_not_apply_are_musts_of_law(code: StarterCode) -> None:
    for kind in ("personal_status", "utility_cutoff"):
        decision = decide(rules_of(code), Facts(kind, platform="beijing_etong"))
        (refused,) = decision.refused_media
        assert (decision.medium, refused.basis, refused.citation) == (P, "law", "esign-law-3")
        assert decision.controls.paper_only
        assert not refused.exceptable


@pytest.mark.parametrize("code", CODES)
def test_short_routes_stubs_and_allowances_are_there(code: StarterCode) -> None:
    letter = decide(rules_of(code), Facts("introduction_letter"))
    assert letter.controls.stub_numbered
    assert (letter.controls.monthly_allowance or 0) > 0
    assert len(letter.route) == 1
    procurement = decide(rules_of(code), Facts("procurement_file", platform="gov_procurement"))
    assert procurement.controls.hand_over
    assert [one.medium for one in procurement.refused_media] == [P]


DAY = date(2026, 12, 28)


def test_the_small_enterprise_says_who_does_two_things_and_when_it_goes_electronic() -> None:
    small = starter("small_enterprise")
    text = small.regulation_on(date(2026, 11, 30))
    for word in ("职责合并", "事后复核", "自 2026-12-28 起切换为电子印章", "自 2027-05-28 起切换为电子印章"):
        assert word in text
    names = [rule.name_zh for rule in small.rules]
    for one in small.switches:
        position = names.index(one.rule) + 1
        before, after = small.rules[position - 1], switched(small.rules, [position], DAY)[position - 1]
        assert after.reason_zh == f"自 2026-12-28 起改用电子印章。此前：{before.reason_zh}"
        assert "实体" not in after.name_zh
        assert (after.answer.medium, before.answer.medium) == (E, P)
    with pytest.raises(Invalid, match="RULE_CANNOT_SWITCH"):
        switched(small.rules, [1], DAY)
    posts_asked = {step.post_kind for rule in rules_of("small_enterprise") for step in rule.answer.route}
    assert posts_asked == {"legal_representative"}


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
        (
            Facts("bank_account"),
            "须用实体公章、财务专用章与法定代表人名章，盖后留存电子档",
            [HEAD, LEGAL],
            True,
        ),
        (Facts("personal_status"), "须用实体公章，盖后留存电子档", [HEAD, LEGAL], True),
    ],
)
def test_kind_by_kind(
    rules: tuple[Rule, ...], facts: Facts, sentence: str, route: list[tuple[str, str]], high_risk: bool
) -> None:
    decision = decide(rules, facts)
    assert sentence_of(decision).zh == sentence
    assert posts(decision) == route
    assert decision.high_risk is high_risk


def test_what_law_excludes_is_told_apart_from_what_practice_excludes(rules: tuple[Rule, ...]) -> None:
    (by_law,) = decide(rules, Facts("personal_status")).refused_media
    assert (by_law.medium, by_law.basis, by_law.citation) == ("electronic", "law", "esign-law-3")
    (by_practice,) = decide(rules, Facts("financing_contract")).refused_media
    # The law cited here lets the parties agree not to use e-signatures: the basis stays what they practise.
    assert (by_practice.medium, by_practice.basis) == ("electronic", "counterparty_practice")
    assert by_practice.citation == "esign-law-3"
    lost = decide(rules, Facts("supplier_contract", counterparty="no")).lost
    assert [one.rule.zh for one in lost] == ["采购、销售、租赁合同用电子合同章"]
