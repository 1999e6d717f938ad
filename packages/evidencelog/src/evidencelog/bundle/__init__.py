"""Evidence bundles: one ZIP with everything an outsider needs to check what a log says, offline.

Version 1 holds::

    manifest.json               what is inside, see manifest.py; not signed, and believed in nothing
    entries/<name>.json         the exact bytes of log entries
    proofs/<name>.tlog-proof    one proof for each entry, each with its own signed checkpoint
    keys/<name>.vkey            the public keys of the log (the reader should know them from elsewhere)
    files/…                     optional: the sealed document, certificates, pictures, a report

The rule of versions: a verifier reads every version up to its own; a member or a key of the manifest is only
ever added under a new version number.
"""

from evidencelog.bundle.archive import BundleLimits
from evidencelog.bundle.manifest import BUNDLE_VERSION, FileRole
from evidencelog.bundle.reading import Bundle, BundleEntry, BundleFile, read_bundle
from evidencelog.bundle.report import BundleReport, Check, CheckCode, CheckResult, Verdict
from evidencelog.bundle.verifying import verify_bundle, verify_contents
from evidencelog.bundle.writing import EntrySource, FileSource, write_bundle

__all__ = [
    "BUNDLE_VERSION",
    "Bundle",
    "BundleEntry",
    "BundleFile",
    "BundleLimits",
    "BundleReport",
    "Check",
    "CheckCode",
    "CheckResult",
    "EntrySource",
    "FileRole",
    "FileSource",
    "Verdict",
    "read_bundle",
    "verify_bundle",
    "verify_contents",
    "write_bundle",
]
