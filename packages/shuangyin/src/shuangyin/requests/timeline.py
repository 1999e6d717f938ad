"""The timeline of a request: each evidence entry in the words of its kind, with what people said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shuangyin.approvals.queries import Note
from shuangyin.core.text import Text
from shuangyin.evidence.kinds import sentence_of
from shuangyin.requests.stops import words_of

_QUIET = frozenset({"approvals.started", "requests.sealed"})
"""Entries that say again what their neighbour says: the submission, and the use itself."""

_SAID = {
    "approve": Text("同意", "approved"),
    "reject": Text("不同意", "rejected"),
    "send_back": Text("退回", "sent back"),
    "transfer": Text("转交", "transferred"),
    "consult": Text("征询", "asked for an opinion"),
    "answer": Text("答复征询", "gave an opinion"),
    "revert": Text("退回重审", "sent back to an earlier step"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """An evidence entry of the request."""

    entry_id: str
    kind: str
    at: int
    actor_id: str
    code: str | None = None
    """Why automatic sealing was refused, for an entry that says so."""


@dataclass(frozen=True, slots=True)
class Told:
    """A happening in words."""

    entry_id: str
    kind: str
    at: int
    actor_id: str
    text: Text
    comment: str | None


def timeline_of(entries: Sequence[Happening], notes: Mapping[str, Note]) -> list[Told]:
    """The entries in words, oldest first. `notes` are what was said in approvals, by entry."""
    told = []
    for entry in entries:
        if entry.kind in _QUIET:
            continue
        note = notes.get(entry.entry_id)
        text = sentence_of(entry.kind) if entry.code is None else words_of(entry.code)
        comment = None
        if note is not None:
            said = _SAID.get(note.kind, Text(note.kind, note.kind))
            text = Text(f"{note.step_name_zh}：{said.zh}", f"{note.step_name_en}: {said.en}")
            comment = note.comment or None
        told.append(Told(entry.entry_id, entry.kind, entry.at, entry.actor_id, text, comment))
    return told
