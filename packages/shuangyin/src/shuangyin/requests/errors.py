"""Refusals of requests."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, not_found
from shuangyin.core.text import Text
from shuangyin.requests.rules import Objection
from shuangyin.scenarios.rules import RefusedMedium

_MEDIA = {
    "electronic": Text("电子印章", "the electronic seal"),
    "physical": Text("实体印章", "the physical seal"),
}
_STATUS = {
    "draft": Text("草稿", "a draft"),
    "in_approval": Text("审批中", "in approval"),
    "approved": Text("已批准", "approved"),
    "sealing": Text("用印中", "being sealed"),
    "sealed": Text("已用印", "sealed"),
    "sent_back": Text("已退回", "sent back"),
    "withdrawn": Text("已撤回", "withdrawn"),
    "rejected": Text("未通过", "rejected"),
    "voided": Text("已作废", "voided"),
}


def no_such_request() -> NotFound:
    """Absent, or not for this person to see."""
    return not_found("这份用印申请", "use request")


def medium_refused(refused: RefusedMedium, citation: str | None) -> Refused:
    """The scenario list excludes the medium that was asked for."""
    asked = _MEDIA[refused.medium]
    cited = f"（依据：{citation}）" if citation else ""
    return Refused(
        "MEDIUM_REFUSED",
        f"按「{refused.rule.zh}」，此类用印不能用{asked.zh}:{refused.reason.zh}{cited}请改用另一种印章后提交。",
        f"By the rule “{refused.rule.en}” {asked.en} cannot be used here: {refused.reason.en} Change to the other kind of seal and submit again.",
        details={
            "medium": refused.medium,
            "rule": refused.rule.to_dict(),
            "rule_id": refused.rule_id,
            "citation": refused.citation,
            "reason": refused.reason.to_dict(),
            "strength": refused.strength.value,
            "basis": refused.basis.value,
        },
    )


def wrong_state(status: str) -> Conflict:
    """The act does not fit the state of the request."""
    now = _STATUS.get(status, Text(status, status))
    return Conflict(
        "REQUEST_STATE",
        f"该申请目前为「{now.zh}」，不能执行此操作。请刷新查看。",
        f"This request is {now.en}, so this cannot be done now. Reload to see where it stands.",
        details={"status": status},
    )


def incomplete(missing: Sequence[tuple[str, Text]]) -> Invalid:
    """Something that an application needs is not there yet."""
    return Invalid(
        "REQUEST_INCOMPLETE",
        f"请补充：{'、'.join(text.zh for _, text in missing)}。",
        f"Please add: {', '.join(text.en for _, text in missing)}.",
        details={"missing": [field for field, _ in missing]},
    )


def misplaced(objections: Sequence[Objection]) -> Invalid:
    """Marks that cannot be put where they were asked for."""
    first = objections[0]
    return Invalid(
        first.code,
        first.text.zh,
        first.text.en,
        details={"objections": [{"code": one.code, **one.text.to_dict()} for one in objections[:20]]},
    )


def seal_twice() -> Invalid:
    """One line per seal."""
    return Invalid(
        "SEAL_TWICE",
        "同一枚印章请合并为一行，在其中列出全部位置。",
        "Name each seal once, with all its places.",
    )


def document_twice() -> Invalid:
    """One line per document."""
    return Invalid("DOCUMENT_TWICE", "同一份文件请只添加一次。", "Name each document once.")


def seal_not_usable(name: str) -> Refused:
    """A seal that is not in force now."""
    return Refused(
        "SEAL_NOT_IN_FORCE",
        f"「{name}」目前未启用、已停用或不在有效期内，不能用印。请改选其他印章，或联系印章管理员。",
        f"“{name}” is not in force now. Choose another seal, or ask who manages the seals.",
    )


def seal_of_other_medium(name: str) -> Invalid:
    """A seal whose medium is not the request's."""
    return Invalid(
        "SEAL_MEDIUM",
        f"「{name}」与所选用印形式不一致，请重新选择印章。",
        f"“{name}” is not of the medium chosen. Choose the seal again.",
    )


def seal_not_decided(name: str, wanted: str) -> Refused:
    """A seal that the list does not provide for this use."""
    return Refused(
        "SEAL_NOT_DECIDED",
        f"按用印场景清单，此类文件应使用{wanted}，不能使用「{name}」。",
        f"By the scenario list this kind of document does not take “{name}”.",
    )


def seal_missing(wanted: str, wanted_en: str) -> Refused:
    """A seal that the list asks for and the request does not name."""
    return Refused(
        "SEAL_MISSING",
        f"按用印场景清单，还须加盖{wanted}，请补选。",
        f"The scenario list also asks for the {wanted_en}. Add it.",
    )


def control_unmet(code: str, zh: str, en: str) -> Refused:
    """A control of the list that the request does not meet."""
    return Refused(code, zh, en)


def other_seals() -> Conflict:
    """The seals of a request decide its route and hold counts; they are not replaced while it runs."""
    return Conflict(
        "OTHER_SEALS",
        "审批中只能更换文件、位置和份数，不能更换印章。如需更换印章，请撤回后修改再提交。",
        "In approval documents, places and counts can be replaced, seals cannot. Withdraw the request to change them.",
    )
