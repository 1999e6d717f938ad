"""Signed notes: a text and signatures under it (C2SP signed-note).

The text ends in a newline, an empty line follows, then one line ``— name base64(key id ‖ signature)`` for each
signature. The last empty line parts text and signatures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evidencelog.errors import ArgumentError, Code, EvidenceLogError, MalformedError, VerificationError
from evidencelog.keys import NoteSigner, NoteVerifier, is_valid_name
from evidencelog.text import decode_base64, decode_text, encode_base64

MAX_NOTE_BYTES: Final = 1_000_000
"""The bound that the Go implementation sets; post-quantum signatures are about 5 kB each."""
MAX_SIGNATURES: Final = 100
"""The bound that the Go implementation sets; the specification asks for at least 16."""
_LINE_START: Final = "— "
_KEY_ID_BYTES: Final = 4


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: ``signature`` is what follows the key id."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line as it stands in the note, newline included."""
        return f"{_LINE_START}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class SignedNote:
    """A note taken apart. Nothing is verified yet: the text must not be believed."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """Return the note; :func:`parse_note` of it gives back the same object."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()


@dataclass(frozen=True)
class OpenedNote:
    """A note with at least one good signature by a known key.

    ``verified`` are the known keys that signed, each once, in the order of the lines; ``ignored`` the
    signatures by keys that are not known.
    """

    text: str
    verified: tuple[NoteVerifier, ...]
    ignored: tuple[NoteSignature, ...]


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.NOTE_MALFORMED, f"this is not a signed note: {reason}")


def _parse_line(line: str) -> NoteSignature:
    if not line.startswith(_LINE_START):
        raise _malformed("a signature line does not begin with an em dash and a space")
    name, space, value = line[len(_LINE_START) :].partition(" ")
    if not space or not is_valid_name(name):
        raise _malformed("a signature line has no valid key name")
    data = decode_base64(value, Code.NOTE_MALFORMED)
    if len(data) <= _KEY_ID_BYTES:
        raise _malformed("a signature is empty")
    return NoteSignature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def parse_note(data: bytes) -> SignedNote:
    """Take a note apart without verifying anything; raises :class:`MalformedError` (``note.malformed``)."""
    note = decode_text(data, Code.NOTE_MALFORMED, limit=MAX_NOTE_BYTES)
    text, separator, signatures = note.rpartition("\n\n")
    if not separator:
        raise _malformed("no empty line parts text and signatures")
    if not signatures.endswith("\n"):
        raise _malformed("the last line does not end")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed(f"it has more than {MAX_SIGNATURES} signatures")
    return SignedNote(text + "\n", tuple(_parse_line(line) for line in lines))


def open_note(data: bytes, verifiers: Sequence[NoteVerifier]) -> OpenedNote:
    """Verify a note against the known keys.

    The rules of C2SP signed-note, "Signatures":

    1. A signature by an unknown key (name and id together) is ignored.
    2. A signature by a known key is verified; if it is bad, the whole note is refused.
    3. Without any good signature by a known key the note is refused.

    Raises :class:`MalformedError`, :class:`VerificationError` (``note.signature_invalid``,
    ``note.not_signed``), and :class:`ArgumentError` when two different keys share name and id.
    """
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    for verifier in verifiers:
        other = known.setdefault((verifier.name, verifier.key_id), verifier)
        if other.vkey != verifier.vkey:
            raise ArgumentError(Code.KEY_MALFORMED, "two different keys share one name and one id")
    note = parse_note(data)
    message = note.text.encode()
    verified: dict[str, NoteVerifier] = {}
    ignored: list[NoteSignature] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            ignored.append(signature)  # rule 1
        elif key.verify(message, signature.signature):
            verified[key.vkey] = key
        else:
            raise VerificationError(
                Code.SIGNATURE_INVALID, f"the signature by {key.name} ({key.algorithm}) does not verify"
            )  # rule 2
    if not verified:
        raise VerificationError(Code.NOTE_NOT_SIGNED, "none of the known keys has signed the note")  # rule 3
    return OpenedNote(note.text, tuple(verified.values()), tuple(ignored))


def sign_note(text: str, signers: Sequence[NoteSigner], existing: Sequence[NoteSignature] = ()) -> bytes:
    """Sign a text with every signer and return the note; ``existing`` lines are kept in front.

    Each new signature is verified before it leaves, so that a faulty key store is found here and not by an
    outsider years later. Raises :class:`MalformedError` when the text cannot be a note,
    :class:`EvidenceLogError` (``note.signing_failed``) when a signature does not verify.
    """
    if not text.endswith("\n") or len(existing) + len(signers) == 0:
        raise _malformed("a note needs a text that ends in a newline, and a signature")
    message = text.encode("utf-8", errors="surrogatepass")
    signatures = list(existing)
    for signer in signers:
        verifier = signer.verifier
        signature = signer.sign(message)
        if not verifier.verify(message, signature):
            raise EvidenceLogError(
                Code.SIGNING_FAILED, f"the new signature by {verifier.name} does not verify"
            )
        signatures.append(NoteSignature(verifier.name, verifier.key_id, signature))
    data = (text + "\n" + "".join(line.line() for line in signatures)).encode("utf-8", errors="surrogatepass")
    if parse_note(data) != SignedNote(text, tuple(signatures)):
        raise _malformed("the text or a key name would be read back differently")
    return data
