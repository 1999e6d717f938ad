"""Finding entries by what people know, and the path of one entry as others can recompute it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from platform_world import World, ok, problem
from request_story import Story
from sqlalchemy import select

from evidencelog.proof import parse_proof
from evidencelog.tree import verify_inclusion
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.paths import ranges_of_path

pytestmark = pytest.mark.database_full

ENTRIES = "/api/v1/evidence/entries"


def found(world: World, who: str, **wanted: Any) -> list[dict[str, Any]]:
    return list(ok(world.client(who).get(ENTRIES, params=wanted))["items"])


def version(world: World, version_id: str) -> tuple[str, str]:
    """SM3 and SHA-256 of a document version."""
    query = select(DocumentVersion.sm3, DocumentVersion.sha256).where(DocumentVersion.id == version_id)
    return world.platform.view(lambda work: tuple(work.session.execute(query).one()))


class TestSearch:
    def test_by_either_digest_of_a_document(self, world: World, story: Story) -> None:
        request = story.apply()
        sm3, sha256 = version(world, request["documents"][0]["document_version_id"])
        by_sm3, by_sha256 = (found(world, "auditor", digest=one) for one in (sm3, sha256.upper()))
        assert by_sm3 == by_sha256
        kinds = {entry["kind"] for entry in by_sm3}
        assert {"documents.uploaded", "requests.submitted"} <= kinds
        assert {entry["subject_id"] for entry in by_sm3 if entry["subject_type"] == "request"} == {
            request["id"]
        }
        assert found(world, "auditor", digest="0" * 64) == []

    def test_by_number_seal_person_kind_time_and_place(self, world: World, story: Story) -> None:
        request = story.apply()
        world.settle()
        everything = found(world, "auditor", limit=200)
        of_request = found(world, "auditor", number=request["number"])
        assert of_request
        assert {entry["subject_name"] for entry in of_request} == {request["number"]}
        of_seal = found(world, "auditor", seal_id=story.seals["contract"])
        assert {entry["subject_type"] for entry in of_seal} == {"seal", "request"}
        of_person = found(world, "auditor", person_id=world.id("employee"), limit=200)
        assert {entry["actor_name"] for entry in of_person if entry["subject_type"] == "request"} == {"李然"}
        submitted = found(world, "auditor", kind="requests.submitted")
        assert [entry["subject_id"] for entry in submitted] == [request["id"]]
        at = submitted[0]["recorded_at"]
        same_moment = found(world, "auditor", since=at, until=at + 1, limit=200)
        assert submitted[0] in same_moment
        assert len(same_moment) < len(everything)
        assert found(world, "auditor", log_index=submitted[0]["log_index"]) == submitted

    def test_pages_do_not_repeat_or_lose(self, world: World, story: Story) -> None:
        story.apply()
        everything = [entry["id"] for entry in found(world, "auditor", limit=200)]
        paged: list[str] = []
        page = ok(world.client("auditor").get(ENTRIES, params={"limit": 7}))
        while True:
            paged += [entry["id"] for entry in page["items"]]
            if page["next_cursor"] is None:
                break
            params = {"limit": 7, "cursor": page["next_cursor"]}
            page = ok(world.client("auditor").get(ENTRIES, params=params))
        assert paged == everything

    def test_others_find_what_they_may_read_and_nothing_else(self, world: World, story: Story) -> None:
        request = story.apply()
        sm3, _ = version(world, request["documents"][0]["document_version_id"])
        mine = found(world, "employee", digest=sm3)
        assert {entry["subject_id"] for entry in mine if entry["subject_type"] == "request"} == {
            request["id"]
        }
        assert found(world, "reviewer", digest=sm3) == []
        assert found(world, "reviewer", number=request["number"]) == []
        own = found(world, "employee", person_id=world.id("employee"))
        assert {entry["subject_id"] for entry in own} == {world.id("employee")}
        assert found(world, "employee", person_id=world.id("custodian")) == []
        problem(world.client("employee").get(ENTRIES), 403, "NOT_PERMITTED")
        problem(
            world.client("employee").get(ENTRIES, params={"kind": "people.signed_in"}), 403, "NOT_PERMITTED"
        )

    @pytest.mark.parametrize("digest", ["", "abc", "0" * 63, "g" * 64, "0" * 65])
    def test_only_a_whole_digest_is_one(self, world: World, digest: str) -> None:
        assert world.client("auditor").get(ENTRIES, params={"digest": digest}).status_code == 422


class TestDetail:
    def test_its_path_leads_to_the_signed_root_by_other_code(self, world: World, story: Story) -> None:
        story.apply()
        world.settle()
        shown = found(world, "auditor", kind="requests.submitted")[0]
        detail = ok(world.client("auditor").get(f"{ENTRIES}/{shown['id']}"))
        path = detail["path"]
        proof = parse_proof(world.client("auditor").get(f"{ENTRIES}/{shown['id']}/proof").content)
        assert path["holds"] is True
        assert proof.index == path["index"] == shown["log_index"]
        assert [step["sibling"]["hash"] for step in path["steps"]] == [one.hex() for one in proof.hashes]
        leaf = hashlib.sha256(b"\x00" + detail["body"].encode()).digest()
        assert path["leaf"]["hash"] == leaf.hex()
        verify_inclusion(
            leaf,
            path["index"],
            path["size"],
            [bytes.fromhex(step["sibling"]["hash"]) for step in path["steps"]],
            bytes.fromhex(path["root"]),
        )
        assert path["steps"][-1]["parent"] == {"first": 0, "count": path["size"], "hash": path["root"]}
        assert {(one["role"], one["algorithm"]) for one in path["signers"]} == {
            ("log", "ed25519"),
            ("log", "sm2"),
        }
        twin = detail["twin_path"]
        assert twin["holds"] is True
        assert twin["leaf"]["hash"] == hashlib.new("sm3", b"\x00" + detail["body"].encode()).hexdigest()
        assert json.loads(detail["body"])["id"] == shown["id"]

    def test_who_may_not_read_the_subject_does_not_see_it(self, world: World, story: Story) -> None:
        story.apply()
        entry = found(world, "auditor", kind="requests.submitted")[0]
        assert ok(world.client("employee").get(f"{ENTRIES}/{entry['id']}"))["actor_name"] == "李然"
        problem(world.client("reviewer").get(f"{ENTRIES}/{entry['id']}"), 404, "NOT_FOUND")

    def test_before_the_log_has_it_there_is_no_path(self, world: World, story: Story) -> None:
        story.apply()
        entry = found(world, "auditor", kind="requests.submitted")[0]
        detail = ok(world.client("auditor").get(f"{ENTRIES}/{entry['id']}"))
        assert (detail["log_index"], detail["path"], detail["twin_path"]) == (None, None, None)


@pytest.mark.parametrize("size", range(1, 40))
def test_ranges_of_a_path_and_the_leaf_cover_the_tree_once(size: int) -> None:
    for index in range(size):
        covered = [index]
        for _, first, count in ranges_of_path(index, size):
            covered += range(first, first + count)
        assert sorted(covered) == list(range(size))
