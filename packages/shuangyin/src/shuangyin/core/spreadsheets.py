"""Reading tables that people upload as XLSX, row by row, with every limit enforced on what is really read.

Only plain values are taken. What would make a table say something else than it shows is refused: formulas, macros,
merged cells, hidden sheets, rows and columns, links to other files, document type declarations. A package is
never unpacked as a whole: parts are streamed, so a small file that grows without end is refused when it passes a
limit (ISO/IEC 29500-1 for the parts and their elements).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, BinaryIO

from lxml import etree

from shuangyin.core.errors import Invalid, ShuangyinError, TooLarge

MOST_PARTS = 200
MOST_BYTES = 256 * 1024 * 1024
"""Of one part as it is unpacked: a hundred thousand rows of twenty columns are a fifth of it."""
MOST_TEXT = 64 * 1024 * 1024
MOST_COLUMNS = 200
MOST_CELL = 32_767
"""Characters of a cell; the limit of the format itself."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a sheet: its number as the spreadsheet shows it, and its cells as text from the first column on."""

    number: int
    cells: tuple[str, ...]


def column_name(index: int) -> str:
    """A, B … Z, AA … of a column from 0."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def read_xlsx(source: BinaryIO, *, most_rows: int, beside: Collection[str] = ()) -> Iterator[TableRow]:
    """The rows of the only sheet that are not empty; sheets named in ``beside`` explain it and are passed over. Raises Invalid, TooLarge; never anything else.

    The refusals: XLSX_UNREADABLE, XLSX_MACRO, XLSX_LINKED, XLSX_HIDDEN, XLSX_SHEETS, XLSX_FORMULA, XLSX_MERGED,
    XLSX_CELL (with row and column), TABLE_TOO_LARGE.
    """
    try:
        with zipfile.ZipFile(source) as package:
            _check_package(package)
            sheet = _sheet_of(package, beside)
            texts = _shared_texts(package)
            yield from _rows(package, sheet, texts, most_rows)
    except ShuangyinError:
        raise
    except (zipfile.BadZipFile, zlib.error, etree.LxmlError, OSError, EOFError) as error:
        raise _unreadable() from error
    except (KeyError, ValueError, IndexError, NotImplementedError, RuntimeError) as error:
        # An encrypted or damaged package, or a part that is not what the package says.
        raise _unreadable() from error


def _unreadable() -> Invalid:
    return Invalid(
        "XLSX_UNREADABLE",
        "无法读取该文件。请上传未加密的 .xlsx 文件，或从本页导出表格后在其中修改。",
        "The file cannot be read. Upload an .xlsx without a password, or export the table here and edit that.",
    )


def _too_large(limit: int, what_zh: str, what_en: str) -> TooLarge:
    return TooLarge(
        "TABLE_TOO_LARGE",
        f"表格超出上限（{what_zh}最多 {limit:,}），未读取任何内容。请拆分或精简后再上传。",
        f"The table is too large (at most {limit:,} {what_en}); nothing of it was taken. Split it or leave things out.",
        details={"limit": limit},
    )


def _check_package(package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_PARTS:
        raise _too_large(MOST_PARTS, "部件", "parts")
    if len(set(names)) != len(names):
        raise _unreadable()
    for entry in entries:
        if entry.file_size > MOST_BYTES:
            raise _too_large(MOST_BYTES, "解压字节", "unpacked bytes")
    lowered = [name.lower() for name in names]
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in lowered):
        raise Invalid(
            "XLSX_MACRO",
            "文件含有宏，出于安全考虑不予读取。请另存为不含宏的 .xlsx 文件。",
            "The file holds macros and is not read. Save it as an .xlsx without macros.",
        )
    if any("externallinks/" in name or "/connections" in name or "/embeddings/" in name for name in lowered):
        raise Invalid(
            "XLSX_LINKED",
            "文件链接或嵌入了其他文件，不予读取。请只保留表格内容后再上传。",
            "The file links to or holds other files and is not read. Leave only the table.",
        )


@contextmanager
def _part(package: zipfile.ZipFile, name: str, limit: int) -> Iterator[IO[bytes]]:
    with package.open(name) as stream:
        yield _Bounded(stream, limit)  # type: ignore[misc]  # lxml only reads


class _Bounded:
    """A stream that is refused when it goes on beyond its limit or declares a document type."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        wanted = 65_536 if size < 0 or size > 65_536 else size
        block = self._stream.read(wanted)
        if self._read == 0 and (b"<!DOCTYPE" in block or block[:2] in (b"\xff\xfe", b"\xfe\xff")):
            raise _unreadable()
        self._read += len(block)
        if self._read > self._limit:
            raise _too_large(self._limit, "解压字节", "unpacked bytes")
        return block


def _sheet_of(package: zipfile.ZipFile, beside: Collection[str]) -> str:
    """The part of the only sheet."""
    with _part(package, "xl/workbook.xml", MOST_TEXT) as stream:
        sheets = list(_parsed(stream).iter(f"{_MAIN}sheet"))
    if any(one.get("state", "visible") != "visible" for one in sheets):
        raise Invalid(
            "XLSX_HIDDEN",
            "文件含有隐藏的工作表。请取消隐藏或删除后再上传。",
            "The file has a hidden sheet. Show it or delete it first.",
        )
    sheets = [one for one in sheets if one.get("name") not in beside]
    if len(sheets) != 1:
        raise Invalid(
            "XLSX_SHEETS",
            f"文件须只有一张工作表，现有 {len(sheets)} 张。请把表格单独保存。",
            f"The file must hold one sheet and holds {len(sheets)}. Save the table by itself.",
        )
    with _part(package, "xl/_rels/workbook.xml.rels", MOST_TEXT) as stream:
        for relation in _parsed(stream):
            if relation.get("Id") == sheets[0].get(_RELATION):
                target = str(relation.get("Target"))
                return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    raise _unreadable()


def _parsed(stream: IO[bytes]) -> etree._Element:  # lxml names the type of elements so
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.parse(stream, parser).getroot()


def _events(stream: IO[bytes], *tags: str) -> Iterator[etree._Element]:  # as above
    names = [f"{_MAIN}{tag}" for tag in tags]
    for _event, element in etree.iterparse(
        stream, events=("end",), tag=names, resolve_entities=False, no_network=True, load_dtd=False
    ):
        yield element
        element.clear()
        while (before := element.getprevious()) is not None:
            parent = before.getparent()
            if parent is None:
                break
            parent.remove(before)


def _text_of(element: etree._Element) -> str:  # as above
    """The text of a shared or inline string, runs joined; what helps reading it aloud (phonetic runs) left out."""
    pieces = [
        piece.text or ""
        for piece in element.iter(f"{_MAIN}t")
        if (parent := piece.getparent()) is None or parent.tag != f"{_MAIN}rPh"
    ]
    return _unescaped("".join(pieces))


def _unescaped(text: str) -> str:
    """`_x000A_` and the like stand for characters that XML cannot hold or would normalise."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), text)


def _shared_texts(package: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in package.namelist():
        return []
    with _part(package, "xl/sharedStrings.xml", MOST_TEXT) as stream:
        return [_text_of(element) for element in _events(stream, "si")]


def _rows(package: zipfile.ZipFile, sheet: str, texts: list[str], most_rows: int) -> Iterator[TableRow]:
    count = 0
    with _part(package, sheet, MOST_BYTES) as stream:
        for element in _events(stream, "row", "mergeCells", "col"):
            _require_plain(element)
            if element.tag != f"{_MAIN}row":
                continue
            number = int(element.get("r") or count + 1)
            cells = _cells(element, number, texts)
            if not any(cells):
                continue
            count += 1
            if count > most_rows:
                raise _too_large(most_rows, "行", "rows")
            yield TableRow(number, cells)


def _require_plain(element: etree._Element) -> None:  # as above
    if element.tag == f"{_MAIN}mergeCells" and len(element):
        place = str(element[0].get("ref", ""))
        raise Invalid(
            "XLSX_MERGED",
            f"表格有合并的单元格（{place[:20]}）。请取消合并、逐格填写后再上传。",
            f"The table has merged cells ({place[:20]}). Unmerge them and fill in each cell.",
            details={"place": place[:20]},
        )
    if element.tag != f"{_MAIN}mergeCells" and element.get("hidden") in ("1", "true"):
        raise Invalid(
            "XLSX_HIDDEN",
            "表格有隐藏的行或列。请取消隐藏或删除后再上传。",
            "The table has hidden rows or columns. Show them or delete them first.",
        )


def _cells(row: etree._Element, number: int, texts: list[str]) -> tuple[str, ...]:  # as above
    cells: list[str] = []
    for cell in row.iter(f"{_MAIN}c"):
        index = len(cells)
        found = _PLACE.fullmatch(cell.get("r") or "")
        if found is not None:
            index = _index_of(found.group(1))
        if index >= MOST_COLUMNS:
            raise _too_large(MOST_COLUMNS, "列", "columns")
        cells += [""] * (index + 1 - len(cells))
        cells[index] = _value(cell, number, index, texts)
    return tuple(cells)


def _index_of(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _value(cell: etree._Element, number: int, index: int, texts: list[str]) -> str:  # as above
    place = {"row": number, "column": column_name(index)}
    if cell.find(f"{_MAIN}f") is not None:
        raise Invalid(
            "XLSX_FORMULA",
            f"第 {number} 行 {place['column']} 列是公式。请粘贴为数值后再上传。",
            f"Row {number}, column {place['column']} holds a formula. Paste it as a value first.",
            details=place,
        )
    kind = cell.get("t", "n")
    value = cell.findtext(f"{_MAIN}v") or ""
    if kind == "s":
        value = texts[int(value)] if value else ""
    elif kind == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        value = _text_of(inline) if inline is not None else ""
    elif kind == "str":
        value = _unescaped(value)
    elif kind == "b":
        value = "TRUE" if value == "1" else "FALSE"
    elif kind == "e" or len(value) > MOST_CELL:
        raise Invalid(
            "XLSX_CELL",
            f"第 {number} 行 {place['column']} 列的内容无法使用（错误值或过长）。",
            f"Row {number}, column {place['column']} cannot be used: an error value, or too long.",
            details=place,
        )
    return value


def write_xlsx(
    rows: Sequence[Sequence[str]], *, title: str, beside: Mapping[str, Sequence[Sequence[str]]] | None = None
) -> bytes:
    """A workbook, every cell a text, the first row held in view. What looks like a formula stays text.

    ``beside`` are sheets by their names that explain the first.
    """
    # Loaded when a table is written: nothing else needs the library.
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    for name, table in {title: rows, **(beside or {})}.items():
        _write_sheet(book.create_sheet(name), table)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _write_sheet(sheet: Any, rows: Sequence[Sequence[str]]) -> None:  # openpyxl has no types
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415

    sheet.freeze_panes = "B2"
    for index in range(max((len(row) for row in rows), default=0)):
        sheet.column_dimensions[column_name(index)].width = 24
    for number, row in enumerate(rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=_escaped(text))
            if text:
                cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)


def _escaped(text: str) -> str:
    doubled = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda found: f"_x{ord(found.group()):04X}_", doubled)
