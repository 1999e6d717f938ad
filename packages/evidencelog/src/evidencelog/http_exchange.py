"""One HTTP exchange with somebody who may be slow, down, or hostile: a bound on time and on size, no redirects."""

import http.client
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from evidencelog.errors import Code, StoreError

DEFAULT_TIMEOUT_S: Final = 5.0
DEFAULT_LIMIT: Final = 2_000_000


@dataclass(frozen=True)
class HttpAnswer:
    """What came back, whole."""

    status: int
    media_type: str
    body: bytes


def exchange(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    limit: int = DEFAULT_LIMIT,
    unreachable: Code = Code.LOG_UNREACHABLE,
) -> HttpAnswer:
    """Ask once. Every status is an answer; only a line that fails, or one that says too much, is an error.

    ``timeout_s`` bounds each wait for the other side. Raises :class:`StoreError` with ``unreachable``.
    """
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise StoreError(unreachable, f"{url[:100]} is not an address of HTTP")
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    try:
        connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout_s)
        try:
            connection.request(method, target, body=body)
            with connection.getresponse() as response:
                data = response.read(limit + 1)
                media_type = response.getheader("Content-Type", "")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise StoreError(unreachable, f"{url[:100]} does not answer: {type(error).__name__}") from error
    if len(data) > limit:
        raise StoreError(unreachable, f"{url[:100]} answers with more than {limit} bytes")
    return HttpAnswer(response.status, media_type, data)
