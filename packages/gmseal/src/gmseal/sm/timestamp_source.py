"""Where a signature gets its time stamp from."""

from typing import Protocol


class TimestampSource(Protocol):
    """Whatever stamps octets with the time: a server, a device, a trial authority in the process."""

    @property
    def token_size(self) -> int:
        """The most octets a token of this source takes: the room that a container reserves."""
        ...

    def stamp(self, message: bytes) -> bytes:
        """A TimeStampToken in DER over ``message``. Raises errors of the family of this library only."""
        ...
