"""The findings of an audit as a table for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from shuangyin.audit.rules import FindingStatus, Outcome
from shuangyin.audit.schemas import FindingOut
from shuangyin.core.clock import beijing_time

_HEADINGS = (
    "问题编号", "纳入审计", "差异", "发现时间", "印章", "设备", "申请编号", "备用许可", "盘点", "准盖", "备用", "设备计数",
    "登记正常", "登记废印", "应有照片", "已有照片", "预警", "预警意见", "状态", "责任人", "原因", "整改措施", "整改期限", "答复人",
    "整改报告人", "整改情况", "结清方式", "结清理由", "结清人",
)  # fmt: skip
_STATUS = {
    FindingStatus.OPEN: "待答复",
    FindingStatus.ANSWERED: "已答复",
    FindingStatus.RECTIFIED: "已整改",
    FindingStatus.SETTLED: "已结清",
}
_OUTCOME = {Outcome.EXPLAINED: "说明清楚", Outcome.RECTIFIED: "整改完成"}
_VERDICT = {"false_alarm": "误报", "real": "属实"}


def tabulate(found: Iterable[FindingOut]) -> bytes:
    """The findings as CSV in UTF-8 with a mark, as office programs open it; figures are those when they were taken in.

    A text that such a program would take for a formula is preceded by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADINGS)
    for one in found:
        writer.writerow(_cell(value) for value in _row(one))
    return out.getvalue().encode("utf-8-sig")


def _row(one: FindingOut) -> list[object]:
    named = (one.seal, one.device, one.request, one.paper_permit, one.stocktake)
    figures, alarm = one.figures, one.alarm
    persons = [
        person.name if person else None
        for person in (one.responsible, one.answered_by, one.rectified_by, one.settled_by)
    ]
    return [
        one.number,
        one.audit.name,
        one.title_zh,
        beijing_time(one.noticed_at).strftime("%Y-%m-%d %H:%M"),
        *(subject.name if subject else None for subject in named),
        figures.permitted,
        figures.spare,
        figures.counted,
        figures.registered_good,
        figures.registered_spoiled,
        figures.photos_asked,
        figures.photographed,
        alarm.number if alarm else None,
        _VERDICT.get(alarm.verdict or "") if alarm else None,
        _STATUS[one.status],
        persons[0],
        one.cause,
        one.rectification,
        one.due_on,
        persons[1],
        persons[2],
        one.rectified_note,
        _OUTCOME[one.outcome] if one.outcome else None,
        one.reason,
        persons[3],
    ]


def _cell(value: object) -> object:
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
