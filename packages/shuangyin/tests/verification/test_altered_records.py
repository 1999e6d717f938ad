"""Records of uses that were altered or invented in the database: not shown, not proven, and named by the audit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from platform_world import ok, problem
from sqlalchemy import text

from shuangyin.core.ids import new_token
from shuangyin.core.platform import Platform
from shuangyin.evidence.auditing import Difference, audit
from shuangyin.evidence.models import LogProblem
from shuangyin.sealing.models import SealUse
from shuangyin.sealing.rules import token_digest

BUNDLE = "/api/v1/seal-uses/{}/evidence-bundle"
SENTENCES = {"zh": "不符，请勿采信", "en": "does not agree with the log and is not to be relied on"}
INVENTED = "f" * 32


@pytest.fixture
def use(story: Any) -> dict[str, Any]:
    """A true use in the log."""
    [found] = story.sealed()["uses"]
    story.world.settle()
    return dict(found)


def path_of(use: dict[str, Any]) -> str:
    return str(use["verification_url"]).removeprefix("http://localhost:8600")


def alter(platform: Platform, sql: str, **values: Any) -> None:
    """Change the database past the platform."""
    with platform.database.writer.begin() as connection:
        assert connection.execute(text(sql), values).rowcount > 0


def invent(platform: Platform, use: dict[str, Any], **columns: Any) -> str:
    """Copy a use under another id, number and token, with the entry of the true one; the new token."""
    token = new_token()
    given = {
        "id": INVENTED, "number": "印-2026-9999", "position": 99, "token": token,
        "token_digest": token_digest(token), **columns,
    }  # fmt: skip

    def copy(work: Any) -> None:
        row = work.session.get_one(SealUse, use["id"])
        values = {column.name: getattr(row, column.name) for column in SealUse.__table__.columns}
        work.session.add(SealUse(**values | given))

    platform.transact(copy)
    return token


def problems(platform: Platform) -> list[str]:
    return platform.view(lambda work: [one.code for one in work.session.query(LogProblem)])


def differences(platform: Platform) -> list[Difference]:
    return list(audit(platform).differences)


def refused(story: Any, token: str, use_id: str) -> None:
    """The page says so in both languages, and there is no bundle."""
    client = story.world.anonymous()
    for language, sentence in SENTENCES.items():
        for address in (f"/v/{token}", f"/v/{token}/evidence-bundle"):
            answer = client.get(address, params={"lang": language})
            assert answer.status_code == 409
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert sentence in answer.text
            assert 'class="verdict bad"' in answer.text
    problem(story.world.client("employee").get(BUNDLE.format(use_id)), 409, "RECORD_DISAGREES")
    assert problems(story.world.platform) == ["log.audit_differs"]


def test_an_invented_use_is_neither_shown_nor_proven(
    story: Any, use: dict[str, Any], platform: Platform
) -> None:
    token = invent(platform, use)
    refused(story, token, INVENTED)
    # The true one stays what it was, without the invented one beside it.
    answer = story.world.anonymous().get(path_of(use))
    assert answer.status_code == 200
    assert "印-2026-9999" not in answer.text
    assert story.world.client("employee").get(BUNDLE.format(use["id"])).status_code == 200


def test_the_digest_of_an_invented_use_is_not_called_registered(
    story: Any, use: dict[str, Any], platform: Platform
) -> None:
    invent(platform, use, document_sm3="a" * 64)
    answer = story.world.anonymous().get("/verify", params={"digest": "a" * 64, "lang": "zh"})
    assert answer.status_code == 409
    assert SENTENCES["zh"] in answer.text
    assert story.world.anonymous().get("/verify", params={"digest": use["document_sm3"]}).status_code == 200


def test_the_audit_names_an_invented_use_and_whose_entry_it_borrows(
    story: Any, use: dict[str, Any], platform: Platform
) -> None:
    assert differences(platform) == []
    invent(platform, use)
    [found] = differences(platform)
    assert found.what == "fact"
    assert f"seal_use {INVENTED}" in found.en
    assert f"entry {found.index}, which it names, is not its own" in found.en
    entry = ok(
        story.world.client("auditor").get("/api/v1/evidence/entries", params={"kind": "sealing.sealed"})
    )
    assert found.index == entry["items"][0]["log_index"]
    assert problems(platform) == ["log.audit_differs"]


COPIED = ("approval_decision", "authority_grant", "document_version", "seal")


def test_rows_without_an_entry_of_their_own_are_named(
    story: Any, use: dict[str, Any], platform: Platform
) -> None:
    assert use
    story.grant_automatic_sealing()
    story.world.settle()
    unique = {"id": INVENTED, "slot": "another", "number": 77, "in_force_slot": None, "es_id": None}
    with platform.database.writer.begin() as connection:
        for table in COPIED:
            query = text(f"SELECT * FROM {table} ORDER BY id LIMIT 1")
            row = dict(connection.execute(query).mappings().one())
            row |= {name: value for name, value in unique.items() if name in row}
            places = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)
    found = {one.en.partition(":")[0] for one in differences(platform)}
    assert found == {f"{table} {INVENTED}" for table in COPIED}


ALTERED = {
    "status": "voided",
    "presses": json.dumps({"normal": 9, "seam": 0, "cover": 0, "spoiled": 0}),
    "authority": json.dumps({"basis": "grant", "grant_id": "b" * 32}),
    "executed_by": "c" * 32,
    "seal_facts": json.dumps({"name": "北京另一家有限公司合同专用章"}),
    "number": "印-2026-8888",
    "seal_status": "suspended",
    "document_sm3": "d" * 64,
}


def test_an_altered_use_is_refused_and_named(story: Any, use: dict[str, Any], platform: Platform) -> None:
    with platform.database.writer.begin() as connection:
        facts = connection.execute(text("SELECT seal_facts FROM seal_use WHERE id = :id"), {"id": use["id"]})
        filed = json.loads(facts.scalar_one()) | {"filing_no": "京公备2026999999"}
    for column, value in (*ALTERED.items(), ("seal_facts", json.dumps(filed))):
        with platform.database.writer.begin() as connection:
            query = text(f"SELECT {column} FROM seal_use WHERE id = :id")
            before = connection.execute(query, {"id": use["id"]}).scalar_one()
        change = f"UPDATE seal_use SET {column} = :value WHERE id = :id"
        alter(platform, change, value=value, id=use["id"])
        answer = story.world.anonymous().get(path_of(use), params={"lang": "zh"})
        assert (answer.status_code, SENTENCES["zh"] in answer.text) == (409, True), column
        [found] = [one for one in differences(platform) if "SealUse" in one.en]
        assert f"SealUse.{column}" in found.en
        alter(platform, change, value=before, id=use["id"])
    assert problems(platform) == ["log.audit_differs"]
    assert differences(platform) == []
    assert story.world.anonymous().get(path_of(use)).status_code == 200


def test_an_altered_approval_is_named(use: dict[str, Any], platform: Platform) -> None:
    assert use
    altered = {"decided_at": 1_700_000_000_000, "seen": '["x"]', "second_factor": "none"}
    for column, value in altered.items():
        with platform.database.writer.begin() as connection:
            rows = text(f"SELECT id, {column} FROM approval_decision")
            before = {row[0]: row[1] for row in connection.execute(rows)}
        alter(platform, f"UPDATE approval_decision SET {column} = :value", value=value)
        found = differences(platform)
        assert len(found) == len(before)
        assert all(f"ApprovalDecision.{column} is not what was recorded" in one.en for one in found)
        for row_id, kept in before.items():
            alter(
                platform,
                f"UPDATE approval_decision SET {column} = :kept WHERE id = :id",
                kept=kept,
                id=row_id,
            )
    assert differences(platform) == []


REQUEST = {
    "amount_minor": 1,
    "counterparty_name": "北京另一家有限公司",
    "document_kind": "other_contract",
    "copies": 9,
}
SEAL = {
    "name": "北京另一家有限公司合同专用章",
    "status": "suspended",
    "es_id": "SYTother",
    "filing_no": "京公备9999999999",
    "filed_at": 1,
    "valid_until": 9_000_000_000_000,
    "medium": "physical",
    "keeper_person_id": None,
}


def test_an_altered_request_or_seal_is_named(story: Any, use: dict[str, Any], platform: Platform) -> None:
    """The latest entry counts: what was filed later is not what an earlier entry lacks."""
    client = story.world.client("administrator")
    seal = f"/api/v1/seals/{story.seal_id}"
    filing = {
        "filing_no": "京公备2026000007",
        "filing_authority": "北京市公安局海淀分局",
        "filed_at": 1_790_000_000_000,
    }
    for body in ({**filing, "filing_no": "京公备2026000001"}, filing):
        story.world.clock.advance(seconds=0.001)
        ok(client.put(f"{seal}/filing", json=body))
    story.world.clock.advance(seconds=0.001)
    keeper = {"person_id": story.world.id("custodian")}
    ok(client.put(f"{seal}/keeper", json=keeper))
    story.world.settle()
    assert differences(platform) == []
    tables = (
        ("use_request", REQUEST, "UseRequest is not what was approved", use["request_id"]),
        ("seal", SEAL, "Seal.{} is not what", story.seal_id),
    )
    for table, columns, sentence, row_id in tables:
        for column, value in columns.items():
            with platform.database.writer.begin() as connection:
                query = text(f"SELECT {column} FROM {table} WHERE id = :id")
                before = connection.execute(query, {"id": row_id}).scalar_one()
            change = f"UPDATE {table} SET {column} = :value WHERE id = :id"
            alter(platform, change, value=value, id=row_id)
            found = differences(platform)
            assert any(sentence.format(column) in one.en for one in found), (column, found)
            alter(platform, change, value=before, id=row_id)
    assert differences(platform) == []
