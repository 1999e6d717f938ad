"""A small trial authority and unit for the tests, and the openssl command as an independent judge."""

import struct
import subprocess
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmseal.ses.seal import SealPicture
from gmseal.trial import TrialAuthority, TrialUnit

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


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
