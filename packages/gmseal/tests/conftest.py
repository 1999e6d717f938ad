"""A small trial authority and unit for the tests, the openssl command as a judge, the engines of SM2."""

import ctypes
import os
import shlex
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings
from software_token import find_module, fresh_token

from gmseal.ses.seal import SealPicture
from gmseal.sm import keys
from gmseal.sm.batch import BatchEngine
from gmseal.sm.engine import Engine, EngineState
from gmseal.trial import TrialAuthority, TrialUnit

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)

# How long an example takes says how busy the machine is and nothing else.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def _tiny_png() -> bytes:
    """A transparent picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"\0\xb5\x20\x2a\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def authority() -> TrialAuthority:
    """The authority of all tests."""
    return TrialAuthority.create(NOW)


@pytest.fixture(scope="session")
def unit(authority: TrialAuthority) -> TrialUnit:
    """An invented unit with a seal."""
    picture = SealPicture("PNG", _tiny_png(), 40, 40)
    return TrialUnit.create(authority, "北京示例科技有限公司", picture, es_id="11010800000001")


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The openssl command, run in a directory of its own; files are given by name and content."""

    def run(*arguments: str, files: dict[str, bytes] | None = None) -> subprocess.CompletedProcess[bytes]:
        for name, content in (files or {}).items():
            (tmp_path / name).write_bytes(content)
        return subprocess.run(
            ["openssl", *arguments], cwd=tmp_path, capture_output=True, check=False, timeout=60
        )

    return run


def absent(what: str) -> NoReturn:
    """Skip on a developer's machine; fail in the automatic check, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} The automatic check must not do without.")
    pytest.skip(what)


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """What a test calls when the machine lacks something."""
    return absent


@pytest.fixture(scope="session")
def build_native(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compiles a file of tests/native into a shared library."""
    folder, sources = tmp_path_factory.mktemp("native"), Path(__file__).parent / "native"

    def build(name: str) -> Path:
        made = folder / f"{name}.so"
        if not made.exists():
            options = ("-O1", "-shared", "-fPIC", "-l:libcrypto.so.3")
            command = ["gcc", "-o", str(made), str(sources / f"{name}.c"), *options]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=60)
            except FileNotFoundError:
                absent("There is no C compiler.")
        return made

    return build


@pytest.fixture(scope="module", params=["portable", "fast", "batch"])
def engine(request: pytest.FixtureRequest, build_native: Callable[[str], Path]) -> Iterator[Engine]:
    """Each engine in turn, in use for all keys of the module.

    Where the processor cannot run the batch engine's library, a stand-in with the same functions
    shows at least what the engine hands over and makes of the answers.
    """
    state = EngineState.of(request.param)
    chosen = state.engine
    if chosen is None and state.kind == "batch":
        chosen = BatchEngine(ctypes.CDLL(str(build_native("libcrypto_mb_stand_in"))))
    if chosen is None:
        absent(str(state.reason))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "select_engine", lambda: chosen)
        yield chosen


@pytest.fixture(scope="session")
def ofd_peer() -> list[str]:
    """The command of a verifier of OFD that is not ours: that which GMSEAL_PEER_OFD names, else the tests' own program."""
    named = os.environ.get("GMSEAL_PEER_OFD")
    own = Path(__file__).resolve().parents[3] / "tests" / "support" / "ofd_peer.py"
    return shlex.split(named) if named else [sys.executable, str(own)]


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str], NoReturn]) -> Iterator[Path]:
    """The module of SoftHSM, with a fresh token in a folder of the tests' own."""
    module = find_module()
    if module is None:
        missing("SoftHSM is not installed (Debian package softhsm2).")
    with fresh_token(module, tmp_path_factory.mktemp("softhsm")):
        yield module
