"""Routes of the seal register."""

from __future__ import annotations

import io
from typing import Annotated, Literal

from fastapi import File, Form, Response, UploadFile

from gmseal.sm.pkcs8 import armour
from shuangyin.core.actor import Actor
from shuangyin.core.errors import TooLarge
from shuangyin.core.free_text import Line
from shuangyin.core.http.access import PlatformOf, PublicRoute, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.objects import blocks_of
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id
from shuangyin.seals import commands, errors, queries, views
from shuangyin.seals.models import Seal, SealStatus
from shuangyin.seals.pictures import as_svg, is_png
from shuangyin.seals.schemas import (
    LATEST,
    Category,
    FilingChange,
    NewKeeper,
    NewPhysicalSeal,
    NewTrialSeal,
    SealAct,
    SealDetailOut,
    SealOut,
)
from shuangyin.seals.trial_authority import trial_root

router = Routes()
_seals = Routes(prefix="/seals", tags=["seals"])
_trust = Routes(prefix="/trust", tags=["trust"])

MAX_FILE_BYTES = 4 * 1024 * 1024
"""A seal's picture has at most 1 MiB, its certificates little more."""

Reader = Annotated[Actor, access("seals.read")]
Manager = Annotated[Actor, access("seals.manage")]


@_seals.get("", response_model=Page[SealOut])
def list_seals(
    platform: PlatformOf,
    actor: Reader,
    medium: Literal["electronic", "physical"] | None = None,
    status: SealStatus | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SealOut]:
    """The register of both media."""

    def query(work: UnitOfWork) -> Page[SealOut]:
        rows = queries.list_seals(
            work, actor, medium=medium, status=status, after=read_cursor(cursor), limit=limit + 1
        )
        shown = {seal.id: out for seal, out in zip(rows, views.seals_out(work, rows), strict=True)}
        return page_of(rows, limit, lambda seal: seal.id, lambda seal: shown[seal.id])

    return platform.view(query)


@_seals.get("/{seal_id}", response_model=SealDetailOut)
def read_seal(seal_id: Id, platform: PlatformOf, actor: Reader) -> SealDetailOut:
    """One seal with its history."""
    return platform.view(
        lambda work: views.seal_detail(work, actor, queries.get(work, actor.organization_id, seal_id))
    )


@_seals.get("/{seal_id}/picture.png", response_class=Response)
def picture_png(seal_id: Id, platform: PlatformOf, actor: Reader) -> Response:
    """A preview of the face, with a watermark, on a transparent ground."""
    png, _ = _preview(platform, actor, seal_id)
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=60"})


@_seals.get("/{seal_id}/picture.svg", response_class=Response)
def picture_svg(seal_id: Id, platform: PlatformOf, actor: Reader) -> Response:
    """The same preview in an SVG as large as the seal in millimetres."""
    png, seal = _preview(platform, actor, seal_id)
    svg = as_svg(png, seal.width_mm, seal.height_mm)
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=60"})


@_seals.post("/physical", status_code=201, response_model=SealDetailOut)
def register_physical(body: NewPhysicalSeal, actor: Manager, write: Write) -> SealDetailOut | Response:
    """Register a physical seal as a draft."""
    return write.run(
        actor, lambda work: _detail(work, actor, commands.register_physical(work, actor, body)), status=201
    )


@_seals.post("/trial", status_code=201, response_model=SealDetailOut)
def make_trial(body: NewTrialSeal, actor: Manager, write: Write) -> SealDetailOut | Response:
    """Make a trial e-seal as a draft. Its face and every verification say that it is a trial one."""
    return write.run(
        actor, lambda work: _detail(work, actor, commands.make_trial(work, actor, body)), status=201
    )


@_seals.post("/import", status_code=201, response_model=SealDetailOut)
def import_issued(
    *,
    actor: Manager,
    write: Write,
    seal: Annotated[UploadFile, File(description="The SESeal structure in DER (GB/T 38540).")],
    specimen: Annotated[UploadFile, File(description="The filed specimen, a PNG.")],
    certificate: Annotated[UploadFile, File(description="The signer's certificate, PEM or DER.")],
    key: Annotated[UploadFile, File(description="The signer's private key, PKCS#8 in PEM or DER.")],
    category: Annotated[Category, Form()],
    filing_no: Annotated[Line, Form(min_length=1, max_length=64)],
    filing_authority: Annotated[Line, Form(min_length=1, max_length=200)],
    filed_at: Annotated[int | None, Form(ge=0, le=LATEST)] = None,
    key_password: Annotated[str | None, Form(max_length=200)] = None,
    seal_code: Annotated[str | None, Form(pattern=r"^[0-9]{13}([0-9])?$")] = None,
    sequence_number: Annotated[int | None, Form(ge=1, le=99)] = None,
    keeper_person_id: Annotated[Id | None, Form()] = None,
    counterpart_id: Annotated[Id | None, Form()] = None,
) -> SealDetailOut | Response:
    """Take in an e-seal issued by the management unit; refused when its picture is not the filed specimen."""
    password = key_password.encode() if key_password else None
    files = commands.ImportedFiles(_read(seal), _read(specimen), _read(certificate), _read(key), password)
    new = commands.NewIssuedSeal(
        category,
        filing_no,
        filing_authority,
        filed_at,
        seal_code,
        sequence_number,
        keeper_person_id,
        counterpart_id,
    )
    commands.check_files(files)
    written = write.platform.objects.write(blocks_of(io.BytesIO(files.specimen)))
    return write.run(
        actor,
        lambda work: _detail(work, actor, commands.import_issued(work, actor, new, files, written)),
        status=201,
        payload_digest=f"{new}{commands.files_digest(files)}",
    )


@_seals.put("/{seal_id}/specimen", response_model=SealDetailOut)
def file_specimen(
    seal_id: Id,
    actor: Manager,
    write: Write,
    expected: ExpectedVersion,
    specimen: Annotated[UploadFile, File(description="The filed imprint, a PNG.")],
) -> SealDetailOut | Response:
    """Keep the filed imprint of a seal."""
    data = _read(specimen)
    if not is_png(data):
        raise errors.not_a_picture()
    written = write.platform.objects.write(blocks_of(io.BytesIO(data)))
    return write.run(
        actor,
        lambda work: _detail(
            work, actor, commands.file_specimen(work, actor, seal_id, written, expected=expected)
        ),
        payload_digest=written.sm3,
    )


@_seals.put("/{seal_id}/filing", response_model=SealDetailOut)
def set_filing(
    seal_id: Id, body: FilingChange, actor: Manager, write: Write, expected: ExpectedVersion
) -> SealDetailOut | Response:
    """Enter filing number, authority and time."""
    return write.run(
        actor,
        lambda work: _detail(work, actor, commands.set_filing(work, actor, seal_id, body, expected=expected)),
    )


@_seals.put("/{seal_id}/keeper", response_model=SealDetailOut)
def set_keeper(
    seal_id: Id, body: NewKeeper, actor: Manager, write: Write, expected: ExpectedVersion
) -> SealDetailOut | Response:
    """Name the keeper of a seal."""
    return write.run(
        actor,
        lambda work: _detail(
            work, actor, commands.set_keeper(work, actor, seal_id, body.person_id, expected=expected)
        ),
    )


@_seals.post("/{seal_id}/activate", response_model=SealDetailOut)
def activate(
    seal_id: Id, body: SealAct, actor: Manager, write: Write, expected: ExpectedVersion
) -> SealDetailOut | Response:
    """Put a seal into force."""
    return _act(seal_id, "activate", body, actor, write, expected)


@_seals.post("/{seal_id}/suspend", response_model=SealDetailOut)
def suspend(
    seal_id: Id, body: SealAct, actor: Reader, write: Write, expected: ExpectedVersion
) -> SealDetailOut | Response:
    """Suspend a seal at once; its keeper may do so too."""
    return _act(seal_id, "suspend", body, actor, write, expected)


@_seals.post("/{seal_id}/resume", response_model=SealDetailOut)
def resume(
    seal_id: Id, body: SealAct, actor: Manager, write: Write, expected: ExpectedVersion
) -> SealDetailOut | Response:
    """Take a suspended seal up again."""
    return _act(seal_id, "resume", body, actor, write, expected)


@_trust.get("/roots.pem", dependencies=[PublicRoute], response_class=Response)
def roots(platform: PlatformOf) -> Response:
    """The trial root that this installation made, for `gmseal verify --trust`. Trial seals have no legal effect."""
    root = platform.view(trial_root)
    content = b"" if root is None else armour("CERTIFICATE", root)
    return Response(content, media_type="application/x-pem-file")


router.include(_seals)
router.include(_trust)


def _act(
    seal_id: Id, act: str, body: SealAct, actor: Actor, write: Write, expected: int | None
) -> SealDetailOut | Response:
    return write.run(
        actor,
        lambda work: _detail(
            work,
            actor,
            commands.act_on(work, actor, seal_id, act, reason=body.reason, expected=expected),
        ),
    )


def _detail(work: UnitOfWork, actor: Actor, seal: Seal) -> SealDetailOut:
    work.session.flush()
    return views.seal_detail(work, actor, seal)


def _preview(platform: PlatformOf, actor: Actor, seal_id: str) -> tuple[bytes, Seal]:
    def query(work: UnitOfWork) -> tuple[bytes, Seal]:
        seal = queries.get(work, actor.organization_id, seal_id)
        png = views.preview(work, seal)
        work.session.expunge(seal)
        return png, seal

    return platform.view(query)


def _read(file: UploadFile) -> bytes:
    data = file.file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(
            "FILE_TOO_LARGE",
            f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} MB，请核对是否选错文件。",
            f"The file is larger than {MAX_FILE_BYTES // 1024 // 1024} MB. Check that it is the right one.",
        )
    return data
