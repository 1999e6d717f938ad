"""The decision table as XLSX: what is exported comes back the same, and every odd file gets a clear refusal."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_world import World, ok, problem
from request_story import Story

from shuangyin.core.errors import Invalid, ShuangyinError, TooLarge
from shuangyin.core.spreadsheets import TableRow, read_xlsx, write_xlsx
from shuangyin.core.text import Language, Text
from shuangyin.scenarios.decision_table import COLUMNS, rows_of, rules_from
from shuangyin.scenarios.schemas import RuleBody
from shuangyin.scenarios.starters import starter
from shuangyin.scenarios.table_words import LEGEND, TableWords

SHEET = "xl/worksheets/sheet1.xml"
lines = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters="★☆"), min_size=1, max_size=12
).filter(lambda text: "密" not in text and "xx" not in text)
formulas = st.sampled_from(("=1+1", "+A1", "@x", "_x0041_", "-1", "'quoted'", "[1, 2]"))
names = st.one_of(lines, formulas)
codes = st.lists(st.one_of(lines, st.sampled_from(("a,b", " spaced ", "[x]", "甲、乙"))), max_size=3)
steps = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"post_kind": st.sampled_from(("department_head", "legal_representative"))},
            optional={
                "scope": st.just("organization"),
                "mode": st.sampled_from(("all", "in_turn")),
                "second_factor": st.just("each"),
            },
        ),
        st.fixed_dictionaries({"approver": st.just("superiors"), "levels": st.integers(1, 10)}),
    ),
    max_size=3,
)
controls = st.fixed_dictionaries(
    {"copies_max": st.integers(1, 10_000)},
    optional={
        "seam": st.just("required"),
        "photo": st.sampled_from(("once", "each_copy")),
        "photo_moments": st.just(["before", "after"]),
        "prerequisites": codes.filter(bool),
        "timestamp": st.booleans(),
        "paper_only": st.booleans(),
        "hand_over": st.lists(st.fixed_dictionaries({"zh": names, "en": names}), max_size=2),
    },
)
bodies = st.fixed_dictionaries(
    {
        "name_zh": names,
        "name_en": names,
        "conditions": st.fixed_dictionaries(
            {},
            optional={
                "document_kinds": codes,
                "matters": codes,
                "amount_from_minor": st.integers(0, 10**15),
                "currency": st.sampled_from(("CNY", "USD", "JPY")),
                "regions": st.lists(st.sampled_from(("11", "110108", "foreign")), max_size=2),
            },
        ),
        "answer": st.fixed_dictionaries(
            {},
            optional={
                "medium": st.sampled_from(("electronic", "physical", "either", "both")),
                "seal_categories": st.lists(st.sampled_from(("legal_name", "contract")), max_size=2),
                "route": steps,
                "high_risk": st.booleans(),
                "controls": controls,
            },
        ),
        "strength": st.sampled_from(("must", "should")),
        "basis": st.sampled_from(("law", "internal")),
        "citation": st.one_of(st.none(), st.just("esign-law-3")),
        "reason_zh": names,
        "reason_en": names,
    }
)


def valid(body: dict[str, Any]) -> bool:
    try:
        RuleBody.model_validate(body)
    except (ValueError, ShuangyinError):
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(st.lists(bodies.filter(valid).map(RuleBody.model_validate), min_size=1, max_size=4))
def test_a_table_read_again_gives_the_rules_it_was_written_from(rules: list[RuleBody]) -> None:
    content = write_xlsx(rows_of(rules), title="rules")
    found, wrong = rules_from(read_xlsx(BytesIO(content), most_rows=100))
    assert wrong == []
    assert found == rules


WORDS = {
    "conditions.document_kinds": {"financing_contract": [Text("融资合同", "Financing contract")]},
    "conditions.departments": {
        "a" * 32: [Text("财务部", "财务部")],
        "b" * 32: [Text("综合部", "综合部")],
        "c" * 32: [Text("综合部", "综合部")],
    },
    "step.route": {"big_loans": [Text("大额借款", "大额借款")]},
}


@settings(max_examples=60, deadline=None)
@given(st.lists(bodies.filter(valid).map(RuleBody.model_validate), min_size=1, max_size=4))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_in_words_read_again_gives_the_same_rules(language: Language, rules: list[RuleBody]) -> None:
    given_words = {one: [Text("合同", "a")] for rule in rules for one in rule.conditions.document_kinds}
    words = TableWords({"conditions.document_kinds": given_words}, language)
    content = write_xlsx(rows_of(rules, words), title="rules", beside={LEGEND: words.legend()})
    found, wrong = rules_from(read_xlsx(BytesIO(content), most_rows=100, beside={LEGEND}), words)
    assert wrong == []
    assert found == rules


def test_a_name_that_holds_a_separator_stands_as_people_write_it() -> None:
    names = {
        "family": [Text("婚姻、收养文书", "Papers on marriage, adoption")],
        "notice": [Text("通知", "Notice")],
    }
    for language, shown in (("zh", "婚姻、收养文书，通知"), ("en", "Papers on marriage, adoption, Notice")):
        words = TableWords({"conditions.document_kinds": names}, language)  # type: ignore[arg-type]
        [column] = [one for one in COLUMNS if one.part == "conditions.document_kinds"]
        assert words.words(column, "family, notice") == shown
        assert words.codes(column, shown) == "family, notice"


def row_of(**cells: str) -> list[TableRow]:
    """A table whose headings are Chinese alone, with the first rule of a starter and other cells in it."""
    rules = starter("small_enterprise").rules[:1]
    headings = [column.heading.zh for column in COLUMNS]
    row = rows_of(rules)[1]
    for heading, cell in cells.items():
        row[headings.index(heading)] = cell
    return [TableRow(1, tuple(headings)), TableRow(2, tuple(row))]


def test_words_that_the_pages_show_are_taken_in_either_language() -> None:
    cells = {
        "文件类型": "融资合同",
        "部门": "财务部",
        "用印形式": "实体",
        "先后": "",
        "印章": "公章、Legal representative's name seal",
        "审批步骤": "部门负责人\n法定代表人，全单位，会签，每次验证\n流程：大额借款\nhead of department organization",
        "约束力": "Must",
        "依据类别": "本单位规定",
        "币种": "人民币",
    }
    [rule], wrong = rules_from(row_of(**cells), TableWords(WORDS))
    assert wrong == []
    assert rule.conditions.document_kinds == ["financing_contract"]
    assert rule.conditions.departments == ["a" * 32]
    assert (rule.answer.medium, rule.strength, rule.basis) == ("physical", "must", "internal")
    assert [one.value for one in rule.answer.seal_categories] == ["legal_name", "legal_rep_name"]
    steps = [
        (one.post_kind, one.scope, one.mode, one.second_factor, one.route_code) for one in rule.answer.route
    ]
    assert steps == [
        ("department_head", "applicant_department", "any", "window", None),
        ("legal_representative", "organization", "all", "each", None),
        (None, "applicant_department", "any", "window", "big_loans"),
        ("department_head", "organization", "any", "window", None),
    ]


@pytest.mark.parametrize(
    ("heading", "cell", "says"),
    [
        ("用印形式", "纸质", "电子（electronic）、实体（physical）"),
        ("文件类型", "融资", "融资合同（financing_contract）"),
        ("部门", "市场部", "可填：财务部、综合部"),
        ("部门", "综合部", "不止一个，请改填代码：" + "b" * 32),
        ("审批步骤", "部门负责人 马上", "会签（all）"),
        ("约束力", "可以", "必须（must）、建议（should）"),
    ],
)
def test_a_word_that_is_none_is_refused_with_those_that_are(heading: str, cell: str, says: str) -> None:
    rules, [wrong] = rules_from(row_of(**{heading: cell}), TableWords(WORDS))
    assert (rules, wrong.row) == ([], 2)
    assert says in wrong.text.zh


def test_a_missing_heading_is_named_in_words() -> None:
    table = row_of()
    table[0] = TableRow(1, ("什么", *table[0].cells[1:]))
    with pytest.raises(Invalid) as refused:
        rules_from(table)
    assert "缺少「名称」；重复或不认识「什么」" in refused.value.text.zh
    assert refused.value.details["missing"] == ["name_zh"]


def test_another_reader_sees_the_same_cells_and_no_formula() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    table = [["甲", "b"], ["=1+1", "1"], ["line\nbreak", " spaced "]]
    sheet = openpyxl.load_workbook(BytesIO(write_xlsx(table, title="rules"))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == table
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def starter_table() -> bytes:
    return write_xlsx(rows_of(starter("small_enterprise").rules), title="rules")


def changed(part: str, change: Callable[[bytes], bytes], **added: bytes) -> bytes:
    """The starter's table with one part of the package changed and others added."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(starter_table())) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if entry.filename == part else content)
        for name, content in added.items():
            new.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return target.getvalue()


def in_sheet(old: bytes, new: bytes) -> bytes:
    return changed(SHEET, lambda content: content.replace(old, new, 1))


ROW = b'<row r="2">'
ODD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"%PDF-1.7", "XLSX_UNREADABLE"),
    "empty": (lambda: b"", "XLSX_UNREADABLE"),
    "cut short": (lambda: starter_table()[:3000], "XLSX_UNREADABLE"),
    "macro": (lambda: changed("", bytes, xl__vbaProject_dot_bin=b"x"), "XLSX_MACRO"),
    "links": (lambda: changed("", bytes, xl__externalLinks__externalLink1_dot_xml=b"<x/>"), "XLSX_LINKED"),
    "formula": (
        lambda: in_sheet(b"</sheetData>", b'<row r="99"><c r="C99"><f>1+1</f><v>2</v></c></row></sheetData>'),
        "XLSX_FORMULA",
    ),
    "merged": (
        lambda: in_sheet(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>'),
        "XLSX_MERGED",
    ),
    "hidden row": (
        lambda: in_sheet(
            b"</sheetData>", b'<row r="99" hidden="1"><c r="A99"><v>2</v></c></row></sheetData>'
        ),
        "XLSX_HIDDEN",
    ),
    "hidden sheet": (
        lambda: changed(
            "xl/workbook.xml", lambda one: one.replace(b'state="visible"', b'state="veryHidden"')
        ),
        "XLSX_HIDDEN",
    ),
    "error value": (
        lambda: in_sheet(b"</sheetData>", b'<row r="99"><c r="B99" t="e"><v>#REF!</v></c></row></sheetData>'),
        "XLSX_CELL",
    ),
    "entities": (
        lambda: changed(
            SHEET,
            lambda one: (
                b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>' + one[one.find(b"<worksheet") :]
            ),
        ),
        "XLSX_UNREADABLE",
    ),
    "wrong headings": (lambda: write_xlsx([["甲", "乙"], ["1", "2"]], title="x"), "TABLE_HEADINGS"),
}


@pytest.mark.parametrize(("make", "code"), ODD.values(), ids=ODD)
def test_an_odd_file_is_refused_in_words(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules_from(read_xlsx(BytesIO(make()), most_rows=2001))
    assert refused.value.code == code
    assert refused.value.text.zh
    assert refused.value.text.en


def test_too_many_rows_and_a_file_that_grows_without_end_are_refused_early() -> None:
    many = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(50, 100_050))
    with pytest.raises(TooLarge):
        list(read_xlsx(BytesIO(in_sheet(b"</sheetData>", many + b"</sheetData>")), most_rows=2001))
    bomb = changed("", bytes, xl__media__x_dot_bin=b"")
    target = BytesIO(bomb)
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/sharedStrings2.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(300):
            part.write(bytes(1024 * 1024))
    with pytest.raises(TooLarge):
        list(read_xlsx(target, most_rows=2001))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_rows_or_a_refusal_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(TABLE)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ShuangyinError):
        rules_from(read_xlsx(BytesIO(bytes(content)), most_rows=2001))


TABLE = starter_table()


def test_errors_are_told_by_row_and_column() -> None:
    table = rows_of(starter("small_enterprise").rules)
    headings = table[0]
    table[1][headings.index(next(one for one in headings if "amount_from_minor" in one))] = "很多"
    table[2][0] = ""
    table[3][headings.index(next(one for one in headings if "answer.medium" in one))] = "paper"
    table[4][headings.index(next(one for one in headings if "answer.route" in one))] = "department_head never"
    rules, wrong = rules_from([TableRow(number, tuple(row)) for number, row in enumerate(table, start=1)])
    assert [(one.row, one.column) for one in wrong] == [(2, "J"), (3, "A"), (4, "M"), (5, "P")]
    assert all(one.text.zh and one.text.en for one in wrong)
    assert len(rules) == len(table) - 5


@pytest.mark.database_full
def test_a_table_is_exported_edited_and_imported_and_one_wrong_row_changes_nothing(world: World) -> None:
    story = Story(world)
    draft = ok(story.post("administrator", "/scenario-lists", {"starter": "small_enterprise"}), 201)
    path = f"/api/v1/scenario-lists/{draft['id']}"
    admin = story.client("administrator")
    exported = admin.get(f"{path}/table.xlsx")
    assert exported.status_code == 200
    back = admin.post(f"{path}/rules/import", files={"file": ("t.xlsx", exported.content)})
    assert [{**one, "id": ""} for one in ok(back)["rules"]] == [{**one, "id": ""} for one in draft["rules"]]
    assert back.json()["binding"] == draft["binding"]
    rows = [list(row.cells) for row in read_xlsx(BytesIO(exported.content), most_rows=2001, beside={LEGEND})]
    assert {cell for row in rows[1:] for cell in row} & {"实体", "必须"}
    rows[2][0] = ""
    wrong = write_xlsx(rows, title="rules")
    refused = problem(
        admin.post(f"{path}/rules/import", files={"file": ("t.xlsx", wrong)}), 422, "TABLE_FAULTY"
    )
    assert [(one["row"], one["column"]) for one in refused["details"]["errors"]] == [(3, "A")]
    assert ok(admin.get(path))["binding"] == draft["binding"]
    made = ok(admin.post("/api/v1/scenario-lists/import", files={"file": ("t.xlsx", exported.content)}), 201)
    assert (made["origin"], made["rule_count"]) == ("file", draft["rule_count"])
    problem(
        story.client("employee").post(f"{path}/rules/import", files={"file": ("t.xlsx", wrong)}),
        403,
        "NOT_PERMITTED",
    )
    problem(admin.post(f"{path}/rules/import", files={"file": ("t.xlsx", b"x")}), 422, "XLSX_UNREADABLE")
