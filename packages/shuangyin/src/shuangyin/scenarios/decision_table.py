"""A list's rules as a table: one rule a row, one part of it a column. Pure: bodies in, rows out, and back.

Every column writes and reads one part, so that a table read again gives the rules it was written from. Codes stand
with a separator, steps of a route one a line; what is not simple enough for that stands as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from pydantic import ValidationError

from shuangyin.core.errors import Invalid, ShuangyinError
from shuangyin.core.spreadsheets import TableRow, column_name
from shuangyin.core.text import Text
from shuangyin.scenarios.list_schemas import MOST_RULES
from shuangyin.scenarios.rules.amounts import units
from shuangyin.scenarios.schemas import RuleBody

Plain = dict[str, Any]
MOST_ERRORS = 200
"""Errors that are told at once; who has more starts with these."""
_YES = {"是", "yes", "y", "true", "1"}
_NO = {"否", "no", "n", "false", "0", ""}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell, or with one row where `column` is empty."""

    row: int
    column: str
    text: Text


class Unfit(Exception):
    """A cell that its column cannot read."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where its part stands in a rule, how it is headed, written and read."""

    path: tuple[str, ...]
    heading: Text
    write: Callable[[Any], str]
    read: Callable[[str], Any]

    @property
    def part(self) -> str:
        """The part's name, such as `answer.medium`."""
        return ".".join(self.path)

    @property
    def title(self) -> str:
        """The heading as the table shows it: Chinese, English and the part's name."""
        return f"{self.heading.zh} {self.heading.en} [{self.part}]"


class CellWords(Protocol):
    """Between the words that people write in cells and the codes that rules hold."""

    def codes(self, column: Column, cell: str) -> str:
        """The cell with codes in place of words. Raises Unfit for what is neither."""
        ...

    def words(self, column: Column, cell: str) -> str:
        """The cell with words in place of the codes that are found again by them."""
        ...


class AsWritten:
    """Takes and gives codes alone."""

    def codes(self, column: Column, cell: str) -> str:
        """The cell as it is."""
        return cell

    words = codes


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _flag(value: Any) -> str:
    return "是" if value else ""


def read_flag(text: str) -> bool:
    """Yes or no. Raises Unfit."""
    lowered = text.strip().lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise Unfit("请填「是」或留空。", "Write yes, or leave it empty.")


def read_whole(text: str) -> int:
    """A whole number. Raises Unfit."""
    stripped = text.strip().removesuffix(".0")
    if not stripped.isascii() or not stripped.isdecimal() or len(stripped) > 12:
        raise Unfit("请填整数。", "Write a whole number.")
    return int(stripped)


def write_codes(values: Any) -> str:
    """Several values in one cell, as JSON where one of them holds a separator."""
    texts = [str(value) for value in values or []]
    if any("," in one or "，" in one or "、" in one or one != one.strip() or one[:1] == "[" for one in texts):
        return json.dumps(texts, ensure_ascii=False)
    return ", ".join(texts)


def read_codes(text: str) -> list[str]:
    """The values of a cell, apart by commas or 、. Raises Unfit."""
    stripped = text.strip()
    if stripped.startswith("["):
        return _list_of(_json(stripped))
    return [one.strip() for one in stripped.replace("，", ",").replace("、", ",").split(",") if one.strip()]


def _list_of(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unfit("应为 JSON 数组。", "This must be a JSON array.")
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit("不是有效的 JSON。", "This is no valid JSON.") from error


def _notes(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""


def read_notes(text: str) -> list[Any]:
    """Notes in both languages as JSON. Raises Unfit."""
    return _list_of(_json(text))


_STEP_WORDS = {
    **{word: ("scope", word) for word in ("applicant_department", "organization")},
    **{word: ("mode", word) for word in ("all", "any", "in_turn")},
    **{word: ("second_factor", word) for word in ("each", "window")},
}


def _steps(values: Any) -> str:
    return "\n".join(_step(value) for value in values or [])


def _step(step: Plain) -> str:
    if not set(step) <= {"post_kind", "scope", "mode", "second_factor"} or "post_kind" not in step:
        return json.dumps(step, ensure_ascii=False)
    return " ".join(
        str(step[name]) for name in ("post_kind", "scope", "mode", "second_factor") if name in step
    )


def read_steps(text: str) -> list[Plain]:
    """The steps of a route, one a line. Raises Unfit."""
    return [_read_step(line.strip()) for line in text.splitlines() if line.strip()]


def _read_step(line: str) -> Plain:
    if line.startswith("{"):
        step = _json(line)
        if not isinstance(step, dict):
            raise Unfit("审批步骤应为 JSON 对象。", "A step must be a JSON object.")
        return step
    post, *words = line.split()
    step = {"post_kind": post}
    for word in words:
        if word not in _STEP_WORDS:
            raise Unfit(f"审批步骤中不认识「{word[:40]}」。", f"“{word[:40]}” is no word of a step.")
        name, value = _STEP_WORDS[word]
        step[name] = value
    return step


def _column(
    path: str, zh: str, en: str, write: Callable[[Any], str] = _plain, read: Callable[[str], Any] = str.strip
) -> Column:
    return Column(tuple(path.split(".")), Text(zh, en), write, read)


_CONTROL = "answer.controls"
COLUMNS: tuple[Column, ...] = (
    _column("name_zh", "名称", "Chinese name"),
    _column("name_en", "英文名称", "Name"),
    _column("conditions.document_kinds", "文件类型", "Kinds of document", write_codes, read_codes),
    _column("conditions.matters", "事项", "Matters", write_codes, read_codes),
    _column("conditions.channels", "办理渠道", "Channels", write_codes, read_codes),
    _column("conditions.platforms", "平台", "Platforms", write_codes, read_codes),
    _column("conditions.regions", "使用地", "Regions", write_codes, read_codes),
    _column("conditions.counterparty", "往来单位", "Counterparty", write_codes, read_codes),
    _column("conditions.departments", "部门", "Departments", write_codes, read_codes),
    _column("conditions.amount_from_minor", "金额达到", "Amount from"),
    _column("conditions.amount_below_minor", "金额低于", "Amount below"),
    _column("conditions.currency", "币种", "Currency"),
    _column("answer.medium", "用印形式", "Medium"),
    _column("answer.order", "先后", "Order"),
    _column("answer.seal_categories", "印章", "Seals", write_codes, read_codes),
    _column("answer.route", "审批步骤", "Approval steps", _steps, read_steps),
    _column("answer.high_risk", "高风险", "High risk", _flag, read_flag),
    _column("answer.exception", "例外", "Exception"),
    _column(f"{_CONTROL}.seam", "骑缝章", "Seam"),
    _column(f"{_CONTROL}.qr", "查验二维码", "QR code", _flag, read_flag),
    _column(f"{_CONTROL}.copies_max", "份数上限", "Most copies", _plain, read_whole),
    _column(f"{_CONTROL}.photo", "拍照", "Photos"),
    _column(f"{_CONTROL}.photo_moments", "拍照时点", "Photo moments", write_codes, read_codes),
    _column(f"{_CONTROL}.keep_electronic_copy", "留存电子档", "Electronic copy", _flag, read_flag),
    _column(f"{_CONTROL}.second_factor", "二次验证", "Second factor"),
    _column(f"{_CONTROL}.timestamp", "时间戳", "Time stamp", _flag, read_flag),
    _column(f"{_CONTROL}.face_check", "人脸核验", "Face check", _flag, read_flag),
    _column(f"{_CONTROL}.fence", "电子围栏", "Fence", _flag, read_flag),
    _column(f"{_CONTROL}.watermark", "水印", "Watermark", _flag, read_flag),
    _column(f"{_CONTROL}.supervisor", "监印人", "Supervisor", _flag, read_flag),
    _column(f"{_CONTROL}.archive", "归档", "Archive"),
    _column(
        f"{_CONTROL}.archive_working_days", "归档期限", "Archive within working days", _plain, read_whole
    ),
    _column(f"{_CONTROL}.prerequisites", "前置材料", "Papers needed before", write_codes, read_codes),
    _column(f"{_CONTROL}.stub_numbered", "编号存根", "Numbered stub", _flag, read_flag),
    _column(f"{_CONTROL}.monthly_allowance", "每月次数", "Times a month", _plain, read_whole),
    _column(f"{_CONTROL}.paper_only", "纸质原件", "Paper only", _flag, read_flag),
    _column(f"{_CONTROL}.hand_over", "跨平台交接", "Hand-over", _notes, read_notes),
    _column("strength", "约束力", "Strength"),
    _column("basis", "依据类别", "Basis"),
    _column("citation", "依据条款", "Citation"),
    _column("reason_zh", "理由", "Chinese reason"),
    _column("reason_en", "英文理由", "Reason"),
)
_AMOUNTS = ("amount_from_minor", "amount_below_minor")
_SHOWN_HEADINGS = 6


def rows_of(rules: Iterable[RuleBody], words: CellWords | None = None) -> list[list[str]]:
    """The table: a row of headings, then one row a rule."""
    words = words or AsWritten()
    table = [[column.title for column in COLUMNS]]
    for rule in rules:
        plain = rule.model_dump(mode="json", exclude_defaults=True)
        currency = rule.conditions.currency
        for name in _AMOUNTS:
            if name in plain["conditions"]:
                plain["conditions"][name] = f"{Decimal(plain['conditions'][name]) / units(currency):f}"
        table.append([words.words(column, column.write(_at(plain, column.path))) for column in COLUMNS])
    return table


def rules_from(
    rows: Iterable[TableRow], words: CellWords | None = None
) -> tuple[list[RuleBody], list[RowError]]:
    """The rules of a table, or everything that is wrong with it by row and column. Raises Invalid without headings."""
    iterator = iter(rows)
    head = next(iterator, None)
    if head is None:
        raise table_headings([], [])
    columns = _columns_by_heading(head.cells)
    rules: list[RuleBody] = []
    errors: list[RowError] = []
    for row in iterator:
        rule, wrong = _rule_from(row, columns, words or AsWritten())
        errors += wrong
        if rule is not None:
            rules.append(rule)
        if len(errors) >= MOST_ERRORS:
            break
    if not rules and not errors:
        errors.append(RowError(head.number, "", Text("表格没有任何规则。", "The table has no rule.")))
    return rules, errors[:MOST_ERRORS]


def table_headings(missing: Sequence[Column], unknown: Sequence[str]) -> Invalid:
    """The headings are not those of a decision table."""
    zh, en = [], []
    if missing:
        zh.append(f"缺少{_some([f'「{one.heading.zh}」' for one in missing], '、', '等 {} 列')}")
        en.append(f"missing: {_some([one.heading.en for one in missing], ', ', ' and more, {} in all')}")
    if unknown:
        names = [f"「{one.strip()[:40]}」" for one in unknown]
        zh.append(f"重复或不认识{_some(names, '、', '等 {} 列')}")
        en.append(f"doubled or unknown: {_some(names, ', ', ' and more, {} in all')}")
    return Invalid(
        "TABLE_HEADINGS",
        f"首行的列名不是决策表的列名：{'；'.join(zh) or '首行为空'}。列名写中文、英文或方括号内的代码均可；"
        "请从本页导出表格，在其中修改。",
        f"The first row does not hold the headings of a decision table: {'; '.join(en) or 'it is empty'}. A heading may "
        "be the Chinese, the English or the code in brackets. Export the table here and edit that.",
        details={
            "missing": [one.part for one in missing][:50],
            "unknown": [one[:80] for one in unknown[:50]],
        },
    )


def _some(names: Sequence[str], between: str, more: str) -> str:
    """The first few names whole, and how many there are when there are more."""
    shown = between.join(names[:_SHOWN_HEADINGS])
    return shown if len(names) <= _SHOWN_HEADINGS else shown + more.format(len(names))


def _columns_by_heading(cells: Sequence[str]) -> dict[int, Column]:
    known = {
        name.casefold(): column
        for column in COLUMNS
        for name in (column.part, column.heading.zh, column.heading.en, column.title)
    }
    found: dict[int, Column] = {}
    unknown: list[str] = []
    for index, cell in enumerate(cells):
        if not cell.strip():
            continue
        bracketed = cell.rstrip().removesuffix("]").rpartition("[")[2]
        column = known.get(cell.strip().casefold()) or known.get(bracketed.casefold())
        if column is not None and column not in found.values():
            found[index] = column
        else:
            unknown.append(cell)
    missing = [column for column in COLUMNS if column not in found.values()]
    if missing or unknown:
        raise table_headings(missing, unknown)
    return found


def _rule_from(
    row: TableRow, columns: dict[int, Column], words: CellWords
) -> tuple[RuleBody | None, list[RowError]]:
    plain: Plain = {"conditions": {}, "answer": {}}
    errors: list[RowError] = []
    index_of = {column.part: index for index, column in columns.items()}
    for index, cell in enumerate(row.cells):
        column = columns.get(index)
        if column is None:
            if cell.strip():
                said = Text("该列没有表头。", "This column has no heading.")
                errors.append(RowError(row.number, column_name(index), said))
            continue
        try:
            if cell.strip():
                _put(plain, column.path, column.read(words.codes(column, cell)))
        except Unfit as error:
            errors.append(RowError(row.number, column_name(index), error.text))
    errors += _amounts(plain, row.number, index_of)
    if errors:
        return None, errors
    try:
        return RuleBody.model_validate(plain), []
    except ValidationError as error:
        return None, [_row_error(row.number, one, index_of) for one in error.errors(include_url=False)]
    except ShuangyinError as error:
        field = str(error.details.get("field", ""))
        place = column_name(index_of[field]) if field in index_of else ""
        return None, [RowError(row.number, place, error.text)]


def _amounts(plain: Plain, number: int, index_of: dict[str, int]) -> list[RowError]:
    """Amounts are written in units of their currency and kept in its smallest unit."""
    errors = []
    conditions = plain["conditions"]
    for name in _AMOUNTS:
        if name not in conditions:
            continue
        minor = _minor(conditions[name], conditions.get("currency", "CNY"))
        if minor is not None:
            conditions[name] = minor
        else:
            said = Text("请填金额（元），最多两位小数。", "Write an amount in units of the currency.")
            errors.append(RowError(number, column_name(index_of[f"conditions.{name}"]), said))
    return errors


def _minor(text: str, currency: str) -> int | None:
    """An amount in units as an integer of the smallest unit; None when it is none."""
    try:
        minor = Decimal(text.replace(",", "")) * units(currency)
        return int(minor) if minor == minor.to_integral_value() else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _row_error(number: int, error: Any, index_of: dict[str, int]) -> RowError:
    path = ".".join(str(step) for step in error["loc"] if isinstance(step, str))
    place = next((index_of[part] for part in index_of if path == part or path.startswith(f"{part}.")), None)
    return RowError(number, column_name(place) if place is not None else "", _wrong(error))


_WRONG = {
    "missing": Text("必须填写。", "This has to be filled in."),
    "int_parsing": Text("须为整数。", "This has to be a whole number."),
    "int_type": Text("须为整数。", "This has to be a whole number."),
    "bool_parsing": Text("须填“是”或“否”。", "Write yes or no."),
    "bool_type": Text("须填“是”或“否”。", "Write yes or no."),
    "string_pattern_mismatch": Text("格式不符。", "It is not written as this column wants it."),
    "extra_forbidden": Text("没有这一项。", "There is no such part."),
}
"""What is wrong with a cell, by the type that pydantic gives its finding."""


def _wrong(error: Any) -> Text:
    """A finding in both languages; what has no words of ours says what is wrong in English in either."""
    limits = error.get("ctx", {})
    expected = str(limits.get("expected", ""))
    if error["type"] in {"literal_error", "enum"} and expected:
        zh = expected.replace("'", "").replace(" or ", "、").replace(", ", "、")
        return Text(f"须为下列之一：{zh}。", f"This has to be one of: {expected}.")
    if error["type"] in {"string_too_long", "too_long"}:
        most = limits.get("max_length")
        return Text(f"过长，最多 {most}。", f"Too long, at most {most}.")
    if error["type"] in {"greater_than_equal", "less_than_equal"}:
        bound = limits.get("ge", limits.get("le"))
        least = error["type"] == "greater_than_equal"
        zh, en = ("不得小于", "at least") if least else ("不得大于", "at most")
        return Text(f"{zh} {bound}。", f"This has to be {en} {bound}.")
    message = error["msg"][:160]
    return _WRONG.get(error["type"], Text(f"内容不符合要求：{message}", f"This does not fit: {message}"))


def _at(plain: Plain, path: Sequence[str]) -> Any:
    value: Any = plain
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    return value


def _put(plain: Plain, path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        plain = plain.setdefault(step, {})
    plain[path[-1]] = value


def most_rows() -> int:
    """Rows of a table that are read: the headings and the most rules that a list may have."""
    return MOST_RULES + 1
