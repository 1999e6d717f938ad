"""The public check of a file for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Request, UploadFile
from fastapi.responses import StreamingResponse

from shuangyin.core.http.access import PlatformOf, PublicRoute, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id
from shuangyin.requests import queries as requests
from shuangyin.sealing import queries as sealing
from shuangyin.verification.bundles.building import BuiltBundle, PreparedBundle, build, prepare
from shuangyin.verification.checking import check_file
from shuangyin.verification.limits import count_upload
from shuangyin.verification.schemas import BilingualOut, FileCheckOut, PublicUseOut

router = Routes()
_public = Routes(prefix="/verification", tags=["verification"], dependencies=[PublicRoute])
_uses = Routes(prefix="/seal-uses", tags=["verification"])


@_uses.get("/{use_id}/evidence-bundle", response_class=StreamingResponse)
def evidence_bundle(
    *, use_id: Id, platform: PlatformOf, actor: SignedIn, file: bool = False
) -> StreamingResponse:
    """Everything that proves a seal use offline, in full; with `file` the document, too. Who may read the request gets it."""

    def query(work: UnitOfWork) -> PreparedBundle:
        use = sealing.get(work, actor.organization_id, use_id)
        requests.get(work, actor, use.request_id)
        return prepare(work, use, masked=False, with_file=file)

    return bundle_response(build(platform, platform.view(query)))


def bundle_response(bundle: BuiltBundle) -> StreamingResponse:
    """A bundle as a download."""
    headers = {
        "Content-Disposition": f'attachment; filename="{bundle.file_name}"',
        "Content-Length": str(bundle.path.stat().st_size),
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(bundle.chunks(), media_type="application/zip", headers=headers)


@_public.post("/files", response_model=FileCheckOut)
def check(
    file: Annotated[UploadFile, File(description="The PDF or OFD to check; it is not kept.")],
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


router.include(_uses)
router.include(_public)
