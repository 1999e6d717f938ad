"""Checkpoints: the signed head of a log (C2SP tlog-checkpoint).

The text of the note is the origin, the tree size and the base64 of the root, one a line. Extension lines are
read, because others may write them, and never written: nobody audits them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evidencelog.errors import Code, MalformedError, VerificationError
from evidencelog.hashing import HASH_SIZE
from evidencelog.keys import NoteSigner, NoteVerifier
from evidencelog.note import NoteSignature, open_note, parse_note, sign_note
from evidencelog.text import decode_base64, decode_decimal, encode_base64, is_clean
from evidencelog.tiles import MAX_SIZE


@dataclass(frozen=True)
class Checkpoint:
    """What a log says about itself: ``size`` leaves lie under ``root``. Believe it only when verified."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class VerifiedCheckpoint:
    """A checkpoint with at least one good signature by a known key.

    ``signed_by`` are the known keys that signed it, ``ignored`` the lines by unknown keys (witnesses, say).
    """

    checkpoint: Checkpoint
    signed_by: tuple[NoteVerifier, ...]
    ignored: tuple[NoteSignature, ...]


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.CHECKPOINT_MALFORMED, f"this is not a checkpoint: {reason}")


def parse_checkpoint_text(text: str) -> Checkpoint:
    """Read the text of a checkpoint; raises :class:`MalformedError` (``checkpoint.malformed``)."""
    if not text.endswith("\n"):
        raise _malformed("the last line does not end")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise _malformed("it has no three lines, or an empty one")
    size = decode_decimal(lines[1], Code.CHECKPOINT_MALFORMED)
    root = decode_base64(lines[2], Code.CHECKPOINT_MALFORMED)
    if len(root) != HASH_SIZE:
        raise _malformed(f"the root does not have {HASH_SIZE} bytes")
    return Checkpoint(lines[0], size, root, tuple(lines[3:]))


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Read a signed checkpoint *without* verifying it; raises :class:`MalformedError`."""
    return parse_checkpoint_text(parse_note(data).text)


def sign_checkpoint(
    checkpoint: Checkpoint, signers: Sequence[NoteSigner], existing: Sequence[NoteSignature] = ()
) -> bytes:
    """Return the signed note of a checkpoint, with one line for every signer after the ``existing`` ones.

    Whoever signs must make sure that no two checkpoints of one size differ and that none is shorter than an
    earlier one: this function has no memory. Raises :class:`MalformedError` for an origin that does not fit
    on a line, :class:`~evidencelog.errors.EvidenceLogError` (``note.signing_failed``).
    """
    if not checkpoint.origin or not is_clean(checkpoint.origin) or not 0 <= checkpoint.size <= MAX_SIZE:
        raise _malformed("the origin is not one line, or the size is out of range")
    text = checkpoint.text()
    if parse_checkpoint_text(text) != checkpoint:
        raise _malformed("it would be read back differently")
    return sign_note(text, signers, existing)


def open_checkpoint(
    data: bytes, verifiers: Sequence[NoteVerifier], *, origin: str | None = None
) -> VerifiedCheckpoint:
    """Verify a signed checkpoint against the known keys and, when given, the expected origin.

    Raises :class:`MalformedError`, :class:`VerificationError` (``note.signature_invalid``,
    ``note.not_signed``, ``checkpoint.origin``).
    """
    note = open_note(data, verifiers)
    checkpoint = parse_checkpoint_text(note.text)
    if origin is not None and checkpoint.origin != origin:
        raise VerificationError(Code.CHECKPOINT_ORIGIN, "the checkpoint belongs to another log")
    return VerifiedCheckpoint(checkpoint, note.verified, note.ignored)
