"""Reading a bundle: its form is checked here, what it claims in ``verifying``."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evidencelog.anchors import MAX_RECEIPT_BYTES
from evidencelog.bundle.archive import Archive, BundleLimits, limit_exceeded, open_archive
from evidencelog.bundle.consistency import MAX_CONSISTENCY_BYTES, ConsistencyProof, parse_consistency
from evidencelog.bundle.manifest import (
    FIRST_DERIVED,
    MANIFEST,
    Manifest,
    ManifestFile,
    ManifestReceipt,
    parse_manifest,
)
from evidencelog.bundle.statement import MAX_STATEMENT_BYTES, Statement, parse_statement
from evidencelog.bundle.supplement import Supplement, parse_supplement
from evidencelog.errors import Code, MalformedError
from evidencelog.hashing import TreeHash, tree_hash
from evidencelog.policy import MAX_POLICY_BYTES
from evidencelog.proof import MAX_PROOF_BYTES, TlogProof, parse_proof
from evidencelog.tiles import MAX_ENTRY_BYTES

_MAX_KEY_BYTES = 16_384
_MAX_MANIFEST_BYTES = 16 << 20


@dataclass(frozen=True)
class BundleEntry:
    """The exact bytes of an entry, with its proof; nothing is verified."""

    path: str
    data: bytes
    proof: TlogProof


@dataclass(frozen=True)
class BundleFile:
    """A further file: what the manifest says of it, and the size and digests it really has."""

    declared: ManifestFile
    size: int
    sha256: str
    sm3: str

    @property
    def is_as_declared(self) -> bool:
        """Whether the file has the size and digests that the manifest says."""
        declared = self.declared
        return (self.size, self.sha256, self.sm3) == (declared.size, declared.sha256, declared.sm3)


@dataclass(frozen=True)
class BundleReceipt:
    """The receipt of an anchor as it lies there, and how its head belongs to the one of the proofs."""

    path: str
    data: bytes
    consistency: ConsistencyProof | None


@dataclass(frozen=True)
class Bundle:
    """A bundle that has the right form. Nothing in it is verified yet.

    ``vkeys`` are the texts of the keys in it; ``unlisted`` are members that the manifest does not name; ``twin``
    are proofs in the SM3 tree by the number of their entry from 1.
    """

    manifest: Manifest
    entries: tuple[BundleEntry, ...]
    vkeys: tuple[str, ...]
    files: tuple[BundleFile, ...]
    unlisted: tuple[str, ...]
    statement: Statement | Supplement | None = None
    policy: bytes | None = None
    twin: tuple[tuple[int, TlogProof], ...] = ()
    receipts: tuple[BundleReceipt, ...] = ()

    @property
    def origin(self) -> str:
        """The log that the bundle says it is from."""
        return self.manifest.origin

    @property
    def about(self) -> Mapping[str, str]:
        """Free text for people."""
        return self.manifest.about

    @property
    def algorithm(self) -> TreeHash:
        """The hash of the tree."""
        return tree_hash(self.manifest.hash_name)


def read_bundle(path: Path, limits: BundleLimits | None = None) -> Bundle:
    """Read a bundle; files in it are hashed piece by piece and not kept in memory.

    Raises :class:`MalformedError`: ``bundle.malformed``, ``bundle.limit``, ``bundle.unknown_version``, or the
    code of a malformed proof in it.
    """
    limits = limits or BundleLimits()
    with open_archive(path, limits) as archive:
        return _read(archive, limits)


def _read(archive: Archive, limits: BundleLimits) -> Bundle:
    texts = _Texts(archive, limits.text_bytes)
    manifest = parse_manifest(texts.read(MANIFEST, _MAX_MANIFEST_BYTES))
    entries = tuple(
        BundleEntry(
            path=entry.file,
            data=texts.read(entry.file, MAX_ENTRY_BYTES),
            proof=parse_proof(texts.read(entry.proof, MAX_PROOF_BYTES)),
        )
        for entry in manifest.entries
    )
    statement, policy = manifest.statement, manifest.policy
    derived = manifest.version >= FIRST_DERIVED
    parse: Callable[[bytes], Statement | Supplement] = parse_supplement if derived else parse_statement
    twin = manifest.twin.proofs if manifest.twin else ()
    return Bundle(
        manifest=manifest,
        entries=entries,
        vkeys=tuple(_key_text(texts.read(path, _MAX_KEY_BYTES)) for path in manifest.keys),
        statement=parse(texts.read(statement, MAX_STATEMENT_BYTES)) if statement else None,
        policy=texts.read(policy, MAX_POLICY_BYTES) if policy else None,
        twin=tuple((number, parse_proof(texts.read(path, MAX_PROOF_BYTES))) for number, path in twin),
        receipts=tuple(_receipt(texts, place) for place in manifest.receipts),
        files=tuple(_measure(archive, declared) for declared in manifest.files),
        unlisted=tuple(sorted(archive.names() - {MANIFEST, *manifest.members()})),
    )


class _Texts:
    """Reads members into memory while their sum stays below a limit."""

    def __init__(self, archive: Archive, limit: int) -> None:
        self._archive = archive
        self._left = limit

    def read(self, name: str, limit: int) -> bytes:
        data = self._archive.read(name, limit)
        self._left -= len(data)
        if self._left < 0:
            raise limit_exceeded("entries, proofs and keys together are too large")
        return data


def _receipt(texts: _Texts, place: ManifestReceipt) -> BundleReceipt:
    data = texts.read(place.file, MAX_RECEIPT_BYTES)
    if place.consistency is None:
        return BundleReceipt(place.file, data, None)
    consistency = parse_consistency(texts.read(place.consistency, MAX_CONSISTENCY_BYTES))
    return BundleReceipt(place.file, data, consistency)


def _key_text(data: bytes) -> str:
    try:
        return data.decode().strip()
    except UnicodeDecodeError as error:
        raise MalformedError(Code.BUNDLE_MALFORMED, "a key in the bundle is not text in UTF-8") from error


def _measure(archive: Archive, declared: ManifestFile) -> BundleFile:
    sha256, sm3 = hashlib.sha256(), hashlib.new("sm3")
    size = 0
    for chunk in archive.chunks(declared.file):
        size += len(chunk)
        sha256.update(chunk)
        sm3.update(chunk)
    return BundleFile(declared, size, sha256.hexdigest(), sm3.hexdigest())
