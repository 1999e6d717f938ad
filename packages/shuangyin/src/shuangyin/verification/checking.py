"""Checks a file that an outsider uploads: against the record by its digest, and by itself through gmseal.

The file lies in the work folder while it is judged, and nowhere afterwards.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from gmseal.errors import GmsealError, Refused
from gmseal.report import CheckResult, Report, Verdict
from shuangyin.core.clock import to_datetime
from shuangyin.core.errors import TooLarge, Unavailable
from shuangyin.core.objects import blocks_of
from shuangyin.core.platform import Platform
from shuangyin.documents.formats import format_of
from shuangyin.sealing.forms import form_of
from shuangyin.seals.material import trust_of
from shuangyin.seals.queries import personal_names
from shuangyin.verification import queries, rules

SIMULTANEOUS = 2
"""A large file takes a second of one core; the people who work here come first."""
WAIT_SECONDS = 10
_ALTERED = frozenset({"ALTERED_AFTER_SEALING", "DATA_HASH", "FILE_DIGESTS", "FILE_MISSING"})
_slots = threading.BoundedSemaphore(SIMULTANEOUS)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What was found out about an uploaded file. `report` is None when it is no PDF or OFD that can be read."""

    answer: rules.Answer
    sm3: str
    size: int
    registered: bool
    trial: bool
    uses: tuple[queries.PublicUse, ...]
    report: Report | None
    personal_names: tuple[str, ...] = ()
    """Names on personal name seals of the register that this file carries."""

    def report_dict(self) -> dict[str, Any] | None:
        """gmseal's report in plain values, with names masked as everywhere on the public pages."""
        plain = self.report.to_dict() if self.report is not None else None
        return None if plain is None else {key: self._masked(value) for key, value in plain.items()}

    def without_names(self, text: str) -> str:
        """A text of the report with the names on personal name seals masked."""
        for name in self.personal_names:
            text = text.replace(name, rules.masked_name(name))
        return text

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.without_names(value)
        if isinstance(value, dict):
            return {key: self._masked(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._masked(item) for item in value]
        return value


def check_file(platform: Platform, upload: BinaryIO, record: queries.UseRecord | None) -> FileCheck:
    """Judge an upload, for the use of `record` when there is one. Raises TooLarge, Unavailable, Conflict."""
    path = platform.objects.work_path(".upload")
    with _one_of_few():
        try:
            sm3, size = _copy(upload, path, platform.settings.max_upload_bytes)
            report, encrypted = _judge(platform, path)
        finally:
            path.unlink(missing_ok=True)
    uses = tuple(platform.view(lambda work: queries.records_by_digest(work, sm3)))
    # Whoever is told that a use was voided sees which of them it was.
    uses = tuple(platform.view(lambda work: queries.voids_on_file(work, sm3))) or uses
    trial = report is not None and any(signature.trial for signature in report.signatures)
    state = replace(_state(record, uses, report, sm3, trial=trial), encrypted=encrypted)
    answer = rules.answer_for_file(state)
    registered = state.is_registered or state.is_sibling
    es_ids = {one.es_id for one in report.signatures if one.es_id} if report is not None else set()
    names = platform.view(lambda work: personal_names(work, es_ids))
    return FileCheck(answer, sm3, size, registered, trial, uses, report, tuple(names))


def _state(
    record: queries.UseRecord | None,
    uses: Iterable[queries.PublicUse],
    report: Report | None,
    sm3: str,
    *,
    trial: bool,
) -> rules.FileState:
    known = list(uses)
    own = record.use if record is not None else None
    same = own is not None and own.document_sm3 == sm3
    matched = own if own is not None else (known[0] if known else None)
    return rules.FileState(
        verdict=report.verdict if report is not None else None,
        has_seal=report is not None and any(one.kind == "seal" for one in report.signatures),
        altered=report is not None and _is_altered(report),
        is_registered=same if own is not None else bool(known),
        is_sibling=record is not None and not same and sm3 in record.digests,
        expects_seal=matched is None or matched.medium == "electronic",
        trial=trial,
        voids=rules.voids_of(use.use_status for use in known),
    )


def _is_altered(report: Report) -> bool:
    return report.verdict is Verdict.INVALID and any(
        check.code in _ALTERED and check.result is CheckResult.FAIL for check in report.walk()
    )


def _judge(platform: Platform, path: Path) -> tuple[Report | None, bool]:
    """The report, None for what is no PDF or OFD that can be read; and whether it is encrypted."""
    trust = platform.view(trust_of)
    with path.open("rb") as file:
        kind = format_of(file.read(4))
    form = form_of(kind, platform.settings.max_upload_bytes, platform.settings.max_pages)
    try:
        return form.verify(path, trust, to_datetime(platform.clock.now_ms())), False
    except Refused as error:
        return None, error.reason == "ENCRYPTED"
    except GmsealError:
        return None, False


def _copy(upload: BinaryIO, path: Path, limit: int) -> tuple[str, int]:
    digest = hashlib.new("sm3")
    size = 0
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        for block in blocks_of(upload):
            size += len(block)
            if size > limit:
                raise TooLarge(
                    "FILE_TOO_LARGE",
                    f"文件超过上限 {limit // (1024 * 1024)} MB，无法核验。",
                    f"The file is larger than the limit of {limit // (1024 * 1024)} MB and cannot be checked.",
                )
            digest.update(block)
            file.write(block)
    return digest.hexdigest(), size


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise Unavailable(
            "CHECKS_BUSY",
            "正在核验的文件较多，请稍后再试。",
            "Many files are being checked. Try again in a moment.",
        )
    try:
        yield
    finally:
        _slots.release()
