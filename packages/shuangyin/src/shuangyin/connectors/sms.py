"""Short messages through a gateway of the form that the large Chinese providers share (signed RPC, `SendSms`).

The request is a form whose parameters, sorted and percent-encoded, are signed with HMAC-SHA-1 under the secret and an
ampersand; the answer is JSON with `Code`, `Message`, `RequestId` and `BizId`, `OK` meaning taken. Delivery reports are
not read: whether a message arrived is shown by its code. The gateway puts the name of `SignName` before each text.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shuangyin.core.clock import Clock
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.people.sms_port import NoSms, SmsGateway, SmsProblem, Template

_MAX_ANSWER = 100_000
_NOT_REACHED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
STANDIN_SECRET = "standin"  # noqa: S105  # what the stand-in expects where no secret is set; it proves nothing


class SmsSettings(BaseModel):
    """Where the gateway is and in whose name messages go out."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    key_id: str = Field(min_length=1, max_length=128)
    secret_file: Path | None = None
    sign_name: str = Field(min_length=1, max_length=40)
    template: str = Field(min_length=1, max_length=64)
    alarm_template: str | None = Field(None, min_length=1, max_length=64)
    timeout_seconds: float = Field(10, gt=0, le=60)


class HttpSmsGateway:
    """`people.sms_port.SmsGateway` over HTTP."""

    available = True

    def __init__(self, settings: SmsSettings, secret: str, clock: Clock) -> None:
        self._settings = settings
        self._secret = secret
        self._clock = clock
        self._client = httpx.Client(timeout=settings.timeout_seconds, follow_redirects=False, trust_env=False)

    @property
    def tells_alarms(self) -> bool:
        return self._settings.alarm_template is not None

    def send(
        self, phone: str, parameters: Mapping[str, str], *, out_id: str, template: Template = "code"
    ) -> str:
        held = self._settings.template if template == "code" else self._settings.alarm_template
        if held is None:
            raise SmsProblem("NOT_CONFIGURED")
        form = self._form(phone, parameters, out_id, held)
        form["Signature"] = signature_of(form, self._secret)
        answer = self._post(form)
        if answer.get("Code") != "OK":
            raise SmsProblem(str(answer.get("Code"))[:64])
        receipt = answer.get("BizId")
        if not isinstance(receipt, str) or not receipt:
            raise SmsProblem("ANSWER_WITHOUT_RECEIPT", maybe_sent=True)
        return receipt[:64]

    def _form(self, phone: str, parameters: Mapping[str, str], out_id: str, held: str) -> dict[str, str]:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        return {
            "AccessKeyId": self._settings.key_id,
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": out_id,
            "PhoneNumbers": phone,
            "SignName": self._settings.sign_name,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": uuid.uuid4().hex,
            "SignatureVersion": "1.0",
            "TemplateCode": held,
            "TemplateParam": json.dumps(dict(parameters), ensure_ascii=False),
            "Timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "Version": "2017-05-25",
        }

    def _post(self, form: Mapping[str, str]) -> Mapping[str, object]:
        try:
            with self._client.stream("POST", self._settings.url, data=dict(form)) as response:
                data = bytearray()
                for part in response.iter_bytes():
                    data += part
                    if len(data) > _MAX_ANSWER:
                        raise SmsProblem("ANSWER_TOO_LONG", maybe_sent=True)
        except _NOT_REACHED as error:
            raise SmsProblem(type(error).__name__) from error
        except httpx.HTTPError as error:
            raise SmsProblem(type(error).__name__, maybe_sent=True) from error
        try:
            answer = json.loads(bytes(data))
        except (ValueError, RecursionError) as error:
            raise SmsProblem("ANSWER_NOT_JSON", maybe_sent=True) from error
        if not isinstance(answer, dict):
            raise SmsProblem("ANSWER_NOT_JSON", maybe_sent=True)
        return answer


def signature_of(form: Mapping[str, str], secret: str) -> str:
    """The signature of a form without its `Signature`, in Base64."""
    pairs = "&".join(f"{_encoded(name)}={_encoded(form[name])}" for name in sorted(form))
    text = f"POST&{_encoded('/')}&{_encoded(pairs)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def configured_sms(settings: Settings, clock: Clock) -> SmsGateway:
    """The gateway that the settings name. Raises Unavailable (SETTING_UNUSABLE) for settings that name none."""
    if not settings.sms_gateway:
        return NoSms()
    try:
        wanted = SmsSettings.model_validate(settings.sms_gateway)
        secret = STANDIN_SECRET
        if wanted.secret_file is not None:
            secret = wanted.secret_file.read_text(encoding="utf-8").strip()
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            "SETTING_UNUSABLE",
            "SHUANGYIN_SMS_GATEWAY 的内容不可用，请核对各字段与密钥文件。",
            "SHUANGYIN_SMS_GATEWAY cannot be used. Check its fields and the file of its secret.",
        ) from error
    return HttpSmsGateway(wanted, secret, clock)


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
