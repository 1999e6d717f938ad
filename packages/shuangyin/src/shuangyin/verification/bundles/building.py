"""Writing the bundle of one use into a work file, from which it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evidencelog.bundle import (
    BundleExtras,
    EntrySource,
    FileRole,
    FileSource,
    ProvenEntry,
    Supplement,
    derive,
    write_bundle,
)
from evidencelog.web import offline_page
from shuangyin.core.errors import TooLarge
from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import queries as documents
from shuangyin.documents.formats import Format
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence import queries as evidence
from shuangyin.sealing.models import SealUse
from shuangyin.seals.material import certificate_of
from shuangyin.seals.models import Medium, Seal
from shuangyin.verification.agreement import require_agreement
from shuangyin.verification.bundles import entries, reports
from shuangyin.verification.bundles.belonging import UseCase
from shuangyin.verification.bundles.checking_steps import steps_of
from shuangyin.verification.bundles.device_events import DeviceEventFile, event_files, event_steps
from shuangyin.verification.bundles.receipts import receipts_of
from shuangyin.verification.bundles.stating import supplement_of

MAX_FILE_BYTES = 300 << 20
"""The largest document that goes into a bundle; digests are in it in any case."""
_CHUNK = 1 << 20
_DOCUMENT_NAMES = {
    FileRole.SEALED_DOCUMENT: "document-sealed",
    FileRole.ORIGINAL_DOCUMENT: "document-as-approved",
}


@dataclass(frozen=True, slots=True)
class PreparedBundle:
    """Everything that the database says, read in one transaction."""

    number: str
    origin: str
    made_at: int
    recordings: entries.Recordings
    sources: list[EntrySource]
    extras: BundleExtras
    supplement: Supplement
    vkeys: list[str]
    certificate: bytes | None
    document: tuple[DocumentVersion, StoredObject, FileRole] | None
    device_events: list[DeviceEventFile]


@dataclass(frozen=True, slots=True)
class BuiltBundle:
    """A bundle in a work file; whoever sends it removes it."""

    path: Path
    file_name: str

    def chunks(self) -> Iterator[bytes]:
        """The bytes; the file is gone afterwards, also when nobody wants the rest."""
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        finally:
            self.path.unlink(missing_ok=True)


def prepare(work: UnitOfWork, use: SealUse, *, masked: bool, with_file: bool) -> PreparedBundle:
    """Read what the bundle of a use is made from. Raises Conflict (RECORD_DISAGREES, NOT_SEQUENCED), TooLarge."""
    require_agreement(work, use)
    case = UseCase(work, use)
    recordings = entries.recordings_of(case, masked=masked)
    receipts = receipts_of(work, use.entry_id or "", recordings)
    supplement = supplement_of(case, recordings, masked=masked)
    prepared = PreparedBundle(
        number=use.number,
        origin=evidence.origin(work) or "",
        made_at=work.now,
        recordings=recordings,
        sources=entries.sources_of(work, recordings),
        extras=entries.extras_of(work, recordings, supplement, receipts),
        supplement=supplement,
        vkeys=entries.vkeys_of(work),
        certificate=_certificate(work, use, masked=masked),
        document=_document(work, use) if with_file and not masked else None,
        # Events say where a device was and whom it saw.
        device_events=[] if masked else event_files(case),
    )
    work.session.expunge_all()
    return prepared


def build(platform: Platform, prepared: PreparedBundle) -> BuiltBundle:
    """Write the bundle. Reports are made and files copied outside any transaction."""
    path = platform.objects.work_path(".zip")
    document_path = platform.objects.work_path(".pdf")
    try:
        write_bundle(
            path,
            origin=prepared.origin,
            created_at_ms=prepared.made_at,
            entries=prepared.sources,
            vkeys=prepared.vkeys,
            files=_files(platform, prepared, document_path),
            extras=prepared.extras,
        )
    finally:
        document_path.unlink(missing_ok=True)
    return BuiltBundle(path, f"evidence-{prepared.sources[0].proof.index}-{prepared.made_at}.zip")


def _files(platform: Platform, prepared: PreparedBundle, document_path: Path) -> list[FileSource]:
    receipts = [one.receipt for one in prepared.extras.receipts]
    contents = {one.number: ProvenEntry(one.index, one.content) for one in prepared.recordings.all}
    statement = derive(contents, [one.to_bytes() for one in receipts], prepared.supplement)
    report = reports.Report(statement, prepared.origin, prepared.made_at)
    enrolled = [one.number for one in prepared.recordings.of_kind("devices.enrolled")]
    salted = any('"salt":' in one.entry.body for one in prepared.recordings.all)
    steps = steps_of(prepared.sources[0], prepared.vkeys, receipts, salted=salted)
    steps += event_steps(prepared.device_events, enrolled)
    files = [
        FileSource("printout-not-proven.pdf", FileRole.PRINTOUT, "application/pdf", reports.pdf_of(report))
    ]
    for language in reports.LANGUAGES:
        page = reports.html_of(report, language)
        files.append(FileSource(f"report.{language}.html", FileRole.REPORT, "text/html", page))
        how = reports.check_page(steps, language)
        files.append(FileSource(f"how-to-check.{language}.html", FileRole.OTHER, "text/html", how))
    files.append(FileSource("verify.html", FileRole.VERIFIER, "text/html", offline_page()))
    for event in prepared.device_events:
        files += event.files()
    if prepared.certificate is not None:
        media_type = "application/pkix-cert"
        files.append(FileSource("signer.cer", FileRole.CERTIFICATE, media_type, prepared.certificate))
    if prepared.document is not None:
        version, stored, role = prepared.document
        platform.objects.copy_to(stored, document_path)
        kind = Format(version.media_type)
        files.append(FileSource(f"{_DOCUMENT_NAMES[role]}{kind.suffix}", role, kind, document_path))
    return files


def _certificate(work: UnitOfWork, use: SealUse, *, masked: bool) -> bytes | None:
    seal = work.session.get_one(Seal, use.seal_id)
    # The certificate of a personal name seal names its person.
    personal = json.loads(use.seal_facts)["category"] == "legal_rep_name"
    if use.medium != Medium.ELECTRONIC or (masked and personal):
        return None
    return certificate_of(work, seal)


def _document(work: UnitOfWork, use: SealUse) -> tuple[DocumentVersion, StoredObject, FileRole]:
    sealed = use.sealed_version_id is not None
    version = work.session.get_one(DocumentVersion, use.sealed_version_id or use.source_version_id)
    if version.size > MAX_FILE_BYTES:
        raise TooLarge(
            "BUNDLE_FILE_TOO_LARGE",
            "文件过大，不能放入证据包，请单独下载文件。",
            "The document is too large for a bundle; download it by itself.",
        )
    role = FileRole.SEALED_DOCUMENT if sealed else FileRole.ORIGINAL_DOCUMENT
    return version, documents.stored(work, version), role
