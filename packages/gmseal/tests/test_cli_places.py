"""gmseal sign with places by text, by field, and over chosen pages."""

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner, Result
from pdf_writing import changed, plain, written

from gmseal.cli import app
from gmseal.cli.place_options import pages_of
from gmseal.errors import Refused
from gmseal.trial import TrialUnit


@pytest.fixture
def sign(unit: TrialUnit, tmp_path: Path) -> Any:
    """Runs ``gmseal sign`` with a ready seal on three pages that say Page 1 to Page 3, and have a field."""
    objects = changed(plain(), 1, b"/Pages", b"/AcroForm<</Fields[40 0 R]>>/Pages")
    objects = changed(objects, 12, b"/Contents", b"/Annots[40 0 R]/Contents")
    objects[40] = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(buyer)/Rect[100 100 260 250]/F 4>>"
    (tmp_path / "plain.pdf").write_bytes(written(objects))
    (tmp_path / "seal.esl").write_bytes(unit.seal)
    (tmp_path / "signer.pem").write_bytes(unit.certificate)
    (tmp_path / "signer.key").write_bytes(unit.key.to_pkcs8_der())
    files = ("--seal", "seal.esl", "--cert", "signer.pem", "--key", "signer.key")

    def run(*options: str) -> Result:
        paths = [str(tmp_path / one) if "." in one else one for one in files]
        command = ["sign", str(tmp_path / "plain.pdf"), str(tmp_path / "out.pdf"), *paths, *options]
        return CliRunner().invoke(app, command)

    return run


def marks(path: Path) -> list[list[str]]:
    """The kinds of annotations on each page."""
    with pikepdf.open(path) as pdf:
        return [[str(item["/Subtype"]) for item in page.obj.get("/Annots", [])] for page in pdf.pages]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--keyword", "Page 2"), [[], ["/Widget", "/Widget"], []]),
        (("--keyword", "page".title(), "--nth", "-1"), [[], ["/Widget"], ["/Widget"]]),
        (("--keyword", "Page", "--keyword-pages", "1,3"), [["/Widget"], ["/Widget"], ["/Stamp"]]),
        (("--field", "buyer", "--fill"), [[], ["/Widget"], []]),
        (("--field", "buyer"), [[], ["/Widget", "/Widget"], []]),
        (("--seam-centered", "--seam-pages", "odd"), [["/Widget"], ["/Widget"], ["/Stamp"]]),
        (("--seam", "50", "--seam-pages", "2-3"), [[], ["/Widget", "/Widget"], ["/Stamp"]]),
        (("--seam", "50", "--facing", "0.5"), [["/Widget"], ["/Widget", "/Stamp", "/Stamp"], ["/Stamp"]]),
        (
            ("--x", "50", "--y", "50", "--qr", "https://example.invalid/v/1", "--qr-beside", "left"),
            [["/Widget", "/Stamp"], ["/Widget"], []],
        ),
    ],
)
def test_places_on_the_command_line(
    sign: Any, tmp_path: Path, options: tuple[str, ...], expected: list[list[str]]
) -> None:
    result = sign(*options)
    assert result.exit_code == 0, result.output
    assert marks(tmp_path / "out.pdf") == expected


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--keyword", "盖章处"), "NOT_FOUND"),
        (("--field", "nobody"), "NOT_FOUND"),
        (("--fill", "--x", "1", "--y", "1"), "OPTION"),
        (("--seam-pages", "odd", "--x", "1", "--y", "1"), "OPTION"),
        (("--seam", "9", "--seam-centered"), "OPTION"),
        (("--seam", "9", "--seam-pages", "3-1"), "PAGES"),
        (("--seam", "9", "--seam-pages", "1-2/3"), "SEAM_PAGES"),
        (("--seam", "9", "--seam-pages", "1,9"), "PAGE_MISSING"),
    ],
)
def test_places_that_cannot_be(sign: Any, tmp_path: Path, options: tuple[str, ...], code: str) -> None:
    result = sign(*options)
    assert result.exit_code != 0
    assert code in result.output
    assert not (tmp_path / "out.pdf").exists()


def test_lists_of_pages() -> None:
    assert pages_of("1-3, 5,7-7") == (0, 1, 2, 4, 6)
    for text in ("", "0", "1-", "-1", "a", "1,,2", "1-999999", "１"):
        with pytest.raises(Refused):
            pages_of(text)
