"""Structured logs without secrets: JSON lines on standard error."""

from __future__ import annotations

import logging
import sys
import threading

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, WrappedLogger

_SECRET_WORDS = ("password", "secret", "token", "code", "cookie", "authorization", "proof", "kek", "key")
_HARMLESS = frozenset({"error_code", "status_code", "seal_code", "kind"})


def _drop_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in list(event):
        if name not in _HARMLESS and any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = "[removed]"
    return event


class _StandardError:
    """Writes each line to what standard error is at that time: loggers live on, and it may be replaced or closed."""

    _lock = threading.Lock()

    def msg(self, message: str) -> None:
        with self._lock:
            sys.stderr.write(message + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = log = msg


def configure_logs(level: str) -> None:
    """Send structured events at or above `level` to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_secrets,
            # Without the values of local variables: they hold passwords, keys and documents.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), 20)
        ),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=True,
    )
