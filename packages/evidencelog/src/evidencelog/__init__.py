"""An append-only Merkle log of evidence in the C2SP formats, with SM2 beside Ed25519.

The names below are the public interface; the modules say where each comes from:

``entry``       canonical entry bytes
``log``         entries → tiles, root, signed head: the pure heart of a sequencer
``tree``        the Merkle tree, proofs from tiles, the two verifiers
``tiles``       coordinates, paths and contents of the static files; ``store`` keeps them in a folder
``keys``        the keys that sign; ``note`` signed notes; ``checkpoint`` signed heads; ``proof`` proof files
``bundle``      evidence bundles: one ZIP with everything an outsider needs
``errors``      the error family
"""

from evidencelog.checkpoint import Checkpoint, VerifiedCheckpoint, open_checkpoint, parse_checkpoint
from evidencelog.entry import decode_entry, encode_entry
from evidencelog.errors import (
    ArgumentError,
    Code,
    EvidenceLogError,
    MalformedError,
    StoreError,
    VerificationError,
)
from evidencelog.hashing import SHA256, TreeHash, tree_hash
from evidencelog.keys import Ed25519Signer, NoteSigner, NoteVerifier, Sm2Signer, generate_signer, parse_skey
from evidencelog.log import Integration, LogState, integrate, sign_checkpoint
from evidencelog.proof import ProvenEntry, TlogProof, make_proof, parse_proof, verify_proof
from evidencelog.store import FileTileStore, TileWriter
from evidencelog.tiles import MAX_ENTRY_BYTES, TileReader, TileWrite
from evidencelog.tree import RightEdge, TileProver, verify_consistency, verify_inclusion
from evidencelog.vkey import parse_vkey

__all__ = [
    "MAX_ENTRY_BYTES",
    "SHA256",
    "ArgumentError",
    "Checkpoint",
    "Code",
    "Ed25519Signer",
    "EvidenceLogError",
    "FileTileStore",
    "Integration",
    "LogState",
    "MalformedError",
    "NoteSigner",
    "NoteVerifier",
    "ProvenEntry",
    "RightEdge",
    "Sm2Signer",
    "StoreError",
    "TileProver",
    "TileReader",
    "TileWrite",
    "TileWriter",
    "TlogProof",
    "TreeHash",
    "VerificationError",
    "VerifiedCheckpoint",
    "decode_entry",
    "encode_entry",
    "generate_signer",
    "integrate",
    "make_proof",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_proof",
    "parse_skey",
    "parse_vkey",
    "sign_checkpoint",
    "tree_hash",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
]
