"""The file work of sealing: decrypt, seal, check the result, encrypt. No database and no decision here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gmseal.errors import GmsealError, ServiceUnavailable
from gmseal.errors import Refused as GmsealRefused
from gmseal.report import CheckResult, Verdict
from gmseal.trust import TrustStore
from shuangyin.core.clock import to_datetime
from shuangyin.core.objects import ObjectStore, WrittenObject, blocks_of
from shuangyin.core.settings import Settings
from shuangyin.core.storage_full import is_storage_full, storage_full
from shuangyin.documents.formats import Format
from shuangyin.sealing import errors
from shuangyin.sealing.forms import SealedForm, form_of
from shuangyin.sealing.plan import DocumentPlan, SealingPlan, SealStep

_ROOM_FOR_SEALS = 16 * 1024 * 1024
"""A sealed file may be larger than the largest upload by what seals and marks take."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One sealed document: durable ciphertext that no row refers to yet, the signatures' data hashes, and the times
    that their stamps state (UTC milliseconds; None without a stamp)."""

    plan: DocumentPlan
    written: WrittenObject
    data_hashes: tuple[str, ...]
    stamped_at: tuple[int | None, ...]


def seal_documents(objects: ObjectStore, settings: Settings, plan: SealingPlan) -> list[SealedFile]:
    """Carry a plan out. Whatever fails, only ciphertext without a key may be left behind."""
    return [_seal_document(objects, settings, plan, document) for document in plan.documents]


def _seal_document(
    objects: ObjectStore, settings: Settings, plan: SealingPlan, document: DocumentPlan
) -> SealedFile:
    kind = Format(document.source.media_type)
    path = objects.work_path(kind.suffix)
    form = form_of(kind, settings.max_upload_bytes + _ROOM_FOR_SEALS, settings.max_pages)
    try:
        objects.copy_to(document.stored, path)
        _require_digest(path, document.source.sm3)
        hashes = tuple(_put_seal(path, plan, step, form) for step in document.steps)
        _require_valid(path, plan, form)
        with path.open("rb") as file:
            written = objects.write(blocks_of(file))
    finally:
        path.unlink(missing_ok=True)
    stamped_at = tuple(None if step.stamps is None else step.stamps.stamped_at for step in document.steps)
    return SealedFile(document, written, hashes, stamped_at)


def _put_seal(path: Path, plan: SealingPlan, step: SealStep, form: SealedForm) -> str:
    try:
        # A seal whose places all lie on other documents is not part of the plan, so there is always a place.
        data_hash = form.seal(path, step, to_datetime(plan.signed_at), plan.number)
    except ServiceUnavailable as error:
        raise errors.timestamp_authority_down() from error
    except GmsealError as error:
        code = error.reason if isinstance(error, GmsealRefused) else ""
        if code.startswith("TIMESTAMP"):
            raise errors.timestamp_not_good(code) from error
        if is_storage_full(error):
            raise storage_full() from error
        raise errors.cannot_place(error) from error
    if step.stamps is not None and step.stamps.stamped_at is None:
        raise errors.timestamp_not_good("TIMESTAMP_MISSING")
    path.chmod(0o600)
    return data_hash.hex()


def _require_valid(path: Path, plan: SealingPlan, form: SealedForm) -> None:
    """Judge the result as an outsider would before anybody gets it: what does not verify never leaves."""
    trust: TrustStore = plan.trust
    report = form.verify(path, trust, to_datetime(plan.signed_at))
    if report.verdict is Verdict.INVALID:
        failed = next((check.code for check in report.walk() if check.result is CheckResult.FAIL), "UNKNOWN")
        raise errors.result_not_valid(failed)


def _require_digest(path: Path, sm3: str) -> None:
    with path.open("rb") as file:
        digest = hashlib.new("sm3")
        for block in blocks_of(file):
            digest.update(block)
    if digest.hexdigest() != sm3:
        raise errors.source_differs()
