"""All tables of the platform, for migrations: importing this module fills `Base.metadata`."""

from __future__ import annotations

from sqlalchemy import MetaData

from shuangyin.alarms import models as alarms
from shuangyin.approvals import models as approvals
from shuangyin.audit import models as audit
from shuangyin.authority import models as authority
from shuangyin.core import idempotency, jobs, live, numbers, objects
from shuangyin.core.database import Base
from shuangyin.custody import checklist_models as checklists
from shuangyin.custody import imprint_models as imprints
from shuangyin.custody import keeping_models as keeping
from shuangyin.custody import models as custody
from shuangyin.custody import original_models as originals
from shuangyin.custody import paper_permit_models as paper_permits
from shuangyin.custody import sent_copy_models as sent_copies
from shuangyin.custody import stocktake_models as stocktakes
from shuangyin.devices import models as devices
from shuangyin.devices import opinion_models as opinions
from shuangyin.documents import models as documents
from shuangyin.evidence import models as evidence
from shuangyin.organization import models as organization
from shuangyin.people import models as people
from shuangyin.people import privacy_models as privacy
from shuangyin.requests import models as requests
from shuangyin.scenarios import models as scenarios
from shuangyin.sealing import models as sealing
from shuangyin.seals import models as seals
from shuangyin.transitions import leaving_models as leaving
from shuangyin.transitions import models as transitions
from shuangyin.workbench import models as workbench

MODULES = (
    idempotency,
    jobs,
    live,
    numbers,
    objects,
    evidence,
    organization,
    people,
    privacy,
    alarms,
    approvals,
    seals,
    scenarios,
    authority,
    documents,
    requests,
    sealing,
    custody,
    checklists,
    imprints,
    keeping,
    originals,
    paper_permits,
    sent_copies,
    stocktakes,
    devices,
    opinions,
    leaving,
    transitions,
    audit,
    workbench,
)


def metadata() -> MetaData:
    """The metadata with the tables of core and of every area."""
    return Base.metadata
