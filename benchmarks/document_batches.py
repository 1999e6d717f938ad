"""Sealing and verifying small documents of both kinds: one core, and a batch over all of them, beside pyHanko.

The documents have about 36 KB before they are sealed, under a seal whose picture takes 20 KB and lies twice in every
one. A second set has 37 and 41 KB when it is sealed, like the files that figures of other programs were measured on; the
aims are held against that one.
All of them differ, in content and in signing time; the seal is the same, as in an organization's batch. A report's
sentences and the digests of the whole file are made when they are asked for, so verifying is measured twice: for
the verdict with every check made, and for the whole report as JSON. SM3 over one MiB in the same run says how fast
the machine was.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import resource
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any, Self

import pikepdf

from benchmarks.pdf_sealing import NOW, trial_seal
from benchmarks.sealing_peers import peer_calls
from benchmarks.timing import cpu_ms
from gmseal.batch import verify_many_json
from gmseal.ofd import OfdSealOrder, sign_ofd_bytes, verify_ofd
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf_bytes, verify_pdf_bytes
from gmseal.picture.raster import DEFAULT_DPI
from gmseal.report import Report
from gmseal.ses.signature import SealSigner
from gmseal.trust import TrustStore

HERE = (SealPlacement(page=0, x_mm=120, y_mm=200),)
LATER = NOW + timedelta(hours=1)
DIFFERENT = 40
"""Documents that differ from each other."""
BATCH = 800
ROUNDS = 9
AIMS = {"seal OFD": 650, "seal PDF": 650, "verify OFD": 850, "verify PDF": 850}
"""Documents per second and core that each operation shall reach on comparable files."""
COMPARABLE = ", about 40 KB sealed"
LIMIT = (
    "Python around many small steps; the shares of SM2, digests, ZIP, XML, qpdf, ASN.1 and checks are rows of the"
    " benchmark verification_parts"
)
"""What keeps an operation from its aim."""
_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


@dataclass(frozen=True, slots=True)
class Samples:
    """Documents of both kinds, before and after sealing, and what they are sealed and judged with."""

    signer: SealSigner
    trust: TrustStore
    packages: list[bytes]
    sealed_packages: list[bytes]
    files: list[bytes]
    sealed_files: list[bytes]

    @property
    def package_order(self) -> OfdSealOrder:
        """How packages are sealed."""
        return OfdSealOrder(signed_at=NOW, placements=HERE)

    @property
    def file_order(self) -> SealOrder:
        """How PDF files are sealed."""
        return SealOrder(signed_at=NOW, placements=HERE)

    @classmethod
    def comparable(cls) -> Self:
        """Those that have 37 KB (OFD) and 41 KB (PDF) when they are sealed."""
        return cls.made(dpi=72, package=9_000, page=1_000)

    @classmethod
    def made(cls, *, dpi: int = DEFAULT_DPI, package: int = 34_000, page: int = 17_000) -> Self:
        """Different documents with so many bytes of filling, each sealed a second after the one before."""
        signer, trust = trial_seal(dpi)
        packages = [sample_package(number, package) for number in range(DIFFERENT)]
        files = [sample_pdf(number, page) for number in range(DIFFERENT)]

        def at(number: int) -> datetime:
            return NOW + timedelta(seconds=number)

        return cls(
            signer,
            trust,
            packages,
            [
                sign_ofd_bytes(one, OfdSealOrder(signed_at=at(number), placements=HERE), signer)
                for number, one in enumerate(packages)
            ],
            files,
            [
                seal_pdf_bytes(one, SealOrder(signed_at=at(number), placements=HERE), signer)
                for number, one in enumerate(files)
            ],
        )


def run() -> list[dict[str, Any]]:
    """One row per operation on one core, then the batches; milliseconds of CPU for one document."""
    samples, comparable = Samples.made(), Samples.comparable()
    megabyte = bytes(1 << 20)
    peer_sign, peer_verify = peer_calls(samples.files[0])
    peers = {"seal": "pyHanko sign PDF", "verify": "pyHanko verify PDF"}
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "SM3 of 1 MiB": (lambda: hashlib.new("sm3", megabyte).digest(), 1 << 20),
        **{name + COMPARABLE: call for name, call in _own_calls(comparable).items() if name in AIMS},
        **_own_calls(samples),
        "pyHanko sign PDF": (peer_sign, len(samples.files[0])),
        "pyHanko verify PDF": (peer_verify, len(samples.files[0])),
    }
    seen = cpu_ms({name: call for name, (call, _) in calls.items()}, rounds=ROUNDS, calls=DIFFERENT // 2)
    rows = []
    for name, (_, size) in calls.items():
        peer = peers.get(name.split()[0])
        row = _row(name, size, seen[name]["best"], seen["SM3 of 1 MiB"]["best"])
        row["cpu_ms_median"] = round(seen[name]["median"], 3)
        row["times_pyhanko"] = round(seen[peer]["best"] / seen[name]["best"], 1) if peer else None
        aim = AIMS.get(name.removesuffix(COMPARABLE)) if name.endswith(COMPARABLE) else None
        if aim is not None:
            met = row["per_second_and_core"] >= aim
            row |= {"aim_per_second_and_core": aim, "aim_met": met, "limit": None if met else LIMIT}
        rows.append(row)
    for kind, sealed in (("OFD", samples.sealed_packages), ("PDF", samples.sealed_files)):
        each = _batch_ms(sealed, samples.trust)
        row = _row(
            f"verify {kind}, batch over all cores, JSON", len(sealed[0]), each, seen["SM3 of 1 MiB"]["best"]
        )
        rows.append(row)
    return rows


def _own_calls(samples: Samples) -> dict[str, tuple[Callable[[], object], int]]:
    packages, files = cycle(samples.packages), cycle(samples.files)
    sealed_packages, sealed_files = cycle(samples.sealed_packages), cycle(samples.sealed_files)
    signer, trust = samples.signer, samples.trust

    def judged_package() -> Report:
        return verify_ofd(next(sealed_packages), trust, LATER)

    def judged_file() -> Report:
        return verify_pdf_bytes(next(sealed_files), trust, LATER)

    sizes = [
        len(each[0])
        for each in (samples.packages, samples.sealed_packages, samples.files, samples.sealed_files)
    ]
    return {
        "seal OFD": (lambda: sign_ofd_bytes(next(packages), samples.package_order, signer), sizes[0]),
        "verify OFD": (judged_package, sizes[1]),
        "verify OFD, report as JSON": (lambda: json.dumps(judged_package().to_dict()), sizes[1]),
        "seal PDF": (lambda: seal_pdf_bytes(next(files), samples.file_order, signer), sizes[2]),
        "verify PDF": (judged_file, sizes[3]),
        "verify PDF, report as JSON": (lambda: json.dumps(judged_file().to_dict()), sizes[3]),
    }


def _row(name: str, size: int, milliseconds: float, sm3: float) -> dict[str, Any]:
    return {
        "operation": name,
        "kilobytes": size // 1024,
        "cpu_ms_best": round(milliseconds, 3),
        "cpu_ms_median": None,
        "per_second_and_core": round(1000 / milliseconds),
        "of_sm3_of_1_mib": round(milliseconds / sm3, 3),
        "times_pyhanko": None,
        "aim_per_second_and_core": None,
        "aim_met": None,
        "limit": None,
    }


def _batch_ms(sealed: list[bytes], trust: TrustStore) -> float:
    """CPU for one document of a batch, of all its processes together, without their start.

    The start falls out of the difference between a long batch and a short one.
    """
    short = _batch_cpu(sealed, trust, DIFFERENT)
    return (_batch_cpu(sealed, trust, DIFFERENT + BATCH) - short) / BATCH * 1000


def _batch_cpu(sealed: list[bytes], trust: TrustStore, count: int) -> float:
    """CPU seconds of this process and of those that it started, which have ended."""
    before = _cpu()

    def documents() -> Iterator[bytes]:
        yield from islice(cycle(sealed), count)

    good = sum(one.ok for one in verify_many_json(documents(), trust, LATER))
    if good != count:
        message = "A document of the batch was not judged."
        raise RuntimeError(message)
    return _cpu() - before


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = os.times()
    return own.user + own.system + children.ru_utime + children.ru_stime


def sample_pdf(number: int = 0, filling: int = 17_000) -> bytes:
    """A PDF of two pages with so many bytes of content each; every number gives another one."""
    out, noise = io.BytesIO(), random.Random(1 + number)
    with pikepdf.new() as document:
        for _ in range(2):
            page = document.add_blank_page(page_size=(595, 842))
            page.Contents = document.make_stream(b"% " + noise.randbytes(filling).hex().encode()[:filling])
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    return out.getvalue()


def sample_package(number: int = 0, filling: int = 34_000) -> bytes:
    """An OFD package of one page with a font of so many bytes; every number gives another one."""
    noise = random.Random(1001 + number)
    files = {
        "OFD.xml": f'<ofd:OFD {_OFD} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>'
        "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_OFD}><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Pages/Page_0/Content.xml": f"<ofd:Page {_OFD}><ofd:Content/></ofd:Page>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr("Doc_0/Res/font.ttf", noise.randbytes(filling))
    return out.getvalue()
