"""Refusals of approvals."""

from __future__ import annotations

from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, not_found


def no_such_step() -> NotFound:
    """Absent, or not for this person to see."""
    return not_found("这个审批节点", "approval step")


def no_such_route() -> NotFound:
    """Absent, or not for this person to see."""
    return not_found("这个审批流程", "approval route")


def already_decided(name: str, person_id: str, decision: str, decided_at: int) -> Conflict:
    """Somebody was first."""
    at = f"{beijing_time(decided_at):%Y-%m-%d %H:%M}"
    return Conflict(
        "STEP_DECIDED",
        f"该节点已由{name}于 {at} 处理，无需再次审批。请刷新查看结果。",
        f"{name} decided this step at {at} (Beijing). Nothing more is needed; reload to see the result.",
        details={
            "decided_by": {"id": person_id, "name": name},
            "decision": decision,
            "decided_at": decided_at,
        },
    )


def not_open() -> Conflict:
    """The step does not wait for this person now."""
    return Conflict(
        "STEP_NOT_OPEN",
        "该节点当前不待您审批，可能已撤回或已流转。请刷新查看。",
        "This step does not wait for you now: it was withdrawn or has moved on. Reload to see where it stands.",
    )


def not_running() -> Conflict:
    """The route has ended."""
    return Conflict(
        "ROUTE_ENDED",
        "审批已经结束，不能再执行此操作。请刷新查看结果。",
        "The approval has ended and this cannot be done any more. Reload to see the result.",
    )


def binding_changed() -> Conflict:
    """What was shown is not what is to be decided."""
    return Conflict(
        "BINDING_CHANGED",
        "待审批的文件、印章或用印位置与您看到的不一致，本次审批未生效。请刷新并重新核对。",
        "The documents, seals or places are not those you were shown, so nothing was decided. Reload and check again.",
    )


def comment_required() -> Invalid:
    """Who refuses says why."""
    return Invalid(
        "COMMENT_REQUIRED",
        "不同意或退回时，请填写意见。",
        "Say why when you reject or send back.",
    )


def separation() -> Refused:
    """The applicant may not be the final approver of a high-risk use (design: duties are separate)."""
    return Refused(
        "SEPARATION_OF_DUTIES",
        "该申请须职责分离，申请人本人不能作最终审批。请转交其他有权审批的人员。",
        "Duties are separate here: the applicant cannot be the final approver. Transfer the step to another approver.",
    )


def no_approver(name_zh: str, name_en: str) -> Refused:
    """Nobody is there to decide a step."""
    return Refused(
        "NO_APPROVER",
        f"审批节点「{name_zh}」没有可审批的人员。请联系管理员任命该岗位。",
        f"Nobody can decide the step “{name_en}”. Ask the administrator to appoint somebody to the post.",
        details={"step": name_zh},
    )


def cannot_transfer() -> Refused:
    """The person to transfer to cannot decide this step."""
    return Refused(
        "CANNOT_TRANSFER",
        "不能转交给此人：须为本单位在岗、有审批权限、且不在本节点中的人员。",
        "The step cannot go to this person: he must be active, hold the right to approve and not be in the step already.",
    )


def urged_lately(minutes: int) -> Conflict:
    """Urging again so soon helps nobody."""
    return Conflict(
        "URGED_LATELY",
        f"刚刚催办过，请在 {minutes} 分钟后再试。",
        f"You urged a moment ago. Try again in {minutes} minutes.",
    )
