"""The command line and the pages of the manual, run as they stand."""

import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner
from PIL import Image

from gmseal.cli import app

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def contract(ofd: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document of two pages in the current directory."""
    monkeypatch.chdir(tmp_path)
    pages = [
        ofd.layer(ofd.filled(10, 10, 20, 20)),
        ofd.layer(ofd.filled(30, 30, 20, 20), "<ofd:PathObject/>"),
    ]
    (tmp_path / "contract.ofd").write_bytes(ofd.Draft(pages=pages, size=(100, 80)).pack())
    return tmp_path / "contract.ofd"


def test_pages_are_rendered_from_the_command_line(ofd: Any, contract: Path) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["render", "contract.ofd", *arguments])

    done = run("two.png", "--page", "2", "--dpi", "100")
    assert done.exit_code == 0, done.output
    assert "two.png: page 2, 100 x 80 mm" in done.stdout
    assert "OBJECT_UNREADABLE" in done.stderr
    assert ofd.inked_box(Path("two.png").read_bytes()) == pytest.approx((30, 30, 50, 50), abs=0.3)
    assert run("one.svg").exit_code == 0
    assert Path("one.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "2 pages" in run("all.pdf").output
    with pikepdf.open("all.pdf") as pdf:
        assert len(pdf.pages) == 2
    for arguments, code, status in [
        (("two.png",), "FILE_EXISTS", 1),
        (("x.jpg",), "FORMAT", 1),
        (("x.png", "--page", "3"), "PAGE_MISSING", 1),
        (("x.png", "--document", "2"), "NOT_FOUND", 2),
        (("no/x.png",), "NO_FOLDER", 1),
    ]:
        refused = run(*arguments)
        assert (refused.exit_code, refused.stderr.split(":")[1].strip()) == (status, code)
    assert not Path("x.png").exists()
    of_pdf = CliRunner().invoke(app, ["render", "all.pdf", "x.png"])
    assert (of_pdf.exit_code, "all.pdf is a PDF" in of_pdf.stderr) == (1, True)


@pytest.mark.usefixtures("contract")
@pytest.mark.parametrize("page", ["pictures.md", "rendering.md"])
def test_the_examples_of_the_manual_run(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    scope: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), scope)
    for made in Path().glob("*.png"):
        Image.open(made).verify()


def test_every_code_of_a_note_is_in_the_manual() -> None:
    sources = Path(__file__).parents[2] / "src/gmseal/ofd/render"
    used = set()
    for source in sources.glob("*.py"):
        used |= set(re.findall(r'note\(\s*"([A-Z_]+)"', source.read_text(encoding="utf-8")))
    documented = (DOCS / "rendering.md").read_text(encoding="utf-8")
    assert len(used) > 20
    assert not {code for code in used if f"`{code}`" not in documented}
