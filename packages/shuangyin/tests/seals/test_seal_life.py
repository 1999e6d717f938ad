"""The life of a seal over HTTP: from its application to its destruction, each step on its evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from issued_seal import Issued
from platform_world import NAMES, World, ok, problem
from seal_desk import ID_NUMBER, MAKER, SealDesk, connected, png
from tampering import Altered, require_named, require_untouched

from shuangyin.connectors.standins.faults import Fault
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.commands.answering import take_answer
from shuangyin.seals.commands.reconciling import run_round
from shuangyin.seals.models import SealFiling
from shuangyin.seals.ports import UnfinishedUse, UnfinishedUses
from shuangyin.seals.rules.filing import Answer

pytestmark = pytest.mark.database_full


@pytest.fixture
def desk(world: World) -> SealDesk:
    return SealDesk(world)


def test_the_table_is_what_the_api_describes_and_what_a_seal_may_do_next(desk: SealDesk) -> None:
    table = ok(desk.world.client("employee").get("/api/v1/seals/life"))
    seal_id = desk.apply()
    life = desk.life(seal_id)
    assert [move["act"] for move in life["next"]] == ["accept"]
    assert life["next"][0] in table["moves"]
    # What is put into force and filed by steps is not offered the short way of a seal that was there already.
    assert desk.seal(seal_id)["actions"] == ["set_keeper", "file_specimen"]
    assert {one["status"] for one in table["statuses"]} >= {move["after"] for move in table["moves"]}


@pytest.mark.database
def test_a_seal_is_filed_with_the_police_and_not_in_force_before(desk: SealDesk, platform: Platform) -> None:
    with connected(platform) as outside:
        seal_id = desk.apply()
        problem(desk.ask(seal_id, "accept"), 409, "SEAL_CHECK_MISSING")
        desk.check_all(seal_id)
        problem(desk.ask(seal_id, "accept", kinds=("establishment_proof",)), 409, "SEAL_EVIDENCE_MISSING")
        desk.do(seal_id, "accept")
        outside.police.misbehave(Fault.DOWN)
        desk.do(seal_id, "make", **MAKER)
        desk.settle()
        problem(desk.ask(seal_id, "deliver"), 409, "SEAL_NOT_FILED")
        problem(desk.ask(seal_id, "enable"), 409, "SEAL_STATUS")
        [waiting] = desk.board()["filings"]
        assert (waiting["status"], waiting["attempts"], waiting["overdue"]) == ("waiting", 1, False)
        # Down for a day: tried again and again, shown as overdue, nothing lost.
        for _ in range(25):
            desk.wait(hours=1)
            desk.settle()
        [waiting] = desk.board()["filings"]
        assert waiting["overdue"]
        assert waiting["attempts"] > 20
        outside.police.misbehave(None)
        desk.wait(hours=1)
        desk.settle()
        seal = desk.seal(seal_id)
        assert (seal["status"], seal["filing_no"]) == ("filed", "替身公备000001")
        assert seal["seal_code"] == "1101080000001"
        desk.do(seal_id, "deliver")
        desk.do(seal_id, "enable")
        kinds = [event["kind"] for event in desk.seal(seal_id)["events"]]
    assert desk.status(seal_id) == "in_force"
    assert kinds[::-1] == [
        "applied", "step_asked", "accepted", "manufactured", "filed", "delivered", "step_asked", "activated",
    ]  # fmt: skip
    person = desk.world.id("employee")
    require_untouched(platform)
    changes = [
        Altered("seal_step", "details", '{"happened_at": 9}', "SealStep"),
        Altered("seal_step", "act", "scrap", "SealStep"),
        Altered("seal_step", "binding", "0" * 64, "SealStep.binding"),
        Altered("seal_step", "status", "withdrawn", "SealStep.status"),
        Altered("seal_step", "reason", "别的理由", "SealStep.reason"),
        Altered("seal_evidence", "sm3", "0" * 64, "SealEvidence.sm3"),
        Altered("seal_evidence", "kind", "imprint_card", "Seal"),
        Altered("seal_evidence", "added_by", person, "SealEvidence.added_by"),
        Altered("seal_check", "good", False, "SealCheck.good"),
        Altered("seal_check", "outcome", "differs", "SealCheck.outcome"),
        Altered("seal_event", "status_after", "destroyed", "SealEvent.status_after"),
        Altered("seal_event", "at", 9, "SealEvent"),
        Altered("seal_event", "person_id", person, "SealEvent.person_id"),
        Altered("seal_filing", "filing_no", "别号", "SealFiling.filing_no"),
        Altered("seal_filing", "status", "refused", "SealFiling.status"),
        Altered("seal", "status", "suspended", "Seal.status"),
        Altered("seal", "filing_no", "别号", "Seal.filing_no"),
    ]
    require_named(platform, "seals.", changes)


def test_an_answer_that_comes_late_comes_once(desk: SealDesk, platform: Platform) -> None:
    with connected(platform, timeout_s=0.2) as outside:
        seal_id = desk.apply()
        desk.check_all(seal_id)
        desk.do(seal_id, "accept")
        outside.police.misbehave(Fault.SLOW)
        desk.do(seal_id, "make", **MAKER)
        desk.settle()
        assert desk.status(seal_id) == "made"
        outside.police.misbehave(None)
        desk.wait(hours=1)
        desk.settle()
        desk.wait(hours=1)
        desk.settle()
        events = [event["kind"] for event in desk.seal(seal_id)["events"]]
    # The first try reached the authority: the second is recognised, and there is one filing.
    assert desk.seal(seal_id)["filing_no"] == "替身公备000001"
    assert events.count("filed") == 1


@pytest.mark.parametrize("fault", [Fault.CONTRADICTORY, Fault.DUPLICATE])
def test_an_answer_about_another_seal_changes_nothing_and_is_shown(
    desk: SealDesk, platform: Platform, fault: Fault
) -> None:
    with connected(platform) as outside:
        desk.physical_in_force(outside)
        other = desk.apply(sequence_number=2)
        desk.check_all(other)
        desk.do(other, "accept")
        outside.police.misbehave(fault)
        desk.do(other, "make", **MAKER)
        desk.settle()
        assert desk.status(other) == "made"
        assert desk.seal(other)["filing_no"] is None
        [shown] = [one for one in desk.board()["filings"] if one["seal_id"] == other]
        assert shown["status"] == "mismatch"
        assert "印章" in shown["problem"]["zh"]
        assert desk.tasks(other) == ["filing_refused"]
        outside.police.misbehave(None)
        ok(desk.post("administrator", f"/filings/{shown['id']}/send"))
        desk.settle()
    assert desk.status(other) == "filed"
    assert desk.tasks(other) == []
    problem(desk.post("administrator", f"/filings/{shown['id']}/send"), 409, "FILING_ANSWERED")


def test_the_registry_and_the_identity_check_stand_before_the_order(
    desk: SealDesk, platform: Platform
) -> None:
    with connected(platform) as outside:
        seal_id = desk.apply()
        outside.enter_company(legal_representative="高远")
        assert ok(desk.check(seal_id, "registry"), 201)["outcome"] == "representative_differs"
        outside.registry.misbehave(Fault.CONTRADICTORY)
        assert ok(desk.check(seal_id, "registry"), 201)["outcome"] == "other_company"
        outside.registry.misbehave(Fault.DOWN)
        problem(desk.check(seal_id, "registry"), 503, "OUTSIDE_DOWN")
        outside.registry.misbehave(None)
        outside.enter_company()
        assert ok(desk.check(seal_id, "registry"), 201)["good"]
        problem(desk.check(seal_id, "agent", name="林一", id_number="110100209912319997"), 422, "ID_NUMBER")
        outside.identity.misbehave(Fault.CONTRADICTORY)
        assert not ok(desk.check(seal_id, "agent", name="林一", id_number=ID_NUMBER), 201)["good"]
        problem(desk.ask(seal_id, "accept"), 409, "SEAL_CHECK_MISSING")
        outside.identity.misbehave(None)
        desk.check_all(seal_id)
        ok(desk.ask(seal_id, "accept"), 201)
        kept = str(desk.life(seal_id)["checks"])
    assert ID_NUMBER not in kept
    assert "林一" not in kept


def test_without_a_connection_papers_prove_what_the_authority_would(desk: SealDesk) -> None:
    seal_id = desk.physical_in_force()
    life = desk.life(seal_id)
    assert life["filings"] == []
    assert [step["act"] for step in life["steps"]] == ["enable", "deliver", "file", "make", "accept"]
    problem(desk.check(seal_id, "registry"), 409, "OUTSIDE_NOT_CONNECTED")
    change = {"filing_no": "另一编号"}
    answer = desk.world.client("administrator").put(f"/api/v1/seals/{seal_id}/filing", json=change)
    problem(answer, 409, "SEAL_FILED_BY_STEP")


def test_an_imprint_of_the_wrong_size_is_no_evidence(desk: SealDesk) -> None:
    seal_id = desk.apply()
    problem(desk.paper(seal_id, "imprint", png(400, 300)), 409, "SEAL_IMPRINT_SIZE")
    problem(desk.paper(seal_id, "imprint", png(472, 472, dpi=(600, 600))), 409, "SEAL_IMPRINT_SIZE")
    problem(desk.paper(seal_id, "imprint", png(60, 60)), 409, "SEAL_IMPRINT_SIZE")
    width = desk.seal(seal_id)["width_mm"]
    pixels = round(width / 25.4 * 300)
    ok(desk.paper(seal_id, "imprint", png(pixels, pixels, dpi=(300, 300))), 201)
    problem(desk.paper(seal_id, "agent_id", b"%PDF-1.7 cut"), 422, "SEAL_EVIDENCE_UNREADABLE")


def test_a_destruction_needs_two_witnesses_photos_and_what_was_told(desk: SealDesk) -> None:
    seal_id = desk.physical_in_force()
    desk.do(seal_id, "surrender", **MAKER, counterpart="keep")
    assert desk.status(seal_id) == "surrendered"
    now = desk.world.clock.now_ms()
    two = [desk.world.id("reviewer"), desk.world.id("auditor")]
    papers = ("engraver_receipt", "destruction_certificate", "destruction_photo", "filing_receipt")
    for witnesses in ([two[0]], [two[0], two[0]], [two[0], desk.world.id("custodian")]):
        refused = desk.ask(seal_id, "destroy", kinds=papers, witness_ids=witnesses, happened_at=now)
        problem(refused, 409, "SEAL_WITNESSES")
    missing = desk.ask(seal_id, "destroy", kinds=papers[:2], witness_ids=two, happened_at=now)
    problem(missing, 409, "SEAL_EVIDENCE_MISSING")
    untold = desk.ask(seal_id, "destroy", kinds=papers[:3], witness_ids=two, happened_at=now)
    problem(untold, 409, "SEAL_EVIDENCE_MISSING")
    ok(desk.ask(seal_id, "destroy", kinds=papers, witness_ids=two, happened_at=now), 201)
    desk.decide()
    assert desk.status(seal_id) == "destroyed"
    assert desk.life(seal_id)["next"] == []


def refuse_or_accept(platform: Platform, report: str, *, accepted: bool) -> None:
    """What the authority answers to a report, without a system in between."""

    def answer(work: UnitOfWork) -> None:
        told = json.loads(work.session.get_one(SealFiling, report).payload)
        filing_no = told["filing_no"] or "备-9"
        reason = "" if accepted else "印模不清"
        said = Answer(report, told["seal_ref"], told["uscc"], None, accepted, filing_no, None, reason)
        take_answer(work, report, said)

    platform.transact(answer)


def test_a_refused_report_keeps_its_term_and_what_waits_for_it(desk: SealDesk, platform: Platform) -> None:
    with connected(platform) as outside:
        seal_id = desk.apply()
        desk.check_all(seal_id)
        desk.do(seal_id, "accept")
        outside.police.misbehave(Fault.DOWN)
        desk.do(seal_id, "make", **MAKER)
        [first] = desk.board()["filings"]
        refuse_or_accept(platform, first["id"], accepted=False)
        assert (desk.status(seal_id), desk.tasks(seal_id)) == ("made", ["filing_refused"])
        desk.wait(hours=25)
        assert desk.board()["filings"][0]["overdue"], "a refusal fulfils no duty"
        ok(desk.post("administrator", f"/filings/{first['id']}/send"))
        again = desk.board()["filings"][0]
        assert (again["id"] != first["id"], again["due_at"], again["overdue"]) == (
            True,
            first["due_at"],
            True,
        )
        refuse_or_accept(platform, again["id"], accepted=True)
        assert (desk.status(seal_id), desk.tasks(seal_id)) == ("filed", [])
    require_untouched(platform)


def test_a_destruction_that_fails_at_the_authority_leaves_nothing_half_done(
    desk: SealDesk, platform: Platform
) -> None:
    with connected(platform) as outside:
        old = desk.taken_in()
        partner = desk.trial(counterpart_id=old)
        desk.do(old, "surrender", **MAKER, counterpart="revoke")
        outside.police.misbehave(Fault.DOWN)
        watching = [desk.world.id("reviewer"), desk.world.id("auditor")]
        ok(desk.ask(old, "destroy", witness_ids=watching, happened_at=desk.world.clock.now_ms()), 201)
        desk.decide()
        # Refused: the step keeps its place and nothing else happens to the seal.
        [report] = [one for one in desk.board()["filings"] if one["seal_id"] == old]
        refuse_or_accept(platform, report["id"], accepted=False)
        assert desk.life(old)["waiting"]["status"] == "filing"
        problem(desk.ask(old, "destroy", witness_ids=watching, happened_at=1), 409, "SEAL_STEP_WAITS")
        ok(desk.post("administrator", f"/filings/{report['id']}/send"))
        again = desk.board()["filings"][0]["id"]
        # Accepted, and yet it cannot be carried out: void, and both seals are as they were.
        with in_use(platform):
            refuse_or_accept(platform, again, accepted=True)
        life = desk.life(old)
        assert [(one["act"], one["status"]) for one in life["steps"]][:1] == [("destroy", "void")]
        assert life["steps"][0]["ended_because"] == "SEAL_IN_USE"
        assert (desk.status(old), desk.status(partner), life["waiting"]) == ("surrendered", "in_force", None)
    require_untouched(platform)


@contextmanager
def in_use(platform: Platform) -> Iterator[None]:
    """A use of every seal that is not over."""

    class Busy:
        def of_seal(self, work: UnitOfWork, seal_id: str) -> list[UnfinishedUse]:
            return [UnfinishedUse("opening", seal_id, "开柜-2026-000001")]

    ports = platform.ports
    assert isinstance(ports, dict)
    before = ports[UnfinishedUses]
    ports[UnfinishedUses] = Busy()
    yield
    ports[UnfinishedUses] = before


def test_a_lost_seal_is_reported_by_its_keeper_and_never_comes_back(desk: SealDesk) -> None:
    seal_id = desk.taken_in()
    e_seal = desk.trial(counterpart_id=seal_id)
    now = desk.world.clock.now_ms()
    problem(
        desk.ask(seal_id, "report_lost", kinds=(), who="custodian", happened_at=now),
        409,
        "SEAL_EVIDENCE_MISSING",
    )
    problem(desk.ask(seal_id, "report_lost", who="custodian"), 409, "SEAL_STEP_INCOMPLETE")
    ok(desk.ask(seal_id, "report_lost", who="custodian", happened_at=now), 201)
    assert desk.status(seal_id) == "lost"
    assert desk.tasks(e_seal) == ["counterpart_lost"]
    problem(desk.post("administrator", f"/{seal_id}/resume"), 409, "SEAL_STATUS")
    ok(desk.post("administrator", f"/{e_seal}/suspend", {"reason": "随实体章停用"}))
    assert desk.tasks(e_seal) == []


def test_an_e_seal_waits_a_day_for_its_filing_and_three_months_for_who_collects_it(
    desk: SealDesk, platform: Platform
) -> None:
    organization_id = ok(desk.world.client("administrator").get("/api/v1/me"))["organization"]["id"]
    with connected(platform) as outside:
        seal_id = desk.apply(medium="electronic", category="legal_name")
        desk.check_all(seal_id)
        desk.do(seal_id, "accept")
        outside.unit.misbehave(Fault.DOWN)
        ok(Issued(desk.world).hand_over(desk.world.client("administrator"), seal_id))
        desk.wait(hours=25)
        desk.settle()
        [late] = desk.board()["filings"]
        assert (late["status"], late["overdue"], desk.status(seal_id)) == ("waiting", True, "made")
        # Its paper stands in for the answer that does not come.
        filing = {"filing_no": "京电备2026000031", "filing_authority": "北京市公安局海淀分局"}
        desk.do(seal_id, "file", happened_at=desk.world.clock.now_ms(), **filing)
        assert desk.status(seal_id) == "filed"
        outside.unit.misbehave(None)
        for days, status in ((80, "filed"), (13, "revoked")):
            desk.wait(hours=24 * days)
            run_round(platform, organization_id)
            assert desk.status(seal_id) == status
        problem(desk.ask(seal_id, "deliver"), 409, "SEAL_STATUS")
        desk.settle()
        told = desk.life(seal_id)["filings"][0]
        assert (told["telling"], told["status"], told["filing_no"]) == (
            "cancel",
            "accepted",
            filing["filing_no"],
        )


@pytest.mark.database
def test_what_protects_overtakes_a_step_that_waits_and_voids_it(desk: SealDesk) -> None:
    seal_id = desk.taken_in()
    ok(desk.ask(seal_id, "scrap"), 201)
    problem(desk.ask(seal_id, "surrender", kinds=("surrender_ground",), **MAKER), 409, "SEAL_STEP_WAITS")
    now = desk.world.clock.now_ms()
    ok(desk.ask(seal_id, "report_lost", who="custodian", happened_at=now), 201)
    desk.decide()
    life = desk.life(seal_id)
    assert life["status"] == "lost"
    assert [(step["act"], step["status"]) for step in life["steps"]] == [
        ("report_lost", "done"),
        ("scrap", "void"),
    ]


@pytest.mark.database
def test_two_administrators_do_not_change_one_seal_at_once(desk: SealDesk) -> None:
    seal_id = desk.taken_in()
    version = desk.seal(seal_id)["version"]
    papers = desk.papers(seal_id, ("damage_photo",))
    body = {"act": "scrap", "evidence_ids": papers}
    headers = {"If-Match": f'"{version}"', "Idempotency-Key": "scrap-once"}
    first = ok(desk.post("administrator", f"/{seal_id}/steps", body, **headers), 201)
    again = ok(desk.post("administrator", f"/{seal_id}/steps", body, **headers), 201)
    assert again["waiting"]["id"] == first["waiting"]["id"]
    late = desk.post("administrator", f"/{seal_id}/suspend", {"reason": "x"}, **{"If-Match": f'"{version}"'})
    problem(late, 412, "STALE_VERSION")
    ok(desk.post("administrator", f"/steps/{first['waiting']['id']}/withdraw", {"reason": "改为挂失"}))
    assert desk.life(seal_id)["waiting"] is None


def test_a_step_that_is_rejected_changes_nothing(desk: SealDesk) -> None:
    seal_id = desk.taken_in()
    ok(desk.ask(seal_id, "scrap"), 201)
    desk.decide("reject")
    assert desk.status(seal_id) == "in_force"
    assert desk.life(seal_id)["steps"][0]["status"] == "rejected"


def test_evidence_is_taken_up_once_and_by_its_own_seal(desk: SealDesk) -> None:
    one, other = desk.taken_in(), desk.taken_in(sequence_number=2)
    paper = desk.papers(one, ("damage_photo",))
    problem(desk.step(other, "scrap", paper), 404, "NOT_FOUND")
    ok(desk.step(one, "scrap", paper), 201)
    desk.decide("reject")
    problem(desk.step(one, "scrap", paper), 404, "NOT_FOUND")


def test_names_of_persons_are_not_in_the_evidence_log(desk: SealDesk, platform: Platform) -> None:
    with connected(platform):
        seal_id = desk.apply()
        desk.check_all(seal_id)
    entries = desk.world.client("auditor").get(
        "/api/v1/evidence/entries", params={"subject_type": "seal", "subject_id": seal_id}
    )
    said = str(ok(entries))
    assert "seals.checked" in said
    assert ID_NUMBER not in said
    assert NAMES["legal_representative"] not in str([one.get("facts") for one in ok(entries)["items"]])
