"""The service of the electronic business licence (电子营业执照) that the settings name (SHUANGYIN_LICENCE).

Its form is ours, since the service's own interface is given to registered parties only: `POST /sessions` with a purpose
answers a session with the content of the code to scan, `GET /sessions/{id}` says what became of it. A small program at
the service's side translates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shuangyin.connectors.json_http import JsonHttp, text_of
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.people.outside_port import (
    LicenceAnswer,
    LicenceService,
    LicenceSession,
    NoLicence,
    ProviderProblem,
)
from shuangyin.seals.ports import OutsideProblem

Status = Literal["waiting", "confirmed", "refused", "expired"]
_STATUSES: dict[str, Status] = {
    "waiting": "waiting",
    "confirmed": "confirmed",
    "refused": "refused",
    "expired": "expired",
}


class LicenceSettings(BaseModel):
    """Where the service is, and what it is greeted with."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    token_file: Path | None = None
    timeout_seconds: float = Field(10, gt=0, le=60)


class HttpLicenceService:
    """`people.outside_port.LicenceService` over JSON and HTTP."""

    available = True

    def __init__(self, client: JsonHttp) -> None:
        self._client = client

    def begin(self, purpose: Literal["sign_in", "link"]) -> LicenceSession:
        try:
            said = self._client.post("/sessions", {"purpose": purpose})
            session, code = text_of(said, "id", limit=100), text_of(said, "code", limit=500)
        except OutsideProblem as error:
            raise _problem(error) from error
        expires_at = said.get("expires_at")
        if not session or not code or not isinstance(expires_at, int) or isinstance(expires_at, bool):
            raise ProviderProblem("answer", "session")
        return LicenceSession(session, code, expires_at)

    def answer(self, session_id: str) -> LicenceAnswer:
        try:
            said = self._client.get(f"/sessions/{quote(session_id, safe='')}")
            if said is None:
                return LicenceAnswer(session_id, "expired")
            status = _STATUSES.get(text_of(said, "status"))
            if status is None:
                raise ProviderProblem("answer", "status")
            return LicenceAnswer(
                text_of(said, "id", limit=100),
                status,
                uscc=text_of(said, "uscc"),
                licence_status=text_of(said, "licence_status"),
                holder=text_of(said, "holder"),
                name=text_of(said, "name"),
            )
        except OutsideProblem as error:
            raise _problem(error) from error


def configured_licence(settings: Settings) -> LicenceService:
    """The service that the setting names. Raises Unavailable (SETTING_UNUSABLE)."""
    if not settings.licence:
        return NoLicence()
    try:
        wanted = LicenceSettings.model_validate(settings.licence)
        token = None if wanted.token_file is None else wanted.token_file.read_text(encoding="utf-8").strip()
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            "SETTING_UNUSABLE",
            "SHUANGYIN_LICENCE 的内容不可用，请核对各字段与令牌文件。",
            "SHUANGYIN_LICENCE cannot be used. Check its fields and the file of its token.",
        ) from error
    return HttpLicenceService(JsonHttp(wanted.url, token=token, timeout_s=wanted.timeout_seconds))


def _problem(error: OutsideProblem) -> ProviderProblem:
    return ProviderProblem("down" if error.code == "OUTSIDE_DOWN" else "answer", error.code)
