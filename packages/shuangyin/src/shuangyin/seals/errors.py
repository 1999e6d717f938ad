"""Refusals of the seal register."""

from __future__ import annotations

from gmseal.errors import GmsealError, MissingGlyph
from gmseal.errors import Refused as GmsealRefused
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import Conflict, Invalid, Refused
from shuangyin.seals.rules import Objection


def refused(objection: Objection) -> Refused:
    """A rule of the register says no."""
    return Refused(objection.code, objection.text.zh, objection.text.en)


def status_conflict(objection: Objection, status: str) -> Conflict:
    """The seal's status does not allow the act."""
    return Conflict(objection.code, objection.text.zh, objection.text.en, details={"status": status})


def slot_taken(name: str, number: int | None) -> Conflict:
    """Another seal of which there may be one is in force: a legal-name seal, or the business seal of this number."""
    if number is not None:
        return Conflict(
            "SEAL_SLOT_TAKEN",
            f"本单位已有同类同序号({number})的印章「{name}」在用，同一介质每个序号只能有一枚。请先停用原章或更换序号。",
            f"Another seal of this kind and number {number} ({name}) is in force; a number is used once per medium. "
            "Suspend it first or choose another number.",
        )
    return Conflict(
        "SEAL_SLOT_TAKEN",
        f"本单位已有同一介质的法定名称章「{name}」在用，法定名称章每种介质只能有一枚。请先停用原章。",
        f"Another legal-name seal of this medium ({name}) is in force; there may be one. Suspend it first.",
    )


def not_a_keeper() -> Refused:
    """The person does not hold the post of a custodian."""
    return Refused(
        "NOT_A_KEEPER",
        "该人员没有印章保管岗位，不能指定为保管人。请先为其任岗。",
        "This person holds no custodian's post and cannot keep a seal. Appoint him first.",
    )


def picture_differs() -> Refused:
    """The picture inside an e-seal is not the filed specimen."""
    return Refused(
        "PICTURE_DIFFERS",
        "电子印章的图案与备案印模不一致，未导入。请核对印章文件与印模图片，或联系制章单位。",
        "The picture in the e-seal is not the filed specimen; nothing was imported. Check both files, or ask the maker.",
    )


def not_an_e_seal(reason: str, en: str) -> Invalid:
    """The files of an import do not make a usable e-seal."""
    return Invalid(
        "E_SEAL_UNUSABLE",
        f"印章文件、证书与密钥不能组成可用的电子印章（{reason}）。请向制章单位核对后重新导入。",
        f"Seal file, certificate and key do not make a usable e-seal ({en}). Check with the maker and import again.",
        details={"reason": reason},
    )


def unusable(error: GmsealError) -> Invalid:
    """An error of gmseal while the files of an import were read."""
    reason = error.reason if isinstance(error, GmsealRefused) else error.code
    return not_an_e_seal(reason, str(error))


def trial_is_not_issued() -> Refused:
    """A trial seal is to be imported as an issued one."""
    return Refused(
        "TRIAL_SEAL",
        "这是试用印章，不能作为正式电子印章导入。",
        "This is a trial seal and cannot be imported as an issued one.",
    )


def face_refused(error: GmsealError) -> Invalid:
    """The face cannot be drawn."""
    if isinstance(error, MissingGlyph):
        return Invalid(
            "FACE_GLYPH",
            "印面文字含有字库中没有的字，无法绘制。请联系管理员补充字库。",
            "The text on the face has a character that no font at hand holds. The administrator must add a font.",
        )
    reason = error.reason if isinstance(error, GmsealRefused) else error.code
    return Invalid(
        "FACE_REFUSED",
        f"印面内容或规格无法绘制（{reason}），请检查文字、尺寸与编码。",
        f"The face cannot be drawn: {error} Check text, size and code.",
        details={"reason": reason},
    )


def not_a_picture() -> Invalid:
    """The specimen is no readable PNG."""
    return Invalid(
        "SPECIMEN_UNREADABLE",
        "印模图片须为可读取的 PNG 文件。",
        "The specimen must be a readable PNG picture.",
    )


def counterpart_wrong() -> Invalid:
    """The counterpart is of the same medium."""
    return Invalid(
        "COUNTERPART_MEDIUM",
        "对应印章应为另一介质的印章。",
        "The counterpart of a seal is a seal of the other medium.",
    )


def es_id_known() -> Conflict:
    """An e-seal of this id is already registered."""
    return Conflict(
        "E_SEAL_KNOWN",
        "该电子印章（esID）已经登记，不能重复导入。",
        "An e-seal of this esID is already registered.",
    )


def another_organization() -> Refused:
    """The legal-name seal of an import names another organization."""
    return Refused(
        "SEAL_OF_ANOTHER",
        "该法定名称章的名称与本单位名称不符，未导入。",
        "This legal-name seal names another organization; nothing was imported.",
    )


def made_differs() -> Refused:
    """What the maker delivered is not the seal that was ordered."""
    return Refused(
        "SEAL_OF_ANOTHER",
        "印章文件的名称或尺寸与申请不符，未登记。请与制作单位核对。",
        "Name or size of the e-seal is not what was applied for; nothing was taken in. Ask its maker.",
    )


def frozen(since: int) -> Refused:
    """All seals of the organization are frozen."""
    at = f"{beijing_time(since):%Y-%m-%d %H:%M}"
    return Refused(
        "SEALS_FROZEN",
        f"本单位全部印章已于 {at} 冻结，暂停用印和开柜。如有疑问，请联系本单位负责人。",
        f"All seals of the organization have been frozen since {at} (Beijing): nothing is sealed and no safe is opened. Ask the head of the organization.",
        details={"since": since},
    )


def already_frozen() -> Conflict:
    """There is one freeze at a time."""
    return Conflict("SEALS_ALREADY_FROZEN", "印章已处于冻结状态。", "The seals are frozen already.")


def not_frozen() -> Conflict:
    """There is nothing to lift."""
    return Conflict("SEALS_NOT_FROZEN", "印章当前未冻结。", "The seals are not frozen.")
