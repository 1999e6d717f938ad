"""Directories that the settings name (SHUANGYIN_DIRECTORIES), checked before anything starts."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.people.directory_port import Directories, Directory

_ATTRIBUTE: Final = r"^[A-Za-z][A-Za-z0-9;-]{0,63}$"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_PORTS: Final = {"ldap": 389, "ldaps": 636}


class Server(BaseModel):
    """Where a directory listens. `ldaps` is TLS from the first byte, `ldap` turns to it with StartTLS (RFC 4511 4.14)."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    tls_at_once: bool

    @property
    def on_this_machine(self) -> bool:
        """Whether what goes there leaves this machine."""
        return self.host in _LOOPBACK


class DirectorySettings(BaseModel):
    """One directory, and for which organization it vouches."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")
    label_zh: str = Field(min_length=1, max_length=40)
    label_en: str = Field(min_length=1, max_length=60)
    uscc: str = Field(pattern=r"^[0-9A-Z]{18}$")
    servers: list[Server] = Field(min_length=1, max_length=8)
    ca_file: Path | None = None
    plaintext_on_loopback: bool = False
    base: str = Field(min_length=1, max_length=500)
    filter: str = Field("(&(objectClass=person)(uid={name}))", min_length=1, max_length=1000)
    bind_dn: str | None = Field(None, min_length=1, max_length=500)
    secret_file: Path | None = None
    secret_variable: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
    subject: str = Field("entryUUID", pattern=_ATTRIBUTE)
    account: str = Field("uid", pattern=_ATTRIBUTE)
    timeout_seconds: int = Field(5, ge=1, le=30)

    @field_validator("servers", mode="before")
    @classmethod
    def _addresses(cls, given: object) -> object:
        return [_server(one) for one in given] if isinstance(given, list) else given

    @field_validator("filter")
    @classmethod
    def _names_somebody(cls, given: str) -> str:
        if re.findall(r"\{[^}]*\}?", given).count("{name}") < 1 or re.sub(r"\{name\}", "", given).count("{"):
            raise ValueError("a filter holds {name} and nothing else in braces")
        return given

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        secrets = [one for one in (self.secret_file, self.secret_variable) if one is not None]
        if len(secrets) != (0 if self.bind_dn is None else 1):
            raise ValueError("bind_dn needs one of secret_file and secret_variable")
        if self.plaintext_on_loopback and not all(one.on_this_machine for one in self.servers):
            raise ValueError("without TLS a directory is asked on this machine only")
        return self


def configured_directories(settings: Settings) -> Directories:
    """The directories of the setting. Raises Unavailable for one that cannot be, so that nothing starts half joined."""
    if not settings.directories:
        return Directories()
    # What speaks the protocol takes a tenth of a second to import: only where somebody uses it.
    from shuangyin.connectors.ldap_directory import LdapDirectory, checked_filter  # noqa: PLC0415  # as said above

    try:
        wanted = [DirectorySettings.model_validate(one) for one in settings.directories]
        members: list[Directory] = []
        for one in wanted:
            checked_filter(one.filter)
            members.append(LdapDirectory(one, _secret(one), _context(one)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _unusable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ssl.SSLError as error:
        raise _unusable("ca_file holds no certificate") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("a file of a secret or of certificates cannot be read") from error
    except ValueError as error:
        raise _unusable(str(error)) from error
    # Links and records name providers and directories side by side; `licence` is the business licence's there.
    names = ["licence", *(one.get("name") for one in settings.oidc), *(one.name for one in wanted)]
    if len(set(names)) < len(names):
        raise _unusable("a name is another directory's or provider's")
    return Directories(tuple(members))


def _server(given: object) -> Server:
    parts = urlsplit(given) if isinstance(given, str) else None
    if (
        parts is None
        or parts.scheme not in _PORTS
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
    ):
        raise ValueError("a server is ldaps://host or ldap://host, with or without a port")
    return Server(
        host=parts.hostname, port=parts.port or _PORTS[parts.scheme], tls_at_once=parts.scheme == "ldaps"
    )


def _secret(settings: DirectorySettings) -> str | None:
    if settings.bind_dn is None:
        return None
    if settings.secret_file is not None:
        secret = settings.secret_file.read_text(encoding="utf-8").strip()
    else:
        secret = os.environ.get(settings.secret_variable or "", "")
    if not secret:
        # An empty one would be a bind as nobody that looks like one as somebody (RFC 4513 5.1.2).
        raise ValueError("the secret of bind_dn is empty")
    return secret


def _context(settings: DirectorySettings) -> ssl.SSLContext | None:
    """How TLS is done; None where there is none."""
    if settings.plaintext_on_loopback:
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _unusable(reason: str) -> Unavailable:
    return Unavailable(
        "SETTING_UNUSABLE",
        f"SHUANGYIN_DIRECTORIES 的内容不可用：{reason}",
        f"SHUANGYIN_DIRECTORIES cannot be used: {reason}",
    )
