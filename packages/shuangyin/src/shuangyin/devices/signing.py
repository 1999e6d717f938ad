"""The organization's key for permits and commands: made at first use, wrapped at rest, held open by the gateway."""

from __future__ import annotations

from gmseal.sm.keys import PrivateKey, PublicKey
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.models import DeviceSigningKey


def signing_key(work: UnitOfWork, organization_id: str) -> PrivateKey:
    """The private key; makes it when there is none yet (in a write transaction)."""
    row = work.session.get(DeviceSigningKey, organization_id)
    if row is None:
        key = PrivateKey.generate()
        row = DeviceSigningKey(
            organization_id=organization_id,
            public_key=key.public_key.point.hex(),
            wrapped_key=work.keyring.wrap(organization_id, _context(organization_id), key.to_pkcs8_der()),
            created_at=work.now,
        )
        work.session.add(row)
        work.session.flush()
        return key
    return PrivateKey.from_pkcs8(
        work.keyring.unwrap(organization_id, _context(organization_id), row.wrapped_key)
    )


def public_key(work: UnitOfWork, organization_id: str) -> PublicKey:
    """What devices verify with; makes the key when there is none yet (in a write transaction)."""
    return signing_key(work, organization_id).public_key


def _context(organization_id: str) -> str:
    return f"device-signing:{organization_id}"
