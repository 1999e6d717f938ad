"""Refusals of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    "discarded": Text("已丢弃", "discarded"),
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


def request_begun() -> Conflict:
    """Somebody is about to seal, or has sealed, what the applicant would take back."""
    return Conflict(
        "REQUEST_BEGUN",
        "该申请已开始用印（开柜、外带、用印许可或电子签章），不能撤回。请先归还印章或结束用印；已盖的印由有权人员作废。",
        "Sealing has begun (an opening, a loan, a permit or an electronic sealing), so it cannot be withdrawn. "
        "Return the seal or finish first; what was sealed is voided by whoever may.",
    )


def binding_changed() -> Conflict:
    """The request as it stands is not the one that was approved."""
    return Conflict(
        "BINDING_CHANGED",
        "申请内容与批准时不一致，不能用印。请报告系统管理员查明原因，并另行申请。",
        "The request differs from what was approved, so it is not sealed. Tell the administrator, and apply anew.",
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


def prerequisites_missing(missing: Sequence[tuple[str, Text]]) -> Refused:
    """Papers that must be there before anybody is asked."""
    return Refused(
        "PREREQUISITES_MISSING",
        f"送审前须附上：{'、'.join(text.zh for _, text in missing)}。请上传后再送审。",
        f"Before submission these must be attached: {', '.join(text.en for _, text in missing)}.",
        details={"missing": [{"kind": code, **text.to_dict()} for code, text in missing]},
    )


def unknown_paper_kind(code: str) -> Invalid:
    """The kind of an attachment is not in the code table."""
    return Invalid(
        "PAPER_KIND_UNKNOWN",
        "没有这种附件类型，请从列表中选择。",
        "There is no such kind of attachment. Choose from the list.",
        details={"kind": code[:64]},
    )


def attachment_twice() -> Invalid:
    """One line per attached paper."""
    return Invalid("ATTACHMENT_TWICE", "同一份附件请只添加一次。", "Attach each paper once.")


def own_amendment() -> Invalid:
    """A request that refers to itself, or round to itself."""
    return Invalid(
        "RELATED_CYCLE",
        "一份申请不能补充或从属于它自己，请改选原合同的申请。",
        "A request cannot amend or belong to itself. Choose the request of the original contract.",
    )


def exception_unknown() -> Refused:
    """The rule is not one of the list in force, so nothing can be excepted from it."""
    return Refused(
        "EXCEPTION_UNKNOWN",
        "所申请例外的规则已不在现行清单中，或不限制本次用印。请按现行判定重新填写。",
        "The rule of the exception is not in the list in force, or does not limit this use. Ask again by the present decision.",
    )


def exception_refused(rule: Text, basis: Text, cited: str | None) -> Refused:
    """A rule from which there is no exception, with what it rests on."""
    ground = f"（{cited}）" if cited else ""
    return Refused(
        "EXCEPTION_REFUSED",
        f"「{rule.zh}」{basis.zh}{ground}，不能申请例外。",
        f"No exception is possible from “{rule.en}”: {basis.en}{' (' + cited + ')' if cited else ''}.",
        details={"rule": rule.to_dict(), "citation": cited},
    )


def sealed_before(numbers: Sequence[str], details: Sequence[Mapping[str, object]]) -> Refused:
    """The same paper or contract was sealed, or is being sealed, already; the applicant has to say why again."""
    return Refused(
        "SEALED_BEFORE",
        f"同一文件或同一合同已在 {'、'.join(numbers)} 中用印或送审。如确需再次用印，请写明原因后送审；如为补充协议，请选择原合同的申请。",
        f"The same paper or contract is sealed or in approval in {', '.join(numbers)}. Say why it is sealed again, or name the request that this one amends.",
        details={"duplicates": list(details)},
    )


def allowance_used(allowance: int, kind: Text) -> Refused:
    """The holder has had all that the list allows him this month."""
    return Refused(
        "ALLOWANCE_USED",
        f"本月「{kind.zh}」的用印额度 {allowance} 份已用完。请下月再申请，或由管理员修订清单。",
        f"This month's allowance of {allowance} for “{kind.en}” is used up. Apply next month, or have the list revised.",
        details={"monthly_allowance": allowance},
    )


def law_forbids_now(rule: Text, reason: Text, cited: str | None) -> Refused:
    """What was approved under an earlier list is forbidden by law or regulation in the list in force now."""
    ground = f"（依据：{cited}）" if cited else ""
    return Refused(
        "LAW_FORBIDS_NOW",
        f"该申请批准后清单已更新，按「{rule.zh}」不得再用此种印章：{reason.zh}{ground}请撤销本申请后按现行清单重新申请。",
        f"The list changed after approval; by “{rule.en}” this kind of seal may no longer be used: {reason.en} Apply again under the present list.",
        details={"rule": rule.to_dict(), "citation": cited},
    )


def no_such_duty() -> NotFound:
    """The list lays no duty of this kind on the request, or not yet."""
    return not_found("该申请的这项后续事项", "duty of this request")


def duty_done() -> Conflict:
    """The duty was fulfilled before."""
    return Conflict(
        "DUTY_DONE",
        "该事项已办结，请刷新查看。",
        "This duty is fulfilled already. Reload to see by whom.",
    )


def scans_missing() -> Invalid:
    """An archive copy without a scan."""
    return Invalid(
        "SCANS_MISSING",
        "请上传盖章后文件的扫描件。",
        "Attach the scans of the sealed papers.",
    )


def note_missing() -> Invalid:
    """A hand-over of which nothing is said."""
    return Invalid(
        "NOTE_MISSING",
        "请写明何时、以何种方式移交给对方平台，及取回的回执。",
        "Say when and how it was handed over, and what receipt came back.",
    )


def scan_is_the_draft() -> Invalid:
    """The file that was approved shows no seal, so it is no scan of the sealed paper."""
    return Invalid(
        "SCAN_IS_THE_DRAFT",
        "所选文件是送审时的原文件，不是盖章后的扫描件。请上传扫描件。",
        "This is the file that was approved, not a scan of the sealed paper. Attach the scan.",
    )


def archive_overdue(number: str) -> Refused:
    """A compulsory archive copy of an earlier use is overdue."""
    return Refused(
        "ARCHIVE_OVERDUE",
        f"{number} 的盖章扫描件已逾期未归档。按用印场景清单须先归档，再申请同类用印。",
        f"The scans of {number} are overdue. The scenario list asks for them before the next use of this kind.",
        details={"number": number},
    )


def formality_over(name: str) -> Refused:
    """The old seal was surrendered, lost or never stopped by a rename."""
    return Refused(
        "FORMALITY_OVER",
        f"旧章「{name}」已缴销或不再处于更名停用状态，不能再用于变更手续。",
        f"The old seal “{name}” was surrendered or is not stopped by a rename; it serves no formality any more.",
    )


def formality_seal(name: str) -> Refused:
    """The list asks for no seal that the old one can be."""
    return Refused(
        "FORMALITY_SEAL",
        f"按用印场景清单，此类文件不用「{name}」这类印章，不能以变更手续的名义使用。",
        f"The scenario list asks for no seal of the kind of “{name}” on this document.",
    )


def formality_seal_absent(name: str) -> Invalid:
    """A request for a formality that does not use its seal."""
    return Invalid(
        "FORMALITY_SEAL_ABSENT",
        f"请选择经批准用于变更手续的旧章「{name}」，并填写盖章次数。",
        f"Choose the old seal “{name}” that was approved for the formality, and say how often it is pressed.",
    )


def formality_spent(name: str, left: int) -> Refused:
    """More presses than the root office approved."""
    return Refused(
        "FORMALITY_SPENT",
        f"旧章「{name}」获准用于该手续的盖章次数还剩 {left} 次，不足本次所需。请减少次数，或另行报批。",
        f"The old seal “{name}” may be pressed {left} more times for this formality. Ask for fewer, or have more approved.",
        details={"left": left},
    )
