"""What one run of sealing will do: read in one read transaction, judged by the rules, carried out elsewhere.

The same judgement is made again in the transaction that makes the result true; a plan is only a proposal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from gmseal.pdf import Edge, QrPlacement, SealPlacement, SeamPlacement
from gmseal.pdf.placement import MIN_QR_MM
from gmseal.ses.signature import SealSigner
from gmseal.sm.timestamp_source import TimestampSource
from gmseal.trust import TrustStore
from shuangyin.approvals import queries as approvals
from shuangyin.authority.judging import AuthorityAnswer
from shuangyin.authority.separating import verdict
from shuangyin.core.actor import Actor
from shuangyin.core.ids import new_token
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import queries as documents
from shuangyin.documents.formats import Format
from shuangyin.documents.models import DocumentVersion
from shuangyin.requests import queries as requests
from shuangyin.requests.authorizing import authority_for, duties_of, readable
from shuangyin.requests.controls import controls_of_request
from shuangyin.requests.lawful import require_still_lawful
from shuangyin.requests.models import RequestDocument, RequestSeal, UseRequest
from shuangyin.sealing import errors, rules
from shuangyin.sealing.models import SealUse
from shuangyin.sealing.timestamps import NotingStamps, Timestamps
from shuangyin.seals import queries as seals
from shuangyin.seals.freezes import require_not_frozen
from shuangyin.seals.material import sealing_material, trust_of
from shuangyin.seals.models import Seal


@dataclass(frozen=True, slots=True)
class SealStep:
    """One seal on one document. `position` is the document's in the request, pages count from 0."""

    seal_id: str
    position: int
    token: str
    signer: SealSigner
    placements: tuple[SealPlacement, ...]
    seam: SeamPlacement | None
    qr: QrPlacement | None
    stamps: NotingStamps | None = None
    """Stamps the signature with the time, where the list asks for it."""


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """One document: the bytes to begin with, and the seals in their order."""

    position: int
    approved_sm3: str
    source: DocumentVersion
    stored: StoredObject
    steps: tuple[SealStep, ...]


@dataclass(frozen=True, slots=True)
class SealingPlan:
    """All that one run does."""

    organization_id: str
    request_id: str
    number: str
    signed_at: int
    documents: tuple[DocumentPlan, ...]
    trust: TrustStore


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """A seal of the request that may be put on now, by whom and by what right."""

    line: RequestSeal
    seal: Seal
    presser_id: str | None
    answer: AuthorityAnswer


def make_plan(work: UnitOfWork, actor: Actor, request_id: str) -> SealingPlan | None:
    """What is left to be sealed of a request by this actor; None when the request is sealed.

    Raises as `ready_lines`, Refused when a time stamp is asked for and no authority is set, and Unavailable when the seal's material or the public address cannot be used.
    """
    request = request_of(work, actor, request_id)
    done = uses_by_place(work, request.id)
    if is_complete(work, request, done):
        return None
    lines = ready_lines(work, actor, request)
    source = stamps_for(work, request)
    plans = []
    for document in requests.documents_of(work, request.id):
        steps = [
            _step(work, ready, document, source)
            for ready in lines
            if (ready.seal.id, document.position) not in done and _concerns(ready.line, document)
        ]
        if steps:
            chosen = _document_plan(work, request, document, done, steps)
            _require_code_first(work, request, chosen, done)
            plans.append(chosen)
    signed_at = work.now
    trust = trust_of(work)
    plan = SealingPlan(request.organization_id, request.id, request.number, signed_at, tuple(plans), trust)
    # The rows of versions and objects outlive this transaction as plain values.
    work.session.expunge_all()
    return plan


def ready_lines(work: UnitOfWork, actor: Actor, request: UseRequest) -> list[ReadyLine]:
    """The seals of a request that this actor may put on at this instant; at least one.

    The keeper acts by his post, others by a grant to press; the platform itself by a grant of automatic sealing
    (invariant 3). Raises Conflict or Refused when the request is not approved, changed since, or a seal is not in
    force; Forbidden when the actor keeps none of them; Refused when neither post nor grant covers the use.
    """
    require_not_frozen(work, request.organization_id)
    _require_request(work, request)
    require_person_for_face(actor, request)
    done = uses_by_place(work, request.id)
    documents_of = requests.documents_of(work, request.id)
    found: list[ReadyLine] = []
    refusals: list[AuthorityAnswer] = []
    for line in requests.seals_of(work, request.id):
        seal = seals.get(work, request.organization_id, line.seal_id)
        wanted = [one.position for one in documents_of if _concerns(line, one)]
        if all((seal.id, position) in done for position in wanted):
            continue
        answer = _judge(work, actor, request, seal)
        if answer.allowed:
            _require_seal(seal, work.now)
            found.append(ReadyLine(line, seal, None if actor.is_system else actor.person_id, answer))
        elif actor.is_system or answer.refusals or seal.keeper_person_id == actor.person_id:
            refusals.append(answer)
    if not found:
        # A seal of somebody else is nothing to be told about; one's own, or none at all, has a reason.
        raise errors.no_authority(refusals[0].reasons) if refusals else errors.not_the_keeper()
    if not actor.is_system:
        _require_separation(work, actor, request)
    return found


def request_of(work: UnitOfWork, actor: Actor, request_id: str) -> UseRequest:
    """The request, for the platform itself, for somebody who may read it, or who may press its seals. Raises NotFound."""
    return readable(work, actor, request_id)


def uses_by_place(work: UnitOfWork, request_id: str) -> dict[tuple[str, int], SealUse]:
    """The uses of a request by seal and position."""
    rows = work.session.scalars(select(SealUse).where(SealUse.request_id == request_id).order_by(SealUse.id))
    return {(use.seal_id, use.position): use for use in rows}


def is_complete(work: UnitOfWork, request: UseRequest, done: dict[tuple[str, int], SealUse]) -> bool:
    """Whether every seal of an electronic request is on every document it concerns."""
    every = requests.documents_of(work, request.id)
    return all(
        (line.seal_id, document.position) in done
        for line in requests.seals_of(work, request.id)
        for document in every
        if _concerns(line, document)
    )


def _require_request(work: UnitOfWork, request: UseRequest) -> None:
    route_binding = approvals.route(work, request.route_id).binding if request.route_id else None
    state = rules.RequestState(
        request.status,
        request.medium,
        request.binding,
        requests.current_binding(work, request),
        route_binding,
    )
    objection = rules.object_to_request(state)
    if objection is not None:
        raise errors.refused(objection)
    require_still_lawful(work, request)


def require_person_for_face(actor: Actor, request: UseRequest) -> None:
    """Raises Refused (NEEDS_FACE_CHECK) when the platform would seal by itself: a face check needs the keeper himself.

    He shows it as `factor_to_use` asks. A recorded exception takes the rule, and with it the control, out of the
    decision.
    """
    if actor.is_system and controls_of_request(request).face_check:
        raise errors.needs_face_check()


def stamps_for(work: UnitOfWork, request: UseRequest) -> TimestampSource | None:
    """Where the time stamps come from that the list asks for. Raises Refused when there is no authority to ask."""
    if not controls_of_request(request).timestamp:
        return None
    source = work.port(Timestamps).source
    if source is None:
        raise errors.no_timestamp_authority()
    return source


def _require_seal(seal: Seal, at: int) -> None:
    objection = rules.object_to_seal(rules.SealState(seal.status, seal.valid_from, seal.valid_until), at)
    if objection is not None:
        raise errors.refused(objection)


def _require_separation(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """For a high-risk use the duties are three persons', unless an override or a registered small unit says otherwise."""
    duties = duties_of(work, request, actor.person_id)
    if verdict(work, request.organization_id, request.id, duties) in ("override", "small_unit"):
        return
    objection = rules.object_to_presser(
        actor.person_id,
        high_risk=request.high_risk,
        applicant_id=duties.applicant_id,
        final_approver_ids=duties.final_approver_ids,
    )
    if objection is not None:
        raise errors.refused(objection)


def _judge(work: UnitOfWork, actor: Actor, request: UseRequest, seal: Seal) -> AuthorityAnswer:
    person_id = None if actor.is_system else actor.person_id
    return authority_for(work, request, seal.id, person_id=person_id, at=work.now)


def _document_plan(
    work: UnitOfWork,
    request: UseRequest,
    document: RequestDocument,
    done: dict[tuple[str, int], SealUse],
    steps: list[SealStep],
) -> DocumentPlan:
    """A later run goes on from the version that an earlier one of this request left."""
    organization_id = request.organization_id
    earlier = [
        documents.version(work, organization_id, use.sealed_version_id)
        for use in done.values()
        if use.position == document.position and use.sealed_version_id is not None
    ]
    approved = documents.version(work, organization_id, document.document_version_id)
    source = max((approved, *earlier), key=lambda version: version.number)
    if source.media_type == Format.OFD:
        # The first signature of an OFD protects its annotations, and a code is one.
        steps.sort(key=lambda step: step.qr is None)
    return DocumentPlan(document.position, document.sm3, source, documents.stored(work, source), tuple(steps))


def _require_code_first(
    work: UnitOfWork, request: UseRequest, plan: DocumentPlan, done: dict[tuple[str, int], SealUse]
) -> None:
    """A seal whose code is still to be added to an OFD goes on before the others. Raises Refused (CODE_FIRST)."""
    if plan.source.media_type != Format.OFD or any(step.qr is not None for step in plan.steps):
        return
    for line, seal in requests.lines_of(work, request.id):
        if line.qr is not None and (seal.id, plan.position) not in done:
            raise errors.code_first(seal.name)


def _step(
    work: UnitOfWork, ready: ReadyLine, document: RequestDocument, source: TimestampSource | None
) -> SealStep:
    stamps = None if source is None else NotingStamps(source)
    token = new_token()
    url = rules.verification_url(work.settings.public_url, token)
    if len(url) > rules.MAX_URL:
        raise errors.address_too_long(rules.MAX_URL)
    line = ready.line
    signer = sealing_material(work, ready.seal)
    return SealStep(
        seal_id=ready.seal.id,
        position=document.position,
        token=token,
        signer=signer if stamps is None else signer.stamped_by(stamps),
        placements=tuple(
            SealPlacement(int(place["page"]), float(place["x_mm"]), float(place["y_mm"]))
            for place in json.loads(line.placements)
            if _is_for(place, document)
        ),
        seam=_seam(line),
        qr=_qr(line, url),
        stamps=stamps,
    )


def _seam(line: RequestSeal) -> SeamPlacement | None:
    seam = json.loads(line.seam) if line.seam else None
    return None if seam is None else SeamPlacement(float(seam["y_mm"]), Edge(seam["edge"]))


def _qr(line: RequestSeal, url: str) -> QrPlacement | None:
    qr = json.loads(line.qr) if line.qr else None
    if qr is None:
        return None
    return QrPlacement(
        int(qr["page"]), float(qr["x_mm"]), float(qr["y_mm"]), url, float(qr.get("size_mm") or MIN_QR_MM)
    )


def _concerns(line: RequestSeal, document: RequestDocument) -> bool:
    """Whether a seal goes on a document at all: a place on it, or a seam, which runs over every document."""
    return bool(line.seam) or any(_is_for(place, document) for place in json.loads(line.placements))


def _is_for(place: dict[str, Any], document: RequestDocument) -> bool:
    return place.get("document") in (None, document.position)
