"""The installation's authority for TLS certificates, kept wrapped, and the list of revoked devices."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.certificates import (
    Authority,
    certificate_pem,
    key_pem,
    make_authority,
    revocation_list,
)
from shuangyin.devices.models import Device, DeviceAuthority

INSTALLATION = "installation"
"""The authority belongs to the installation, not to one organization; its key is wrapped under this name."""
CONTEXT = "device-authority"


def authority(work: UnitOfWork) -> Authority:
    """The authority; made when there is none yet (in a write transaction)."""
    row = work.session.get(DeviceAuthority, INSTALLATION)
    if row is None:
        made = make_authority(work.now)
        wrapped = work.keyring.wrap(INSTALLATION, CONTEXT, key_pem(made.key))
        work.session.add(
            DeviceAuthority(
                id=INSTALLATION,
                certificate=certificate_pem(made.certificate),
                wrapped_key=wrapped,
                created_at=work.now,
            )
        )
        work.session.flush()
        return made
    key = serialization.load_pem_private_key(
        work.keyring.unwrap(INSTALLATION, CONTEXT, row.wrapped_key), password=None
    )
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101  # as it was made above
    return Authority(x509.load_pem_x509_certificate(row.certificate.encode()), key)


def revoked_serials(work: UnitOfWork) -> list[tuple[str, int]]:
    """Serial numbers (hex) of revoked device certificates, each with its time."""
    query = select(Device.certificate_serial, Device.revoked_at).where(
        Device.revoked_at.is_not(None), Device.certificate_serial.is_not(None)
    )
    return [(serial, at) for serial, at in work.session.execute(query) if serial and at is not None]


def revoked_certificates(work: UnitOfWork) -> bytes:
    """The list of revoked device certificates in PEM, for the broker."""
    return revocation_list(authority(work), revoked_serials(work), work.now)
