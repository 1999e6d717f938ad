"""Where a signature gets its time stamp from, and what is seen to before the stamp goes into the signature."""

from datetime import datetime, timedelta
from typing import Final, Protocol

from gmseal.errors import MalformedInput, Refused

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""How far the clock of a stamp may lie behind our own."""


class TimestampSource(Protocol):
    """Whatever stamps octets with the time: a server, a device, a trial authority in the process."""

    @property
    def token_size(self) -> int:
        """The most octets a token of this source takes: the room that a container reserves."""
        ...

    def stamp(self, message: bytes) -> bytes:
        """A TimeStampToken in DER over ``message``. Raises errors of the family of this library only."""
        ...


def stamped(source: TimestampSource, signature: bytes, signed_at: datetime | None) -> bytes:
    """A token over ``signature``, a signature value made at ``signed_at`` (where it states a time).

    A token that a verifier would refuse is refused here: over other octets, larger than its source promised, or
    of a time before the signature. Raises ``Refused`` (TIMESTAMP, TIMESTAMP_TOO_LARGE) and what the source raises.
    """
    from gmseal.sm.timestamps.token import read_token  # noqa: PLC0415 - most signatures carry no stamp

    token = source.stamp(signature)
    if len(token) > source.token_size:
        raise Refused("TIMESTAMP_TOO_LARGE", "The time stamp is larger than its source promised.")
    try:
        info = read_token(token).info
    except MalformedInput as error:
        raise Refused(
            "TIMESTAMP", f"The source of time stamps answered with something else: {error}"
        ) from error
    if not info.imprint.matches(signature):
        raise Refused("TIMESTAMP", "The time stamp is over other octets than the signature.")
    if signed_at is not None and signed_at > info.time + CLOCK_TOLERANCE:
        raise Refused("TIMESTAMP", "The time stamp is from before the time that the signature states.")
    return token
