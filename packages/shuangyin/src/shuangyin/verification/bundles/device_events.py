"""What a smart seal said of the presses of one use, as it signed it: each event with its signature.

The log records the digest of every event as it came in (``devices.events_received``) and the key by which the device
signs (``devices.enrolled``), so an event in a bundle is proven twice: it lies under the head, and its device signed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evidencelog.bundle import FileRole, FileSource
from sealdevice.record import read_record
from shuangyin.core.text import Text
from shuangyin.verification.bundles.belonging import UseCase
from shuangyin.verification.bundles.checking_steps import SM2_HEAD, Step, octal

_ID: Final = "-sigopt distid:1234567812345678"
MOST_EVENTS: Final = 200
"""So many come along as files; the digests of all of them stand in the entries."""


@dataclass(frozen=True, slots=True)
class DeviceEventFile:
    """One event: the bytes that were signed, and the signature (SM2 with SM3, DER)."""

    name: str
    signed: bytes
    signature: bytes

    def files(self) -> list[FileSource]:
        """Its two members of the bundle."""
        return [
            FileSource(f"{self.name}.signed", FileRole.DEVICE_EVENT, "application/octet-stream", self.signed),
            FileSource(f"{self.name}.sig", FileRole.OTHER, "application/octet-stream", self.signature),
        ]


def event_files(case: UseCase) -> list[DeviceEventFile]:
    """The first events of the devices under the permits of a use."""
    found = []
    for number, event in enumerate(case.events[:MOST_EVENTS], 1):
        record = read_record(event.record.encode())
        found.append(DeviceEventFile(f"device-event-{number:06d}", record.signed, record.signature))
    return found


def event_steps(events: list[DeviceEventFile], enrolled: list[int]) -> list[Step]:
    """How the signature of an event is checked; `enrolled` are the numbers of the entries that hold devices' keys."""
    if not events or not enrolled:
        return []
    name = events[0].name
    key = f'sed \'s/.*"record_key":"\\([0-9a-f]*\\)".*/\\1/\' entries/{enrolled[0]:06d}.json | xxd -r -p'
    return [
        Step(
            Text("智能印章自己签名的事件", "The events that the smart seal signed itself"),
            Text(
                "files 中每个事件是设备签名的原文（.signed）与其签名（.sig）。原文的 SM3 应在收存设备事件的条目中，"
                "签名应能用设备登记条目中的公钥核验。",
                "Each event in files is the text that the device signed (.signed) and its signature (.sig). The SM3 of "
                "the text must stand in an entry of events received, and the key in the device's entry must verify it.",
            ),
            (
                f"{{ printf '{octal(SM2_HEAD)}'; {key}; }} | openssl pkey -pubin -inform DER -out device.pem",
                f"openssl dgst -sm3 files/{name}.signed",
                f"openssl dgst -sm3 -verify device.pem {_ID} -signature files/{name}.sig files/{name}.signed",
            ),
        )
    ]
