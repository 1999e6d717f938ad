"""Refusals of signing in through somebody outside. Each says what went wrong and that the password still works."""

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
from shuangyin.people.directory_port import DirectoryProblem
from shuangyin.people.outside_port import ProviderProblem


def of_provider(problem: ProviderProblem) -> ShuangyinError:
    """What a provider's failure means to who wants to sign in."""
    if problem.kind == "down":
        return Unavailable(
            "PROVIDER_DOWN",
            "统一身份认证暂时无法连接，请稍后再试，或使用账号和密码登录。",
            "The identity provider does not answer. Try again later, or sign in with account and password.",
        )
    if problem.kind == "clock":
        return NotAdmitted(
            "PROVIDER_CLOCK",
            "统一身份认证给出的时间与本系统相差过大，未予登录。请联系管理员校准两端时钟。",
            "The times given by the identity provider differ too much from ours. Ask your administrator to set the clocks.",
        )
    if problem.kind == "code":
        return NotAdmitted(
            "PROVIDER_CODE",
            "本次统一身份认证已失效或已使用，请重新发起登录。",
            "This sign-in with the identity provider has ended or was used. Begin anew.",
        )
    return NotAdmitted(
        "PROVIDER_ANSWER",
        "统一身份认证的答复未通过核验，未予登录。请重试；仍不成功的，联系管理员。",
        "The answer of the identity provider could not be verified. Try again; if it stays so, ask your administrator.",
    )


def of_directory(problem: DirectoryProblem) -> Unavailable:
    """What a directory's failure means to who wants to sign in."""
    if problem.kind == "down":
        return Unavailable(
            "DIRECTORY_DOWN",
            "单位目录暂时无法连接，请稍后再试，或使用本系统的账号和密码登录。",
            "The directory does not answer. Try again later, or sign in with the account and password of this platform.",
        )
    return Unavailable(
        "DIRECTORY_SETUP",
        "与单位目录的连接设置有误，暂不能用目录账号登录。请联系管理员，或使用本系统的账号和密码登录。",
        "The connection with the directory is not set up rightly. Ask your administrator, or sign in with the account and "
        "password of this platform.",
    )


def directory_refused() -> NotAdmitted:
    """One answer for a wrong word, a name that nobody or that two have, and an entry that is switched off."""
    return NotAdmitted(
        "DIRECTORY_REFUSED",
        "目录账号或密码不正确，或该账号在单位目录中已停用。如忘记密码，请联系单位目录的管理员，或使用本系统的账号和密码登录。",
        "Directory account or password is wrong, or the account is switched off there. Ask the administrator of the "
        "directory, or sign in with the account and password of this platform.",
    )


def unknown_provider() -> NotFound:
    """No such provider here."""
    return NotFound(
        "PROVIDER_UNKNOWN",
        "没有这种登录方式，请使用账号和密码登录。",
        "There is no such way to sign in. Use account and password.",
    )


def attempt_ended() -> NotAdmitted:
    """The sign-in was not begun in this browser, or too long ago."""
    return NotAdmitted(
        "PROVIDER_ATTEMPT_ENDED",
        "本次登录不是在此浏览器发起，或已超时，请重新发起登录。",
        "This sign-in was not begun in this browser, or it has run out. Begin anew.",
    )


def declined(reason: str) -> NotAdmitted:
    """The provider said that the person turned away, or that it refuses him."""
    return NotAdmitted(
        "PROVIDER_DECLINED",
        "您在统一身份认证取消了登录，或认证方未予同意。",
        "You turned away at the identity provider, or it refused.",
        details={"error": reason},
    )


def no_account() -> NotAdmitted:
    """The provider knows the person; this platform does not."""
    return NotAdmitted(
        "NO_ACCOUNT",
        "身份认证已通过，但本系统没有与之对应的账号。账号不会自动开通，请联系本单位管理员。",
        "The identity provider knows you, but there is no account for you here. None is opened by itself: ask your administrator.",
    )


def other_account() -> NotAdmitted:
    """The account belongs to another subject of the provider, or the subject to another account."""
    return NotAdmitted(
        "ACCOUNT_LINKED_OTHERWISE",
        "该账号此前关联的是另一身份，未予登录。请由管理员重置登录方式后再试。",
        "This account is linked with another identity. An administrator must reset its access first.",
    )


def first_sign_in() -> NotAdmitted:
    """The second factor must have been enrolled with the one-time password before."""
    return NotAdmitted(
        "FIRST_SIGN_IN",
        "首次登录请使用管理员发放的一次性密码，绑定动态口令后即可使用其他登录方式。",
        "Sign in the first time with the one-time password and enrol your second factor; then other ways are open.",
    )


def licence_other_organization() -> Forbidden:
    """The licence is another organization's."""
    return Forbidden(
        "LICENCE_OTHER_ORGANIZATION",
        "所扫电子营业执照不属于本单位，请核对后重试。",
        "The licence that was scanned is another organization's.",
    )


def licence_not_valid() -> Refused:
    """The licence is cancelled or revoked."""
    return Refused(
        "LICENCE_NOT_VALID",
        "所扫电子营业执照已注销、吊销或失效，不能用于登录。",
        "The licence that was scanned is no longer valid.",
    )


def licence_other_name() -> Forbidden:
    """Who scanned is somebody else."""
    return Forbidden(
        "LICENCE_OTHER_PERSON",
        "扫码确认人与当前登录人员姓名不符，未予关联。",
        "Who confirmed with the licence is not the person who is signed in.",
    )


def licence_taken() -> Conflict:
    """The licence holder is linked with another account."""
    return Conflict(
        "LICENCE_TAKEN",
        "该电子营业执照持照人已关联其他账号，请先解除原关联。",
        "This holder of the licence is linked with another account. End that link first.",
    )


def licence_not_linked() -> NotAdmitted:
    """Nobody has linked this holder."""
    return NotAdmitted(
        "LICENCE_NOT_LINKED",
        "该电子营业执照持照人尚未关联账号。请先用密码登录，在“个人设置”中关联。",
        "No account is linked with this holder of the licence. Sign in with your password and link it in the settings.",
    )


def licence_not_offered() -> Refused:
    """Not set up here."""
    return Refused(
        "LICENCE_NOT_OFFERED",
        "本系统未接入电子营业执照，请使用账号和密码登录。",
        "The electronic business licence is not set up here. Sign in with account and password.",
    )
