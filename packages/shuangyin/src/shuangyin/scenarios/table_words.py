"""The words of a decision table: what people call the codes in its columns, and the sheet that explains them. Pure.

A word stands in a cell only where it is found again as the same code, so a table with words says what one with codes
says. Words of fixed codes come from a data file; those of document kinds, departments and the like are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from shuangyin.core.text import Language, Text
from shuangyin.scenarios.decision_table import (
    COLUMNS,
    Column,
    Unfit,
    read_codes,
    read_flag,
    read_notes,
    read_steps,
    read_whole,
    write_codes,
)

Words = Mapping[str, Mapping[str, Sequence[Text]]]
"""By column, each code with what it is called; the first is shown, all are understood."""
LEGEND = "填写说明"
"""The name of the sheet that explains the table; it is passed over when the table is read."""

_ROUTE = "step.route"
_STEP_PARTS = ("step.post_kind", "step.scope", "step.mode", "step.second_factor")
_ROUTE_LINE = re.compile(r"(?:流程|route)\s*[:：]\s*(.+)", re.IGNORECASE)
_CODE = re.compile(r"[\x21-\x7e]+")
_APART = " ,，、;；\n"
_SEPARATOR = re.compile(r"[,，、;；\n]")
_TOLD = 12
_ID = re.compile(r"[0-9a-f]{32}")
_DEPARTMENTS = "conditions.departments"


@cache
def fixed_words() -> Words:
    """The words of codes that are the same for every organization."""
    raw = json.loads(resources.files("shuangyin.scenarios").joinpath("table_words.json").read_text("utf-8"))
    return {
        part: {code: [Text(zh, en) for zh, en in names] for code, names in codes.items()}
        for part, codes in raw.items()
    }


_CLOSED = frozenset({_DEPARTMENTS, _ROUTE, *fixed_words()}) - {"conditions.currency"}
"""Columns whose codes are all known. In others one may be new, or gone from its table: the check of a draft says so."""


class TableWords:
    """Words and codes of a table. ``given`` are the words of codes that the data file does not hold."""

    def __init__(self, given: Words, language: Language = "zh") -> None:
        self._words: Words = {**given, **fixed_words()}
        self._language = language
        self._found = {part: _by_word(codes) for part, codes in self._words.items()}
        self._longest = {part: sorted(words, key=len, reverse=True) for part, words in self._found.items()}

    def codes(self, column: Column, cell: str) -> str:
        """The cell with codes in place of words. Raises Unfit for what is neither."""
        if column.read is read_steps:
            return "\n".join(self._step_in_codes(line.strip()) for line in cell.splitlines())
        if column.part not in self._words:
            return cell
        if column.read is not read_codes:
            return self._code(column.part, cell.strip())
        return write_codes(self._listed(column.part, cell.strip()))

    def words(self, column: Column, cell: str) -> str:
        """The cell with words in place of the codes that are found again by them."""
        if column.read is read_steps:
            return "\n".join(self._step_in_words(line) for line in cell.splitlines())
        if column.part not in self._words or not cell:
            return cell
        if column.read is not read_codes:
            return self._word(column.part, cell)
        return self._list_in_words(column.part, read_codes(cell))

    def legend(self) -> list[list[str]]:
        """The sheet that explains the table: each column with how it is filled in, then its codes with their words."""
        rows = [["列 Column", "填写方法 How to fill in", "代码 Code", "中文 Chinese", "英文 English"]]
        for column in COLUMNS:
            how = _how(column, coded=column.part in self._words)
            rows.append(
                [f"{column.heading.zh} {column.heading.en}", f"{how.zh} {how.en}", column.part, "", ""]
            )
            parts = (*_STEP_PARTS, _ROUTE) if column.read is read_steps else (column.part,)
            for part in parts:
                rows += [["", "", code, *_pair(names)] for code, names in self._words.get(part, {}).items()]
        return rows

    def _word(self, part: str, code: str) -> str:
        names = self._words[part].get(code, ())
        word = names[0].in_language(self._language) if names else code
        return word if self._found[part].get(word.casefold()) == {code} else code

    def _listed(self, part: str, cell: str) -> list[str]:
        """The codes of a cell with several values. A name may hold a separator, so known ones are looked for first."""
        if cell.startswith("["):
            return [self._code(part, one) for one in read_codes(cell)]
        codes, rest = [], cell.strip(_APART)
        while rest:
            folded = rest.casefold()
            word = next((one for one in self._longest[part] if _begins(folded, one)), None)
            text = rest[: len(word)] if word else _SEPARATOR.split(rest, maxsplit=1)[0]
            codes.append(self._code(part, text.strip()))
            rest = rest[len(text) :].strip(_APART)
        return codes

    def _list_in_words(self, part: str, codes: list[str]) -> str:
        words = [self._word(part, one) for one in codes]
        text = ("，" if self._language == "zh" else ", ").join(words)
        try:
            return text if self._listed(part, text) == codes else write_codes(words)
        except Unfit:
            return write_codes(words)

    def _code(self, part: str, text: str) -> str:
        if text in self._words[part]:
            return text
        codes = self._found[part].get(text.casefold(), set())
        if len(codes) == 1:
            return next(iter(codes))
        if codes:
            several = ", ".join(sorted(codes))
            raise Unfit(
                f"「{text[:40]}」不止一个，请改填代码：{several}。",
                f"More than one is called “{text[:40]}”; write its code: {several}.",
            )
        if part not in _CLOSED and _CODE.fullmatch(text):
            return text
        if part == _DEPARTMENTS and _ID.fullmatch(text):
            return text
        raise self._unknown(part, text)

    def _unknown(self, part: str, text: str) -> Unfit:
        known = [(code, names[0]) for code, names in self._words[part].items()]
        zh = "、".join(f"{name.zh}（{code}）" if len(code) < 32 else name.zh for code, name in known[:_TOLD])
        en = ", ".join(f"{name.en} ({code})" if len(code) < 32 else name.en for code, name in known[:_TOLD])
        more = len(known) > _TOLD
        return Unfit(
            f"「{text[:40]}」不是本列的内容。可填：{zh or '（尚无）'}"
            + (f"，共 {len(known)} 项，见导出表格的“{LEGEND}”。" if more else "。"),
            f"“{text[:40]}” is no value of this column. Possible: {en or 'none yet'}"
            + (f", {len(known)} in all, see the sheet “{LEGEND}” of an exported table." if more else "."),
        )

    def _step_in_codes(self, line: str) -> str:
        route = _ROUTE_LINE.fullmatch(line)
        if route is not None:
            code = self._code(_ROUTE, route.group(1).strip())
            return json.dumps({"approver": "named_route", "route_code": code}, ensure_ascii=False)
        if not line or line.startswith("{"):
            return line
        post, rest = self._leading(_STEP_PARTS[:1], line)
        codes = [post]
        while rest:
            code, rest = self._leading(_STEP_PARTS[1:], rest)
            codes.append(code)
        return " ".join(codes)

    def _leading(self, parts: Sequence[str], line: str) -> tuple[str, str]:
        """The code of the longest word that a line begins with, and what follows it."""
        folded = line.casefold()
        for part in parts:
            for word in self._longest[part]:
                after = line[len(word) :]
                if folded.startswith(word) and (not after or after[0] in " ,，、;；"):
                    return self._code(part, word), after.lstrip(" ,，、;；")
        raise self._unknown(parts[0] if len(parts) == 1 else "step.mode", line.split(maxsplit=1)[0])

    def _step_in_words(self, line: str) -> str:
        if line.startswith("{"):
            step = json.loads(line)
            named = isinstance(step, dict) and set(step) == {"approver", "route_code"}
            if not named or step["approver"] != "named_route":
                return line
            name = self._word(_ROUTE, step["route_code"])
            known = self._found[_ROUTE].get(name.casefold()) == {step["route_code"]}
            return f"{'流程：' if self._language == 'zh' else 'route: '}{name}" if known else line
        codes = iter(line.split(" "))
        words = [self._word(_STEP_PARTS[0], next(codes))]
        for code in codes:
            part = next(part for part in _STEP_PARTS[1:] if code in self._words[part])
            words.append(self._word(part, code))
        return ("，" if self._language == "zh" else "; ").join(words)


def _begins(text: str, word: str) -> bool:
    """Whether a list begins with a word: nothing, or what keeps values apart, stands behind it."""
    behind = text[len(word) :].lstrip()
    return word != "" and text.startswith(word) and (not behind or behind[0] in _APART)


def _by_word(codes: Mapping[str, Sequence[Text]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for code, names in codes.items():
        for word in (code, *(word for name in names for word in (name.zh, name.en))):
            found.setdefault(word.strip().casefold(), set()).add(code)
    return found


def _pair(names: Sequence[Text]) -> tuple[str, str]:
    zh, en = dict.fromkeys(one.zh for one in names), dict.fromkeys(one.en for one in names)
    return " / ".join(zh), " / ".join(en)


_HOW = {
    read_flag: Text("填“是”或留空。", "Yes, or empty."),
    read_whole: Text("填整数。", "A whole number."),
    read_notes: Text(
        'JSON 数组，如 [{"zh": "…", "en": "…"}]。', 'A JSON array, such as [{"zh": "…", "en": "…"}].'
    ),
    read_steps: Text(
        "每行一步：岗位，可再写范围、方式、二次验证，以逗号隔开；用既定审批流程的写“流程：名称”；更复杂的步骤为 JSON。",
        "One step a line: a post, then scope, mode and second factor if need be, apart by semicolons; for a named route "
        "“route: its name”; what is not so simple is JSON.",
    ),
}


def _how(column: Column, *, coded: bool) -> Text:
    """How a column is filled in."""
    several = column.read is read_codes
    if column.read in _HOW:
        return _HOW[column.read]
    if coded:
        return (
            Text(
                "填下列词语或代码，可填多个，以顿号或逗号隔开。",
                "Words or codes below, several apart by commas.",
            )
            if several
            else Text("填下列词语或代码之一。", "One of the words or codes below.")
        )
    if "amount" in column.part:
        return Text("填金额，以元等币种单位计。", "An amount in units of the currency.")
    return Text("填文字。", "Text.")
