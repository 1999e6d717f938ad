"""What one of a pair asks of the other, and when that is done."""

from __future__ import annotations

from enum import StrEnum

from shuangyin.core.text import Text
from shuangyin.seals.kinds import SealStatus
from shuangyin.seals.rules.life import ENDED


class TaskKind(StrEnum):
    """What is to be done."""

    COUNTERPART_SUSPENDED = "counterpart_suspended"
    COUNTERPART_RESUMED = "counterpart_resumed"
    COUNTERPART_LOST = "counterpart_lost"
    COUNTERPART_ENDED = "counterpart_ended"
    END_OLD = "end_old"
    REPLACE = "replace"
    FILING_REFUSED = "filing_refused"
    LICENCE_ENDED = "licence_ended"
    NAME_DIFFERS = "name_differs"
    REPRESENTATIVE_DIFFERS = "representative_differs"
    RECONFIRM_GRANTS = "reconfirm_grants"
    BLOCKED_ITEM = "blocked_item"

    @property
    def words(self) -> Text:
        """What is asked, in a sentence."""
        return _WORDS[self]


_WORDS: dict[TaskKind, Text] = {
    TaskKind.COUNTERPART_SUSPENDED: Text(
        "对应印章已停用，请决定本章是否同时停用。",
        "Its counterpart is suspended. Decide whether this seal is to be suspended too.",
    ),
    TaskKind.COUNTERPART_RESUMED: Text(
        "对应印章已恢复，请决定本章是否恢复。",
        "Its counterpart was taken up again. Decide about this seal.",
    ),
    TaskKind.COUNTERPART_LOST: Text(
        "对应印章已挂失，请停用本章并办理注销或更换。",
        "Its counterpart is lost. Suspend this seal and revoke or replace it.",
    ),
    TaskKind.COUNTERPART_ENDED: Text(
        "对应印章已终止，请办理本章注销、缴销或更换。",
        "Its counterpart has ended. Revoke, surrender or replace this seal.",
    ),
    TaskKind.END_OLD: Text(
        "旧章已停用，请办理缴销（实体）或注销（电子）。",
        "The old seal has stopped. Surrender it (physical) or revoke it (electronic).",
    ),
    TaskKind.REPLACE: Text("请申请制作新章。", "Apply for the seal that replaces it."),
    TaskKind.FILING_REFUSED: Text(
        "备案机关退回或答复不符，请核对后重报。",
        "The authority refused, or its answer does not fit. Check it and report again.",
    ),
    TaskKind.LICENCE_ENDED: Text(
        "登记机关显示单位已注销或吊销，印章已停用。",
        "The registry says that the licence has ended; the seals are suspended.",
    ),
    TaskKind.NAME_DIFFERS: Text(
        "登记机关的单位名称与本平台不同，请核对是否更名。",
        "The registry has another name of the organization. Check whether it was renamed.",
    ),
    TaskKind.REPRESENTATIVE_DIFFERS: Text(
        "登记机关的法定代表人与本平台不同，名章已停用，请办理法定代表人变更。",
        "The registry names another legal representative; the name seals are suspended. Change him here.",
    ),
    TaskKind.RECONFIRM_GRANTS: Text(
        "前任法定代表人作出的授权须在十个工作日内重新确认。",
        "Grants of the predecessor are to be reconfirmed within ten working days.",
    ),
    TaskKind.BLOCKED_ITEM: Text(
        "有事项未能随岗位移交，请逐项处理。", "Something could not move with the office. Settle it."
    ),
}

_DONE_BY: dict[TaskKind, frozenset[SealStatus]] = {
    TaskKind.COUNTERPART_SUSPENDED: frozenset({SealStatus.SUSPENDED}) | ENDED,
    TaskKind.COUNTERPART_RESUMED: frozenset({SealStatus.IN_FORCE}) | ENDED,
    TaskKind.COUNTERPART_LOST: frozenset({SealStatus.SUSPENDED}) | ENDED,
    TaskKind.COUNTERPART_ENDED: ENDED,
    TaskKind.END_OLD: frozenset({SealStatus.SURRENDERED, SealStatus.DESTROYED, SealStatus.REVOKED}),
}

_ASKED: dict[SealStatus, TaskKind] = {
    SealStatus.SUSPENDED: TaskKind.COUNTERPART_SUSPENDED,
    SealStatus.LOST: TaskKind.COUNTERPART_LOST,
    SealStatus.SCRAPPED: TaskKind.COUNTERPART_ENDED,
    SealStatus.SURRENDERED: TaskKind.COUNTERPART_ENDED,
    SealStatus.DESTROYED: TaskKind.COUNTERPART_ENDED,
    SealStatus.REVOKED: TaskKind.COUNTERPART_ENDED,
}


def task_for_counterpart(status: str) -> TaskKind | None:
    """What the new status of a seal asks of its counterpart."""
    return _ASKED.get(SealStatus(status))


def fulfilled(kind: TaskKind, status: str) -> bool:
    """Whether a seal of this status needs no more to be done for such a task."""
    return SealStatus(status) in _DONE_BY.get(kind, frozenset())
