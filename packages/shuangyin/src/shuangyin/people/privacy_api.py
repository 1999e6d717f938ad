"""Routes of consent, deletion, impact assessments, and of one's face."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Path, Response, UploadFile

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Invalid
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import deletion_sheet, faces, privacy
from shuangyin.people.commands import face_checks
from shuangyin.people.privacy_models import FaceCheck
from shuangyin.people.privacy_schemas import (
    AssessmentOut,
    DeletionOut,
    FaceAct,
    FaceAnswer,
    FaceEnrolment,
    FaceOut,
    FaceTask,
    MyPrivacy,
    NewAssessment,
    NewConsent,
    NoticeText,
    PrivacyOverview,
    PurposeOut,
    Withdrawn,
)
from shuangyin.people.purposes import purposes

router = Routes(tags=["privacy"])

Manager = Annotated[Actor, access("people.manage")]
IdInPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Pictures = Annotated[
    list[UploadFile], File(description="Two to twelve pictures in the order they were taken.")
]
MAX_PICTURE = 2 * 1024 * 1024


@router.get("/me/privacy", response_model=MyPrivacy)
def read_my_privacy(actor: SignedIn, platform: PlatformOf) -> MyPrivacy:
    """What the caller agreed to, and the proofs of what was deleted."""

    def query(work: UnitOfWork) -> MyPrivacy:
        deletions = privacy.deletions_of(work, actor.person_id)
        return MyPrivacy(
            purposes=_purposes_out(work, actor),
            deletions=[DeletionOut.model_validate(one) for one in deletions],
        )

    return platform.view(query)


@router.post("/me/consents", response_model=PurposeOut)
def give_consent(body: NewConsent, actor: SignedIn, write: Write) -> PurposeOut | Response:
    """Agree to one purpose, separately from every other."""

    def command(work: UnitOfWork) -> PurposeOut:
        privacy.give_consent(work, actor, body.purpose, body.version)
        return next(one for one in _purposes_out(work, actor) if one.code == body.purpose)

    return write.run(actor, command)


@router.delete("/me/consents/{purpose}", response_model=Withdrawn)
def withdraw_consent(
    purpose: Annotated[str, Path(pattern=r"^[a-z]{1,16}$")], actor: SignedIn, write: Write
) -> Withdrawn | Response:
    """Take a consent back; what was kept for it is deleted at once, with proof."""

    def command(work: UnitOfWork) -> Withdrawn:
        deletion = privacy.withdraw(work, actor, purpose)
        return Withdrawn(deletion=None if deletion is None else DeletionOut.model_validate(deletion))

    return write.run(actor, command)


@router.get(
    "/deletions/{deletion_id}/proof",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The proof, as PDF."}},
)
def read_proof(deletion_id: IdInPath, actor: SignedIn, platform: PlatformOf) -> Response:
    """The proof of a deletion: one's own, or any of the organization for who manages people."""
    sheet = platform.view(
        lambda work: deletion_sheet.sheet_of(work, privacy.own_deletion(work, actor, deletion_id))
    )
    name = f'attachment; filename="deletion-{deletion_id}.pdf"'
    return Response(
        deletion_sheet.typeset(sheet),
        media_type="application/pdf",
        headers={"Content-Disposition": name, "Cache-Control": "no-store"},
    )


@router.get("/privacy", response_model=PrivacyOverview)
def read_overview(actor: Manager, platform: PlatformOf) -> PrivacyOverview:
    """Personal information in numbers, and the impact assessments."""

    def query(work: UnitOfWork) -> PrivacyOverview:
        found = privacy.assessments(work, actor.organization_id)
        return PrivacyOverview(
            consents=privacy.consents_now(work, actor.organization_id),
            faces_stored=privacy.faces_stored(work),
            faces_to_be_filed=privacy.FACES_TO_BE_FILED,
            assessments=[AssessmentOut.model_validate(one) for one in found],
            purposes=_purposes_out(work, actor),
        )

    return platform.view(query)


@router.post("/privacy/assessments", status_code=201, response_model=AssessmentOut)
def add_assessment(body: NewAssessment, actor: Manager, write: Write) -> AssessmentOut | Response:
    """Record an impact assessment. Face checks are not open before there is one."""
    return write.run(
        actor,
        lambda work: AssessmentOut.model_validate(privacy.assess(work, actor, body)),
        status=201,
    )


@router.get("/me/face", response_model=FaceOut)
def read_face(actor: SignedIn, platform: PlatformOf) -> FaceOut:
    """Whether the caller's face is enrolled, and until when it is kept."""

    def query(work: UnitOfWork) -> FaceOut:
        kept = faces.face_of(work, actor.person_id)
        return FaceOut(
            offered=faces.engine(platform).available,
            enrolled_at=kept.enrolled_at if kept else None,
            delete_at=kept.delete_at if kept else None,
        )

    return platform.view(query)


@router.post("/me/face", response_model=FaceTask)
def ask_enrolment(body: FaceEnrolment, actor: SignedIn, platform: PlatformOf) -> FaceTask:
    """Begin to enrol one's face: how it is to be shown."""
    return platform.transact(
        lambda work: _task_out(face_checks.begin_enrolment(work, actor, proof=body.proof))
    )


@router.post("/auth/step-up/face", response_model=FaceTask)
def ask_face(body: FaceAct, actor: SignedIn, platform: PlatformOf) -> FaceTask:
    """Begin to confirm one act with one's face: how it is to be shown."""
    return platform.transact(lambda work: _task_out(faces.begin(work, actor, body.act, body.subject)))


@router.post("/auth/face-checks/{check_id}/pictures", response_model=FaceAnswer)
def show_face(check_id: IdInPath, actor: SignedIn, platform: PlatformOf, pictures: Pictures) -> FaceAnswer:
    """Show one's face: enrols it, or gives the code to confirm with. The pictures are kept nowhere."""
    if not 2 <= len(pictures) <= faces.MOST_PICTURES:
        raise Invalid("FACE_PICTURES", "请提交 2 至 12 张画面。", "Send two to twelve pictures.")
    data = [one.file.read(MAX_PICTURE + 1) for one in pictures]
    if any(len(one) > MAX_PICTURE for one in data):
        raise Invalid("FACE_PICTURES", "每张画面不超过 2 MB。", "A picture has at most 2 MB.")
    return FaceAnswer(answer=face_checks.show(platform, actor, check_id, data))


def _task_out(check: FaceCheck) -> FaceTask:
    return FaceTask.model_validate({"check": check.id, "turn": check.turn, "expires_at": check.expires_at})


def _purposes_out(work: UnitOfWork, actor: Actor) -> list[PurposeOut]:
    found = []
    for one in purposes().values():
        given = privacy.consent_of(work, actor.person_id, one.code)
        texts = {
            name: NoticeText.model_validate(getattr(one, name))
            for name in ("title", "what", "why", "impact", "kept", "otherwise")
        }
        found.append(
            PurposeOut(
                code=one.code,
                version=one.version,
                sensitive=one.sensitive,
                given_at=given.given_at if given else None,
                outdated=given is not None and given.notice_version != one.version,
                **texts,
            )
        )
    return found
