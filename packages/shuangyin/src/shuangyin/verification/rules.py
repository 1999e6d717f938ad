"""What an outsider is told, decided on plain values: one word, one level, one sentence.

The page of a use speaks of the registered file alone. It never calls a paper valid that nobody showed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gmseal.report import Verdict
from shuangyin.core.text import Text


class Level(StrEnum):
    """How good an answer is; each has one colour and one icon."""

    GOOD = "good"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict for people. `code` is stable."""

    code: str
    level: Level
    word: Text
    sentence: Text


Voids = Literal["none", "some", "all"]
"""How many of the uses whose seals stand on a file were voided."""


@dataclass(frozen=True, slots=True)
class VoidNote:
    """That a use was voided: when, as it is shown to people, and the words of its code."""

    at: str
    why: Text


@dataclass(frozen=True, slots=True)
class UseState:
    """What counts of a use. Statuses are the codes of the register; `seal_now` may be ``expired``."""

    medium: str
    use_status: str
    authority_valid: bool
    seal_then: str
    seal_now: str
    trial: bool
    voided: VoidNote | None = None
    for_formality: bool = False


@dataclass(frozen=True, slots=True)
class FileState:
    """What counts of an uploaded file.

    `verdict` is gmseal's, None when the file is no PDF or OFD that can be read; `has_seal` whether it carries an e-seal.
    `is_registered` means equal bytes with the file of the use in question (or of any use), `is_sibling` with
    another registered file of the same document. `expects_seal` is false for the approved file of a physical use.
    `voids`: whether uses whose seals the file carries were voided. `encrypted`: it cannot be read because it is a PDF that
    is protected by a password.
    """

    verdict: Verdict | None
    has_seal: bool
    altered: bool
    is_registered: bool
    is_sibling: bool
    expects_seal: bool
    trial: bool
    voids: Voids = "none"
    encrypted: bool = False


_ENDED = ("lost", "revoked", "scrapped", "surrendered", "destroyed")

UNKNOWN_CODE = Answer(
    "UNKNOWN_CODE",
    Level.UNKNOWN,
    Text("查无记录", "No record"),
    Text(
        "没有找到这个核验代码。请核对网址是否完整；若来自纸质文件上的二维码，请向用印单位核实。",
        "There is no such code. Check that the address is complete; if it came from a paper, ask the organization.",
    ),
)

INCOMPLETE_ADDRESS = Answer(
    "INCOMPLETE_ADDRESS",
    Level.UNKNOWN,
    Text("网址不完整", "Address incomplete"),
    Text(
        "网址末尾缺少 22 位核验代码。请重新扫描二维码，或在下方上传收到的文件、填写代码。",
        "The 22 characters of the code are missing at the end of the address. Scan the QR code again, or upload the file "
        "you received or enter the code below.",
    ),
)
NO_SUCH_PAGE = Answer(
    "NO_SUCH_PAGE",
    Level.UNKNOWN,
    Text("没有这个网页", "No such page"),
    Text(
        "请核对网址。若要核验文件，请重新扫描文件上的二维码，或在下方上传收到的文件；单位人员请从首页登录。",
        "Check the address. To check a document, scan the QR code on it again or upload the file below; members of the "
        "organization sign in from the home page.",
    ),
)

UNKNOWN_DIGEST = Answer(
    "UNKNOWN_DIGEST",
    Level.UNKNOWN,
    Text("查无记录", "No record"),
    Text(
        "没有登记过摘要与此相同的盖章文件。请确认摘要是对收到的原始文件计算的，并完整填写了 64 位；打印、另存或转换格式后的文件摘要会不同。",
        "No sealed file with this digest is on record. Make sure that it was computed from the file as received and "
        "has all 64 digits; a file that was printed, saved anew or converted has another digest.",
    ),
)
"""The one answer to a digest that is unknown, incomplete or none at all: it tells nothing to who tries."""
_FORMALITY = Answer(
    "FORMALITY_OF_RENAME",
    Level.WARN,
    Text("请留意", "Take care"),
    Text(
        "该单位已更名，此章为刻有原名称的旧章，经批准限次用于更名的变更手续。除所列手续外不应接受此章。",
        "The organization was renamed. This is its old seal, approved for a counted use in formalities of the change; "
        "for anything else it should not be accepted.",
    ),
)
_REGISTERED_DIGEST = Answer(
    "DIGEST_REGISTERED",
    Level.INFO,
    Text("有登记", "On record"),
    Text(
        "摘要与登记文件完全一致。摘要相同即文件内容逐字节相同；如需核验签章本身，请上传文件。",
        "The digest is that of a registered file: equal digests mean equal files, byte by byte. "
        "To have the seals themselves checked, upload the file.",
    ),
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_GRAVEST_FIRST = (Level.BAD, Level.WARN)


def is_digest(text: str) -> bool:
    """Whether a text is a whole SM3 or SHA-256 in small hex digits."""
    return _DIGEST.fullmatch(text) is not None


def answer_for_digest(uses: Sequence[UseState]) -> Answer:
    """What is said of a digest that leads to these uses: the gravest thing that is to be said of any of them."""
    if voids_of(use.use_status for use in uses) == "some":
        return _FILE_PARTLY_VOIDED
    answers = [answer_for_use(use) for use in uses]
    for level in _GRAVEST_FIRST:
        grave = next((answer for answer in answers if answer.level is level), None)
        if grave is not None:
            return grave
    return _REGISTERED_DIGEST


def voids_of(statuses: Iterable[str]) -> Voids:
    """How many of the uses on one file were voided."""
    voided = [status == "voided" for status in statuses]
    return "none" if not any(voided) else "all" if all(voided) else "some"


def answer_for_use(use: UseState) -> Answer:
    """What the page of a use says, worst reason first."""
    if use.use_status == "voided":
        return Answer(
            "USE_VOIDED",
            Level.BAD,
            Text("已作废", "Voided"),
            _void_sentence(use.voided),
        )
    if use.seal_then != "in_force" and not use.for_formality:
        return Answer(
            "SEAL_NOT_IN_FORCE",
            Level.BAD,
            Text("无效", "Not valid"),
            Text("用印时印章不在启用状态。", "The seal was not in force when it was used."),
        )
    if not use.authority_valid:
        return Answer(
            "AUTHORITY_DOUBTFUL",
            Level.WARN,
            Text("存疑", "Doubtful"),
            Text(
                "用印有登记，但用印人当时不在有效授权内。请向该单位核实。",
                "The use is on record, but was not within valid authority at the time. Ask the organization.",
            ),
        )
    return _answer_for_lawful(use)


def _answer_for_lawful(use: UseState) -> Answer:
    """Of a use that was lawful when it was made: what has become of its seal, and what kind of seal it is."""
    if use.for_formality:
        return _FORMALITY
    if use.medium == "physical":
        return _PHYSICAL_ENDED if use.seal_now in _ENDED else _PHYSICAL
    if use.seal_now in _ENDED:
        return Answer(
            "SEAL_ENDED_SINCE",
            Level.WARN,
            Text("请留意", "Take care"),
            Text(
                "用印时印章有效，但印章此后已终止使用。登记的电子文件以用印时间为准；新收到的文件请核实。",
                "The seal was in force when used but has ended since. The registered file counts as of its time.",
            ),
        )
    return _TRIAL if use.trial else _VALID


def _void_sentence(note: VoidNote | None) -> Text:
    if note is None:
        return Text("这次用印已经作废，请勿采用。", "This use was voided. Do not rely on it.")
    return Text(
        f"这次用印已于 {note.at} 作废（{note.why.zh}），请勿采用。文件上的电子签章仍可通过数学核验，但不再作为用印依据。",
        f"This use was voided on {note.at} ({note.why.en}). Do not rely on it, although an electronic seal on the file "
        "still verifies by its mathematics.",
    )


def answer_for_file(file: FileState) -> Answer:
    """What the comparison of an uploaded file says. Of a file whose use was voided nothing good is said."""
    if file.voids != "none" and (file.is_registered or file.is_sibling):
        return _FILE_VOIDED if file.voids == "all" else _FILE_PARTLY_VOIDED
    if file.is_registered and (not file.expects_seal or file.verdict is not Verdict.INVALID):
        return _same(file)
    if file.altered or (file.verdict is Verdict.INVALID and file.has_seal):
        return _ALTERED if file.altered else _INVALID
    if file.is_sibling:
        return Answer(
            "OTHER_VERSION",
            Level.INFO,
            Text("另一版本", "Another version"),
            Text(
                "这是同一文件的另一个登记版本（例如此前或此后又加盖了印章）。",
                "This is another registered version of the same document, such as one with fewer or further seals.",
            ),
        )
    return _of_unknown(file)


def _of_unknown(file: FileState) -> Answer:
    if file.verdict is None:
        return _ENCRYPTED if file.encrypted else _UNREADABLE
    if not file.has_seal:
        return _NO_SEAL
    return _NOT_REGISTERED if file.verdict is Verdict.VALID else _UNDECIDED


def _same(file: FileState) -> Answer:
    if not file.expects_seal:
        sentence = Text(
            "与登记的批准文件完全一致。这不能证明纸质文件为真，请再逐页核对纸质文件。",
            "It is exactly the approved file on record. That proves nothing about a paper: compare that page by page.",
        )
        return Answer("SAME_FILE", Level.INFO, Text("一致", "Identical"), sentence)
    if file.trial:
        return Answer("SAME_FILE", Level.GOOD, Text("一致", "Identical"), _SAME_TRIAL)
    return Answer("SAME_FILE", Level.GOOD, Text("一致", "Identical"), _SAME)


_SAME = Text(
    "这就是登记的文件，签章有效，盖章后未被改动。",
    "This is the registered file; its seals are valid and it was not altered after sealing.",
)
_SAME_TRIAL = Text(
    "这就是登记的文件，盖章后未被改动；其上的试用印章不具有法律效力。",
    "This is the registered file, not altered after sealing; the trial seal on it has no legal effect.",
)
_VALID = Answer(
    "USE_VALID",
    Level.GOOD,
    Text("有效", "Valid"),
    Text(
        "登记的电子文件上的电子印章有效。请把手中的文件与登记文件比对。",
        "The electronic seal on the registered file is valid. Compare what you hold with that file.",
    ),
)
_TRIAL = Answer(
    "USE_VALID_TRIAL",
    Level.WARN,
    Text("有效（试用）", "Valid (trial)"),
    Text(
        "登记的电子文件上的签章有效；所用为试用印章，不具有法律效力。请把手中的文件与登记文件比对。",
        "The signature on the registered file is valid; the seal is a trial one without legal effect. Compare files.",
    ),
)
_PHYSICAL = Answer(
    "USE_RECORDED",
    Level.INFO,
    Text("有登记", "On record"),
    Text(
        "这次实体用印登记在册。本页不判断纸质文件真伪，请将手中的纸质文件与登记内容逐项核对。",
        "This use of a physical seal is on record. Whether a paper is genuine cannot be told here: compare it.",
    ),
)
_PHYSICAL_ENDED = Answer(
    "USE_RECORDED_SEAL_ENDED",
    Level.WARN,
    Text("请留意", "Take care"),
    Text(
        "这次实体用印登记在册，但印章此后已终止使用。本页不判断纸质文件真伪，请核对用印时间。",
        "This use is on record, but the seal has ended since. Whether a paper is genuine cannot be told here.",
    ),
)
_ALTERED = Answer(
    "ALTERED_AFTER_SEALING",
    Level.BAD,
    Text("已改动", "Altered"),
    Text("文件在盖章后被改动，请勿采用。", "The file was altered after sealing. Do not rely on it."),
)
_INVALID = Answer(
    "SIGNATURE_INVALID",
    Level.BAD,
    Text("无效", "Not valid"),
    Text("文件中的签章无效，请勿采用。", "A seal in this file is not valid. Do not rely on it."),
)
_FILE_VOIDED = Answer(
    "FILE_VOIDED",
    Level.BAD,
    Text("已作废", "Voided"),
    Text(
        "这是登记过的文件，但其上的用印已经作废，详见下表，请勿采用。电子签章仍能通过数学核验，不改变作废。",
        "This file is on record, but its seal use was voided, see below. Do not rely on it; that an electronic seal "
        "still verifies by its mathematics changes nothing.",
    ),
)
_FILE_PARTLY_VOIDED = Answer(
    "FILE_PARTLY_VOIDED",
    Level.WARN,
    Text("部分作废", "Partly voided"),
    Text(
        "这是登记过的文件，其上部分用印已经作废，详见下表。请向用印单位核实文件是否仍然有效。",
        "This file is on record; some of its seal uses were voided, see below. Ask the organization whether it still "
        "stands.",
    ),
)
_UNREADABLE = Answer(
    "NOT_COMPARABLE",
    Level.UNKNOWN,
    Text("无法判断", "Cannot tell"),
    Text(
        "这不是可读取的 PDF 或 OFD，与登记文件不是同一份。照片和扫描件不能用来核验，请上传收到的原始电子文件。",
        "This is no readable PDF or OFD and not the registered file. Photos and scans cannot be checked; upload the original.",
    ),
)
_ENCRYPTED = Answer(
    "ENCRYPTED",
    Level.UNKNOWN,
    Text("无法判断", "Cannot tell"),
    Text(
        "这份 PDF 设有密码保护（已加密），其内容无法核验。请上传收到的原始文件；若收到时即已加密，请向对方索取未加密的原件。自行去除密码会改变文件，"
        "不能用来核验。",
        "This PDF is encrypted (protected by a password) and cannot be checked. Upload the file as you received it; if it "
        "came encrypted, ask the sender for the original without protection. Taking the password off changes the file.",
    ),
)
_NO_SEAL = Answer(
    "NO_SEAL",
    Level.UNKNOWN,
    Text("无法判断", "Cannot tell"),
    Text(
        "文件中没有电子印章，也不是登记的文件。若由纸质件扫描而来，请向用印单位核实。",
        "The file has no electronic seal and is not a registered file. If it is a scan, ask the organization.",
    ),
)
_NOT_REGISTERED = Answer(
    "NOT_REGISTERED",
    Level.WARN,
    Text("未登记", "Not registered"),
    Text(
        "文件中的签章有效且未被改动，但不是本平台登记的文件。",
        "The seals in this file are valid and it was not altered, but it is not a file registered here.",
    ),
)
_UNDECIDED = Answer(
    "UNDECIDED",
    Level.UNKNOWN,
    Text("无法判断", "Cannot tell"),
    Text(
        "文件未见改动，但本平台不掌握该印章签发机构的根证书，也没有登记这份文件。请向用印单位核实。",
        "No alteration was found, but the issuer of this seal is unknown here and the file is not registered. Ask them.",
    ),
)


def masked_name(name: str) -> str:
    """A person's name for the public: the first character and stars."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else name
