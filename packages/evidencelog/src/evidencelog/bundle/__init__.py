"""Evidence bundles: one ZIP with everything an outsider needs to check what a log says, offline.

Version 1 holds the first five, later ones all of::

    manifest.json               what is inside, see manifest.py; not signed, and believed in nothing
    entries/<name>.json         the exact bytes of log entries
    proofs/<name>.tlog-proof    one proof for each entry, each with its own signed checkpoint
    keys/<name>.vkey            the public keys of the log (the reader should know them from elsewhere)
    files/…                     optional: the sealed document, certificates, pictures, a report
    statement.json              optional: up to version 3 what happened, row by row, and the entry each row rests on;
                                from version 4 what the maker adds, since verifiers derive the rows (supplement.py)
    keys/policy.txt             optional: the log's keys and witnesses as a policy, see policy.py
    twin/<name>.tlog-proof      optional: proofs in the SM3 tree, whose root an entry records
    receipts/<name>.json        optional: receipts of anchors
    receipts/<name>.consistency optional, version 3: how the head of a receipt and that of the proofs are connected

The rule of versions: a verifier reads every version up to its own; a member or a key of the manifest is only
ever added under a new version number.
"""

from evidencelog.bundle.archive import BundleLimits
from evidencelog.bundle.bilingual import Bilingual, shown_time
from evidencelog.bundle.consistency import ConsistencyProof, parse_consistency
from evidencelog.bundle.deriving import (
    DerivedRow,
    DerivedSection,
    DerivedStatement,
    Ground,
    ProvenEntry,
    derive,
)
from evidencelog.bundle.manifest import BUNDLE_VERSION, FileRole
from evidencelog.bundle.reading import Bundle, BundleEntry, BundleFile, BundleReceipt, read_bundle
from evidencelog.bundle.rendering import ReportLanguage, render_report
from evidencelog.bundle.report import BundleReport, Check, CheckCode, CheckResult, Verdict
from evidencelog.bundle.statement import Basis, BasisKind, Row, Section, Statement
from evidencelog.bundle.supplement import GivenText, StatedFact, Supplement
from evidencelog.bundle.verifying import verify_bundle, verify_contents
from evidencelog.bundle.writing import BundleExtras, EntrySource, FileSource, ReceiptSource, write_bundle

__all__ = [
    "BUNDLE_VERSION",
    "Basis",
    "BasisKind",
    "Bilingual",
    "Bundle",
    "BundleEntry",
    "BundleExtras",
    "BundleFile",
    "BundleLimits",
    "BundleReceipt",
    "BundleReport",
    "Check",
    "CheckCode",
    "CheckResult",
    "ConsistencyProof",
    "DerivedRow",
    "DerivedSection",
    "DerivedStatement",
    "EntrySource",
    "FileRole",
    "FileSource",
    "GivenText",
    "Ground",
    "ProvenEntry",
    "ReceiptSource",
    "ReportLanguage",
    "Row",
    "Section",
    "StatedFact",
    "Statement",
    "Supplement",
    "Verdict",
    "derive",
    "parse_consistency",
    "read_bundle",
    "render_report",
    "shown_time",
    "verify_bundle",
    "verify_contents",
    "write_bundle",
]
