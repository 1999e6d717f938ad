"""A custody desk: a safe that holds the official seal, and an approved physical request. Fixtures `desk_begun`, `desk`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from platform_fixtures import Founded, carry_on
from platform_world import World, ok
from request_story import SAMPLES, Story, begin

COPIES = 4
POINTS = ("text_matches", "date_filled", "no_blank", "signature_line")
"""What is looked at before a press."""


@dataclass
class Desk:
    """The custody desk of an organization."""

    story: Story
    safe_id: str
    request: dict[str, Any]

    @property
    def world(self) -> World:
        return self.story.world

    @property
    def seal_id(self) -> str:
        return self.story.seals["official"]

    def ask(self, kind: str = "custodian", **fields: Any) -> Any:
        """Ask to open the safe, whatever comes out."""
        body = {
            "safe_id": self.safe_id,
            "reviewer_id": self.world.id("reviewer"),
            "request_ids": [self.request["id"]],
            **fields,
        }
        return self.story.post(kind, "/openings", body)

    def confirm(self, opening_id: str, kind: str, **fields: Any) -> Any:
        code = fields.pop("code", None) or self.world.code(kind)
        body = {"method": "totp", "code": code, **fields}
        return self.story.post(kind, f"/openings/{opening_id}/confirm", body)

    def open(self) -> dict[str, Any]:
        """An opening that both have confirmed."""
        opening = ok(self.ask(), 201)
        ok(self.confirm(opening["id"], "custodian"))
        return dict(ok(self.confirm(opening["id"], "reviewer")))

    def check(self, opening_id: str, kind: str = "custodian", **fields: Any) -> Any:
        """Check the paper before it is pressed: every point holds unless said otherwise."""
        body = {"request_id": self.request["id"], **dict.fromkeys(POINTS, True), **fields}
        return self.story.post(kind, f"/openings/{opening_id}/checks", body)

    def press(self, opening_id: str, kind: str = "custodian", headers: Any = None, **fields: Any) -> Any:
        """Register a press, after the paper was checked; whatever comes out."""
        self.check(opening_id, kind, request_id=fields.get("request_id", self.request["id"]))
        body = {"request_id": self.request["id"], "seal_id": self.seal_id, "copies": COPIES, **fields}
        return self.story.post(kind, f"/openings/{opening_id}/presses", body, **(headers or {}))

    def photograph(self, opening_id: str, content: bytes | None = None, **fields: str) -> Any:
        content = (SAMPLES / "scan.jpg").read_bytes() if content is None else content
        files = {"file": ("photo.jpg", content, "image/jpeg")}
        client = self.world.client("custodian")
        return client.post(f"/api/v1/openings/{opening_id}/photos", files=files, data=fields)

    def photograph_each_copy(self, opening_id: str, use_id: str, copies: int = COPIES) -> None:
        """The photos of the stamped copies that the rule for financing contracts asks for."""
        for _ in range(copies):
            ok(self.photograph(opening_id, use_id=use_id, moment="document"), 201)

    def close(self, opening_id: str, kind: str = "custodian", **fields: Any) -> Any:
        body = {"returned_seal_ids": [self.seal_id], **fields}
        return self.story.post(kind, f"/openings/{opening_id}/close", body)

    def again(self, *kinds: str) -> None:
        """These persons sign in anew after a long time."""
        for kind in kinds:
            member = self.world.members[kind]
            member.client = self.world.sign_in(member)

    def another_request(self) -> dict[str, Any]:
        """A further approved request for the physical seal."""
        return approved(self.story)


def approved(story: Story) -> dict[str, Any]:
    """A financing contract, approved for the physical official seal."""
    line = story.line(
        "official", presses_applied=COPIES, seam_presses=COPIES, placements=[], seam=None, qr=None
    )
    request = story.apply(
        title="融资租赁合同",
        document_kind="financing_contract",
        amount_minor=300_000_000,
        copies=COPIES,
        medium="physical",
        seals=[line],
        document_version_ids=[story.upload(name="financing-contract.pdf")],
    )
    story.approve(request["id"])
    return story.read(request["id"])


@pytest.fixture(scope="session")
def desk_begun(tmp_path_factory: pytest.TempPathFactory, founded: Founded) -> Iterator[Founded]:
    """The world with a custody desk in it."""
    with carry_on(founded, tmp_path_factory.mktemp("desk"), set_up) as begun:
        yield begun


@pytest.fixture
def desk(world: World, desk_begun: Founded) -> Desk:
    found: Desk = desk_begun.begun_again(world)
    return found


def set_up(world: World) -> Desk:
    """The seal in its place in the safe, and a request that asks for it."""
    story = begin(world)
    safe = {"name": "一号保险柜", "place": "302 室", "custodian_id": world.id("custodian")}
    safe_id = ok(story.post("administrator", "/safes", safe), 201)["id"]
    place = {"seal_id": story.seals["official"], "slot": "第 1 格"}
    ok(story.post("administrator", f"/safes/{safe_id}/seals", place))
    return Desk(story, safe_id, approved(story))
