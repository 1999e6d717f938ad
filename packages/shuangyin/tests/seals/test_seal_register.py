"""The seal register over HTTP: making, importing, putting into force, suspending, showing."""

from __future__ import annotations

import io
from typing import Any

import gmssl_pyx
import pytest
from issued_seal import Issued
from PIL import Image, ImageDraw
from platform_world import ORGANIZATION, World, ok, problem
from sqlalchemy import select

from gmseal.ses.seal import read_seal
from gmseal.sm.keys import PrivateKey
from shuangyin.core.platform import Platform
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.seals.models import ESealMaterial, Seal, TrialAuthority
from shuangyin.seals.pictures import same_picture

pytestmark = pytest.mark.database_full

FILED = {
    "filing_no": "京公备2026000001",
    "filing_authority": "北京市公安局海淀分局",
    "filed_at": 1_793_000_000_000,
}


def physical(world: World, **fields: Any) -> dict[str, Any]:
    body = {"category": "legal_name", "seal_code": "1101080000123", **FILED, **fields}
    return dict(ok(world.client("administrator").post("/api/v1/seals/physical", json=body), 201))


def trial(world: World, **fields: Any) -> dict[str, Any]:
    body = {"category": "contract", "keeper_person_id": world.id("custodian"), **fields}
    return dict(ok(world.client("administrator").post("/api/v1/seals/trial", json=body), 201))


def act(world: World, seal_id: str, name: str, kind: str = "administrator") -> Any:
    world.clock.advance(seconds=1)
    return world.client(kind).post(f"/api/v1/seals/{seal_id}/{name}", json={"reason": "例行"})


def test_a_trial_seal_mirrors_its_physical_counterpart_and_says_that_it_is_a_trial_one(
    world: World, platform: Platform
) -> None:
    original = physical(world, keeper_person_id=world.id("custodian"))
    assert (original["name"], original["ga_type"], original["width_mm"]) == (ORGANIZATION, "01", 40.0)
    made = trial(world, category=None, counterpart_id=original["id"])
    assert (made["origin"], made["status"], made["name"]) == ("trial", "draft", ORGANIZATION)
    assert made["counterpart"] == {"id": original["id"], "name": ORGANIZATION, "medium": "physical"}
    assert made["certificate"]["trial"] is True
    with platform.database.read_session() as session:
        material = session.scalars(select(ESealMaterial)).one()
        authority = session.scalars(select(TrialAuthority)).one()
    structure = read_seal(material.seal_der)
    assert structure.trial
    assert (structure.name, structure.picture.width_mm) == (ORGANIZATION, 40)
    # The maker's signature, judged by an implementation that is not ours.
    point = structure.maker.public_key.point[-64:]
    assert gmssl_pyx.sm2_verify(point, structure.raw_info, structure.signature, b"1234567812345678")
    assert b"PRIVATE" not in material.wrapped_key
    assert material.certificate_der not in authority.root_wrapped_key


def test_only_one_legal_name_seal_of_a_medium_is_in_force(world: World) -> None:
    first = physical(world, keeper_person_id=world.id("custodian"))
    second = physical(world, keeper_person_id=world.id("custodian"))
    ok(act(world, first["id"], "activate"))
    problem(act(world, second["id"], "activate"), 409, "SEAL_SLOT_TAKEN")
    ok(act(world, first["id"], "suspend"))
    ok(act(world, second["id"], "activate"))
    problem(act(world, first["id"], "resume"), 409, "SEAL_SLOT_TAKEN")


def test_a_number_of_a_business_seal_is_in_force_once_per_medium(world: World) -> None:
    numbered = {"category": "contract", "seal_code": None, "keeper_person_id": world.id("custodian")}
    first, second, third = (physical(world, **numbered, sequence_number=number) for number in (1, 1, 2))
    ok(act(world, first["id"], "activate"))
    refused = problem(act(world, second["id"], "activate"), 409, "SEAL_SLOT_TAKEN")
    assert "(1)" in refused["detail"]
    ok(act(world, third["id"], "activate"))
    ok(act(world, trial(world, sequence_number=1)["id"], "activate"))
    ok(act(world, first["id"], "suspend"))
    ok(act(world, second["id"], "activate"))


def test_a_seal_needs_keeper_and_filing_before_it_is_in_force(world: World) -> None:
    admin = world.client("administrator")
    seal = physical(world, filing_no=None, filing_authority=None, filed_at=None)
    problem(act(world, seal["id"], "activate"), 409, "SEAL_KEEPER_MISSING")
    path = f"/api/v1/seals/{seal['id']}"
    problem(admin.put(f"{path}/keeper", json={"person_id": world.id("employee")}), 409, "NOT_A_KEEPER")
    world.clock.advance(seconds=1)
    kept = ok(admin.put(f"{path}/keeper", json={"person_id": world.id("custodian")}))
    assert kept["keeper"]["name"] == "王岚"
    problem(act(world, seal["id"], "activate"), 409, "SEAL_NOT_FILED")
    ok(admin.put(f"{path}/filing", json=FILED))
    active = ok(act(world, seal["id"], "activate"))
    assert active["status"] == "in_force"
    assert [event["kind"] for event in active["events"]] == [
        "activated",
        "filing_set",
        "keeper_set",
        "registered",
    ]
    problem(act(world, seal["id"], "activate"), 409, "SEAL_STATUS")


@pytest.mark.parametrize(
    "code", ["110108000001", "110108000000123", "1101080000O01", "１１０１０８０００００１２", ""]
)
def test_a_seal_code_of_a_wrong_form_is_refused_wherever_it_is_stated(world: World, code: str) -> None:
    """13 digits, 14 where a place uses them: when a seal is registered, and in the step that makes one."""
    admin = world.client("administrator")
    refused = problem(
        admin.post("/api/v1/seals/physical", json={**FILED, "category": "legal_name", "seal_code": code}),
        422,
        "INVALID_INPUT",
    )
    wrong = {("body.seal_code", "string_pattern_mismatch")}
    assert {(one["field"], one["type"]) for one in refused["details"]["fields"]} == wrong
    assert ok(admin.get("/api/v1/seals"))["items"] == []
    seal = physical(world, seal_code="11010800000012")
    assert seal["seal_code"] == "11010800000012"
    step = {"act": "make", "details": {"seal_code": code}, "evidence_ids": []}
    refused = problem(admin.post(f"/api/v1/seals/{seal['id']}/steps", json=step), 422, "INVALID_INPUT")
    wrong = {("body.details.seal_code", "string_pattern_mismatch")}
    assert {(one["field"], one["type"]) for one in refused["details"]["fields"]} == wrong


def test_a_stale_version_is_refused(world: World) -> None:
    seal = physical(world, keeper_person_id=world.id("custodian"))
    admin = world.client("administrator")
    old = {"If-Match": f'"{seal["version"]}"'}
    change = {"filing_no": "京公备2026000002"}
    ok(admin.put(f"/api/v1/seals/{seal['id']}/filing", json=change, headers=old))
    again = admin.post(f"/api/v1/seals/{seal['id']}/activate", json={}, headers=old)
    problem(again, 412, "STALE_VERSION")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"width_mm": 46, "height_mm": 46}, "SEAL_SIZE"),
        ({"category": "invoice", "width_mm": 38, "height_mm": 30}, "SEAL_SIZE"),
    ],
)
def test_sizes_that_the_rules_exclude_are_refused(world: World, fields: dict[str, Any], code: str) -> None:
    body = {"category": "legal_name", **FILED, **fields}
    response = world.client("administrator").post("/api/v1/seals/physical", json=body)
    problem(response, 409, code)
    assert ok(world.client("administrator").get("/api/v1/seals"))["items"] == []


def test_an_unusual_size_is_allowed_with_a_remark(world: World) -> None:
    seal = physical(world, width_mm=42, height_mm=42)
    assert "40" in seal["remarks"][0]["zh"]


def test_a_face_that_cannot_be_drawn_is_refused_and_leaves_nothing(world: World, platform: Platform) -> None:
    body = {"category": "contract", "face_text": "北京\U0002ebf0有限公司"}
    problem(world.client("administrator").post("/api/v1/seals/trial", json=body), 422, "FACE_GLYPH")
    with platform.database.read_session() as session:
        assert session.scalars(select(Seal)).all() == []
        assert session.scalars(select(TrialAuthority)).all() == []


def test_only_who_may_manage_seals_changes_them_but_the_keeper_may_suspend(world: World) -> None:
    seal = trial(world)
    for kind in ("employee", "custodian", "auditor"):
        problem(act(world, seal["id"], "activate", kind), 403, "NOT_PERMITTED")
    ok(act(world, seal["id"], "activate"))
    problem(act(world, seal["id"], "suspend", "employee"), 403, "NOT_PERMITTED")
    assert ok(act(world, seal["id"], "suspend", "custodian"))["status"] == "suspended"
    problem(act(world, seal["id"], "resume", "custodian"), 403, "NOT_PERMITTED")
    problem(world.anonymous().get(f"/api/v1/seals/{seal['id']}"), 401, "UNAUTHENTICATED")


def test_previews_carry_a_watermark_and_turn_grey_when_suspended(world: World) -> None:
    seal = trial(world, keeper_person_id=world.id("custodian"))
    client = world.client("employee")
    ok(act(world, seal["id"], "activate"))
    png = client.get(f"/api/v1/seals/{seal['id']}/picture.png").content
    colours = _colours(png)
    assert any(red > green + 60 for red, green, _ in colours)
    ok(act(world, seal["id"], "suspend"))
    grey = _colours(client.get(f"/api/v1/seals/{seal['id']}/picture.png").content)
    assert all(abs(red - green) < 20 for red, green, _ in grey)
    svg = client.get(f"/api/v1/seals/{seal['id']}/picture.svg")
    assert 'width="40mm"' in svg.text
    # A physical seal without a specimen shows the standard face of its kind.
    bare = physical(world)
    assert client.get(f"/api/v1/seals/{bare['id']}/picture.png").headers["content-type"] == "image/png"


def test_every_change_leaves_evidence_without_free_text(world: World, platform: Platform) -> None:
    seal = trial(world)
    ok(act(world, seal["id"], "activate"))
    with platform.database.read_session() as session:
        entries = session.scalars(
            select(EvidenceEntry).where(EvidenceEntry.subject_id == seal["id"]).order_by(EvidenceEntry.id)
        ).all()
    assert [entry.kind for entry in entries] == ["seals.made", "seals.activated"]
    assert all("例行" not in entry.body and ORGANIZATION not in entry.body for entry in entries)


def test_the_trial_root_is_public_and_one_for_the_installation(world: World) -> None:
    empty = world.anonymous().get("/api/v1/trust/roots.pem")
    assert empty.status_code == 200
    assert empty.content == b""
    trial(world)
    trial(world, category="finance")
    pem = world.anonymous().get("/api/v1/trust/roots.pem").text
    assert pem.count("BEGIN CERTIFICATE") == 1


def test_an_issued_seal_is_imported_with_its_filed_imprint(world: World) -> None:
    issued = Issued(world)
    admin = world.client("administrator")
    seal = ok(issued.post(admin, world.id("custodian")), 201)
    assert (seal["origin"], seal["es_id"], seal["has_specimen"]) == ("issued", "11010800000000000001", True)
    assert ok(act(world, seal["id"], "activate"))["status"] == "in_force"
    problem(issued.post(admin, world.id("custodian")), 409, "E_SEAL_KNOWN")


def test_a_picture_that_was_only_stored_anew_is_the_same_picture(world: World) -> None:
    issued = Issued(world)
    out = io.BytesIO()
    Image.open(io.BytesIO(issued.specimen)).convert("RGBA").save(out, "PNG", compress_level=1)
    assert out.getvalue() != issued.specimen
    ok(issued.post(world.client("administrator"), world.id("custodian"), specimen=out.getvalue()), 201)


def test_imports_that_do_not_fit_together_are_refused_and_leave_nothing(
    world: World, platform: Platform
) -> None:
    issued = Issued(world)
    admin = world.client("administrator")
    keeper = world.id("custodian")
    image = Image.open(io.BytesIO(issued.specimen)).convert("RGBA")
    ImageDraw.Draw(image).rectangle((200, 200, 204, 204), fill=(181, 32, 42, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    problem(issued.post(admin, keeper, specimen=out.getvalue()), 409, "PICTURE_DIFFERS")
    problem(issued.post(admin, keeper, seal=issued.seal[:-1]), 422, "E_SEAL_UNUSABLE")
    problem(issued.post(admin, keeper, seal=b"no seal"), 422, "E_SEAL_UNUSABLE")
    problem(issued.post(admin, keeper, key=PrivateKey.generate().to_pkcs8_pem()), 422, "E_SEAL_UNUSABLE")
    altered = bytearray(issued.seal)
    altered[-5] ^= 1
    problem(issued.post(admin, keeper, seal=bytes(altered)), 422, "E_SEAL_UNUSABLE")
    problem(Issued(world, trial=True).post(admin, keeper), 409, "TRIAL_SEAL")
    problem(Issued(world, name="北京别家有限公司").post(admin, keeper), 409, "SEAL_OF_ANOTHER")
    assert ok(admin.get("/api/v1/seals"))["items"] == []
    with platform.database.read_session() as session:
        assert session.scalars(select(ESealMaterial)).all() == []


def test_pictures_are_compared_by_what_they_show() -> None:
    def png(pixel: tuple[int, int, int, int], level: int) -> bytes:
        image = Image.new("RGBA", (3, 3), (255, 255, 255, 0))
        image.putpixel((1, 1), pixel)
        out = io.BytesIO()
        image.save(out, "PNG", compress_level=level)
        return out.getvalue()

    assert same_picture(png((181, 32, 42, 255), 0), png((181, 32, 42, 255), 9))
    assert not same_picture(png((181, 32, 42, 255), 0), png((181, 32, 43, 255), 0))
    assert not same_picture(png((181, 32, 42, 255), 0), b"not a picture")


def _colours(png: bytes) -> list[tuple[int, int, int]]:
    raw = Image.open(io.BytesIO(png)).convert("RGBA").tobytes()
    pixels = {tuple(raw[at : at + 4]) for at in range(0, len(raw), 4)}
    return [(red, green, blue) for red, green, blue, alpha in pixels if alpha > 200]
