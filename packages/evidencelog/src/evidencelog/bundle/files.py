"""Checking the files of a bundle: each by the digests it really has, never by those the manifest says."""

import hashlib
from typing import Final, get_args

from evidencelog.bundle.bilingual import Bilingual
from evidencelog.bundle.deriving import DerivedStatement
from evidencelog.bundle.entries import EntryChecks
from evidencelog.bundle.manifest import FIRST_DERIVED, FileRole
from evidencelog.bundle.reading import Bundle, BundleFile
from evidencelog.bundle.rendering import ReportLanguage, render_report
from evidencelog.bundle.report import Check, CheckCode, CheckResult, check, check_in_both, group
from evidencelog.bundle.vocabulary import vocabulary

_PASS, _WARN, _FAIL = CheckResult.PASS, CheckResult.WARN, CheckResult.FAIL
_UNPROVEN: Final = {FileRole.PRINTOUT: CheckCode.FILE_PRINTOUT}


class FileChecks:
    """The checks of files against the proven entries and the derived statement of one bundle."""

    def __init__(self, bundle: Bundle, entries: EntryChecks, statement: DerivedStatement) -> None:
        self._recorded = entries.recorded
        self._roles = entries.roles
        self._derives = bundle.manifest.version >= FIRST_DERIVED
        self._reports = {
            hashlib.sha256(render_report(statement, bundle.origin, language)).hexdigest()
            for language in get_args(ReportLanguage)
        }

    def check(self, file: BundleFile) -> Check:
        """Check one file."""
        intact = file.is_as_declared
        first = check(CheckCode.FILE_INTACT, _PASS) if intact else check(CheckCode.FILE_DAMAGED, _FAIL)
        return group(CheckCode.FILE, [first, self._contents(file)], name=file.declared.file)

    def _contents(self, file: BundleFile) -> Check:
        role = file.declared.role
        if role is FileRole.REPORT and self._derives:
            same = file.sha256 in self._reports
            return check(
                CheckCode.FILE_REPORT_DERIVED if same else CheckCode.FILE_REPORT_DIFFERS,
                _PASS if same else _FAIL,
            )
        for algorithm, digest in (("SHA-256", file.sha256), ("SM3", file.sm3)):
            if digest in self._recorded:
                return self._recorded_as(role, algorithm, digest)
        if role.must_be_covered:
            return check(CheckCode.FILE_NOT_COVERED, _FAIL)
        return check(_UNPROVEN.get(role, CheckCode.FILE_UNPROTECTED), _WARN)

    def _recorded_as(self, role: FileRole, algorithm: str, digest: str) -> Check:
        """A digest that entries record: as that of which file, and whether it is the one that the manifest names."""
        found = self._roles.get(digest, set())
        if role.must_be_covered and found and role.value not in found:
            facts = {"declared": _called(role.value), "found": _called(min(found))}
            return check_in_both(CheckCode.FILE_OTHER_ROLE, _FAIL, facts)
        place = {"algorithm": algorithm, "index": self._recorded[digest]}
        if not found:
            return check(CheckCode.FILE_COVERED, _PASS, **place)
        called = _called(role.value if role.value in found else min(found))
        return check_in_both(CheckCode.FILE_COVERED_AS, _PASS, {**place, "found": called})


def _called(role: str) -> Bilingual:
    return vocabulary().code("file_role", role) or Bilingual.same(role)
