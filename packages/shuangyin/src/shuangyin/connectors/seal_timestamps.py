"""The time-stamp authority (RFC 3161) that stamps seal signatures, as the settings name it."""

from __future__ import annotations

from gmseal.errors import GmsealError
from gmseal.sm.timestamps import HttpTimestampSource
from shuangyin.core.errors import Unavailable
from shuangyin.core.settings import Settings
from shuangyin.sealing.timestamps import Timestamps


def configured_timestamps(settings: Settings) -> Timestamps:
    """The authority of the settings. Raises Unavailable for an address that cannot be."""
    if settings.timestamp_url is None:
        return Timestamps()
    try:
        source = HttpTimestampSource(
            settings.timestamp_url,
            digest=settings.timestamp_digest,
            policy=settings.timestamp_policy,
            timeout=settings.timestamp_seconds,
        )
    except GmsealError as error:
        raise Unavailable(
            "TIMESTAMP_SETTING",
            "时间戳服务的设置不可用，请检查 SHUANGYIN_TIMESTAMP_URL。",
            f"The setting of the time-stamp authority cannot be used: {error}",
        ) from error
    return Timestamps(source)
