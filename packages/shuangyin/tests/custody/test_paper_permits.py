"""Paper permits: signed and verified without the platform, entered once within their term, missed when not entered."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import pypdfium2 as pdfium
import pytest
from agreeing import assess
from custody_desk import COPIES
from governed_papers import approve, govern, paper
from hypothesis import given
from hypothesis import strategies as st
from platform_world import PASSWORD, ok, problem
from request_story import SAMPLES
from sqlalchemy import select

from gmseal.sm.keys import PrivateKey, PublicKey
from shuangyin.custody.commands.paper_permits import notice_open_permits
from shuangyin.custody.paper_permit_code import PermitCode, UnreadableCode, read_code, sign_code
from shuangyin.evidence.models import EvidenceEntry

pytestmark = pytest.mark.database_full
DAY = 86_400
KEY = PrivateKey.generate()
SCALES = (4, 3, 6, 5, 8)


def issue(desk: Any, kind: str = "administrator", **fields: Any) -> Any:
    body = {"safe_id": desk.safe_id, "seal_id": desk.seal_id, "presses": 2 * COPIES + 1, **fields}
    return desk.story.post(kind, "/paper-permits", body)


def code_on(desk: Any, permit: dict[str, Any]) -> str:
    """The code as a camera reads it from the printed permit."""
    answer = desk.world.client("administrator").get(f"/api/v1/paper-permits/{permit['id']}/permit.pdf")
    page = pdfium.PdfDocument(answer.content)[0]
    assert permit["number"] in page.get_textpage().get_text_range()
    # A reader of this kind fails on some symbols at some resolutions; a person would hold the camera closer.
    read = (cv2.QRCodeDetector().detectAndDecode(page.render(scale=scale).to_numpy())[0] for scale in SCALES)
    return next(str(text) for text in read if text)


def enter(desk: Any, code: str, kind: str = "custodian", **fields: Any) -> Any:
    body = {
        "code": code,
        "request_id": desk.request["id"],
        "pressed_at": desk.world.clock.now_ms(),
        "presser_id": desk.world.id("custodian"),
        "reviewer_id": desk.world.id("reviewer"),
        "copies": COPIES,
        "normal": COPIES,
        "seam": COPIES,
        **fields,
    }
    return desk.story.post(kind, "/paper-permits/entries", body)


def test_a_device_fails_and_paper_permits_serve(desk: Any, tmp_path: Path) -> None:
    problem(issue(desk, "custodian"), 403, "NOT_PERMITTED")
    first, second = ok(issue(desk, count=2), 201)
    code = code_on(desk, first)
    pem = desk.world.client("reviewer").get("/api/v1/paper-permits/key.pem").content
    assert read_code(code, PublicKey.from_pem(pem)).number == first["number"], "without the platform"
    openssl_verifies(tmp_path, pem, code)
    verdict = ok(desk.story.post("reviewer", "/paper-permits/verify", {"code": code}))
    assert (verdict["number"], verdict["valid_now"]) == (first["number"], True)
    early = desk.request["approved_at"] - 1 if desk.request.get("approved_at") else 0
    problem(enter(desk, code, pressed_at=early), 409, "PERMIT_EXPIRED")
    problem(enter(desk, code, "employee"), 403, "NOT_PERMITTED")
    problem(enter(desk, code, presser_id=desk.world.id("reviewer")), 409, "NOT_A_KEEPER")
    problem(enter(desk, code, reviewer_id=desk.world.id("employee")), 409, "NOT_A_KEEPER")
    problem(enter(desk, code, seam=COPIES + 1, spoiled=1), 409, "PERMIT_COUNT_EXCEEDED")
    problem(enter(desk, code, normal=COPIES + 1, seam=0), 409, "COUNT_EXCEEDED")
    desk.world.clock.advance(seconds=60)
    entered = ok(enter(desk, code, spoiled=1, remark="智能印章无法联网"), 201)
    assert (entered["status"], entered["use"]["spoiled"]) == ("entered", 1)
    assert desk.story.read(desk.request["id"])["status"] == "sealed"
    problem(enter(desk, code), 409, "PERMIT_USED")
    files = {"file": ("photo.jpg", (SAMPLES / "scan.jpg").read_bytes(), "image/jpeg")}
    address = f"/api/v1/paper-permits/{first['id']}/photos"
    photo = ok(desk.world.client("custodian").post(address, files=files), 201)
    assert desk.world.client("custodian").get(photo["url"]).status_code == 200
    [line] = desk.story.get("custodian", "/use-register")["items"]
    assert line["paper_permit_id"] == first["id"]
    back = ok(desk.story.post("custodian", "/paper-permits/returns", {"code": code_on(desk, second)}))
    assert back["status"] == "unused"


def test_what_is_neither_entered_nor_handed_back_is_an_alarm_once(desk: Any) -> None:
    [permit] = ok(issue(desk, days=1), 201)
    code = code_on(desk, permit)
    platform = desk.world.platform
    desk.world.clock.advance(seconds=DAY)
    desk.again("custodian", "administrator")
    problem(enter(desk, code), 409, "PERMIT_EXPIRED")
    assert notice_open_permits(platform) == 0
    desk.world.clock.advance(seconds=DAY)
    desk.again("administrator")
    assert (notice_open_permits(platform), notice_open_permits(platform)) == (1, 0)
    [alarm] = desk.story.get("administrator", "/alarms")["items"]
    assert (alarm["kind"], alarm["severity"]) == ("paper_permit_open", "critical")
    assert desk.story.get("administrator", "/paper-permits?status=overdue")["items"][0]["overdue"] is True


def test_a_code_that_this_organization_did_not_sign_is_refused(desk: Any) -> None:
    problem(enter(desk, "SYP1.a.b"), 422, "PERMIT_FORGED")
    [permit] = ok(issue(desk), 201)
    code = code_on(desk, permit)
    stated = PermitCode(permit["number"], "o", permit["seal_id"], 200, 0, 2**50)
    for text in (sign_code(stated, KEY), code + "=", code[:-4], "", "备用", code.replace(".", "..")):
        problem(enter(desk, text), 422, "PERMIT_FORGED")


CODES = st.builds(
    PermitCode, st.text(max_size=20), st.just("o" * 32), st.just("s" * 32), *[st.integers(0, 2**50)] * 3
)


@given(CODES, st.integers(0, 10_000), st.integers(1, 127))
def test_a_signed_code_reads_back_and_no_changed_character_does(code: PermitCode, at: int, by: int) -> None:
    text = sign_code(code, KEY)
    assert read_code(text, KEY.public_key) == code
    at %= len(text)
    other = chr((ord(text[at]) + by) % 128)
    with pytest.raises(UnreadableCode):
        read_code(text[:at] + other + text[at + 1 :], KEY.public_key)


@given(st.text(max_size=80))
def test_no_text_surfaces_as_anything_but_unreadable(text: str) -> None:
    for tried in (text, f"SYP1.{text}", f"SYP1.{text}.{text}"):
        with pytest.raises(UnreadableCode):
            read_code(tried, KEY.public_key)


def openssl_verifies(folder: Path, pem: bytes, code: str) -> None:
    """A program that we did not write finds the signature good."""
    signed, _, signature = code.rpartition(".")
    (folder / "key.pem").write_bytes(pem)
    (folder / "signed").write_text(signed)
    (folder / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    answer = subprocess.run(
        [
            "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3",
            "-in", "signed", "-sigfile", "signature", "-pkeyopt", "distid:1234567812345678",
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert "Verified Successfully" in answer.stdout, answer.stdout + answer.stderr


def test_what_nobody_could_look_at_is_shown_by_the_presser_when_he_enters_it(desk: Any) -> None:
    world = desk.world
    assess(world)
    govern(desk.story, "physical", {"face_check": True})
    request = desk.story.apply(**paper(desk.story))
    approve(desk.story, request["id"])
    [permit] = ok(issue(desk), 201)
    code = code_on(desk, permit)
    pressed = {"request_id": request["id"], "copies": 2, "normal": 2, "seam": 2}
    asked = problem(enter(desk, code, **pressed), 403, "STEP_UP_REQUIRED")["details"]
    assert (asked["subject"], asked["strength"]) == (permit["id"], "face")
    # Nobody else shows himself in his place, and one ordinary factor is not enough.
    problem(enter(desk, code, "administrator", **pressed), 409, "PRESSER_ENTERS")
    weak = world.step_up("custodian", asked["act"], permit["id"])
    problem(enter(desk, code, proof=weak, **pressed), 403, "STEP_UP_REQUIRED")
    proof = world.step_up("custodian", asked["act"], permit["id"], PASSWORD)
    assert ok(enter(desk, code, proof=proof, **pressed), 201)["status"] == "entered"
    query = select(EvidenceEntry.body).where(EvidenceEntry.kind == "custody.paper_permit_entered")
    body = world.platform.view(lambda work: work.session.scalars(query).one())
    assert set(json.loads(body)["facts"]["confirmed_with"]) == {"password", "totp"}
