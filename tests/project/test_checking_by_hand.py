"""The chapter for courts and outsiders: its commands, run as they stand, prove a good bundle and refuse an altered one.

Judge: openssl, sha256sum and a Python without any package.
"""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "packages" / "evidencelog" / "tests" / "data" / "bundles" / "version-4-voided.zip"
CHAPTER = (ROOT / "docs" / "checking-by-hand.md").read_text("utf-8")
PROGRAM = re.findall(r"```python\n(.*?)```", CHAPTER, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)```", CHAPTER, re.DOTALL)


def followed(folder: Path) -> subprocess.CompletedProcess[str]:
    """Every command of the chapter, in its order."""
    [program] = PROGRAM
    (folder / "check.py").write_text(program, "utf-8")
    return subprocess.run(
        ["sh", "-eu"],
        input="\n".join(COMMANDS),
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=60,
    )


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with zipfile.ZipFile(BUNDLE) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_the_commands_prove_a_good_bundle(unpacked: Path) -> None:
    done = followed(unpacked)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Signature Verified Successfully") == done.stdout.count("Verified OK") == 2 * 4
    assert done.stderr.count("under the head of 41 entries of log.example/offline") == 4
    assert "same 同意，请盖章。" in done.stdout
    # Which entry holds the root of the twin, and which one voids the use.
    assert done.stdout.count("entries/000004.json\n") == 3
    assert "entries/000003.json\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("entries/000001.json", '"normal":3', '"normal":4', "NOT under this head"),
        ("entries/000003.json", "sealing.voided", "sealing.sealed", "NOT under this head"),
        ("proofs/000002.tlog-proof", "index 38", "index 39", "NOT under this head"),
        ("proofs/000002.tlog-proof", "\n41\n", "\n40\n", "longer than the tree"),
    ],
)
def test_what_was_altered_is_refused(unpacked: Path, name: str, old: str, new: str, told: str) -> None:
    text = (unpacked / name).read_text("utf-8")
    assert old in text
    (unpacked / name).write_text(text.replace(old, new, 1), "utf-8")
    done = followed(unpacked)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Verified" not in done.stdout


def test_a_signature_of_another_head_is_refused(unpacked: Path) -> None:
    """Judge: openssl. Root and size stay as they are, the first signature line is of other bytes."""
    path = unpacked / "proofs" / "000004.tlog-proof"
    text = path.read_text("utf-8")
    [line] = re.findall(r"— log\.example/offline (\S+)\n", text)[:1]
    path.write_text(text.replace(line, line[:20] + ("A" if line[20] != "A" else "B") + line[21:]), "utf-8")
    done = followed(unpacked)
    assert done.returncode != 0
    assert (
        "Verification Failure" in done.stdout + done.stderr
        or "Verification failure" in done.stdout + done.stderr
    )
