"""Routes of the comparison of imprints (印文比对) with the filed specimen."""

from __future__ import annotations

import io
from typing import Annotated

from fastapi import Form, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.objects import blocks_of
from shuangyin.core.photos import read_photo
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import imprint_errors
from shuangyin.custody import imprint_queries as queries
from shuangyin.custody.commands import imprints
from shuangyin.custody.imprint_judging import UnreadableScan, compare
from shuangyin.custody.imprint_queries import comparison_out
from shuangyin.custody.imprint_schemas import ImprintComparisonOut, ImprintDecision
from shuangyin.custody.imprint_sheet import imprint_sheet, typeset_imprint

router = Routes(tags=["custody"])

Reader = Annotated[Actor, access("custody.read")]
Reviewer = Annotated[Actor, access("custody.review")]


@router.post("/seals/{seal_id}/imprint-comparisons", status_code=201, response_model=ImprintComparisonOut)
def compare_imprint(
    seal_id: str,
    file: UploadFile,
    actor: Reader,
    write: Write,
    dpi: Annotated[
        float | None, Form(ge=50, le=5000, description="The scan's; that of the file without it.")
    ] = None,
    use_id: Annotated[str | None, Form(max_length=32)] = None,
) -> ImprintComparisonOut | Response:
    """Compare the scan of one imprint with the specimen of its seal: 不符 or 无法判定. An aid; the reviewer decides."""
    platform = write.platform
    data = file.file.read(platform.settings.max_photo_bytes + 1)
    photo = read_photo(data)
    if photo is None or len(data) > platform.settings.max_photo_bytes:
        raise imprint_errors.not_a_scan()

    def filed(work: UnitOfWork) -> tuple[bytes, float, float]:
        seal, specimen = queries.specimen_of(work, actor, seal_id)
        return work.objects.read(specimen), seal.width_mm, seal.height_mm

    specimen, width, height = platform.view(filed)
    try:
        judged = compare(specimen, data, width_mm=width, height_mm=height, dpi=dpi)
    except UnreadableScan as error:
        raise imprint_errors.not_a_scan() from error
    scan = platform.objects.write(blocks_of(io.BytesIO(data)))
    overlay = (
        None if judged.overlay is None else platform.objects.write(blocks_of(io.BytesIO(judged.overlay)))
    )

    def command(work: UnitOfWork) -> ImprintComparisonOut:
        kept = imprints.keep_comparison(
            work, actor, seal_id, judged, scan=(scan, photo.media_type), overlay=overlay, use_id=use_id
        )
        return comparison_out(work, actor, kept)

    return write.run(actor, command, status=201, payload_digest=f"{scan.sha256}{dpi}{use_id}")


@router.get("/seals/{seal_id}/imprint-comparisons", response_model=Page[ImprintComparisonOut])
def list_comparisons(
    seal_id: str, platform: PlatformOf, actor: Reader, limit: Limit = 20, cursor: Cursor = None
) -> Page[ImprintComparisonOut]:
    """The compared imprints of a seal, newest first."""

    def query(work: UnitOfWork) -> Page[ImprintComparisonOut]:
        rows = queries.comparisons(work, actor, seal_id, before=read_cursor(cursor), limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id, lambda row: comparison_out(work, actor, row))

    return platform.view(query)


@router.get("/imprint-comparisons/{comparison_id}/sheet.pdf", response_class=Response)
def comparison_pdf(comparison_id: str, platform: PlatformOf, actor: Reader) -> Response:
    """One comparison for paper (印文比对单): the three pictures, what was said and what was decided."""
    data = platform.view(
        lambda work: imprint_sheet(work, actor, queries.comparison(work, actor, comparison_id))
    )
    headers = {"Content-Disposition": 'inline; filename="imprint-comparison.pdf"'}
    return Response(typeset_imprint(data), media_type="application/pdf", headers=headers)


@router.get("/imprint-comparisons/{comparison_id}/{part}", response_class=Response)
def picture(comparison_id: str, part: queries.Part, platform: PlatformOf, actor: Reader) -> Response:
    """The scan, the specimen (with a watermark), or both on one another: grey both, red the scan alone, blue the specimen alone."""

    def query(work: UnitOfWork) -> Response:
        content, media_type = queries.picture_of(work, queries.comparison(work, actor, comparison_id), part)
        return Response(content, media_type=media_type)

    return platform.view(query)


@router.post("/imprint-comparisons/{comparison_id}/decision", response_model=ImprintComparisonOut)
def decide_imprint(
    comparison_id: str, body: ImprintDecision, actor: Reviewer, write: Write, expected: ExpectedVersion
) -> ImprintComparisonOut | Response:
    """The reviewer's own decision, once."""
    return write.run(
        actor,
        lambda work: comparison_out(
            work, actor, imprints.decide_imprint(work, actor, comparison_id, body, expected=expected)
        ),
    )
