"""What a witness decides on ``add-checkpoint``, step by step as C2SP tlog-witness says.

1. The request can be read. 2. The origin is known, else 404. 3. A trusted key of the log signed the
checkpoint, else 403. 4. The old size is not beyond the checkpoint, else 400. 5. The old size is that of
the newest head this witness cosigned, else 409 with that size. 6. The proof leads from that head to the
new one (and an equal size has an equal root), else 422. 7. The new head is stored before anything is
answered; if another request was faster, 409. 8. The answer is the cosignature.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidencelog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from evidencelog.cosignature import Cosigner
from evidencelog.errors import Code, EvidenceLogError, MalformedError, VerificationError
from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash
from evidencelog.keys import NoteVerifier
from evidencelog.note import MAX_NOTE_BYTES, parse_note
from evidencelog.text import decode_base64, decode_decimal, decode_text, encode_base64
from evidencelog.tree import verify_consistency
from evidencelog.witness.record import CosignedHead, WitnessRecord

MAX_PROOF_LINES: Final = 63
MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 4096
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class WitnessedLog:
    """A log that a witness follows: its origin, the keys it is believed under, the hash of its tree."""

    origin: str
    keys: tuple[NoteVerifier, ...]
    algorithm: TreeHash = SHA256


@dataclass(frozen=True)
class AddCheckpoint:
    """A request as sent."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old_size}", *(encode_base64(value) for value in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note

    @classmethod
    def parse(cls, data: bytes) -> "AddCheckpoint":
        """Read a body. Raises :class:`MalformedError`."""
        text = decode_text(data, Code.PROOF_MALFORMED, limit=MAX_REQUEST_BYTES)
        head, separator, note = text.partition("\n\n")
        first, *proof = head.split("\n")
        if not separator or not first.startswith("old ") or len(proof) > MAX_PROOF_LINES:
            raise MalformedError(Code.PROOF_MALFORMED, "the request has no old size, or too many hashes")
        hashes = tuple(decode_base64(line, Code.PROOF_MALFORMED) for line in proof)
        if any(len(value) != HASH_SIZE for value in hashes):
            raise MalformedError(Code.PROOF_MALFORMED, f"a hash does not have {HASH_SIZE} bytes")
        old_size = decode_decimal(first.removeprefix("old "), Code.PROOF_MALFORMED)
        return cls(old_size, hashes, note.encode())


@dataclass(frozen=True)
class WitnessAnswer:
    """Status, media type and body of an HTTP answer. ``alarm`` is set when a log contradicted itself."""

    status: int
    media_type: str
    body: bytes
    alarm: str | None = None


class _AnsweredError(Exception):
    """The procedure ends here with an answer; never leaves this module."""

    def __init__(self, answer: WitnessAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Witness:
    """One witness with its keys; logs are added by its operator, never by a request."""

    def __init__(
        self,
        cosigners: Sequence[Cosigner],
        logs: Sequence[WitnessedLog],
        record: WitnessRecord,
        now_s: Callable[[], int],
    ) -> None:
        """``now_s`` is the witness's clock, in seconds since 1970."""
        self._cosigners = tuple(cosigners)
        self._logs: Mapping[str, WitnessedLog] = {log.origin: log for log in logs}
        self._record = record
        self._now_s = now_s

    @property
    def origins(self) -> tuple[str, ...]:
        """The logs this witness follows."""
        return tuple(self._logs)

    def newest(self, origin: str) -> CosignedHead | None:
        """The newest head of a log that was cosigned here, for monitors."""
        return self._record.newest(origin) if origin in self._logs else None

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Decide on a request. Raises :class:`~evidencelog.errors.StoreError` only."""
        try:
            log, known, head, note = self._checked(body)
        except _AnsweredError as answered:
            return answered.answer
        return self._cosign(log, known, head, note)

    def _checked(self, body: bytes) -> tuple[WitnessedLog, CosignedHead | None, Checkpoint, bytes]:
        log, head, request = self._readable(body)
        known = self._record.newest(log.origin)
        if request.old_size != (known.size if known else 0):  # 5.
            raise _AnsweredError(_conflict(known))
        problem = _contradiction(log, known, head, request.proof)  # 6.
        if problem is not None:
            answer = WitnessAnswer(422, TEXT_TYPE, f"{problem}\n".encode(), alarm=problem)
            raise _AnsweredError(answer)
        return log, known, head, request.note

    def _readable(self, body: bytes) -> tuple[WitnessedLog, Checkpoint, AddCheckpoint]:
        try:
            request = AddCheckpoint.parse(body)  # 1.
            log = self._logs.get(parse_checkpoint(request.note).origin)
            if log is None:  # 2.
                raise _AnsweredError(_said(404, "This witness does not follow this log."))
            head = open_checkpoint(request.note, log.keys, origin=log.origin).checkpoint  # 3.
        except VerificationError as error:
            sentence = "No key under which this log is believed signed the checkpoint."
            raise _AnsweredError(_said(403, sentence)) from error
        except MalformedError as error:
            raise _AnsweredError(_said(400, str(error))) from error
        if request.old_size > head.size:  # 4.
            raise _AnsweredError(_said(400, "The old size is beyond the checkpoint."))
        return log, head, request

    def _cosign(
        self, log: WitnessedLog, known: CosignedHead | None, head: Checkpoint, note: bytes
    ) -> WitnessAnswer:
        text = parse_note(note).text.encode()
        now = self._now_s()
        lines = "".join(cosigner.cosign(text, now).line() for cosigner in self._cosigners).encode()
        kept = note if note.endswith(b"\n") else note + b"\n"
        new = CosignedHead(head.size, head.root, kept + lines)
        if not self._record.advance(log.origin, known, new):  # 7.
            return _conflict(self._record.newest(log.origin))
        return WitnessAnswer(200, TEXT_TYPE, lines)  # 8.


def _contradiction(
    log: WitnessedLog, known: CosignedHead | None, head: Checkpoint, proof: Sequence[bytes]
) -> str | None:
    """Why the new head does not grow out of the known one; None when it does."""
    if known is None or known.size == 0:
        return "A proof from an empty log is empty." if proof else None
    if head.size == known.size:
        if head.root != known.root:
            return f"The log signed another head of {head.size} entries."
        return "A proof between equal sizes is empty." if proof else None
    try:
        verify_consistency(known.size, head.size, known.root, head.root, proof, algorithm=log.algorithm)
    except EvidenceLogError:
        return f"The log's head of {head.size} entries does not grow out of its head of {known.size}."
    return None


def _conflict(known: CosignedHead | None) -> WitnessAnswer:
    return WitnessAnswer(409, SIZE_TYPE, b"%d\n" % (known.size if known else 0))


def _said(status: int, sentence: str) -> WitnessAnswer:
    return WitnessAnswer(status, TEXT_TYPE, f"{sentence}\n".encode())
