"""Whose address the limits of the public pages count: that of the connection, unless a named proxy tells another."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from shuangyin.core.settings import Settings
from shuangyin.serve import server_config


def statuses(story: Any, trusted: list[str], tries: int = 31) -> list[int]:
    """What a caller on loopback gets who guesses codes under another forwarded address each time."""
    settings = Settings.model_validate(
        {**story.world.platform.settings.model_dump(), "trusted_proxies": trusted}
    )
    config = server_config(story.world.anonymous().app, settings)
    config.load()
    client = TestClient(config.loaded_app, client=("127.0.0.1", 50_000))
    return [
        client.get(f"/v/{number:022d}", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(tries)
    ]


def test_a_caller_on_loopback_cannot_choose_his_address(story: Any) -> None:
    assert statuses(story, []) == [404] * 30 + [429]


def test_a_proxy_that_is_not_the_named_one_is_not_believed(story: Any) -> None:
    assert statuses(story, ["192.0.2.7"]) == [404] * 30 + [429]


def test_the_named_proxy_is_believed(story: Any) -> None:
    assert statuses(story, ["127.0.0.1", "10.0.0.0/8"]) == [404] * 31


def test_everybody_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"trusted_proxies": ["*"]})
    monkeypatch.setenv("SHUANGYIN_TRUSTED_PROXIES", '["127.0.0.1"]')
    assert [str(one) for one in Settings().trusted_proxies] == ["127.0.0.1/32"]
