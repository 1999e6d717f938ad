"""Face checks over HTTP with the real models: the own face, another's, a photo, nobody, two; the heads are invented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from agreeing import agree, assess
from drawn_faces import FIRST, SECOND, nobody, picture, take, together
from hiring import leave
from platform_world import PASSWORD, World, ok, problem
from sqlalchemy import select
from tampering import Altered, require_named, require_untouched

from shuangyin.evidence.models import EvidenceEntry
from shuangyin.people.factors import FACE_OR_TWO, TWO_FACTORS
from shuangyin.people.privacy import delete_expired
from shuangyin.people.privacy_models import DataDeletion, FaceTemplate

pytestmark = pytest.mark.database_full

KIND = "custodian"
ACT, SUBJECT = "people.create_token", "日报"


def show(world: World, check: str, pictures: Sequence[bytes], kind: str = KIND) -> Any:
    files = [("pictures", (f"{at}.jpg", one, "image/jpeg")) for at, one in enumerate(pictures)]
    return world.client(kind).post(f"/api/v1/auth/face-checks/{check}/pictures", files=files)


def enrol(world: World, kind: str = KIND, head: Any = FIRST) -> None:
    client = world.client(kind)
    agree(client, "face")
    proof = world.step_up(kind, "people.enrol_face", world.id(kind))
    task = ok(client.post("/api/v1/me/face", json={"proof": proof}))
    assert ok(show(world, task["check"], take(head, task["turn"]), kind))["answer"] is None


def asked(world: World, subject: str = SUBJECT, kind: str = KIND) -> Any:
    return world.client(kind).post("/api/v1/auth/step-up/face", json={"act": ACT, "subject": subject})


def confirm(world: World, subject: str = SUBJECT, **more: Any) -> Any:
    return world.client(KIND).post("/api/v1/auth/step-up", json={"act": ACT, "subject": subject, **more})


def test_nothing_is_enrolled_without_assessment_consent_and_a_second_factor(world: World) -> None:
    client = world.client(KIND)
    mine = ok(client.get("/api/v1/me/privacy"))["purposes"]
    face = next(one for one in mine if one["code"] == "face")
    assert face["sensitive"]
    assert "动态口令" in face["otherwise"]["zh"]
    body = {"purpose": "face", "version": face["version"]}
    problem(client.post("/api/v1/me/consents", json=body), 409, "NOT_ASSESSED")
    assess(world)
    problem(client.post("/api/v1/me/face", json={}), 403, "CONSENT_REQUIRED")
    stale = {"purpose": "face", "version": "2019-01"}
    problem(client.post("/api/v1/me/consents", json=stale), 409, "NOTICE_CHANGED")
    agree(client, "face")
    problem(client.post("/api/v1/me/face", json={}), 403, "STEP_UP_REQUIRED")
    problem(asked(world), 404, "NO_FACE_ENROLLED")


def test_the_own_face_confirms_one_act_once(world: World) -> None:
    assess(world)
    enrol(world)
    assert ok(world.client(KIND).get("/api/v1/me"))["has_face"]
    task = ok(asked(world))
    answer = ok(show(world, task["check"], take(FIRST, task["turn"])))["answer"]
    problem(show(world, task["check"], take(FIRST, task["turn"])), 401, "FACE_CHECK_ENDED")
    problem(confirm(world, "周报", method="face", code=answer), 403, "SECOND_FACTOR_WRONG")
    proof = ok(confirm(world, method="face", code=answer))["proof"]
    problem(confirm(world, method="face", code=answer), 403, "SECOND_FACTOR_WRONG")
    body = {"name": SUBJECT, "scopes": ["seals.read"], "proof": proof}
    ok(world.client(KIND).post("/api/v1/me/tokens", json=body), 201)
    # Another person's check is not there for anybody else.
    other = ok(asked(world))
    problem(show(world, other["check"], take(FIRST, other["turn"]), "reviewer"), 401, "FACE_CHECK_ENDED")
    world.clock.advance(seconds=121)
    problem(show(world, other["check"], take(FIRST, other["turn"])), 401, "FACE_CHECK_ENDED")


def test_another_a_photo_nobody_and_two_do_not_pass(world: World) -> None:
    assess(world)
    enrol(world)
    task = ok(asked(world))
    other_side = "left" if task["turn"] == "right" else "right"
    for pictures, status, code in (
        (take(SECOND, task["turn"]), 403, "FACE_DIFFERS"),
        ([picture(FIRST)] * 4, 409, "FACE_NOT_TURNED"),
        (take(FIRST, other_side), 409, "FACE_NOT_TURNED"),
        ([picture(FIRST), nobody()], 409, "FACE_NONE"),
        ([picture(FIRST), together()], 409, "FACE_SEVERAL"),
    ):
        problem(show(world, task["check"], pictures), status, code)
    # Five tries are the end of a check, whoever comes then.
    problem(show(world, task["check"], take(FIRST, task["turn"])), 401, "FACE_CHECK_ENDED")
    # Somebody else steps in for the turn; what is no picture; too few.
    task = ok(asked(world))
    mixed = [picture(FIRST), take(SECOND, task["turn"])[-1]]
    problem(show(world, task["check"], mixed), 409, "FACE_SEVERAL")
    problem(show(world, task["check"], [picture(FIRST), b"no picture"]), 409, "FACE_UNREADABLE")
    problem(show(world, task["check"], [picture(FIRST)]), 422, "FACE_PICTURES")
    kinds = world.platform.view(lambda work: list(work.session.scalars(select(EvidenceEntry.kind))))
    assert kinds.count("people.second_factor_refused") == 1


def test_a_wrong_face_counts_like_a_wrong_code(world: World) -> None:
    assess(world)
    enrol(world)
    for _ in range(5):
        task = ok(asked(world))
        problem(show(world, task["check"], take(SECOND, task["turn"])), 403, "FACE_DIFFERS")
    task = ok(asked(world))
    problem(show(world, task["check"], take(FIRST, task["turn"])), 429, "SECOND_FACTOR_LOCKED")


def test_withdrawal_leaving_and_expiry_delete_the_template_with_proof(world: World) -> None:
    assess(world)
    enrol(world)
    client = world.client(KIND)
    task = ok(asked(world))
    answer = ok(show(world, task["check"], take(FIRST, task["turn"])))["answer"]
    deletion = ok(client.delete("/api/v1/me/consents/face"))["deletion"]
    assert (deletion["purpose"], deletion["reason"], deletion["rows"]) == ("face", "withdrawn", 1)
    proof = client.get(f"/api/v1/deletions/{deletion['id']}/proof")
    assert proof.content.startswith(b"%PDF-")
    stranger = world.client("reviewer").get(f"/api/v1/deletions/{deletion['id']}/proof")
    problem(stranger, 404, "NOT_FOUND")
    problem(confirm(world, method="face", code=answer), 403, "SECOND_FACTOR_WRONG")
    problem(client.delete("/api/v1/me/consents/face"), 404, "NOT_FOUND")
    assert stored(world) == 0
    enrol(world)
    enrol(world, "employee", SECOND)
    ok(leave(world, world.id("employee")))
    assert stored(world) == 1
    world.clock.advance(seconds=366 * 86400)
    delete_expired(world.platform)
    assert stored(world) == 0
    reasons = world.platform.view(lambda work: list(work.session.scalars(select(DataDeletion.reason))))
    assert sorted(reasons) == ["expired", "left", "withdrawn"]
    require_untouched(world.platform)
    person = world.id("auditor")
    altered = [
        Altered("consent", "person_id", person, "Consent.person_id"),
        Altered("consent", "ended_at", None, "Consent.ended_at"),
        Altered("data_deletion", "rows", 9, "DataDeletion.rows"),
        Altered("data_deletion", "reason", "reset", "DataDeletion.reason"),
        Altered("impact_assessment", "measures", "无", "ImpactAssessment"),
        Altered("impact_assessment", "keep_until", 1, "ImpactAssessment.keep_until"),
    ]
    require_named(world.platform, "people.", altered)


def test_nothing_biometric_leaves_the_wrapped_template(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assess(world)
    enrol(world)
    task = ok(asked(world))
    problem(show(world, task["check"], take(SECOND, task["turn"])), 403, "FACE_DIFFERS")

    def kept(work: Any) -> tuple[bytes, list[str]]:
        row = work.session.scalars(select(FaceTemplate)).one()
        plain = work.keyring.unwrap(row.organization_id, f"face:{row.person_id}", row.template)
        assert plain not in row.template
        entries = work.session.scalars(select(EvidenceEntry).where(EvidenceEntry.kind.like("people.%")))
        return plain, [str(vars(entry)) for entry in entries]

    plain, entries = world.platform.view(kept)
    assert len(plain) == 512
    said = caplog.text + "".join(capsys.readouterr()) + "".join(entries)
    for secret in (plain[:16].hex(), str(plain[:12])[2:-1], "likeness", "0.38"):
        assert secret not in said


def test_message_and_face_are_two_factors_and_a_face_has_always_an_alternative(world: World) -> None:
    assert {"sms,face", "face,sms", "password,face", "totp,face"} <= set(TWO_FACTORS)
    assert {"totp,sms", "passkey,totp", "recovery_code,face"}.isdisjoint(TWO_FACTORS)
    assert {"face", "password,totp", "password,passkey", "sms,face"} <= set(FACE_OR_TWO)
    assert {"totp", "sms", "passkey", "recovery_code"}.isdisjoint(FACE_OR_TWO)
    assess(world)
    enrol(world)
    task = ok(asked(world))
    answer = ok(show(world, task["check"], take(FIRST, task["turn"])))["answer"]
    wrong = {"method": "totp", "code": "000000"}
    problem(confirm(world, method="face", code=answer, also=wrong), 403, "SECOND_FACTOR_WRONG")
    task = ok(asked(world))
    answer = ok(show(world, task["check"], take(FIRST, task["turn"])))["answer"]
    right = {"method": "totp", "code": world.code(KIND)}
    ok(confirm(world, method="face", code=answer, also=right))
    stepped = world.platform.view(
        lambda work: [
            str(vars(one))
            for one in work.session.scalars(
                select(EvidenceEntry).where(EvidenceEntry.kind == "people.stepped_up")
            )
        ]
    )
    assert stepped
    assert PASSWORD not in "".join(stepped)


def stored(world: World) -> int:
    return len(world.platform.view(lambda work: list(work.session.scalars(select(FaceTemplate.person_id)))))
