"""A PDF sealed by the running platform, judged by programs and readers that are not ours.

Only the file is taken from the platform. Structures are read with asn1crypto from the text of GB/T 38540-2020, so
that a mistake that our writer and our reader share would show.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import segno
from asn1crypto import core, pem
from OpenSSL import crypto
from PIL import Image, ImageChops
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from running_installation import Installation, run

SAMPLES = Path(__file__).parents[2] / "samples"
DEFAULT_ID = "distid:1234567812345678"
SEAL_MM = (38.0, 46.0)
"""Between these a round seal of the starter set lies; the exact size comes from the register."""
PLACE = {"page": 3, "x_mm": 61.5, "y_mm": 143.25}
SEAM = {"edge": "right", "y_mm": 110}
QR = {"page": 3, "x_mm": 20.0, "y_mm": 250.0, "size_mm": 15}
PIXELS_PER_MM = 8


@dataclass(frozen=True)
class SealedCase:
    """A sealed file of the running platform with what it was made from."""

    path: Path
    content: bytes
    source: bytes
    seal: dict[str, Any]
    use: dict[str, Any]
    trust: Path


@dataclass(frozen=True)
class ReadSignature:
    """SES_Signature of GB/T 38540-2020 clause 6.6, as far as others judge it."""

    covered: bytes
    tbs: bytes
    data_hash: bytes
    value: bytes
    signer: bytes
    seal_info: bytes
    seal_value: bytes
    maker: bytes


@pytest.fixture(scope="module")
def case(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> SealedCase:
    """The sample contract, sealed on its last page, over the seam and with a code, through the API."""
    return seal(
        running, "contract.pdf", tmp_path_factory.mktemp("case"), placements=[PLACE], seam=SEAM, qr=QR
    )


def seal(running: Installation, name: str, folder: Path, **places: Any) -> SealedCase:
    source = (SAMPLES / name).read_bytes()
    version = running.upload(name, source, "供货合同")["versions"][0]
    request = running.apply(version, **places)
    running.approve(request)
    request = running.sealed(request)
    content = running.sealed_file(request)
    path = folder / "sealed.pdf"
    path.write_bytes(content)
    trust = folder / "trust"
    trust.mkdir()
    (trust / "roots.pem").write_bytes(running["employee"].download("/trust/roots.pem"))
    [use] = request["uses"]
    used = running["employee"].get(f"/seals/{use['seal_id']}")
    return SealedCase(path, content, source, used, use, trust)


@pytest.fixture(scope="module")
def signature(case: SealedCase) -> ReadSignature:
    """The seal signature cut out of the file at the ranges that pdfsig reports."""
    [(first, hole, after, end)] = ranges_of(case.path)
    raw = bytes.fromhex(case.content[hole + 1 : after - 1].decode())
    outer = core.Sequence.load(raw)
    to_sign, certificate, _, value = (outer[index] for index in range(4))
    _, seal_of_it, _, data_hash = (to_sign[index] for index in range(4))
    info, maker, _, seal_value = (seal_of_it[index] for index in range(4))
    return ReadSignature(
        covered=case.content[first:hole] + case.content[after:end],
        tbs=to_sign.dump(),
        data_hash=bit_string(data_hash),
        value=bit_string(value),
        signer=certificate.native,
        seal_info=info.dump(),
        seal_value=bit_string(seal_value),
        maker=maker.native,
    )


def bit_string(value: Any) -> bytes:
    """The octets of a BIT STRING whose bits fill them."""
    unused, octets = value.contents[0], bytes(value.contents[1:])
    assert unused == 0
    return octets


def ranges_of(path: Path) -> list[tuple[int, int, int, int]]:
    """The signed ranges of every signature, as pdfsig lists them: [from, to) twice."""
    listed = run("pdfsig", "-nocert", path).stdout
    found = re.findall(r"\[(\d+) - (\d+)\], \[(\d+) - (\d+)\]", listed)
    return [tuple(int(number) for number in numbers) for numbers in found]  # type: ignore[misc]  # four each, by the expression


def openssl(folder: Path, *arguments: str, **files: bytes) -> subprocess.CompletedProcess[str]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return subprocess.run(
        ["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def public_key(certificate: bytes) -> bytes:
    """SubjectPublicKeyInfo, in DER: field 7 of a version 3 TBSCertificate (RFC 5280 section 4.1)."""
    tbs = core.Sequence.load(certificate)[0]
    return bytes(tbs[6].dump())


def as_pem(certificate: bytes) -> bytes:
    return bytes(pem.armor("CERTIFICATE", certificate))


def roots_of(case: SealedCase) -> list[bytes]:
    content = (case.trust / "roots.pem").read_bytes()
    return [der for kind, _, der in pem.unarmor(content, multiple=True) if kind == "CERTIFICATE"]


# --- structure ----------------------------------------------------------------------------------


def test_qpdf_finds_nothing_wrong(case: SealedCase) -> None:
    done = run("qpdf", "--check", case.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No syntax or stream encoding errors found" in done.stdout


def test_the_original_bytes_are_the_beginning(case: SealedCase) -> None:
    assert case.content.startswith(case.source)
    assert len(case.content) > len(case.source)


def test_pdfsig_lists_one_signature_over_the_whole_file(case: SealedCase) -> None:
    listed = run("pdfsig", "-nocert", case.path).stdout
    assert "Total document signed" in listed
    [(first, hole, after, end)] = ranges_of(case.path)
    assert (first, end) == (0, len(case.content))
    assert case.content[hole : hole + 1] == b"<"
    assert case.content[after - 1 : after] == b">"


# --- cryptography -------------------------------------------------------------------------------


def test_the_digest_is_sm3_of_the_covered_bytes(signature: ReadSignature, tmp_path: Path) -> None:
    done = openssl(tmp_path, "dgst", "-sm3", "-r", "covered", covered=signature.covered)
    assert done.stdout.split()[0] == signature.data_hash.hex()


def test_openssl_verifies_both_signatures_over_their_der(signature: ReadSignature, tmp_path: Path) -> None:
    for tbs, value, certificate in (
        (signature.tbs, signature.value, signature.signer),
        (signature.seal_info, signature.seal_value, signature.maker),
    ):
        arguments = (
            "pkeyutl -verify -rawin -digest sm3 -in tbs -sigfile value -pubin -keyform DER -inkey key "
            f"-pkeyopt {DEFAULT_ID}"
        ).split()
        done = openssl(tmp_path, *arguments, tbs=tbs, value=value, key=public_key(certificate))
        assert "Signature Verified Successfully" in done.stdout, done.stderr
        changed = tbs[:-1] + bytes([tbs[-1] ^ 1])
        done = openssl(tmp_path, *arguments, tbs=changed, value=value, key=public_key(certificate))
        assert done.returncode != 0, "openssl must notice one changed bit, or it judges nothing"


def test_openssl_accepts_every_step_of_the_chain(
    case: SealedCase, signature: ReadSignature, tmp_path: Path
) -> None:
    [root] = roots_of(case)
    arguments = f"verify -x509_strict -partial_chain -vfyopt {DEFAULT_ID} -trusted root target".split()
    for certificate in (root, signature.maker, signature.signer):
        done = openssl(tmp_path, *arguments, root=as_pem(root), target=as_pem(certificate))
        assert done.returncode == 0, done.stderr
    done = openssl(tmp_path, *arguments, root=as_pem(signature.maker), target=as_pem(signature.signer))
    assert done.returncode != 0, "the maker did not issue the signer's certificate"


def test_pyopenssl_builds_the_chain(case: SealedCase, signature: ReadSignature) -> None:
    [root] = (crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in roots_of(case))
    for der in (signature.maker, signature.signer):
        store = crypto.X509Store()
        store.add_cert(root)
        leaf = crypto.load_certificate(crypto.FILETYPE_ASN1, der)
        chain = crypto.X509StoreContext(store, leaf).get_verified_chain()
        assert [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain] == [
            der,
            roots_of(case)[0],
        ]


# --- verdicts -----------------------------------------------------------------------------------


def verdict(path: Path, *options: str | Path) -> tuple[int, dict[str, Any]]:
    done = run("gmseal", "verify", path, "--json", *options, environment={"GMSEAL_TRUST": ""})
    return done.returncode, json.loads(done.stdout)


def test_the_offline_verdicts(case: SealedCase, tmp_path: Path) -> None:
    status, report = verdict(case.path, "--trust", case.trust)
    assert (status, report["verdict"]) == (0, "valid")
    empty = tmp_path / "empty"
    empty.mkdir()
    status, report = verdict(case.path, "--trust", empty)
    assert (status, report["verdict"]) == (3, "indeterminate")
    altered = tmp_path / "altered.pdf"
    digit = re.search(rb"/CreationDate\s*\(D:\d{13}(\d)", case.source)
    assert digit is not None
    at = digit.start(1)
    altered.write_bytes(case.content[:at] + (b"1" if digit[1] != b"1" else b"2") + case.content[at + 1 :])
    status, report = verdict(altered, "--trust", case.trust)
    assert (status, report["verdict"]) == (1, "invalid")
    assert "盖章后" in json.dumps(report, ensure_ascii=False)


def test_the_platform_knows_the_file_by_its_digest(running: Installation, case: SealedCase) -> None:
    answer = running["employee"].upload("/verification/files", "x.pdf", case.content, "application/pdf")
    assert answer["registered"] is True
    assert [known["number"] for known in answer["uses"]] == [case.use["number"]]
    use = running["auditor"].get(f"/seal-uses/{case.use['id']}")
    assert use["document_sm3"] == hashlib.new("sm3", case.content).hexdigest()
    assert use["source_sm3"] == hashlib.new("sm3", case.source).hexdigest()


# --- the marks on the page ----------------------------------------------------------------------


def draw(path: Path, page: int) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    try:
        document.init_forms()
        image: Image.Image = document[page].render(scale=PIXELS_PER_MM * 25.4 / 72).to_pil().convert("RGB")
        return image
    finally:
        document.close()


def red_box(image: Image.Image, left_mm: float, right_mm: float) -> tuple[float, ...]:
    """The box (left, top, right, bottom) in mm of what is red between two verticals of a page."""
    strip = image.crop((round(left_mm * PIXELS_PER_MM), 0, round(right_mm * PIXELS_PER_MM), image.height))
    red, green, _ = strip.split()
    box = ImageChops.subtract(red, green).point(lambda value: 255 if value > 70 else 0).getbbox()
    assert box is not None, "nothing red on this part of the page"
    left, top, right, bottom = (side / PIXELS_PER_MM for side in box)
    return (left + left_mm, top, right + left_mm, bottom)


def test_the_seal_is_where_it_was_asked_for(case: SealedCase) -> None:
    width, height = case.seal["width_mm"], case.seal["height_mm"]
    assert SEAL_MM[0] <= width <= SEAL_MM[1]
    page = draw(case.path, int(PLACE["page"]))
    x, y = PLACE["x_mm"], PLACE["y_mm"]
    assert red_box(page, 0, 190) == pytest.approx((x, y, x + width, y + height), abs=0.4)


def test_the_riding_seam_runs_over_every_page(case: SealedCase) -> None:
    document = pypdfium2.PdfDocument(case.path)
    pages = len(document)
    document.close()
    slice_mm = case.seal["width_mm"] / pages
    for number in range(pages):
        page = draw(case.path, number)
        width = page.width / PIXELS_PER_MM
        left, top, right, bottom = red_box(page, width - slice_mm - 1, width)
        assert left >= width - slice_mm - 0.4
        assert right <= width + 0.1
        assert SEAM["y_mm"] - 0.4 <= top < bottom <= SEAM["y_mm"] + case.seal["height_mm"] + 0.4  # type: ignore[operator]  # a number


def test_the_code_leads_to_the_verification_page(case: SealedCase) -> None:
    """The modules on the rendered page are those of the address that the platform tells for this use."""
    url = case.use["verification_url"]
    page = draw(case.path, int(QR["page"])).convert("L")
    candidates = [
        segno.make(url, error="m", mask=mask, boost_error=False, micro=False).matrix for mask in range(8)
    ]
    side = len(candidates[0])
    module = QR["size_mm"] * PIXELS_PER_MM / side
    left, top = QR["x_mm"] * PIXELS_PER_MM, QR["y_mm"] * PIXELS_PER_MM
    seen = tuple(
        tuple(
            page.getpixel((round(left + (column + 0.5) * module), round(top + (row + 0.5) * module))) < 128  # type: ignore[operator]  # a grey value
            for column in range(side)
        )
        for row in range(side)
    )
    assert seen in [tuple(tuple(bool(cell) for cell in line) for line in matrix) for matrix in candidates]


# --- signatures of others -----------------------------------------------------------------------


def test_a_signature_of_others_stays_valid(running: Installation, tmp_path: Path) -> None:
    place = {"page": 0, "x_mm": 120.0, "y_mm": 200.0}
    case = seal(running, "signed-by-others.pdf", tmp_path, placements=[place])
    assert case.content.startswith(case.source)
    assert "Signature Validation: Signature is Valid" in run("pdfsig", "-nocert", case.path).stdout
    assert len(ranges_of(case.path)) == 2
    with case.path.open("rb") as file:
        embedded = PdfFileReader(file).embedded_regular_signatures[0]
        # In a thread of its own: the library starts an event loop, which a browser test may have left running here.
        with ThreadPoolExecutor(1) as pool:
            context = ValidationContext(trust_roots=[], allow_fetching=False)
            status = pool.submit(validate_pdf_signature, embedded, context).result()
    assert status.intact
    assert status.valid
    done = run("qpdf", "--check", case.path)
    assert done.returncode == 0, done.stdout + done.stderr
    status_of_ours, report = verdict(case.path, "--trust", case.trust)
    assert (status_of_ours, report["verdict"]) == (0, "valid")
    assert [entry["kind"] for entry in report["signatures"]] == ["cms", "seal"]


def test_the_programs_are_there() -> None:
    for program in ("qpdf", "pdfsig", "openssl"):
        assert shutil.which(program), f"{program} judges the files of these tests"
