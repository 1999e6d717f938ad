"""How changes of a whole organization and what follows from them are called."""

from __future__ import annotations

from shuangyin.core.text import Text

TITLES: dict[str, Text] = {
    "renamed": Text("单位更名", "The organization was renamed"),
    "representative_changed": Text("法定代表人（负责人）变更", "Another legal representative"),
}
KINDS: dict[str, Text] = {
    "office": Text("职务", "Office"),
    "approval": Text("待办审批", "Approval"),
    "grant": Text("前任个人持有的授权", "Personal grant of the predecessor"),
    "delegation": Text("前任的委托与受托", "Delegation of the predecessor"),
    "office_grant": Text("以本职务作出的授权", "Grant given by the office"),
    "seal": Text("印章", "Seal"),
    "custody": Text("保管的印章", "Seal kept"),
    "request": Text("未完成的用印申请", "Unfinished application"),
    "opening": Text("未完成的开柜", "Unfinished opening"),
    "loan": Text("未归还的外带", "Running loan"),
}
OUTCOMES: dict[str, Text] = {
    "moved": Text("移交继任", "Moved to the successor"),
    "blocked": Text("不能移交，待处理", "Could not move; to be settled"),
    "ended": Text("终止", "Ended"),
    "stopped": Text("停用，不得恢复", "Stopped for good"),
    "to_be_settled": Text("待处理", "To be settled"),
    "to_reconfirm": Text("十个工作日内重新确认，逾期失效", "To be reconfirmed within ten working days, or it lapses"),
}  # fmt: skip


def word_of(words: dict[str, Text], code: str) -> Text:
    """What a code means; the code itself when an earlier version wrote one that is not known any more."""
    return words.get(code) or Text(code, code)
