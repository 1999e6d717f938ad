"""The table of a seal's life: complete, without ways back, and the one that the documentation shows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shuangyin.seals.kinds import Begun, Medium, SealStatus
from shuangyin.seals.rules import Objection
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.filing import Answer, Told, judge_answer, out_of_step, retry_delay_ms
from shuangyin.seals.rules.identity import id_number_is_valid
from shuangyin.seals.rules.life import (
    ACT_WORDS,
    ENDED,
    MOVES,
    STATUS_WORDS,
    LifeAct,
    collect_by,
    diagram,
    find_move,
    moves_from,
)

DOCUMENT = Path(__file__).parents[4] / "docs" / "seal-life.md"


def test_the_documentation_shows_this_table() -> None:
    assert f"```mermaid\n{diagram()}```" in DOCUMENT.read_text(), "run scripts/make_seal_life.py"


def test_every_status_act_and_paper_has_its_words_and_its_place() -> None:
    assert set(STATUS_WORDS) == set(SealStatus)
    assert set(ACT_WORDS) == set(LifeAct) == {move.act for move in MOVES}
    assert all(kind.words.zh and kind.words.en for kind in EvidenceKind)
    assert {move.after for move in MOVES} | {SealStatus.DRAFT} == set(SealStatus)


def test_no_line_of_the_table_is_hidden_by_another() -> None:
    for status in SealStatus:
        for medium in Medium:
            for begun in Begun:
                acts = [move.act for move in moves_from(status, medium, begun)]
                assert len(acts) == len(set(acts)), (status, medium, begun)


def test_no_way_leads_from_an_end_back_into_force() -> None:
    reached, grown = set(ENDED), True
    while grown:
        after = {move.after for move in MOVES if reached & set(move.before)}
        grown = not after <= reached
        reached |= after
    assert reached <= ENDED


def test_no_applied_seal_comes_into_force_without_filing_delivery_and_approval() -> None:
    into_force = [move for move in MOVES if move.after is SealStatus.IN_FORCE and Begun.APPLIED in move.begun]
    assert {(move.act, move.before) for move in into_force} == {
        (LifeAct.ENABLE, (SealStatus.DELIVERED,)),
        (LifeAct.RESUME, (SealStatus.SUSPENDED,)),
    }
    assert all(move.approval and move.evidence for move in into_force)


@given(st.sampled_from(LifeAct), st.sampled_from(SealStatus), st.sampled_from(Medium), st.sampled_from(Begun))
def test_what_may_come_next_and_what_is_found_agree(
    act: LifeAct, status: SealStatus, medium: Medium, begun: Begun
) -> None:
    found = find_move(act, status, medium, begun)
    listed = [move for move in moves_from(status, medium, begun) if move.act is act]
    assert listed == ([] if isinstance(found, Objection) else [found])


TOLD = Told("r1", "s1", "91110108MA00TE011W", "1101080000123", "new")


@given(
    st.builds(
        Answer,
        request_id=st.sampled_from(["r1", "r2", ""]),
        seal_ref=st.sampled_from(["s1", "s2"]),
        uscc=st.sampled_from([TOLD.uscc, "91110108MA00TE02XL"]),
        seal_code=st.sampled_from([None, TOLD.seal_code, "1101080000124"]),
        accepted=st.booleans(),
        filing_no=st.sampled_from([None, "备-1"]),
        filed_at=st.none(),
        reason=st.just(""),
    )
)
def test_an_answer_counts_only_when_all_of_it_is_about_the_report(answer: Answer) -> None:
    same = (answer.request_id, answer.seal_ref, answer.uscc) == ("r1", "s1", TOLD.uscc)
    same = same and answer.seal_code in (None, TOLD.seal_code)
    complete = not answer.accepted or answer.filing_no is not None
    outcome = judge_answer(TOLD, answer).outcome
    if not (same and complete):
        assert outcome == "mismatch"
    else:
        assert outcome == ("accepted" if answer.accepted else "refused")


def test_tries_never_stop_and_never_lie_more_than_a_quarter_of_an_hour_apart() -> None:
    waits = [retry_delay_ms(attempt) for attempt in (*range(30), 100_000)]
    assert waits == sorted(waits)
    assert 0 < waits[0] < waits[-1] == 900_000


def test_three_months_end_on_the_same_day_or_the_last_one() -> None:
    assert collect_by(date(2026, 11, 30)) == date(2027, 2, 28)
    assert collect_by(date(2026, 1, 31)) == date(2026, 4, 30)
    assert collect_by(date(2026, 3, 5)) == date(2026, 6, 5)


def test_an_authority_that_says_something_else_is_out_of_step() -> None:
    assert out_of_step("in_force", "cancelled")
    assert not out_of_step("in_force", "filed")
    assert out_of_step("revoked", "filed")


def test_identity_numbers_are_judged_by_form_and_check_character() -> None:
    # The standard's own sample, and one that no person can hold.
    assert id_number_is_valid("11010519491231002X")
    assert id_number_is_valid("110100209912319996")
    for wrong in ("110105194912310021", "1101051949123100", "１10105194912310021", ""):
        assert not id_number_is_valid(wrong)
