"""Pure decisions of the home page: what is worth an alert, and in which words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shuangyin.authority.rules.duties import SMALL_UNIT_MOST
from shuangyin.core.text import Text

DAY_MS = 24 * 3600 * 1000
EXPIRY_WARNING_MS = 30 * DAY_MS
UNSTAMPED_MS = 72 * 3600 * 1000
"""Approved but not stamped for so long is an alarm (the default users know: 72 hours)."""

REVIEW_WARNING_DAYS = 30

Level = Literal["info", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class SealFact:
    """What the home page needs to know of a seal."""

    id: str
    name: str
    medium: str
    status: str
    whereabouts: str | None
    valid_until: int | None


@dataclass(frozen=True, slots=True)
class OpeningFact:
    """An opening that is under way."""

    id: str
    number: str
    status: str
    closes_by: int | None


@dataclass(frozen=True, slots=True)
class LoanFact:
    """A loan that waits for this person's confirmation, is out, or is overdue."""

    id: str
    number: str
    state: Literal["pending", "out", "overdue", "returned", "cancelled"]
    place: str
    mine: bool
    originals: bool = False


@dataclass(frozen=True, slots=True)
class WaitingFact:
    """An approved request that waits for its seal."""

    id: str
    number: str
    approved_at: int


@dataclass(frozen=True, slots=True)
class SetupFact:
    """What of an organization is there already."""

    departments: int
    kinds_held: frozenset[str]
    staff: int
    seals_in_force: int
    safes: int
    all_outside: bool
    """Whether there are physical seals in force and none of them has a place in a safe."""
    has_list: bool


@dataclass(frozen=True, slots=True)
class ProblemFact:
    """Something that is wrong with the evidence log or with those who vouch for it."""

    subject: str
    zh: str
    en: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class ListFact:
    """The scenario list in force, as it concerns one person."""

    id: str
    version_number: int
    read_by_me: bool
    reminded: bool
    review_in_days: int | None
    keeps_it: bool


@dataclass(frozen=True, slots=True)
class AuthorityFact:
    """Grants to accept, about to end or to be reconfirmed, and later reviews: how many, and until when."""

    kind: Literal["accept", "ending", "reconfirm", "review", "review_overdue"]
    count: int
    until: int


@dataclass(frozen=True, slots=True)
class SealLifeFact:
    """How much waits about the life of seals, for who manages them."""

    tasks: int
    overdue: int
    out_of_step: int


@dataclass(frozen=True, slots=True)
class Task:
    """One step of setting an organization up; `link` is a path of the user interface."""

    key: str
    text: Text
    link: str
    done: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """One line of alerts; `link` is a path of the user interface."""

    level: Level
    text: Text
    link: str


_NO_LIST = Alert(
    "warning",
    Text(
        "用印场景清单尚未生效，暂不能提交用印申请。",
        "No scenario list is in force yet, so no application can be submitted.",
    ),
    "/scenarios",
)


_NEEDED_KINDS = frozenset({"legal_representative", "custodian", "reviewer"})
"""Without these posts no application finds its way to the safe, however small the organization."""

_NEEDED_BY_MANY = _NEEDED_KINDS | {"department_head", "employee"}
"""A unit too large to be a small one has departments whose heads approve; in a small one the keeper may apply."""


def setup_tasks(fact: SetupFact) -> tuple[Task, ...]:
    """What is to be done before the first application, in the order it is done; empty when all of it is."""
    few = fact.staff <= SMALL_UNIT_MOST
    posts_filled = fact.kinds_held >= (_NEEDED_KINDS if few else _NEEDED_BY_MANY)
    tasks = (
        Task(
            "departments",
            Text("设立部门（十人以下单位可不设）", "Add the departments (not needed up to ten people)"),
            "/admin/organization",
            fact.departments > 0 or (few and posts_filled),
        ),
        Task(
            "persons",
            Text(
                "登记法定代表人、部门负责人、员工、保管人、复核人并任职；十人以下单位可不设部门负责人，一人可任多岗",
                "Add persons and appoint legal representative, department head, employee, custodian, reviewer; "
                "up to ten people need no department head, and one person may hold several posts",
            ),
            "/admin/persons",
            posts_filled,
        ),
        Task(
            "seals",
            Text("登记印章并启用", "Register seals and put them in force"),
            "/seals",
            fact.seals_in_force > 0,
        ),
        Task(
            "safes",
            Text("登记保险柜，实体印章入柜", "Register a safe and put the physical seals in"),
            "/custody/safes",
            fact.safes > 0 and not fact.all_outside,
        ),
        Task(
            "list",
            Text(
                "编制用印场景清单，由法定代表人批准生效",
                "Draft the scenario list and have the legal representative put it into force",
            ),
            "/scenarios",
            fact.has_list,
        ),
    )
    return () if all(task.done for task in tasks) else tasks


def failed_jobs_alert(failed: int) -> Alert | None:
    """Background work that gave up waits for an administrator."""
    if not failed:
        return None
    text = Text(
        f"{failed} 项后台任务未能完成，请查看原因并重新执行。",
        f"Background jobs that gave up: {failed}. See why and try them again.",
    )
    return Alert("danger", text, "/admin/jobs")


def seal_life_alert(fact: SealLifeFact) -> Alert | None:
    """What is to be done about seals, what an authority has not taken, and where a register outside says otherwise."""
    parts = (
        (fact.tasks, f"印章待办 {fact.tasks} 项", f"tasks about seals: {fact.tasks}"),
        (fact.overdue, f"备案逾期或被退 {fact.overdue} 件", f"filings overdue or refused: {fact.overdue}"),
        (
            fact.out_of_step,
            f"与外部登记不一致 {fact.out_of_step} 处",
            f"out of step outside: {fact.out_of_step}",
        ),
    )
    said = [(zh, en) for count, zh, en in parts if count]
    if not said:
        return None
    en = "; ".join(one for _, one in said)
    text = Text("，".join(one for one, _ in said) + "。", f"{en[0].upper()}{en[1:]}.")
    return Alert("danger" if fact.overdue or fact.out_of_step else "warning", text, "/seals/filings")


def freeze_alert(since: str) -> Alert:
    """While everything is frozen nothing else on the page matters as much."""
    text = Text(
        f"本单位全部印章已于 {since} 冻结，暂停用印和开柜。",
        f"All seals have been frozen since {since} (Beijing): nothing is sealed, no safe is opened.",
    )
    return Alert("danger", text, "/seals/freeze")


def stuck_alert(stuck: int) -> Alert:
    """Approvals that nobody can decide wait for an administrator."""
    text = Text(
        f"{stuck} 项审批没有可审批的人员，请指定审批人、退回或终止。",
        f"Approvals that nobody can decide: {stuck}. Name an approver, send back or end them.",
    )
    return Alert("danger", text, "/approvals/stuck")


def statement_alert(week: str) -> Alert:
    """The weekly statement waits to be read."""
    text = Text(
        f"{week} 起一周的用印周报已生成，请审阅。",
        f"The statement of the week from {week} is ready to be read.",
    )
    return Alert("info", text, "/statements")


def loan_alert(fact: LoanFact) -> Alert | None:
    """A seal that is overdue concerns everybody who sees it; one that is out or waits, its two persons."""
    return _of_originals(fact) if fact.originals else _of_seals(fact)


def _of_originals(fact: LoanFact) -> Alert | None:
    link = f"/custody/original-loans/{fact.id}"
    if fact.state == "overdue":
        text = Text(
            f"借阅 {fact.number}（{fact.place}）的原件已逾期未归还，请立即归还。",
            f"The originals of loan {fact.number} ({fact.place}) are overdue. Bring them back now.",
        )
        return Alert("danger", text, link)
    if not fact.mine:
        return None
    if fact.state == "pending":
        text = Text(
            f"借阅 {fact.number} 已批准，请与保管人一同取出原件。",
            f"Loan {fact.number} is approved. Take the originals out together with the custodian.",
        )
        return Alert("warning", text, link)
    text = Text(
        f"借阅 {fact.number} 的原件待归还。", f"The originals of loan {fact.number} are to be returned."
    )
    return Alert("info", text, link)


def _of_seals(fact: LoanFact) -> Alert | None:
    link = f"/custody/loans/{fact.id}"
    if fact.state == "overdue":
        text = Text(
            f"{fact.number}（{fact.place}）已逾期未归还，请立即归还；印章丢失的，请挂失。",
            f"Loan {fact.number} ({fact.place}) is overdue. Bring the seal back now; if it is lost, report it lost.",
        )
        return Alert("danger", text, link)
    if not fact.mine:
        return None
    if fact.state == "pending":
        text = Text(f"{fact.number} 待双方确认取出。", f"Loan {fact.number} waits for both to confirm.")
        return Alert("warning", text, link)
    text = Text(f"{fact.number} 的印章待归还。", f"The seals of loan {fact.number} are to be returned.")
    return Alert("info", text, link)


def log_alert(problem: ProblemFact) -> Alert:
    """A log that may not be signed, or whose audit found history changed, is the gravest thing to be told."""
    if problem.subject.startswith("audit"):
        zh, en = (
            f"存证审计发现不符：{problem.zh}。",
            f"The audit of the log found a difference: {problem.en}.",
        )
    else:
        zh, en = f"存证日志：{problem.zh}。", f"Evidence log: {problem.en}."
    level: Level = "danger" if problem.blocking or problem.subject.startswith(("audit", "log")) else "warning"
    return Alert(level, Text(zh, en), "/evidence/state")


def authority_alert(now: int, fact: AuthorityFact) -> Alert:
    """What authority wants of a person; an overdue review is the gravest of it."""
    days = max(0, (fact.until - now) // DAY_MS)
    count = fact.count
    if fact.kind == "review_overdue":
        text = Text(
            f"{count} 项事后复核已逾期，请立即办理。",
            f"Later reviews that are overdue: {count}. Make them now.",
        )
        return Alert("danger", text, "/grants?tab=reviews")
    if fact.kind == "review":
        text = Text(
            f"{count} 项事后复核待办，最近一项还有 {days} 天。",
            f"Later reviews to make: {count}; the next within {days} days.",
        )
        return Alert("warning", text, "/grants?tab=reviews")
    if fact.kind == "reconfirm":
        text = Text(
            f"{count} 项前任作出的授权待您重新确认，{days} 天后失效。",
            f"Grants of your predecessor to reconfirm: {count}; they lapse within {days} days.",
        )
        return Alert("warning", text, "/grants?tab=reconfirm")
    if fact.kind == "accept":
        text = Text(f"{count} 项授权待您接受。", f"Grants for you to accept: {count}.")
        return Alert("warning", text, "/grants?tab=mine")
    text = Text(
        f"{count} 项授权即将到期，最近一项还有 {days} 天。",
        f"Grants about to end: {count}; the next within {days} days.",
    )
    return Alert("info", text, "/grants?tab=mine")


def alerts(
    now: int,
    *,
    seals: Iterable[SealFact],
    openings: Iterable[OpeningFact],
    loans: Iterable[LoanFact] = (),
    waiting: Iterable[WaitingFact],
    has_list: bool,
    failed_jobs: int = 0,
    problems: Iterable[ProblemFact] = (),
    in_force: ListFact | None = None,
    first: Iterable[Alert] = (),
    authority: Iterable[AuthorityFact] = (),
) -> tuple[Alert, ...]:
    """All alerts, the most urgent first. Without a scenario list in force nothing can be submitted."""
    found = [
        *first,
        *(log_alert(problem) for problem in problems),
        *([] if has_list else [_NO_LIST]),
        *filter(None, [failed_jobs_alert(failed_jobs)]),
        *(_of_list(in_force) if in_force else ()),
        *(authority_alert(now, fact) for fact in authority),
        *(alert for opening in openings if (alert := _of_opening(now, opening))),
        *(alert for loan in loans if (alert := loan_alert(loan))),
        *(alert for request in waiting if (alert := _of_waiting(now, request))),
        *(alert for seal in seals if (alert := _of_seal(now, seal))),
    ]
    order: dict[Level, int] = {"danger": 0, "warning": 1, "info": 2}
    return tuple(sorted(found, key=lambda alert: order[alert.level]))


def _of_list(fact: ListFact) -> tuple[Alert, ...]:
    """To read the list in force, and, for those who keep it, to review it."""
    link = f"/scenarios/{fact.id}"
    found = []
    if not fact.read_by_me:
        text = Text(
            f"请阅读用印场景清单第 {fact.version_number} 版，并确认已阅读。",
            f"Read version {fact.version_number} of the scenario list and confirm it.",
        )
        found.append(Alert("warning" if fact.reminded else "info", text, link))
    days = fact.review_in_days
    if fact.keeps_it and days is not None and days <= REVIEW_WARNING_DAYS:
        text = (
            Text(
                f"用印场景清单已过复核日期 {-days} 天，请复核并起草新版本。",
                f"The scenario list is {-days} days past its review. Review it and draft a new version.",
            )
            if days < 0
            else Text(
                f"用印场景清单将在 {days} 天后到复核日期。",
                f"The scenario list is to be reviewed in {days} days.",
            )
        )
        found.append(Alert("danger" if days < 0 else "warning", text, link))
    return tuple(found)


def _of_opening(now: int, opening: OpeningFact) -> Alert | None:
    link = f"/custody/openings/{opening.id}"
    if opening.status != "open" or opening.closes_by is None:
        return None
    if now > opening.closes_by:
        text = Text(
            f"{opening.number} 已超过开柜时限，请立即归位并关柜。",
            f"{opening.number} is past its time. Return the seals and shut the safe now.",
        )
        return Alert("danger", text, link)
    text = Text(f"{opening.number} 保险柜开启中。", f"{opening.number}: the safe stands open.")
    return Alert("info", text, link)


def _of_waiting(now: int, request: WaitingFact) -> Alert | None:
    if now - request.approved_at <= UNSTAMPED_MS:
        return None
    text = Text(
        f"{request.number} 批准已超过 72 小时仍未用印。",
        f"{request.number} was approved more than 72 hours ago and is not sealed yet.",
    )
    return Alert("warning", text, f"/requests/{request.id}")


def _of_seal(now: int, seal: SealFact) -> Alert | None:
    link = f"/seals/{seal.id}"
    if seal.status == "lost":
        text = Text(f"「{seal.name}」已挂失。", f"“{seal.name}” is reported lost.")
        return Alert("danger", text, link)
    if seal.status == "suspended":
        text = Text(f"「{seal.name}」已停用。", f"“{seal.name}” is suspended.")
        return Alert("warning", text, link)
    if (
        seal.status == "in_force"
        and seal.valid_until is not None
        and seal.valid_until - now < EXPIRY_WARNING_MS
    ):
        days = max(0, (seal.valid_until - now) // DAY_MS)
        text = Text(
            f"「{seal.name}」将在 {days} 天内到期，请办理续期。",
            f"“{seal.name}” ends within {days} days; renew it.",
        )
        return Alert("warning", text, link)
    return None
