"""The error family of the evidence log: every failure of this package is an :class:`EvidenceLogError`.

The tree of classes says what kind of failure it is, the ``code`` says exactly which one. Codes are stable:
a program may compare them, they are never renamed or reused::

    EvidenceLogError
    ├── MalformedError       the bytes do not have the form that the format demands ("unreadable")
    ├── VerificationError    well formed, but what it claims is not true ("not valid")
    ├── ArgumentError        the caller asked for something that cannot exist
    ├── FenceError           signing would contradict a head that was signed before; nothing is signed
    └── StoreError           something that should be stored is missing, different, or could not be written

Malformed input never surfaces as ``ValueError``, ``KeyError`` or the like.
"""

from enum import StrEnum


class Code(StrEnum):
    """The closed list of failure codes."""

    ENTRY_TOO_LARGE = "entry.too_large"
    ENTRY_MALFORMED = "entry.malformed"
    ENTRY_NOT_CANONICAL = "entry.not_canonical"
    ENTRY_UNKNOWN_VERSION = "entry.unknown_version"
    TREE_ARGUMENT = "tree.argument"
    TREE_STATE_MALFORMED = "tree.state_malformed"
    HASH_UNKNOWN = "tree.hash_unknown"
    INCLUSION_INVALID = "proof.inclusion_invalid"
    CONSISTENCY_INVALID = "proof.consistency_invalid"
    PROOF_MALFORMED = "proof.malformed"
    TILE_MALFORMED = "tile.malformed"
    TILE_PATH = "tile.path"
    KEY_MALFORMED = "key.malformed"
    KEY_UNSUPPORTED = "key.unsupported"
    NOTE_MALFORMED = "note.malformed"
    NOTE_NOT_SIGNED = "note.not_signed"
    SIGNATURE_INVALID = "note.signature_invalid"
    SIGNING_FAILED = "note.signing_failed"
    CHECKPOINT_MALFORMED = "checkpoint.malformed"
    CHECKPOINT_ORIGIN = "checkpoint.origin"
    ANCHOR_MALFORMED = "anchor.malformed"
    ANCHOR_UNKNOWN_VERSION = "anchor.unknown_version"
    BUNDLE_MALFORMED = "bundle.malformed"
    BUNDLE_LIMIT = "bundle.limit"
    BUNDLE_UNKNOWN_VERSION = "bundle.unknown_version"
    STORE_MISSING = "store.missing"
    STORE_CONFLICT = "store.conflict"
    STORE_IO = "store.io"
    STORE_ALTERED = "store.altered"
    ENTRY_CONFLICT = "entry.conflict"
    LOG_MOVED = "log.moved"
    LOG_BUSY = "log.busy"
    LOG_STOPPED = "log.stopped"
    POLICY_MALFORMED = "policy.malformed"
    POLICY_QUORUM = "policy.quorum"
    WITNESS_UNREACHABLE = "witness.unreachable"
    WITNESS_REFUSED = "witness.refused"
    WITNESS_AHEAD = "witness.ahead"
    LOG_UNREACHABLE = "log.unreachable"
    FENCE_BEHIND = "fence.behind"
    FENCE_SPLIT = "fence.split"
    FENCE_MISSING = "fence.missing"


class EvidenceLogError(Exception):
    """Base of all failures; ``code`` is stable, ``str(error)`` is an English sentence for the operator."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class MalformedError(EvidenceLogError):
    """The input does not have the form that its format demands; nothing can be said about its truth."""


class VerificationError(EvidenceLogError):
    """The input is well formed, but a proof or a signature in it does not hold."""


class ArgumentError(EvidenceLogError):
    """The caller asked for something that cannot exist, such as a proof for an index beyond the size."""


class StoreError(EvidenceLogError):
    """A stored tile is missing, differs from what is to be written, or could not be read or written."""


class FenceError(EvidenceLogError):
    """The log is not what its last signed head says: an old copy, or another history. Nothing may be signed."""
