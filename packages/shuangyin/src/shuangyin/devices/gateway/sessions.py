"""Who is at the other end, where the connection does not say it: the device's signed answer to a challenge."""

from __future__ import annotations

import base64
import binascii

from gmseal.errors import GmsealError
from gmseal.sm.keys import PublicKey
from sealdevice.errors import SealDeviceError
from sealdevice.record import read_record
from sealdevice.session import SESSION_MS, Purpose, claimed_device, open_session
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import errors, queries
from shuangyin.devices.models import Device

SCHEME = "SealDevice"


def authentic(work: UnitOfWork, data: bytes, *, purpose: Purpose, challenge: str) -> Device:
    """The enrolled device that signed this session. Raises Unauthenticated for everything else, whatever it is."""
    try:
        record = read_record(data)
        device = queries.active(work, claimed_device(record))
        if device is None or device.record_key is None:
            raise errors.not_authentic()
        session = open_session(record, PublicKey.from_point(bytes.fromhex(device.record_key)))
    except (SealDeviceError, GmsealError, ValueError) as error:
        raise errors.not_authentic() from error
    fits = session.purpose is purpose and session.challenge == challenge
    if not fits or abs(session.time - work.now) > SESSION_MS:
        raise errors.not_authentic()
    return device


def from_header(value: str | None) -> bytes:
    """The record in an ``Authorization: SealDevice <base64>`` header. Raises Unauthenticated."""
    scheme, _, text = (value or "").partition(" ")
    if scheme != SCHEME or len(text) > 8_000:
        raise errors.not_authentic()
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.not_authentic() from error
