"""Refusals of the devices area."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, Refused, Unauthenticated
from shuangyin.devices.rules import Objection


def code_refused() -> Forbidden:
    """One answer for a wrong, used and expired enrolment code."""
    return Forbidden(
        "ENROLMENT_CODE",
        "登记码不正确、已使用或已过期，请管理员重新生成。",
        "The enrolment code is wrong, used or past its time. Ask the administrator for a new one.",
    )


def enrolment_malformed(zh: str, en: str) -> Invalid:
    """What the device sent cannot be its keys."""
    return Invalid("ENROLMENT_MALFORMED", f"设备登记资料有误：{zh}。", f"The enrolment cannot be read: {en}.")


def not_active() -> Conflict:
    """The device is not enrolled, or its enrolment was revoked."""
    return Conflict(
        "DEVICE_NOT_ACTIVE",
        "设备未登记或已吊销，不能进行此项操作。",
        "The device is not enrolled or was revoked.",
    )


def name_taken() -> Conflict:
    """Two devices of one name could not be told apart in lists and alarms; a revoked one keeps its name."""
    return Conflict(
        "DEVICE_NAME_TAKEN",
        "已有同名设备（含已吊销的），请换一个名称。",
        "A device of this name is there already, perhaps a revoked one. Choose another name.",
    )


def already_enrolled() -> Conflict:
    """A device gets another code only while it waits for its first."""
    return Conflict(
        "DEVICE_ENROLLED",
        "设备已登记。更换硬件请先吊销，再新建设备。",
        "The device is enrolled. For other hardware revoke it and add a new device.",
    )


def already_bound() -> Conflict:
    """Device or seal has its partner."""
    return Conflict(
        "DEVICE_BOUND",
        "设备或印章已有绑定。请先解除原绑定，且确认无未了结的用印许可。",
        "The device or the seal is bound already. Unbind it first; no permit may be unsettled.",
    )


def not_physical() -> Refused:
    """Only a physical seal sits in a device."""
    return Refused("SEAL_NOT_PHYSICAL", "智能印章只能绑定实体印章。", "A device holds a physical seal only.")


def permits_open() -> Conflict:
    """Something is not accounted for yet."""
    return Conflict(
        "PERMITS_OPEN",
        "设备尚有未了结的用印许可，请先结束并对账。",
        "The device has permits that are not settled. Finish and settle them first.",
    )


def refused(objection: Objection) -> Refused:
    """A rule says no to a permit."""
    return Refused(objection.code, objection.text.zh, objection.text.en)


def permit_exists() -> Conflict:
    """The seal can be pressed on this request already."""
    return Conflict(
        "PERMIT_EXISTS",
        "该申请的这枚印章已有有效许可。请先结束用印，再视剩余次数签发新许可。",
        "There is a permit for this seal on this request. Finish that use first.",
    )


def not_your_opening() -> Forbidden:
    """Only the two persons of the opening begin a use in it."""
    return Forbidden(
        "NOT_YOUR_OPENING",
        "只有本次开柜的保管人或复核人可以签发用印许可。",
        "Only the custodian or the reviewer of this opening may have a permit issued.",
    )


def opening_over() -> Conflict:
    """A permit needs a seal that was taken out by two."""
    return Conflict(
        "OPENING_OVER",
        "开柜未生效或已结束，请先由保管人与复核人共同开柜。",
        "The opening is not in force. Custodian and reviewer must open the safe together first.",
    )


def not_your_loan() -> Forbidden:
    """Only escort and custodian of the loan begin a use on it."""
    return Forbidden(
        "NOT_YOUR_LOAN",
        "只有本次外带的随行人或保管人可以签发用印许可。",
        "Only the escort or the custodian of this loan may have a permit issued.",
    )


def loan_over() -> Conflict:
    """A permit on a loan needs a seal that two handed out, within the agreed time."""
    return Conflict(
        "LOAN_NOT_OUT",
        "印章未在外带中或已过归还时间，不能签发用印许可。请先由保管人与随行人共同取出，或归还后重新办理外带。",
        "The seals are not out on this loan, or its time is over. Custodian and escort take them out together first, or "
        "bring them back and agree on another loan.",
    )


def nothing_failed() -> Conflict:
    """What is not in a device needs no way around it."""
    return Conflict(
        "DEVICE_WITHOUT_SEAL",
        "该设备中没有印章，无需申报故障。",
        "There is no seal in this device; there is nothing to declare.",
    )


def not_yours_to_fail() -> Forbidden:
    """Who has the seal in hand, keeps it or manages devices may say that its device failed."""
    return Forbidden(
        "NOT_YOURS_TO_DECLARE",
        "只有印章保管人、正在用印的两人、外带随行人或设备管理人员可以申报设备故障。",
        "Only the keeper of the seal, the two who use it now, the escort of its loan or who manages devices may declare "
        "that the device has failed.",
    )


def permit_over() -> Conflict:
    """The use under this permit has ended."""
    return Conflict("PERMIT_OVER", "该许可下的用印已结束。", "The use under this permit has ended.")


def not_confirmer() -> Forbidden:
    """Another person was named to confirm."""
    return Forbidden(
        "NOT_CONFIRMER",
        "您不是该许可指定的远程确认人。",
        "You are not the person named to confirm under this permit.",
    )


def alarms_open(count: int) -> Conflict:
    """Unlocking comes after the review."""
    return Conflict(
        "ALARMS_OPEN",
        f"尚有 {count} 条锁定类预警未处理，请先给出处理意见再解锁。",
        f"{count} alarms that lock the device have no verdict. Judge them before unlocking.",
        details={"open": count},
    )


def not_authentic() -> Unauthenticated:
    """One answer for every way in which a device does not show who it is."""
    return Unauthenticated(
        "DEVICE_NOT_AUTHENTIC",
        "设备身份校验未通过。",
        "The device did not show who it is.",
    )


def photo_not_announced() -> Conflict:
    """A photo is taken in once its event is."""
    return Conflict(
        "PHOTO_NOT_ANNOUNCED",
        "没有事件声明过这张照片，请先上报事件，收到回执后再上传。",
        "No event announced this photo. Tell the event first, and upload after its receipt.",
    )


def photo_range(size: int) -> Invalid:
    """The part does not fit the photo."""
    return Invalid(
        "PHOTO_RANGE",
        "Content-Range 有误或与已声明的大小不符。",
        "Content-Range is malformed or not within the announced size.",
        details={"size": size},
    )


def photo_other() -> Refused:
    """The bytes are not those the event named."""
    return Refused(
        "PHOTO_OTHER",
        "照片内容与事件声明的摘要不符，未予保存。",
        "The photo is not the one whose digest the event named; nothing was kept.",
    )


def suspect() -> Refused:
    """A contradiction is never repaired by software."""
    return Refused(
        "DEVICE_SUSPECT",
        "设备的事件链自相矛盾，不能远程解锁。请现场查明，吊销后重新登记。",
        "The device contradicted itself and is not unlocked from afar. Examine it, revoke it and enrol it anew.",
    )
