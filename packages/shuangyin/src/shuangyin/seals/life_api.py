"""Routes of the life of seals: applications, steps with their evidence, checks, filings, tasks."""

from __future__ import annotations

import io
from typing import Annotated

from fastapi import File, Form, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.errors import TooLarge
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.objects import StoredObject, blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.people.schemas import Id
from shuangyin.seals import commands, life_views, queries, step_queries, views
from shuangyin.seals.commands import applying, checking, evidencing, reporting, stepping, tasks
from shuangyin.seals.life_schemas import (
    FilingBoardOut,
    LifeTableOut,
    NewApplication,
    NewCheck,
    NewStep,
    SealCheckOut,
    SealEvidenceOut,
    SealFilingOut,
    SealLifeOut,
    SealStepDetailOut,
    StepWithdrawal,
    TaskEnd,
)
from shuangyin.seals.models import Seal
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.steps import StepFacts
from shuangyin.seals.schemas import SealDetailOut

router = Routes(prefix="/seals", tags=["seals"])

Reader = Annotated[Actor, access("seals.read")]
Manager = Annotated[Actor, access("seals.manage")]


@router.get("/life", response_model=LifeTableOut)
def life_table(_actor: Reader) -> LifeTableOut:
    """The table of a seal's life: what may follow what, on what evidence, with whose approval."""
    return life_views.table_out()


@router.get("/filings", response_model=FilingBoardOut)
def filing_board(platform: PlatformOf, actor: Manager) -> FilingBoardOut:
    """What waits for a filing authority, where outside registers are out of step, and what is to be done."""
    return platform.view(lambda work: life_views.board_out(work, actor.organization_id))


@router.post("/filings/{filing_id}/send", response_model=SealFilingOut)
def send_filing(
    filing_id: Id, actor: Manager, write: Write, expected: ExpectedVersion
) -> SealFilingOut | Response:
    """Send a report again that was refused, answered wrongly, or waits for its next try."""

    def command(work: UnitOfWork) -> SealFilingOut:
        filing = reporting.send_again(work, actor, filing_id, expected=expected)
        work.session.flush()
        return life_views.filings_out(work, [filing])[0]

    return write.run(actor, command)


@router.post("/tasks/{task_id}/done", response_model=FilingBoardOut)
def finish_task(task_id: Id, body: TaskEnd, actor: Manager, write: Write) -> FilingBoardOut | Response:
    """Say that a task needs nothing more, and why."""

    def command(work: UnitOfWork) -> FilingBoardOut:
        tasks.finish_task(work, actor, task_id, note=body.note)
        return life_views.board_out(work, actor.organization_id)

    return write.run(actor, command)


@router.post("/applications", status_code=201, response_model=SealDetailOut)
def apply(body: NewApplication, actor: Manager, write: Write) -> SealDetailOut | Response:
    """Write an application for a new seal of either medium."""

    def command(work: UnitOfWork) -> SealDetailOut:
        seal = applying.apply(work, actor, body)
        work.session.flush()
        return views.seal_detail(work, actor, seal)

    return write.run(actor, command, status=201)


@router.get("/evidence/{evidence_id}", response_class=Response)
def evidence_file(evidence_id: Id, platform: PlatformOf, actor: Reader) -> Response:
    """A paper or photo as it was uploaded, for who manages seals, who added it, and who is asked to approve its step."""

    def query(work: UnitOfWork) -> Response:
        found = step_queries.readable_evidence(work, actor, evidence_id)
        content = work.objects.read(work.session.get_one(StoredObject, found.object_id))
        headers = {"Content-Disposition": f'inline; filename="{found.kind}"', "Cache-Control": "no-store"}
        return Response(content, media_type=found.media_type, headers=headers)

    return platform.view(query)


@router.get("/{seal_id}/life", response_model=SealLifeOut)
def read_life(seal_id: Id, platform: PlatformOf, actor: Reader) -> SealLifeOut:
    """Where a seal stands in its life, its steps with their evidence, and what may be done next."""
    return platform.view(lambda work: _life(work, actor, queries.get(work, actor.organization_id, seal_id)))


@router.post("/{seal_id}/evidence", status_code=201, response_model=SealEvidenceOut)
def add_evidence(
    seal_id: Id,
    actor: Reader,
    write: Write,
    kind: Annotated[EvidenceKind, Form()],
    file: Annotated[UploadFile, File(description="A PDF or a picture (JPEG, PNG, WebP).")],
) -> SealEvidenceOut | Response:
    """Keep a paper or photo; a step takes it up afterwards."""
    limit = write.platform.settings.max_photo_bytes
    data = _read(file, limit)
    evidencing.media_type_of(data)
    written = write.platform.objects.write(blocks_of(io.BytesIO(data)), limit=limit)

    def command(work: UnitOfWork) -> SealEvidenceOut:
        piece = evidencing.add_evidence(work, actor, seal_id, kind, data, written)
        return life_views.evidence_out(piece, display(work, [piece.added_by]))

    return write.run(actor, command, status=201, payload_digest=f"{kind}{written.sha256}")


@router.post("/{seal_id}/checks", status_code=201, response_model=SealCheckOut)
def check(seal_id: Id, body: NewCheck, actor: Manager, write: Write) -> SealCheckOut | Response:
    """Check an application: the organization with the registry, a person's name with his identity number."""
    platform = write.platform
    platform.view(lambda work: queries.get(work, actor.organization_id, seal_id).id)
    found = checking.ask_outside(
        platform, actor.organization_id, body.kind, name=body.name, id_number=body.id_number
    )

    def command(work: UnitOfWork) -> SealCheckOut:
        return life_views.check_out(work, checking.keep_check(work, actor, seal_id, body.kind, found))

    return write.run(actor, command, status=201)


@router.post("/{seal_id}/steps", status_code=201, response_model=SealLifeOut)
def ask_step(
    seal_id: Id, body: NewStep, actor: Reader, write: Write, expected: ExpectedVersion
) -> SealLifeOut | Response:
    """Ask for a step: carried out at once, or when the root office has approved it."""
    details = body.details.model_dump()
    facts = StepFacts(**{**details, "witness_ids": tuple(details["witness_ids"])})
    asked = stepping.Asked(body.act, facts, tuple(body.evidence_ids), body.reason)

    def command(work: UnitOfWork) -> SealLifeOut:
        step = stepping.ask(work, actor, seal_id, asked, expected=expected)
        return _life(work, actor, work.session.get_one(Seal, step.seal_id))

    return write.run(actor, command, status=201)


@router.get("/steps/{step_id}", response_model=SealStepDetailOut)
def read_step(step_id: Id, platform: PlatformOf, actor: Reader) -> SealStepDetailOut:
    """One step with its evidence and the route of its approval."""
    return platform.view(
        lambda work: life_views.step_detail(work, step_queries.get(work, actor.organization_id, step_id))
    )


@router.post("/steps/{step_id}/withdraw", response_model=SealLifeOut)
def withdraw_step(step_id: Id, body: StepWithdrawal, actor: Manager, write: Write) -> SealLifeOut | Response:
    """Take back a step that waits for its approval."""

    def command(work: UnitOfWork) -> SealLifeOut:
        step = stepping.withdraw(work, actor, step_id, reason=body.reason)
        return _life(work, actor, work.session.get_one(Seal, step.seal_id))

    return write.run(actor, command)


@router.post("/{seal_id}/made", response_model=SealLifeOut)
def receive_made(
    *,
    seal_id: Id,
    actor: Manager,
    write: Write,
    expected: ExpectedVersion,
    seal: Annotated[UploadFile, File(description="The SESeal structure in DER (GB/T 38540).")],
    specimen: Annotated[UploadFile, File(description="The specimen, a PNG.")],
    certificate: Annotated[UploadFile, File(description="The signer's certificate, PEM or DER.")],
    key: Annotated[UploadFile, File(description="The signer's private key, PKCS#8 in PEM or DER.")],
    key_password: Annotated[str | None, Form(max_length=200)] = None,
    seal_code: Annotated[str | None, Form(pattern=r"^[0-9]{13}([0-9])?$")] = None,
) -> SealLifeOut | Response:
    """Take in the e-seal that the management unit has made for an application; its filing is then due."""
    password = key_password.encode() if key_password else None
    limit = write.platform.settings.max_photo_bytes
    files = commands.ImportedFiles(
        _read(seal, limit), _read(specimen, limit), _read(certificate, limit), _read(key, limit), password
    )
    commands.check_files(files)
    written = write.platform.objects.write(blocks_of(io.BytesIO(files.specimen)))

    def command(work: UnitOfWork) -> SealLifeOut:
        made = commands.receive_made(
            work, actor, seal_id, files, written, seal_code=seal_code, expected=expected
        )
        return _life(work, actor, made)

    return write.run(actor, command, payload_digest=f"{seal_code}{commands.files_digest(files)}")


def _life(work: UnitOfWork, actor: Actor, seal: Seal) -> SealLifeOut:
    work.session.flush()
    return life_views.life_out(work, actor, seal)


def _read(file: UploadFile, limit: int) -> bytes:
    data = file.file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(
            "FILE_TOO_LARGE",
            f"文件超过 {limit // 1024 // 1024} MB，请核对是否选错文件。",
            f"The file is larger than {limit // 1024 // 1024} MB. Check that it is the right one.",
        )
    return data
