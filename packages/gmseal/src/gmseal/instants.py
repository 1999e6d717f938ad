"""The time as of which something is judged."""

from datetime import UTC, datetime

from gmseal.errors import Refused


def verifier_time(at: datetime | None) -> datetime:
    """``at``, or now when ``None``.

    Raises ``Refused`` (``NAIVE_TIME``) for a time without a zone: it is the caller's slip and says nothing of a document.
    """
    if at is None:
        return datetime.now(UTC)
    if at.tzinfo is not UTC and at.utcoffset() is None:
        raise Refused(
            "NAIVE_TIME", "The time to judge as of has no zone; give one, as in datetime(…, tzinfo=UTC)."
        )
    return at
