"""The public check of a file for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.verification.checking import check_file
from shuangyin.verification.limits import count_upload
from shuangyin.verification.schemas import BilingualOut, FileCheckOut, PublicUseOut

router = APIRouter(prefix="/verification", tags=["verification"], dependencies=[PublicRoute])


@router.post("/files", response_model=FileCheckOut)
def check(
    file: Annotated[UploadFile, File(description="The PDF to check; it is not kept.")],
    request: Request,
    platform: PlatformOf,
) -> FileCheckOut:
    """Judge a file by itself, and say whether it is registered here."""
    count_upload(request, platform)
    found = check_file(platform, file.file, None)
    return FileCheckOut(
        code=found.answer.code,
        level=found.answer.level.value,
        word=BilingualOut.model_validate(found.answer.word),
        sentence=BilingualOut.model_validate(found.answer.sentence),
        registered=found.registered,
        trial=found.trial,
        sm3=found.sm3,
        size=found.size,
        uses=[PublicUseOut.model_validate(use) for use in found.uses],
        report=found.report_dict(),
    )
