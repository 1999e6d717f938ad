"""A stand-in for a short-message gateway: it takes messages, keeps them where a test can read them, and sends none."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote_plus

from shuangyin.connectors.standins.faults import Fault
from shuangyin.connectors.standins.json_server import JsonStandIn, Reply

_NEEDED = ("AccessKeyId", "OutId", "PhoneNumbers", "SignName", "Signature", "TemplateCode", "TemplateParam")


class StandInSms(JsonStandIn):
    """Knows the key `standin` with the secret `standin`. `GET /messages` shows the newest ones."""

    secret = "standin"  # noqa: S105  # it proves nothing

    def __init__(self, port: int = 0, *, slow_s: float | None = None) -> None:
        super().__init__(port, slow_s=slow_s)
        self.messages: list[dict[str, object]] = []

    def reply(self, method: str, path: list[str], body: Mapping[str, object]) -> Reply:
        if method == "GET" and path == ["messages"]:
            return HTTPStatus.OK, {"messages": self.messages[-50:]}
        if method != "POST" or path:
            return HTTPStatus.NOT_FOUND, {}
        return self._take({name: str(value) for name, value in body.items()})

    def _take(self, form: dict[str, str]) -> Reply:
        if any(not form.get(name) for name in _NEEDED):
            return HTTPStatus.BAD_REQUEST, _said("MissingParameter")
        if form.pop("Signature") != self._signature(form):
            return HTTPStatus.BAD_REQUEST, _said("SignatureDoesNotMatch")
        if self.fault is Fault.CONTRADICTORY:
            return HTTPStatus.OK, {"Code": "OK", "Message": "OK", "RequestId": form["OutId"]}
        if self.fault is Fault.DUPLICATE:
            return HTTPStatus.OK, _said("isv.BUSINESS_LIMIT_CONTROL")
        self.messages.append(
            {
                "phone": form["PhoneNumbers"],
                "template": form["TemplateCode"],
                "text": form["TemplateParam"],
                "out_id": form["OutId"],
            }
        )
        receipt = f"standin-{len(self.messages)}"
        return HTTPStatus.OK, {"Code": "OK", "Message": "OK", "RequestId": form["OutId"], "BizId": receipt}

    def _signature(self, form: Mapping[str, str]) -> str:
        """Computed as the providers describe it, not by the platform's own code."""

        def encoded(text: str) -> str:
            return quote_plus(text).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")

        query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(form.items()))
        text = "&".join(("POST", encoded("/"), encoded(query)))
        mac = hmac.new((self.secret + "&").encode(), text.encode(), hashlib.sha1)
        return base64.b64encode(mac.digest()).decode()


def _said(code: str) -> dict[str, object]:
    return {"Code": code, "Message": code, "RequestId": "standin"}
