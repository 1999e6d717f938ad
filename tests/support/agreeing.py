"""Consent as a person gives it over HTTP, and the assessment without which sensitive purposes are closed."""

from __future__ import annotations

from fastapi.testclient import TestClient
from platform_world import World, ok

ASSESSMENT = {
    "purpose": "face",
    "necessity": "仅在场景清单要求人脸核验时使用，其他方式均可替代，必要性成立。",
    "risks": "特征泄露后无法更换；照片、录像可能骗过核验。",
    "measures": "加密保存、本机比对、不存画面、始终提供替代方式、一年到期删除。",
}


def agree(client: TestClient, purpose: str) -> None:
    """Read the notice of a purpose and agree to it."""
    mine = ok(client.get("/api/v1/me/privacy"))
    version = next(one["version"] for one in mine["purposes"] if one["code"] == purpose)
    ok(client.post("/api/v1/me/consents", json={"purpose": purpose, "version": version}))


def assess(world: World) -> None:
    """The administrator records the assessment of face checks."""
    ok(world.client("administrator").post("/api/v1/privacy/assessments", json=ASSESSMENT), 201)
