"""Sealing and verifying small documents of both kinds: one core, and a batch over all of them, beside pyHanko.

The documents have about 36 KB before they are sealed, like those that figures of other programs were measured on.
The seal is the same in all; SM3 over one MiB in the same run says how fast the machine was.
"""

from __future__ import annotations

import hashlib
import io
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pikepdf

from benchmarks.pdf_sealing import NOW, trial_seal
from benchmarks.sealing_peers import peer_calls
from benchmarks.timing import cpu_ms
from gmseal.batch import verify_many_json
from gmseal.ofd import OfdSealOrder, sign_ofd_bytes, verify_ofd
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf_bytes, verify_pdf_bytes
from gmseal.trust import TrustStore

HERE = (SealPlacement(page=0, x_mm=120, y_mm=200),)
LATER = NOW + timedelta(hours=1)
BATCH = 400
_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def run() -> list[dict[str, Any]]:
    """One row per operation on one core, then the batches; CPU and wall milliseconds for one document."""
    sealer, trust = trial_seal()
    pdf, package = sample_pdf(), sample_package()
    pdf_order = SealOrder(signed_at=NOW, placements=HERE)
    ofd_order = OfdSealOrder(signed_at=NOW, placements=HERE)
    sealed_pdf = seal_pdf_bytes(pdf, pdf_order, sealer)
    sealed_ofd = sign_ofd_bytes(package, ofd_order, sealer)
    megabyte = bytes(1 << 20)
    peer_sign, peer_verify = peer_calls(pdf)
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "SM3 of 1 MiB": (lambda: hashlib.new("sm3", megabyte).digest(), 1 << 20),
        "seal OFD": (lambda: sign_ofd_bytes(package, ofd_order, sealer), len(package)),
        "verify OFD": (lambda: verify_ofd(sealed_ofd, trust, LATER), len(sealed_ofd)),
        "seal PDF": (lambda: seal_pdf_bytes(pdf, pdf_order, sealer), len(pdf)),
        "verify PDF": (lambda: verify_pdf_bytes(sealed_pdf, trust, LATER), len(sealed_pdf)),
        "pyHanko sign PDF": (peer_sign, len(pdf)),
        "pyHanko verify PDF": (peer_verify, len(pdf)),
    }
    seen = cpu_ms({name: call for name, (call, _) in calls.items()}, rounds=5, calls=10)
    sm3, peers = seen["SM3 of 1 MiB"]["best"], {"seal": "pyHanko sign PDF", "verify": "pyHanko verify PDF"}
    rows = []
    for name, (_, size) in calls.items():
        best, peer = seen[name]["best"], peers.get(name.split()[0])
        rows.append(
            {
                "operation": name,
                "kilobytes": size // 1024,
                "cpu_ms_best": round(best, 3),
                "cpu_ms_median": round(seen[name]["median"], 3),
                "per_second_and_core": round(1000 / best),
                "of_sm3_of_1_mib": round(best / sm3, 3),
                "times_pyhanko": round(seen[peer]["best"] / best, 1) if peer else None,
            }
        )
    return [*rows, *(_batch(name, data, trust) for name, data in (("OFD", sealed_ofd), ("PDF", sealed_pdf)))]


def _batch(kind: str, document: bytes, trust: TrustStore) -> dict[str, Any]:
    """A batch in worker processes: wall time from the first result to the last, without their start."""

    def documents() -> Iterator[bytes]:
        yield from (document for _ in range(BATCH))

    results = verify_many_json(documents(), trust, LATER)
    first = next(results)
    started = time.perf_counter()
    good = sum(one.ok for one in results) + first.ok
    each = (time.perf_counter() - started) / (BATCH - 1) * 1000
    if good != BATCH:
        message = "A document of the batch was not judged."
        raise RuntimeError(message)
    return {
        "operation": f"verify {kind}, batch on all cores (wall)",
        "kilobytes": len(document) // 1024,
        "cpu_ms_best": round(each, 3),
        "cpu_ms_median": None,
        "per_second_and_core": round(1000 / each),
        "of_sm3_of_1_mib": None,
        "times_pyhanko": None,
    }


def sample_pdf() -> bytes:
    """A PDF of two pages."""
    out, noise = io.BytesIO(), random.Random(1)
    with pikepdf.new() as document:
        for _ in range(2):
            page = document.add_blank_page(page_size=(595, 842))
            page.Contents = document.make_stream(b"% " + noise.randbytes(17_000).hex().encode()[:17_000])
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    return out.getvalue()


def sample_package() -> bytes:
    """An OFD package of one page with a font."""
    noise = random.Random(2)
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
        archive.writestr("Doc_0/Res/font.ttf", noise.randbytes(34_000))
    return out.getvalue()
