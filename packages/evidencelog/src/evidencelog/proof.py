"""Proof files: ``c2sp.org/tlog-proof@v1``, what an outsider needs to check one entry offline.

A proof carries the checkpoint it was made against, so that neither a newer head nor the live log is needed to
verify it. File names end in ``.tlog-proof``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evidencelog.checkpoint import Checkpoint, VerifiedCheckpoint, open_checkpoint, parse_checkpoint
from evidencelog.errors import Code, MalformedError
from evidencelog.hashing import HASH_SIZE, SHA256, TreeHash
from evidencelog.keys import NoteVerifier
from evidencelog.note import MAX_NOTE_BYTES
from evidencelog.text import decode_base64, decode_decimal, decode_text, encode_base64
from evidencelog.tree import MAX_PROOF_HASHES, TileProver, verify_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = MAX_NOTE_BYTES + 200_000


@dataclass(frozen=True)
class TlogProof:
    """A proof that some entry is number ``index`` in the tree of the signed ``checkpoint`` (verbatim bytes).

    ``hashes`` run from the leaf's sibling up. ``extra`` is opaque and *not* authenticated.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def head(self) -> Checkpoint:
        """Return the checkpoint, not verified; raises :class:`MalformedError`."""
        return parse_checkpoint(self.checkpoint)

    def to_bytes(self) -> bytes:
        """Return the text of the proof file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(encode_base64(value) for value in self.hashes)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


@dataclass(frozen=True)
class ProvenEntry:
    """The outcome of a good proof: the entry with this leaf hash is number ``index`` of the log ``head`` names."""

    index: int
    leaf_hash: bytes
    head: VerifiedCheckpoint


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.PROOF_MALFORMED, f"this is not a log proof: {reason}")


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof file without verifying it; the checkpoint in it is parsed, too.

    Raises :class:`MalformedError` (``proof.malformed``, or a code of the note or checkpoint in it).
    """
    text = decode_text(data, Code.PROOF_MALFORMED, limit=MAX_PROOF_BYTES)
    head, separator, checkpoint = text.partition("\n\n")
    if not separator:
        raise _malformed("no empty line parts proof and checkpoint")
    lines = head.split("\n")
    if lines.pop(0) != HEADER:
        raise _malformed(f"the first line is not {HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), Code.PROOF_MALFORMED)
    if not lines or not lines[0].startswith("index "):
        raise _malformed("the line with the index is missing")
    index = decode_decimal(lines.pop(0).removeprefix("index "), Code.PROOF_MALFORMED)
    if len(lines) > MAX_PROOF_HASHES:
        raise _malformed(f"a path has at most {MAX_PROOF_HASHES} hashes")
    hashes = tuple(decode_base64(line, Code.PROOF_MALFORMED) for line in lines)
    if any(len(value) != HASH_SIZE for value in hashes):
        raise _malformed(f"a hash does not have {HASH_SIZE} bytes")
    proof = TlogProof(index, hashes, checkpoint.encode(), extra)
    proof.head()
    return proof


def make_proof(prover: TileProver, index: int, checkpoint: bytes, extra: bytes | None = None) -> TlogProof:
    """Make the proof of entry ``index`` against a signed checkpoint of the prover's tree.

    Raises :class:`~evidencelog.errors.ArgumentError` when the tree has no such entry,
    :class:`~evidencelog.errors.StoreError` when a tile is missing, :class:`MalformedError` when the
    checkpoint is of another size.
    """
    if parse_checkpoint(checkpoint).size != prover.size:
        raise _malformed("the checkpoint is of another size than the tree that the path is made from")
    return TlogProof(index, prover.inclusion_proof(index), checkpoint, extra)


def verify_proof(
    proof: TlogProof,
    entry: bytes,
    verifiers: Sequence[NoteVerifier],
    *,
    origin: str | None = None,
    algorithm: TreeHash = SHA256,
) -> ProvenEntry:
    """Check that ``entry`` is in a log whose head one of the known keys signed.

    1. The checkpoint carries a good signature by a known key, and no bad one by a known key.
    2. It is a checkpoint of the expected origin, where one is given.
    3. The hash of the entry lies at the index under the root of the checkpoint.

    Raises :class:`MalformedError` or :class:`~evidencelog.errors.VerificationError`.
    """
    head = open_checkpoint(proof.checkpoint, verifiers, origin=origin)
    leaf_hash = algorithm.leaf(entry)
    checkpoint = head.checkpoint
    verify_inclusion(
        leaf_hash, proof.index, checkpoint.size, proof.hashes, checkpoint.root, algorithm=algorithm
    )
    return ProvenEntry(proof.index, leaf_hash, head)
