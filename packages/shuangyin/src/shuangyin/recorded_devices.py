"""What the tables of smart seals and alarms say now about facts that entries recorded.

An event that a device signed is compared twice: with the digest in the log, and with its own signed text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import String, cast, null, select

from sealdevice.errors import SealDeviceError
from sealdevice.event import Event, read_event_body
from sealdevice.fields import read_object
from sealdevice.record import read_record
from shuangyin.alarms.models import Alarm
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.devices.commands.opinions import list_text
from shuangyin.devices.models import Device, DeviceEvent, DevicePermit, DevicePhoto, DeviceStatus
from shuangyin.devices.opinion_models import OpinionSurvey, SurveyHousehold
from shuangyin.devices.opinion_queries import households
from shuangyin.evidence.auditing import RowKey
from shuangyin.recorded_comparing import (
    Comparison,
    Content,
    Facts,
    RecordedArea,
    brings,
    differs,
    past_of,
    plain,
    row_of,
    states,
    subject_of,
    text_differs,
)


def _added(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A device as it was added, and as the latest entries about it left it."""
    row = row_of(work, Device, subject_of(content))
    said = states(row, {"created_at": content.get("at")})
    return said or text_differs(row.name, facts.get("name"), "Device.name") or _life_differs(work, row)


def _life_differs(work: UnitOfWork, device: Device) -> str | None:
    """Key, seal, fence and revocation as the latest entry says that speaks of them."""
    names = ("seal_id", "bound_at", "enrolled_at", "revoked_at", "record_key", "failed_at")
    wanted: dict[str, object] = dict.fromkeys(names) | {"status": DeviceStatus.AWAITING}
    wanted |= dict.fromkeys(_FENCE.values())
    for past in past_of(work, "device", device.id, *_LIFE):
        if past.kind == "devices.enrolled":
            wanted |= {"enrolled_at": past.at, "record_key": past.facts.get("record_key")}
            wanted |= {"certificate_serial": past.facts.get("certificate"), "status": DeviceStatus.ACTIVE}
        elif past.kind == "devices.bound":
            wanted |= {"seal_id": past.facts.get("seal"), "bound_at": past.at, "failed_at": None}
        elif past.kind == "devices.fence_set":
            wanted |= {column: past.facts.get(name) for name, column in _FENCE.items()}
        else:
            wanted |= {"seal_id": None, "bound_at": None}
            revoked = {"status": DeviceStatus.REVOKED, "revoked_at": past.at}
            wanted |= revoked if past.kind == "devices.revoked" else {}
            wanted |= {"failed_at": past.at} if past.kind == "devices.failed" else {}
    return states(device, wanted)


_LIFE = (
    "devices.enrolled",
    "devices.bound",
    "devices.unbound",
    "devices.failed",
    "devices.fence_set",
    "devices.revoked",
)
_FENCE = {
    "latitude_e7": "fence_latitude_e7",
    "longitude_e7": "fence_longitude_e7",
    "radius_m": "fence_radius_m",
}


def _issued(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, DevicePermit, facts.get("permit"))
    columns = {
        "device": "device_id",
        "seal": "seal_id",
        "digest": "digest",
        "spare": "spare",
        "confirmer": "confirmer_id",
        "not_before": "not_before",
        "not_after": "not_after",
        "opening": "opening_id",
    }
    # Entries of earlier versions know no permits on loans.
    columns |= {"loan": "loan_id"} if "loan" in facts else {}
    counts = facts.get("counts")
    stated: dict[str, object] = {
        "request_id": subject_of(content),
        "issued_by": content.get("actor"),
        "issued_at": content.get("at"),
        "entry_id": content.get("id"),
        **(
            {name: counts.get(name) for name in ("ordinary", "seam", "cover")}
            if isinstance(counts, dict)
            else {}
        ),
    }
    said = differs(row, facts, columns) or states(row, stated)
    if said is not None:
        return said
    if [row.presser_id, row.reviewer_id] != facts.get("persons"):
        return "DevicePermit.presser_id or reviewer_id is not what was recorded"
    if _digest_of(row.record) != row.digest:
        return "DevicePermit.record is not what was recorded"
    ended = past_of(work, "request", row.request_id, "devices.permit_ended")
    if any(one.facts.get("permit") == row.id for one in ended) and row.slot is not None:
        return "DevicePermit.slot is not what was recorded"
    settled = past_of(work, "request", row.request_id, "devices.permit_settled")
    last = [one.facts for one in settled if one.facts.get("permit") == row.id][-1:]
    return states(row, {"balanced": last[0].get("balanced")}) if last and row.check_at is None else None


def _told(content: Content, facts: Facts) -> Iterator[tuple[str, Facts]]:
    """Each device that an entry speaks of, with what it told: one that is the entry's subject, or a list of them."""
    devices = facts.get("devices")
    if not isinstance(devices, list):
        yield subject_of(content), facts
        return
    for one in devices:
        if isinstance(one, dict):
            yield str(one.get("device")), one


def _received(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """The events are there, each with its digest in the log, and their columns are what the device signed."""
    told = _told(content, facts)
    return next((said for one in told if (said := _run_differs(work, *one, content.get("at")))), None)


def _run_differs(work: UnitOfWork, device_id: str, facts: Facts, at: object) -> str | None:
    first, last = facts.get("first"), facts.get("last")
    digests = facts.get("events")
    query = select(DeviceEvent).where(
        DeviceEvent.device_id == device_id, DeviceEvent.seq >= first, DeviceEvent.seq <= last
    )
    rows = work.session.scalars(query.order_by(DeviceEvent.seq)).all()
    if not isinstance(first, int) or not isinstance(last, int) or len(rows) != last - first + 1:
        return "DeviceEvent: an event that was recorded is gone"
    # Entries of earlier versions hold the digest of the last event alone, which the others are chained to.
    if rows[-1].digest != facts.get("head"):
        return "DeviceEvent.digest is not what was recorded"
    if isinstance(digests, list) and [row.digest for row in rows] != digests:
        return "DeviceEvent.digest is not what was recorded"
    return next((said for row in rows if (said := _event_differs(work, row, at))), None)


def _event_differs(work: UnitOfWork, row: DeviceEvent, received_at: object) -> str | None:
    if _digest_of(row.record) != row.digest:
        return "DeviceEvent.record is not what was recorded"
    event = read_event_body(read_object(read_record(row.record.encode()).body))
    where = event.position
    stated = {
        "kind": event.kind.value,
        "occurred_at": event.time,
        "received_at": received_at,
        "permit_id": event.permit,
        "latitude_e7": where.latitude_e7 if where else None,
        "longitude_e7": where.longitude_e7 if where else None,
    }
    return states(row, stated) or _photos_differ(work, row, event)


def _photos_differ(work: UnitOfWork, row: DeviceEvent, event: Event) -> str | None:
    photos = work.session.scalars(select(DevicePhoto).where(DevicePhoto.event_id == row.id)).all()
    kept = {(one.device_id, one.moment, one.sm3, one.size, one.permit_id, one.taken_at) for one in photos}
    said = {
        (row.device_id, one.moment.value, one.sm3, one.size, event.permit, event.time) for one in event.photos
    }
    return None if kept == said else "DevicePhoto is not what the device announced"


def _photo_received(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    photos = facts.get("photos")
    for photo_id in photos if isinstance(photos, list) else ():
        row = row_of(work, DevicePhoto, photo_id)
        said = differs(row, facts, {"sm3": "sm3", "size": "size"})
        said = said or states(row, {"uploaded_at": content.get("at")})
        if said is not None:
            return said
        stored = work.session.get(StoredObject, row.object_id) if row.object_id else None
        if stored is None or stored.sm3 != facts.get("sm3"):
            return "DevicePhoto.object_id is not what was recorded"
    return None


def _raised(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """An alarm is what was seen first; it has a verdict exactly when an entry says so."""
    row = row_of(work, Alarm, facts.get("alarm"))
    subject = content.get("subject")
    stated = {
        "kind": facts.get("kind"),
        "subject_type": subject.get("type") if isinstance(subject, dict) else None,
        "subject_id": subject_of(content),
        "raised_at": content.get("at"),
        "entry_id": content.get("id"),
    }
    said = states(row, stated)
    if said is not None:
        return said
    seen = {name: value for name, value in facts.items() if name not in ("alarm", "kind")}
    if plain(row.facts) != seen:
        return "Alarm.facts is not what was recorded"
    judged = past_of(work, row.subject_type, row.subject_id, "alarms.judged")
    if any(one.facts.get("alarm") == row.id for one in judged) != (row.verdict is not None):
        return "Alarm.verdict is not what was recorded"
    return None


def _judged(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, Alarm, facts.get("alarm"))
    stated = {
        "verdict": facts.get("verdict"),
        "handled_by": content.get("actor"),
        "handled_at": content.get("at"),
        "verdict_entry_id": content.get("id"),
    }
    return states(row, stated) or text_differs(row.remark, facts.get("remark"), "Alarm.remark")


def _survey_begun(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A survey and its list as they were begun, and whether it is closed."""
    row = row_of(work, OpinionSurvey, facts.get("survey"))
    columns = {"number": "number", "opens_at": "opens_at", "closes_at": "closes_at"}
    ended = past_of(work, "request", subject_of(content), "devices.survey_closed")
    stated = {
        "request_id": subject_of(content),
        "begun_by": content.get("actor"),
        "begun_at": content.get("at"),
        "closed_at": ended[-1].at if ended else None,
    }
    return (
        differs(row, facts, columns)
        or states(row, stated)
        or text_differs(row.question, facts.get("question"), "OpinionSurvey.question")
        or text_differs(list_text(households(work, row.id)), facts.get("list"), "SurveyHousehold.label")
    )


def _opinion_given(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """What a household says is what the latest entry about it says; nothing where that one was withdrawn."""
    row = row_of(work, SurveyHousehold, facts.get("household"))
    past = past_of(work, "request", subject_of(content), "devices.opinion_given", "devices.opinion_withdrawn")
    last = [one for one in past if one.facts.get("household") == facts.get("household")][-1]
    if last.kind == "devices.opinion_withdrawn":
        return states(row, {"opinion": None, "event_id": None, "recorded_at": None})
    event = row_of(work, DeviceEvent, row.event_id) if row is not None and row.event_id else None
    stated = {"opinion": last.facts.get("opinion"), "recorded_at": last.at}
    said = states(row, stated)
    if said is not None:
        return said
    if (event.digest if event is not None else None) != last.facts.get("event"):
        return "SurveyHousehold.event_id is not what was recorded"
    return text_differs(row.remark, last.facts.get("remark"), "SurveyHousehold.remark")


def _digest_of(record: str) -> str | None:
    try:
        return read_record(record.encode()).digest
    except (SealDeviceError, UnicodeEncodeError):
        return None


def _events_brought(content: Content, facts: Facts) -> Iterator[RowKey]:
    for device_id, told in _told(content, facts):
        first, last = told.get("first"), told.get("last")
        if isinstance(first, int) and isinstance(last, int) and last - first < _MOST_EVENTS:
            for seq in range(first, last + 1):
                yield ("device_event", f"{device_id}/{seq}")


def _photos_brought(_content: Content, facts: Facts) -> Iterator[RowKey]:
    photos = facts.get("photos")
    for photo_id in photos if isinstance(photos, list) else ():
        if isinstance(photo_id, str):
            yield ("uploaded device_photo", photo_id)


_MOST_EVENTS = 1_000_000
_EVENT_ID = DeviceEvent.device_id + "/" + cast(DeviceEvent.seq, String)
_COMPARISONS: Mapping[str, Comparison] = {
    "alarms.raised": _raised,
    "alarms.judged": _judged,
    "devices.added": _added,
    "devices.permit_issued": _issued,
    "devices.events_received": _received,
    "devices.photo_received": _photo_received,
    "devices.survey_begun": _survey_begun,
    "devices.opinion_given": _opinion_given,
}
_ROWS: tuple[tuple[str, Any], ...] = (
    ("alarm", select(Alarm.id, Alarm.entry_id).order_by(Alarm.id)),
    ("device", select(Device.id, null()).order_by(Device.id)),
    ("device_permit", select(DevicePermit.id, DevicePermit.entry_id).order_by(DevicePermit.id)),
    ("opinion_survey", select(OpinionSurvey.id, null()).order_by(OpinionSurvey.id)),
    ("device_event", select(_EVENT_ID, null()).order_by(DeviceEvent.id)),
    (
        "uploaded device_photo",
        select(DevicePhoto.id, null()).where(DevicePhoto.object_id.is_not(None)).order_by(DevicePhoto.id),
    ),
)
DEVICES = RecordedArea(
    tables=frozenset(
        {
            "alarm",
            "device",
            "device_permit",
            "device_event",
            "device_photo",
            "opinion_survey",
            "survey_household",
        }
    ),
    comparisons=_COMPARISONS,
    brings={
        "alarms.raised": brings("alarm", "facts", "alarm"),
        "devices.added": brings("device", "subject", "id"),
        "devices.permit_issued": brings("device_permit", "facts", "permit"),
        "devices.survey_begun": brings("opinion_survey", "facts", "survey"),
        "devices.events_received": _events_brought,
        "devices.photo_received": _photos_brought,
    },
    rows=_ROWS,
)
