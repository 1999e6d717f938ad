"""Verifying a bundle: what its entries, proofs and keys show, whatever its manifest says."""

from collections.abc import Sequence
from pathlib import Path

from evidencelog.bundle.archive import BundleLimits
from evidencelog.bundle.comparing import check_derived, compare_statement
from evidencelog.bundle.deriving import derive
from evidencelog.bundle.entries import EntryChecks
from evidencelog.bundle.files import FileChecks
from evidencelog.bundle.reading import Bundle, read_bundle
from evidencelog.bundle.receipts import check_receipt
from evidencelog.bundle.report import (
    BundleReport,
    Check,
    CheckCode,
    CheckResult,
    check,
    group,
    verdict_of,
    without_entries,
)
from evidencelog.bundle.statement import Statement
from evidencelog.bundle.supplement import Supplement
from evidencelog.cosignature import CosignatureVerifier
from evidencelog.errors import MalformedError
from evidencelog.keys import NoteVerifier
from evidencelog.policy import WitnessPolicy
from evidencelog.vkey import parse_vkey

_PASS, _WARN, _FAIL, _OPEN = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL, CheckResult.NOT_CHECKED


def verify_bundle(
    path: Path,
    trusted: Sequence[NoteVerifier] = (),
    limits: BundleLimits | None = None,
    *,
    policy: WitnessPolicy | None = None,
    roots: Sequence[bytes] = (),
) -> BundleReport:
    """Read a bundle and verify it without any network; see :func:`verify_contents`.

    Raises :class:`MalformedError` when the file cannot be read as a bundle at all.
    """
    return verify_contents(read_bundle(path, limits), trusted, policy=policy, roots=roots)


def verify_contents(
    bundle: Bundle,
    trusted: Sequence[NoteVerifier] = (),
    *,
    policy: WitnessPolicy | None = None,
    roots: Sequence[bytes] = (),
) -> BundleReport:
    """Verify a bundle. ``roots`` are certificates (DER) under which time-stamp authorities are believed.

    1. Whom to believe: the policy of the reader, or the keys he trusts; where he gives neither, the policy or the
       keys in the bundle. Then the outcome is at best *indeterminate*, since whoever forged the bundle could have
       put in keys of his own.
    2. For each entry: its checkpoint is of the log that the bundle names, signed by a key of the log and cosigned
       as the policy asks; the entry lies at its index under the root; its form is known.
    3. No two checkpoints of one size have different roots.
    4. For each proof in the SM3 tree: a proven entry records the root, and the entry lies under it.
    5. The statement is derived from the proven entries; what the bundle adds to it does not contradict them.
    6. For each receipt of an anchor: its head and that of the proofs are of one history, and its transaction or
       token is over that head. What only the chain or the reader's roots can confirm is said and does not count.
    7. For each file: it is as the manifest says, and its digest stands in an entry that was proved, as that of the file
       it is said to be. A report is what this verifier renders from the derived statement.
    8. There is no member that the manifest does not name.
    """
    key_checks, believed = _believed(bundle, trusted, policy)  # 1
    entries = EntryChecks(bundle, believed)
    entry_checks = [entries.check(number, entry) for number, entry in enumerate(bundle.entries, 1)]  # 2
    checks = [
        *key_checks,
        group(CheckCode.ENTRIES, [*entry_checks, entries.heads_agree()], count=len(bundle.entries)),  # 3
    ]
    if bundle.twin:
        twin_checks = [entries.check_twin(number, proof) for number, proof in bundle.twin]  # 4
        checks.append(group(CheckCode.TWIN, twin_checks, origin=entries.twin_origin))
    added = bundle.statement if isinstance(bundle.statement, Supplement) else None
    statement = derive(entries.proven, [one.data for one in bundle.receipts], added)  # 5
    if added is not None:
        checks.append(check_derived(statement, added, entries.recorded))
    elif isinstance(bundle.statement, Statement):
        checks.append(compare_statement(bundle.statement, entries.proven, entries.recorded))
    if bundle.receipts:
        receipts = [check_receipt(receipt, bundle, entries.places, roots) for receipt in bundle.receipts]  # 6
        checks.append(group(CheckCode.RECEIPTS, receipts, count=len(receipts)))
    if bundle.files:
        files = FileChecks(bundle, entries, statement)
        file_checks = [files.check(file) for file in bundle.files]  # 7
        checks.append(group(CheckCode.FILES, file_checks, count=len(bundle.files)))
    checks.extend(check(CheckCode.UNLISTED, _FAIL, name=name) for name in bundle.unlisted)  # 8
    if entries.nothing_vouched_for:
        checks = [without_entries(one) for one in checks]
    return BundleReport(
        verdict=verdict_of(checks),
        origin=bundle.origin,
        created_at_ms=bundle.manifest.created_at_ms,
        about=dict(bundle.about),
        checks=tuple(checks),
        statement=statement if entries.proven else None,
    )


def _believed(
    bundle: Bundle, trusted: Sequence[NoteVerifier], policy: WitnessPolicy | None
) -> tuple[list[Check], WitnessPolicy]:
    inside, checks = _keys_inside(bundle)
    own = [key for key in inside if key.vkey not in {one.vkey for one in trusted}]
    if policy is not None:
        first = check(
            CheckCode.POLICY_TRUSTED, _PASS, keys=len(policy.log_keys), witnesses=len(policy.witnesses)
        )
        own = [key for key in inside if key not in policy.keys]
        # Keys that are given beside a policy are further keys of the log; whoever gives them means to believe them.
        extended = WitnessPolicy(
            (*policy.log_keys, *_believing(trusted).log_keys),
            policy.witnesses,
            policy.groups,
            policy.quorum,
        )
        return [first, *_extra(own), *checks], extended
    if trusted:
        first = check(CheckCode.KEYS_TRUSTED, _PASS, count=len(trusted))
        return [first, *_extra(own), *checks], _believing(trusted)
    if bundle.policy is not None:
        found = WitnessPolicy.parse(bundle.policy)
        return [check(CheckCode.KEYS_FROM_BUNDLE, _OPEN), *checks], found
    code = CheckCode.KEYS_FROM_BUNDLE if inside else CheckCode.KEYS_NONE
    return [check(code, _OPEN), *checks], _believing(inside)


def _believing(keys: Sequence[NoteVerifier]) -> WitnessPolicy:
    """A policy of keys alone: any key of the log, and witnesses for what they add."""
    witnesses: dict[str, tuple[CosignatureVerifier, ...]] = {}
    for key in keys:
        if isinstance(key, CosignatureVerifier):
            witnesses[key.name] = (*witnesses.get(key.name, ()), key)
    return WitnessPolicy(tuple(key for key in keys if not isinstance(key, CosignatureVerifier)), witnesses)


def _extra(own: Sequence[NoteVerifier]) -> list[Check]:
    return [check(CheckCode.KEYS_UNTRUSTED_EXTRA, _WARN, count=len(own))] if own else []


def _keys_inside(bundle: Bundle) -> tuple[list[NoteVerifier], list[Check]]:
    inside: dict[str, NoteVerifier] = {}
    checks: list[Check] = []
    for text in bundle.vkeys:
        try:
            key = parse_vkey(text)
        except MalformedError:
            checks.append(check(CheckCode.KEYS_UNSUPPORTED, _WARN, name=text[:80]))
        else:
            inside[key.vkey] = key
    return list(inside.values()), checks
