"""The anchors that the settings name (SHUANGYIN_LOG_ANCHORS).

The libraries of a chain are imported when a setting names one: they cost a tenth of the start, and most commands and
installations need none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gmseal.errors import GmsealError
from gmseal.sm.timestamps import HttpTimestampSource
from shuangyin.core.clock import Clock
from shuangyin.core.errors import Unavailable
from shuangyin.evidence.ports import REFUSED, Anchor, AnchorProblem, Anchors

if TYPE_CHECKING:
    from shuangyin.connectors.chainmaker import ChainMakerTls


class _AnchorSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    period_seconds: int = Field(30, ge=1, le=86_400)
    timeout_seconds: float = Field(10, gt=0, le=60)


class EthereumSettings(_AnchorSettings):
    """A chain that speaks Ethereum's JSON-RPC."""

    kind: Literal["ethereum"]
    url: str
    contract: str = Field(pattern=r"^0x[0-9a-fA-F]{40}$")
    key_file: Path
    chain_name: str = Field("", max_length=100)
    confirmations: int = Field(1, ge=1, le=1000)
    patience_seconds: int = Field(120, ge=1)
    gas: int = Field(300_000, ge=21_000)


class ChainMakerSettings(_AnchorSettings):
    """长安链 through its contract `fact`."""

    kind: Literal["chainmaker"]
    target: str = Field(pattern=r"^[^\s/]+:\d{1,5}$")
    chain_id: str = Field(min_length=1, max_length=100)
    organization: str = Field(min_length=1, max_length=200)
    key_file: Path
    certificate_file: Path | None = None
    contract: str = "fact"
    digest: Literal["sm3", "sha256"] = "sm3"
    chain_name: str = Field("", max_length=100)
    ca_file: Path | None = None
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    server_name: str | None = None


class TimestampSettings(_AnchorSettings):
    """A time-stamp authority of RFC 3161."""

    kind: Literal["rfc3161"]
    url: str
    digest: Literal["sm3", "sha256"] = "sm3"
    policy: str | None = None


AnchorSettings = Annotated[
    EthereumSettings | ChainMakerSettings | TimestampSettings, Field(discriminator="kind")
]
_ADAPTER: TypeAdapter[list[AnchorSettings]] = TypeAdapter(list[AnchorSettings])


def configured_anchors(raw: Sequence[dict[str, object]], clock: Clock) -> Anchors:
    """The anchors of the setting. Raises Unavailable for one that cannot be, so that nothing starts half joined."""
    try:
        settings = _ADAPTER.validate_python(list(raw))
        members = tuple(_anchor(each, clock) for each in settings)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _unusable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (AnchorProblem, GmsealError) as error:
        raise _unusable(str(error)) from error
    names = [each.name for each in settings]
    keys = [each.key_file.resolve() for each in settings if isinstance(each, EthereumSettings)]
    if len(set(names)) != len(names) or len(set(keys)) != len(keys):
        # Two senders with one account would take each other's numbers.
        raise _unusable("every anchor needs a name and an account of its own")
    return Anchors(members)


def _anchor(settings: EthereumSettings | ChainMakerSettings | TimestampSettings, clock: Clock) -> Anchor:
    if isinstance(settings, TimestampSettings):
        return _authority(settings)
    if isinstance(settings, ChainMakerSettings):
        return _chainmaker(settings, clock)
    return _ethereum(settings, clock)


def _authority(settings: TimestampSettings) -> Anchor:
    from shuangyin.connectors.timestamping import TimestampAnchor  # noqa: PLC0415  # see the head of the module

    source = HttpTimestampSource(
        settings.url, digest=settings.digest, policy=settings.policy, timeout=settings.timeout_seconds
    )
    return TimestampAnchor(
        name=settings.name, source=source, address=settings.url, period_s=settings.period_seconds
    )


def _ethereum(settings: EthereumSettings, clock: Clock) -> Anchor:
    from shuangyin.connectors.ethereum import EthereumAnchor, load_account  # noqa: PLC0415  # as above

    return EthereumAnchor(
        name=settings.name,
        url=settings.url,
        contract_address=settings.contract,
        account=load_account(settings.key_file),
        clock=clock,
        chain_name=settings.chain_name,
        period_s=settings.period_seconds,
        confirmations=settings.confirmations,
        patience_s=settings.patience_seconds,
        gas=settings.gas,
        timeout_s=settings.timeout_seconds,
    )


def _chainmaker(settings: ChainMakerSettings, clock: Clock) -> Anchor:
    from shuangyin.connectors.chainmaker import ChainMakerAnchor, load_member  # noqa: PLC0415  # as above

    return ChainMakerAnchor(
        name=settings.name,
        target=settings.target,
        chain_id=settings.chain_id,
        member=load_member(settings.organization, settings.key_file, settings.certificate_file),
        clock=clock,
        contract=settings.contract,
        imprint=settings.digest,
        chain_name=settings.chain_name,
        tls=_tls(settings),
        period_s=settings.period_seconds,
        timeout_s=settings.timeout_seconds,
    )


def _tls(settings: ChainMakerSettings) -> ChainMakerTls | None:
    from shuangyin.connectors.chainmaker import ChainMakerTls  # noqa: PLC0415  # as above

    files = (settings.ca_file, settings.tls_certificate_file, settings.tls_key_file)
    try:
        ca, certificate, key = (None if file is None else file.read_bytes() for file in files)
    except OSError as error:
        raise AnchorProblem(REFUSED, "a file of the TLS connection cannot be read") from error
    return None if ca is None else ChainMakerTls(ca, certificate, key, settings.server_name)


def _unusable(reason: str) -> Unavailable:
    return Unavailable(
        "ANCHOR_SETTINGS",
        f"上链设置 SHUANGYIN_LOG_ANCHORS 有误：{reason}",
        f"SHUANGYIN_LOG_ANCHORS: {reason}",
    )
