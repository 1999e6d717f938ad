"""The joined platform: the only place where ports meet their implementations."""

from __future__ import annotations

from typing import Any

from evidencelog.embedded.fence import HeadFence
from shuangyin.approvals import ports as approvals_ports
from shuangyin.authority import standing_in
from shuangyin.connectors.anchors import configured_anchors
from shuangyin.connectors.authorities import configured_authorities
from shuangyin.connectors.directories import configured_directories
from shuangyin.connectors.faces import configured_faces
from shuangyin.connectors.licence import configured_licence
from shuangyin.connectors.oidc import configured_providers
from shuangyin.connectors.seal_timestamps import configured_timestamps
from shuangyin.connectors.sms import configured_sms
from shuangyin.core.clock import Clock, SystemClock
from shuangyin.core.database import Database
from shuangyin.core.keyring import load_keyring
from shuangyin.core.live import LiveBus
from shuangyin.core.objects import ObjectStore
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.custody import original_subject
from shuangyin.custody import ports as custody_ports
from shuangyin.devices.counting import DeviceTally
from shuangyin.devices.gateway.hub import Hub
from shuangyin.devices.keeping import DeviceKeeping
from shuangyin.entry_subjects import AreaEntrySubjects
from shuangyin.evidence.auditing import BusinessFacts
from shuangyin.evidence.kept_objects import RecordedObjects
from shuangyin.evidence.ports import Anchors
from shuangyin.evidence.readers import EntrySubjects, SubjectReaders
from shuangyin.people import ports as people_ports
from shuangyin.people.directory_port import Directories
from shuangyin.people.face_port import FaceEngine
from shuangyin.people.outside_port import IdentityProviders, LicenceService
from shuangyin.people.sms_port import SmsGateway
from shuangyin.recorded_facts import AreaFacts
from shuangyin.requests import ports as requests_ports
from shuangyin.requests.uses import BegunUses
from shuangyin.sealing import ports as sealing_ports
from shuangyin.sealing.timestamps import Timestamps
from shuangyin.seals.ports import Authorities, UnfinishedUses
from shuangyin.subject_readers import AreaSubjectReaders
from shuangyin.transitions.unfinished import UsesBegun, UsesUnderWay


def compose(settings: Settings, *, clock: Clock | None = None) -> Platform:
    """Join settings, database, keys, objects and ports into a platform."""
    keyring = load_keyring(settings)
    clock = clock or SystemClock()
    database = Database(settings)
    return Platform(
        settings=settings,
        database=database,
        clock=clock,
        keyring=keyring,
        objects=ObjectStore(settings.objects_dir, settings.work_dir, keyring),
        ports={
            **_ports(),
            HeadFence: HeadFence(settings.effective_fence_file),
            LiveBus: LiveBus(shared=not database.is_sqlite),
            Anchors: configured_anchors(settings.log_anchors, clock),
            Authorities: configured_authorities(settings),
            SmsGateway: configured_sms(settings, clock),
            IdentityProviders: configured_providers(settings),
            Directories: configured_directories(settings),
            FaceEngine: configured_faces(settings),
            LicenceService: configured_licence(settings),
            Timestamps: configured_timestamps(settings),
            Hub: Hub(),
        },
    )


def _ports() -> dict[type[Any], object]:
    """What lower areas ask of higher ones, and who answers."""
    return {
        **people_ports.implementations(),
        **approvals_ports.implementations(),
        **standing_in.implementations(),
        **requests_ports.implementations(
            {original_subject.SUBJECT_TYPE: original_subject.OriginalLoanSubject()}
        ),
        **sealing_ports.implementations(),
        **custody_ports.implementations(),
        custody_ports.SmartKeeping: DeviceKeeping(),
        custody_ports.PressTally: DeviceTally(),
        SubjectReaders: AreaSubjectReaders(),
        EntrySubjects: AreaEntrySubjects(),
        BusinessFacts: AreaFacts(),
        UnfinishedUses: UsesUnderWay(),
        BegunUses: UsesBegun(),
        RecordedObjects: AreaFacts(),
    }
