"""Refusals of approvals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from shuangyin.approvals.rules.changes import Difference
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, not_found
from shuangyin.core.text import Text


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


def approver_not_entitled(step: Text, persons: Sequence[str]) -> Invalid:
    """The applicant named or chose somebody whom the step cannot ask; nobody else is put in his place unasked."""
    names = persons or ("—",)
    return Invalid(
        "APPROVER_NOT_ENTITLED",
        f"「{'、'.join(names)}」不能审批「{step.zh}」：已离岗、没有审批权限，或不在可选人员之列。请改选他人。",
        f"{', '.join(names)} cannot decide “{step.en}”: not in post, without the right to approve, or not among those to choose from. Choose somebody else.",
        details={"step": step.to_dict(), "persons": list(persons)},
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


def version_replaced(binding: str, changed: Sequence[Difference]) -> Conflict:
    """What was decided on has been replaced since it was shown; the new version and what differs come with it."""
    names_zh = "、".join(one.zh for one in changed[:5])
    names_en = ", ".join(one.en for one in changed[:5])
    if not changed:
        return binding_changed()
    return Conflict(
        "BINDING_CHANGED",
        f"待审批的内容已被替换（{names_zh}），本次审批未生效。请查看差异并按新版本重新审批。",
        f"What you were shown has been replaced ({names_en}), so nothing was decided. See the difference and decide on the new version.",
        details={"binding": binding, "differences": [asdict(one) for one in changed]},
    )


def no_step_left() -> Refused:
    """The special cases of a route leave no step to be decided."""
    return Refused(
        "NO_APPROVER",
        "按流程设置，本申请没有任何需要审批的节点。请联系管理员调整审批流程。",
        "By the settings of the route no step is left to decide. Ask the administrator to change the route.",
    )


def replacement_not_permitted() -> Refused:
    """Only who was permitted may replace what is being approved."""
    return Refused(
        "REPLACEMENT_NOT_PERMITTED",
        "审批中的文件不能更换。请当前审批人允许更换，或撤回后修改再提交。",
        "Documents in approval cannot be replaced. Ask the present approver to permit it, or withdraw and submit again.",
    )


def cannot_add() -> Refused:
    """The persons cannot be added to the route."""
    return Refused(
        "CANNOT_ADD",
        "请选择本人以外的一名或多名审批人员。",
        "Choose one or more approvers other than yourself.",
    )


def route_too_long(most: int) -> Refused:
    """Adding has its limit."""
    return Refused(
        "ROUTE_TOO_LONG",
        f"审批流程最多 {most} 个节点，不能再加签。",
        f"A route has at most {most} steps; nobody can be added any more.",
    )


def cannot_consult() -> Refused:
    """The person cannot be asked for an opinion."""
    return Refused(
        "CANNOT_CONSULT",
        "不能征询此人：须为本单位在职人员、不是本人、且没有未答复的征询。",
        "This person cannot be consulted: he must be active, not yourself, and not have been asked already.",
    )


def no_such_consultation() -> NotFound:
    """Absent, or asked of somebody else."""
    return not_found("这条征询", "consultation")


def consultation_answered() -> Conflict:
    """An opinion is given once."""
    return Conflict(
        "CONSULTATION_ANSWERED",
        "您已答复过这条征询。",
        "You have answered this already.",
    )


def too_many_copies(most: int) -> Refused:
    """Copies have their limit."""
    return Refused(
        "TOO_MANY_COPIES_SENT",
        f"抄送最多 {most} 人。",
        f"Copies go to at most {most} persons.",
    )


def cannot_send_back_to() -> Conflict:
    """The step to send back to is not an earlier one that was decided."""
    return Conflict(
        "CANNOT_SEND_BACK_TO",
        "只能退回到本流程中已审批的前序节点，或退回申请人。",
        "A route can be sent back to an earlier step that was decided, or to the applicant.",
    )


def delegation_over() -> Refused:
    """The delegation under which somebody stood in has ended."""
    return Refused(
        "DELEGATION_OVER",
        "委托已到期或已收回，您不能再代为审批。该事项将转回委托人。",
        "The delegation has ended, so you cannot decide in his place any more. The step goes back to him.",
    )


def not_stuck() -> Conflict:
    """Only what is stuck is released by an administrator."""
    return Conflict(
        "ROUTE_NOT_STUCK",
        "该审批正在正常办理，管理员不能干预。请刷新查看。",
        "This approval has somebody to decide it; an administrator does not step in. Reload to see where it stands.",
    )


def no_such_definition() -> NotFound:
    """Absent, or another organization's."""
    return not_found("这个审批流程", "named route")


def bad_definition(objections: Sequence[tuple[str, int, str, str]]) -> Invalid:
    """A route that cannot stand, with every objection: code, step (0: the whole), and the sentence."""
    first = objections[0]
    return Invalid(
        "ROUTE_DEFINITION",
        f"审批流程有误：{first[2]}",
        f"The route cannot stand: {first[3]}",
        details={
            "objections": [
                {"code": code, "step": step, "zh": zh, "en": en} for code, step, zh, en in objections
            ]
        },
    )


def code_taken(code: str) -> Conflict:
    """Two named routes of one code could not be told apart."""
    return Conflict(
        "ROUTE_CODE_TAKEN",
        f"已有代码为「{code}」的审批流程，请换一个。",
        f"There is a route with the code “{code}” already. Choose another.",
    )


def route_retired(code: str) -> Refused:
    """A named route that is out of use starts nothing new."""
    return Refused(
        "ROUTE_RETIRED",
        f"审批流程「{code}」已停用，请联系管理员。",
        f"The route “{code}” is out of use. Ask the administrator.",
    )


def issue_form_number_taken() -> Conflict:
    """An issue form is registered once."""
    return Conflict(
        "ISSUE_FORM_TAKEN",
        "该签发单编号已登记，请核对。",
        "An issue form of this number is registered already.",
    )


def no_such_issue_form() -> NotFound:
    """Absent, or another organization's."""
    return not_found("这份签发单", "issue form")


def issue_form_checked() -> Conflict:
    """A form is checked once."""
    return Conflict("ISSUE_FORM_CHECKED", "该签发单已核验。", "This issue form has been checked already.")


def own_issue_form() -> Refused:
    """Who registered a form does not check it."""
    return Refused(
        "ISSUE_FORM_OWN",
        "登记签发单的人不能核验自己登记的签发单，请由其他有权人员核验。",
        "Who registered an issue form cannot check it. Another person with the right must.",
    )
