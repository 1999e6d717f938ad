"""The error family: every failure of this package is a :class:`SealDeviceError` with a stable code.

SealDeviceError
├── MalformedRecord   the bytes do not have the form of the contract
├── UntrustedRecord   the form is right, but not the signature, the key or the addressee
├── Refused           the device may not do this now; ``objections`` say why
└── StoreFailure      what must be kept could not be read or written
"""

from collections.abc import Sequence
from enum import StrEnum


class Code(StrEnum):
    """The closed list of failure codes."""

    RECORD_TOO_LARGE = "record.too_large"
    RECORD_MALFORMED = "record.malformed"
    RECORD_UNKNOWN_VERSION = "record.unknown_version"
    RECORD_OTHER_TYPE = "record.other_type"
    RECORD_OTHER_KEY = "record.other_key"
    RECORD_SIGNATURE = "record.signature"
    RECORD_OTHER_DEVICE = "record.other_device"
    PERMIT_CHANGED = "permit.changed"
    PERMIT_EXPIRED = "permit.expired"
    PERMIT_UNKNOWN = "permit.unknown"
    RECEIPT_OTHER = "receipt.other"
    COMMAND_OLD = "command.old"
    COMMAND_EXPIRED = "command.expired"
    REFUSED = "device.refused"
    STORE_IO = "store.io"
    STORE_ALTERED = "store.altered"


class SealDeviceError(Exception):
    """Base of all failures; ``code`` is stable, ``str(error)`` is an English sentence."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class MalformedRecord(SealDeviceError):
    """The bytes do not have the form of the contract; nothing can be said about their truth."""


class UntrustedRecord(SealDeviceError):
    """A well-formed record that is not from whom, or not for whom, it has to be."""


class Refused(SealDeviceError):
    """The device may not do this now. ``objections`` are stable codes of :class:`sealdevice.judging.Objection`."""

    def __init__(self, message: str, objections: Sequence[str] = (), *, code: Code = Code.REFUSED) -> None:
        super().__init__(code, message)
        self.objections = tuple(objections)


class StoreFailure(SealDeviceError):
    """What the device has to remember could not be read or written; it must not press."""
