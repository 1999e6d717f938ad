"""Refusals of the scenario list."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, not_found


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
        "该版本已生效或已被替代，不能修改。请另起一份草案。",
        "This version is in force or superseded and cannot be changed. Begin a new draft.",
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
