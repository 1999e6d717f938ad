"""Refusals of the steps of a seal's life."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unavailable, not_found
from shuangyin.core.text import Text
from shuangyin.seals.ports import UnfinishedUse


def step_needed() -> Refused:
    """The table asks for evidence or an approval, which this short way cannot carry."""
    return Refused(
        "SEAL_STEP_NEEDED",
        "此操作须提交材料并经批准，请在「下一步办理」中提交。",
        "This needs evidence or an approval. Ask for it as a step of the seal's life.",
    )


def in_device(name: str) -> Refused:
    """A seal is handed over as it is, and a smart seal that holds a stopped one stays locked."""
    return Refused(
        "SEAL_IN_DEVICE",
        f"「{name}」装在智能印章设备中。请先在设备页解除绑定、取出印章，再办理缴销，或将旧章用于变更手续。",
        f"“{name}” sits in a smart seal. Unbind it on the page of the device and take it out; then surrender it, or use it for "
        "formalities of a rename.",
    )


def platform_only(act: str) -> Forbidden:
    """Only the platform does this by itself."""
    return Forbidden(
        "SEAL_ACT_OF_PLATFORM",
        "此操作由系统按期限自动办理。",
        "The platform does this by itself when its time has come.",
        details={"act": act},
    )


def filed_by_step() -> Refused:
    """A seal that was applied for here is filed by a step, not by entering a number."""
    return Refused(
        "SEAL_FILED_BY_STEP",
        "该印章在本平台申请制作，备案结果由备案答复或备案回执登记，不能直接填写。",
        "This seal was applied for here: its filing comes with the authority's answer or with a receipt as evidence.",
    )


def step_waits() -> Conflict:
    """One step of a seal waits at a time."""
    return Conflict(
        "SEAL_STEP_WAITS",
        "该印章已有一项办理在等待批准或备案，请先完成或撤回。",
        "A step of this seal waits for its approval or filing. Finish it or take it back first.",
    )


def step_over() -> Conflict:
    """The step is decided, carried out or taken back already."""
    return Conflict(
        "SEAL_STEP_OVER", "该项办理已结束，不能撤回。", "This step is over and cannot be taken back."
    )


def not_filed() -> Refused:
    """A seal that must be filed is to be delivered before it is."""
    return Refused(
        "SEAL_NOT_FILED",
        "该类印章须先备案，备案完成后才能交付。",
        "A seal of this kind must be filed before it is delivered.",
    )


def receipt_missing() -> Refused:
    """No authority is connected, so its receipt must show that it was told."""
    return Refused(
        "SEAL_EVIDENCE_MISSING",
        "未接入备案系统，请上传备案机关的回执。",
        "No filing authority is connected: add its receipt.",
    )


def in_use(uses: Sequence[UnfinishedUse]) -> Refused:
    """The seal cannot end while a use of it is unfinished."""
    zh = {"request": "用印申请", "opening": "开柜", "loan": "外带"}
    en = {"request": "application", "opening": "opening", "loan": "loan"}
    named_zh = "、".join(f"{zh[one.kind]} {one.number}" for one in uses)
    named_en = ", ".join(f"{en[one.kind]} {one.number}" for one in uses)
    return Refused(
        "SEAL_IN_USE",
        f"印章还有未办结的使用：{named_zh}。请先办结或撤回。",
        f"Uses of the seal are unfinished: {named_en}. Finish or withdraw them first.",
        details={"uses": [{"kind": one.kind, "id": one.id, "number": one.number} for one in uses]},
    )


def filing_answered() -> Conflict:
    """The authority has accepted it already."""
    return Conflict(
        "FILING_ANSWERED", "备案机关已受理，无需重报。", "The authority has accepted this already."
    )


def no_such_task() -> NotFound:
    """No task of this id."""
    return not_found("这项待办", "task")


def task_done() -> Conflict:
    """The task is done already."""
    return Conflict("SEAL_TASK_DONE", "该待办已完成。", "This task is done already.")


def evidence_unreadable() -> Invalid:
    """Evidence is a PDF or a picture."""
    return Invalid(
        "SEAL_EVIDENCE_UNREADABLE",
        "材料须为 PDF 或可读取的图片（JPEG、PNG、WebP）。",
        "Evidence must be a PDF or a readable picture (JPEG, PNG, WebP).",
    )


def imprint_not_png() -> Invalid:
    """The imprint is kept as a PNG, as the specimen of the register is."""
    return Invalid(
        "SPECIMEN_UNREADABLE", "印模图片须为可读取的 PNG 文件。", "The imprint must be a readable PNG."
    )


def not_connected(what: Text) -> Refused:
    """The outside system is not connected to this installation."""
    return Refused(
        "OUTSIDE_NOT_CONNECTED",
        f"本平台未接入{what.zh}，请按纸质材料核验。",
        f"This installation is not connected to {what.en}. Check the papers instead.",
    )


def outside_down(what: Text, reason: Text) -> Unavailable:
    """The outside system does not answer; nothing was kept."""
    return Unavailable(
        "OUTSIDE_DOWN",
        f"{what.zh}暂时无法核验（{reason.zh}），请稍后再试。",
        f"{what.en} cannot be asked now ({reason.en}). Try again later.",
    )


def id_number_malformed() -> Invalid:
    """Not a citizen identity number."""
    return Invalid(
        "ID_NUMBER",
        "身份证号码格式或校验位不符，请核对。",
        "The identity number has a wrong form or check character.",
    )


def check_missing(what: Text) -> Refused:
    """An application needs this check, made after it was written and with a good outcome."""
    return Refused(
        "SEAL_CHECK_MISSING",
        f"请先完成核验并通过：{what.zh}。",
        f"This check must be made and pass first: {what.en}.",
    )


def replaces_wrong() -> Invalid:
    """A new seal replaces one of the same medium that has stopped or ended."""
    return Invalid(
        "SEAL_REPLACES",
        "被更换的印章应与新章介质相同，且已停用或已终止。",
        "A seal replaces one of its own medium that is suspended or has ended.",
    )


def no_such_formality() -> NotFound:
    """No approved use of an old seal for a formality has this id."""
    return not_found("这项变更手续用印", "approved formality")
