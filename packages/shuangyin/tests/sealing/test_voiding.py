"""A use is voided: once, by whoever may, with a reason; everybody who looks at it is told, and nothing is erased."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from platform_world import ok, problem
from tampering import Altered, require_named, require_untouched

from evidencelog.bundle import Verdict, read_bundle, verify_bundle
from evidencelog.bundle.vocabulary import vocabulary
from evidencelog.vkey import parse_vkey
from shuangyin.alarms.kinds import alarm_kinds
from shuangyin.evidence.kinds import kinds
from shuangyin.reference.queries import document_kinds
from shuangyin.sealing.void_reasons import void_reasons
from shuangyin.verification.rules import UseState, answer_for_digest, voids_of

pytestmark = pytest.mark.database_full
WHY = "合同对方名称有误，双方商定重签。"


def void(story: Any, use: dict[str, Any], kind: str = "auditor", **fields: Any) -> Any:
    proof = story.world.step_up(kind, "sealing.void", use["id"])
    body = {"code": "wrong_document", "reason": WHY, "proof": proof, **fields}
    key = fields.pop("key", None)
    headers = {"Idempotency-Key": key} if key else {}
    body.pop("key", None)
    return story.world.client(kind).post(f"/api/v1/seal-uses/{use['id']}/void", json=body, headers=headers)


@pytest.fixture
def use(story: Any) -> dict[str, Any]:
    [found] = story.sealed()["uses"]
    story.world.settle()
    return dict(found)


def test_a_use_is_voided_once_by_whoever_may_and_the_request_with_its_last(
    story: Any, use: dict[str, Any]
) -> None:
    address = f"/api/v1/seal-uses/{use['id']}/void"
    body = {"code": "wrong_document", "reason": WHY}
    for kind in ("employee", "custodian", "legal_representative"):
        problem(story.world.client(kind).post(address, json=body), 403, "NOT_PERMITTED")
    auditor = story.world.client("auditor")
    problem(auditor.post(address, json=body), 403, "STEP_UP_REQUIRED")
    problem(void(story, use, code="wrong_reason"), 422, "VOID_REASON")
    problem(void(story, {**use, "id": "0" * 32}), 404, "NOT_FOUND")
    offered = [one["code"] for one in ok(auditor.get("/api/v1/seal-uses/void-reasons"))]
    assert offered == list(void_reasons())
    proof = story.world.step_up("auditor", "sealing.void", use["id"])
    headers = {"Idempotency-Key": "void-1"}
    first = auditor.post(address, json={**body, "proof": proof}, headers=headers)
    again = auditor.post(address, json={**body, "proof": proof}, headers=headers)
    assert ok(first) == ok(again)
    assert (first.json()["status"], first.json()["voided"]["code"]) == ("voided", "wrong_document")
    assert first.json()["voided"]["reason"] == WHY
    problem(void(story, use), 409, "USE_ALREADY_VOIDED")
    assert story.get("employee", f"/requests/{use['request_id']}")["status"] == "voided"
    found = story.get("auditor", f"/evidence/entries?subject_type=request&subject_id={use['request_id']}")
    told = {"sealing.voided", "sealing.void_explained", "requests.voided"}
    assert told <= {entry["kind"] for entry in found["items"]}
    require_untouched(story.world.platform)
    changes = [
        Altered("seal_use", "status", "in_force", "SealUse.status"),
        Altered("voided_use", "reason_code", "other", "VoidedUse.reason_code"),
        Altered("voided_use", "reason", "没有理由", "VoidedUse.reason"),
        Altered("voided_use", "voided_by", story.world.id("employee"), "VoidedUse.voided_by"),
        Altered("voided_use", "voided_at", 1, "VoidedUse.voided_at"),
        Altered("use_request", "status", "sealed", "UseRequest.status"),
    ]
    require_named(story.world.platform, "sealing.", changes[:-1])
    require_named(story.world.platform, "requests.", changes[-1:])


def test_a_use_that_is_said_to_be_voided_and_is_not_is_found(story: Any, use: dict[str, Any]) -> None:
    require_named(
        story.world.platform, "sealing.", [Altered("seal_use", "status", "voided", "SealUse.status")]
    )
    page = use["verification_url"].removeprefix("http://localhost:8600")
    assert story.world.anonymous().get(page).status_code == 200


def test_outsiders_are_told_when_and_why_and_the_file_stays_good_mathematics(
    story: Any, use: dict[str, Any], tmp_path: Path
) -> None:
    content = story.file_of(use)
    ok(void(story, use))
    anonymous = story.world.anonymous()
    public = use["verification_url"].removeprefix("http://localhost:8600")
    # Until a head holds that it is voided there is no bundle that would say it stands.
    assert anonymous.get(f"{public}/evidence-bundle").status_code == 409
    story.world.settle()
    for language, words in {"zh": ("已作废", "文件内容有误", "UTC+8"), "en": ("voided on", "wrong")}.items():
        page = anonymous.get(public, params={"lang": language}).text
        assert 'class="verdict bad"' in page
        assert all(word in page for word in words), words
        assert "wrong_document" not in page
        assert WHY not in page
    checked = ok(
        anonymous.post("/api/v1/verification/files", files={"file": ("f.pdf", content, "application/pdf")})
    )
    assert (checked["code"], checked["level"], checked["report"]["verdict"]) == (
        "FILE_VOIDED",
        "bad",
        "valid",
    )
    assert checked["uses"][0]["void_reason"] == "wrong_document"
    assert "已作废" in anonymous.get("/verify", params={"digest": use["document_sm3"], "lang": "zh"}).text
    keys = [parse_vkey(text) for text in anonymous.get("/log/vkeys").text.split()]
    employee = story.world.client("employee")
    full = employee.get(f"/api/v1/seal-uses/{use['id']}/evidence-bundle")
    for name, answer in {"masked": anonymous.get(f"{public}/evidence-bundle"), "full": full}.items():
        path = tmp_path / f"{name}.zip"
        path.write_bytes(answer.content)
        report = verify_bundle(path, keys)
        assert report.verdict is Verdict.VALID
        assert report.statement is not None
        assert report.statement.voided
        assert report.statement.title.zh.endswith("（已作废）")
        second = report.statement.sections[1]
        assert (second.title.en, second.related) == ("The seal use was voided.", True)
        assert {"文件内容有误"} <= {row.shown.zh for row in second.rows}
        assert "statement.voided" in {item.code.value for item in report.walk()}
        texts = json.dumps(report.to_dict(), ensure_ascii=False)
        assert (WHY in texts) == (name == "full")
        html = [one for one in read_bundle(path).files if one.declared.file == "files/report.zh.html"]
        assert html
        people_read = {row.shown.zh for section in report.statement.sections for row in section.rows}
        assert ("平台" in people_read, "0" * 32 in people_read) == (True, False)
        kind = story.get("employee", f"/requests/{use['request_id']}")["document_kind"]
        assert kind not in people_read
        [who] = [row.shown.zh for row in second.rows if row.label.zh == "作废人"]
        assert ("孙静" in who, "不列姓名" in who) == (name == "full", name == "masked")
        rules = [row for one in report.statement.sections for row in one.rows if row.label.zh == "适用规则"]
        # Whoever is not of the organization is not given the entry in which the rules stand.
        assert {row.ground.value for row in rules} == ({"named"} if name == "full" else set())


def test_what_was_sealed_anew_is_not_called_voided() -> None:
    """Judge: two uses of one approved file, of which one was voided; the other stands."""
    stands = UseState("physical", "in_force", True, "in_force", "in_force", trial=False)
    gone = UseState("physical", "voided", True, "in_force", "in_force", trial=False)
    assert answer_for_digest([stands]).code == "DIGEST_REGISTERED"
    assert answer_for_digest([stands, gone]).code == "FILE_PARTLY_VOIDED"
    assert answer_for_digest([gone, gone]).code == "USE_VOIDED"
    assert (voids_of([]), voids_of(["in_force"])) == ("none", "none")


def test_a_verifier_has_words_for_every_kind_and_for_the_codes_it_shows() -> None:
    """Whoever records a new kind gives the verifier words for it, or its report would show a code."""
    words = vocabulary()
    assert [kind for kind in kinds() if words.kind(kind).title.zh == kind] == []
    for table, codes in (
        ("void_reason", void_reasons()),
        ("alarm_kind", alarm_kinds()),
        ("document_kind", [one.code for one in document_kinds(1_795_000_000_000)]),
    ):
        assert [code for code in codes if words.code(table, code) is None] == [], table
    for code, text in void_reasons().items():
        known = words.code("void_reason", code)
        assert known is not None
        assert (known.zh, known.en) == (text.zh, text.en)
