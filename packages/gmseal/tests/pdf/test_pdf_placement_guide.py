"""The guide to places does what it says, and a file that was cut off says what it lost."""

import re
from pathlib import Path
from typing import Any

import pytest
from pdf_writing import changed, plain, written

from gmseal.pdf import inspect_pdf, verify_pdf
from gmseal.report import Verdict

GUIDE = Path(__file__).parents[2] / "docs" / "placement.md"


def test_every_example_of_the_guide_runs(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = Path(__file__).parents[4] / "samples" / "contract.pdf"
    monkeypatch.chdir(bench.folder)
    Path("contract.pdf").write_bytes(contract.read_bytes())
    objects = changed(plain(), 1, b"/Pages", b"/AcroForm<</Fields[40 0 R]>>/Pages")
    objects = changed(objects, 12, b"/Contents", b"/Annots[41 0 R]/Contents")
    objects[40] = b"<</T(buyer)/Kids[41 0 R]>>"
    objects[41] = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/Parent 40 0 R/Rect[100 100 260 250]/F 4>>"
    Path("form.pdf").write_bytes(written(objects))
    text = GUIDE.read_text(encoding="utf-8").replace("盖章处", "甲方（盖章）")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 5
    names: dict[str, Any] = {"signer": bench.signer}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
    made = {path.name for path in Path().glob("*.pdf")} - {"contract.pdf", "form.pdf"}
    assert len(made) == 8
    for name in made:
        assert verify_pdf(Path(name), bench.trust, names["now"]).verdict is Verdict.VALID, name


@pytest.mark.parametrize("part", [0.6, 0.9])
def test_a_file_that_was_cut_off_says_which_pages_lost_something(bench: Any, part: float) -> None:
    """Page tree and pages come first in the file, their contents after it."""
    pages = 12
    objects = plain(pages)
    moved = {10 + 2 * page: 200 + page for page in range(pages)}
    for number, content in moved.items():
        objects = changed(objects, number, b"%d 0 R>>" % (number + 1), b"%d 0 R>>" % content)
        objects[content] = objects.pop(number + 1)
    whole = written(objects)
    end = whole.index(b"xref\n0 1")
    begin = whole.index(b"\n200 0 obj")
    info = inspect_pdf(bench.write(whole[: begin + int((end - begin) * part)]))
    assert info.damaged
    assert info.losses is not None
    lost = [loss.page for loss in info.losses.pages]
    assert lost == list(range(lost[0], pages + 1)), "every page from the cut on"
    assert pages * part < lost[0] + 1 <= pages * part + 3
    assert inspect_pdf(bench.write(whole)).losses is None
