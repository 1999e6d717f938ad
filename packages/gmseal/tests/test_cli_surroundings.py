"""The command among other programs: a reader that has had enough, and no terminal to ask on."""

import subprocess
import sys
from pathlib import Path

import pytest

from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialUnit

PROGRAM = [sys.executable, "-c", "from gmseal.cli import app; app()"]


def test_a_reader_that_has_had_enough_ends_it_without_a_word(unit: TrialUnit, tmp_path: Path) -> None:
    (tmp_path / "seal.esl").write_bytes(unit.seal)
    command = [*PROGRAM, "verify", str(tmp_path / "seal.esl"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.parametrize("device", [False, True])
def test_without_a_terminal_nobody_is_asked(unit: TrialUnit, tmp_path: Path, device: bool) -> None:
    """Python would show the password as it is typed, and say so on three lines."""
    (tmp_path / "key.pem").write_bytes(PrivateKey.generate().to_pkcs8_pem(b"a password"))
    where = ["--sdf", "libsdf.so", "--key-index", "1"] if device else ["--key", str(tmp_path / "key.pem")]
    done = subprocess.run(
        [*PROGRAM, "csr", str(tmp_path / "request.pem"), "--name", unit.name, *where],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        # Without a terminal of its own: Python looks for one before it reads what it was given.
        start_new_session=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("gmseal: PASSWORD_NEEDED: ")
    assert "--password-file" in done.stderr
