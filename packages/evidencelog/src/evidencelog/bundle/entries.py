"""Checking the entries of a bundle, and gathering what the proven ones record."""

from collections.abc import Iterator
from datetime import UTC, datetime

from evidencelog.bundle.deriving import ProvenEntry, roles_recorded
from evidencelog.bundle.reading import Bundle, BundleEntry
from evidencelog.bundle.report import Check, CheckCode, CheckResult, check, group
from evidencelog.checkpoint import Checkpoint
from evidencelog.cosignature import Cosignature
from evidencelog.entry import decode_entry
from evidencelog.errors import Code, EvidenceLogError, MalformedError, VerificationError
from evidencelog.hashing import tree_hash
from evidencelog.policy import NONE, WitnessedHead, WitnessPolicy
from evidencelog.proof import TlogProof
from evidencelog.tree import verify_inclusion

_PASS, _FAIL, _OPEN = CheckResult.PASS, CheckResult.FAIL, CheckResult.NOT_CHECKED
_MAX_SHOWN_TIME = 253_402_300_800


class EntryChecks:
    """The checks over one bundle under one policy; checkpoints that occur often are verified once."""

    def __init__(self, bundle: Bundle, policy: WitnessPolicy) -> None:
        self._bundle = bundle
        self._policy = policy
        self._heads: dict[bytes, tuple[list[Check], Checkpoint | None]] = {}
        self.recorded: dict[str, int] = {}
        """Every text in a proven entry, with the index of the entry: a digest counts as recorded when it is here."""
        self.proven: dict[int, ProvenEntry] = {}
        """Proven entries by their number in the manifest, from 1."""
        self.roles: dict[str, set[str]] = {}
        """Of which file a recorded digest is, where the vocabulary says it."""
        self.unsigned = 0
        """How many checkpoints no believed key of the log has signed; nothing else is wrong with them."""
        self.places: list[tuple[int, Checkpoint]] = []
        """For each entry that lies in the log: its index, and the good head under which it was proved."""

    def check(self, number: int, entry: BundleEntry) -> Check:
        """Check one entry: head, inclusion, form."""
        if entry.proof.checkpoint not in self._heads:
            self._heads[entry.proof.checkpoint] = self._head(entry.proof.checkpoint)
        head_checks, head = self._heads[entry.proof.checkpoint]
        checks = list(head_checks)
        if head is not None:
            checks.extend(self._inclusion(number, entry, head))
        return group(CheckCode.ENTRY, checks, name=entry.path, index=entry.proof.index)

    @property
    def nothing_vouched_for(self) -> bool:
        """Whether no believed key has signed any of the checkpoints: then no entry is proven, and none refuted."""
        return self.unsigned == len(self._heads)

    def heads_agree(self) -> Check:
        """Check that no two good checkpoints of one size differ."""
        roots: dict[int, bytes] = {}
        for _, head in self._heads.values():
            if head is not None and roots.setdefault(head.size, head.root) != head.root:
                return check(CheckCode.HEADS_SPLIT, _FAIL, size=head.size)
        return check(CheckCode.HEADS_AGREE, _PASS)

    @property
    def twin_origin(self) -> str:
        """The name of the SM3 tree."""
        return self._bundle.manifest.twin.origin if self._bundle.manifest.twin else ""

    def check_twin(self, number: int, proof: TlogProof) -> Check:
        """Check an entry in the SM3 tree. The root is believed because a proven entry of the log records it."""
        head = proof.head()
        wanted = {"origin": self.twin_origin, "size": head.size, "sm3_root": head.root.hex()}
        bound = any(one.content.get("facts") == wanted for one in self.proven.values())
        if head.origin != self.twin_origin or not bound:
            return check(CheckCode.TWIN_NOT_BOUND, _FAIL)
        entry, algorithm = self._bundle.entries[number - 1], tree_hash("sm3")
        index = entry.proof.index
        leaf = algorithm.leaf(entry.data)
        try:
            verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root, algorithm=algorithm)
        except VerificationError:
            return check(CheckCode.TWIN_NOT_INCLUDED, _FAIL, index=index)
        if proof.index != index:
            return check(CheckCode.TWIN_NOT_INCLUDED, _FAIL, index=index)
        return check(CheckCode.TWIN_INCLUDED, _PASS, index=index, size=head.size)

    def _head(self, data: bytes) -> tuple[list[Check], Checkpoint | None]:
        try:
            head = self._policy.open(data)
        except VerificationError as error:
            return [self._refused(data, error)], None
        except EvidenceLogError:
            # Two different keys with one name and id: no statement by either can be told apart.
            return [check(CheckCode.HEAD_NOT_SIGNED, _FAIL)], None
        if head.checkpoint.origin != self._bundle.origin:
            return [check(CheckCode.HEAD_OTHER_ORIGIN, _FAIL, origin=head.checkpoint.origin)], None
        signers = ", ".join(f"{key.name} ({key.algorithm})" for key in head.signed_by)
        signed = check(CheckCode.HEAD_SIGNED, _PASS, size=head.checkpoint.size, signers=signers)
        return [signed, *self._cosigned(head)], head.checkpoint

    def _refused(self, data: bytes, error: VerificationError) -> Check:
        if error.code == Code.SIGNATURE_INVALID:
            return check(CheckCode.HEAD_SIGNATURE_INVALID, _FAIL)
        if error.code == Code.POLICY_QUORUM:
            without = WitnessPolicy(self._policy.log_keys, self._policy.witnesses)
            return check(CheckCode.POLICY_QUORUM, _FAIL, count=len(without.open(data).witnesses))
        self.unsigned += 1
        return check(CheckCode.HEAD_NOT_SIGNED, _OPEN)

    def _cosigned(self, head: WitnessedHead) -> list[Check]:
        asked = self._policy.quorum != NONE
        if not head.witnesses and not asked:
            return []
        code = CheckCode.POLICY_MET if asked else CheckCode.HEAD_COSIGNED
        return [check(code, _PASS, witnesses="; ".join(map(_witness, head.witnesses.items())))]

    def _inclusion(self, number: int, entry: BundleEntry, head: Checkpoint) -> list[Check]:
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
        self.places.append((index, head))
        included = check(CheckCode.INCLUDED, _PASS, index=index)
        try:
            content = decode_entry(entry.data)
        except MalformedError:
            return [included, check(CheckCode.ENTRY_UNKNOWN_FORM, _OPEN)]
        self.proven[number] = ProvenEntry(index, content)
        for digest, role in roles_recorded(content):
            self.roles.setdefault(digest, set()).add(role)
        for text in _texts(content):
            self.recorded.setdefault(text, index)
        return [included]


def _witness(stated: tuple[str, Cosignature]) -> str:
    name, cosignature = stated
    if cosignature.time_s >= _MAX_SHOWN_TIME:
        return f"{name} ({cosignature.time_s})"
    return f"{name} ({datetime.fromtimestamp(cosignature.time_s, UTC):%Y-%m-%dT%H:%M:%SZ})"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
