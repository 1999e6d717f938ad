"""A safe opens with what people confirm with elsewhere: a passkey, a message, a face; and with what a list asks for."""

from __future__ import annotations

from typing import Any

from agreeing import agree, assess
from drawn_faces import FIRST, take
from governed_papers import approve, govern, paper
from platform_world import PASSWORD, World, ok, problem
from software_passkey import SoftwarePasskey

ACT = "custody.confirm"


def passkey_of(world: World, kind: str) -> SoftwarePasskey:
    """A passkey of the person, registered over HTTP."""
    client = world.client(kind)
    proof = world.step_up(kind, "people.add_passkey", world.id(kind))
    options = ok(client.post("/api/v1/me/passkeys/options", json={"proof": proof}))["options"]
    key = SoftwarePasskey()
    ok(client.post("/api/v1/me/passkeys", json={"name": "钥匙", "answer": key.make(options)}), 201)
    return key


def answer_of(world: World, kind: str, key: SoftwarePasskey, opening_id: str) -> str:
    asked = {"act": ACT, "subject": opening_id}
    options = ok(world.client(kind).post("/api/v1/auth/step-up/passkey-options", json=asked))["options"]
    return key.sign(options)


def face_of(world: World, kind: str, opening_id: str) -> str:
    """The answer of the person's face for this opening; enrolled here."""
    client = world.client(kind)
    agree(client, "face")

    def shown(task: dict[str, Any]) -> Any:
        pictures = take(FIRST, task["turn"])
        files = [("pictures", (f"{at}.jpg", one, "image/jpeg")) for at, one in enumerate(pictures)]
        return ok(client.post(f"/api/v1/auth/face-checks/{task['check']}/pictures", files=files))["answer"]

    proof = world.step_up(kind, "people.enrol_face", world.id(kind))
    shown(ok(client.post("/api/v1/me/face", json={"proof": proof})))
    return str(shown(ok(client.post("/api/v1/auth/step-up/face", json={"act": ACT, "subject": opening_id}))))


def test_a_passkey_confirms_this_opening_and_no_other_person(desk: Any) -> None:
    world = desk.world
    key = passkey_of(world, "custodian")
    opening = ok(desk.ask(), 201)
    answer = answer_of(world, "custodian", key, opening["id"])
    of_another = {"method": "passkey", "code": answer, "account": "reviewer", "password": PASSWORD}
    path = f"/openings/{opening['id']}/confirm"
    problem(desk.story.post("custodian", path, of_another), 422, "OTHER_PERSONS_METHOD")
    for_another = answer_of(world, "custodian", key, "0" * 32)
    problem(
        desk.confirm(opening["id"], "custodian", method="passkey", code=for_another),
        403,
        "SECOND_FACTOR_WRONG",
    )
    ok(desk.confirm(opening["id"], "custodian", method="passkey", code=answer))
    problem(
        desk.confirm(opening["id"], "reviewer", method="passkey", code=answer), 403, "SECOND_FACTOR_WRONG"
    )
    assert ok(desk.confirm(opening["id"], "reviewer"))["status"] == "open"


def test_a_list_that_asks_for_a_face_gets_one_or_two_other_factors(desk: Any) -> None:
    world = desk.world
    assess(world)
    govern(desk.story, "physical", {"face_check": True})
    request = desk.story.apply(**paper(desk.story))
    approve(desk.story, request["id"])
    opening = ok(desk.ask(request_ids=[request["id"]]), 201)
    asked = problem(desk.confirm(opening["id"], "custodian"), 403, "STEP_UP_REQUIRED")
    assert asked["details"]["strength"] == "face"
    answer = face_of(world, "custodian", opening["id"])
    ok(desk.confirm(opening["id"], "custodian", method="face", code=answer))
    # Who agreed to nothing has the other way.
    assert ok(desk.confirm(opening["id"], "reviewer", password=PASSWORD))["status"] == "open"
