"""Five hundred pages in two hundred megabytes: sealed and judged in a child process that may not load them.

Two bounds are set. The process's own memory (RLIMIT_DATA: heap and private mappings, resident or not) may grow by
100 MB, else the child dies. The peak of its resident set, which also counts those pages of the file that are mapped
for reading, shared with the system's cache and given back at will, may grow by the file's own size and 100 MB.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pdf_writing import BINARY

MEGABYTE = 1024 * 1024
PAGES = 500
PICTURE = 700 * 200 * 3
SCRIPT = """
import hashlib, json, pathlib, resource, sys, time
from datetime import UTC, datetime
from gmseal.pdf import KeywordPlacement, SealOrder, SealPlacement, SeamPlacement, inspect_pdf, seal_pdf, verify_pdf
from gmseal.ses.seal import SealPicture
from gmseal.trial import TrialAuthority, TrialUnit

source, target, small, picture = map(pathlib.Path, sys.argv[1:5])
now = datetime(2026, 6, 1, tzinfo=UTC)
authority = TrialAuthority.create(now)
signer = TrialUnit.create(authority, "示例", SealPicture("PNG", picture.read_bytes(), 40, 40), es_id="1").sealer()
here = SealPlacement(0, 100, 180)

def status(key):
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(key)))

def everything(source, target, seam):
    order = SealOrder(signed_at=now, placements=(here,), seam=seam)
    measured = {}
    def step(name, act):
        begin = time.process_time()
        act()
        measured[name] = time.process_time() - begin
    step("inspect", lambda: inspect_pdf(source))
    step("seal", lambda: seal_pdf(source, target, order=order, signer=signer))
    step("verify", lambda: measured.update(first=verify_pdf(target, authority.trust, now).verdict))
    step("seal again", lambda: seal_pdf(target, target, order=SealOrder(signed_at=now, placements=(here,)), signer=signer))
    step("verify again", lambda: measured.update(second=verify_pdf(target, authority.trust, now).verdict))
    return measured

everything(small, target, None)
peak = status("VmHWM")
bound = status("VmData") * 1024 + int(sys.argv[5])
resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
measured = everything(source, target, SeamPlacement(50))
measured["peak"] = (status("VmHWM") - peak) * 1024
begin = time.process_time()
digest = hashlib.new("sm3")
with source.open("rb") as file:
    while block := file.read(1 << 20):
        digest.update(block)
measured["hash"] = time.process_time() - begin
try:
    bytearray(int(sys.argv[5]) + (1 << 20))
    measured["bounded"] = False
except MemoryError:
    measured["bounded"] = True
print(json.dumps(measured))
"""


def write_album(path: Path) -> None:
    """Pages of one picture each that nothing can compress, written as they come."""
    noise = random.Random(5)
    common = noise.randbytes(PICTURE)
    offsets: dict[int, int] = {}
    with path.open("wb") as out:

        def put(number: int, value: bytes) -> None:
            offsets[number] = out.tell()
            out.write(b"%d 0 obj\n%s\nendobj\n" % (number, value))

        out.write(b"%PDF-1.5\n" + BINARY)
        kids = b" ".join(b"%d 0 R" % (10 + 3 * page) for page in range(PAGES))
        put(1, b"<</Type/Catalog/Pages 2 0 R>>")
        put(2, b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 595 842]>>" % (kids, PAGES))
        for number in range(10, 10 + 3 * PAGES, 3):
            resources = b"/Resources<</XObject<</I %d 0 R>>>>" % (number + 2)
            put(number, b"<</Type/Page/Parent 2 0 R/Contents %d 0 R%s>>" % (number + 1, resources))
            put(number + 1, b"<</Length 30>>\nstream\nq 500 0 0 700 40 40 cm /I Do Q\nendstream")
            entries = (
                b"/Type/XObject/Subtype/Image/Width 700/Height 200/ColorSpace/DeviceRGB/BitsPerComponent 8"
            )
            data = noise.randbytes(64) + common[64:]
            put(number + 2, b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, PICTURE, data))
        at = out.tell()
        rows = b"".join(b"%d 1\n%010d 00000 n \n" % row for row in sorted(offsets.items()))
        size = max(offsets) + 1
        out.write(b"xref\n0 1\n0000000000 65535 f \n" + rows)
        out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, at))


@pytest.mark.slow
def test_two_hundred_megabytes_need_less_than_a_hundred_more(
    bench: Any, blueprint: Any, face_png: bytes, record_property: Callable[[str, object], None]
) -> None:
    source, target = bench.folder / "album.pdf", bench.folder / "sealed.pdf"
    write_album(source)
    size = source.stat().st_size
    assert size > 200 * MEGABYTE
    small, picture = bench.write(blueprint(pages=2).table(), "small.pdf"), bench.write(face_png, "face.png")
    command = [sys.executable, "-c", SCRIPT, source, target, small, picture, str(100 * MEGABYTE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert (measured["first"], measured["second"]) == ("valid", "valid")
    assert measured["bounded"], "the bound holds, or it proves nothing"
    assert measured["peak"] < size + 100 * MEGABYTE
    for name in ("seal", "verify", "verify again"):
        record_property(
            f"CPU time to {name}, as a multiple of hashing once", measured[name] / measured["hash"]
        )
