"""The errors of the library: one family, each class with a code that never changes.

GmsealError
├── MalformedInput      the bytes are not what they claim to be
├── Refused             a policy or a limit says no; ``reason`` says which
├── NotFound            something that was named does not exist
│   └── MissingGlyph    no font at hand has this character
├── DeviceFailure       a device that holds keys failed; ``reason`` says how
├── ServiceUnavailable  a server that was asked gave no usable answer
└── EngineUnavailable   no usable SM2 implementation on this machine
"""

from typing import ClassVar


class GmsealError(Exception):
    """The base of every error this library raises on purpose; ``str()`` is an English sentence."""

    code: ClassVar[str] = "GMSEAL_ERROR"


class MalformedInput(GmsealError):
    """Bytes given to a reader are not what they claim to be."""

    code: ClassVar[str] = "MALFORMED_INPUT"


class Refused(GmsealError):
    """The input is readable, but a policy, a limit or a standard forbids the act.

    ``reason`` is a stable code in capitals, for example ``CERTIFICATE_NOT_IN_SEAL``.
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotFound(GmsealError):
    """Something that was named (a key, a file, a glyph) does not exist."""

    code: ClassVar[str] = "NOT_FOUND"


class MissingGlyph(NotFound):
    """No font at hand has a character that a seal face must show; never drawn as a box."""

    code: ClassVar[str] = "MISSING_GLYPH"


class DeviceFailure(GmsealError):
    """A device that holds keys is gone, broken, or answers nonsense.

    ``reason`` is DEVICE_LOST (asking again opens it anew), DEVICE_ERROR, DEVICE_SIGNATURE (what
    came back is not a signature of its key) or DEVICE_LIBRARY (its library cannot be loaded).
    """

    code: ClassVar[str] = "DEVICE_FAILURE"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ServiceUnavailable(GmsealError):
    """A server that was asked (for a time stamp) did not answer, or not in time; asking again may help."""

    code: ClassVar[str] = "SERVICE_UNAVAILABLE"


class EngineUnavailable(GmsealError):
    """No usable implementation of SM2 was found on this machine."""

    code: ClassVar[str] = "ENGINE_UNAVAILABLE"
