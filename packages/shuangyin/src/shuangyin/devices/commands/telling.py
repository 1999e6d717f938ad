"""Signed messages to devices, and who is told live of a device."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from gmseal.sm.keys import Signer
from sealdevice.command import LOCKS, Command, CommandKind, sign_command
from sealdevice.link import Subject
from sealdevice.record import read_record
from shuangyin.core.live import tell_live
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices import queries
from shuangyin.devices.gateway.hub import Hub
from shuangyin.devices.models import Device, DeviceMessage
from shuangyin.devices.signing import signing_key

TOPIC = "devices"
COMMAND_MS = 24 * 3600_000
"""A command that is no lock is good for so long."""
OUTCOME_SUPERSEDED = "superseded"


def put_message(
    work: UnitOfWork,
    device: Device,
    subject: Subject,
    record: bytes,
    *,
    kind: str,
    number: int | None = None,
    not_after: int | None = None,
) -> DeviceMessage:
    """Keep a signed message for a device; the gateways send it once this transaction is durable."""
    message = DeviceMessage(
        id=work.new_id(),
        organization_id=device.organization_id,
        device_id=device.id,
        subject=subject.value,
        kind=kind,
        number=number,
        record=record.decode(),
        digest=read_record(record).digest,
        created_at=work.now,
        not_after=not_after,
    )
    work.session.add(message)
    work.session.flush()
    hub = work.platform.ports.get(Hub)
    if isinstance(hub, Hub):
        work.after_commit(hub.wake.set)
    return message


def command_device(
    work: UnitOfWork,
    device: Device,
    kind: CommandKind,
    *,
    subject: str | None = None,
    first_seq: int | None = None,
    key: Signer | None = None,
) -> DeviceMessage:
    """Sign the next command to a device, whose row the caller has locked. A lock replaces locks that still wait."""
    command = Command(
        device=device.id,
        number=device.next_command,
        kind=kind,
        issued_at=work.now,
        not_after=work.now + COMMAND_MS,
        subject=subject,
        first_seq=first_seq,
    )
    device.next_command += 1
    is_lock = kind in LOCKS
    if is_lock:
        work.session.execute(
            update(DeviceMessage)
            .where(
                DeviceMessage.device_id == device.id,
                DeviceMessage.subject == Subject.LOCK.value,
                DeviceMessage.closed_at.is_(None),
            )
            .values(closed_at=work.now, outcome=OUTCOME_SUPERSEDED)
        )
    record = sign_command(command, key or signing_key(work, device.organization_id))
    return put_message(
        work,
        device,
        Subject.LOCK if is_lock else Subject.COMMAND,
        record,
        kind=kind.value,
        number=command.number,
        not_after=None if kind is CommandKind.LOCK else command.not_after,
    )


def close_messages(work: UnitOfWork, device_id: str, outcomes: Iterable[tuple[str, str]]) -> int:
    """Note what a device answered; each is the digest of a message and its outcome. Returns how many were open.

    An answer is not signed: it ends the sending and proves nothing. What a device did is in its chain.
    """
    closed = 0
    for digest, outcome in outcomes:
        query = select(DeviceMessage).where(
            DeviceMessage.device_id == device_id,
            DeviceMessage.digest == digest,
            DeviceMessage.closed_at.is_(None),
        )
        for message in work.session.scalars(query):
            message.closed_at, message.outcome = work.now, outcome[:64]
            closed += 1
    return closed


def tell_watchers(
    work: UnitOfWork, organization_id: str, device_ids: Iterable[str], also: Iterable[str] = ()
) -> None:
    """Tell the open pages of those who see devices that these are not what they were."""
    persons = {*queries.watchers(work, organization_id), *also}
    for device_id in sorted(set(device_ids)):
        tell_live(work, organization_id, persons, TOPIC, device_id)
