"""Submit a request: decide again, check everything, bind it, and start its approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidencelog.entry import JsonValue
from shuangyin.approvals.commands import RouteOrigin, start
from shuangyin.approvals.ports import Subject
from shuangyin.authority.commands import reserve
from shuangyin.core.actor import Actor
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.requests import errors, queries
from shuangyin.requests.adding_up import Like
from shuangyin.requests.authorizing import authority_for, use_of
from shuangyin.requests.commands import conditions
from shuangyin.requests.commands.describing import WrittenSheet, attach_sheet
from shuangyin.requests.commands.drafting import own, require_editable
from shuangyin.requests.commands.duties import require_none_overdue
from shuangyin.requests.formalities import may_be_pressed, offered_with, take_presses
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.requests.routing import definitions_of, parts_of, plan_for, route_facts
from shuangyin.requests.rules import (
    COVERS_NOW,
    SealLine,
    Sheet,
    objections_to_electronic,
    objections_to_number,
    objections_to_physical,
    objections_to_places,
)
from shuangyin.scenarios.queries import Decided, allowed_media, decide_for, serves
from shuangyin.scenarios.rules import Decision
from shuangyin.scenarios.sentences import seal_name
from shuangyin.scenarios.views import decision_out
from shuangyin.seals.queries import in_force


def submit(
    work: UnitOfWork,
    actor: Actor,
    request_id: str,
    expected: int | None,
    *,
    choices: Mapping[str, Sequence[str]] | None = None,
    fields: Mapping[str, str] | None = None,
    sheet: WrittenSheet | None = None,
) -> UseRequest:
    """Submit a draft, or a request that was sent back or withdrawn.

    `choices` are the approvers that the applicant chose, by step; `fields` the persons that steps find in the form; `sheet` describes a paper that exists only on paper (`write_sheet`).
    Approvals of a request that was sent back still count where nothing they look at has changed. The scenario list in force now decides again; what the applicant was shown earlier counts for nothing. Raises
    Refused (MEDIUM_REFUSED with the rule's reason and citation, SEAL_…), Invalid (REQUEST_INCOMPLETE, PAGE_MISSING,
    OFF_PAGE, SEAM_ONE_PAGE …), Conflict, Stale.
    """
    actor.require("requests.apply")
    request = own(work, actor, request_id, expected)
    require_editable(request)
    if sheet is not None:
        attach_sheet(work, actor, request, sheet)
    decided, lines = checked(work, actor, request)
    repeated = conditions.require_confirmed(work, request, decided.decision.controls)
    conditions.take_allowance(work, request, decided.decision.controls)
    take_presses(work, request, lines)
    sent_back = request.status == RequestStatus.SENT_BACK
    request.decision = decision_out(work, decided).model_dump_json()
    request.list_version = decided.list_version
    request.high_risk = decided.decision.high_risk
    request.binding_covers = COVERS_NOW
    request.binding = queries.current_binding(work, request)
    request.status = RequestStatus.IN_APPROVAL
    request.submitted_at = work.now
    work.session.flush()
    _record_submission(work, actor, request, decided, repeated)
    _reserve_counts(work, actor, request, lines)
    decided_route = definitions_of(work, request.organization_id, decided.decision)
    facts = route_facts(
        request, decided.decision, decided.facts.amount_minor, choices=choices or {}, fields=fields or {}
    )
    route = start(
        work,
        actor,
        subject=Subject(queries.SUBJECT_TYPE, request.id, request.title),
        steps=plan_for(work, request, decided_route.steps, facts),
        binding=request.binding,
        origin=RouteOrigin(
            parts=parts_of(work, request),
            facts=facts,
            high_risk=request.high_risk,
            previous_id=request.route_id if sent_back else None,
            version_id=decided_route.version_id,
        ),
    )
    request.route_id = route.id
    work.session.flush()
    return request


def checked(work: UnitOfWork, actor: Actor, request: UseRequest) -> tuple[Decided, Sequence[SealLine]]:
    """The decision of the list in force about a request, and its seals, when it may be submitted as it is.

    Raises as `submit` does.
    """
    sheets, lines = queries.sheets_of(work, request.id), queries.seal_lines_of(work, request.id)
    decided = decide_for(work, actor.organization_id, conditions.facts_of_request(work, actor, request))
    decided = offered_with(work, actor.organization_id, decided, request.formality_id)
    conditions.require_exceptions(request, decided)
    _require_medium(request, decided.decision)
    _require_complete(request, sheets, lines)
    conditions.require_paper_described(request, decided.decision.controls)
    conditions.require_papers(work, request, decided.decision.controls)
    _require_seals(work, request, decided)
    _require_places(request, sheets, lines, most=work.settings.max_places)
    require_controls(request, decided.decision, lines)
    require_none_overdue(work, request)
    return decided, lines


def _require_medium(request: UseRequest, decision: Decision) -> None:
    for refused in decision.refused_media:
        if refused.medium == request.medium:
            raise errors.medium_refused(refused, conditions.cited_as(refused.citation))


def _require_complete(request: UseRequest, sheets: Sequence[Sheet], lines: Sequence[SealLine]) -> None:
    there = {
        "reason": (bool(request.reason), Text("申请事由", "the reason")),
        "document_version_ids": (bool(sheets), Text("用印文件", "a document")),
        "seals": (bool(lines), Text("印章", "a seal")),
    }
    missing = [(field, text) for field, (given, text) in there.items() if not given]
    if missing:
        raise errors.incomplete(missing)


def _require_seals(work: UnitOfWork, request: UseRequest, decided: Decided) -> None:
    # The seals that the decision resolved to: the legal-name seal stands in only where a category has none of its own.
    fitting = {one.seal.id for one in decided.seals}
    usable = {
        seal.id
        for seal in in_force(work, request.organization_id, medium=request.medium, category=None, at=work.now)
    }
    chosen = [seal for _, seal in queries.lines_of(work, request.id)]
    wanted = decided.decision.seal_categories
    for seal in chosen:
        if seal.medium != request.medium:
            raise errors.seal_of_other_medium(seal.name)
        if seal.id not in usable and not may_be_pressed(work, request, seal):
            raise errors.seal_not_usable(seal.name)
        if seal.id not in fitting:
            raise errors.seal_not_decided(seal.name, "、".join(seal_name(category).zh for category in wanted))
    # What the root office approved for a formality names its seal; the others of the set were stopped by the same rename,
    # and each has an approval of its own.
    for category in wanted if request.formality_id is None else ():
        if not any(serves(seal.category, category) for seal in chosen):
            raise errors.seal_missing(seal_name(category).zh, seal_name(category).en)


def _require_places(
    request: UseRequest, sheets: Sequence[Sheet], lines: Sequence[SealLine], *, most: int
) -> None:
    objections = objections_to_number(sheets, lines, most) or objections_to_places(sheets, lines)
    if request.medium == "electronic":
        objections += objections_to_electronic(sheets, lines)
    else:
        objections += objections_to_physical(lines)
    if objections:
        raise errors.misplaced(objections)


def require_controls(request: UseRequest, decision: Decision, lines: Sequence[SealLine]) -> None:
    """What the list asks of the request. Raises Refused (TOO_MANY_COPIES, COPIES_NOT_PRESSED, SEAM_REQUIRED, QR_REQUIRED)."""
    controls = decision.controls
    if controls.copies_max is not None and request.copies > controls.copies_max:
        raise errors.control_unmet(
            "TOO_MANY_COPIES",
            f"按用印场景清单，此类文件最多 {controls.copies_max} 份。",
            f"The scenario list allows at most {controls.copies_max} copies.",
        )
    presses = sum(line.presses + line.seam_presses for line in lines)
    if controls.photo == "each_copy" and request.medium == "physical" and presses < request.copies:
        raise errors.control_unmet(
            "COPIES_NOT_PRESSED",
            f"按用印场景清单，每份都须盖章拍照：共 {request.copies} 份，只申请盖 {presses} 次。请核对份数或次数。",
            f"The scenario list asks for a photo of every sealed copy: there are {request.copies}, and {presses} presses "
            "are applied for. Check copies and presses.",
        )
    if controls.seam == "required" and not any(line.seam or line.seam_presses for line in lines):
        raise errors.control_unmet(
            "SEAM_REQUIRED",
            "按用印场景清单，此类文件须盖骑缝章。",
            "The scenario list asks for a seam seal on this kind of document.",
        )
    if controls.qr and request.medium == "electronic" and not any(line.qr for line in lines):
        raise errors.control_unmet(
            "QR_REQUIRED",
            "按用印场景清单，此类文件须附查验二维码。",
            "The scenario list asks for a QR code on this kind of document.",
        )


def _reserve_counts(work: UnitOfWork, actor: Actor, request: UseRequest, lines: Sequence[SealLine]) -> None:
    """Hold a count of each grant of automatic sealing, when every seal of the request has one."""
    if request.medium != "electronic":
        return
    answers = [authority_for(work, request, line.seal_id, person_id=None, at=work.now) for line in lines]
    for line, answer in zip(lines, answers, strict=True):
        if answer.grant_id is not None and all(one.allowed for one in answers):
            reserve(
                work,
                actor,
                answer.grant_id,
                subject_id=request.id,
                seal_id=line.seal_id,
                use=use_of(work, request, line.seal_id),
            )


def _record_submission(
    work: UnitOfWork, actor: Actor, request: UseRequest, decided: Decided, repeated: Sequence[Like]
) -> None:
    advised = allowed_media(decided.decision)[0]
    record(
        work,
        actor,
        kind="requests.submitted",
        subject_type=queries.SUBJECT_TYPE,
        subject_id=request.id,
        facts={
            "number": request.number,
            "binding": request.binding,
            "documents": [one.sm3 for one in queries.documents_of(work, request.id)],
            "seals": [one.seal_id for one in queries.seals_of(work, request.id)],
            "medium": request.medium,
            "as_advised": decided.decision.medium in ("either", "both") or request.medium == advised,
            "list_version": decided.list_version,
            "rules": list(decided.decision.rule_ids),
            "high_risk": decided.decision.high_risk,
            "reason": digest_of(request.reason),
            **_said_besides(work, request, decided, repeated),
        },
    )


def _said_besides(
    work: UnitOfWork, request: UseRequest, decided: Decided, repeated: Sequence[Like]
) -> dict[str, JsonValue]:
    """What only some submissions have: exceptions, repetition, what adds up, attached papers, a stub."""
    said: dict[str, JsonValue] = {}
    if request.exception_reason:
        said["excepted_rules"] = list(conditions.excepted_rules(request))
        said["exception_reason"] = digest_of(request.exception_reason)
    if repeated:
        said["repeats"] = [one.request.number for one in repeated]
        said["repeat_reason"] = digest_of(request.duplicate_reason or "")
    if decided.facts.parts:
        said["adds_up"] = [one.label for one in decided.facts.parts[:-1]]
        said["total_minor"] = decided.facts.amount_minor
    attached = queries.attachments_of(work, request.id)
    if attached:
        said["attachments"] = [f"{one.kind}:{one.sm3}" for one in attached]
    if request.stub_number:
        said["stub"] = request.stub_number
    if request.formality_id:
        said["formality"] = request.formality_id
    return said
