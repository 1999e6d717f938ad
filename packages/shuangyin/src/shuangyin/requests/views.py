"""How requests are shown: rows joined with persons, documents, seals and approvals into API shapes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from shuangyin.approvals import queries as approvals
from shuangyin.approvals import views as approval_views
from shuangyin.approvals.schemas import ApprovalRouteOut
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.documents.queries import readable_version
from shuangyin.evidence.anchor_queries import anchors_of, state_of_entry
from shuangyin.evidence.queries import entries_for
from shuangyin.organization.queries import department_names
from shuangyin.people.queries import display
from shuangyin.people.schemas import NamedRef, PersonRef
from shuangyin.reference.queries import document_kind, paper_kind
from shuangyin.requests import queries
from shuangyin.requests.adding_up import Bonds, Like, adding_up, bonds_of, duplicates_of, nearby_of
from shuangyin.requests.authorizing import seals_for
from shuangyin.requests.commands.conditions import excepted_rules, facts_of_request
from shuangyin.requests.duty_views import duties_of
from shuangyin.requests.formalities import offered_with
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.requests.schemas import (
    Action,
    AttachmentOut,
    ExceptionBody,
    LikeRequest,
    Medium,
    PlaceBody,
    PreviewFacts,
    PreviewOut,
    QrBody,
    RequestDocumentOut,
    RequestOut,
    RequestSealOut,
    RequestSummary,
    RequestUseOut,
    SeamBody,
    TimelineItem,
)
from shuangyin.requests.stopped import code_of_stop
from shuangyin.requests.timeline import Happening, timeline_of
from shuangyin.requests.uses import RequestUses, begun_uses
from shuangyin.scenarios import queries as scenarios
from shuangyin.scenarios.schemas import DecisionOut, TextOut
from shuangyin.scenarios.views import decision_out, picture_url


def summaries(work: UnitOfWork, rows: Sequence[UseRequest]) -> dict[str, RequestSummary]:
    """Requests as lists show them, by id; one look-up each for persons, seals and who is waited for."""
    names = queries.seal_names(work, [one.id for one in rows])
    waiting = approvals.waiting_by_route(
        work, [one.route_id for one in rows if one.route_id and one.status == RequestStatus.IN_APPROVAL]
    )
    persons = {one.applicant_id for one in rows} | {one for ids in waiting.values() for one in ids}
    people = display(work, persons)
    return {one.id: _summary(one, names[one.id], waiting.get(one.route_id or "", []), people) for one in rows}


def request_out(work: UnitOfWork, actor: Actor, request: UseRequest) -> RequestOut:
    """A request with all that its page shows, in one answer."""
    summary = summaries(work, [request])[request.id]
    route = (
        approval_views.route_out(work, approvals.route(work, request.route_id)) if request.route_id else None
    )
    step_id = _step_to_decide(work, actor, route)
    departments = department_names(work, [request.department_id] if request.department_id else [])
    duties = duties_of(work, request.id)
    kind = document_kind(request.document_kind)
    return RequestOut(
        **summary.model_dump(),
        matter=request.matter,
        channel=request.channel,
        reason=request.reason,
        department=(
            NamedRef(id=request.department_id, name=departments[request.department_id])
            if request.department_id
            else None
        ),
        department_id=request.department_id,
        document_kind_name=TextOut(zh=kind.zh, en=kind.en),
        counterparty_id=request.counterparty_id,
        copies=request.copies,
        decision=_decision(work, actor, request),
        list_version=request.list_version,
        high_risk=request.high_risk,
        binding=request.binding,
        documents=_documents_out(work, request),
        seals=_seals_out(work, request),
        approval=route,
        step_id=step_id,
        timeline=timeline_out(work, request),
        uses=_uses_out(work, request),
        actions=_actions(work, actor, request, step_id),
        duties=duties,
        done=request.status == RequestStatus.SEALED and all(one.state == "fulfilled" for one in duties),
        **_besides(work, request),
    )


def preview_out(work: UnitOfWork, actor: Actor, asked: PreviewFacts) -> PreviewOut:
    """The decision about facts as they are sent, with what the use repeats or may belong together with."""
    digests = [readable_version(work, actor, one).sm3 for one in asked.document_version_ids]
    for named in (asked.amends_request_id, asked.part_of_request_id):
        if named is not None:
            queries.get(work, actor, named)
    bonds = Bonds(
        request_id=asked.request_id,
        organization_id=actor.organization_id,
        contract_number=asked.contract_number,
        counterparty_id=asked.counterparty_id,
        counterparty_name=asked.counterparty_name,
        amends_request_id=asked.amends_request_id,
        part_of_request_id=asked.part_of_request_id,
        digests=tuple(digests),
    )
    facts = adding_up(work, actor, asked, bonds, asked.excepted_rule_ids)
    decided = scenarios.decide_for(work, actor.organization_id, facts)
    decision = decision_out(work, offered_with(work, actor.organization_id, decided, asked.formality_id))
    duplicates = duplicates_of(work, bonds)
    return PreviewOut(
        **dict(decision),
        duplicates=likes_out(duplicates),
        nearby=likes_out(nearby_of(work, bonds, {one.request.id for one in duplicates})),
    )


def timeline_out(work: UnitOfWork, request: UseRequest) -> list[TimelineItem]:
    """What happened to a request, oldest first, with the evidence entry of each."""
    entries = entries_for(work, request.organization_id, [(queries.SUBJECT_TYPE, request.id)])
    notes = approvals.timeline(work, request.organization_id, queries.SUBJECT_TYPE, request.id)
    happenings = timeline_of(
        [
            Happening(
                one.entry.id,
                one.entry.kind,
                one.entry.recorded_at,
                one.entry.actor_id,
                code_of_stop(one.entry),
            )
            for one in entries
        ],
        notes,
    )
    people = display(work, {one.actor_id for one in happenings})
    anchors = anchors_of(work, entries)
    return [
        TimelineItem(
            at=one.at,
            kind=one.kind,
            zh=one.text.zh,
            en=one.text.en,
            person=people.get(one.actor_id),
            comment=one.comment,
            entry_id=one.entry_id,
            anchor_state=state_of_entry(anchors[one.entry_id]),
            anchors=anchors[one.entry_id],
        )
        for one in happenings
    ]


def _summary(
    request: UseRequest, seal_names: list[str], waiting: Sequence[str], people: dict[str, PersonRef]
) -> RequestSummary:
    return RequestSummary(
        id=request.id,
        number=request.number,
        status=RequestStatus(request.status),
        title=request.title,
        document_kind=request.document_kind,
        amount_minor=request.amount_minor,
        currency=request.currency,
        counterparty_name=request.counterparty_name,
        medium=_medium(request.medium),
        seal_names=seal_names,
        applicant=people.get(request.applicant_id) or PersonRef(id=request.applicant_id, name="—"),
        waiting_for=[people[one] for one in waiting if one in people],
        created_at=request.created_at,
        submitted_at=request.submitted_at,
        approved_at=request.approved_at,
        sealed_at=request.sealed_at,
        version=request.version,
    )


def _decision(work: UnitOfWork, actor: Actor, request: UseRequest) -> DecisionOut | None:
    """The decision of the submission; for what can still be edited, the present one for its applicant."""
    if request.status in queries.EDITABLE and request.applicant_id == actor.person_id:
        if scenarios.current(work, request.organization_id) is None:
            return None
        facts = facts_of_request(work, actor, request)
        return decision_out(work, scenarios.decide_for(work, request.organization_id, facts))
    return DecisionOut.model_validate_json(request.decision) if request.decision else None


def likes_out(likes: Sequence[Like]) -> list[LikeRequest]:
    """Other requests that one repeats or may belong together with."""
    return [
        LikeRequest.model_validate(
            {
                "why": one.why,
                "request_id": one.request.id,
                "number": one.request.number,
                "status": one.request.status,
                "amount_minor": one.request.amount_minor,
                "currency": one.request.currency,
                "at": one.request.submitted_at or one.request.created_at,
            }
        )
        for one in likes
    ]


def _besides(work: UnitOfWork, request: UseRequest) -> dict[str, object]:
    """What a request says besides document, seals and amount."""
    bonds = bonds_of(work, request)
    duplicates = duplicates_of(work, bonds)
    return {
        "platform": request.platform,
        "region": request.region,
        "contract_number": request.contract_number,
        "amends_request_id": request.amends_request_id,
        "part_of_request_id": request.part_of_request_id,
        "exception": (
            ExceptionBody(rule_ids=list(excepted_rules(request)), reason=request.exception_reason or "")
            if request.exception_rules
            else None
        ),
        "duplicate_reason": request.duplicate_reason,
        "duplicates": likes_out(duplicates),
        "nearby": likes_out(nearby_of(work, bonds, {one.request.id for one in duplicates})),
        "paper_description": request.paper_description,
        "paper_place": request.paper_place,
        "formality_id": request.formality_id,
        "stub_number": request.stub_number,
        "attachments": _attachments_out(work, request),
    }


def _attachments_out(work: UnitOfWork, request: UseRequest) -> list[AttachmentOut]:
    found = []
    for attached in queries.attachments_of(work, request.id):
        version = work.session.get_one(DocumentVersion, attached.document_version_id)
        kind = paper_kind(attached.kind)
        found.append(
            AttachmentOut(
                document_version_id=version.id,
                document_id=version.document_id,
                kind=attached.kind,
                kind_name=TextOut(zh=kind.zh, en=kind.en)
                if kind
                else TextOut(zh=attached.kind, en=attached.kind),
                title=work.session.get_one(Document, version.document_id).title,
                file_name=version.file_name,
                sm3=attached.sm3,
            )
        )
    return found


def _documents_out(work: UnitOfWork, request: UseRequest) -> list[RequestDocumentOut]:
    return [
        RequestDocumentOut(
            document_version_id=version.id,
            document_id=version.document_id,
            version_number=version.number,
            position=asked.position,
            title=work.session.get_one(Document, version.document_id).title,
            file_name=version.file_name,
            sm3=asked.sm3,
            size=version.size,
            pages=version.pages,
            page_sizes=json.loads(version.page_sizes),
            signed_by_others=version.signed_by_others,
        )
        for asked, version in queries.versions_of(work, request.id)
    ]


def _seals_out(work: UnitOfWork, request: UseRequest) -> list[RequestSealOut]:
    lines = queries.lines_of(work, request.id)
    keepers = display(work, {seal.keeper_person_id for _, seal in lines if seal.keeper_person_id})
    return [
        RequestSealOut(
            id=asked.id,
            seal_id=seal.id,
            name=seal.name,
            medium=_medium(seal.medium),
            category=seal.category,
            width_mm=seal.width_mm,
            height_mm=seal.height_mm,
            status=seal.status,
            keeper=keepers.get(seal.keeper_person_id) if seal.keeper_person_id else None,
            picture_url=picture_url(seal.id),
            presses_applied=asked.presses_applied,
            seam_presses=asked.seam_presses,
            placements=[PlaceBody.model_validate(place) for place in json.loads(asked.placements)],
            seam=SeamBody.model_validate_json(asked.seam) if asked.seam else None,
            qr=QrBody.model_validate_json(asked.qr) if asked.qr else None,
        )
        for asked, seal in lines
    ]


def _uses_out(work: UnitOfWork, request: UseRequest) -> list[RequestUseOut]:
    port = work.port(RequestUses)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    return [RequestUseOut.model_validate(one) for one in port.uses_of(work, request.id)]


def _step_to_decide(work: UnitOfWork, actor: Actor, route: ApprovalRouteOut | None) -> str | None:
    if route is None:
        return None
    barred = {one.id: one.barred_person_id for one in approvals.steps_of(work, route.route_id)}
    for step in route.steps:
        if approval_views.may_decide(actor, step, barred[step.id]):
            return step.id
    return None


def _actions(work: UnitOfWork, actor: Actor, request: UseRequest, step_id: str | None) -> list[Action]:
    own = request.applicant_id == actor.person_id
    status = request.status
    found: list[Action] = []
    if own and status in queries.EDITABLE and actor.may("requests.apply"):
        found += ["edit", "submit", "discard"]
    if own and status == RequestStatus.IN_APPROVAL:
        found += ["withdraw", "urge"]
        if request.route_id and approvals.route(work, request.route_id).replaceable_by is not None:
            found.append("replace")
    if step_id is not None:
        found.append("decide")
    if status == RequestStatus.APPROVED:
        if own and actor.may("requests.apply") and not begun_uses(work).begun(work, request.id):
            found.append("withdraw")
        if request.medium == "physical" and actor.may("custody.open"):
            found.append("open_safe")
        if request.medium == "electronic" and seals_for(work, actor, request):
            found.append("seal")
    return found


def _medium(value: str) -> Medium:
    return "electronic" if value == "electronic" else "physical"
