"""Refusals of the people area."""

from __future__ import annotations

from shuangyin.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotAdmitted,
    NotFound,
    RateLimited,
    Refused,
    Unavailable,
)


def sign_in_refused() -> NotAdmitted:
    """One answer for a wrong password, an unknown account, a person who left and a one-time password past its time."""
    return NotAdmitted(
        "SIGN_IN_REFUSED",
        "账号或密码不正确。一次性密码七天内有效；如忘记密码，请联系本单位管理员重置。",
        "Account or password is wrong. A one-time password is good for seven days; ask your administrator for a new one.",
    )


def throttled(retry_after_s: int) -> RateLimited:
    """Too many refused sign-ins of this account or from this address."""
    return RateLimited(
        "SIGN_IN_THROTTLED",
        f"尝试次数过多，请 {retry_after_s} 秒后再试。",
        f"Too many tries. Try again in {retry_after_s} seconds.",
        retry_after_s=retry_after_s,
    )


def factor_locked(retry_after_s: int) -> RateLimited:
    """Too many refused second factors of this person."""
    return RateLimited(
        "SECOND_FACTOR_LOCKED",
        f"动态口令错误次数过多，请 {retry_after_s} 秒后再试。",
        f"Too many wrong codes. Try again in {retry_after_s} seconds.",
        retry_after_s=retry_after_s,
    )


def factor_wrong() -> Forbidden:
    """The code is not the one that was expected."""
    return Forbidden(
        "SECOND_FACTOR_WRONG",
        "动态口令或恢复码不正确。请核对手机时间是否准确后重试。",
        "The code is wrong. Check that the clock of your phone is right and try again.",
    )


def code_used() -> Forbidden:
    """The code was right once and counts no more."""
    return Forbidden(
        "CODE_USED",
        "该动态口令已使用过，请等待下一个口令。",
        "This code was used already. Wait for the next one.",
    )


def challenge_ended() -> NotAdmitted:
    """The first step of this sign-in is too long ago or was used."""
    return NotAdmitted(
        "CHALLENGE_ENDED",
        "本次登录已超时，请重新输入账号和密码。",
        "This sign-in has run out. Enter account and password again.",
    )


def step_up_required(act: str, subject: str, strength: str) -> Forbidden:
    """The act needs a fresh second factor, or (`two_factors`) two of them at once."""
    if strength == "face":
        return Forbidden(
            "STEP_UP_REQUIRED",
            "此项操作须核验人脸；也可改为同时验证登录密码与动态口令（或通行密钥）。",
            "This needs a face check, or your password and your second factor together.",
            details={"act": act, "subject": subject, "strength": strength},
        )
    two = strength == "two_factors"
    return Forbidden(
        "STEP_UP_REQUIRED",
        "此项操作需要同时验证登录密码与动态口令。" if two else "此项操作需要再次验证动态口令。",
        "This needs your password and your second factor together."
        if two
        else "This needs your second factor again.",
        details={"act": act, "subject": subject, "strength": strength},
    )


def password_wrong() -> Forbidden:
    """The present password is not the one given."""
    return Forbidden("PASSWORD_WRONG", "当前密码不正确。", "The current password is wrong.")


def session_required() -> Forbidden:
    """Bearer tokens cannot change how their owner signs in."""
    return Forbidden(
        "SESSION_REQUIRED",
        "此项操作须由本人登录后办理，不能使用接口令牌。",
        "Sign in yourself for this; a bearer token cannot do it.",
    )


def has_left() -> Conflict:
    """The person no longer belongs to the organization."""
    return Conflict("PERSON_LEFT", "该人员已离职。", "This person has left.")


def last_administrator() -> Refused:
    """Nobody would be left who can manage people."""
    return Refused(
        "LAST_ADMINISTRATOR",
        "本单位须至少保留一名可管理人员的在职人员，请先为他人任职。",
        "Somebody must remain who can manage people. Appoint another person first.",
    )


def no_passkey() -> NotFound:
    """The person has no passkey that counts."""
    return NotFound(
        "NO_PASSKEY",
        "您尚未登记通行密钥，请使用其他验证方式。",
        "You have no passkey. Confirm in another way.",
    )


def passkey_refused() -> Refused:
    """What the authenticator answered is not what was asked of it."""
    return Refused(
        "PASSKEY_REFUSED",
        "通行密钥登记未成功：回答与所问不符或已超时，请重新登记。",
        "The passkey was not registered: the answer is not to what was asked, or came too late. Begin anew.",
    )


def passkeys_most(most: int) -> Refused:
    """Enough passkeys."""
    return Refused(
        "PASSKEYS_MOST",
        f"通行密钥最多 {most} 个，请先删除不再使用的。",
        f"There can be {most} passkeys. Remove one that is not used.",
    )


def phone_form() -> Invalid:
    """Not a mobile number of the mainland."""
    return Invalid(
        "PHONE_FORM",
        "请填写 11 位手机号码。",
        "Give a mobile number of eleven digits.",
    )


def no_phone() -> NotFound:
    """The person has no confirmed number."""
    return NotFound(
        "NO_PHONE",
        "尚未绑定手机号码，请使用其他验证方式。",
        "No telephone number is confirmed. Confirm in another way.",
    )


def sms_limit(retry_after_s: int) -> RateLimited:
    """So many messages and no more."""
    return RateLimited(
        "SMS_LIMIT",
        f"验证码发送过于频繁，请 {retry_after_s} 秒后再试，或改用其他验证方式。",
        f"Too many messages. Try again in {retry_after_s} seconds, or confirm in another way.",
        retry_after_s=retry_after_s,
    )


def sms_not_offered() -> Refused:
    """This installation has no gateway for messages."""
    return Refused(
        "SMS_NOT_OFFERED",
        "本系统未开通短信验证，请使用动态口令或通行密钥。",
        "Codes by message are not set up here. Use your authenticator or a passkey.",
    )


def sms_unavailable() -> Unavailable:
    """The gateway did not take the message."""
    return Unavailable(
        "SMS_UNAVAILABLE",
        "短信暂时无法发送，请使用动态口令或通行密钥。",
        "Messages cannot be sent now. Use your authenticator or a passkey.",
    )
