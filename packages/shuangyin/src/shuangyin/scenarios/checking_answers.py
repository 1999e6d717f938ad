"""What is wrong with the answer of one rule: seals that are gone, routes that reach nobody, controls at odds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from shuangyin.core.text import Text
from shuangyin.scenarios.faults import Fault, Known
from shuangyin.scenarios.rules import Answer, Basis, Controls, OneMedium, RouteStepPlan, Rule
from shuangyin.scenarios.rules.shapes import CONTROLS_OF_FILES, CONTROLS_OF_PAPER
from shuangyin.scenarios.sentences import post_name, seal_name, step_name

_MEDIA: dict[str | None, tuple[OneMedium, ...]] = {"electronic": ("electronic",), "physical": ("physical",)}
_NOTHING = Controls()
_BOTH: tuple[OneMedium, ...] = ("electronic", "physical")
_LEGAL_NAME_SERVES = ("contract", "department", "other")
_FORM = {"electronic": Text("电子", "electronic"), "physical": Text("实体", "physical")}


def faults_of_answer(rule: Rule, answer: Answer, known: Known) -> Iterator[Fault]:
    """The faults of what one rule says."""
    if answer == Answer() or answer == Answer(order=answer.order, exception=answer.exception):
        said = Text("规则没有任何要求。", "the rule asks for nothing.")
        yield Fault(rule.position, "ANSWER_EMPTY", said)
    if answer.exception == "allowed" and rule.basis in (Basis.LAW, Basis.REGULATION):
        said = Text(
            "以法律、法规为依据的要求不能申请例外。",
            "no exception is possible from what law or regulation demands.",
        )
        yield Fault(rule.position, "EXCEPTION_ON_LAW", said)
    if answer.order is not None and answer.medium != "both":
        said = Text(
            "只有两种印章并用时才有先后。", "an order means something only where both media are used."
        )
        yield Fault(rule.position, "ORDER_WITHOUT_BOTH", said, "warns")
    yield from _controls(rule, answer, known)
    yield from _seals(rule, answer, known)
    for step in answer.route:
        yield from _step(rule, answer, step, known)
    yield from _route(rule, answer)


def _controls(rule: Rule, answer: Answer, known: Known) -> Iterator[Fault]:
    controls = answer.controls
    if controls is None:
        return
    unknown = known.unknown(controls.prerequisites, known.prerequisites)
    if unknown:
        said = Text(
            f"前置材料的种类不存在：{'、'.join(unknown)}。",
            f"unknown kinds of attachments: {', '.join(unknown)}.",
        )
        yield Fault(rule.position, "PREREQUISITE_UNKNOWN", said)
    if controls.archive == "compulsory" and controls.archive_working_days is None:
        said = Text(
            "须归档的，要写明几个工作日内归档。", "a compulsory archive copy needs a term in working days."
        )
        yield Fault(rule.position, "ARCHIVE_WITHOUT_TERM", said)
    if controls.paper_only and answer.medium == "electronic":
        said = Text(
            "仅有纸质件的用印不能要求电子印章。", "what exists only on paper cannot take an electronic seal."
        )
        yield Fault(rule.position, "PAPER_ELECTRONIC", said)
    idle = {"electronic": CONTROLS_OF_PAPER, "physical": CONTROLS_OF_FILES}.get(
        answer.medium or "", frozenset()
    )
    without = [name for name in sorted(idle) if getattr(controls, name) != getattr(_NOTHING, name)]
    if without and not controls.paper_only:
        form = _FORM[answer.medium or ""]
        said = Text(
            f"{form.zh}用印不涉及这些控制，写了也不起作用：{'、'.join(without)}。",
            f"a use of the {form.en} seal has none of these controls, so they do nothing: {', '.join(without)}.",
        )
        yield Fault(rule.position, "CONTROL_IDLE", said, "warns")


def _seals(rule: Rule, answer: Answer, known: Known) -> Iterator[Fault]:
    if known.seals is None:
        return
    for category in answer.seal_categories:
        for medium in _MEDIA.get(answer.medium, ()):
            serving = {category, "legal_name"} if category in _LEGAL_NAME_SERVES else {category}
            if any((medium, one) in known.seals for one in serving):
                continue
            gone = (medium, category) in known.seals_ended
            name, form = seal_name(category), _FORM[medium]
            why = (
                Text("已全部停用或注销", "all have ended")
                if gone
                else Text("尚未登记启用", "none is in force yet")
            )
            yield Fault(
                rule.position,
                "SEAL_GONE" if gone else "SEAL_NONE",
                Text(
                    f"要求的{form.zh}{name.zh}{why.zh}。", f"it asks for the {form.en} {name.en}: {why.en}."
                ),
                "warns",
            )


def _step(rule: Rule, answer: Answer, step: RouteStepPlan, known: Known) -> Iterator[Fault]:
    if step.on_timeout == "pass" and answer.high_risk:
        said = Text(
            "高风险用印的审批不能超时自动通过。", "no step of a high-risk use may pass because time ran out."
        )
        yield Fault(rule.position, "PASS_ON_HIGH_RISK", said)
    if step.on_timeout != "remind" and step.timeout_hours is None:
        said = Text(
            "写明了超时处理，却没有时限。", "it says what happens when time runs out, and gives no time."
        )
        yield Fault(rule.position, "TIMEOUT_WITHOUT_HOURS", said)
    if step.approver == "named_route" and known.unknown([step.route_code or ""], known.routes):
        said = Text(
            f"审批流程「{step.route_code}」不存在或已停用，送审时会被拒绝。",
            f"the named route “{step.route_code}” does not exist or is retired: submissions would be refused.",
        )
        yield Fault(rule.position, "ROUTE_GONE", said)
    if _nobody(step, known):
        name = step_name(step) if step.approver != "post" else post_name(step.post_kind or "")
        blocks = step.if_nobody == "error"
        then = (
            Text("无人可以审批", "nobody can approve")
            if blocks
            else Text("将转由上级审批", "a superior decides instead")
        )
        yield Fault(
            rule.position,
            "APPROVER_NOBODY",
            Text(f"「{name.zh}」目前无人担任，{then.zh}。", f"“{name.en}” is nobody now: {then.en}."),
            "blocks" if blocks else "warns",
        )
    if step.when.media and not set(step.when.media) & set(_MEDIA.get(answer.medium, _BOTH)):
        said = Text(
            f"「{step_name(step).zh}」的条件与本条的用印形式不合，这一步从不发生。",
            f"the step “{step_name(step).en}” asks for a medium that the rule excludes: it is never taken.",
        )
        yield Fault(rule.position, "STEP_NEVER", said, "warns")


def _nobody(step: RouteStepPlan, known: Known) -> bool:
    by_post = step.approver == "post" or (step.approver == "applicant_choice" and not step.choice)
    if by_post and known.posts_held is not None:
        return step.post_kind not in known.posts_held
    if known.persons is None:
        return False
    if step.approver == "person":
        return step.person_id not in known.persons
    return step.approver == "applicant_choice" and not any(one in known.persons for one in step.choice)


def _route(rule: Rule, answer: Answer) -> Iterator[Fault]:
    """A route all of whose steps have conditions may leave nobody to ask."""
    if not answer.route:
        return
    for medium in _MEDIA.get(answer.medium, _BOTH):
        taken = [step for step in answer.route if not step.when.media or medium in step.when.media]
        if not _asks_somebody(taken):
            form = _FORM[medium]
            yield Fault(
                rule.position,
                "ROUTE_EMPTY",
                Text(
                    f"用{form.zh}印章时，各审批步骤的条件可能都不成立，无人审批。请保留一个无条件的步骤。",
                    f"with the {form.en} seal the conditions of all steps can fail and nobody is asked. Keep one step without conditions.",
                ),
            )
            return


def _asks_somebody(steps: list[RouteStepPlan]) -> bool:
    """Whether some step is taken for every amount, whatever seals and departments."""
    spans = []
    for step in steps:
        when = step.when
        if when.seal_categories or when.departments:
            continue
        if when.amount_from_minor is None and when.amount_below_minor is None:
            return True
        if when.currency == "CNY":
            spans.append((when.amount_from_minor or 0, when.amount_below_minor))
    reach = 0
    for low, high in sorted(spans, key=lambda span: span[0]):
        if low > reach:
            return False
        if high is None:
            return True
        reach = max(reach, high)
    return False
