"""Whom a verifier believes: the keys of the log, and how many of which witnesses.

One signature shows what the operator says, not that he says the same to everybody. So a policy names
witnesses and asks for a quorum of them. The text form, one statement a line, ``#`` begins a comment::

    log <vkey>                              a key of the log; one good signature by any of them is needed
    witness <name> <vkey> [<vkey>]          a witness, with an SM2 key too if it has one
    group <name> <k|all|any> <name> ...     any k of witnesses or groups named before
    quorum <name|none>                      the witness or group that must have cosigned

A witness counts once, however many keys it signs with, and a name stands in one group only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from evidencelog.checkpoint import Checkpoint, parse_checkpoint_text
from evidencelog.cosignature import Cosignature, CosignatureVerifier, cosigned_at
from evidencelog.errors import Code, MalformedError, VerificationError
from evidencelog.keys import NoteVerifier
from evidencelog.note import open_note, parse_note
from evidencelog.text import decode_text
from evidencelog.vkey import parse_vkey

MAX_POLICY_BYTES: Final = 100_000
NONE: Final = "none"


@dataclass(frozen=True)
class Group:
    """``threshold`` of ``members``, which are names of witnesses or groups."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class WitnessedHead:
    """A head that a policy accepts. ``witnesses`` maps each witness to what it stated; latest time first."""

    checkpoint: Checkpoint
    signed_by: tuple[NoteVerifier, ...]
    witnesses: Mapping[str, Cosignature]


@dataclass(frozen=True)
class WitnessPolicy:
    """Log keys, witnesses by name, groups by name, and the name that must be satisfied."""

    log_keys: tuple[NoteVerifier, ...]
    witnesses: Mapping[str, tuple[CosignatureVerifier, ...]] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def of(
        cls,
        log_keys: Sequence[NoteVerifier],
        witnesses: Mapping[str, Sequence[CosignatureVerifier]],
        threshold: int,
    ) -> "WitnessPolicy":
        """Any ``threshold`` of the witnesses. Raises :class:`MalformedError` when there are not so many."""
        if not 0 <= threshold <= len(witnesses):
            raise _malformed(f"{threshold} of {len(witnesses)} witnesses can never cosign")
        named = {name: tuple(keys) for name, keys in witnesses.items()}
        group = Group(threshold, tuple(named))
        return cls(tuple(log_keys), named, {"quorum": group}, "quorum" if threshold else NONE)

    @classmethod
    def parse(cls, data: bytes) -> "WitnessPolicy":
        """Read the text form. Raises :class:`MalformedError` (``policy.malformed``, or a code of a key)."""
        return _PolicyReader().read(decode_text(data, Code.POLICY_MALFORMED, limit=MAX_POLICY_BYTES))

    @property
    def keys(self) -> tuple[NoteVerifier, ...]:
        """Every key of the policy."""
        return (*self.log_keys, *(key for keys in self.witnesses.values() for key in keys))

    def log_only(self) -> "WitnessPolicy":
        """The same log keys without witnesses: for heads that a witness itself shows."""
        return WitnessPolicy(self.log_keys)

    def open(self, note: bytes, *, origin: str | None = None) -> WitnessedHead:
        """Verify a checkpoint under this policy.

        1. The note is well formed; no known key has a bad line in it.
        2. At least one key of the log signed it.
        3. It is of the expected origin, where one is given.
        4. The witnesses that cosigned it satisfy the quorum.

        Raises :class:`MalformedError`, :class:`VerificationError` (``note.signature_invalid``,
        ``note.not_signed``, ``checkpoint.origin``, ``policy.quorum``).
        """
        opened = open_note(note, self.keys)  # 1.
        good = {key.vkey for key in opened.verified}
        signed_by = tuple(key for key in self.log_keys if key.vkey in good)
        if not signed_by:  # 2.
            raise VerificationError(Code.NOTE_NOT_SIGNED, "no known key of the log signed this checkpoint")
        checkpoint = parse_checkpoint_text(opened.text)
        if origin is not None and checkpoint.origin != origin:  # 3.
            raise VerificationError(Code.CHECKPOINT_ORIGIN, "the checkpoint belongs to another log")
        stated = self._stated(note, good)
        if not self._satisfied(self.quorum, set(stated)):  # 4.
            raise VerificationError(
                Code.POLICY_QUORUM,
                f"of the witnesses that are believed, only {len(stated)} cosigned this head",
            )
        return WitnessedHead(checkpoint, signed_by, stated)

    def _stated(self, note: bytes, good: set[str]) -> dict[str, Cosignature]:
        """The earliest time at which each witness stated this head."""
        lines = parse_note(note).signatures
        stated: dict[str, Cosignature] = {}
        for name, keys in self.witnesses.items():
            times = [
                Cosignature(key, cosigned_at(line))
                for key in keys
                if key.vkey in good
                for line in lines
                if (line.name, line.key_id) == (key.name, key.key_id)
            ]
            if times:
                stated[name] = min(times, key=lambda item: item.time_s)
        return stated

    def _satisfied(self, name: str, present: set[str]) -> bool:
        if name == NONE or name in present:
            return True
        group = self.groups.get(name)
        if group is None:
            return False
        return sum(self._satisfied(member, present) for member in group.members) >= group.threshold


class _PolicyReader:
    """Reads statements in order; what a line names must stand above it, so that no group contains itself."""

    def __init__(self) -> None:
        self._log_keys: list[NoteVerifier] = []
        self._witnesses: dict[str, tuple[CosignatureVerifier, ...]] = {}
        self._groups: dict[str, Group] = {}
        self._grouped: set[str] = set()
        self._quorum: str | None = None

    def read(self, text: str) -> WitnessPolicy:
        for number, line in enumerate(text.split("\n"), 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            statement = {
                "log": self._log,
                "witness": self._witness,
                "group": self._group,
                "quorum": self._set_quorum,
            }.get(words[0])
            if statement is None or len(words) < 2:
                raise _malformed(f"line {number} is no statement")
            statement(words[1:], number)
        if not self._log_keys or self._quorum is None:
            raise _malformed("it names no key of the log, or no quorum")
        return WitnessPolicy(tuple(self._log_keys), self._witnesses, self._groups, self._quorum)

    def _log(self, words: list[str], number: int) -> None:
        key = parse_vkey(words[0])
        if isinstance(key, CosignatureVerifier) or len(words) != 1:
            raise _malformed(f"line {number} does not give one key of a log")
        self._log_keys.append(key)

    def _witness(self, words: list[str], number: int) -> None:
        keys = [parse_vkey(word) for word in words[1:]]
        cosigners = tuple(key for key in keys if isinstance(key, CosignatureVerifier))
        if not cosigners or len(cosigners) != len(keys):
            raise _malformed(f"line {number} does not give the keys of a witness")
        known = {key.vkey for others in self._witnesses.values() for key in others}
        if known & {key.vkey for key in cosigners}:
            raise _malformed(f"line {number} gives a key that another witness has")
        self._witnesses[self._new(words[0], number)] = cosigners

    def _group(self, words: list[str], number: int) -> None:
        members = tuple(words[2:])
        for member in members:
            if member not in {*self._witnesses, *self._groups}:
                raise _malformed(f"line {number} names {member}, which does not stand above it")
            if member in self._grouped:
                raise _malformed(f"line {number} names {member}, which is in another group")
            self._grouped.add(member)
        counts = {"all": str(len(members)), "any": "1"}
        threshold = counts.get(words[1], words[1]) if len(words) > 2 else ""
        if (
            not threshold.isascii()
            or not threshold.isdecimal()
            or not 1 <= int(threshold[:9]) <= len(members)
        ):
            raise _malformed(f"line {number} asks for a number that its members cannot give")
        self._groups[self._new(words[0], number)] = Group(int(threshold), members)

    def _set_quorum(self, words: list[str], number: int) -> None:
        known = {NONE, *self._witnesses, *self._groups}
        if self._quorum is not None or len(words) != 1 or words[0] not in known:
            raise _malformed(f"line {number} sets no quorum, or a second one")
        self._quorum = words[0]

    def _new(self, name: str, number: int) -> str:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise _malformed(f"line {number} gives the name {name} a second time")
        return name


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.POLICY_MALFORMED, f"this is not a policy: {reason}")
