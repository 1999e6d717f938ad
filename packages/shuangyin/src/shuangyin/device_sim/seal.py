"""One simulated smart seal: real keys and records, a made-up mechanism and camera."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gmseal.errors import GmsealError
from gmseal.sm.keys import PrivateKey, PublicKey
from sealdevice.device.core import ClockReading, Senses
from sealdevice.device.store import DeviceStore, MemoryStore
from sealdevice.errors import Refused
from sealdevice.event import EventKind, PersonCheck, Photo, Position
from sealdevice.faulty import Made
from sealdevice.link import Message
from sealdevice.permit import Check, Permit, PhotoMoment, PressKind
from sealdevice.session import Purpose, Session, sign_session
from shuangyin.core.errors import Invalid
from shuangyin.device_sim.photographs import Camera

FIRMWARE = "simulated-1"


@dataclass
class Identity:
    """What a device keeps from its enrolment."""

    device_id: str
    platform_key: PublicKey
    certificate: str = ""
    authority: str = ""


def read_identity(answer: Mapping[str, Any]) -> Identity:
    """The identity in what the platform answered to an enrolment. Raises Invalid (ENROLMENT_ANSWER)."""
    try:
        return Identity(
            str(answer["device_id"]),
            PublicKey.from_point(bytes.fromhex(answer["platform_key"])),
            str(answer["certificate"]),
            str(answer["authority"]),
        )
    except (KeyError, TypeError, ValueError, GmsealError) as error:
        raise Invalid(
            "ENROLMENT_ANSWER",
            "平台对登记的答复无法读取，请核对平台地址和版本。",
            "The answer to the enrolment cannot be read; check the platform's address and version.",
        ) from error


@dataclass
class SimulatedSeal:
    """A simulated seal. `now_ms` is its clock; `store` survives a restart as a real device's memory would."""

    now_ms: Callable[[], int]
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    store: DeviceStore = field(default_factory=MemoryStore)
    camera: Camera = field(default_factory=Camera)
    position: Position | None = None
    battery: int = 90
    online: bool = True
    clock_error_ms: int = 0
    pressed: int = 0
    """What the mechanism really did: the one number that no record of the device can be wrong about."""
    photos: MutableMapping[str, bytes] = field(default_factory=dict)
    """Photos that were taken and not uploaded, by SM3."""
    tls_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    identity: Identity | None = None
    made: Made = field(default_factory=Made)
    """What it consists of: the reference, or something that breaks a rule on purpose."""
    objections: tuple[str, ...] = ()
    """Why the latest press was refused."""

    @property
    def id(self) -> str:
        """The id that the platform gave it."""
        assert self.identity is not None, "the device is not enrolled"  # noqa: S101  # a fault of whoever drives it
        return self.identity.device_id

    def enrolment(self, code: str) -> dict[str, str]:
        """What it sends to be enrolled with a one-time code."""
        request = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated-seal")])
        )
        plain = code.replace("-", "").upper()
        challenge = hashlib.new("sm3", plain.encode()).hexdigest()
        return {
            "code": code,
            "certificate_request": request.sign(self.tls_key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
            .decode(),
            "record_key": self.key.public_key.point.hex(),
            "session": sign_session(
                Session("enrolling", Purpose.LINK, challenge, self.now_ms()), self.key
            ).decode(),
            "firmware": FIRMWARE,
        }

    def enrolled(self, answer: Mapping[str, Any]) -> None:
        """Keep what the platform answered, and start."""
        self.identity = read_identity(answer)
        self.start()

    def start(self) -> None:
        """Switch on: what is in the store is what it knows."""
        assert self.identity is not None  # noqa: S101  # as above
        self.device = self.made.device(
            self.id,
            key=self.key,
            platform=self.identity.platform_key,
            store=self.store,
            clock=lambda: ClockReading(self.now_ms() + self.clock_error_ms),
        )
        self.link = self.made.link(self.device, firmware=FIRMWARE)

    def session(self, purpose: Purpose, challenge: str) -> bytes:
        """Shows who it is."""
        return sign_session(Session(self.id, purpose, challenge, self.now_ms()), self.key)

    def photo_header(self, sm3: str) -> str:
        """The `Authorization` header under which a photo goes up."""
        return "SealDevice " + base64.b64encode(self.session(Purpose.PHOTO, sm3)).decode()

    def tls_key_pem(self) -> bytes:
        """The private key of its TLS certificate."""
        return self.tls_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def received(self, message: Message) -> list[Message]:
        """Act on a message of the platform; returns what it says to that."""
        return self.link.received(message)

    def permits(self) -> list[Permit]:
        """The permits it holds, the latest first."""
        held = [one.permit for one in self.device.state.permits.values()]
        return sorted(held, key=lambda one: one.issued_at, reverse=True)

    def step_up(self, *person_ids: str, checks: frozenset[Check] = frozenset(Check)) -> None:
        """Persons stand before it and pass these checks."""
        for person_id in person_ids:
            self.device.person_checked(PersonCheck(person_id, checks))

    def press(
        self, permit_id: str | None = None, kind: PressKind = PressKind.ORDINARY, *, photographed: bool = True
    ) -> int | None:
        """Try to press; the number of the event, or None when the device refused."""
        permit = self._permit(permit_id)
        photos = self._photograph(permit) if photographed and permit is not None else ()
        senses = Senses(position=self.position, photos=photos, online=self.online, battery=self.battery)
        try:
            return self.device.press(
                permit_id or (permit.id if permit else ""), kind, senses, self._mechanism
            )
        except Refused as refusal:
            self.objections = refusal.objections or (refusal.code.value,)
            for photo in photos:
                self.photos.pop(photo.sm3, None)
            return None

    def spoil(self, seq: int, permit_id: str | None = None, kind: PressKind = PressKind.ORDINARY) -> bool:
        """Declare a press spoiled; whether the device took it."""
        permit = self._permit(permit_id)
        try:
            self.device.spoil(permit.id if permit else "", kind, seq)
        except Refused:
            return False
        return True

    def force(self) -> None:
        """Press it against its will: the mechanism moves without a permit, and the device notices."""
        self._mechanism()
        self.device.sense(EventKind.UNAUTHORISED_PRESS, self._senses())

    def sense(self, kind: EventKind) -> None:
        """Perceive something."""
        self.device.sense(kind, self._senses())

    def wrong_person(self) -> None:
        """Somebody fails the check until the device tells."""
        for _ in range(3):
            self.device.person_failed()

    def go(self, latitude_e7: int, longitude_e7: int) -> None:
        """Be somewhere else; outside of the fence of a permit it tells so."""
        self.position = Position(latitude_e7, longitude_e7, 10)

    def _mechanism(self) -> None:
        self.pressed += 1

    def _senses(self) -> Senses:
        return Senses(position=self.position, online=self.online, battery=self.battery)

    def _permit(self, permit_id: str | None) -> Permit | None:
        return next((one for one in self.permits() if permit_id in (None, one.id)), None)

    def _photograph(self, permit: Permit) -> tuple[Photo, ...]:
        return tuple(self._photo(moment) for moment in sorted(permit.photos))

    def _photo(self, moment: PhotoMoment) -> Photo:
        content = self.camera.take()
        sm3 = hashlib.new("sm3", content).hexdigest()
        self.photos[sm3] = content
        return Photo(moment, sm3, len(content))
