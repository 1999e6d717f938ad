"""Writing a bundle: equal contents give equal bytes, and a half-written file is never seen."""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from evidencelog.anchors import AnchorReceipt
from evidencelog.bundle.consistency import ConsistencyProof
from evidencelog.bundle.manifest import (
    MANIFEST,
    POLICY,
    STATEMENT,
    FileRole,
    Manifest,
    ManifestEntry,
    ManifestFile,
    ManifestReceipt,
    ManifestTwin,
    parse_manifest,
)
from evidencelog.bundle.supplement import Supplement, parse_supplement
from evidencelog.durable import replacing
from evidencelog.errors import ArgumentError, Code, MalformedError, StoreError
from evidencelog.hashing import SHA256, TreeHash
from evidencelog.policy import WitnessPolicy
from evidencelog.proof import TlogProof
from evidencelog.tiles import check_entry_size
from evidencelog.vkey import parse_vkey

_CHUNK: Final = 1 << 20
_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time a ZIP can hold: the same contents shall give the same bytes."""
_REGULAR_FILE: Final = 0o100644 << 16


@dataclass(frozen=True)
class EntrySource:
    """The exact bytes of an entry, and its proof."""

    data: bytes
    proof: TlogProof


@dataclass(frozen=True)
class FileSource:
    """A file to put in, under ``files/<name>``; ``content`` is its bytes or where they lie."""

    name: str
    role: FileRole
    media_type: str
    content: bytes | Path

    def chunks(self) -> Iterator[bytes]:
        """Yield the contents piece by piece; raises ``OSError``."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with self.content.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk


@dataclass(frozen=True)
class ReceiptSource:
    """The receipt of an anchor; ``consistency`` connects its head with that of the proofs, where sizes differ."""

    receipt: AnchorReceipt
    consistency: ConsistencyProof | None = None


@dataclass(frozen=True)
class BundleExtras:
    """What is further in it: what its maker adds to the entries, a policy in its text form, proofs in the SM3 tree, receipts of anchors.

    ``twin`` maps the number of an entry, from 1, to its proof in the tree called ``twin_origin``.
    """

    statement: Supplement | None = None
    policy: bytes | None = None
    twin_origin: str = ""
    twin: Mapping[int, TlogProof] = field(default_factory=dict)
    receipts: Sequence[ReceiptSource] = ()

    def members(self) -> dict[str, bytes]:
        """The texts by the path where they lie."""
        found: dict[str, bytes] = {}
        if self.statement is not None:
            found[STATEMENT] = self.statement.to_bytes()
            parse_supplement(found[STATEMENT])
        if self.policy is not None:
            WitnessPolicy.parse(self.policy)
            found[POLICY] = self.policy
        for number, proof in sorted(self.twin.items()):
            found[_twin_path(number)] = proof.to_bytes()
        for place, source in zip(self.receipt_places(), self.receipts, strict=True):
            found[place.file] = source.receipt.to_bytes()
            if place.consistency is not None and source.consistency is not None:
                found[place.consistency] = source.consistency.to_bytes()
        return found

    def receipt_places(self) -> tuple[ManifestReceipt, ...]:
        """Where the receipts lie."""
        names = (f"receipts/{number:06d}" for number in range(1, len(self.receipts) + 1))
        return tuple(
            ManifestReceipt(f"{name}.json", f"{name}.consistency" if source.consistency else None)
            for name, source in zip(names, self.receipts, strict=True)
        )

    def twin_places(self) -> ManifestTwin | None:
        """Where the proofs in the SM3 tree lie."""
        places = tuple((number, _twin_path(number)) for number in sorted(self.twin))
        return ManifestTwin(self.twin_origin, places) if places else None


def _twin_path(number: int) -> str:
    return f"twin/{number:06d}.tlog-proof"


def write_bundle(
    path: Path,
    *,
    origin: str,
    created_at_ms: int,
    entries: Sequence[EntrySource],
    vkeys: Sequence[str],
    files: Sequence[FileSource] = (),
    about: Mapping[str, str] | None = None,
    algorithm: TreeHash = SHA256,
    extras: BundleExtras | None = None,
) -> None:
    """Write a bundle of the newest version to ``path``, atomically.

    Proofs are put in as they are; verify them before, or call
    :func:`~evidencelog.bundle.verifying.verify_bundle` on the result. Raises :class:`ArgumentError`
    (``entry.too_large``), :class:`MalformedError` for a name, key, origin or text that no reader would accept,
    :class:`StoreError` (``store.io``).
    """
    for entry in entries:
        check_entry_size(entry.data)
    for vkey in vkeys:
        parse_vkey(vkey)
    try:
        described = tuple(_describe(file) for file in files)
    except OSError as error:
        raise StoreError(Code.STORE_IO, f"a file for the bundle cannot be read: {error.strerror}") from error
    extras = extras or BundleExtras()
    texts = extras.members()
    numbers = [f"{number:06d}" for number in range(1, max(len(entries), len(vkeys)) + 1)]
    manifest = Manifest(
        created_at_ms=created_at_ms,
        origin=origin,
        hash_name=algorithm.name,
        entries=tuple(
            ManifestEntry(f"entries/{number}.json", f"proofs/{number}.tlog-proof")
            for number, _ in zip(numbers, entries, strict=False)
        ),
        keys=tuple(f"keys/{number}.vkey" for number, _ in zip(numbers, vkeys, strict=False)),
        files=described,
        about=dict(about or {}),
        statement=STATEMENT if extras.statement is not None else None,
        policy=POLICY if extras.policy is not None else None,
        twin=extras.twin_places(),
        receipts=extras.receipt_places(),
    )
    if parse_manifest(manifest.to_bytes()) != manifest:
        raise MalformedError(Code.BUNDLE_MALFORMED, "the manifest would be read back differently")
    with replacing(path) as stream, zipfile.ZipFile(stream, "w", strict_timestamps=True) as archive:
        _add(archive, MANIFEST, [manifest.to_bytes()])
        for place, entry in zip(manifest.entries, entries, strict=True):
            _add(archive, place.file, [entry.data])
            _add(archive, place.proof, [entry.proof.to_bytes()])
        for key_path, vkey in zip(manifest.keys, vkeys, strict=True):
            _add(archive, key_path, [f"{vkey.strip()}\n".encode()])
        for text_path, data in texts.items():
            _add(archive, text_path, [data])
        for declared, file in zip(described, files, strict=True):
            if _add(archive, declared.file, file.chunks()) != declared.sha256:
                raise ArgumentError(Code.BUNDLE_MALFORMED, f"{file.name} changed while it was being put in")


def _describe(file: FileSource) -> ManifestFile:
    sha256, sm3 = hashlib.sha256(), hashlib.new("sm3")
    size = 0
    for chunk in file.chunks():
        size += len(chunk)
        sha256.update(chunk)
        sm3.update(chunk)
    return ManifestFile(
        f"files/{file.name}", file.role, file.media_type, size, sha256.hexdigest(), sm3.hexdigest()
    )


def _add(archive: zipfile.ZipFile, name: str, chunks: Sequence[bytes] | Iterator[bytes]) -> str:
    info = zipfile.ZipInfo(name, _TIME)
    # Documents are compressed in themselves, and one that is not must not look like a bomb to the reader.
    info.compress_type = zipfile.ZIP_STORED if name.startswith("files/") else zipfile.ZIP_DEFLATED
    info.external_attr = _REGULAR_FILE
    info.create_system = 3  # Unix, whatever the machine: the same contents shall give the same bytes
    digest = hashlib.sha256()
    with archive.open(info, "w", force_zip64=name.startswith("files/")) as member:
        for chunk in chunks:
            digest.update(chunk)
            member.write(chunk)
    return digest.hexdigest()
