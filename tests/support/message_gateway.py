"""A short-message gateway that is a server of its own, joined to a platform as its settings would."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from agreeing import agree
from platform_world import World, ok

from shuangyin.connectors.sms import configured_sms
from shuangyin.connectors.standins.sms import StandInSms
from shuangyin.core.settings import Settings
from shuangyin.people.sms_port import SmsGateway

PHONE = "13800000123"


@contextlib.contextmanager
def joined_gateway(world: World, *, timeout_seconds: float = 1, **more: str) -> Iterator[StandInSms]:
    """The stand-in and the platform that knows it; `more` are further fields of the setting."""
    with StandInSms(slow_s=5) as standin:
        wanted: dict[str, object] = {
            "url": standin.address,
            "key_id": "standin",
            "sign_name": "双印",
            "template": "SMS_1",
            "timeout_seconds": timeout_seconds,
            **more,
        }
        ports: Any = world.platform.ports
        ports[SmsGateway] = configured_sms(Settings(sms_gateway=wanted, _env_file=None), world.clock)
        yield standin


def newest(gateway: StandInSms) -> str:
    """The code of the newest message."""
    return str(json.loads(str(gateway.messages[-1]["text"]))["code"])


def with_phone(world: World, gateway: StandInSms, kind: str = "employee", phone: str = PHONE) -> None:
    """The person has confirmed his number, some time ago."""
    client = world.client(kind)
    agree(client, "phone")
    body = {"phone": phone, "proof": world.step_up(kind, "people.set_phone", world.id(kind))}
    ok(client.post("/api/v1/me/phone", json=body), 202)
    ok(client.post("/api/v1/me/phone/confirm", json={"phone": phone, "code": newest(gateway)}))
    world.clock.advance(seconds=61)
