"""Typeset the proof that personal data was deleted (个人信息删除证明) as a PDF."""

from __future__ import annotations

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization import queries as organizations
from shuangyin.people.models import Person
from shuangyin.people.privacy_models import DataDeletion, DeletionReason
from shuangyin.people.purposes import purposes

_REASONS = {
    DeletionReason.WITHDRAWN: "本人撤回同意或自行删除",
    DeletionReason.LEFT: "人员离职",
    DeletionReason.RESET: "重置登录方式",
    DeletionReason.EXPIRED: "保存期限届满",
}


def sheet_of(work: UnitOfWork, deletion: DataDeletion) -> dict[str, str]:
    """The proof with every value as it is to be read."""
    purpose = purposes()[deletion.purpose]
    return {
        "organization": organizations.get(work, deletion.organization_id).name,
        "person": work.session.get_one(Person, deletion.person_id).name,
        "number": deletion.id,
        "purpose": purpose.title.zh,
        "what": purpose.what.zh,
        "records": str(deletion.rows),
        "reason": _REASONS[DeletionReason(deletion.reason)],
        "at": f"{beijing_time(deletion.deleted_at):%Y-%m-%d %H:%M:%S}",
        "entry": deletion.entry_id,
        "printed_at": f"{beijing_time(work.now):%Y-%m-%d %H:%M}",
    }


def typeset(sheet: dict[str, str]) -> bytes:
    """The proof as PDF, A4. Raises Unavailable when typesetting fails."""
    failure = Unavailable(
        "SHEET_NOT_TYPESET",
        "证明暂时无法排版，请稍后重试。",
        "The proof could not be typeset; try again later.",
    )
    return typeset_template("shuangyin.people", "deletion.typ", sheet, failure)
