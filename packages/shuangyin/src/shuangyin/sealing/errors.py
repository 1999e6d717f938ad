"""Refusals of sealing."""

from __future__ import annotations

from gmseal.errors import GmsealError
from gmseal.errors import Refused as GmsealRefused
from shuangyin.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ShuangyinError,
    Unavailable,
    not_found,
)
from shuangyin.core.text import Text
from shuangyin.sealing.rules import Objection


def refused(objection: Objection) -> ShuangyinError:
    """A rule of sealing says no; what may pass when the request is looked at again is a conflict."""
    kind = Conflict if objection.code in ("REQUEST_NOT_APPROVED", "REQUEST_IS_PHYSICAL") else Refused
    return kind(objection.code, objection.text.zh, objection.text.en)


def not_the_keeper() -> Forbidden:
    """None of the seals that are still to be put on is kept by the caller."""
    return Forbidden(
        "NOT_THE_KEEPER",
        "待盖的印章不由您保管。请联系该印章的保管人盖章。",
        "You do not keep any of the seals that are still to be put on. Ask their keepers.",
    )


def no_authority(reasons: tuple[Text, ...]) -> Refused:
    """Nobody and no grant is in authority for this use at this instant (invariant 3)."""
    zh = "；".join(reason.zh for reason in reasons) or "没有有效的岗位权限或授权"
    en = "; ".join(reason.en for reason in reasons) or "neither a post nor a grant covers it"
    return Refused("NO_AUTHORITY", f"此刻无权用印：{zh}。", f"Not in authority for this use now: {en}.")


def cannot_place(error: GmsealError) -> Invalid:
    """gmseal refused the file or a place; codes are gmseal's."""
    code = error.reason if isinstance(error, GmsealRefused) else error.code
    return Invalid(
        code,
        f"印章无法加盖到文件上（{code}）。请退回申请，检查文件与盖章位置。",
        f"The seal cannot be put on this file: {error} Send the request back and check file and places.",
    )


def code_first(seal_name: str) -> Refused:
    """Another seal brings a QR code, which an OFD takes only before its first signature."""
    return Refused(
        "CODE_FIRST",
        f"OFD 的二维码须随第一枚印章加上，请先由「{seal_name}」的保管人盖章。",
        f"A QR code is added to an OFD with its first seal: the keeper of {seal_name} seals first.",
    )


def result_not_valid(code: str) -> Unavailable:
    """The sealed file does not verify; it is thrown away."""
    return Unavailable(
        "SEALED_FILE_NOT_VALID",
        f"盖章结果自检未通过（{code}），已丢弃，申请保持待用印状态。请联系管理员。",
        f"The sealed file did not verify ({code}) and was thrown away; the request is still approved. Tell the administrator.",
    )


def address_too_long(limit: int) -> Unavailable:
    """The public address is too long for a QR code of 12 mm."""
    return Unavailable(
        "PUBLIC_URL_TOO_LONG",
        f"对外地址（SHUANGYIN_PUBLIC_URL）过长，验证网址最多 {limit} 个字符。请管理员改用较短的地址。",
        f"SHUANGYIN_PUBLIC_URL is too long: the address in a QR code has at most {limit} characters.",
    )


def source_differs() -> Unavailable:
    """The stored bytes are not the ones that were approved."""
    return Unavailable(
        "SOURCE_DIFFERS",
        "存储的文件与批准的文件不一致，已停止用印。请联系管理员。",
        "The stored file is not the one that was approved; nothing was sealed. Tell the administrator.",
    )


def no_timestamp_authority() -> Refused:
    """The list asks for a time stamp and this installation knows no authority for it."""
    return Refused(
        "TIMESTAMP_NOT_CONFIGURED",
        "按用印场景清单，此类电子用印须加盖时间戳，但尚未配置时间戳服务（SHUANGYIN_TIMESTAMP_URL）。请联系管理员。",
        "The scenario list asks for a time stamp, and no time-stamp authority is set (SHUANGYIN_TIMESTAMP_URL).",
    )


def timestamp_authority_down() -> Unavailable:
    """The time-stamp authority does not answer; nothing is sealed without its stamp."""
    return Unavailable(
        "TIMESTAMP_UNAVAILABLE",
        "时间戳服务暂时没有应答，未用印，申请保持待用印状态。请稍后重试；自动用印会自行重试。",
        "The time-stamp authority does not answer; nothing was sealed and the request stays approved. Try again later; "
        "automatic sealing tries again by itself.",
    )


def timestamp_not_good(code: str) -> Unavailable:
    """The authority answered with something that is no time stamp of this signature."""
    return Unavailable(
        "TIMESTAMP_NOT_GOOD",
        f"时间戳服务的应答不可用（{code}），未用印，申请保持待用印状态。请联系管理员。",
        f"The answer of the time-stamp authority is no good ({code}); nothing was sealed. Tell the administrator.",
    )


def needs_face_check() -> Refused:
    """The list asks for a face check of whoever seals, and the platform has none to show."""
    return Refused(
        "NEEDS_FACE_CHECK",
        "按用印场景清单，此类用印须核验盖章人人脸，系统不自动盖章，请由印章保管人本人办理。",
        "The scenario list asks for a face check of whoever seals, so the platform does not seal by itself; the keeper "
        "seals.",
    )


def no_such_use() -> NotFound:
    """There is no such use in the organization of who asks."""
    return not_found("这次用印", "seal use")


def no_such_reason() -> Invalid:
    """The code is none of those a use can be voided with."""
    return Invalid(
        "VOID_REASON",
        "作废原因不在可选范围内，请重新选择。",
        "A use cannot be voided for this reason; choose one that is offered.",
    )


def already_voided(number: str) -> Conflict:
    """A use is voided once."""
    return Conflict(
        "USE_ALREADY_VOIDED",
        f"用印 {number} 已作废，不能再次作废。",
        f"The use {number} was voided already.",
    )
