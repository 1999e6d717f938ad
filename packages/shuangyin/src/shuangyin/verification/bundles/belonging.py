"""Which entries belong to a seal use: those about its request, document, seal, grant, opening or loan, and of the smart
seal that pressed it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.devices.models import DeviceEvent, DevicePermit, DevicePermitUse, DevicePhoto
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence import queries as evidence
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.sealing import queries as sealing
from shuangyin.sealing.models import SealUse, VoidedUse

PUBLIC_KINDS: Final = frozenset({
    "requests.approved",
    "requests.voided",
    "approvals.decided",
    "documents.uploaded",
    "custody.pressed",
    "custody.photo_taken",
    "custody.print_made",
    "custody.safe_opened",
    "custody.opening_closed",
    "custody.loan_out",
    "custody.loan_returned",
    "custody.paper_permit_issued",
    "custody.paper_permit_entered",
    "devices.enrolled",
    "devices.events_received",
    "devices.permit_issued",
    "devices.permit_settled",
    "devices.photo_received",
    "sealing.voided",
    "seals.filing_set",
})  # fmt: skip
"""What outsiders get beside the use itself, as far as no digest of a free text stands in it.

Such a digest comes with its salt, so that a short text such as 「同意」 could be found by trying.
"""
_OF_ONE_USE: Final = frozenset(
    {"sealing.sealed", "sealing.pressed", "sealing.voided", "sealing.void_explained"}
)
"""Entries of these kinds are about the use that they name, and a request may have several."""
_OF_ONE_PERMIT: Final = frozenset({
    "devices.permit_issued",
    "devices.permit_ended",
    "devices.permit_settled",
    "devices.press_confirmed",
})  # fmt: skip
_OF_DEVICES: Final = frozenset({"devices.events_received", "devices.photo_received"})
_OWN: Final = 5_000
_OF_SEAL: Final = 500
"""So many entries are looked at: all of one request in practice, and the life of a seal that is long."""


@dataclass(frozen=True)
class UseCase:
    """One use with what the tables say it belongs to. `physical` is its line of the register."""

    work: UnitOfWork
    use: SealUse

    @cached_property
    def physical(self) -> PhysicalUse | None:
        return self.work.session.scalar(select(PhysicalUse).where(PhysicalUse.seal_use_id == self.use.id))

    @cached_property
    def void(self) -> VoidedUse | None:
        return sealing.voids_of(self.work, [self.use.id]).get(self.use.id)

    @cached_property
    def permits(self) -> Sequence[DevicePermit]:
        """The permits under which a smart seal pressed this line of the register."""
        if self.physical is None:
            return ()
        query = (
            select(DevicePermit)
            .join(DevicePermitUse, DevicePermitUse.permit_id == DevicePermit.id)
            .where(DevicePermitUse.use_id == self.physical.id)
            .order_by(DevicePermit.id)
        )
        return self.work.session.scalars(query).all()

    @cached_property
    def events(self) -> Sequence[DeviceEvent]:
        """What the devices said under those permits, in the order of their chains."""
        query = select(DeviceEvent).where(DeviceEvent.permit_id.in_([one.id for one in self.permits]))
        return self.work.session.scalars(query.order_by(DeviceEvent.device_id, DeviceEvent.seq)).all()

    @property
    def subjects(self) -> list[tuple[str, str]]:
        """What the entries of the use alone are about, besides its seal and its device."""
        use, physical = self.use, self.physical
        source = self.work.session.get_one(DocumentVersion, use.source_version_id)
        found = [("request", use.request_id), ("document", source.document_id)]
        if use.grant_id is not None:
            found.append(("grant", use.grant_id))
        if physical is not None and physical.opening_id is not None:
            found.append(("opening", physical.opening_id))
        if physical is not None and physical.loan_id is not None:
            found.append(("loan", physical.loan_id))
        if physical is not None and physical.paper_permit_id is not None:
            found.append(("paper_permit", physical.paper_permit_id))
        return found

    def entries(self, *, masked: bool) -> list[evidence.PlacedEntry]:
        """The entries of the use, oldest first; for outsiders those alone that they may have."""
        work, organization_id = self.work, self.use.organization_id
        found = [
            *evidence.entries_for(work, organization_id, self.subjects, limit=_OWN),
            *evidence.entries_for(work, organization_id, [("seal", self.use.seal_id)], limit=_OF_SEAL),
            *self._of_devices(),
        ]
        chosen = {one.entry.id: one for one in found if self._belongs(one.entry, masked=masked)}
        return [chosen[entry_id] for entry_id in sorted(chosen)]

    def _of_devices(self) -> Iterator[evidence.PlacedEntry]:
        """How each device was enrolled, when its events of these permits came in, and its photos."""
        if not self.permits:
            return
        photos = self.work.session.scalars(
            select(DevicePhoto).where(DevicePhoto.permit_id.in_([one.id for one in self.permits]))
        ).all()
        for device_id in sorted({one.device_id for one in self.permits}):
            instants = {one.received_at for one in self.events if one.device_id == device_id}
            instants |= {one.uploaded_at for one in photos if one.device_id == device_id and one.uploaded_at}
            # What many devices told at once is one entry about the organization.
            for subject in (("device", device_id), ("organization", self.use.organization_id)):
                found = evidence.entries_at(self.work, subject, instants)
                yield from (one for one in found if one.entry.kind in _OF_DEVICES)
            yield from evidence.entries_of_kind(self.work, ("device", device_id), "devices.enrolled")

    def _belongs(self, entry: EvidenceEntry, *, masked: bool) -> bool:
        if entry.id == self.use.entry_id:
            return True
        facts = json.loads(entry.body)["facts"]
        return self._is_ours(entry.kind, facts) and (
            not masked or (entry.kind in PUBLIC_KINDS and '"salt":' not in entry.body)
        )

    def _is_ours(self, kind: str, facts: dict[str, Any]) -> bool:
        line = self.physical.id if self.physical else None
        if kind in _OF_ONE_USE:
            return kind.startswith("sealing.void") and facts["use"] == self.use.id
        if kind in _OF_ONE_PERMIT:
            return facts["permit"] in {one.id for one in self.permits}
        if kind == "custody.photo_taken":
            return facts["use"] in (None, line)  # not of another use in the same opening
        if kind == "custody.pressed":
            return bool(facts["seal_use"] == self.use.id)
        if kind == "devices.events_received":
            return any(self._holds_event(told) for told in facts.get("devices", [facts]))
        return True

    def _holds_event(self, told: dict[str, Any]) -> bool:
        """Whether what one device told, named where several told at once, holds an event of this use."""
        return any(
            told.get("device", one.device_id) == one.device_id and told["first"] <= one.seq <= told["last"]
            for one in self.events
        )
