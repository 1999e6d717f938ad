"""Consistency in a bundle: that the tree under one head is the beginning of the tree under a later one.

The text form, one thing a line: ``evidencelog.consistency@v1``, ``old`` with a size, ``new`` with a size, then the
hashes of RFC 9162 section 2.1.4 in base64. The two roots stand elsewhere: one in the receipt of an anchor, one in
the checkpoint of the proofs.
"""

from dataclasses import dataclass
from typing import Final

from evidencelog.checkpoint import Checkpoint
from evidencelog.errors import Code, MalformedError, VerificationError
from evidencelog.hashing import HASH_SIZE, TreeHash
from evidencelog.text import decode_base64, decode_decimal, decode_text, encode_base64
from evidencelog.tree import MAX_PROOF_HASHES, verify_consistency

HEADER: Final = "evidencelog.consistency@v1"
MAX_CONSISTENCY_BYTES: Final = 10_000


@dataclass(frozen=True)
class ConsistencyProof:
    """A path from the tree of ``old_size`` leaves to that of ``new_size`` leaves."""

    old_size: int
    new_size: int
    hashes: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the text of the proof."""
        lines = (HEADER, f"old {self.old_size}", f"new {self.new_size}", *map(encode_base64, self.hashes))
        return "".join(f"{line}\n" for line in lines).encode()

    def other_size(self, size: int) -> int | None:
        """The size at the other end; None when ``size`` is at neither end."""
        ends = {self.old_size: self.new_size, self.new_size: self.old_size}
        return ends.get(size)

    def connects(self, one: Checkpoint, other: Checkpoint, algorithm: TreeHash) -> bool:
        """Whether the smaller of the two trees is the beginning of the larger one."""
        old, new = sorted((one, other), key=lambda head: head.size)
        if (old.size, new.size) != (self.old_size, self.new_size):
            return False
        try:
            verify_consistency(old.size, new.size, old.root, new.root, self.hashes, algorithm=algorithm)
        except VerificationError:
            return False
        return True


def parse_consistency(data: bytes) -> ConsistencyProof:
    """Read a consistency proof without verifying it; raises :class:`MalformedError` (``proof.malformed``)."""
    code = Code.PROOF_MALFORMED
    lines = decode_text(data, code, limit=MAX_CONSISTENCY_BYTES).split("\n")
    if len(lines) < 4 or lines[0] != HEADER or lines.pop() != "":
        raise _malformed("its first or last line is another one")
    _, old, new, *hashes = lines
    if not old.startswith("old ") or not new.startswith("new ") or len(hashes) > MAX_PROOF_HASHES + 1:
        raise _malformed("a size is missing, or the path is too long")
    proof = ConsistencyProof(
        decode_decimal(old.removeprefix("old "), code),
        decode_decimal(new.removeprefix("new "), code),
        tuple(decode_base64(line, code) for line in hashes),
    )
    if proof.old_size > proof.new_size or any(len(value) != HASH_SIZE for value in proof.hashes):
        raise _malformed("the sizes are in the wrong order, or a hash has the wrong length")
    return proof


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.PROOF_MALFORMED, f"this is not a consistency proof: {reason}")
