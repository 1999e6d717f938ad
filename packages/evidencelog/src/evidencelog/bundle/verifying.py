"""Verifying a bundle: what its entries, proofs and keys show, whatever its manifest says."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from evidencelog.bundle.archive import BundleLimits
from evidencelog.bundle.reading import Bundle, BundleEntry, BundleFile, read_bundle
from evidencelog.bundle.report import BundleReport, Check, CheckCode, CheckResult, check, group, verdict_of
from evidencelog.checkpoint import Checkpoint, open_checkpoint
from evidencelog.entry import decode_entry
from evidencelog.errors import Code, EvidenceLogError, MalformedError, VerificationError
from evidencelog.keys import NoteVerifier
from evidencelog.tree import verify_inclusion
from evidencelog.vkey import parse_vkey

_PASS, _WARN, _FAIL, _OPEN = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL, CheckResult.NOT_CHECKED


def verify_bundle(
    path: Path, trusted: Sequence[NoteVerifier] = (), limits: BundleLimits | None = None
) -> BundleReport:
    """Read a bundle and verify it without any network; see :func:`verify_contents`.

    Raises :class:`MalformedError` when the file cannot be read as a bundle at all.
    """
    return verify_contents(read_bundle(path, limits), trusted)


def verify_contents(bundle: Bundle, trusted: Sequence[NoteVerifier] = ()) -> BundleReport:
    """Verify a bundle.

    1. The keys: those the reader trusts, or, where none is given, those in the bundle; then the outcome is at
       best *indeterminate*, since whoever forged the bundle could have put in keys of his own.
    2. For each entry: its checkpoint is of the log that the bundle names and signed by one of the keys; the
       entry lies at its index under the root; its form is known.
    3. No two checkpoints of one size have different roots.
    4. For each file: it is as the manifest says, and its digest stands in an entry that was proved.
    5. There is no member that the manifest does not name.
    """
    key_checks, keys = _keys(bundle, trusted)  # 1
    entries = _Entries(bundle, keys)
    entry_checks = [entries.check(entry) for entry in bundle.entries]  # 2
    checks = [
        *key_checks,
        group(CheckCode.ENTRIES, [*entry_checks, entries.heads_agree()], count=len(bundle.entries)),  # 3
    ]
    if bundle.files:
        file_checks = [_file(file, entries.recorded) for file in bundle.files]  # 4
        checks.append(group(CheckCode.FILES, file_checks, count=len(bundle.files)))
    checks.extend(check(CheckCode.UNLISTED, _FAIL, name=name) for name in bundle.unlisted)  # 5
    return BundleReport(
        verdict=verdict_of(checks),
        origin=bundle.origin,
        created_at_ms=bundle.manifest.created_at_ms,
        about=dict(bundle.about),
        checks=tuple(checks),
    )


def _keys(bundle: Bundle, trusted: Sequence[NoteVerifier]) -> tuple[list[Check], list[NoteVerifier]]:
    inside: dict[str, NoteVerifier] = {}
    checks: list[Check] = []
    for text in bundle.vkeys:
        try:
            key = parse_vkey(text)
        except MalformedError:
            checks.append(check(CheckCode.KEYS_UNSUPPORTED, _WARN, name=text[:80]))
        else:
            inside[key.vkey] = key
    if trusted:
        extra = len(set(inside) - {key.vkey for key in trusted})
        if extra:
            checks.append(check(CheckCode.KEYS_UNTRUSTED_EXTRA, _WARN, count=extra))
        return [check(CheckCode.KEYS_TRUSTED, _PASS, count=len(trusted)), *checks], list(trusted)
    code = CheckCode.KEYS_FROM_BUNDLE if inside else CheckCode.KEYS_NONE
    return [check(code, _OPEN), *checks], list(inside.values())


class _Entries:
    """Checks the entries of one bundle and gathers what the proven ones record."""

    def __init__(self, bundle: Bundle, keys: Sequence[NoteVerifier]) -> None:
        self._bundle = bundle
        self._keys = keys
        self._heads: dict[bytes, tuple[Check, Checkpoint | None]] = {}
        self.recorded: dict[str, int] = {}
        """Every text in a proven entry, with the index of the entry: a digest counts as recorded when it is here."""

    def check(self, entry: BundleEntry) -> Check:
        """Check one entry: head, inclusion, form."""
        if entry.proof.checkpoint not in self._heads:
            self._heads[entry.proof.checkpoint] = self._head(entry.proof.checkpoint)
        head_check, head = self._heads[entry.proof.checkpoint]
        index = entry.proof.index
        checks = [head_check]
        if head is not None:
            checks.extend(self._inclusion(entry, head))
        return group(CheckCode.ENTRY, checks, name=entry.path, index=index)

    def _head(self, data: bytes) -> tuple[Check, Checkpoint | None]:
        try:
            head = open_checkpoint(data, self._keys)
        except VerificationError as error:
            bad = error.code == Code.SIGNATURE_INVALID
            code = CheckCode.HEAD_SIGNATURE_INVALID if bad else CheckCode.HEAD_NOT_SIGNED
            return check(code, _FAIL if self._keys else _OPEN), None
        except EvidenceLogError:
            # Two different keys with one name and id: no statement by either can be told apart.
            return check(CheckCode.HEAD_NOT_SIGNED, _FAIL), None
        if head.checkpoint.origin != self._bundle.origin:
            return check(CheckCode.HEAD_OTHER_ORIGIN, _FAIL, origin=head.checkpoint.origin), None
        signers = ", ".join(f"{key.name} ({key.algorithm})" for key in head.signed_by)
        signed = check(CheckCode.HEAD_SIGNED, _PASS, size=head.checkpoint.size, signers=signers)
        return signed, head.checkpoint

    def _inclusion(self, entry: BundleEntry, head: Checkpoint) -> list[Check]:
        algorithm = self._bundle.algorithm
        index = entry.proof.index
        try:
            verify_inclusion(
                algorithm.leaf(entry.data),
                index,
                head.size,
                entry.proof.hashes,
                head.root,
                algorithm=algorithm,
            )
        except VerificationError:
            return [check(CheckCode.NOT_INCLUDED, _FAIL)]
        included = check(CheckCode.INCLUDED, _PASS, index=index)
        try:
            content = decode_entry(entry.data)
        except MalformedError:
            return [included, check(CheckCode.ENTRY_UNKNOWN_FORM, _OPEN)]
        for text in _texts(content):
            self.recorded.setdefault(text, index)
        return [included]

    def heads_agree(self) -> Check:
        """Check that no two good checkpoints of one size differ."""
        roots: dict[int, bytes] = {}
        for _, head in self._heads.values():
            if head is not None and roots.setdefault(head.size, head.root) != head.root:
                return check(CheckCode.HEADS_SPLIT, _FAIL, size=head.size)
        return check(CheckCode.HEADS_AGREE, _PASS)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _file(file: BundleFile, recorded: dict[str, int]) -> Check:
    """Check one file by the digests it really has, never by those the manifest says."""
    intact = file.is_as_declared
    checks = [check(CheckCode.FILE_INTACT, _PASS) if intact else check(CheckCode.FILE_DAMAGED, _FAIL)]
    for algorithm, digest in (("SHA-256", file.sha256), ("SM3", file.sm3)):
        if digest in recorded:
            checks.append(check(CheckCode.FILE_COVERED, _PASS, algorithm=algorithm, index=recorded[digest]))
            break
    else:
        if file.declared.role.must_be_covered:
            checks.append(check(CheckCode.FILE_NOT_COVERED, _FAIL))
        else:
            checks.append(check(CheckCode.FILE_UNPROTECTED, _WARN))
    return group(CheckCode.FILE, checks, name=file.declared.file)
