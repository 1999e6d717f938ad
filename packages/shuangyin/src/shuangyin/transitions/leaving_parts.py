"""What a person who leaves or changes post has in hand, part by part, and what becomes of each thing.

A part looks at one area and answers two questions: what is there and what would become of it (`find`), and, once that
is decided, make it so (`carry_out`). Whatever an area adds that a person can hold gets a part here, so that leaving
stays one command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from shuangyin.core.actor import Actor
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.models import Person


class Action(StrEnum):
    """What is chosen for a part: its things stay with him, end, or go to a successor where they can."""

    KEEP = "keep"
    END = "end"
    HAND_OVER = "hand_over"


class Outcome(StrEnum):
    """What becomes of one thing. `stays`: it goes on without him; `blocked`: it must be settled first; `left_open`: he
    left at once on the head's order, and it is still to be settled."""

    ENDED = "ended"
    HANDED_OVER = "handed_over"
    STAYS = "stays"
    BLOCKED = "blocked"
    LEFT_OPEN = "left_open"


class Why(StrEnum):
    """Why a thing ends as it does, or what has to be done first."""

    SEAL_OUT = "SEAL_OUT"
    SAFE_OPEN = "SAFE_OPEN"
    LOAN_OUT = "LOAN_OUT"
    ORIGINALS_OUT = "ORIGINALS_OUT"
    SEALING_NOW = "SEALING_NOW"
    SMALL_UNIT_REVIEWER = "SMALL_UNIT_REVIEWER"
    NEEDS_KEEPER = "NEEDS_KEEPER"
    NEEDS_CUSTODIAN = "NEEDS_CUSTODIAN"
    NEEDS_SEALS_RIGHT = "NEEDS_SEALS_RIGHT"
    NEEDS_GRANT_RIGHT = "NEEDS_GRANT_RIGHT"
    NO_KEEPER = "NO_KEEPER"
    TO_SUPERIOR = "TO_SUPERIOR"
    RETURNS = "RETURNS"
    NOBODY = "NOBODY"
    ROOT_OFFICE = "ROOT_OFFICE"
    WITH_PARENT = "WITH_PARENT"
    OFFERED = "OFFERED"
    GOES_ON = "GOES_ON"
    NO_ANSWER = "NO_ANSWER"
    TO_REVIEWERS = "TO_REVIEWERS"
    ROUTE_NAMES = "ROUTE_NAMES"


WHY: dict[Why, Text] = {
    Why.SEAL_OUT: Text(
        "印章不在库，请先办理归还或交接。", "The seal is not in its safe. Have it returned or handed over first."
    ),
    Why.SAFE_OPEN: Text(
        "保险柜尚未关闭，请先归还印章并关柜。", "The safe stands open. Return the seals and close it first."
    ),
    Why.LOAN_OUT: Text(
        "外带的印章尚未归还，请先办理归还。", "The seals on loan are not back. Have them returned first."
    ),
    Why.ORIGINALS_OUT: Text(
        "借阅的原件尚未归还，请先归还。", "Borrowed originals are not back. Have them returned first."
    ),
    Why.SEALING_NOW: Text(
        "正在用印，请待其完成或处理卡住的任务。", "Sealing is under way. Wait for its end or release the job."
    ),
    Why.SMALL_UNIT_REVIEWER: Text(
        "其为小型单位合并职责的复核人，请先另行登记复核人。",
        "He reviews the merged duties of a small unit. Register another reviewer first.",
    ),
    Why.NEEDS_KEEPER: Text(
        "实体印章须有保管人，请指定有保管权限的接任人；所选接任人没有的，先任命其为印章保管人。",
        "A physical seal needs a keeper. Name a successor who may keep seals, or appoint yours as keeper first.",
    ),
    Why.NEEDS_CUSTODIAN: Text(
        "保险柜须有保管人，请指定有开柜权限的接任人；所选接任人没有的，先任命其为印章保管人。",
        "A safe needs a custodian. Name a successor who may open safes, or appoint yours as keeper first.",
    ),
    Why.NEEDS_SEALS_RIGHT: Text(
        "变更保管人须有印章管理权限，请由印章管理员办理。",
        "Naming a keeper needs the right to manage seals. Ask who holds it.",
    ),
    Why.NEEDS_GRANT_RIGHT: Text(
        "移交授权须有授权权限；请由授权人另行授予，或选择终止。",
        "Handing grants over needs the right to grant. Let them end and have the office grant anew.",
    ),
    Why.NO_KEEPER: Text("暂无保管人，指定之前不能用印。", "It has no keeper and cannot be used until one is named."),
    Why.TO_SUPERIOR: Text("改由上级审批。", "His superior is asked instead."),
    Why.RETURNS: Text("委托终止，转回委托人本人。", "The delegation ends; it goes back to whose it is."),
    Why.NOBODY: Text("没有可接替的审批人，转管理员处理。", "Nobody can take it; an administrator has to."),
    Why.ROOT_OFFICE: Text(
        "该岗位空缺后，其授权须由新任在十个工作日内确认。",
        "Its grants lapse after ten working days unless the next holder reconfirms them.",
    ),
    Why.WITH_PARENT: Text("随上级授权终止。", "It ends with the grant above it."),
    Why.OFFERED: Text("按剩余额度授予接任人，待其接受。", "What is left is offered to the successor, who has to accept."),
    Why.GOES_ON: Text("已批准的用印由保管人继续办理。", "What is approved goes on with the keepers."),
    Why.NO_ANSWER: Text("征询不再答复，不影响审批。", "It stays unanswered; nothing hangs on it."),
    Why.TO_REVIEWERS: Text("改由有复核权限的人员复核。", "Whoever holds the right to review owes it now."),
    Why.ROUTE_NAMES: Text(
        "流程点名其审批，今后由其上级或管理员接替，请修订流程。",
        "The route names this person; from now on a superior or an administrator is asked. Revise the route.",
    ),
}  # fmt: skip

KINDS: dict[str, Text] = {
    "post": Text("岗位", "Post"),
    "approval": Text("待办审批", "Approval"),
    "consultation": Text("征询", "Consultation"),
    "request": Text("用印申请", "Application"),
    "review": Text("事后复核", "Later review"),
    "small_unit": Text("小型单位复核", "Small unit's review"),
    "grant": Text("授权", "Grant"),
    "grant_below": Text("下级授权", "Grant below"),
    "delegation_given": Text("委托他人", "Delegation given"),
    "delegation_received": Text("受托", "Delegation received"),
    "seal": Text("保管印章", "Seal kept"),
    "safe": Text("保险柜", "Safe"),
    "opening": Text("开柜", "Opening"),
    "loan": Text("印章外带", "Loan of seals"),
    "permit": Text("用印许可", "Permit on a smart seal"),
    "route": Text("审批流程", "Approval route"),
    "original_loan": Text("借阅原件", "Loan of originals"),
    "session": Text("登录", "Session"),
    "token": Text("接口令牌", "API token"),
    "password": Text("登录密码", "Password"),
    "totp": Text("动态口令", "Authenticator"),
    "recovery_codes": Text("恢复码", "Recovery codes"),
    "passkey": Text("通行密钥", "Passkey"),
    "phone": Text("短信验证手机", "Telephone for codes"),
    "identity": Text("外部身份关联", "Link with an identity outside"),
    "face": Text("人脸特征", "Face template"),
    "begun": Text("未完成的验证", "Confirmation begun"),
}
OUTCOMES: dict[Outcome, Text] = {
    Outcome.ENDED: Text("终止", "Ended"),
    Outcome.HANDED_OVER: Text("移交", "Handed over"),
    Outcome.STAYS: Text("继续", "Goes on"),
    Outcome.BLOCKED: Text("须先处理", "To be settled first"),
    Outcome.LEFT_OPEN: Text("遗留待处理", "Left to be settled"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Who leaves, or stays in another post; who does it; what is chosen for the part that is asked."""

    actor: Actor
    person: Person
    action: Action
    successor: Person | None
    reason: str
    staying: bool = False

    @property
    def successor_id(self) -> str | None:
        """To whom things go; None unless handing over is chosen."""
        return self.successor.id if self.successor is not None and self.action is Action.HAND_OVER else None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing, how people call it, and what becomes of it. `things` are the rows that its part works on."""

    kind: str
    id: str
    label: str
    outcome: Outcome
    to: str | None = None
    why: Why | None = None
    thing: Any = None


class Part(Protocol):
    """One kind of thing that a person holds. `actions` are what can be chosen for it, the usual one first."""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> Text: ...
    @property
    def actions(self) -> tuple[Action, ...]: ...

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        """Everything of this kind, with what would become of it. Changes nothing."""
        ...

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        """Do what `find` said, in the same transaction. Never called with a blocked item."""
        ...


def of_outcome(items: Sequence[Item], outcome: Outcome) -> list[Item]:
    """The items that end so."""
    return [one for one in items if one.outcome is outcome]
