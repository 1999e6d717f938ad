"""Asking witnesses for cosignatures on a new head.

Nothing of the log waits for a witness: each is asked in a thread of its own, within a time; one that is
down, slow or lying costs its own line and nothing else. What a witness answers counts only when it verifies
under the key that was configured for it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from evidencelog.checkpoint import parse_checkpoint
from evidencelog.cosignature import CosignatureVerifier
from evidencelog.errors import Code, EvidenceLogError, MalformedError, StoreError, VerificationError
from evidencelog.http_exchange import DEFAULT_TIMEOUT_S, exchange
from evidencelog.note import NoteSignature, SignedNote, parse_note
from evidencelog.text import decode_decimal
from evidencelog.vkey import parse_vkey
from evidencelog.witness.service import SIZE_TYPE, AddCheckpoint

Prove = Callable[[int], tuple[bytes, ...]]
"""The consistency proof from an old size to the head that is submitted."""
_TRIES = 3


@dataclass
class WitnessClient:
    """One witness: where it is asked, and the keys under which its lines count.

    ``known_size`` is what it is believed to have cosigned last; a wrong guess costs one exchange.
    """

    name: str
    url: str
    verifiers: tuple[CosignatureVerifier, ...]
    timeout_s: float = DEFAULT_TIMEOUT_S
    known_size: int = field(default=0, compare=False)

    def cosign(self, note: bytes, prove: Prove) -> tuple[NoteSignature, ...]:
        """The witness's good lines on a checkpoint.

        Raises :class:`StoreError` (``witness.unreachable``, ``witness.refused``) and
        :class:`VerificationError` (``witness.ahead``: it has cosigned a longer head of this log, so the
        log was rolled back or split; ``note.signature_invalid``: it answers with a bad signature).
        """
        size = parse_checkpoint(note).size
        url = f"{self.url.rstrip('/')}/add-checkpoint"
        for _ in range(_TRIES):
            old = min(self.known_size, size)
            body = AddCheckpoint(old, prove(old) if 0 < old < size else (), note).to_bytes()
            answer = exchange(
                "POST", url, body, timeout_s=self.timeout_s, unreachable=Code.WITNESS_UNREACHABLE
            )
            if answer.status == 200:
                lines = self._good_lines(note, answer.body)
                self.known_size = size
                return lines
            if answer.status != 409 or answer.media_type != SIZE_TYPE:
                raise StoreError(
                    Code.WITNESS_REFUSED, f"{self.name} answered {answer.status}: {_shown(answer.body)}"
                )
            self.known_size = decode_decimal(_shown(answer.body), Code.NOTE_MALFORMED)
            if self.known_size > size:
                raise VerificationError(
                    Code.WITNESS_AHEAD,
                    f"{self.name} has cosigned a head of {self.known_size} entries, and this one has {size}",
                )
        raise StoreError(Code.WITNESS_REFUSED, f"{self.name} moves faster than it can be asked")

    def _good_lines(self, note: bytes, body: bytes) -> tuple[NoteSignature, ...]:
        text = parse_note(note).text
        lines = parse_note(text.encode() + b"\n" + body).signatures
        keys = {(key.name, key.key_id): key for key in self.verifiers}
        mine = [(keys[line.name, line.key_id], line) for line in lines if (line.name, line.key_id) in keys]
        if not mine:
            raise VerificationError(Code.NOTE_NOT_SIGNED, f"{self.name} answered without a line of its own")
        if not all(key.verify(text.encode(), line.signature) for key, line in mine):
            raise VerificationError(Code.SIGNATURE_INVALID, f"{self.name} answered with a bad signature")
        return tuple(line for _, line in mine)


@dataclass(frozen=True)
class WitnessOutcome:
    """What one witness came to: its lines, or why there are none."""

    name: str
    lines: tuple[NoteSignature, ...] = ()
    error: EvidenceLogError | None = None


@dataclass(frozen=True)
class Collected:
    """The checkpoint with the lines that came, and every witness's outcome."""

    note: bytes
    outcomes: tuple[WitnessOutcome, ...]


class Prover(Protocol):
    """Where consistency proofs to the submitted head come from; ``TileProver`` is one."""

    def consistency_proof(self, old_size: int) -> tuple[bytes, ...]: ...


def collect_cosignatures(note: bytes, prover: Prover, witnesses: Sequence[WitnessClient]) -> Collected:
    """Ask all witnesses at once. ``prover`` proves to the size of the checkpoint. Never raises for a witness."""

    def ask(witness: WitnessClient) -> WitnessOutcome:
        try:
            return WitnessOutcome(witness.name, witness.cosign(note, prover.consistency_proof))
        except EvidenceLogError as error:
            return WitnessOutcome(witness.name, error=error)

    if not witnesses:
        return Collected(note, ())
    with ThreadPoolExecutor(len(witnesses)) as pool:
        outcomes = tuple(pool.map(ask, witnesses))
    return Collected(with_lines(note, [line for outcome in outcomes for line in outcome.lines]), outcomes)


def with_lines(note: bytes, lines: Sequence[NoteSignature]) -> bytes:
    """A note with more signature lines; one that is there already, by name and id, is replaced.

    Raises :class:`MalformedError` when ``note`` is no note.
    """
    parsed = parse_note(note)
    new = {(line.name, line.key_id): line for line in lines}
    kept = [line for line in parsed.signatures if (line.name, line.key_id) not in new]
    return SignedNote(parsed.text, (*kept, *new.values())).to_bytes()


def _shown(body: bytes) -> str:
    text = body[:200].decode("utf-8", "replace").strip()
    if not text.isprintable():
        raise MalformedError(Code.NOTE_MALFORMED, "the witness's answer cannot be read")
    return text


def witnesses_of(texts: Sequence[str]) -> list[WitnessClient]:
    """Witnesses written as ``URL=VKEY``; an address that occurs twice is one witness with two keys.

    Raises :class:`MalformedError` (``key.…``) for one that cannot be read or is no key of a witness.
    """
    keys: dict[str, list[CosignatureVerifier]] = {}
    for text in texts:
        url, _, vkey = text.partition("=")
        key = parse_vkey(vkey)
        if not isinstance(key, CosignatureVerifier):
            raise MalformedError(Code.KEY_UNSUPPORTED, f"{url} was not given with the key of a witness")
        keys.setdefault(url, []).append(key)
    return [WitnessClient(found[0].name, url, tuple(found)) for url, found in keys.items()]
