"""Refusals of consent, deletion and face checks. Each names what does the same without the data."""

from __future__ import annotations

from shuangyin.core.errors import (
    Conflict,
    Forbidden,
    NotAdmitted,
    NotFound,
    Refused,
    ShuangyinError,
    Unavailable,
)
from shuangyin.people.face_port import FaceFault, FaceProblem
from shuangyin.people.purposes import Purpose


def consent_required(purpose: Purpose) -> Forbidden:
    """The person has not agreed to this purpose, or to an earlier notice."""
    return Forbidden(
        "CONSENT_REQUIRED",
        f"须先阅读告知并单独同意“{purpose.title.zh}”。{purpose.otherwise.zh}",
        f"Read the notice on “{purpose.title.en}” and agree to it first. {purpose.otherwise.en}",
        details={"purpose": purpose.code, "version": purpose.version},
    )


def notice_changed(purpose: Purpose) -> Conflict:
    """The notice that was read is not the present one."""
    return Conflict(
        "NOTICE_CHANGED",
        "告知内容已更新，请重新阅读后再同意。",
        "The notice has changed. Read it again before you agree.",
        details={"purpose": purpose.code, "version": purpose.version},
    )


def purpose_unknown() -> NotFound:
    """No such purpose."""
    return NotFound("PURPOSE_UNKNOWN", "没有这一处理目的。", "There is no such purpose.")


def not_assessed(purpose: Purpose) -> Refused:
    """The organization has not assessed the impact (个人信息保护法 55, 56)."""
    return Refused(
        "NOT_ASSESSED",
        f"本单位尚未就“{purpose.title.zh}”完成个人信息保护影响评估，暂不能启用。请联系管理员。",
        f"Your organization has not assessed the impact of “{purpose.title.en}” yet. Ask your administrator.",
        details={"purpose": purpose.code},
    )


def face_not_offered() -> Refused:
    """This installation compares no faces."""
    return Refused(
        "FACE_NOT_OFFERED",
        "本系统未启用人脸核验，请使用登录密码与动态口令（或通行密钥）。",
        "There is no face check here. Use your password together with your authenticator or passkey.",
    )


def no_face() -> NotFound:
    """The person has enrolled none."""
    return NotFound(
        "NO_FACE_ENROLLED",
        "您尚未登记人脸，或登记已到期。请使用登录密码与动态口令（或通行密钥）。",
        "You have enrolled no face, or it has expired. Use your password together with your authenticator or passkey.",
    )


def check_ended() -> NotAdmitted:
    """The check was made for something else, is used, or too long ago."""
    return NotAdmitted(
        "FACE_CHECK_ENDED",
        "本次人脸核验已超时或已用，请重新开始，或改用其他方式。",
        "This face check has run out or was used. Begin anew, or confirm in another way.",
    )


def face_differs() -> Forbidden:
    """The face is not the one enrolled. No score is told: it would teach a forger."""
    return Forbidden(
        "FACE_DIFFERS",
        "与登记的人脸不一致。请在光线充足处重试，或改用登录密码与动态口令（或通行密钥）。",
        "The face is not the one enrolled. Try again in good light, or use your password with your authenticator or passkey.",
    )


def face_still() -> Refused:
    """The head was not turned as asked: a picture may have been held up."""
    return Refused(
        "FACE_NOT_TURNED",
        "未看到先正对镜头、再按提示转头的动作。照片不能通过核验，请本人重试，或改用其他方式。",
        "The head was not turned as asked. A photograph does not do; try again yourself, or confirm in another way.",
    )


_FAULTS = {
    FaceFault.UNREADABLE: ("画面无法读取，请检查摄像头。", "The pictures cannot be read. Check the camera."),
    FaceFault.NONE: ("画面中没有人脸，请正对摄像头。", "No face is seen. Look into the camera."),
    FaceFault.SEVERAL: ("画面中有多张人脸，请只留本人。", "Several faces are seen. Only you may be in the picture."),
    FaceFault.SMALL: ("人脸过小，请靠近摄像头。", "The face is too small. Come nearer."),
    FaceFault.NOT_FRONTAL: ("没有正对镜头的画面，请先正对摄像头。", "No picture shows you from the front. Look straight first."),
}  # fmt: skip


def face_unusable(problem: FaceProblem) -> ShuangyinError:
    """The pictures show no face that can be compared."""
    if problem.fault is None:
        return Unavailable(
            "FACE_ENGINE_DOWN",
            "人脸核验暂不可用，请使用登录密码与动态口令（或通行密钥）。",
            "The face check does not work now. Use your password with your authenticator or passkey.",
        )
    zh, en = _FAULTS[problem.fault]
    return Refused(
        f"FACE_{problem.fault.upper()}",
        f"{zh}也可改用其他验证方式。",
        f"{en} You may confirm in another way.",
    )
