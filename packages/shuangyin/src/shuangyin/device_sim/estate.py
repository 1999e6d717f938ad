"""Simulated devices that a platform knows as after their enrolment, without people, pages or one-time codes.

For tests and measurements only: nobody approved them, and no command of the platform leads here.
"""

from __future__ import annotations

import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from gmseal.sm.keys import PrivateKey
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.device_sim.seal import SimulatedSeal
from shuangyin.devices.certificates import certificate_pem, issue_device
from shuangyin.devices.models import Device, DeviceStatus
from shuangyin.devices.signing import public_key
from shuangyin.devices.trust import authority
from shuangyin.organization.models import Organization, Post
from shuangyin.people.models import Person, PersonStatus, PostHolding

ORGANIZATION = f"{1:032x}"


def found_devices(platform: Platform, count: int) -> list[SimulatedSeal]:
    """An organization with so many enrolled devices, switched on and not connected."""
    point = platform.transact(_found_organization)
    trusted = platform.transact(authority)
    now = platform.clock.now_ms()
    seals: list[SimulatedSeal] = []
    serials: list[int] = []
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
        seals.append(seal)
        serials.append(certificate.serial_number)
    platform.transact(lambda work: _add(work, seals, serials))
    return seals


def found_watcher(platform: Platform) -> str:
    """A person of that organization who sees devices and is told of alarms; returns his id."""

    def command(work: UnitOfWork) -> str:
        post = Post(
            id=work.new_id(),
            organization_id=ORGANIZATION,
            name="值守",
            kind="administrator",
            permissions=json.dumps(["alarms.handle", "devices.read"]),
            is_office=False,
            created_at=work.now,
        )
        person = Person(
            id=work.new_id(),
            organization_id=ORGANIZATION,
            name="值守",
            account=f"watch-{post.id}",
            status=PersonStatus.ACTIVE,
            created_at=work.now,
        )
        work.session.add_all([post, person])
        work.session.flush()
        held = PostHolding(
            id=work.new_id(),
            organization_id=ORGANIZATION,
            person_id=person.id,
            post_id=post.id,
            from_at=work.now,
        )
        work.session.add(held)
        work.session.flush()
        return person.id

    return platform.transact(command)


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


def _add(work: UnitOfWork, seals: list[SimulatedSeal], serials: list[int]) -> None:
    work.session.add_all(
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
        for seal, serial in zip(seals, serials, strict=True)
    )
    work.session.flush()
