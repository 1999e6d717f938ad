"""Certification: written by a first signature when asked for, respected ever after, as others see it too."""

import io
import subprocess
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm

from gmseal.errors import Refused
from gmseal.pdf import (
    CmsValue,
    FieldPlacement,
    Permission,
    SealOrder,
    SealPlacement,
    seal_pdf_bytes,
    sign_pdf_bytes,
    verify_pdf_bytes,
)
from gmseal.report import Verdict
from gmseal.trial import TrialUnit

HERE = (SealPlacement(0, 100, 180),)


def certified(bench: Any, data: bytes, level: Permission) -> bytes:
    order = SealOrder(signed_at=bench.now, placements=HERE)
    return seal_pdf_bytes(data, order, bench.signer, certify=level)


@pytest.mark.parametrize("form", ["none", "direct", "indirect"])
@pytest.mark.parametrize("level", list(Permission))
def test_a_first_seal_certifies_as_others_read_it(
    bench: Any, blueprint: Any, form: str, level: Permission
) -> None:
    data = certified(bench, blueprint(form=form).table(), level)
    assert bench.verify(data).verdict is Verdict.VALID
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not pdf.check_pdf_syntax()
        assert pdf.Root["/Perms"]["/DocMDP"]["/Filter"] == "/Gomain.GMPkiLite"
    reader = PdfFileReader(io.BytesIO(data))
    reference = reader.root["/Perms"]["/DocMDP"]["/Reference"][0]
    assert MDPPerm(int(reference["/TransformParams"]["/P"])) == MDPPerm(int(level))
    listed = subprocess.run(
        ["pdfsig", "-nocert", bench.write(data, "c.pdf")], capture_output=True, text=True, check=False
    )
    assert "Total document signed" in listed.stdout


@pytest.mark.parametrize("level", list(Permission))
def test_a_further_seal_only_where_the_certification_lets_it(
    bench: Any, blueprint: Any, level: Permission
) -> None:
    data = certified(bench, blueprint().table(), level)
    if level is Permission.ANNOTATING:
        path, _ = bench.seal(data, placements=(SealPlacement(0, 20, 20),))
        assert bench.verify(path).verdict is Verdict.VALID
        return
    with pytest.raises(Refused) as caught:
        bench.seal(data, placements=(SealPlacement(0, 20, 20),))
    assert caught.value.reason == "DOCMDP_FORBIDS"


def test_only_the_first_signature_certifies(bench: Any, blueprint: Any) -> None:
    data = bench.seal(blueprint().table(), placements=HERE)[0].read_bytes()
    with pytest.raises(Refused) as caught:
        certified(bench, data, Permission.ANNOTATING)
    assert caught.value.reason == "CERTIFY_NOT_FIRST"


@pytest.mark.parametrize(
    ("lock", "name", "reason"),
    [
        ("/Action/All/P 1", None, "DOCMDP_FORBIDS"),
        ("/Action/All/P 2", None, "DOCMDP_FORBIDS"),
        ("/Action/All/P 9", None, "DOCMDP_FORBIDS"),
        ("/Action/All/P 3", None, None),
        ("/Action/Include/Fields[(Next)]", "Next", "FIELD_LOCKED"),
        ("/Action/Include/Fields[(Next)]", "Other", None),
        ("/Action/Exclude/Fields[(Next)]", "Next", None),
    ],
)
def test_locks_of_signed_fields_are_respected(
    bench: Any, blueprint: Any, update: Any, lock: str, name: str | None, reason: str | None
) -> None:
    """The lock is written by hand into the field of a signature, as forms from other programs have it."""
    data = blueprint(form="indirect").table()
    field = f"<</FT/Sig/T(First)/Lock<</Type/SigFieldLock{lock}>>/V 20 0 R>>".encode()
    value = b"<</Type/Sig/Filter/Any/Contents<00>/ByteRange[0 1 2 1]>>"
    signed = update(data, {6: field, 20: value})
    if reason is None:
        assert bench.seal(signed, placements=HERE, field_name=name)[0].exists()
        return
    with pytest.raises(Refused) as caught:
        bench.seal(signed, placements=HERE, field_name=name)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("lock", "locked"),
    [
        ("/Action/All", {"a", "b"}),
        ("/Action/Include/Fields[(a)]", {"a"}),
        ("/Action/Exclude/Fields[(a)]", {"b"}),
        ("/Action/Include/Fields[<FEFF76D6>(b)]", {"b"}),
        ("/Action/Unknown", {"a", "b"}),
    ],
)
def test_the_lock_of_a_field_goes_into_its_signature(
    bench: Any, blueprint: Any, update: Any, unit: TrialUnit, lock: str, locked: set[str]
) -> None:
    """Certified so that answers are let in: those that the field locks are refused all the same."""
    more = {
        6: f"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/P 10 0 R/Rect[200 300 360 450]/Lock<<{lock}>>>>".encode(),
        15: b"<</FT/Tx/T(a)/V(x)>>",
        16: b"<</FT/Tx/T(b)/V(x)>>",
        10: b"<</Type/Page/Parent 2 0 R/Resources<<>>/Annots[6 0 R]>>",
    }
    form = "/AcroForm<</Fields[6 0 R 15 0 R 16 0 R]/SigFlags 0>>"
    data = blueprint(catalog_extra=form, more=more).table()
    order = SealOrder(signed_at=bench.now, placements=(FieldPlacement("seal", fill=True),))
    value = CmsValue(unit.certificate, unit.key, picture=bench.signer.seal.picture)
    signed = sign_pdf_bytes(data, order, value, certify=Permission.SIGNING)
    assert verify_pdf_bytes(signed, bench.trust, bench.now).verdict is Verdict.VALID
    for name, number in (("a", 15), ("b", 16)):
        answered = update(signed, {number: b"<</FT/Tx/T(%s)/V(y)>>" % name.encode()})
        report = verify_pdf_bytes(answered, bench.trust, bench.now)
        assert (report.verdict is Verdict.INVALID) == (name in locked)
    embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
    assert embedded.fieldmdp.is_locked("a") == ("a" in locked)
    assert embedded.fieldmdp.is_locked("b") == ("b" in locked)
    assert embedded.docmdp_level is MDPPerm.FILL_FORMS


def test_memory_and_files_give_the_same(bench: Any, blueprint: Any) -> None:
    """Apart from the random number in the signature value."""
    data = blueprint(pages=2).packed()
    path, outcome = bench.seal(data, placements=HERE)
    order = SealOrder(signed_at=bench.now, placements=HERE)
    direct = seal_pdf_bytes(data, order, bench.signer)
    _, hole, after, _ = outcome.byte_range
    on_disk = path.read_bytes()
    assert direct[:hole] + direct[after:] == on_disk[:hole] + on_disk[after:]
    assert bench.verify(direct).verdict is Verdict.VALID
