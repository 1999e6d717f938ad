"""The page about verification names every code that judging a seal can write, and no code that does not exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import gmseal
from gmseal.checks import Group
from gmseal.ses.deviations import Deviation, finding

PACKAGE = Path(gmseal.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "verification.md").read_text("utf-8")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
WRITES = {
    "add",
    "decide",
    "Check",
    "Role",
    "_unreadable",
    "judge_stamp",
    "judge_timestamp",
    "judge_timestamp_order",
}


def rows(heading: str, page: str = PAGE) -> dict[str, list[str]]:
    """The table under a heading: cells by the code in the first one."""
    section = page.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    return {row[0].strip("`"): row[1:] for row in cells if row[0].startswith("`")}


def constants(call: ast.Call) -> Iterator[str]:
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        for one in argument.elts if isinstance(argument, ast.Tuple) else [argument]:
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and CODE.fullmatch(one.value):
                yield one.value


def codes_in(*folders: str, calls: set[str] = WRITES) -> set[str]:
    """The codes that calls in these folders write into a report."""
    found: set[str] = set()
    for file in (file for folder in folders for file in (PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                found |= set(constants(node)) if name in calls else set()
    return found


def test_every_check_of_a_seal_is_explained_and_none_is_invented() -> None:
    told = rows("Checks of seals and signatures")
    written = codes_in("ses", "judging") | {"CONFORMANCE"}
    assert len(written) > 35
    assert set(told) == written
    assert all(all(cells) and len(cells) == 3 for cells in told.values())


def test_every_check_of_a_pdf_is_explained_and_none_is_invented() -> None:
    told = rows("Checks of the container", (DOCS / "pdf.md").read_text("utf-8"))
    # Codes of one word are not told from other words in the code; there are two.
    assert set(told) == codes_in("pdf") | {"COVERAGE", "CERTIFICATION"}
    assert all(all(cells) and len(cells) == 3 for cells in told.values())


def test_every_check_and_finding_of_a_package_is_named() -> None:
    page = (DOCS / "ofd.md").read_text("utf-8")
    elsewhere = set(rows("Checks of seals and signatures"))
    written = codes_in("ofd", calls=WRITES | {"add_finding", "Finding"}) - elsewhere
    assert len(written) > 12
    assert not {code for code in written if f"`{code}`" not in page}


def test_every_finding_is_explained_with_its_severity() -> None:
    told = rows("Findings of form")
    assert set(told) == {deviation.value for deviation in Deviation}
    for deviation in Deviation:
        assert told[deviation.value][0].startswith(finding(deviation, "field").severity.value)


def test_every_group_is_named() -> None:
    assert all(f"`{group.value}`" in PAGE for group in Group)
