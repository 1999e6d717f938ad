"""Many simulated seals of one organization, known to a platform as after their enrolment, without people or pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from sqlalchemy import func, select

from gmseal.sm.keys import PrivateKey
from shuangyin.alarms.models import Alarm
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.certificates import certificate_pem, issue_device
from shuangyin.devices.models import Device, DeviceEvent, DeviceStatus
from shuangyin.devices.signing import public_key
from shuangyin.devices.trust import authority
from shuangyin.organization.models import Organization

ORGANIZATION = f"{1:032x}"
PATIENCE_S = 10.0
_Found = TypeVar("_Found")


@dataclass
class Estate:
    """The devices and the platform that knows them."""

    platform: Platform
    seals: list[SimulatedSeal] = field(default_factory=list)

    def stored(self) -> dict[str, list[int]]:
        """The numbers of stored events of each device, in order."""
        query = select(DeviceEvent.device_id, DeviceEvent.seq).order_by(
            DeviceEvent.device_id, DeviceEvent.seq
        )
        found: dict[str, list[int]] = {}
        for device_id, seq in self.platform.view(lambda work: work.session.execute(query).tuples().all()):
            found.setdefault(device_id, []).append(seq)
        return found

    def stored_all(self) -> bool:
        """Whether everything that the devices ever told is stored, each event once and none left out."""
        return self.stored() == {seal.id: list(range(1, seal.device.state.seq + 1)) for seal in self.seals}

    def row(self, seal: SimulatedSeal) -> Device:
        def query(work: UnitOfWork) -> Device:
            found = work.session.get_one(Device, seal.id)
            work.session.expunge_all()
            return found

        return self.platform.view(query)

    def alarms(self) -> dict[str, int]:
        """The open alarms by kind, with how often each was seen."""
        query = select(Alarm.kind, func.sum(Alarm.occurrences)).where(Alarm.verdict.is_(None))
        rows = self.platform.view(
            lambda work: work.session.execute(query.group_by(Alarm.kind)).tuples().all()
        )
        return {kind: int(count) for kind, count in rows}


def found_estate(platform: Platform, count: int) -> Estate:
    """An organization with so many enrolled devices."""
    point = platform.transact(_found_organization)
    trusted = platform.transact(authority)
    now = platform.clock.now_ms()
    estate = Estate(platform)
    for number in range(count):
        seal = SimulatedSeal(platform.clock.now_ms, key=PrivateKey.generate())
        device_id = f"{0xD0000 + number:032x}"
        request = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated-seal")])
        )
        certificate = issue_device(trusted, request.sign(seal.tls_key, hashes.SHA256()), device_id, now)
        seal.enrolled(
            {
                "device_id": device_id,
                "platform_key": point,
                "certificate": certificate_pem(certificate),
                "authority": certificate_pem(trusted.certificate),
            }
        )
        platform.transact(lambda work, seal=seal, serial=certificate.serial_number: _add(work, seal, serial))  # type: ignore[misc]  # bound now
        estate.seals.append(seal)
    return estate


def eventually(look: Callable[[], _Found | None], what: str, patience_s: float = PATIENCE_S) -> _Found:
    """What `look` finds at last."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come about in {patience_s:.0f} s"
        time.sleep(0.05)
    return found


def _found_organization(work: UnitOfWork) -> str:
    work.session.add(
        Organization(
            id=ORGANIZATION,
            name="北京云岫数科有限公司",
            uscc="91110108MA00TE011W",
            category="enterprise",
            region_code="110108",
            status="active",
            created_at=work.now,
        )
    )
    work.session.flush()
    return public_key(work, ORGANIZATION).point.hex()


def _add(work: UnitOfWork, seal: SimulatedSeal, serial: int) -> None:
    work.session.add(
        Device(
            id=seal.id,
            organization_id=ORGANIZATION,
            name=f"设备 {seal.id[-5:]}",
            maker="模拟设备",
            status=DeviceStatus.ACTIVE,
            head="0" * 64,
            record_key=seal.key.public_key.point.hex(),
            certificate_serial=f"{serial:x}",
            created_at=work.now,
            enrolled_at=work.now,
            seen_at=work.now,
        )
    )
    work.session.flush()
