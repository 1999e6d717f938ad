"""Every control that a scenario list can ask for is enforced somewhere: the table, and a refusal for each line of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pypdfium2 as pdfium
import pytest
from governed_papers import approve, govern, opened, paper
from hiring import hire
from hypothesis import given
from hypothesis import strategies as st
from platform_world import PASSWORD, ok, problem
from request_story import SAMPLES, Story
from tampering import Altered, require_named, require_untouched

from gmseal.pdf import verify_pdf_bytes
from gmseal.report import CheckResult
from gmseal.sm.timestamps import HttpTimestampSource
from gmseal.sm.timestamps.trial_server import Misbehaviour, TrialTimestampServer
from gmseal.trust import TrustStore
from shuangyin.core.clock import to_datetime
from shuangyin.core.platform import Platform
from shuangyin.custody.ports import SmartKeeping
from shuangyin.custody.print_matching import LONGEST, PrintCode, read_code, verdict_of
from shuangyin.enforced_controls import ENFORCED
from shuangyin.requests.commands.duties import notice_overdue
from shuangyin.scenarios.rules import Controls
from shuangyin.sealing.timestamps import Timestamps

pytestmark = pytest.mark.database_full

_REFUSED: dict[str, set[str]] = {}
DAY = 24 * 3600


def refuses(*controls: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Marks a test in which a use that does not keep these controls is refused."""

    def note(test: Callable[..., None]) -> Callable[..., None]:
        for control in controls:
            _REFUSED.setdefault(control, set()).add(test.__name__)
        return test

    return note


def test_each_control_of_the_vocabulary_says_where_it_is_enforced_and_is_refused_in_a_test() -> None:
    vocabulary = {one.name for one in fields(Controls)}
    assert set(ENFORCED) == vocabulary
    assert set(_REFUSED) == vocabulary
    assert all(one.at and one.media for one in ENFORCED.values())


@refuses(
    "seam",
    "copies_max",
    "photo",
    "photo_moments",
    "watermark",
    "second_factor",
    "archive",
    "archive_working_days",
)
def test_a_paper_under_every_control_of_paper(desk: Any) -> None:
    story = desk.story
    controls = {
        "seam": "required",
        "copies_max": 2,
        "photo": "each_copy",
        "photo_moments": ["before", "pressing", "back_in_place"],
        "watermark": True,
        "second_factor": "two_factors",
        "archive": "compulsory",
        "archive_working_days": 5,
    }
    govern(story, "physical", controls)
    unseamed = story.line("official", presses_applied=2, seam_presses=0, placements=[], seam=None, qr=None)
    problem(story.submit(story.draft(**paper(story, seals=[unseamed]))["id"]), 409, "SEAM_REQUIRED")
    problem(story.submit(story.draft(**paper(story, copies=3))["id"]), 409, "TOO_MANY_COPIES")
    once = story.line("official", presses_applied=0, seam_presses=1, placements=[], seam=None, qr=None)
    problem(story.submit(story.draft(**paper(story, seals=[once]))["id"]), 409, "COPIES_NOT_PRESSED")
    request = story.apply(**paper(story))
    (item,) = [one for one in story.todo("department_head") if one["subject_id"] == request["id"]]
    assert item["second_factor"] == "two_factors"
    weak = problem(story.decide("department_head", item, proof=True), 403, "STEP_UP_REQUIRED")
    assert weak["details"]["strength"] == "two_factors"
    approve(story, request["id"], password=PASSWORD)

    opening = ok(desk.ask(request_ids=[request["id"]]), 201)
    assert opening["requests"][0]["controls"]["watermark"] is True
    problem(desk.confirm(opening["id"], "custodian"), 403, "STEP_UP_REQUIRED")
    problem(desk.confirm(opening["id"], "custodian", password="wrong"), 403, "PASSWORD_WRONG")
    ok(desk.confirm(opening["id"], "custodian", password=PASSWORD))
    ok(desk.confirm(opening["id"], "reviewer", password=PASSWORD))
    press = {"request_id": request["id"], "copies": 2, "normal": 2}
    problem(desk.press(opening["id"], **press), 409, "PRINT_MISSING")
    version = request["documents"][0]["document_version_id"]
    made = ok(
        story.post(
            "employee", f"/requests/{request['id']}/prints", {"document_version_id": version, "copies": 2}
        ),
        201,
    )
    _shows_its_mark(story, made, pages=request["documents"][0]["pages"])
    _is_matched(story, made, request)
    problem(desk.press(opening["id"], **press), 409, "PHOTO_BEFORE_MISSING")
    problem(desk.photograph(opening["id"], moment="before"), 422, "PHOTO_OF_WHAT")
    ok(desk.photograph(opening["id"], moment="before", request_id=request["id"]), 201)
    problem(desk.press(opening["id"], **{**press, "copies": 3}), 409, "COPIES_EXCEEDED")
    use = ok(desk.press(opening["id"], **press), 201)

    problem(desk.close(opening["id"]), 409, "PHOTO_MISSING")
    ok(desk.photograph(opening["id"], use_id=use["id"]), 201)
    problem(desk.close(opening["id"]), 409, "PHOTO_OF_EACH_COPY")
    ok(desk.photograph(opening["id"], use_id=use["id"]), 201)
    problem(desk.close(opening["id"]), 409, "PHOTO_PRESSING_MISSING")
    ok(desk.photograph(opening["id"], use_id=use["id"], moment="pressing"), 201)
    problem(desk.close(opening["id"]), 409, "PHOTO_RETURNED_MISSING")
    ok(desk.photograph(opening["id"], moment="returned"), 201)
    ok(desk.close(opening["id"]))
    assert story.read(request["id"])["status"] == "approved", "the seam is still missing"
    _press_the_seam(desk, request["id"])
    _owes_its_scan(desk, request)


def _press_the_seam(desk: Any, request_id: str) -> None:
    opening = opened(desk, request_id, PASSWORD)
    ok(desk.photograph(opening["id"], moment="before", request_id=request_id), 201)
    use = ok(desk.press(opening["id"], request_id=request_id, copies=2, seam=2), 201)
    for moment in ("document", "document", "pressing"):
        ok(desk.photograph(opening["id"], use_id=use["id"], moment=moment), 201)
    ok(desk.photograph(opening["id"], moment="returned"), 201)
    ok(desk.close(opening["id"]))


def _owes_its_scan(desk: Any, request: dict[str, Any]) -> None:
    story = desk.story
    sealed = story.read(request["id"])
    (duty,) = sealed["duties"]
    assert (sealed["status"], sealed["done"]) == ("sealed", False)
    assert (duty["kind"], duty["state"], duty["compulsory"]) == ("archive_copy", "open", True)
    assert notice_overdue(desk.world.platform) == 0
    desk.world.clock.advance(seconds=10 * DAY)
    desk.again("employee", "auditor")
    assert notice_overdue(desk.world.platform) == 1
    assert notice_overdue(desk.world.platform) == 0, "it is noticed once"
    (owed,) = story.get("auditor", "/request-duties?state=overdue")["items"]
    assert (owed["number"], owed["duty"]["state"]) == (request["number"], "overdue")
    problem(story.submit(story.draft(**paper(story))["id"]), 409, "ARCHIVE_OVERDUE")
    path = f"/requests/{request['id']}/duties/archive_copy"
    problem(story.post("employee", path), 422, "SCANS_MISSING")
    draft = {"document_version_ids": [request["documents"][0]["document_version_id"]]}
    problem(story.post("employee", path, draft), 422, "SCAN_IS_THE_DRAFT")
    scan = {"document_version_ids": [story.upload(name="notice.pdf")]}
    done = ok(story.post("employee", path, scan))
    assert (done["done"], done["duties"][0]["state"]) == (True, "fulfilled")
    problem(story.post("employee", path, scan), 409, "DUTY_DONE")
    problem(story.post("employee", path.replace("archive_copy", "hand_over"), scan), 404, "NOT_FOUND")
    ok(story.submit(story.draft(**paper(story))["id"]))
    kinds = [one["kind"] for one in done["timeline"]]
    assert [one for one in kinds if "duty" in one] == [
        "requests.duty_opened",
        "requests.duty_overdue",
        "requests.duty_fulfilled",
    ]
    require_untouched(desk.world.platform)
    duties = [
        Altered("request_duty", "compulsory", False, "RequestDuty.compulsory"),
        Altered("request_duty", "overdue_at", None, "RequestDuty.overdue_at"),
        Altered("request_duty", "fulfilled_by", desk.world.id("auditor"), "RequestDuty.fulfilled_by"),
        Altered("archive_copy", "sm3", "0" * 64, "ArchiveCopy.sm3"),
        Altered("archive_copy", "added_at", 1, "ArchiveCopy.added_at"),
    ]
    require_named(desk.world.platform, "requests.", duties)


def _shows_its_mark(story: Story, made: dict[str, Any], *, pages: int) -> None:
    answer = story.client("custodian").get(made["url"])
    assert answer.status_code == 200
    printed = pdfium.PdfDocument(io.BytesIO(answer.content))
    assert len(printed) == pages
    for page in printed:
        assert made["number"] in page.get_textpage().get_text_range()
    problem(story.client("reviewer").get(f"/api/v1/prints/{'0' * 32}/content"), 404, "NOT_FOUND")


def _is_matched(story: Story, made: dict[str, Any], request: dict[str, Any]) -> None:
    """What a scanner reads from the paper leads to its request, and an altered code is seen."""
    code = f"{made['number']} SM3:{made['source_sm3']}"

    def match(kind: str, text: str) -> Any:
        return story.client(kind).get("/api/v1/prints/match", params={"code": text})

    for text in (code, f" {made['number']} "):
        told = ok(match("custodian", text))
        assert (told["verdict"], told["request_number"]) == ("matches", request["number"])
    assert ok(match("custodian", code[:-2] + "00"))["verdict"] == "other_code"
    problem(match("custodian", "打印-1999-000001"), 404, "PRINT_UNKNOWN")
    problem(match("custodian", f"{code} more"), 422, "PRINT_CODE")
    hire(story.world, "stranger", "employee", "何静")
    problem(match("stranger", code), 404, "NOT_FOUND")


@given(st.text(max_size=250))
def test_no_text_but_a_code_of_a_print_is_taken_for_one(text: str) -> None:
    read = read_code(text)
    assert read is None or (read.number == text.strip().split()[0] and len(text) <= LONGEST)


def test_a_print_of_a_file_that_was_exchanged_matches_no_more() -> None:
    code, printed = PrintCode("打印-1", None), "a" * 64
    assert verdict_of(code, printed=printed, approved=frozenset({printed})) == "matches"
    assert verdict_of(code, printed=printed, approved=frozenset({"b" * 64})) == "replaced"
    altered = PrintCode("打印-1", "b" * 64)
    assert verdict_of(altered, printed=printed, approved=frozenset({printed})) == "other_code"


@refuses("fence")
def test_what_only_a_smart_seal_sees_to_is_not_done_from_the_safe(desk: Any) -> None:
    story = desk.story
    control = "fence"
    govern(story, "physical", {control: True})
    rule_id = story.get("administrator", "/scenario-lists/current")["rules"][0]["id"]
    request = story.apply(**paper(story))
    approve(story, request["id"])
    refused = problem(desk.ask(request_ids=[request["id"]]), 409, "NEEDS_SMART_SEAL")
    assert refused["details"] == {"control": control}
    waiting = {one["id"]: one for one in story.get("custodian", "/custody/waiting")}
    assert waiting[request["id"]]["uncovered"] == [control]
    # An exception that was approved takes the rule out, and the medium of the request stays.
    exception = {"rule_ids": [rule_id], "reason": "设备送修，经批准改由双人开柜"}
    excepted = story.apply(**paper(story, exception=exception))
    for kind in ("department_head", "legal_representative"):
        for item in story.todo(kind):
            if item["subject_id"] == excepted["id"]:
                ok(story.decide(kind, item, proof=True))
    assert ok(desk.ask(request_ids=[excepted["id"]]), 201)["status"] == "pending"


def test_a_smart_seal_that_sees_to_it_is_let_through(desk: Any) -> None:
    class Smart:
        def sees_to(self, *_asked: object) -> bool:
            return True

    govern(desk.story, "physical", {"face_check": True, "fence": True})
    request = desk.story.apply(**paper(desk.story))
    approve(desk.story, request["id"])
    _with_port(desk.world, SmartKeeping, Smart())
    assert ok(desk.ask(request_ids=[request["id"]]), 201)["status"] == "pending"


@refuses("paper_only", "keep_electronic_copy")
def test_a_paper_that_exists_only_on_paper_needs_no_file(desk: Any) -> None:
    story = desk.story
    govern(story, "physical", {"paper_only": True, "keep_electronic_copy": True})
    # An uploaded file may be the blank form; here there is none at all.
    body = {**story.body(**paper(story)), "document_version_ids": []}
    draft = ok(story.post("employee", "/requests", body), 201)
    problem(story.submit(draft["id"]), 422, "REQUEST_INCOMPLETE")
    path = f"/api/v1/requests/{draft['id']}"
    said = {"paper_description": "开户行预留印鉴卡一式两张", "paper_place": "卡片右下角印鉴栏"}
    ok(story.client("employee").patch(path, json=said))
    request = ok(story.submit(draft["id"]))
    (sheet,) = request["documents"]
    content = story.client("department_head").get(
        f"/api/v1/documents/{sheet['document_id']}/versions/1/content"
    )
    text = pdfium.PdfDocument(io.BytesIO(content.content))[0].get_textpage().get_text_range()
    for wanted in (said["paper_description"], said["paper_place"], request["number"]):
        assert wanted in text
    ok(story.post("employee", f"/requests/{draft['id']}/withdraw"))
    ok(story.client("employee").patch(path, json={"paper_place": "卡片背面"}))
    again_submitted = ok(story.submit(draft["id"]))
    assert again_submitted["documents"][0]["sm3"] != sheet["sm3"], "the sheet says what is approved now"
    approve(story, request["id"])

    opening = opened(desk, request["id"])
    press = {"request_id": request["id"], "copies": 2, "normal": 2, "seam": 2}
    problem(desk.press(opening["id"], **press), 409, "PHOTO_BEFORE_MISSING")
    ok(desk.photograph(opening["id"], moment="before", request_id=request["id"]), 201)
    problem(desk.press(opening["id"], **press), 409, "PHOTO_BEFORE_MISSING")
    files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    of_reviewer = desk.world.client("reviewer").post(
        f"/api/v1/openings/{opening['id']}/photos",
        files=files,
        data={"moment": "before", "request_id": request["id"]},
    )
    ok(of_reviewer, 201)
    use = ok(desk.press(opening["id"], **press), 201)
    ok(desk.photograph(opening["id"], use_id=use["id"]), 201)
    ok(desk.close(opening["id"]))
    sealed = story.read(request["id"])
    assert [(one["kind"], one["due_at"]) for one in sealed["duties"]] == [("archive_copy", None)]
    assert sealed["done"] is False


@refuses("timestamp", "qr", "second_factor", "hand_over")
def test_a_file_under_every_control_of_files(desk: Any) -> None:
    story, world = desk.story, desk.world
    note = {"zh": "上传平台并取回回执", "en": "Upload it and bring the receipt back"}
    controls = {"timestamp": True, "qr": True, "second_factor": "two_factors", "hand_over": [note]}
    govern(story, "electronic", controls)
    problem(story.submit(story.draft(seals=[story.line(qr=None)])["id"]), 409, "QR_REQUIRED")
    request_id = story.apply()["id"]
    approve(story, request_id, password=PASSWORD)
    path = f"/requests/{request_id}/seal"

    def seal(password: str | None = PASSWORD) -> Any:
        proof = world.step_up("custodian", "sealing.execute", request_id, password)
        return story.post("custodian", path, {"proof": proof})

    problem(seal(None), 403, "STEP_UP_REQUIRED")
    problem(seal(), 409, "TIMESTAMP_NOT_CONFIGURED")
    authority = world.stamp()
    source = authority.timestamps(clock=lambda: to_datetime(world.clock.now_ms()))
    with TrialTimestampServer(source) as server:
        _with_port(world, Timestamps, Timestamps(HttpTimestampSource(server.url, timeout=5.0)))
        server.misbehaviour = Misbehaviour.HANG_UP
        problem(seal(), 503, "TIMESTAMP_UNAVAILABLE")
        server.misbehaviour = Misbehaviour.WRONG_IMPRINT
        problem(seal(), 503, "TIMESTAMP_NOT_GOOD")
        assert story.read(request_id)["status"] == "approved"
        assert story.read(request_id)["uses"] == [], "nothing was sealed without its stamp"
        server.misbehaviour = None
        ok(seal())
    sealed = story.read(request_id)
    _is_stamped(story, sealed["uses"][0], authority.root)
    (duty,) = sealed["duties"]
    assert (duty["kind"], sealed["done"]) == ("hand_over", False)
    path = f"/requests/{request_id}/duties/hand_over"
    problem(story.post("employee", path), 422, "NOTE_MISSING")
    problem(story.post("reviewer", path, {"note": "已上传"}), 403, "NOT_PERMITTED")
    assert ok(story.post("employee", path, {"note": "已上传，回执号 A-1"}))["done"] is True


@refuses("timestamp", "face_check")
def test_automatic_sealing_waits_for_its_stamp_and_never_for_a_face(desk: Any) -> None:
    story, world = desk.story, desk.world
    govern(story, "electronic", {"timestamp": True})
    until = world.clock.now_ms() + 30 * DAY * 1000
    ok(story.grant(act="auto_seal", seal_id=story.seals["contract"], valid_until=until), 201)
    authority = world.stamp()
    source = authority.timestamps(clock=lambda: to_datetime(world.clock.now_ms()))
    with TrialTimestampServer(source) as server:
        _with_port(world, Timestamps, Timestamps(HttpTimestampSource(server.url, timeout=5.0)))
        server.misbehaviour = Misbehaviour.HANG_UP
        request_id = story.apply()["id"]
        approve(story, request_id)
        world.settle()
        assert story.read(request_id)["status"] == "approved"
        server.misbehaviour = None
        world.clock.advance(seconds=3600)
        desk.again("employee")
        world.settle()
        assert story.read(request_id)["status"] == "sealed", "the job tried again by itself"
    desk.again("administrator", "legal_representative", "department_head", "custodian")
    govern(story, "electronic", {"face_check": True})
    request_id = story.apply()["id"]
    approve(story, request_id)
    world.settle()
    assert story.read(request_id)["status"] == "approved"
    path = f"/requests/{request_id}/seal"
    proof = world.step_up("custodian", "sealing.execute", request_id)
    asked = problem(story.post("custodian", path, {"proof": proof}), 403, "STEP_UP_REQUIRED")
    assert asked["details"]["strength"] == "face"
    # A face is never the only way: two factors of other kinds do.
    proof = world.step_up("custodian", "sealing.execute", request_id, PASSWORD)
    ok(story.post("custodian", path, {"proof": proof}))


@refuses("prerequisites", "stub_numbered", "monthly_allowance")
def test_papers_stub_and_allowance_are_seen_to_before_the_route(desk: Any) -> None:
    story = desk.story
    govern(
        story,
        "physical",
        {"prerequisites": ["legal_review"], "stub_numbered": True, "monthly_allowance": 1},
    )
    problem(story.submit(story.draft(**paper(story))["id"]), 409, "PREREQUISITES_MISSING")
    attached = [{"document_version_id": story.upload(name="notice.pdf"), "kind": "legal_review"}]
    request = story.apply(**paper(story, attachments=attached))
    assert request["stub_number"]
    problem(story.submit(story.draft(**paper(story, attachments=attached))["id"]), 409, "ALLOWANCE_USED")
    approve(story, request["id"])

    def lose_the_stub(work: Any) -> None:
        from shuangyin.requests.models import UseRequest  # noqa: PLC0415  # only here

        work.session.get_one(UseRequest, request["id"]).stub_number = None

    desk.world.platform.transact(lose_the_stub)
    problem(desk.ask(request_ids=[request["id"]]), 409, "STUB_MISSING")


def _is_stamped(story: Story, use: dict[str, Any], root: bytes) -> None:
    """gmseal judges the stamp as an outsider who believes this authority."""
    path = f"/api/v1/documents/{use['document_id']}/versions/{use['sealed_version_number']}/content"
    content = story.client("employee").get(path).content
    report = verify_pdf_bytes(content, TrustStore(roots=(root,)), datetime.now(UTC))
    codes = {check.code: check.result for check in report.walk()}
    assert codes["SIGNATURE_TIMESTAMP"] is CheckResult.PASS, codes


def _with_port(world: Any, port: type[Any], implementation: object) -> None:
    platform: Platform = world.platform
    world.platform = replace(platform, ports={**platform.ports, port: implementation})
    world.app.state.platform = world.platform


def unchecked_press(desk: Any, opening: Any, **fields: Any) -> Any:
    """Register a press without any further check before it."""
    body = {"seal_id": desk.seal_id, "copies": 1, "normal": 1, **fields}
    return desk.story.post("custodian", f"/openings/{opening['id']}/presses", body)


@refuses("supervisor", "photo")
def test_a_supervisor_of_his_own_watches_and_each_press_has_its_photo(desk: Any) -> None:
    govern(desk.story, "physical", {"supervisor": True, "photo": "each_press"})
    request = desk.story.apply(**paper(desk.story))
    approve(desk.story, request["id"])
    opening = opened(desk, request["id"])
    check = ok(desk.check(opening["id"], request_id=request["id"]), 201)
    asked = {"request_id": request["id"], "normal": 2}
    problem(unchecked_press(desk, opening, **asked), 409, "SUPERVISOR_MISSING")
    path = f"/openings/{opening['id']}/checks/{check['id']}/supervise"

    def identify(kind: str, **shown: str) -> Any:
        member = desk.world.members[kind]
        factor = {"method": "totp", "code": shown.get("code") or desk.world.code(kind), **shown}
        return desk.story.post("custodian", path, {"account": member.account, "password": PASSWORD, **factor})

    problem(identify("reviewer"), 409, "SUPERVISOR_NOT_APART")
    problem(identify("employee"), 409, "SUPERVISOR_NOT_APART")
    problem(identify("auditor", code="000000"), 403, "SECOND_FACTOR_WRONG")
    problem(unchecked_press(desk, opening, **asked), 409, "SUPERVISOR_MISSING")
    (spare, *_) = ok(desk.story.post("auditor", "/me/recovery-codes"))["codes"]
    told = ok(identify("auditor", method="recovery_code", code=spare))
    assert told["supervisor"]["id"] == desk.world.id("auditor")
    use = ok(unchecked_press(desk, opening, **asked), 201)
    ok(desk.photograph(opening["id"], use_id=use["id"], moment="document"), 201)
    told = problem(desk.close(opening["id"]), 409, "PHOTO_OF_EACH_PRESS")
    assert told["details"] == {"presses": 2, "photos": 1}
    ok(desk.photograph(opening["id"], use_id=use["id"], moment="document"), 201)
    ok(desk.close(opening["id"]))
