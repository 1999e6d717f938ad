"""What ``gmseal verify`` loads: nothing that draws, signs, serves, reads fonts, or judges what is not there."""

import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from ofd_writer import OfdPlan

from gmseal.ofd import OfdSealOrder, sign_ofd_bytes
from gmseal.pdf import SealOrder, seal_pdf_bytes
from gmseal.placement import SealPlacement
from gmseal.trial import TrialAuthority, TrialUnit

ALWAYS = frozenset(
    {
        *("fontTools", "pyhanko", "asn1crypto", "pypdfium2", "numpy", "segno", "rich", "multiprocessing"),
        *("gmseal.picture", "gmseal.text", "gmseal.ofd.render", "gmseal.ofd.sign"),
        *(
            "OpenSSL",
            "cryptography.x509",
            "gmseal.cli.issuing",
            "gmseal.batch.workers",
            "PIL",
        ),
        *("gmseal.judging.cms", "gmseal.sm.cms", "gmseal.sm.crl", "gmseal.sm.ocsp", "gmseal.sm.encryption"),
        *("gmseal.pdf.seal", "gmseal.pdf.signatures", "gmseal.sm.timestamps.http_source", "urllib.request"),
    }
)
ONLY_FOR = {"ofd": frozenset({"pikepdf", "gmseal.pdf"}), "pdf": frozenset({"lxml", "gmseal.ofd"})}
PROGRAM = """
import sys
from gmseal.cli import app
try:
    app()
finally:
    print("\\n".join(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("kind", ["ofd", "pdf"])
def test_verify_loads_only_what_it_needs(
    kind: str, authority: TrialAuthority, unit: TrialUnit, tmp_path: Path
) -> None:
    here, file, roots = (SealPlacement(0, 20, 30),), tmp_path / "sealed", tmp_path / "roots"
    if kind == "ofd":
        order = OfdSealOrder(signed_at=authority.now, placements=here)
        file.write_bytes(sign_ofd_bytes(OfdPlan().build(), order, unit.sealer()))
    else:
        with pikepdf.new() as document:
            document.add_blank_page()
            document.save(file)
        pdf_order = SealOrder(signed_at=authority.now, placements=here)
        file.write_bytes(seal_pdf_bytes(file.read_bytes(), pdf_order, unit.sealer()))
    roots.mkdir()
    (roots / "root.cer").write_bytes(authority.root)
    command = [sys.executable, "-c", PROGRAM, "verify", str(file), "--trust", str(roots)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = set(done.stderr.split())
    assert "gmseal.ses.verify" in loaded
    assert not {name for name in ALWAYS | ONLY_FOR[kind] if name in loaded}
