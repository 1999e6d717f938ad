"""The page of commands names what is there; a document is looked at, and a damaged one repaired, by command."""

import json
import re
from pathlib import Path

import click
from click.testing import CliRunner, Result
from ofd_writer import OfdPlan
from pdf_writing import plain, written

from gmseal.cli import app

PAGE = (Path(__file__).parents[1] / "docs" / "commands.md").read_text("utf-8")


def run(*command: object) -> Result:
    return CliRunner().invoke(app, [str(part) for part in command])


def options_of(*names: str) -> set[str]:
    command: click.Command = app
    for name in names:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None, name
        command = found
    return {option for parameter in command.params for option in parameter.opts}


def test_every_command_and_option_of_the_page_exists_and_every_one_of_sign_is_named() -> None:
    named: set[str] = set()
    last: list[str] = []
    for row in re.findall(r"^\| .*? \| (.*) \|$", PAGE, re.MULTILINE):
        for words in re.findall(r"`(?:gmseal )?([^`]*)`", row):
            # Options alone go on with the command that was named before them.
            if not words.startswith("--"):
                last = re.sub(r" --.*", "", words).split()
            options = set(re.findall(r"--[a-z0-9-]+", words))
            assert options <= options_of(*last), words
            if last == ["sign"]:
                named |= options
    device = set(re.findall(r"--[a-z0-9-]+", PAGE.partition("## Where the key is")[2]))
    unnamed = {option for option in options_of("sign") if option.startswith("--")} - named - device
    assert unnamed == {"--picture-width", "--picture-height", "--cert"} - device


def test_a_document_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.ofd").write_bytes(OfdPlan(pages=2, lines=1).build())
    (tmp_path / "b.pdf").write_bytes(written(plain(2)))
    told = json.loads(run("inspect", tmp_path / "a.ofd", "--keyword", "壹佰万元", "--json").stdout)
    assert (told["kind"], told["signatures"], len(told["pages"])) == ("ofd", 0, 2)
    assert [place["page"] for place in told["places"]] == [1, 2]
    shown = run("inspect", tmp_path / "b.pdf", "--keyword", "Page 2").stdout
    assert shown.count("pages: ") == 2
    assert "places: page 2, " in shown
    assert run("inspect", tmp_path / "none.pdf").exit_code == 2


def test_a_damaged_pdf_is_repaired(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(written(plain(2)).replace(b"startxref", b"startxxxx"))
    assert "damage: " in run("inspect", tmp_path / "bad.pdf").stdout
    assert run("repair", tmp_path / "bad.pdf", tmp_path / "good.pdf").exit_code == 0
    assert "damage" not in run("inspect", tmp_path / "good.pdf").stdout
    assert "FILE_EXISTS" in run("repair", tmp_path / "bad.pdf", tmp_path / "good.pdf").output
