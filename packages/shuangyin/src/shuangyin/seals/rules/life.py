"""The life of a seal as one table: which act leads from which status to which, on what evidence, with whose approval.

The commands, the API (`GET /seals/life`) and the diagram in docs/seal-life.md are made from `MOVES`; there is no other
place that says what may follow what. Statuses and steps follow the practice after 2017 (国发〔2017〕7号: filing in place of
a permit); the grounds of each are named in docs/seal-life.md.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shuangyin.core.text import Text
from shuangyin.seals.kinds import Begun, Medium, SealStatus
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.objecting import Objection


class LifeAct(StrEnum):
    """What can be done to a seal."""

    ACCEPT = "accept"
    MAKE = "make"
    FILE = "file"
    DELIVER = "deliver"
    ENABLE = "enable"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPORT_LOST = "report_lost"
    SCRAP = "scrap"
    SURRENDER = "surrender"
    DESTROY = "destroy"
    REVOKE = "revoke"
    EXPIRE = "expire"
    ALLOW_FORMALITY = "allow_formality"


class Who(StrEnum):
    """Who may do an act: whoever manages seals, the seal's keeper too, or only the platform by itself."""

    MANAGER = "manager"
    KEEPER_TOO = "keeper_too"
    PLATFORM = "platform"


class Telling(StrEnum):
    """What the filing authority is told: of a new seal, of a changed status, of an end."""

    NEW = "new"
    STATUS = "status"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table.

    `evidence` is a list of needs; each is met by any one of its kinds. `approval` asks the root office first. `telling`
    is reported to the filing authority; with `told_first` the act happens only when the authority has accepted that.
    `while_in_use` lets the act happen although uses of the seal are unfinished.
    """

    act: LifeAct
    before: tuple[SealStatus, ...]
    after: SealStatus
    event: str
    media: tuple[Medium, ...] = (Medium.ELECTRONIC, Medium.PHYSICAL)
    begun: tuple[Begun, ...] = (Begun.TAKEN_IN, Begun.APPLIED)
    who: Who = Who.MANAGER
    evidence: tuple[tuple[EvidenceKind, ...], ...] = ()
    approval: bool = False
    telling: Telling | None = None
    told_first: bool = False
    while_in_use: bool = True


_S = SealStatus
_E = EvidenceKind
HELD = (_S.DELIVERED, _S.IN_FORCE, _S.SUSPENDED)
"""A seal of these statuses is in the hands of the organization."""
_APPLIED = (Begun.APPLIED,)
_TAKEN_IN = (Begun.TAKEN_IN,)
_PHYSICAL = (Medium.PHYSICAL,)
_ELECTRONIC = (Medium.ELECTRONIC,)

MOVES: tuple[Move, ...] = (
    Move(
        LifeAct.ACCEPT, (_S.DRAFT,), _S.ACCEPTED, "accepted", begun=_APPLIED, approval=True,
        evidence=((_E.ESTABLISHMENT_PROOF,), (_E.INTRODUCTION_LETTER, _E.POWER_OF_ATTORNEY), (_E.AGENT_ID,)),
    ),
    Move(
        LifeAct.MAKE, (_S.ACCEPTED,), _S.MADE, "manufactured", begun=_APPLIED, media=_PHYSICAL,
        evidence=((_E.IMPRINT,),), telling=Telling.NEW,
    ),
    Move(
        LifeAct.MAKE, (_S.ACCEPTED,), _S.MADE, "manufactured", begun=_APPLIED, media=_ELECTRONIC,
        telling=Telling.NEW,
    ),
    Move(LifeAct.FILE, (_S.MADE,), _S.FILED, "filed", begun=_APPLIED, evidence=((_E.FILING_RECEIPT,),)),
    Move(
        LifeAct.DELIVER, (_S.FILED, _S.MADE), _S.DELIVERED, "delivered", begun=_APPLIED, media=_PHYSICAL,
        evidence=((_E.AGENT_ID,), (_E.AGENT_PHOTO,), (_E.IMPRINT_CARD,)),
    ),
    Move(
        LifeAct.DELIVER, (_S.FILED,), _S.DELIVERED, "delivered", begun=_APPLIED, media=_ELECTRONIC,
        evidence=((_E.AGENT_ID,), (_E.AGENT_PHOTO,), (_E.MAKING_CERTIFICATE,)),
    ),
    Move(
        LifeAct.ENABLE, (_S.DELIVERED,), _S.IN_FORCE, "activated", begun=_APPLIED, approval=True,
        evidence=((_E.INTERNAL_DECISION,),),
    ),
    Move(LifeAct.ACTIVATE, (_S.DRAFT,), _S.IN_FORCE, "activated", begun=_TAKEN_IN),
    Move(
        LifeAct.SUSPEND, (_S.IN_FORCE,), _S.SUSPENDED, "suspended", who=Who.KEEPER_TOO, telling=Telling.STATUS
    ),
    Move(LifeAct.RESUME, (_S.SUSPENDED,), _S.IN_FORCE, "resumed", begun=_TAKEN_IN, telling=Telling.STATUS),
    Move(
        LifeAct.RESUME, (_S.SUSPENDED,), _S.IN_FORCE, "resumed", begun=_APPLIED, approval=True,
        evidence=((_E.LETTER_OF_AUTHORITY, _E.INTERNAL_DECISION),), telling=Telling.STATUS,
    ),
    Move(
        LifeAct.ALLOW_FORMALITY, (_S.SUSPENDED,), _S.SUSPENDED, "formality_allowed", media=_PHYSICAL,
        approval=True, evidence=((_E.CHANGE_NOTICE,),),
    ),
    Move(
        LifeAct.REPORT_LOST, HELD, _S.LOST, "reported_lost", who=Who.KEEPER_TOO,
        evidence=((_E.POLICE_REPORT, _E.WRITTEN_STATEMENT),), telling=Telling.STATUS,
    ),
    Move(
        LifeAct.SCRAP, HELD, _S.SCRAPPED, "scrapped", media=_PHYSICAL, approval=True,
        evidence=((_E.DAMAGE_PHOTO,),), telling=Telling.STATUS, while_in_use=False,
    ),
    Move(
        LifeAct.SURRENDER, (*HELD, _S.SCRAPPED), _S.SURRENDERED, "surrendered", media=_PHYSICAL, approval=True,
        evidence=((_E.SURRENDER_GROUND,),), while_in_use=False,
    ),
    Move(
        LifeAct.DESTROY, (_S.SURRENDERED,), _S.DESTROYED, "destroyed", media=_PHYSICAL, approval=True,
        evidence=((_E.ENGRAVER_RECEIPT,), (_E.DESTRUCTION_CERTIFICATE,), (_E.DESTRUCTION_PHOTO,)),
        telling=Telling.CANCEL, told_first=True, while_in_use=False,
    ),
    Move(
        LifeAct.REVOKE, (_S.MADE, _S.FILED, *HELD, _S.LOST), _S.REVOKED, "revoked", media=_ELECTRONIC,
        approval=True, evidence=((_E.REVOCATION_GROUND, _E.REVOCATION_CERTIFICATE),), telling=Telling.CANCEL,
        while_in_use=False,
    ),
    Move(
        LifeAct.EXPIRE, (_S.FILED,), _S.REVOKED, "uncollected", begun=_APPLIED, media=_ELECTRONIC,
        who=Who.PLATFORM, telling=Telling.CANCEL,
    ),
)  # fmt: skip
"""Every step that is possible; what stands in no line is refused."""

ENDED = frozenset({_S.LOST, _S.SCRAPPED, _S.SURRENDERED, _S.DESTROYED, _S.REVOKED})
"""From these no seal comes back: engraving anew makes a new seal, which names the one it replaces."""

FILING_DUE_MS = 24 * 3600 * 1000
"""An e-seal is filed within 24 hours of being made (京政办发〔2019〕8号); the same is asked of a physical seal here."""

COLLECT_MONTHS = 3
"""An e-seal that nobody collects within three months is revoked (京政办发〔2019〕8号)."""

ACT_WORDS: dict[LifeAct, Text] = {
    LifeAct.ACCEPT: Text("承接", "Order accepted"),
    LifeAct.MAKE: Text("制作", "Make"),
    LifeAct.FILE: Text("备案", "File"),
    LifeAct.DELIVER: Text("交付", "Deliver"),
    LifeAct.ENABLE: Text("启用", "Put into force"),
    LifeAct.ACTIVATE: Text("启用（既有印章）", "Put into force (existing seal)"),
    LifeAct.SUSPEND: Text("停用", "Suspend"),
    LifeAct.RESUME: Text("恢复", "Resume"),
    LifeAct.REPORT_LOST: Text("挂失", "Report lost"),
    LifeAct.SCRAP: Text("报废", "Scrap"),
    LifeAct.SURRENDER: Text("缴销", "Surrender"),
    LifeAct.DESTROY: Text("销毁", "Destroy"),
    LifeAct.REVOKE: Text("注销", "Revoke"),
    LifeAct.EXPIRE: Text("逾期未领注销", "Revoke uncollected"),
    LifeAct.ALLOW_FORMALITY: Text("变更手续用印", "Use for formalities of the change"),
}

STATUS_WORDS: dict[SealStatus, Text] = {
    _S.DRAFT: Text("待办", "Draft"),
    _S.ACCEPTED: Text("已承接", "Accepted"),
    _S.MADE: Text("已制作", "Made"),
    _S.FILED: Text("已备案", "Filed"),
    _S.DELIVERED: Text("已交付", "Delivered"),
    _S.IN_FORCE: Text("启用", "In force"),
    _S.SUSPENDED: Text("停用", "Suspended"),
    _S.LOST: Text("挂失", "Lost"),
    _S.SCRAPPED: Text("报废", "Scrapped"),
    _S.SURRENDERED: Text("缴销", "Surrendered"),
    _S.DESTROYED: Text("销毁", "Destroyed"),
    _S.REVOKED: Text("注销", "Revoked"),
}


def find_move(act: LifeAct, status: str, medium: str, begun: str) -> Move | Objection:
    """The line of the table for an act on a seal as it stands, or why there is none."""
    for move in MOVES:
        if move.act is act and status in move.before and medium in move.media and begun in move.begun:
            return move
    return Objection(
        "SEAL_STATUS",
        Text(
            "印章当前状态不允许此操作，请刷新后查看其状态。",
            "The seal's present status does not allow this. Reload and see where it stands.",
        ),
    )


def moves_from(status: str, medium: str, begun: str) -> tuple[Move, ...]:
    """What may be done next with a seal as it stands."""
    return tuple(
        move for move in MOVES if status in move.before and medium in move.media and begun in move.begun
    )


def missing_evidence(move: Move, given: Iterable[str]) -> Objection | None:
    """The first need of an act that no piece of evidence meets."""
    kinds = set(given)
    for need in move.evidence:
        if not kinds & set(need):
            zh = "或".join(kind.words.zh for kind in need)
            en = " or ".join(kind.words.en for kind in need)
            return Objection("SEAL_EVIDENCE_MISSING", Text(f"缺少材料：{zh}。", f"This is missing: {en}."))
    return None


def collect_by(filed_on: date) -> date:
    """The last day on which a filed e-seal may be collected: three months after its filing."""
    months = filed_on.month - 1 + COLLECT_MONTHS
    year, month = filed_on.year + months // 12, months % 12 + 1
    return date(year, month, min(filed_on.day, monthrange(year, month)[1]))


def diagram() -> str:
    """The table as a state diagram in Mermaid's language; docs/seal-life.md holds exactly this."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {status}: {words.zh} {words.en}" for status, words in STATUS_WORDS.items()]
    lines += ["    [*] --> draft"]
    drawn: dict[tuple[str, str], list[str]] = {}
    for move in MOVES:
        for status in move.before:
            label = ACT_WORDS[move.act].zh + _medium_mark(move)
            there = drawn.setdefault((status, move.after), [])
            if label not in there:
                there.append(label)
    lines += [f"    {before} --> {after}: {' / '.join(labels)}" for (before, after), labels in drawn.items()]
    ends = sorted({move.after for move in MOVES} - {status for move in MOVES for status in move.before})
    lines += [f"    {status} --> [*]" for status in ends]
    return "\n".join(lines) + "\n"


def _medium_mark(move: Move) -> str:
    if len(move.media) > 1:
        return ""
    return "（实体）" if move.media[0] is Medium.PHYSICAL else "（电子）"
