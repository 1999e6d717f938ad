"""A small trial authority for the tests: root, seal maker, signer, and a seal that lists the signer."""

import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gmseal.report import TrustStore
from gmseal.ses.seal import SealPicture, SealSpec, make_seal
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """Keys and certificates (DER) that belong together; ``now`` lies within every validity."""

    now: datetime
    root_key: PrivateKey
    root: bytes
    maker_key: PrivateKey
    maker: bytes
    signer_key: PrivateKey
    signer: bytes
    seal: bytes
    spec: SealSpec

    @property
    def trust(self) -> TrustStore:
        return TrustStore(roots=(self.root,))

    def issue(
        self,
        profile: CertificateProfile,
        key: PrivateKey,
        *,
        begin: datetime = NOW - timedelta(days=10),
        days: int = 365,
        trial: bool = True,
        name: str = "测试证书",
    ) -> bytes:
        return issue_certificate(
            subject=Name(name, organization="北京示例科技有限公司"),
            public_key=key.public_key,
            issuer=IssuerRef(self.root),
            issuer_key=self.root_key,
            profile=profile,
            not_before=begin,
            not_after=begin + timedelta(days=days),
            trial=trial,
        )


def tiny_png() -> bytes:
    """A transparent picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"\0\xb5\x20\x2a\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def authority() -> Authority:
    root_key, maker_key, signer_key = (PrivateKey.generate() for _ in range(3))
    root = issue_certificate(
        subject=Name("双印试用根证书", organization="双印"),
        public_key=root_key.public_key,
        issuer=None,
        issuer_key=root_key,
        profile=CertificateProfile.CA,
        not_before=NOW - timedelta(days=400),
        not_after=NOW + timedelta(days=3000),
    )
    known = Authority(NOW, root_key, root, maker_key, b"", signer_key, b"", b"", None)  # type: ignore[arg-type]  # only issue() is used
    maker = known.issue(CertificateProfile.SEAL_MAKER, maker_key, name="试用制章人")
    signer = known.issue(CertificateProfile.SIGNER, signer_key, name="北京示例科技有限公司")
    spec = SealSpec(
        es_id="11010800000001",
        name="北京示例科技有限公司",
        type=1,
        picture=SealPicture("PNG", tiny_png(), 40, 40),
        signer_certificates=(signer,),
        created_at=NOW,
        valid_from=NOW - timedelta(days=1),
        valid_to=NOW + timedelta(days=200),
        vendor_id="SHUANGYIN",
    )
    seal = make_seal(spec, maker, maker_key)
    return Authority(NOW, root_key, root, maker_key, maker, signer_key, signer, seal, spec)


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
