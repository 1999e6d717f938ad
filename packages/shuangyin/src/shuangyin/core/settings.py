"""Settings, from the environment with the prefix SHUANGYIN_ or a `.env` file. docs/settings.md is made from this."""

from __future__ import annotations

import logging
import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, LiteralString

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

MOST_OF_PUBLIC_URL = 27
"""Characters of the address that leave room for ``/v/`` and a token in a QR code of 52 (`sealing.rules.MAX_URL`)."""


class Settings(BaseSettings):
    """All that can be set; the defaults run the platform on one machine, on loopback, with SQLite."""

    model_config = SettingsConfigDict(env_prefix="SHUANGYIN_", env_file=".env", extra="ignore")

    data_dir: Path = Field(
        Path("var/data"), description="Folder of database, objects and keys of this installation."
    )
    database_url: str | None = Field(None, description="PostgreSQL URL; SQLite in `data_dir` when absent.")
    kek_file: Path | None = Field(
        None,
        description="File (mode 0600) with the key-encryption key as hex; `kek.hex` in `<data_dir>-keys` when absent.",
    )
    kek: str | None = Field(
        None, description="The key-encryption key as 32 hex digits, instead of a file.", repr=False
    )
    public_url: str = Field(
        "http://localhost:8600",
        description="Address that QR codes lead to; at most 27 characters, since a QR code holds 52.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(
        8600,
        ge=0,
        le=65535,
        description="Port to listen on; a free one is taken when it is busy and `port_search` is on.",
    )
    port_search: bool = Field(default=True, description="Take another free port when the port is busy.")
    tls_certificate: Path | None = Field(None, description="PEM certificate chain; turns TLS on.")
    tls_key: Path | None = Field(None, description="PEM private key of the TLS certificate.")
    trusted_proxies: list[IPv4Network | IPv6Network] = Field(
        default_factory=list,
        description="Addresses or networks of the reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are "
        "believed, as a JSON list; of nobody when empty.",
    )
    max_upload_bytes: int = Field(210 * 1024 * 1024, description="Largest document in bytes.")
    max_pages: int = Field(1000, description="Most pages of a document.")
    max_places: int = Field(200, description="Most places of seals in one request, over all its documents.")
    max_photo_bytes: int = Field(20 * 1024 * 1024, description="Largest photo in bytes.")
    session_idle_minutes: int = Field(30, description="A session ends after so long without a request.")
    session_hours: int = Field(12, description="A session ends after so long in any case.")
    second_factor_window_minutes: int = Field(
        10, description="How long one second factor covers ordinary acts."
    )
    step_up_minutes: int = Field(5, description="How long a step-up proof is good.")
    opening_minutes: int = Field(5, description="Within which both persons confirm the opening of a safe.")
    opening_hours: int = Field(2, description="The longest an opening may serve its list of requests.")
    return_minutes: int = Field(
        30, description="Within which a seal is back in its slot after its last press; never overnight."
    )
    lock_code_days: int = Field(90, description="How long the lock code of a safe may stay the same.")
    paper_permit_hours: int = Field(
        24, description="Within which after its term a paper permit is entered or handed back; else an alarm."
    )
    log_origin: str | None = Field(
        None, description="Origin line of the evidence log; made at first start when absent."
    )
    log_fence_file: Path | None = Field(
        None,
        description="The log's fence, in a place no backup brings back; `fence.sqlite3` in `<data_dir>-fence` "
        "when absent.",
    )
    log_twin: bool = Field(
        default=True, description="Keep a second tree with SM3 over the same entries, under its own origin."
    )
    log_publish_dir: Path | None = Field(
        None, description="Folder that receives tiles and checkpoints as static files for any web server."
    )
    log_entries_dir: Path | None = Field(
        None,
        description="Folder that receives the bundles of entries as static files, for those who may read all of them; "
        "never the one that everybody reads.",
    )
    log_witnesses: list[str] = Field(
        default_factory=list,
        description="Witnesses as a JSON list of `URL=VKEY`; one address twice is one witness with two keys.",
    )
    log_witness_quorum: int = Field(
        0, description="How many witnesses a head needs before it counts as witnessed on the pages."
    )
    log_anchors: list[dict[str, object]] = Field(
        default_factory=list,
        description="Chains and authorities that anchor signed heads, as a JSON list; the fields of each kind are "
        "in docs/evidence.md.",
    )
    authorities: dict[str, object] = Field(
        default_factory=dict,
        description="Filing authorities, company registry and identity service as JSON; the fields are in "
        "docs/seal-life.md.",
    )
    sms_gateway: dict[str, object] = Field(
        default_factory=dict,
        description="Short-message gateway as JSON: `url`, `key_id`, `secret_file`, `sign_name`, `template` (with "
        "`code` and `purpose`), `alarm_template` (with `about`, `what` and `time`; without it no alarms are sent), "
        "`timeout_seconds`; without it no codes are sent.",
    )
    oidc: list[dict[str, object]] = Field(
        default_factory=list,
        description="OpenID providers that persons of one organization sign in with, as a JSON list; the fields are in "
        "docs/signing-in.md.",
    )
    directories: list[dict[str, object]] = Field(
        default_factory=list,
        description="Directories (LDAP, Active Directory) whose names and passwords persons of one organization sign in "
        "with, as a JSON list; the fields are in docs/signing-in.md.",
    )
    face_engine: Literal["local", "none"] = Field(
        "local", description="Who compares faces: this machine, or nobody."
    )
    licence: dict[str, object] = Field(
        default_factory=dict,
        description="Service of the electronic business licence as JSON: `url`, `token_file`, `timeout_seconds`; "
        "without it nobody signs in with a licence.",
    )
    broker_dir: Path | None = Field(
        None,
        description="Folder that `shuangyin broker` wrote: where the broker of smart seals is, and with which "
        "certificates a gateway joins it; without it devices speak over WebSocket only.",
    )
    timestamp_url: str | None = Field(
        None,
        description="Time-stamp authority (RFC 3161) for seal signatures where the scenario list asks for a stamp; "
        "without it such a use is refused.",
    )
    timestamp_digest: Literal["sm3", "sha256"] = Field("sm3", description="Digest that the authority stamps.")
    timestamp_policy: str | None = Field(None, description="Policy asked of the authority, as an OID.")
    timestamp_seconds: float = Field(15.0, description="How long the authority may take to answer.")
    log_audit_hours: int = Field(24, description="How often the log audits itself in full; 0 never.")
    sequencer_period_ms: int = Field(
        500,
        gt=0,
        le=1000,
        description="How often pending evidence of other processes is integrated and a checkpoint signed; "
        "at most 1000, so that no entry waits longer than a second for its place.",
    )
    job_lease_seconds: int = Field(
        60, description="A job whose worker is silent for so long is taken by another."
    )
    argon2_memory_kib: int = Field(65536, description="Memory of one argon2id run in KiB.")
    argon2_time_cost: int = Field(3, description="Passes of one argon2id run.")
    log_level: str = Field("INFO", description="Level of the structured log.")

    @field_validator("public_url")
    @classmethod
    def _for_a_qr_code(cls, url: str) -> str:
        url = url.rstrip("/")
        if not re.fullmatch(r"https?://[!-~]+", url):
            raise _bad(
                "须为 http:// 或 https:// 开头的英文地址",
                "it has to begin with http:// or https:// and be ASCII",
            )
        if len(url) > MOST_OF_PUBLIC_URL:
            raise _bad(
                "最多 27 个字符，否则二维码容不下查验地址。请用较短的域名",
                "at most 27 characters, or the address of the check does not fit a QR code; take a shorter name",
            )
        return url

    @field_validator("database_url")
    @classmethod
    def _of_a_known_database(cls, url: str | None) -> str | None:
        if url and not url.startswith(("postgresql://", "postgresql+psycopg://", "sqlite:")):
            raise _bad("须为 postgresql:// 开头的地址", "it has to begin with postgresql://")
        return url

    @field_validator("log_level")
    @classmethod
    def _a_level(cls, level: str) -> str:
        if level.upper() not in logging.getLevelNamesMapping():
            raise _bad(
                "只能是 DEBUG、INFO、WARNING、ERROR 或 CRITICAL",
                "it is DEBUG, INFO, WARNING, ERROR or CRITICAL",
            )
        return level

    @property
    def sqlite_path(self) -> Path:
        return self.data_dir / "shuangyin.sqlite3"

    @property
    def objects_dir(self) -> Path:
        return self.data_dir / "objects"

    @property
    def work_dir(self) -> Path:
        """Plaintext of documents lies here only while a command works on it (mode 0700, swept at start)."""
        return self.data_dir / "work"

    @property
    def effective_fence_file(self) -> Path:
        return self.log_fence_file or self.data_dir.parent / f"{self.data_dir.name}-fence" / "fence.sqlite3"

    @property
    def effective_kek_file(self) -> Path:
        return self.kek_file or self.data_dir.parent / f"{self.data_dir.name}-keys" / "kek.hex"


def _bad(zh: LiteralString, en: LiteralString) -> PydanticCustomError:
    """What a setting has to be, for `settings_read`."""
    return PydanticCustomError("setting", en, {"zh": zh})
