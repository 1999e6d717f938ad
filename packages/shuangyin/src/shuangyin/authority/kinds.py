"""The words of authority as plain values: acts, states of a grant, what a count counts."""

from __future__ import annotations

from enum import StrEnum

from shuangyin.core.text import Text


class Act(StrEnum):
    """What a grant lets its holder do. `auto_seal` lets the platform seal without a person at the keyboard."""

    AUTO_SEAL = "auto_seal"
    PRESS = "press"
    APPROVE = "approve"
    APPLY = "apply"

    @property
    def words(self) -> Text:
        """What the act is called on a sheet of paper."""
        return _ACT_WORDS[self]


_ACT_WORDS: dict[Act, Text] = {
    Act.AUTO_SEAL: Text("自动用印", "Automatic sealing"),
    Act.PRESS: Text("盖章", "Press"),
    Act.APPROVE: Text("审批", "Approve"),
    Act.APPLY: Text("申请用印", "Apply"),
}


class GrantStatus(StrEnum):
    """Whether a grant can be acted on. Declined and ended are final."""

    OFFERED = "offered"
    ACTIVE = "active"
    DECLINED = "declined"
    ENDED = "ended"


class GrantEvent(StrEnum):
    """What can happen to a grant."""

    ACCEPT = "accept"
    DECLINE = "decline"
    END = "end"


class EndCause(StrEnum):
    """Why a grant ended."""

    REVOKED = "revoked"
    RENOUNCED = "renounced"
    PARENT_ENDED = "parent_ended"
    USED_UP = "used_up"
    EXPIRED = "expired"
    NOT_ACCEPTED = "not_accepted"
    NOT_RECONFIRMED = "not_reconfirmed"
    HOLDER_LEFT = "holder_left"
    HANDED_OVER = "handed_over"


class CountOf(StrEnum):
    """What a count counts: executions of approved requests, documents, or presses."""

    USES = "uses"
    DOCUMENTS = "documents"
    PRESSES = "presses"


class ReservationStatus(StrEnum):
    """What became of a reserved count: reserved at submission, used at sealing, released on refusal."""

    RESERVED = "reserved"
    USED = "used"
    RELEASED = "released"


class ReviewStatus(StrEnum):
    """What a later review found, or that it is still owed."""

    OPEN = "open"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


class ReviewKind(StrEnum):
    """What is reviewed afterwards."""

    OVERRIDE = "override"
    SMALL_UNIT = "small_unit"
    EMERGENCY = "emergency"
