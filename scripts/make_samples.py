"""Make the documents in samples/ anew, with the programs that such documents come from.

    .venv/bin/python scripts/make_samples.py

Needs LibreOffice, Chromium and fonts-noto-cjk. Not part of the tests: the results are committed, because the
point of a sample is that it stays what another program once wrote. See samples/README.md.
"""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pypdfium2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SOURCES = SAMPLES / "sources"
LARGEST_BYTES = 200_000
SCAN_DPI = 150
SERIF = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc")
SERIF_SC_FACE = 2
"""The simplified Chinese face inside the font collection."""
STAMP_RED = (186, 38, 44)
STAMP_LEFT_MM, STAMP_TOP_MM = 112, 112
PAPER = (236, 235, 231)
"""What the scanner makes of white paper."""
BLACK = 28
"""What the scanner makes of black print."""


def export_with_libreoffice(*names: str) -> None:
    """Export the flat OpenDocument sources to PDF; a fresh user profile keeps local settings out."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            "soffice",
            "--headless",
            f"-env:UserInstallation={Path(profile).as_uri()}",
            "--convert-to",
            "pdf",
        ]
        sources = [str(SOURCES / f"{name}.fodt") for name in names]
        subprocess.run([*command, "--outdir", str(SAMPLES), *sources], check=True)  # noqa: S603 -- fixed arguments


def print_with_chromium(name: str) -> None:
    """Print an HTML source to PDF."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={SAMPLES / f'{name}.pdf'}"]
        address = (SOURCES / f"{name}.html").as_uri()
    # Chromium's messages about desktop services that are not there say nothing about the page.
    subprocess.run([*command, address], check=True, stderr=subprocess.DEVNULL)  # noqa: S603 -- fixed arguments


def stamp(ring_text: str, middle_text: str, *, diameter_mm: float) -> Image.Image:
    """A round stamp as a rubber one leaves it, transparent around; four times the scan's resolution inside."""
    scale = 4
    size = round(diameter_mm / 25.4 * SCAN_DPI * scale)
    image = Image.new("RGBA", (size, size), (*STAMP_RED, 0))
    draw = ImageDraw.Draw(image)
    edge = size // 36
    draw.ellipse((edge, edge, size - edge, size - edge), outline=(*STAMP_RED, 255), width=edge)
    centre, star = size / 2, size * 0.15
    points = [
        (centre + star * r * math.sin(k * math.pi / 5), centre - star * r * math.cos(k * math.pi / 5))
        for k, r in enumerate([1.0, 0.382] * 5)
    ]
    draw.polygon(points, fill=(*STAMP_RED, 255))
    font = ImageFont.truetype(str(SERIF), size // 8, index=SERIF_SC_FACE)
    span = 250.0
    for index, character in enumerate(ring_text):
        angle = -span / 2 + span * index / (len(ring_text) - 1)
        glyph = Image.new("RGBA", (size, size), (*STAMP_RED, 0))
        position = (centre, centre - size * 0.37)
        ImageDraw.Draw(glyph).text(position, character, font=font, fill=(*STAMP_RED, 255), anchor="mm")
        image.alpha_composite(glyph.rotate(-angle, resample=Image.Resampling.BICUBIC))
    small = ImageFont.truetype(str(SERIF), size // 12, index=SERIF_SC_FACE)
    draw.text((centre, centre + size * 0.27), middle_text, font=small, fill=(*STAMP_RED, 255), anchor="mm")
    return image.resize((size // scale, size // scale), Image.Resampling.LANCZOS)


def render_last_page(document: Path) -> Image.Image:
    """The last page of a PDF at the resolution of the scan."""
    with pypdfium2.PdfDocument(document) as opened:
        page: Image.Image = opened[len(opened) - 1].render(scale=SCAN_DPI / 72).to_pil()
        return page.convert("RGB")


def with_grain(page: Image.Image, strength: float) -> Image.Image:
    """The picture with the noise of a scanner's sensor, equal in all colours."""
    noise = Image.effect_noise(page.size, strength)
    return ImageChops.add(page, Image.merge("RGB", [noise] * 3), offset=-128)


def scanned_page(document: Path) -> Image.Image:
    """The last page as a flatbed scanner sees it after stamping: uneven ink, grey paper, a slight turn, grain."""
    page = render_last_page(document)
    mark = stamp("北京云岫数科有限公司", "样章", diameter_mm=40).rotate(4, resample=Image.Resampling.BICUBIC)
    uneven = Image.effect_noise(mark.size, 60).point([150 + value * 90 // 255 for value in range(256)])
    mark.putalpha(ImageChops.multiply(mark.getchannel("A"), uneven))
    millimetre = SCAN_DPI / 25.4
    page.paste(mark, (round(STAMP_LEFT_MM * millimetre), round(STAMP_TOP_MM * millimetre)), mark)
    page = page.rotate(0.6, resample=Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    page = page.filter(ImageFilter.GaussianBlur(0.6))
    bands = [
        band.point([BLACK + value * (white - BLACK) // 255 for value in range(256)])
        for band, white in zip(page.split(), PAPER, strict=True)
    ]
    return with_grain(Image.merge("RGB", bands), 3.0)


def write_scans(page: Image.Image) -> None:
    """The same scan as JPEG, as PNG in eight greys, and as a PDF holding the JPEG unchanged."""
    dpi = (SCAN_DPI, SCAN_DPI)
    page.save(SAMPLES / "scan.jpg", quality=45, optimize=True, dpi=dpi)
    # A scanner set to "text" drops the paper's grain: eight greys from black to paper.
    levels = [min(value * 255 // 215, 255) // 32 for value in range(256)]
    greys = page.convert("L").filter(ImageFilter.MedianFilter(3)).point(levels)
    greys.point([min(level * 36, 255) for level in range(256)]).quantize(8).save(
        SAMPLES / "scan.png", optimize=True, dpi=dpi
    )
    width, height = (pixels * 72 / SCAN_DPI for pixels in page.size)
    with pikepdf.new() as document:
        picture = document.make_stream((SAMPLES / "scan.jpg").read_bytes())
        picture.update(
            pikepdf.Dictionary(
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=page.width,
                Height=page.height,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
        )
        blank = document.add_blank_page(page_size=(width, height))
        name = blank.add_resource(picture, pikepdf.Name.XObject)
        blank.contents_add(f"q {width:.2f} 0 0 {height:.2f} 0 0 cm {name} Do Q".encode())
        document.save(SAMPLES / "scan.pdf")


def certificate_for(key: rsa.RSAPrivateKey, common_name: str) -> x509.Certificate:
    """A self-signed certificate of an invented signer, good for ten years."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=3650))
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def sign_with_pyhanko(source: Path, target: Path) -> None:
    """Sign with RSA as an outside party would; the key is thrown away."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = certificate_for(key, "示例签署人 SAMPLE SIGNER")
    password = b"only for the next line"
    bundle = serialization.pkcs12.serialize_key_and_certificates(
        b"sample", key, certificate, None, serialization.BestAvailableEncryption(password)
    )
    signer = signers.SimpleSigner.load_pkcs12_data(bundle, [], password)
    if signer is None:
        raise RuntimeError("pyHanko could not read the signer that was just made.")
    writer = IncrementalPdfFileWriter(io.BytesIO(source.read_bytes()))
    fields.append_signature_field(
        writer, fields.SigFieldSpec("OutsideParty", on_page=0, box=(70, 90, 230, 140))
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="OutsideParty", reason="示例：外部单位先行签署", md_algorithm="sha256"
    )
    target.write_bytes(signers.sign_pdf(writer, metadata, signer).getvalue())


def main() -> int:
    """Make all samples; 1 when a program is missing or a result is larger than a sample may be."""
    missing = [program for program in ("soffice", "chromium") if shutil.which(program) is None]
    if missing or not SERIF.exists():
        sys.stderr.write(f"Missing: {', '.join(missing) or 'fonts-noto-cjk'}. Install it and try again.\n")
        return 1
    export_with_libreoffice("contract", "financing-contract")
    print_with_chromium("notice")
    write_scans(scanned_page(SAMPLES / "financing-contract.pdf"))
    sign_with_pyhanko(SAMPLES / "notice.pdf", SAMPLES / "signed-by-others.pdf")
    results = sorted(path for path in SAMPLES.iterdir() if path.suffix in {".pdf", ".png", ".jpg"})
    for path in results:
        sys.stdout.write(f"{path.stat().st_size:>8} {path.name}\n")
    return int(any(path.stat().st_size > LARGEST_BYTES for path in results))


if __name__ == "__main__":
    sys.exit(main())
