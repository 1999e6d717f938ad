"""The decision in a sentence, as people say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shuangyin.core.text import Text
from shuangyin.scenarios.rules import Decision, Facts, RouteStepPlan, Verdict

_SEALS = {
    "legal_name": Text("公章", "official seal"),
    "contract": Text("合同专用章", "contract seal"),
    "finance": Text("财务专用章", "finance seal"),
    "invoice": Text("发票专用章", "invoice seal"),
    "legal_rep_name": Text("法定代表人名章", "legal representative's name seal"),
    "department": Text("部门章", "department seal"),
    "other": Text("业务章", "business seal"),
}
_POSTS = {
    "department_head": Text("部门负责人", "head of department"),
    "legal_representative": Text("法定代表人", "legal representative"),
    "employee": Text("员工", "employee"),
    "custodian": Text("印章保管人", "custodian"),
    "reviewer": Text("复核人", "reviewer"),
    "auditor": Text("审计人员", "auditor"),
    "administrator": Text("系统管理员", "administrator"),
    "affiliated_office": Text("党群组织负责人", "head of a Party, union or League organization"),
}
COUNTERPARTY_STATES = {
    "yes": Text("往来单位可接收电子印章", "the counterparty takes e-seals"),
    "no": Text("往来单位不接收电子印章", "the counterparty does not take e-seals"),
    "unknown": Text("往来单位能否接收电子印章未知", "it is unknown whether the counterparty takes e-seals"),
}
_APPROVERS: dict[str, Text] = {
    "person": Text("指定人员", "a named person"),
    "department_head": Text("部门负责人", "head of department"),
    "applicant_choice": Text("申请人所选审批人", "whom the applicant chooses"),
    "form_field": Text("申请中填写的人员", "the person named in the request"),
    "named_route": Text("既定审批流程", "a named route"),
}
_ORDERS = {
    None: Text("", ""),
    "electronic_first": Text(",先电子后实体", ", electronic first"),
    "physical_first": Text(",先实体后电子", ", physical first"),
}
_CURRENCIES = {"CNY": "元", "USD": "美元", "EUR": "欧元", "HKD": "港元", "JPY": "日元"}


def seal_name(category: str) -> Text:
    """What people call a seal of this category."""
    return _SEALS.get(category, Text(category, category))


def post_name(kind: str) -> Text:
    """What people call a post of this kind."""
    return _POSTS.get(kind, Text(kind, kind))


def step_name(step: RouteStepPlan) -> Text:
    """Whom a step of a route asks."""
    if step.approver == "post":
        return post_name(step.post_kind or "")
    if step.approver == "superiors":
        levels = step.levels or 1
        return Text(
            "直接上级" if levels == 1 else f"逐级上级（{levels} 级）",
            "direct superior" if levels == 1 else f"superiors up to level {levels}",
        )
    return _APPROVERS[step.approver]


def amount_text(amount_minor: int, currency: str) -> str:
    """An amount with separators, such as 1,000,000.00 元. Minor units are hundredths, of yen whole ones."""
    unit = _CURRENCIES.get(currency, currency)
    if currency == "JPY":
        return f"{amount_minor:,} {unit}"
    sign = "-" if amount_minor < 0 else ""
    major, minor = divmod(abs(amount_minor), 100)
    return f"{sign}{major:,}.{minor:02d} {unit}"


def amount_said(amount_minor: int, currency: str) -> Text:
    """An amount in both languages: 1,000,000.00 元, CNY 1,000,000.00."""
    zh = amount_text(amount_minor, currency)
    return Text(zh, f"{currency} {zh.rpartition(' ')[0]}")


def medium_text(decision: Decision | Verdict) -> Text:
    """Which seal, in which form, such as 须用实体公章与法定代表人名章."""
    *all_but_last, last = [seal_name(category).zh for category in decision.seal_categories] or [""]
    zh = f"{'、'.join(all_but_last)}与{last}" if all_but_last else last
    en = " and ".join(seal_name(category).en for category in decision.seal_categories)
    if decision.medium == "either":
        return Text(f"可用电子{zh}或实体{zh}", f"Use the {en}, electronic or physical")
    if decision.medium == "both":
        order = _ORDERS[decision.order]
        return Text(
            f"须同时用电子和实体{zh}{order.zh}", f"Use the {en}, both electronic and physical{order.en}"
        )
    form = Text("实体", "physical") if decision.medium == "physical" else Text("电子", "electronic")
    if decision.refused_media if isinstance(decision, Decision) else decision.refused:
        return Text(f"须用{form.zh}{zh}", f"The {form.en} {en} must be used")
    return Text(f"宜用{form.zh}{zh}", f"The {form.en} {en} should be used")


def route_text(route: Sequence[RouteStepPlan]) -> Text:
    """The approval steps in order."""
    names = [step_name(step) for step in route]
    return Text(" → ".join(name.zh for name in names), " → ".join(name.en for name in names))


def sentence_of(decision: Decision) -> Text:
    """The whole decision, such as 「须用实体公章,盖后留存电子档」."""
    medium = medium_text(decision)
    zh, en = [medium.zh], [medium.en]
    if decision.controls.keep_electronic_copy:
        zh.append("盖后留存电子档")
        en.append("keep an electronic copy afterwards")
    if decision.controls.seam == "required":
        zh.append("须盖骑缝章")
        en.append("with a seam seal across the pages")
    return Text("，".join(zh), ", ".join(en))


def facts_text(facts: Facts, names: Mapping[str, Text]) -> Text:
    """A use in a few words, such as 供应商合同，金额 1,000,000.00 元."""
    codes = (
        facts.document_kind,
        facts.matter,
        facts.channel,
        facts.platform,
        facts.department_id,
        facts.region,
    )
    said = [names.get(code, Text(code, code)) for code in codes if code]
    if facts.counterparty in COUNTERPARTY_STATES:
        said.append(COUNTERPARTY_STATES[facts.counterparty])
    if facts.amount_minor is not None:
        amount = amount_said(facts.amount_minor, facts.currency)
        said.append(Text(f"金额 {amount.zh}", f"amount {amount.en}"))
    return Text("，".join(one.zh for one in said), ", ".join(one.en for one in said))
