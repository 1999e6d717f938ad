"""Refusals of custody."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from shuangyin.custody.rules import Objection


def refused(objection: Objection) -> Refused:
    """A rule of custody says no."""
    return Refused(objection.code, objection.text.zh, objection.text.en)


def safe_busy() -> Conflict:
    """The safe already has an opening that is pending or open."""
    return Conflict(
        "SAFE_BUSY",
        "该保险柜已有一次开柜正在进行，请先完成或关闭。",
        "This safe already has an opening under way. Finish or close it first.",
    )


def not_open() -> Conflict:
    """The opening is not open (any more)."""
    return Conflict(
        "OPENING_NOT_OPEN",
        "开柜未生效或已结束，不能登记用印。请重新开柜。",
        "The opening is not in effect or has ended; a use cannot be registered. Open the safe again.",
    )


def not_pending() -> Conflict:
    """The opening no longer waits for confirmation."""
    return Conflict(
        "OPENING_NOT_PENDING",
        "该次开柜已不在待确认状态，请刷新查看。",
        "This opening no longer waits for confirmation. Reload to see where it stands.",
    )


def not_yours() -> Forbidden:
    """The person is neither the custodian nor the reviewer of this opening."""
    return Forbidden(
        "NOT_YOUR_OPENING",
        "您不是本次开柜的保管人或复核人。",
        "You are neither the custodian nor the reviewer of this opening.",
    )


def not_ready(number: str) -> Refused:
    """The request is not approved for physical sealing."""
    return Refused(
        "REQUEST_NOT_READY",
        f"{number} 未获批准或不是实体用印，不能开柜。",
        f"{number} is not approved, or is not for a physical seal; the safe cannot be opened for it.",
    )


def seal_elsewhere(name: str) -> Refused:
    """A seal of the request does not lie in this safe or is not in force."""
    return Refused(
        "SEAL_NOT_HERE",
        f"印章「{name}」不在该保险柜或未处于启用状态。",
        f"The seal “{name}” is not in this safe or not in force.",
    )


def seal_on_loan(name: str) -> Refused:
    """A seal of the request is out on a loan."""
    return Refused(
        "SEAL_ON_LOAN",
        f"「{name}」正在外带，归还后才能开柜盖章。",
        f"“{name}” is out on a loan; the safe is opened for it once it is back.",
    )


def photo_missing(number: str) -> Refused:
    """A registered use has no photo of the stamped document."""
    return Refused(
        "PHOTO_MISSING",
        f"登记 {number} 还没有盖章后的文件照片，请补拍后再关柜。",
        f"Use {number} has no photo of the stamped document. Take it before closing.",
    )


def seal_not_returned(names: str) -> Refused:
    """A seal that was taken out is not back."""
    return Refused(
        "SEAL_NOT_RETURNED",
        f"以下印章未确认归位：{names}。请清点后再关柜。",
        f"These seals are not confirmed as returned: {names}. Count them before closing.",
    )


def outside_opening() -> Invalid:
    """The time of pressing lies outside the opening."""
    return Invalid(
        "PRESSED_OUTSIDE_OPENING",
        "盖章时间须在本次开柜期间内。",
        "The time of pressing must lie within this opening.",
    )


def not_a_photo() -> Invalid:
    """The uploaded file is not an image that can be read."""
    return Invalid(
        "NOT_A_PHOTO",
        "请上传 JPEG、PNG 或 WebP 照片。",
        "Upload a photo as JPEG, PNG or WebP.",
    )


_ASKED = {
    "face_check": ("人脸核验", "a face check"),
    "fence": ("电子围栏", "an electronic fence"),
}


def needs_smart_seal(number: str, seal: str, control: str) -> Refused:
    """The list asks for what only a smart seal or a camera at the press can see to."""
    zh, en = _ASKED[control]
    return Refused(
        "NEEDS_SMART_SEAL",
        f"{number} 须{zh}用印，「{seal}」未装智能印章设备，不能直接开柜盖章。请改用智能印章，或按清单申请例外并经批准。",
        f"{number} asks for {en}, and “{seal}” is not in a smart seal; it cannot be pressed from the safe alone. Use a "
        "smart seal, or apply for an exception and have it approved.",
        details={"control": control},
    )


def stub_missing(number: str) -> Refused:
    """A paper from the stub book has no number of its stub."""
    return Refused(
        "STUB_MISSING",
        f"{number} 须从存根簿编号开具，但没有存根号，不能用印。请撤回后重新送审。",
        f"{number} comes from the stub book and has no stub number. Withdraw it and submit it anew.",
    )


def stronger_needed(subject: str, strength: str) -> Forbidden:
    """A request asks for more than was shown: two factors together, or a face check."""
    face = strength == "face"
    return Forbidden(
        "STEP_UP_REQUIRED",
        "本次用印须核验人脸；也可改为同时验证登录密码与动态口令（或通行密钥）。"
        if face
        else "本次用印须同时验证登录密码与动态口令。",
        "This use needs a face check, or your password and your second factor together."
        if face
        else "This use needs your password and your second factor together.",
        details={"act": "custody.confirm", "subject": subject, "strength": strength},
    )


def other_persons_method() -> Invalid:
    """A passkey, a message or a face of somebody who is not signed in here."""
    return Invalid(
        "OTHER_PERSONS_METHOD",
        "在他人设备上确认时，请使用动态口令或恢复码；通行密钥、短信验证码和人脸请在本人登录的设备上使用。",
        "On another's device confirm with a code of your authenticator; use a passkey, message or face where you are signed in.",
    )


def more_copies(approved: int) -> Refused:
    """More copies than were applied for."""
    return Refused(
        "COPIES_EXCEEDED",
        f"登记的份数超过批准的 {approved} 份。多盖须另行申请。",
        f"More copies than the {approved} that were approved. More need a new request.",
        details={"copies": approved},
    )


def print_missing(number: str) -> Refused:
    """The list asks for a controlled print, and none was made of some document."""
    return Refused(
        "PRINT_MISSING",
        f"{number} 须在带水印和编号的打印件上用印。请先为每份文件生成受控打印件。",
        f"{number} is to be stamped on a print with watermark and number. Make the print of each document first.",
    )


def photo_before_missing(*, by_both: bool, on_loan: bool = False) -> Refused:
    """The paper was not photographed before it was stamped."""
    if by_both and on_loan:
        return Refused(
            "PHOTO_BEFORE_MISSING",
            "此为纸质原件，外带盖章前须由随行人和申请人各拍一张照片。",
            "This paper exists only on paper: escort and applicant each photograph it before it is stamped.",
        )
    return Refused(
        "PHOTO_BEFORE_MISSING",
        "此为纸质原件，盖章前须由保管人和复核人各拍一张照片。"
        if by_both
        else "按用印场景清单，盖章前须先拍照。请上传盖章前的照片后再登记。",
        "This paper exists only on paper: keeper and reviewer each photograph it before it is stamped."
        if by_both
        else "The scenario list asks for a photo before the press. Upload it, then register.",
    )


def photo_of_each_copy(number: str, copies: int, there: int) -> Refused:
    """Fewer photos than copies."""
    return Refused(
        "PHOTO_OF_EACH_COPY",
        f"{number} 共盖 {copies} 份，须每份拍照，现有 {there} 张。请补拍后再关柜。",
        f"{copies} copies of {number} were stamped and each is to be photographed; there are {there}. Take the rest.",
        details={"copies": copies, "photos": there},
    )


def photo_of_each_press(number: str, presses: int, there: int) -> Refused:
    """Fewer photos than presses."""
    return Refused(
        "PHOTO_OF_EACH_PRESS",
        f"{number} 共盖 {presses} 次，须每次拍照，现有 {there} 张。请补拍后再关柜。",
        f"{number} was stamped {presses} times and each press is to be photographed; there are {there}. Take the rest.",
        details={"presses": presses, "photos": there},
    )


def photo_spoiled_missing(number: str) -> Refused:
    """A use with spoiled presses has no photo of the cut sheets."""
    return Refused(
        "PHOTO_SPOILED_MISSING",
        f"登记 {number} 有废印，还没有剪角废页的照片。请剪角、留存并拍照后再关柜。",
        f"Use {number} has spoiled presses and no photo of the cut sheets. Cut, keep and photograph them before closing.",
    )


def photo_pressing_missing(number: str) -> Refused:
    """No photo of the pressing."""
    return Refused(
        "PHOTO_PRESSING_MISSING",
        f"登记 {number} 还没有盖章过程的照片，请上传后再关柜。",
        f"Use {number} has no photo of the pressing. Upload it before closing.",
    )


def photo_returned_missing() -> Refused:
    """No photo of the seals in their place."""
    return Refused(
        "PHOTO_RETURNED_MISSING",
        "按用印场景清单，印章归位须拍照。请拍照后再关柜。",
        "The scenario list asks for a photo of the seals back in their place. Take it before closing.",
    )


def moment_needs_request() -> Invalid:
    """A photo from before the press that does not say of which request."""
    return Invalid(
        "PHOTO_OF_WHAT",
        "请指明照片属于哪份申请。",
        "Say which request the photo belongs to.",
    )


def no_print_code() -> Invalid:
    """A text that is neither the code of a controlled print nor a number."""
    return Invalid(
        "PRINT_CODE",
        "这不是受控打印件的编号或二维码内容，请重新扫描，或输入页脚的打印编号。",
        "This is neither the code nor the number of a controlled print. Scan it again, or type the number in its foot.",
    )


def print_unknown(number: str) -> NotFound:
    """No print of this organization has the number."""
    return NotFound(
        "PRINT_UNKNOWN",
        f"本单位没有编号为 {number} 的受控打印件。请核对编号；如确为此编号，该纸件并非由本平台打印。",
        f"No controlled print here has the number {number}. Check it; if that is what stands there, the paper is not ours.",
    )


def not_printable(code: str) -> Invalid:
    """The file cannot be given a watermark."""
    return Invalid(
        "NOT_PRINTABLE",
        f"该文件无法生成受控打印件（{code}）。请检查文件后重新送审。",
        f"No controlled print can be made of this file ({code}). Check the file and submit it anew.",
    )
