"""Electronic sealing end to end: the file that comes out, and who may make it when."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hiring import hire
from platform_world import ORGANIZATION, World, problem
from sqlalchemy import select

from gmseal.pdf import verify_pdf
from gmseal.report import Verdict
from gmseal.ses.signature import read_signature
from gmseal.trust import TrustStore, split_certificates
from shuangyin.core.clock import to_datetime
from shuangyin.core.platform import Platform
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.sealing.models import SealUse

pytestmark = pytest.mark.database_full

DEFAULT_ID = "1234567812345678"


def roots(world: World) -> TrustStore:
    pem = world.anonymous().get("/api/v1/trust/roots.pem").content
    return TrustStore.of(split_certificates(pem, "roots"))


def run(*command: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(part) for part in command], capture_output=True, check=False)


@pytest.mark.database
def test_a_sealed_contract_is_accepted_by_programs_that_are_not_ours(story: Any, tmp_path: Path) -> None:
    original = (Path(__file__).parents[4] / "samples" / "contract.pdf").read_bytes()
    request = story.sealed(original)
    [use] = request["uses"]
    sealed = story.file_of(use)
    assert sealed.startswith(original), "sealing only ever appends"
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)

    report = verify_pdf(path, roots(story.world), to_datetime(story.world.clock.now_ms()))
    assert report.verdict is Verdict.VALID
    assert (report.signatures[0].seal_name, report.signatures[0].trial) == (f"{ORGANIZATION}合同专用章", True)
    assert report.sm3 == use["document_sm3"]

    checked = run("qpdf", "--check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listed = run("pdfsig", path).stdout.decode("utf-8", "replace")
    assert re.search(r"Signed Ranges: \[0 - \d+\], \[\d+ - \d+\]", listed), listed
    assert f"{len(sealed)}]" in listed

    check_with_openssl(path, tmp_path)


def check_with_openssl(path: Path, folder: Path) -> None:
    """The digest of the byte range is what was signed, and the SM2 value over DER(toSign) is good."""
    with pikepdf.open(path) as pdf:
        field = pdf.Root["/AcroForm"]["/Fields"][0]["/V"]
        start, length, second, rest = (int(number) for number in field["/ByteRange"])
        value = bytes(field["/Contents"])
    data = path.read_bytes()
    covered = data[start : start + length] + data[second : second + rest]
    signature = read_signature(value[: _der_length(value)])
    assert signature.data_hash == hashlib.new("sm3", covered).digest()
    (folder / "tbs").write_bytes(signature.raw_tbs)
    (folder / "sig").write_bytes(signature.signature)
    (folder / "cert.der").write_bytes(signature.certificate)
    public = run("openssl", "x509", "-inform", "DER", "-in", folder / "cert.der", "-pubkey", "-noout")
    (folder / "public.pem").write_bytes(public.stdout)
    judged = run(
        "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / "public.pem", "-rawin",
        "-digest", "sm3", "-in", folder / "tbs", "-sigfile", folder / "sig", "-pkeyopt", f"distid:{DEFAULT_ID}",
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout + judged.stderr


def _der_length(value: bytes) -> int:
    if value[1] < 0x80:
        return 2 + value[1]
    count = value[1] & 0x7F
    return 2 + count + int.from_bytes(value[2 : 2 + count], "big")


def test_marks_stand_where_they_were_put_and_the_code_leads_to_the_public_page(
    story: Any, tmp_path: Path
) -> None:
    request = story.sealed()
    [use] = request["uses"]
    path = tmp_path / "sealed.pdf"
    path.write_bytes(story.file_of(use))
    millimetre = 72 / 25.4
    with pikepdf.open(path) as pdf:
        [seal, qr, *seam] = sorted(
            (
                [float(side) / millimetre for side in annotation["/Rect"]]
                for annotation in pdf.pages[0]["/Annots"]
            ),
            key=lambda box: box[2] - box[0],
            reverse=True,
        )
        every_page = [len(page.get("/Annots", [])) for page in pdf.pages]
    assert seal == pytest.approx([120, 297 - 240, 160, 297 - 200], abs=0.2)
    assert qr[2] - qr[0] >= 15, "the code with its quiet zone"
    assert len(seam) == 1
    assert every_page == [3, 1, 1, 1], "a slice of the seam on every page"
    url = use["verification_url"]
    assert len(url) <= 52
    assert re.fullmatch(r"http://localhost:8600/v/[A-Za-z0-9_-]{22}", url)
    answer = story.world.anonymous().get(url.removeprefix("http://localhost:8600"))
    assert answer.status_code == 200


def test_the_original_stays_and_the_sealed_file_is_a_new_version(story: Any) -> None:
    request = story.sealed()
    [use] = request["uses"]
    document = story.get("employee", f"/documents/{use['document_id']}")
    first, second = document["versions"]
    assert (first["origin"], second["origin"]) == ("uploaded", "sealed")
    assert second["parent_id"] == first["id"]
    assert second["file_name"].endswith("（已盖章）.pdf")
    assert (use["source_sm3"], use["document_sm3"]) == (first["sm3"], second["sm3"])
    kinds = [item["kind"] for item in request["timeline"]]
    assert "sealing.sealed" in kinds


@pytest.mark.database
def test_sealing_again_changes_nothing(story: Any, platform: Platform) -> None:
    request = story.sealed()
    again = story.seal(request["id"])
    assert again["made"] == 0
    assert [use["id"] for use in again["uses"]] == [use["id"] for use in request["uses"]]
    with platform.database.read_session() as session:
        assert len(session.scalars(select(SealUse)).all()) == 1
        assert len(session.scalars(select(DocumentVersion)).all()) == 2


@pytest.mark.database
def test_a_grant_lets_the_platform_seal_by_itself_once_approved(story: Any) -> None:
    grant = story.grant_automatic_sealing()
    request_id = story.approved()
    story.world.settle()
    request = story.get("employee", f"/requests/{request_id}")
    assert request["status"] == "sealed"
    [use] = story.uses_of(request_id)
    assert (use["grant_id"], use["presser"], use["authority_valid"]) == (grant["id"], None, True)


def test_without_grant_the_platform_leaves_the_seal_to_its_keeper(story: Any) -> None:
    request_id = story.approved()
    story.world.settle()
    assert story.get("employee", f"/requests/{request_id}")["status"] == "approved"
    story.seal(request_id)
    assert story.uses_of(request_id)[0]["presser"]["name"] == "王岚"


def test_only_the_keeper_seals_and_only_with_his_second_factor(story: Any) -> None:
    request_id = story.approved()
    world: World = story.world
    for kind in ("employee", "department_head", "legal_representative", "reviewer", "administrator"):
        refused = world.client(kind).post(f"/api/v1/requests/{request_id}/seal", json={})
        problem(refused, 403, "NOT_PERMITTED")
    world.clock.advance(seconds=11 * 60)
    refused = world.client("custodian").post(f"/api/v1/requests/{request_id}/seal", json={})
    body = problem(refused, 403, "STEP_UP_REQUIRED")
    assert body["details"] == {"act": "sealing.execute", "subject": request_id, "strength": "window"}
    story.seal(request_id)


def test_no_approval_no_seal(story: Any) -> None:
    request = story.apply()
    refused = story.press(request["id"])
    assert refused.status_code in (404, 409), refused.text
    assert story.get("employee", f"/requests/{request['id']}")["uses"] == []


def test_a_suspended_or_expired_seal_seals_nothing(story: Any) -> None:
    request_id = story.approved()
    story.post("administrator", f"/seals/{story.seal_id}/suspend", {"reason": "核查"})
    problem(story.press(request_id), 409, "SEAL_NOT_IN_FORCE")
    story.post("administrator", f"/seals/{story.seal_id}/resume")
    story.seal(request_id)
    assert story.get("employee", f"/requests/{request_id}")["status"] == "sealed"


@pytest.mark.database
def test_rows_that_were_changed_after_approval_stop_the_sealing(story: Any, platform: Platform) -> None:
    request_id = story.approved()
    with platform.database.write_session() as session, session.begin():
        line = session.scalars(select(RequestSeal).where(RequestSeal.request_id == request_id)).one()
        line.placements = json.dumps([{"page": 1, "x_mm": 10, "y_mm": 10}])
    problem(story.press(request_id), 409, "BINDING_CHANGED")
    with platform.database.write_session() as session, session.begin():
        # Whoever also writes the new binding into the request still lacks an approval of it.
        request = session.get_one(UseRequest, request_id)
        request.binding = "0" * 64
    problem(story.press(request_id), 409, "BINDING_CHANGED")
    assert story.get("employee", f"/requests/{request_id}")["uses"] == []


def test_what_a_rule_refuses_a_job_is_recorded_and_left_to_people(story: Any, platform: Platform) -> None:
    story.grant_automatic_sealing()
    request_id = story.approved()
    story.post("administrator", f"/seals/{story.seal_id}/suspend", {"reason": "核查"})
    story.world.settle()
    assert story.get("employee", f"/requests/{request_id}")["status"] == "approved"
    with platform.database.read_session() as session:
        entry = session.scalars(select(EvidenceEntry).where(EvidenceEntry.kind == "sealing.not_sealed")).one()
    assert json.loads(entry.body)["facts"]["code"] == "SEAL_NOT_IN_FORCE"
    said = stop_of(story.get("employee", f"/requests/{request_id}"))
    assert "印章当时已停用" in said
    assert "保管人" in said, "who can act"


def stop_of(request: dict[str, Any]) -> str:
    """What the timeline says of automatic sealing that was refused once."""
    (said,) = (one["zh"] for one in request["timeline"] if one["kind"] == "sealing.not_sealed")
    return str(said)


def test_what_a_freeze_alone_held_up_is_sealed_when_it_is_lifted(story: Any) -> None:
    story.grant_automatic_sealing()
    organization = story.get("employee", "/me")["organization"]["id"]
    proof = story.world.step_up("legal_representative", "seals.freeze_all", organization)
    frozen = story.post("legal_representative", "/seals/freeze", {"reason": "疑似盗用", "proof": proof})
    held_up, ended = story.approved(), story.approved(duplicate_reason="另一份")
    story.world.settle()
    for request_id in (held_up, ended):
        request = story.get("custodian", f"/requests/{request_id}")
        assert (request["status"], request["actions"]) == ("approved", ["seal"])
        assert "冻结" in stop_of(request)
    assert {one["request_id"] for one in story.get("custodian", "/seal-uses/waiting")} == {held_up, ended}
    # What else forbids the use is judged anew and told.
    story.post("employee", f"/requests/{ended}/withdraw")
    proof = story.world.step_up("legal_representative", "seals.lift_freeze", frozen["current"]["id"])
    story.post("legal_representative", "/seals/freeze/lift", {"reason": "已核实", "proof": proof})
    story.world.settle()
    assert story.get("employee", f"/requests/{held_up}")["status"] == "sealed"
    assert story.get("employee", f"/requests/{ended}")["status"] == "withdrawn"
    assert story.get("custodian", "/seal-uses/waiting") == []


def test_a_file_signed_by_others_keeps_their_signature(story: Any, tmp_path: Path) -> None:
    signed = (Path(__file__).parents[4] / "samples" / "signed-by-others.pdf").read_bytes()
    line = story.line(seam=None, placements=[{"page": 0, "x_mm": 120, "y_mm": 200}])
    request = story.sealed(signed, seals=[line])
    sealed = story.file_of(request["uses"][0])
    assert sealed.startswith(signed)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    listed = run("pdfsig", path).stdout.decode("utf-8", "replace")
    assert listed.count("Signature #") == 2
    assert "Signature is Valid" in listed
    report = verify_pdf(path, roots(story.world), to_datetime(story.world.clock.now_ms()))
    assert sorted(one.kind for one in report.signatures) == ["cms", "seal"]
    assert report.verdict is Verdict.VALID


def test_several_seals_in_one_go_are_signatures_of_their_own(story: Any, tmp_path: Path) -> None:
    second = story.make_seal("contract", sequence_number=2)
    lines = [
        story.line(),
        story.line(second, seam=None, qr=None, placements=[{"page": 3, "x_mm": 80.0, "y_mm": 220.0}]),
    ]
    request = story.sealed(seals=lines)
    uses = request["uses"]
    assert len(uses) == 2
    assert uses[0]["sealed_version_id"] == uses[1]["sealed_version_id"], "one version carries both"
    assert uses[0]["verification_url"] != uses[1]["verification_url"]
    path = tmp_path / "sealed.pdf"
    path.write_bytes(story.file_of(uses[0]))
    report = verify_pdf(path, roots(story.world), to_datetime(story.world.clock.now_ms()))
    assert report.verdict is Verdict.VALID
    assert [one.seal_name for one in report.signatures] == [
        f"{ORGANIZATION}合同专用章",
        f"{ORGANIZATION}合同专用章(2)",
    ]
    assert run("qpdf", "--check", path).returncode == 0


def test_keepers_of_different_seals_put_them_on_one_after_the_other(story: Any, tmp_path: Path) -> None:
    hire(story.world, "second_custodian", "custodian", "何平")
    second = story.make_seal(
        "contract", sequence_number=2, keeper_person_id=story.world.id("second_custodian")
    )
    lines = [
        story.line(),
        story.line(second, seam=None, qr=None, placements=[{"page": 3, "x_mm": 80.0, "y_mm": 220.0}]),
    ]
    request_id = story.approved(seals=lines)
    assert story.seal(request_id)["made"] == 1
    assert story.get("employee", f"/requests/{request_id}")["status"] == "approved"
    problem(story.press(request_id), 403, "NOT_THE_KEEPER")
    assert story.seal(request_id, "second_custodian")["made"] == 1
    assert story.get("employee", f"/requests/{request_id}")["status"] == "sealed"
    first, last = story.uses_of(request_id)
    assert (first["sealed_version_number"], last["sealed_version_number"]) == (2, 3)
    assert story.file_of(last).startswith(story.file_of(first))
    path = tmp_path / "sealed.pdf"
    path.write_bytes(story.file_of(last))
    report = verify_pdf(path, roots(story.world), to_datetime(story.world.clock.now_ms()))
    assert report.verdict is Verdict.VALID
    assert len(report.signatures) == 2


@pytest.mark.database
def test_seal_uses_are_seen_by_those_they_concern(story: Any) -> None:
    request = story.sealed()
    [use] = request["uses"]
    # The administrator may void a use, so he sees it.
    for kind in ("employee", "custodian", "auditor", "legal_representative", "administrator"):
        assert [one["id"] for one in story.get(kind, "/seal-uses")["items"]] == [use["id"]], kind
        assert story.get(kind, f"/seal-uses/{use['id']}")["number"] == use["number"]
    hire(story.world, "colleague", "employee", "郑安")
    assert story.get("colleague", "/seal-uses")["items"] == []
    problem(story.world.client("colleague").get(f"/api/v1/seal-uses/{use['id']}"), 404, "NOT_FOUND")


def test_the_log_can_find_a_use_by_its_token_but_does_not_give_the_token_away(
    story: Any, platform: Platform
) -> None:
    request = story.sealed()
    token = request["uses"][0]["verification_url"].rsplit("/", 1)[-1]
    with platform.database.read_session() as session:
        entry = session.scalars(select(EvidenceEntry).where(EvidenceEntry.kind == "sealing.sealed")).one()
        everything = [one.body for one in session.scalars(select(EvidenceEntry))]
    assert json.loads(entry.body)["facts"]["token_sm3"] == hashlib.new("sm3", token.encode()).hexdigest()
    assert not any(token in body for body in everything)
