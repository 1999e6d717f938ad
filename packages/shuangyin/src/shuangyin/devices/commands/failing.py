"""A device fails: its seal is taken out by hand, its permits end, and people register what they press from then on."""

from __future__ import annotations

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Loan, LoanSeal, LoanStatus, Opening, OpeningStatus, SealReturn
from shuangyin.devices import errors, queries
from shuangyin.devices.commands.effects import Effects
from shuangyin.devices.commands.permitting import end_permit
from shuangyin.devices.commands.telling import tell_watchers
from shuangyin.devices.models import Device, DevicePermit, DeviceStatus
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands import require_second_factor

FAIL_ACT = "devices.declare_failed"


def declare_failed(
    work: UnitOfWork, actor: Actor, device_id: str, *, reason: str, proof: str | None
) -> Device:
    """Declare that a device has failed and that its seal was taken out of it, so that it is pressed by hand.

    Its permits end, the device shall be locked, and an alarm asks for a review: whoever says that a device failed sets
    its control aside. What the device told so far, and what it still tells late, is counted and registered as ever.
    Raises Forbidden (NOT_YOURS_TO_DECLARE, STEP_UP_REQUIRED), Conflict (DEVICE_NOT_ACTIVE, DEVICE_WITHOUT_SEAL).
    """
    queries.get(work, actor.organization_id, device_id)
    device = queries.locked(work, device_id)
    if device.status != DeviceStatus.ACTIVE:
        raise errors.not_active()
    if device.seal_id is None:
        raise errors.nothing_failed()
    if not actor.may(queries.MANAGE) and actor.person_id not in _concerned(work, device, device.seal_id):
        raise errors.not_yours_to_fail()
    used = require_second_factor(work, actor, act=FAIL_ACT, subject=device.id, proof=proof, strength="each")
    Effects(work).alarm(
        device, "device_failed", work.now, {"seal": device.seal_id, "said_by": actor.person_id}
    )
    _end_permits(work, actor, device)
    seal_id, device.seal_id, device.bound_at = device.seal_id, None, None
    device.failed_at = work.now
    work.session.flush()
    record(
        work,
        actor,
        kind="devices.failed",
        subject_type="device",
        subject_id=device.id,
        facts={
            "seal": seal_id,
            "seq": device.seq,
            "presses": device.presses,
            "reason": digest_of(reason),
            "second_factor": used.kind,
        },
    )
    tell_watchers(work, device.organization_id, [device.id], also=[actor.person_id])
    return device


def _end_permits(work: UnitOfWork, actor: Actor, device: Device) -> None:
    """End what can still be pressed under, and note the failure on what is not settled."""
    query = select(DevicePermit).where(
        DevicePermit.device_id == device.id,
        or_(DevicePermit.slot.is_not(None), DevicePermit.check_at.is_not(None)),
    )
    for permit in work.session.scalars(query):
        permit.failed_at = work.now
        if permit.slot is not None:
            end_permit(work, actor, device, permit, "failed")


def _concerned(work: UnitOfWork, device: Device, seal_id: str) -> set[str]:
    """Who keeps the seal, has it out of an open safe, or out on a loan."""
    found = set(queries.custodians(work, device))
    openings = (
        select(Opening)
        .join(SealReturn, SealReturn.opening_id == Opening.id)
        .where(SealReturn.seal_id == seal_id, Opening.status == OpeningStatus.OPEN)
    )
    for opening in work.session.scalars(openings):
        found |= {opening.custodian_id, opening.reviewer_id}
    loans = (
        select(Loan)
        .join(LoanSeal, LoanSeal.loan_id == Loan.id)
        .where(LoanSeal.seal_id == seal_id, Loan.status == LoanStatus.OUT)
    )
    for loan in work.session.scalars(loans):
        found |= {loan.custodian_id, loan.escort_id}
    return found
