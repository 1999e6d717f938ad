"""Verification under attack: whatever is done to a sealed file afterwards is told, and good files stay good."""

import dataclasses
import hashlib
import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from gmseal.errors import Refused
from gmseal.pdf import SealOrder, SealPlacement, SeamPlacement, seal_pdf
from gmseal.picture import FaceKind, draw_svg, face_of_kind, render_png
from gmseal.report import CheckResult, Report, TrustStore, Verdict
from gmseal.ses.seal import SealPicture
from gmseal.ses.signature import read_signature
from gmseal.trial import TrialAuthority, TrialUnit

HERE = (SealPlacement(0, 100, 180),)


def failures(report: Report, index: int = 0) -> set[str]:
    checks = [*report.checks, *report.signatures[index].walk()]
    return {check.code for check in checks if check.result is CheckResult.FAIL}


def result_of(report: Report, code: str, index: int = 0) -> CheckResult:
    return next(check.result for check in report.signatures[index].walk() if check.code == code)


@pytest.fixture
def sealed(bench: Any, blueprint: Any) -> bytes:
    path, _ = bench.seal(blueprint(pages=2, annots="direct", form="indirect").table(), placements=HERE)
    return bytes(path.read_bytes())


def objects_of(data: bytes) -> dict[str, int]:
    """The object numbers an attacker would look for."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[0].obj
        widget = next(item for item in page["/Annots"] if item.get("/FT") == "/Sig")
        form = widget["/AP"]["/N"]
        return {
            "page": page.objgen[0],
            "content": page["/Contents"].objgen[0],
            "font": page["/Resources"]["/Font"]["/F1"].objgen[0],
            "tree": pdf.Root["/Pages"].objgen[0],
            "catalog": pdf.Root.objgen[0],
            "form": pdf.Root["/AcroForm"].objgen[0],
            "widget": widget.objgen[0],
            "value": widget["/V"].objgen[0],
            "appearance": form.objgen[0],
            "image": form["/Resources"]["/XObject"]["/S"].objgen[0],
            "note": page["/Annots"][0].objgen[0],
            "size": int(pdf.trailer["/Size"]),
        }


def text_of(data: bytes, number: int) -> bytes:
    """The newest text of an object as it stands in a file."""
    found: list[bytes] = re.findall(rb"\n%d 0 obj\n(.*?)\nendobj" % number, data, re.DOTALL)
    return found[-1]


# --- good files -------------------------------------------------------------------------------


def test_a_sealed_file_is_valid_and_says_what_it_is(bench: Any, sealed: bytes) -> None:
    report = bench.verify(sealed)
    assert report.verdict is Verdict.VALID
    assert report.sha256 == hashlib.sha256(sealed).hexdigest()
    entry = report.signatures[0]
    assert (entry.kind, entry.seal_name, entry.trial) == ("seal", "北京示例科技有限公司", True)
    assert result_of(report, "PICTURE_SHOWN") is CheckResult.PASS
    assert result_of(report, "COVERAGE") is CheckResult.PASS
    assert report.to_dict()["signatures"][0]["coverage"]["covers_whole_file"] is True


def test_without_roots_nothing_is_certain(bench: Any, sealed: bytes) -> None:
    assert bench.verify(sealed, TrustStore()).verdict is Verdict.INDETERMINATE


def test_a_file_without_a_seal_is_indeterminate(bench: Any, blueprint: Any) -> None:
    report = bench.verify(blueprint().table())
    assert report.verdict is Verdict.INDETERMINATE
    assert [check.code for check in report.checks] == ["NO_SIGNATURE"]


@pytest.mark.parametrize("structure", ["table", "packed"])
def test_seals_one_after_the_other_stay_valid(bench: Any, blueprint: Any, structure: str) -> None:
    data = getattr(blueprint(pages=3, form="direct", annots="indirect"), structure)()
    for count in range(4):
        place = (SealPlacement(count % 3, 20 + 45 * count, 40),)
        extra = {"seam": SeamPlacement(200)} if count == 2 else {}
        data = bench.seal(data, placements=place, **extra)[0].read_bytes()
    report = bench.verify(data)
    assert report.verdict is Verdict.VALID
    assert len(report.signatures) == 4
    assert [result_of(report, "ADDED_LATER_ALLOWED", index) for index in range(3)] == [CheckResult.PASS] * 3
    assert "marks of a further seal" in report.signatures[0].coverage["added_later"]
    assert result_of(report, "COVERAGE", 3) is CheckResult.PASS


def test_other_programs_may_add_validation_data_and_metadata(bench: Any, sealed: bytes, update: Any) -> None:
    found = objects_of(sealed)
    catalog = text_of(sealed, found["catalog"])[:-2] + b"/DSS %d 0 R>>" % found["size"]
    later = update(
        sealed,
        {
            found["catalog"]: catalog,
            found["size"]: b"<</Type/DSS/Certs[]>>",
            found["size"] + 1: b"<</ModDate(D:20260601)>>",
        },
        trailer=b"/Info %d 0 R" % (found["size"] + 1),
    )
    report = bench.verify(later)
    assert report.verdict is Verdict.VALID
    assert result_of(report, "ADDED_LATER_ALLOWED") is CheckResult.PASS


def test_blank_bytes_after_the_end_are_harmless(bench: Any, sealed: bytes) -> None:
    assert bench.verify(sealed + b"\r\n").verdict is Verdict.VALID


# --- changed bytes ----------------------------------------------------------------------------


def test_one_digit_changed_in_the_text(bench: Any, sealed: bytes) -> None:
    report = bench.verify(sealed.replace(b"1234567.00 p1", b"1934567.00 p1"))
    assert report.verdict is Verdict.INVALID
    assert failures(report) == {"DATA_HASH"}
    check = next(check for check in report.signatures[0].walk() if check.code == "DATA_HASH")
    assert check.zh == "盖章后被改动"
    assert "altered after" in check.en.lower()


def test_every_kind_of_byte_counts(bench: Any, sealed: bytes) -> None:
    """A sample of single changed bytes all over the file: none is missed, none raises anything foreign."""
    for position in range(9, len(sealed), max(1, len(sealed) // 150)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        try:
            report = bench.verify(bytes(changed))
        except Refused:
            continue
        assert report.verdict is not Verdict.VALID, position


def test_a_byte_more_in_the_text_breaks_the_structure_and_is_told(bench: Any, sealed: bytes) -> None:
    report = bench.verify(sealed.replace(b"(Amount 1234567.00 p1)", b"(Amount 91234567.00 p1)"))
    assert report.verdict is Verdict.INVALID
    assert "ALTERED_AFTER_SEALING" in failures(report)


@pytest.mark.parametrize(
    "later",
    [b"%!PS hidden", b"\0" * 5000 + b"x", b"1 0 obj\n<</Type/Catalog>>\nendobj\n"],
)
def test_bytes_appended_without_structure(bench: Any, sealed: bytes, later: bytes) -> None:
    report = bench.verify(sealed + later)
    assert report.verdict is Verdict.INVALID
    assert "ALTERED_AFTER_SEALING" in failures(report)


# --- later revisions --------------------------------------------------------------------------


def overlay(text: bytes) -> bytes:
    content = b"1 g 50 390 300 30 re f 0 g BT /F1 18 Tf 60 400 Td (%s) Tj ET" % text
    return b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)


Attack = Callable[[dict[str, int], bytes], dict[int, bytes]]

ATTACKS: dict[str, Attack] = {
    "content replaced": lambda at, data: {at["content"]: overlay(b"Amount 9")},
    "content added": lambda at, data: {
        at["page"]: re.sub(
            rb"/Contents (\d+ 0 R)", rb"/Contents[\1 %d 0 R]" % at["size"], text_of(data, at["page"])
        ),
        at["size"]: overlay(b"Amount 9"),
    },
    "resources exchanged": lambda at, data: {
        at["font"]: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>",
    },
    "page box": lambda at, data: {at["page"]: text_of(data, at["page"])[:-2] + b"/CropBox[0 0 300 300]>>"},
    "page rotated": lambda at, data: {at["page"]: text_of(data, at["page"])[:-2] + b"/Rotate 180>>"},
    "inherited attribute": lambda at, data: {at["tree"]: text_of(data, at["tree"])[:-2] + b"/Rotate 90>>"},
    "page removed": lambda at, data: {
        at["tree"]: b"<</Type/Pages/Kids[%d 0 R]/Count 1/MediaBox[0 0 595.28 841.89]>>" % at["page"]
    },
    "annotation added": lambda at, data: {
        at["page"]: text_of(data, at["page"]).replace(b"/Annots [", b"/Annots [%d 0 R " % at["size"]),
        at["size"]: b"<</Type/Annot/Subtype/FreeText/Rect[50 390 300 420]/DA(/F1 18 Tf)/Contents(Amount 9)>>",
    },
    "annotation at the end": lambda at, data: {
        at["page"]: text_of(data, at["page"]).replace(b" 0 R]>>", b" 0 R %d 0 R]>>" % at["size"]),
        at["size"]: b"<</Type/Annot/Subtype/Stamp/Rect[50 390 90 420]>>",
    },
    "existing annotation": lambda at, data: {
        at["note"]: b"<</Type/Annot/Subtype/FreeText/Rect[10 10 400 500]/Contents(Amount 9)>>"
    },
    "seal picture swapped": lambda at, data: {
        at[
            "image"
        ]: b"<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
        b"/Length 1>>\nstream\n\0\nendstream"
    },
    "seal appearance swapped": lambda at, data: {
        at["appearance"]: b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream"
    },
    "seal moved": lambda at, data: {
        at["widget"]: re.sub(rb"/Rect\[[^]]*\]", b"/Rect[50 390 163 503]", text_of(data, at["widget"]))
    },
    "signature dictionary replaced": lambda at, data: {
        at["value"]: text_of(data, at["value"]).replace(b"/Type/Sig", b"/Type/Sig/Reason(other)")
    },
    "form value": lambda at, data: {6: b"<</FT/Tx/T(Seal1)/V(y)>>"},
    "form field added": lambda at, data: {
        at["form"]: text_of(data, at["form"]).replace(b"[", b"[%d 0 R " % at["size"], 1),
        at["size"]: b"<</FT/Tx/T(new)/V(9)>>",
    },
    "need appearances": lambda at, data: {
        at["form"]: text_of(data, at["form"])[:-2] + b"/NeedAppearances true>>"
    },
    "open action": lambda at, data: {
        at["catalog"]: text_of(data, at["catalog"])[:-2]
        + b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"
    },
    "optional content": lambda at, data: {
        at["catalog"]: text_of(data, at["catalog"])[:-2] + b"/OCProperties<</OCGs[]/D<<>>>>>>"
    },
    "catalog exchanged": lambda at, data: {at["catalog"]: b"<</Type/Catalog/Pages 2 0 R>>"},
}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_attacks_by_a_later_revision(bench: Any, sealed: bytes, update: Any, name: str) -> None:
    later = update(sealed, ATTACKS[name](objects_of(sealed), sealed))
    with pikepdf.open(io.BytesIO(later)) as pdf:
        assert not pdf.check_pdf_syntax(), "the attack is a well-formed PDF"
    report = bench.verify(later)
    assert report.verdict is Verdict.INVALID
    codes = failures(report) if report.signatures else {"removed"}
    assert codes & {"ALTERED_AFTER_SEALING", "BYTE_RANGE", "removed"}, codes


def test_a_later_seal_does_not_wash_an_alteration(bench: Any, sealed: bytes, update: Any) -> None:
    altered = update(sealed, ATTACKS["content replaced"](objects_of(sealed), sealed))
    twice = bench.seal(altered, placements=(SealPlacement(0, 20, 20),))[0].read_bytes()
    report = bench.verify(twice)
    assert report.verdict is Verdict.INVALID
    assert "ALTERED_AFTER_SEALING" in failures(report, 0)
    assert not failures(report, 1)


@pytest.mark.parametrize("written", [b"900 0 R", b"00900  0\tR", b"900 % a comment\r0 R", b"900\n0 %\n%\nR"])
def test_a_hole_kept_for_later_is_found(bench: Any, blueprint: Any, update: Any, written: bytes) -> None:
    """A prepared file points to an object that does not exist yet; the attacker defines it after sealing."""
    plan = blueprint(page_extra="")
    objects = plan.objects()
    objects[10] = objects[10].replace(b"/Contents 11 0 R", b"/Contents[11 0 R " + written + b"]")
    plan.more = {10: objects[10]}
    sealed = bench.seal(plan.table(), placements=HERE)[0].read_bytes()
    assert bench.verify(sealed).verdict is Verdict.VALID
    report = bench.verify(update(sealed, {900: overlay(b"Amount 9")}))
    assert report.verdict is Verdict.INVALID
    assert "ALTERED_AFTER_SEALING" in failures(report)


def test_an_oversized_or_foreign_mark_beside_a_further_seal(bench: Any, sealed: bytes, update: Any) -> None:
    found = objects_of(sealed)
    page = text_of(sealed, found["page"]).rstrip(b">").rstrip().rstrip(b"]")
    for extra in (
        b"<</Type/Annot/Subtype/Stamp/Rect[50 100 500 700]>>",
        b"<</Type/Annot/Subtype/Square/Rect[50 100 90 120]>>",
    ):
        prepared = update(sealed, {found["page"]: page + b" %d 0 R]>>" % found["size"], found["size"]: extra})
        twice = bench.seal(prepared, placements=(SealPlacement(0, 20, 20),))[0].read_bytes()
        assert "ALTERED_AFTER_SEALING" in failures(bench.verify(twice), 0)


# --- byte ranges and signature values ---------------------------------------------------------


def with_range(data: bytes, numbers: list[int]) -> bytes:
    """Another byte range in the place of the present one, nothing moved."""
    found = re.search(rb"/ByteRange\[([^]]*)\]", data)
    assert found
    text = b" ".join(b"%d" % number for number in numbers).ljust(len(found[1]))
    return data[: found.start(1)] + text + data[found.end(1) :]


def present_range(data: bytes) -> list[int]:
    found = re.search(rb"/ByteRange\[([^]]*)\]", data)
    assert found
    return [int(number) for number in found[1].split()]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: [1, r[1] - 1, r[2], r[3]],
        lambda r: [0, r[1] - 40, r[2], r[3]],
        lambda r: [0, r[1], r[2] + 20, r[3] - 20],
        lambda r: [0, r[1] + 1, r[2], r[3]],
        lambda r: [0, r[1], r[2] - 1, r[3] + 1],
        lambda r: [0, r[1], r[2], r[3] + 1],
        lambda r: [0, r[1], r[2]],
        lambda r: [0, r[1], r[2], r[3], 0, 0],
        lambda r: [0, 0, r[2], r[3]],
        lambda r: [0, r[2], r[1], r[3]],
        lambda r: [0, r[1], r[2], 10**18],
        lambda r: [0, -1, r[2], r[3]],
    ],
)
def test_byte_ranges_that_leave_room(bench: Any, sealed: bytes, change: Any) -> None:
    report = bench.verify(with_range(sealed, change(present_range(sealed))))
    assert report.verdict is Verdict.INVALID
    assert "BYTE_RANGE" in failures(report)


def resigned(bench: Any, data: bytes, numbers: list[int]) -> bytes:
    """The attacker is the signer: the digest is right for a byte range that leaves too much out."""
    changed = with_range(data, numbers)
    one, two = changed[: numbers[1]], changed[numbers[2] : numbers[2] + numbers[3]]
    digest = hashlib.new("sm3", one + two).digest()
    value: bytes = bench.signer.sign(digest, "/ByteRange", bench.now).hex().encode()
    start = changed.index(b"/Contents<") + 10
    return changed[:start] + value + changed[start + len(value) :]


def test_a_widened_gap_fails_even_when_signed_like_that(bench: Any, sealed: bytes) -> None:
    zero, hole, after, length = present_range(sealed)
    forged = resigned(bench, sealed, [zero, hole - 30, after, length])
    report = bench.verify(forged)
    assert report.verdict is Verdict.INVALID
    assert "BYTE_RANGE" in failures(report)


def test_foreign_data_behind_the_value(bench: Any, sealed: bytes) -> None:
    _, _, after, _ = present_range(sealed)
    changed = sealed[: after - 9] + b"deadbeef" + sealed[after - 1 :]
    report = bench.verify(changed)
    assert report.verdict is Verdict.INVALID
    assert "CONTENTS_PADDING" in failures(report)


def test_a_value_that_is_no_signature(bench: Any, sealed: bytes) -> None:
    start = sealed.index(b"/Contents<") + 10
    for value in (b"00", b"ff" * 40, b"30820010", b"3080"):
        report = bench.verify(sealed[:start] + value + sealed[start + len(value) :])
        assert report.verdict is Verdict.INVALID
        assert "FORMAT_SIGNATURE" in failures(report)


def test_a_copy_of_the_signature_dictionary_does_not_count(bench: Any, sealed: bytes, update: Any) -> None:
    """A second field that carries a copy of the value, in a revision that closes with it."""
    found = objects_of(sealed)
    copy = text_of(sealed, found["value"])
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Copy)/F 132/Rect[50 390 163 503]/V %d 0 R/P %d 0 R>>"
    later = update(
        sealed,
        {
            found["form"]: text_of(sealed, found["form"]).replace(
                b" 0 R]", b" 0 R %d 0 R]" % found["size"], 1
            ),
            found["size"]: field % (found["size"] + 1, found["page"]),
            found["size"] + 1: copy,
        },
    )
    report = bench.verify(later)
    assert report.verdict is Verdict.INVALID
    assert "SIGNATURE_REUSED" in failures(report)
    assert any("BYTE_RANGE" in failures(report, index) for index in range(len(report.signatures)))


def test_a_seal_shown_outside_the_form_is_judged_too(bench: Any, sealed: bytes, update: Any) -> None:
    found = objects_of(sealed)
    later = update(sealed, {found["form"]: b"<</Fields[6 0 R]/SigFlags 3>>"})
    report = bench.verify(later)
    assert report.verdict is Verdict.INVALID
    assert len(report.signatures) == 1


def test_the_signature_of_one_file_does_not_fit_another(bench: Any, blueprint: Any, sealed: bytes) -> None:
    other = bench.seal(blueprint(text="Amount 0000001.00").table(), placements=HERE)[0].read_bytes()
    mine, theirs = present_range(sealed), present_range(other)
    value = sealed[mine[1] : mine[2]]
    assert theirs[2] - theirs[1] == mine[2] - mine[1]
    report = bench.verify(other[: theirs[1]] + value + other[theirs[2] :])
    assert failures(report) == {"DATA_HASH"}


# --- forged seals -----------------------------------------------------------------------------


def test_a_seal_by_a_stranger_with_our_name(bench: Any, blueprint: Any, face_png: bytes) -> None:
    stranger = TrialAuthority.create(bench.now)
    unit = TrialUnit.create(stranger, "北京示例科技有限公司", SealPicture("PNG", face_png, 40, 40), es_id="9")
    out = bench.folder / "forged.pdf"
    order = SealOrder(signed_at=bench.now, placements=HERE)
    seal_pdf(bench.write(blueprint().table()), out, order=order, signer=unit.sealer())
    assert bench.verify(out).verdict is Verdict.INDETERMINATE
    assert bench.verify(out, stranger.trust).verdict is Verdict.VALID


def test_a_seal_with_a_changed_name_inside(bench: Any, sealed: bytes) -> None:
    """The same length of name in the embedded seal: the maker's signature no longer fits."""
    name = "北京示例科技有限公司".encode().hex().encode()
    other = "上海示例科技有限公司".encode().hex().encode()
    report = bench.verify(sealed.replace(name, other))
    assert report.verdict is Verdict.INVALID
    assert {"SEAL_SIGNATURE", "SIGNATURE_VALUE"} <= failures(report)


def test_a_picture_that_is_not_the_seals_is_pointed_out(
    bench: Any, blueprint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signer who shows another face than his seal's: his mathematics are right, the picture is not."""
    other = render_png(
        draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, "北京另一家有限公司", trial_mark=True))
    )
    seal = bench.signer.seal
    false = dataclasses.replace(seal, picture=dataclasses.replace(seal.picture, data=other))
    monkeypatch.setattr(bench.signer, "seal", false)
    path, _ = bench.seal(blueprint().table(), placements=HERE)
    monkeypatch.undo()
    report = bench.verify(path)
    assert result_of(report, "PICTURE_SHOWN") is CheckResult.WARN


# --- independent judges -----------------------------------------------------------------------


def test_openssl_agrees_on_digest_and_signature(
    bench: Any, sealed: bytes, openssl: Any, tmp_path: Path
) -> None:
    path = bench.write(sealed, "peer.pdf")
    listed = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\[(\d+) - (\d+)\], \[(\d+) - (\d+)\]", listed)
    assert found
    a, b, c, d = (int(number) for number in found.groups())
    value = bytes.fromhex(sealed[b + 1 : c - 1].decode())
    signature = read_signature(value[: 4 + int.from_bytes(value[2:4], "big")])
    done = openssl("dgst", "-sm3", "-r", "covered", files={"covered": sealed[a:b] + sealed[c:d]})
    assert done.stdout.split()[0].decode() == signature.data_hash.hex()
    key = signature.signer.public_key.to_spki_der()
    files = {"tbs": signature.raw_tbs, "value": signature.signature, "key.der": key}
    done = openssl(
        *("pkeyutl", "-verify", "-rawin", "-in", "tbs", "-sigfile", "value", "-digest", "sm3"),
        *("-pubin", "-keyform", "DER", "-inkey", "key.der", "-pkeyopt", "distid:1234567812345678"),
        files=files,
    )
    assert b"Verified Successfully" in done.stdout, done.stderr
