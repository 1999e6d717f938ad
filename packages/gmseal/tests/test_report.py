"""The report: a tree whose groups follow from their steps, a verdict that follows from the steps and the policy."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmseal.checks import Check, CheckResult, Group, arrange, failed_codes, group_check, group_result
from gmseal.judging.log import CheckLog
from gmseal.policy import ARCHIVE, DEFAULT, STRICT, Policy
from gmseal.report import (
    Finding,
    Report,
    Severity,
    Verdict,
    decide,
    judge_conformance,
    strict_reading,
    walk,
)
from gmseal.ses.signature import read_signature
from gmseal.ses.summary import signature_report
from gmseal.ses.verify import judge_signature
from gmseal.trial import TrialUnit

RESULTS = st.sampled_from(CheckResult)
CODES = st.sampled_from(["DATA_HASH", "BYTE_RANGE", "COVERAGE", "FORMAT_SEAL", "OF_NO_GROUP"])


def step(code: str, result: CheckResult = CheckResult.PASS) -> Check:
    return Check(code, result, None, "", "")


STEPS = st.builds(step, CODES, RESULTS)
TREES = st.lists(
    st.one_of(
        STEPS,
        st.builds(
            group_check,
            st.sampled_from(Group),
            st.lists(
                st.one_of(STEPS, st.builds(group_check, st.sampled_from(Group), st.lists(STEPS, min_size=1))),
                min_size=1,
                max_size=4,
            ),
        ),
    ),
    max_size=6,
)


@given(TREES)
def test_arranging_loses_nothing_and_settles(checks: list[Check]) -> None:
    tree = arrange(checks)
    assert sorted(walk(tree), key=repr) == sorted(walk(checks), key=repr)
    assert arrange(tree) == tree
    assert decide(tree) is decide(checks)
    groups = [Group(check.code) for check in tree if check.children]
    assert groups == sorted(set(groups), key=list(Group).index), "each group once, in the standard's order"


@given(TREES)
def test_a_group_is_as_good_as_its_weakest_step(checks: list[Check]) -> None:
    for check in arrange(checks):
        if check.children:
            results = {one.result for one in walk(check.children)}
            weakest = min(results, key=["fail", "not_checked", "warn", "pass"].index)
            assert check.result is weakest is group_result(check.children)


def test_a_containers_own_steps_go_to_their_groups(unit: TrialUnit) -> None:
    made = read_signature(unit.sealer().sign(bytes(32), "p", unit.authority.now))
    judged = judge_signature(made, bytes(32), unit.authority.trust, unit.authority.now)
    before, after, own = step("BYTE_RANGE"), step("COVERAGE", CheckResult.WARN), step("OFD_OWN")
    entry = signature_report(made, [before, *judged, after, own], places={"OFD_OWN": Group.DOCUMENT})
    assert [check.code for check in entry.checks] == [
        "FORM", "VALUE", "SIGNER", "TIME", "DOCUMENT", "SEAL", "STAMP", "PROTECTION",
    ]  # fmt: skip
    document = next(check for check in entry.checks if check.code == "DOCUMENT")
    assert [check.code for check in document.children] == ["BYTE_RANGE", "DATA_HASH", "OFD_OWN"]
    seal = next(check for check in entry.checks if check.code == "SEAL")
    assert [check.code for check in seal.children] == [
        "SEAL_FORM", "SEAL_VALUE", "MAKER", "SEAL_PERIOD", "TRIAL_SEAL",
    ]  # fmt: skip
    for group in (*entry.checks, *seal.children[:-1]):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in group.zh)
        assert group.en.endswith(".")
    assert entry.trial


def test_an_empty_group_is_not_written() -> None:
    log = CheckLog("clause")
    with log.group(Group.SEAL), log.group(Group.MAKER):
        pass
    assert log.checks() == ()


def test_codes_of_failures_come_in_order_and_once() -> None:
    tree = [
        group_check(Group.SEAL, [step("B", CheckResult.FAIL), step("C")]),
        step("A", CheckResult.FAIL),
        step("B", CheckResult.FAIL),
    ]
    assert failed_codes(tree) == ["B", "A"]


def finding(code: str, severity: Severity) -> Finding:
    return Finding(code, severity, "field", "偏差", "A deviation.")


def test_what_a_strict_reader_would_say() -> None:
    minor, major = finding("SMALL", Severity.MINOR), finding("LARGE", Severity.MAJOR)
    assert strict_reading([minor]).accepts
    reading = strict_reading([major, minor, major])
    assert (reading.accepts, reading.codes) == (False, ("LARGE",))
    assert "LARGE" in reading.zh
    assert "LARGE" in reading.en
    results = [judge_conformance(found, policy).result for found, policy in (
        ([minor], STRICT), ([major], DEFAULT), ([major], STRICT),
    )]  # fmt: skip
    assert results == [CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL]


def test_the_report_as_json_holds_the_tree_and_what_a_strict_reader_says(unit: TrialUnit) -> None:
    made = read_signature(unit.sealer().sign(bytes(32), "p", unit.authority.now))
    entry = signature_report(
        made,
        judge_signature(made, bytes(32), unit.authority.trust, unit.authority.now),
        findings=(finding("LARGE", Severity.MAJOR),),
    )
    report = Report(
        Verdict.VALID, "", "", 0, "pdf", (entry,), (), policy="strict", judged_at=unit.authority.now
    )
    told = json.loads(json.dumps(report.to_dict()))
    assert told["format"] == "gmseal-report/2"
    assert (told["policy"], told["judged_at"]) == ("strict", "2026-06-01T04:00:00Z")
    assert told["strict_reader"]["codes"] == ["LARGE"]
    assert told["signatures"][0]["checks"][0]["children"][0]["code"] == "FORMAT_SIGNATURE"
    assert [check.code for check in report.walk()] == [check.code for check in walk(entry.checks)]


@pytest.mark.parametrize(
    ("code", "result", "policy", "verdict"),
    [
        ("MAKER_REVOKED", CheckResult.NOT_CHECKED, DEFAULT, Verdict.VALID),
        ("MAKER_REVOKED", CheckResult.NOT_CHECKED, STRICT, Verdict.INDETERMINATE),
        ("SIGNER_REVOKED_BEFORE_SIGNING", CheckResult.NOT_CHECKED, STRICT, Verdict.INDETERMINATE),
        ("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, STRICT, Verdict.VALID),
        ("SIGNATURE_TIMESTAMP", CheckResult.NOT_CHECKED, ARCHIVE, Verdict.INDETERMINATE),
        ("SIGNATURE_TIMESTAMP", CheckResult.WARN, ARCHIVE, Verdict.INDETERMINATE),
        ("SIGNATURE_TIMESTAMP", CheckResult.PASS, ARCHIVE, Verdict.VALID),
        ("SIGNATURE_TIMESTAMP", CheckResult.FAIL, ARCHIVE, Verdict.INVALID),
    ],
)
def test_policies_say_what_may_stay_open(
    code: str, result: CheckResult, policy: Policy, verdict: Verdict
) -> None:
    assert decide([step("A"), group_check(Group.SEAL, [step(code, result)])], policy) is verdict


def test_nothing_judged_is_nothing_said() -> None:
    assert decide([]) is Verdict.INDETERMINATE
    assert decide([], STRICT) is Verdict.INDETERMINATE
