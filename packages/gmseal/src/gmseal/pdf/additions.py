"""What an update of a signed file may add by right, who answers for it, and what came out of looking."""

from dataclasses import dataclass, field
from enum import IntEnum

from gmseal.pdf.certification import FieldLock, Permission


class Closer(IntEnum):
    """What kind of signature closes a revision: what else it may bring along besides its own field."""

    OTHER = 0
    SEAL = 1
    """Marks of the seal on other places and pages."""
    TIMESTAMP = 2
    """A document time stamp: nothing that shows."""


class Addition(IntEnum):
    """What was added by right; the number is the ``Permission`` that a certification must give for it."""

    VALIDATION_DATA = 0
    METADATA = 1
    DOCUMENT_TIMESTAMP = -1
    SIGNATURE = 2
    FORM_FILLING = -2
    MARKS = 3

    @property
    def level(self) -> int:
        """The least permission that lets it be; 0 and 1: always allowed."""
        return abs(self)

    @property
    def sentence(self) -> str:
        """In English, without a full stop."""
        return _SENTENCES[self]


_SENTENCES = {
    Addition.VALIDATION_DATA: "validation data",
    Addition.METADATA: "document metadata",
    Addition.DOCUMENT_TIMESTAMP: "a document time stamp",
    Addition.SIGNATURE: "a further signature",
    Addition.FORM_FILLING: "answers in form fields",
    Addition.MARKS: "marks of a further seal",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """The signature that closes a later revision: its dictionary's place and its kind."""

    value: tuple[int, int]
    closer: Closer


@dataclass(slots=True)
class Comparison:
    """The outcome: what was added by right, and what was altered (sentences in English)."""

    added: list[Addition] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    shows: bool = False
    """Whether something was added by right that shows on a page: a widget or a mark of some size."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the signatures before a revision laid down: ``permission`` is ``None`` when none of them certifies."""

    permission: Permission | None = None
    locks: tuple[FieldLock, ...] = ()

    def lets_fill(self, name: str) -> bool:
        """Whether a form field of this name may be answered: nobody said so unless a certification did."""
        allowed = self.permission is not None and self.permission >= Permission.SIGNING
        return allowed and not any(lock.covers(name) for lock in self.locks)
