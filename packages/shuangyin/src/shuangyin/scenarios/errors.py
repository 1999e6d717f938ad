"""Refusals of the scenario list."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, TooLarge, not_found
from shuangyin.core.text import Text


def no_such_list() -> NotFound:
    """Absent, or of another organization."""
    return not_found("这份用印场景清单", "scenario list")


def no_list_in_force() -> Refused:
    """Nothing can be decided before a list is in force."""
    return Refused(
        "NO_LIST_IN_FORCE",
        "本单位的用印场景清单尚未生效，暂不能申请用印。请管理员编制清单并由法定代表人批准。",
        "No scenario list is in force, so nothing can be sealed. The administrator drafts one and the legal representative approves it.",
    )


def not_a_draft() -> Conflict:
    """Only a draft can be edited or put into force."""
    return Conflict(
        "LIST_NOT_DRAFT",
        "该版本不是草案，不能修改。审批中的请先撤回；已批准或已生效的请另起一份草案。",
        "This version is no draft and cannot be changed. Withdraw it if it is in approval; otherwise begin a new draft.",
    )


def unknown_kind(code: str) -> Invalid:
    """The kind of document is not in the code table."""
    return Invalid(
        "DOCUMENT_KIND_UNKNOWN",
        "没有这种文件类型，请从列表中选择。",
        "There is no such kind of document. Choose from the list.",
        details={"document_kind": code[:64]},
    )


def faulty_rules(faults: Sequence[tuple[int, str, str, str]]) -> Invalid:
    """Rules that cannot be put into force, each with position, code and sentences."""
    first = faults[0]
    return Invalid(
        "RULES_FAULTY",
        f"清单有 {len(faults)} 处须改正，例如第 {first[0]} 条：{first[2]}",
        f"{len(faults)} things in the list must be corrected, such as rule {first[0]}: {first[3]}",
        details={
            "faults": [
                {"position": position, "code": code, "zh": zh, "en": en} for position, code, zh, en in faults
            ]
        },
    )


def not_in_approval() -> Conflict:
    """Only a list in approval can be withdrawn."""
    return Conflict(
        "LIST_NOT_IN_APPROVAL",
        "该版本不在审批中，无需撤回。请刷新查看。",
        "This version is not in approval, so there is nothing to withdraw. Reload to see where it stands.",
    )


def not_submitter(name: str) -> Conflict:
    """The approval of a list is withdrawn by who asked for it."""
    return Conflict(
        "LIST_NOT_SUBMITTER",
        f"该版本由{name}送审，只能由其本人撤回，或由审批人退回。",
        f"{name} submitted this version: only he can withdraw it, or the approver sends it back.",
    )


def not_scheduled() -> Conflict:
    """Only a list that is approved and not yet in force can be recalled."""
    return Conflict(
        "LIST_NOT_SCHEDULED",
        "该版本不是「已批准、待生效」状态，不能取消生效。已生效的请另起一份草案替代。",
        "Only a version that is approved and not yet in force can be recalled. Replace one in force with a new draft.",
    )


def not_readable_yet() -> Conflict:
    """Only what is or will be in force is acknowledged."""
    return Conflict(
        "LIST_NOT_IN_FORCE",
        "只能确认已生效或已批准待生效的版本。",
        "Only a version that is in force, or approved to be, can be acknowledged.",
    )


def other_version_read() -> Conflict:
    """What was shown is not what the list says."""
    return Conflict(
        "LIST_CHANGED",
        "清单内容与您看到的不一致，请刷新重新阅读后再确认。",
        "The list is not what you were shown. Reload, read it again and confirm then.",
    )


def everybody_has_read() -> Conflict:
    """Nobody is left to be reminded."""
    return Conflict(
        "ALL_ACKNOWLEDGED",
        "全体人员均已确认阅读，无需提醒。",
        "Everybody has confirmed having read it; there is nobody to remind.",
    )


def reminded_lately(hours: int) -> Conflict:
    """Reminding again so soon helps nobody."""
    return Conflict(
        "REMINDED_LATELY",
        f"刚刚提醒过，请在 {hours} 小时后再提醒。",
        f"Staff were reminded a short while ago. Try again in {hours} hours.",
    )


def too_few_rules() -> Invalid:
    """A list without a rule says nothing."""
    return Invalid(
        "LIST_EMPTY", "清单没有任何规则，不能送审。", "The list has no rule and cannot be submitted."
    )


def cannot_switch(position: int, why: Text) -> Invalid:
    """A rule that cannot go over to electronic sealing."""
    return Invalid(
        "RULE_CANNOT_SWITCH",
        f"第 {position} 条不能切换为电子印章：{why.zh}",
        f"Rule {position} cannot go over to electronic sealing: {why.en}",
        details={"position": position},
    )


def switch_without_current() -> Invalid:
    """A switch is planned from the list in force."""
    return Invalid(
        "SWITCH_NEEDS_CURRENT",
        "切换计划以现行版本为基础，请选择「以现行版本为基础」起草。",
        "A switch is planned from the version in force; begin the draft as a copy of it.",
    )


def faulty_table(errors: Sequence[tuple[int, str, Text]]) -> Invalid:
    """Rows of a table that cannot be taken, each with row, column and sentences; nothing of it was taken."""
    row, column, first = errors[0]
    zh_place, en_place = (
        f"第 {row} 行" + (f" {column} 列" if column else ""),
        f"row {row}" + (f", column {column}" if column else ""),
    )
    return Invalid(
        "TABLE_FAULTY",
        f"表格有 {len(errors)} 处须改正，未作任何修改。例如{zh_place}：{first.zh}",
        f"{len(errors)} things in the table must be corrected; nothing was changed. Such as {en_place}: {first.en}",
        details={
            "errors": [
                {"row": row, "column": column, "zh": said.zh, "en": said.en} for row, column, said in errors
            ]
        },
    )


def table_too_many_bytes(limit: int) -> TooLarge:
    """An upload beyond the size of any table that a person keeps."""
    return TooLarge(
        "TABLE_TOO_LARGE",
        f"表格文件超过上限 {limit // (1024 * 1024)} MB，未读取。",
        f"The file is larger than {limit // (1024 * 1024)} MB and was not read.",
        details={"limit_bytes": limit},
    )


def no_such_simulation() -> NotFound:
    """Absent, or of another organization."""
    return not_found("这次试算", "simulation")


def simulation_under_way() -> Conflict:
    """One simulation of a list at a time."""
    return Conflict(
        "SIMULATION_UNDER_WAY",
        "该版本正在试算，请等待完成或先取消。",
        "A simulation of this version is under way. Wait for it, or cancel it first.",
    )
