"""The OFD among the samples: what its script makes, and what the README does with it."""

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ofd_writer import read_files

from gmseal.cli import app
from gmseal.ofd import find_text, inspect_ofd, open_package
from gmseal.ofd.render import render_page
from gmseal.trial import TrialUnit

ROOT = Path(__file__).resolve().parents[4]
SAMPLE = ROOT / "samples" / "purchase-order.ofd"


def test_it_is_what_its_script_makes() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_ofd_sample.py"))["package"]()
    assert read_files(made) == read_files(SAMPLE.read_bytes())


def test_it_reads_as_an_office_document() -> None:
    info = inspect_ofd(SAMPLE)
    assert [(page.width_mm, page.height_mm) for page in info.pages] == [(210, 297), (210, 297)]
    package = open_package(SAMPLE)
    places = [find_text(package, f"{party}方（盖章）")[0] for party in "甲乙"]
    assert [place.page for place in places] == [1, 1]
    assert [round(place.x_mm) for place in places] == [25, 110]
    notes = {note.code for note in render_page(package, 0, 50).unsupported}
    assert notes <= {"FONT_SUBSTITUTED"}


def test_the_readme_seals_and_verifies_it(
    ofd_unit: TrialUnit, ofd: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands as they stand there, with a trial seal at hand."""
    block = next(
        one
        for one in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
        if "purchase-order" in one
    )
    commands = [shlex.split(line) for line in block.replace("\\\n", " ").splitlines()]
    assert [command[1] for command in commands] == ["sign", "verify", "render"]
    (tmp_path / "company.esl").write_bytes(ofd_unit.seal)
    (tmp_path / "signer.pem").write_bytes(ofd_unit.certificate)
    (tmp_path / "signer.key").write_bytes(ofd_unit.key.to_pkcs8_der())
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "root.cer").write_bytes(ofd.trust.roots[0])
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    for command in commands:
        done = CliRunner().invoke(app, command[1:])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "sealed.pdf").read_bytes().startswith(b"%PDF-")
