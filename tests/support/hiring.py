"""More people for the world of tests, who join and leave the way an administrator lets them."""

from __future__ import annotations

from typing import Any

from httpx2 import Response
from platform_world import PASSWORD, Member, World, ok

from shuangyin.core.actor import Actor


def hire(world: World, key: str, kind: str, name: str, *, department_id: str | None = None) -> Member:
    """A further person on a post of this kind, reached as `world.client(key)`; signs in when first asked."""
    admin = world.client("administrator")
    account = key.replace("_", "-")
    body = {"name": name, "account": account, "department_id": department_id or world.department_id}
    added = ok(admin.post("/api/v1/persons", json=body))
    member = Member(kind, account, added["person"]["id"])
    world.members[key] = member
    post = next(one for one in ok(admin.get("/api/v1/posts"))["items"] if one["kind"] == kind)
    ok(admin.post(f"/api/v1/persons/{member.id}/posts", json={"post_id": post["id"]}))
    one_time = added["one_time_password"]
    member.client = world.sign_in(member, one_time)
    change = {"current_password": one_time, "new_password": PASSWORD}
    ok(member.client.put("/api/v1/me/password", json=change))
    return member


def leave(world: World, person_id: str, **body: Any) -> Response:
    """Let a person leave, whatever comes out."""
    world.clock.advance(seconds=30)
    proof = world.step_up("administrator", "people.leave", person_id)
    path = f"/api/v1/persons/{person_id}/leave"
    return world.client("administrator").post(path, json={"proof": proof, **body})


def actor_of(world: World, key: str) -> Actor:
    """The person as commands see him, with a second factor of this instant."""
    me = ok(world.client(key).get("/api/v1/me"))
    return Actor(
        organization_id=me["organization"]["id"],
        person_id=me["person"]["id"],
        name=me["person"]["name"],
        permissions=frozenset(me["permissions"]),
        second_factor_at=world.clock.now_ms(),
    )
