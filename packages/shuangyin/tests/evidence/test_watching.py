"""Who watches the log: its state, audits on demand, and the alarm when history was changed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import Story
from sqlalchemy import text

from evidencelog.cosignature import Cosigner
from shuangyin.core.platform import Platform
from shuangyin.evidence.problems import note_problem
from shuangyin.workbench.rules import ProblemFact, log_alert

STATE = "/api/v1/evidence/log"
AUDITS = "/api/v1/evidence/audits"


def state(world: World, kind: str = "auditor") -> dict[str, Any]:
    return dict(ok(world.client(kind).get(STATE)))


def audited(world: World) -> dict[str, Any]:
    """Ask for an audit and let the worker do it; the outcome."""
    run = ok(world.client("auditor").post(AUDITS), 202)
    assert state(world)["running_audit"]["id"] == run["id"]
    world.settle()
    done = ok(world.client("auditor").get(f"{AUDITS}/runs/{run['id']}"))
    assert done["state"] == "done"
    assert done["done"] == done["total"] > 0
    outcomes = ok(world.client("auditor").get(AUDITS))["items"]
    assert outcomes[0]["id"] == done["audit_id"]
    return dict(outcomes[0])


def alter(platform: Platform, sql: str) -> None:
    """Change the database as somebody does who owns it: past the platform and without its rules."""

    def command(work):  # type: ignore[no-untyped-def]
        for statement in sql.split(";"):
            work.session.execute(text(statement))

    platform.transact(command)


@pytest.mark.database_full
class TestState:
    def test_heads_keys_and_no_problems(self, world: World) -> None:
        world.settle()
        found = state(world)
        assert found["size"] > 0
        assert found["pending"] == 0
        assert len(found["vkeys"]) == 2
        assert found["twin"]["origin"] == found["origin"] + "/sm3"
        assert found["twin"]["size"] > 0
        assert (found["witnesses"], found["problems"], found["last_audit"]) == ([], [], None)

    def test_witnesses_and_what_is_wrong_with_them(self, world: World) -> None:
        vkey = Cosigner.generate("witness.example/one").verifier.vkey
        world.platform.settings.log_witnesses.append(f"https://witness.example={vkey}")
        try:
            world.settle()
            world.platform.transact(
                lambda work: note_problem(
                    work, "witness:witness.example/one", "witness.unreachable", "见证方无响应", "It is silent"
                )
            )
            (witness,) = state(world)["witnesses"]
        finally:
            world.platform.settings.log_witnesses.clear()
        assert (witness["url"], witness["last_size"], witness["behind"]) == (
            "https://witness.example",
            None,
            True,
        )
        assert witness["problem"]["code"] == "witness.unreachable"

    def test_is_for_those_who_watch(self, world: World) -> None:
        for kind in ("auditor", "administrator", "legal_representative"):
            state(world, kind)
        problem(world.client("employee").get(STATE), 403, "NOT_PERMITTED")
        problem(world.client("legal_representative").post(AUDITS), 403, "NOT_PERMITTED")


@pytest.mark.database_full
class TestAudits:
    def test_an_untouched_log_is_clean_and_the_audit_is_evidence_itself(
        self, story: Story, world: World
    ) -> None:
        story.apply()
        world.settle()
        outcome = audited(world)
        assert (outcome["differences"], outcome["findings"]) == (0, [])
        assert outcome["checked_facts"] > 0
        assert state(world)["last_audit"]["differences"] == 0
        entries = ok(
            world.client("auditor").get("/api/v1/evidence/entries", params={"kind": "evidence.audited"})
        )["items"]
        assert [entry["actor_name"] for entry in entries] == ["孙静"]

    def test_asking_twice_makes_one(self, world: World) -> None:
        key = {"Idempotency-Key": "a" * 16}
        first = ok(world.client("auditor").post(AUDITS, headers=key), 202)
        again = ok(world.client("auditor").post(AUDITS, headers=key), 202)
        other = ok(world.client("administrator").post(AUDITS), 202)
        assert first["id"] == again["id"] == other["id"]

    def test_an_altered_approval_is_named_and_alarms_those_who_watch(
        self, story: Story, world: World
    ) -> None:
        request = story.apply()
        story.approve(request["id"])
        world.settle()
        alter(world.platform, "UPDATE approval_decision SET comment = '同意，金额以附件为准'")
        outcome = audited(world)
        named = {one["entry_id"] for one in outcome["findings"]}
        decided = ok(
            world.client("auditor").get("/api/v1/evidence/entries", params={"kind": "approvals.decided"})
        )["items"]
        assert named == {entry["id"] for entry in decided}
        assert {one["what"] for one in outcome["findings"]} == {"fact"}
        (shown,) = state(world)["problems"]
        assert (shown["subject"], shown["code"]) == ("audit", "log.audit_differs")
        for kind in ("auditor", "administrator", "legal_representative"):
            first = ok(world.client(kind).get("/api/v1/workbench"))["seals"][0]
            assert (first["level"], first["link"]) == ("danger", "/evidence/state")
        others = ok(world.client("employee").get("/api/v1/workbench"))["seals"]
        assert "/evidence/state" not in {one["link"] for one in others}


def test_an_altered_entry_is_named_and_its_path_no_longer_holds(story: Story, world: World) -> None:
    if world.platform.settings.database_url:
        pytest.skip("the rules of the other database are dropped in other words")
    story.apply()
    world.settle()
    client = world.client("auditor")
    params = {"kind": "requests.submitted"}
    entry = ok(client.get("/api/v1/evidence/entries", params=params))["items"][0]
    assert ok(client.get(f"/api/v1/evidence/entries/{entry['id']}"))["path"]["holds"] is True
    alter(
        world.platform,
        "DROP TRIGGER evidence_entry_no_update; "
        f"UPDATE evidence_entry SET body = replace(body, 'submitted', 'submittee') WHERE id = '{entry['id']}'",
    )
    assert ok(client.get(f"/api/v1/evidence/entries/{entry['id']}"))["path"]["holds"] is False
    findings = audited(world)["findings"]
    assert (findings[0]["index"], findings[0]["entry_id"]) == (entry["log_index"], entry["id"])
    assert {one["what"] for one in findings} >= {"entry", "columns"}


@pytest.mark.parametrize(
    ("subject", "blocking", "level"),
    [
        ("audit", False, "danger"),
        ("log", False, "danger"),
        ("witness:one", True, "danger"),
        ("witness:one", False, "warning"),
        ("anchor:chain", False, "warning"),
    ],
)
def test_how_grave_a_problem_is(subject: str, blocking: bool, level: str) -> None:  # a table
    assert log_alert(ProblemFact(subject, "甲", "a", blocking)).level == level
