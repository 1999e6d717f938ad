"""The corpus: PDF files, sealed and signed in every form, and the published attacks on signed PDF."""

import re
from collections.abc import Callable
from datetime import datetime

from corpus_package_making import outside_seal_value, stranger_value
from corpus_world import DAY, NOW, CorpusWorld, Make, Vector, extended
from cryptography.hazmat.primitives.asymmetric import ec
from international_authority import issue
from ofd_writer import write_package
from pdf_resigned import resigned
from pdf_writing import plain, stream, updated, written

from gmseal.pdf import (
    CmsValue,
    DualSigners,
    InvisibleOrder,
    PadesSigner,
    Permission,
    SealOrder,
    SealPlacement,
    SeamPlacement,
    seal_pdf_bytes,
    seal_pdf_dual_bytes,
    sign_pdf_bytes,
)
from gmseal.ses.signature import SealSigner, read_signature
from gmseal.sm.cms import CmsForm

HERE = (SealPlacement(0, 120, 200),)
ORDER = SealOrder(signed_at=NOW, placements=HERE)
NO_SEALS = "pyHanko 0.38 lists no signature here; pdfsig 22.12 shows the range only (measured)"
NO_SM2 = "pdfsig 22.12 says unknown digest; openssl 3.0 cms cannot be told the user id (measured)"
CONTENT = 11
"""The object that holds the content of the first page."""


class HandMade:
    """A value for the hole of a signature that only has to be of the right size."""

    names = ("Gomain.GMPkiLite", "GM.sm2seal")
    signer_name, picture, digest_algorithm, room = "示例", None, "sm3", 8000

    def __init__(self, value: Callable[[bytes], bytes]) -> None:
        self._value = value

    def sign(self, digest: bytes, _signed_at: datetime) -> bytes:
        return self._value(digest)


def document(pages: int = 1) -> bytes:
    return written(plain(pages))


def form() -> bytes:
    """A page with a field for text."""
    objects = plain(1)
    objects[1] = b"<</Type/Catalog/Pages 2 0 R/AcroForm 7 0 R>>"
    objects[6] = b"<</FT/Tx/T(Amount)/V(100)>>"
    objects[7] = b"<</Fields[6 0 R]>>"
    return written(objects)


def sealed(world: CorpusWorld) -> bytes:
    return seal_pdf_bytes(document(), ORDER, world.unit.sealer())


def valued(value: Callable[[CorpusWorld, bytes], bytes]) -> Make:
    """A PDF whose seal signature is put together by hand."""
    return lambda world: sign_pdf_bytes(
        document(), InvisibleOrder(signed_at=NOW), HandMade(lambda digest: value(world, digest))
    )


def after(change: Callable[[bytes], bytes]) -> Make:
    """A sealed PDF that was changed afterwards."""
    return lambda world: change(sealed(world))


def signed(case: CmsForm, *, stamped: bool = False) -> Make:
    def make(world: CorpusWorld) -> bytes:
        stamps = world.stamps() if stamped else None
        value = CmsValue(world.unit.certificate, world.unit.key, form=case, timestamp=stamps)
        return sign_pdf_bytes(document(), InvisibleOrder(signed_at=NOW), value)

    return make


def version_5(world: CorpusWorld) -> bytes:
    unit = world.unit
    signer = SealSigner(world.version_5, unit.certificate, unit.key, timestamps=world.stamps())
    return seal_pdf_bytes(document(), ORDER, signer)


def seam(world: CorpusWorld) -> bytes:
    order = SealOrder(signed_at=NOW, placements=(), seam=SeamPlacement(100))
    return seal_pdf_bytes(document(3), order, world.unit.sealer())


def dual(world: CorpusWorld) -> bytes:
    root = issue("Example Root", None, ec.generate_private_key(ec.SECP256R1()), NOW)
    person = issue("Example Signer", root, ec.generate_private_key(ec.SECP256R1()), NOW)
    pades = PadesSigner.load(person.certificate, person.pkcs8, chain=(root.certificate,))
    return seal_pdf_dual_bytes(document(), ORDER, DualSigners(seal=world.unit.sealer(), pades=pades))


def stamped_before(world: CorpusWorld, digest: bytes) -> bytes:
    value = world.sign(digest)
    return extended(value, world.stamp(read_signature(value).signature_value, NOW - DAY))


def answered(certify: Permission | None) -> Make:
    """A form field is filled in after sealing."""

    def make(world: CorpusWorld) -> bytes:
        data = seal_pdf_bytes(form(), ORDER, world.unit.sealer(), certify=certify)
        return updated(data, {6: b"<</FT/Tx/T(Amount)/V(900)>>"})

    return make


# --- what the page shows --------------------------------------------------------------------------

OWN = 20
"""An object of the document that the appearance of the seal is exchanged for."""
PLACED = b"q /M gs 113.3858 0 0 113.3858 0 0 cm /S Do Q"


def shown_as(content: bytes, image: bytes | None = None) -> Make:
    """A signer who shows something else than his seal: his own drawing, with the seal's image or another."""
    resources = b"/XObject<</S 99 0 R>>/ExtGState<</M<</BM/Multiply>>>>"
    drawing = stream(
        content, b"/Type/XObject/Subtype/Form/BBox[0 0 113.3858 113.3858]/Resources<<%s>>" % resources
    )

    def make(world: CorpusWorld) -> bytes:
        objects = {**plain(1), OWN: drawing}
        if image is not None:
            objects[OWN + 1] = image
        data = seal_pdf_bytes(written(objects), ORDER, world.unit.sealer())
        *_, seal = (one for one in re.findall(rb"/S (\d+ 0 R)>>/ExtGState", data) if one != b"99 0 R")
        *_, form = re.findall(rb"/AP<</N (\d+ 0 R)>>", data)
        wanted = seal if image is None else b"%d 0 R" % (OWN + 1)
        changes = (b"/N " + form, b"/N %d 0 R" % OWN), (b"/S 99 0 R", b"/S " + wanted)
        return resigned(data, world.unit.sealer(), NOW, *changes)

    return make


def put_otherwise(old: bytes, new: bytes) -> Make:
    """A signer who places the seal's picture in another way."""
    return lambda world: resigned(sealed(world), world.unit.sealer(), NOW, (old, new))


BLUE = stream(
    bytes((0, 0, 200)) * 64,
    b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceRGB/BitsPerComponent 8",
)


# --- attacks ------------------------------------------------------------------------------------


def overlay(text: bytes) -> bytes:
    return stream(b"1 g 50 390 300 30 re f 0 g BT /F1 18 Tf 60 400 Td (%s) Tj ET" % text)


def newest(data: bytes, pattern: bytes) -> tuple[int, bytes]:
    """Number and text of the last object that holds the pattern."""
    objects = re.findall(rb"\n(\d+) 0 obj\n(.*?)\nendobj", data, re.DOTALL)
    number, text = next(one for one in reversed(objects) if pattern in one[1])
    return int(number), text


def spoilt(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """USF: an entry of the signature is spoilt in an update that also changes the page."""

    def change(data: bytes) -> bytes:
        number, text = newest(data, b"/ByteRange")
        worse, count = re.subn(old, new, text)
        assert count == 1
        return updated(data, {number: worse, CONTENT: overlay(b"Page 9")})

    return change


def copied(data: bytes) -> bytes:
    """ISA with a copy of the signature object behind the changed content."""
    number, text = newest(data, b"/ByteRange")
    return updated(data, {CONTENT: overlay(b"Page 9"), number: text})


def wrapped(data: bytes) -> bytes:
    """SWA: the second signed part moves to the end, other objects fill the room between; the digest still fits."""
    found = re.search(rb"/ByteRange\[([^]]*)\]", data)
    assert found
    _, hole, behind, length = (int(number) for number in found[1].split())
    gap = data[hole:behind] + b">>\nendobj\n11 0 obj\n" + overlay(b"Page 9") + b"\nendobj\n"
    moved = data[:hole] + gap + data[behind : behind + length]
    text = b"0 %d %d %d" % (hole, hole + len(gap), length)
    return moved[: found.start(1)] + text.ljust(len(found[1])) + moved[found.end(1) :]


def shadow_replace(world: CorpusWorld) -> bytes:
    """Another version of the page lies inside the signed bytes; a later table alone makes it count."""
    objects = plain(1)
    objects[20] = overlay(b"Page 9")
    data = seal_pdf_bytes(written(objects), ORDER, world.unit.sealer())
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    hidden = data.index(b"\n20 0 obj") + 1
    table = b"xref\n11 1\n%010d 00000 n \ntrailer\n<</Size 99/Root 1 0 R/Prev %d>>\n" % (hidden, previous)
    return data + table + b"startxref\n%d\n%%%%EOF\n" % len(data)


def shadow_hide(world: CorpusWorld) -> bytes:
    """The signer saw a cover over other text; it is taken away afterwards."""
    objects = plain(1)
    objects[CONTENT] = stream(
        b"BT /F1 18 Tf 60 400 Td (Page 9) Tj ET 1 g 50 390 300 30 re f 0 g BT /F1 18 Tf 60 400 Td (Page 1) Tj ET"
    )
    data = seal_pdf_bytes(written(objects), ORDER, world.unit.sealer())
    return updated(data, {CONTENT: stream(b"BT /F1 18 Tf 60 400 Td (Page 9) Tj ET")})


def both_at_once(world: CorpusWorld) -> bytes:
    """A PDF and an archive in one file: what is judged depends on the program."""
    return write_package({"%PDF-1.4.txt": b"%PDF-1.4"}, packing=0, comment=b"%PDF-1.4") + sealed(world)


KINDS = [
    Vector(
        name="pdf-v4.pdf",
        what="a seal of version 4 as it should be",
        make=sealed,
        peers=(NO_SEALS,),
    ),
    Vector(
        name="pdf-v4-stamped.pdf",
        what="version 4 with a time stamp",
        make=lambda world: seal_pdf_bytes(document(), ORDER, world.unit.sealer(), timestamp=world.stamps()),
        peers=(NO_SEALS,),
    ),
    Vector(
        name="pdf-v5.pdf",
        what="a seal of version 5, both values stamped",
        make=version_5,
        peers=(NO_SEALS,),
    ),
    Vector(
        name="pdf-two-seals.pdf",
        what="two seals, one after the other",
        make=lambda world: seal_pdf_bytes(sealed(world), ORDER, world.unit.sealer()),
        peers=(NO_SEALS,),
    ),
    Vector(
        name="pdf-seam.pdf",
        what="a riding seam over three pages",
        make=seam,
        peers=(NO_SEALS,),
    ),
    Vector(
        name="pdf-cms.pdf",
        what="SM2 signed data of RFC 5652",
        make=signed(CmsForm.RFC5652),
        warns=("NO_SEAL",),
        peers=(NO_SM2,),
    ),
    Vector(
        name="pdf-cms-stamped.pdf",
        what="the same with a time stamp",
        make=signed(CmsForm.RFC5652, stamped=True),
        warns=("NO_SEAL",),
        peers=(NO_SM2,),
    ),
    Vector(
        name="pdf-gbt35275.pdf",
        what="SM2 signed data of GB/T 35275",
        make=signed(CmsForm.GBT35275),
        warns=("NO_SEAL",),
        peers=("no program tried reads this form in PDF",),
    ),
    Vector(
        name="pdf-dual.pdf",
        what="a seal, and PAdES with P-256 over it",
        make=dual,
        peers=("pyHanko 0.38 and pdfsig see the PAdES signature only (measured)",),
    ),
    Vector(
        name="pdf-unsigned.pdf",
        what="no signature at all",
        make=lambda _: document(),
        verdict="indeterminate",
    ),
]

VALUES = [
    Vector(
        name="pdf-forged-seal.pdf",
        what="a seal of another name with junk as its maker's signature, used by a stranger",
        make=valued(stranger_value),
        verdict="invalid",
        fails=("SIGNER_NOT_IN_SEAL", "SEAL_SIGNATURE"),
    ),
    Vector(
        name="pdf-stamp-of-another.pdf",
        what="the time stamp is over another value",
        make=valued(lambda world, digest: extended(world.sign(digest), world.stamp(b"another value"))),
        verdict="invalid",
        fails=("SIGNATURE_TIMESTAMP",),
    ),
    Vector(
        name="pdf-stamp-before-signing.pdf",
        what="the time stamp is a day older than the time that the signer states",
        make=valued(stamped_before),
        verdict="invalid",
        fails=("TIMESTAMP_BEFORE_SIGN_TIME",),
    ),
    Vector(
        name="pdf-sign-time-outside-seal.pdf",
        what="signed after the seal had ended",
        make=valued(outside_seal_value),
        verdict="invalid",
        fails=("SIGN_TIME_OUTSIDE_SEAL",),
        at=NOW + 191 * DAY,
    ),
    Vector(
        name="pdf-revoked-before.pdf",
        what="the signer's certificate was revoked before signing",
        make=sealed,
        verdict="invalid",
        fails=("SIGNER_REVOKED_BEFORE_SIGNING",),
        trust="trust-signer-revoked-before",
    ),
    Vector(
        name="pdf-revoked-after.pdf",
        what="the signer's certificate was revoked after signing",
        make=sealed,
        warns=("SIGN_TIME_UNPROVEN",),
        trust="trust-signer-revoked-after",
    ),
    Vector(
        name="pdf-key-stolen.pdf",
        what="the signer's certificate was revoked after the stated time because others got his key; no time stamp",
        make=sealed,
        verdict="indeterminate",
        trust="trust-signer-key-stolen",
    ),
]

ATTACKS = [
    Vector(
        name="pdf-page-changed.pdf",
        what="one character of a signed page was changed",
        make=after(lambda data: data.replace(b"(Page 1)", b"(Page 9)")),
        verdict="invalid",
        fails=("DATA_HASH",),
    ),
    Vector(
        name="pdf-usf-contents.pdf",
        what="USF: the value was taken away in an update",
        make=after(spoilt(rb"/Contents<[0-9a-f]+>", b"/Contents<>")),
        verdict="invalid",
        fails=("FORMAT_SIGNATURE", "BYTE_RANGE"),
    ),
    Vector(
        name="pdf-usf-range.pdf",
        what="USF: the range was taken away in an update",
        make=after(spoilt(rb"/ByteRange\[[^]]*\]", b"/ByteRange null")),
        verdict="invalid",
        fails=("BYTE_RANGE",),
    ),
    Vector(
        name="pdf-isa.pdf",
        what="ISA: a page was replaced in an update",
        make=after(lambda data: updated(data, {CONTENT: overlay(b"Page 9")})),
        verdict="invalid",
        fails=("ALTERED_AFTER_SEALING",),
    ),
    Vector(
        name="pdf-isa-without-table.pdf",
        what="ISA: the page that replaces another is appended without cross-references",
        make=after(lambda data: data + b"11 0 obj\n%s\nendobj\n" % overlay(b"Page 9")),
        verdict="invalid",
        fails=("ALTERED_AFTER_SEALING",),
    ),
    Vector(
        name="pdf-isa-copied-signature.pdf",
        what="ISA: closed by a copy of the signature",
        make=after(copied),
        verdict="invalid",
        fails=("BYTE_RANGE",),
    ),
    Vector(
        name="pdf-swa.pdf",
        what="SWA: the signed bytes were moved, others stand in their place",
        make=after(wrapped),
        verdict="invalid",
        fails=("ALTERED_AFTER_SEALING", "BYTE_RANGE"),
    ),
    Vector(
        name="pdf-shadow-replace.pdf",
        what="shadow: a prepared page is made to count by cross-references alone",
        make=shadow_replace,
        verdict="invalid",
        fails=("ALTERED_AFTER_SEALING",),
    ),
    Vector(
        name="pdf-shadow-hide.pdf",
        what="shadow: a cover is taken away after signing",
        make=shadow_hide,
        verdict="invalid",
        fails=("ALTERED_AFTER_SEALING",),
    ),
    Vector(
        name="pdf-form-answered.pdf",
        what="a form field was filled in after sealing, which nobody allowed",
        make=answered(None),
        verdict="invalid",
        fails=("ALTERED_AFTER_SEALING",),
    ),
    Vector(
        name="pdf-form-answered-certified.pdf",
        what="the same under a certification that lets fields be filled in",
        make=answered(Permission.SIGNING),
        warns=("UNPROTECTED_CONTENT",),
    ),
    Vector(
        name="pdf-and-package.pdf",
        what="a package and a PDF in one file",
        make=both_at_once,
        verdict="unreadable",
        fails=("AMBIGUOUS_FILE",),
    ),
]

SHOWN = [
    Vector(
        name="pdf-shows-another-picture.pdf",
        what="the page shows another picture than the seal holds",
        make=shown_as(PLACED, BLUE),
        warns=("PICTURE_SHOWN",),
    ),
    Vector(
        name="pdf-shows-it-painted-over.pdf",
        what="the seal's own picture, with something painted over it",
        make=shown_as(PLACED + b" 0 0 1 rg 10 40 90 20 re f"),
        warns=("PICTURE_SHOWN",),
    ),
    Vector(
        name="pdf-shows-it-narrower.pdf",
        what="the seal's own picture, not of the size that the seal states",
        make=put_otherwise(PLACED, b"q /M gs 80.00000 0 0 113.3858 0 0 cm /S Do Q"),
        warns=("PICTURE_SHOWN",),
    ),
    Vector(
        name="pdf-shows-nothing.pdf",
        what="the mark of the seal is hidden",
        make=put_otherwise(b"/F 132/T(Seal1)", b"/F 134/T(Seal1)"),
        warns=("PICTURE_SHOWN",),
    ),
]

PDF = [*KINDS, *VALUES, *SHOWN, *ATTACKS]
