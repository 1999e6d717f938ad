"""The filing authorities, the company registry and the identity service that the settings name (SHUANGYIN_AUTHORITIES).

Their forms are ours: no public description of the police filing system or of the management unit's interface was
found, so a gateway at the authority's side, or a small program between, translates. docs/seal-life.md has the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shuangyin.connectors.json_http import JsonHttp, text_of, truth_of
from shuangyin.core.clock import to_milliseconds
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.core.text import Text
from shuangyin.seals.ports import Authorities, OutsideProblem, RegisteredCompany, RegisteredSeal
from shuangyin.seals.rules.filing import Answer


class ConnectionSettings(BaseModel):
    """Where one outside system is, and what it is greeted with."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    token_file: Path | None = None
    timeout_seconds: float = Field(10, gt=0, le=60)


class AuthoritySettings(BaseModel):
    """All of them; what is absent is not connected."""

    model_config = ConfigDict(extra="forbid")

    police: ConnectionSettings | None = None
    management_unit: ConnectionSettings | None = None
    registry: ConnectionSettings | None = None
    identity: ConnectionSettings | None = None
    e_seals_with: Literal["police", "management_unit"] = "management_unit"


class HttpFilingAuthority:
    """`seals.ports.FilingAuthority` over JSON and HTTP: `POST /reports`, `GET /seals/{filing number}`."""

    def __init__(self, client: JsonHttp) -> None:
        self._client = client

    def submit(self, payload: Mapping[str, object]) -> Answer:
        said = self._client.post("/reports", payload)
        result = text_of(said, "result")
        if result not in ("accepted", "refused"):
            raise OutsideProblem("OUTSIDE_ANSWER", Text("答复没有结果", "the answer has no result"))
        filed_at = text_of(said, "filed_at")
        return Answer(
            request_id=text_of(said, "request_id"),
            seal_ref=text_of(said, "seal_ref"),
            uscc=text_of(said, "uscc"),
            seal_code=text_of(said, "seal_code") or None,
            accepted=result == "accepted",
            filing_no=text_of(said, "filing_no", limit=64) or None,
            filed_at=_instant(filed_at) if filed_at else None,
            reason=text_of(said, "reason"),
        )

    def status(self, filing_no: str) -> RegisteredSeal | None:
        said = self._client.get(f"/seals/{quote(filing_no, safe='')}")
        if said is None:
            return None
        return RegisteredSeal(
            text_of(said, "filing_no", limit=64),
            text_of(said, "uscc"),
            text_of(said, "seal_code") or None,
            text_of(said, "status"),
        )


class HttpCompanyRegistry:
    """`seals.ports.CompanyRegistry` over JSON and HTTP: `GET /companies/{code}`."""

    def __init__(self, client: JsonHttp) -> None:
        self._client = client

    def look_up(self, uscc: str) -> RegisteredCompany | None:
        said = self._client.get(f"/companies/{quote(uscc, safe='')}")
        if said is None:
            return None
        return RegisteredCompany(
            text_of(said, "uscc"),
            text_of(said, "name"),
            text_of(said, "status"),
            text_of(said, "legal_representative"),
        )


class HttpIdentityService:
    """`seals.ports.IdentityService` over JSON and HTTP: `POST /checks`."""

    def __init__(self, client: JsonHttp) -> None:
        self._client = client

    def matches(self, name: str, id_number: str) -> bool:
        return truth_of(self._client.post("/checks", {"name": name, "id_number": id_number}), "match")


def configured_authorities(settings: Settings) -> Authorities:
    """The connections of the setting. Raises Unavailable for one that cannot be, so that nothing starts half joined."""
    try:
        wanted = AuthoritySettings.model_validate(settings.authorities)
        clients = {
            name: _client(one)
            for name in ("police", "management_unit", "registry", "identity")
            if (one := getattr(wanted, name)) is not None
        }
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _unusable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except OSError as error:
        raise _unusable("a token file cannot be read") from error
    police, unit = clients.get("police"), clients.get("management_unit")
    registry, identity = clients.get("registry"), clients.get("identity")
    return Authorities(
        police=HttpFilingAuthority(police) if police else None,
        management_unit=HttpFilingAuthority(unit) if unit else None,
        registry=HttpCompanyRegistry(registry) if registry else None,
        identity=HttpIdentityService(identity) if identity else None,
        e_seals_with=wanted.e_seals_with,
    )


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year < 1970:  # where milliseconds begin
        raise OutsideProblem("OUTSIDE_ANSWER", Text("备案时间无法识别", "the time of filing is malformed"))
    return to_milliseconds(moment)


def _client(settings: ConnectionSettings) -> JsonHttp:
    token = None if settings.token_file is None else settings.token_file.read_text().strip()
    return JsonHttp(settings.url, token=token, timeout_s=settings.timeout_seconds)


def _unusable(reason: str) -> Unavailable:
    return Unavailable(
        "AUTHORITY_SETTINGS",
        f"外部系统设置 SHUANGYIN_AUTHORITIES 有误：{reason}",
        f"SHUANGYIN_AUTHORITIES: {reason}",
    )
