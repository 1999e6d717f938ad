"""What the accounts of physical impressions say now: every difference, read from the accounts and from the alarms.

The accounts are read anew, so that a difference is found though its alarm were not there; the alarms are read too, so
that a difference is found though the accounts have balanced since (photos that came after the grace).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

from sealdevice.event import PRESSES, EventKind
from shuangyin.alarms.models import Alarm
from shuangyin.audit.rules import NONE, Difference, Figures, Imbalance, Kind, account_kinds, stocktake_kinds
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.custody.paper_permit_models import PaperPermit
from shuangyin.custody.rules import Presses, spare_for, total_of
from shuangyin.custody.stocktake_models import Stocktake, StocktakeLine, StocktakeStatus
from shuangyin.custody.stocktake_queries import kept_account
from shuangyin.custody.stocktake_rules import NOTHING_YET, Account
from shuangyin.devices.accounting import LineAccount, PhotoAccount, line_accounts, photo_accounts
from shuangyin.devices.commands.effects import account_of
from shuangyin.devices.models import Device, DeviceEvent, DevicePermit
from shuangyin.requests.models import RequestSeal

_OF_PERMITS = frozenset({Kind.COUNT_DIFFERENCE, Kind.PHOTOS_MISSING, Kind.PRESS_BEYOND_PERMIT})


class _Told:
    """The alarms of the kinds that are differences, newest last."""

    def __init__(self, work: UnitOfWork, organization_id: str) -> None:
        query = select(Alarm).where(
            Alarm.organization_id == organization_id, Alarm.kind.in_([kind.value for kind in Kind])
        )
        rows = work.session.scalars(query.order_by(Alarm.id))
        self.all: list[tuple[Alarm, dict[str, Any]]] = [(row, json.loads(row.facts)) for row in rows]
        self._of_permits: dict[tuple[str, str], dict[Kind, Alarm]] = defaultdict(dict)
        self._about: dict[tuple[str, str], list[Alarm]] = defaultdict(list)
        for alarm, facts in self.all:
            self._about[alarm.kind, alarm.subject_id].append(alarm)
            if alarm.kind in _OF_PERMITS and facts.get("permit"):
                self._of_permits[alarm.subject_id, facts["permit"]][Kind(alarm.kind)] = alarm

    def of_permit(self, permit: DevicePermit) -> dict[Kind, Alarm]:
        """The newest alarm of each kind about a permit. What another device said of it is not about it."""
        return self._of_permits.get((permit.device_id, permit.id), {})

    def at(self, kind: Kind, subject_id: str, instant: int) -> Alarm | None:
        """The alarm of a kind about a subject that was raised, or counted on, at an instant."""
        found = [
            alarm
            for alarm in self._about[kind.value, subject_id]
            if alarm.raised_at <= instant <= alarm.last_at
        ]
        return found[-1] if found else None


def differences(work: UnitOfWork, organization_id: str) -> list[Difference]:
    """Every difference there is or was, with its figures as they are now; what was settled is among them."""
    told = _Told(work, organization_id)
    return [
        *_of_permits(work, organization_id, told),
        *_of_spare(work, told),
        *_of_stocktakes(work, organization_id, told),
        *_of_paper_permits(work, organization_id, told),
        *_of_loose_presses(work, organization_id, told),
    ]


def _of_permits(work: UnitOfWork, organization_id: str, told: _Told) -> Iterator[Difference]:
    named = {str(facts["permit"]) for _, facts in told.all if facts.get("permit")}
    query = select(DevicePermit).where(
        DevicePermit.organization_id == organization_id,
        or_(DevicePermit.balanced.is_(False), DevicePermit.id.in_(named)),
    )
    # The newest permit first: it stands for the seal on its request, when several were issued.
    permits = list(work.session.scalars(query.order_by(DevicePermit.id.desc())))
    accounts = line_accounts(work, {(one.request_id, one.seal_id) for one in permits})
    photos = photo_accounts(work, [one for account in accounts.values() for one in account.permits])
    asked = _asked(work, {one.request_id for one in permits})
    for permit in permits:
        line = (permit.request_id, permit.seal_id)
        account, alarms = accounts[line], told.of_permit(permit)
        kinds = set(alarms)
        if permit.balanced is not None:
            kinds |= account_kinds(
                counted=(account.counted.good, account.counted.spoiled),
                registered=(account.registered.good, account.registered.spoiled),
                photos_missing=photos[permit.id].missing,
            )
        for kind in sorted(kinds):
            alarm = alarms.get(kind)
            of_line = kind is Kind.COUNT_DIFFERENCE
            yield Difference(
                kind=kind,
                about=f"line/{permit.request_id}/{permit.seal_id}" if of_line else f"permit/{permit.id}",
                noticed_at=alarm.raised_at if alarm else permit.finished_at or permit.not_after,
                figures=_device_figures(asked[line], account, [photos[one.id] for one in account.permits])
                if of_line
                else _permit_figures(permit, photos[permit.id]),
                seal_id=permit.seal_id,
                device_id=permit.device_id,
                request_id=permit.request_id,
                permit_id=permit.id,
                alarm_id=alarm.id if alarm else None,
            )


def _permit_figures(permit: DevicePermit, photos: PhotoAccount) -> Figures:
    good = permit.registered_ordinary + permit.registered_seam + permit.registered_cover
    return Figures(
        permitted=permit.ordinary + permit.seam + permit.cover,
        spare=permit.spare,
        counted=account_of(permit).pressed.total,
        registered_good=good,
        registered_spoiled=permit.registered_spoiled,
        photos_asked=photos.asked,
        photographed=max(0, photos.asked - photos.missing),
    )


def _asked(work: UnitOfWork, request_ids: set[str]) -> dict[tuple[str, str], int]:
    """How many good presses were approved, for each seal of these requests."""
    found = work.session.scalars(select(RequestSeal).where(RequestSeal.request_id.in_(request_ids)))
    return {(one.request_id, one.seal_id): one.presses_applied + one.seam_presses for one in found}


def _device_figures(permitted: int, account: LineAccount, photos: list[PhotoAccount]) -> Figures:
    """The figures of a seal on one request, under all permits of its devices."""
    asked, missing = sum(one.asked for one in photos), sum(one.missing for one in photos)
    return replace(
        _line_figures(permitted, account.registered),
        counted=account.counted.total,
        photos_asked=asked,
        photographed=max(0, asked - missing),
    )


def _line_figures(permitted: int, registered: Presses) -> Figures:
    """The figures of a seal on one request by the register alone."""
    return Figures(
        permitted=permitted,
        spare=spare_for(permitted),
        registered_good=registered.good,
        registered_spoiled=registered.spoiled,
    )


def _total(uses: list[PhysicalUse]) -> Presses:
    return total_of(Presses(one.normal, one.seam, one.cover, one.spoiled) for one in uses)


def _of_spare(work: UnitOfWork, told: _Told) -> Iterator[Difference]:
    """Lines with more spoiled presses than spare: the register takes them in with their alarm, and only so."""
    alarms = [(alarm, facts) for alarm, facts in told.all if alarm.kind == Kind.SPOILED_BEYOND_SPARE]
    requests = {alarm.subject_id for alarm, _ in alarms}
    uses: dict[tuple[str, str], list[PhysicalUse]] = defaultdict(list)
    for use in work.session.scalars(select(PhysicalUse).where(PhysicalUse.request_id.in_(requests))):
        uses[use.request_id, use.seal_id].append(use)
    asked = _asked(work, requests)
    for alarm, facts in reversed(alarms):
        line = (alarm.subject_id, str(facts["seal"]))
        yield Difference(
            kind=Kind.SPOILED_BEYOND_SPARE,
            about="line/" + "/".join(line),
            noticed_at=alarm.raised_at,
            figures=_line_figures(asked[line], _total(uses[line])),
            seal_id=line[1],
            request_id=line[0],
            alarm_id=alarm.id,
        )


def _of_stocktakes(work: UnitOfWork, organization_id: str, told: _Told) -> Iterator[Difference]:
    done = (Stocktake.organization_id == organization_id, Stocktake.status == StocktakeStatus.DONE)
    differing = (
        select(StocktakeLine.seal_id)
        .join(Stocktake, Stocktake.id == StocktakeLine.stocktake_id)
        .where(*done, or_(StocktakeLine.balanced.is_(False), StocktakeLine.expected != StocktakeLine.found))
    )
    query = (
        select(Stocktake, StocktakeLine)
        .join(StocktakeLine, StocktakeLine.stocktake_id == Stocktake.id)
        .where(*done, StocktakeLine.seal_id.in_(differing))
        .order_by(StocktakeLine.id)
    )
    earlier: dict[str, Account] = {}
    for stocktake, line in work.session.execute(query).tuples():
        before = earlier.get(line.seal_id, NOTHING_YET)
        now = earlier[line.seal_id] = kept_account(line) or before
        since = now.since(before)
        done_at = stocktake.done_at or stocktake.begun_at
        kinds = stocktake_kinds(
            expected=line.expected, found=line.found, before=_imbalance(before), now=_imbalance(now)
        )
        for kind in sorted(kinds):
            alarm = told.at(kind, line.seal_id, done_at)
            yield Difference(
                kind=kind,
                about=f"stocktake/{line.id}",
                noticed_at=done_at,
                figures=Figures(
                    permitted=since.permitted,
                    spare=since.spare,
                    counted=since.pressed,
                    registered_good=since.good,
                    registered_spoiled=since.spoiled,
                ),
                seal_id=line.seal_id,
                stocktake_id=stocktake.id,
                alarm_id=alarm.id if alarm else None,
            )


def _imbalance(account: Account) -> Imbalance:
    if account == NOTHING_YET:
        return NONE
    return Imbalance.of(
        permitted=account.permitted,
        spare=account.spare,
        pressed=account.pressed,
        good=account.good,
        spoiled=account.spoiled,
    )


def _of_paper_permits(work: UnitOfWork, organization_id: str, told: _Told) -> Iterator[Difference]:
    query = select(PaperPermit).where(
        PaperPermit.organization_id == organization_id, PaperPermit.overdue_at.is_not(None)
    )
    permits = list(work.session.scalars(query.order_by(PaperPermit.id)))
    uses: dict[str | None, list[PhysicalUse]] = defaultdict(list)
    entered = select(PhysicalUse).where(PhysicalUse.paper_permit_id.in_({one.id for one in permits}))
    for use in work.session.scalars(entered):
        uses[use.paper_permit_id].append(use)
    for permit in permits:
        noticed_at = permit.overdue_at or permit.settle_by
        registered = _total(uses[permit.id])
        alarm = told.at(Kind.PAPER_PERMIT_OPEN, permit.id, noticed_at)
        yield Difference(
            kind=Kind.PAPER_PERMIT_OPEN,
            about=f"paper_permit/{permit.id}",
            noticed_at=noticed_at,
            figures=Figures(
                permitted=permit.presses,
                registered_good=registered.good,
                registered_spoiled=registered.spoiled,
            ),
            seal_id=permit.seal_id,
            paper_permit_id=permit.id,
            alarm_id=alarm.id if alarm else None,
        )


def _of_loose_presses(work: UnitOfWork, organization_id: str, told: _Told) -> Iterator[Difference]:
    """Presses that no permit of their device stands for: each is a difference of its own."""
    kinds = (Kind.UNAUTHORISED_PRESS, Kind.PRESS_BEYOND_PERMIT)
    counting = select(Device.id, Device.seal_id).where(
        Device.organization_id == organization_id, Device.unpermitted > 0
    )
    seals: dict[str, str | None] = dict(work.session.execute(counting).tuples().all())
    # The seal that lay in the device then; it may hold another one by now.
    seals |= {alarm.subject_id: facts.get("seal") for alarm, facts in told.all if alarm.kind in kinds}
    query = (
        select(DeviceEvent)
        .outerjoin(
            DevicePermit,
            (DevicePermit.id == DeviceEvent.permit_id) & (DevicePermit.device_id == DeviceEvent.device_id),
        )
        .where(
            DeviceEvent.organization_id == organization_id,
            DeviceEvent.device_id.in_(seals),
            DeviceEvent.kind.in_([kind.value for kind in PRESSES]),
            or_(DevicePermit.id.is_(None), DeviceEvent.kind == EventKind.UNAUTHORISED_PRESS.value),
        )
        .order_by(DeviceEvent.id)
    )
    for event in work.session.scalars(query):
        loose = event.kind == EventKind.UNAUTHORISED_PRESS
        kind = Kind.UNAUTHORISED_PRESS if loose else Kind.PRESS_BEYOND_PERMIT
        alarm = told.at(kind, event.device_id, event.received_at)
        yield Difference(
            kind=kind,
            about=f"event/{event.id}",
            noticed_at=event.received_at,
            figures=Figures(permitted=0, counted=1),
            seal_id=seals[event.device_id],
            device_id=event.device_id,
            alarm_id=alarm.id if alarm else None,
        )
