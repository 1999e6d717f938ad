"""Signing OFD: what is added, what stays byte for byte, where stamps lie, what is refused."""

import base64
import itertools
import struct
import subprocess
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree
from ofd_writer import OfdPlan, read_files, with_files, write_package

from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.ofd import (
    Edge,
    OfdSealOrder,
    Parameter,
    Protection,
    Provider,
    SealPlacement,
    SeamPlacement,
    inspect_ofd,
    read_package,
    seal_ofd,
    sign_ofd_bytes,
)
from gmseal.ofd.archive import open_archive
from gmseal.report import Verdict
from gmseal.ses.signature import read_signature
from gmseal.sm.keys import sm3

SPACE = {"o": "http://www.ofdspec.org/2016"}


def xml(data: bytes, name: str) -> Any:
    return etree.fromstring(read_files(data)[name])


def stamps(data: bytes, name: str = "Doc_0/Signs/Sign_0/Signature.xml") -> list[dict[str, str]]:
    return [dict(one.attrib) for one in xml(data, name).iterfind(".//o:StampAnnot", SPACE)]


def assert_untouched(before: bytes, after: bytes, replaced: set[str]) -> None:
    """Everything up to the old directory stays; packed bytes and records of kept entries are equal."""
    old, new = open_archive(before), open_archive(after)
    cut = min([old.directory_start, *(old.entries[name].start for name in replaced if name in old)])
    assert after[:cut] == before[:cut]
    for name, entry in old.entries.items():
        if name not in replaced:
            assert new.packed(name) == old.packed(name)
            assert new.entries[name].record == entry.record
            assert new.entries[name].start == entry.start
    assert new.folders.keys() == old.folders.keys()
    assert new.comment == old.comment


def assert_sound(data: bytes, folder: Any) -> None:
    """Two programs that are not ours open and test the archive."""
    read_files(data)
    path = folder / "sound.ofd"
    path.write_bytes(data)
    tested = subprocess.run(["unzip", "-tqq", str(path)], capture_output=True, check=False, timeout=30)
    assert tested.returncode == 0, tested.stdout


@pytest.mark.parametrize("entry_last", [False, True])
@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_first_seal_adds_and_touches_nothing_else(ofd: Any, entry_last: bool, packing: int) -> None:
    plan = OfdPlan(pages=2, template=True, annotations=True, attachment=b"1,2,3", entry_last=entry_last)
    source = write_package(plan.files(), packing=packing, comment="档案 2026".encode())
    path, out = ofd.folder / "in.ofd", ofd.folder / "out.ofd"
    path.write_bytes(source)
    outcome = seal_ofd(path, out, order=ofd.order(), signer=ofd.signer)
    sealed = out.read_bytes()
    assert_untouched(source, sealed, {"OFD.xml"})
    assert_sound(sealed, ofd.folder)
    assert outcome.replaced == ("OFD.xml",)
    assert set(outcome.added) == set(read_files(sealed)) - set(plan.files())
    assert outcome.size == len(sealed)
    assert outcome.sm3 == sm3(sealed).hex()
    # With OFD.xml at the end its old bytes are gone; otherwise they stay where they were, listed nowhere.
    assert bool(read_package(sealed).archive.unlisted) is not entry_last
    report = ofd.verify(sealed)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].coverage is not None
    assert report.signatures[0].coverage["whole"]


def test_the_files_say_what_the_standard_wants(ofd: Any) -> None:
    order = ofd.order(
        provider=Provider("示例<签章>", "2.0", "示例公司", "1.0", "YWJj", (("InterUser", 'a"b'),)),
        parameters=(Parameter("digest", "oid", "1 < 2"),),
    )
    sealed = sign_ofd_bytes(OfdPlan().build(), order, ofd.signer)
    files = read_files(sealed)
    entry, listed = xml(sealed, "OFD.xml"), xml(sealed, "Doc_0/Signs/Signatures.xml")
    assert entry.findtext(".//o:DocBody/o:Signatures", None, SPACE) == "/Doc_0/Signs/Signatures.xml"
    assert [etree.QName(child).localname for child in listed] == ["MaxSignId", "Signature"]
    assert listed.findtext("o:MaxSignId", None, SPACE) == "s002"
    assert dict(listed.find("o:Signature", SPACE).attrib) == {
        "ID": "s001",
        "Type": "Seal",
        "BaseLoc": "/Doc_0/Signs/Sign_0/Signature.xml",
    }
    signature = xml(sealed, "Doc_0/Signs/Sign_0/Signature.xml")
    info = signature.find("o:SignedInfo", SPACE)
    assert [etree.QName(child).localname for child in info] == [
        "Provider",
        "SignatureMethod",
        "SignatureDateTime",
        "Parameters",
        "References",
        "StampAnnot",
        "Seal",
    ]
    assert info.find("o:Provider", SPACE).get("InterUser") == 'a"b'
    assert info.findtext("o:Parameters/o:Parameter", None, SPACE) == "1 < 2"
    for reference in info.iterfind("o:References/o:Reference", SPACE):
        content = files[reference.get("FileRef").removeprefix("/")]
        assert base64.b64decode(reference.findtext("o:CheckValue", None, SPACE)) == sm3(content)
    assert len(info.findall("o:References/o:Reference", SPACE)) == len(files) - 3
    value = read_signature(files["Doc_0/Signs/Sign_0/SignedValue.dat"])
    assert value.data_hash == sm3(files["Doc_0/Signs/Sign_0/Signature.xml"])
    assert value.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"
    assert files["Doc_0/Signs/Sign_0/Seal.esl"] == ofd.unit.seal == value.seal.raw


def test_openssl_verifies_the_value(ofd: Any, openssl: Callable[..., Any]) -> None:
    value = read_signature(read_files(ofd.seal(OfdPlan().build()))["Doc_0/Signs/Sign_0/SignedValue.dat"])
    files = {
        "tbs": value.raw_tbs,
        "sig": value.signature,
        "key": value.signer.public_key.to_spki_pem(),
    }
    key, user = ["-pubin", "-inkey", "key"], ["-pkeyopt", "distid:1234567812345678"]
    command = ["pkeyutl", "-verify", *key, "-in", "tbs", "-sigfile", "sig", "-rawin", "-digest", "sm3", *user]
    done = openssl(*command, files=files)
    assert done.returncode == 0, done.stderr
    changed = {**files, "tbs": value.raw_tbs[:-1] + bytes((value.raw_tbs[-1] ^ 1,))}
    assert openssl(*command, files=changed).returncode != 0


def test_further_signatures_leave_earlier_ones_good(ofd: Any) -> None:
    data = OfdPlan(pages=3).build()
    for count in range(1, 4):
        before = data
        data = ofd.seal(data, placements=(SealPlacement(count - 1, 30 * count, 100),), seam=SeamPlacement(60))
        assert_untouched(before, data, {"OFD.xml"} if count == 1 else {"Doc_0/Signs/Signatures.xml"})
        assert_sound(data, ofd.folder)
        report = ofd.verify(data)
        assert report.verdict is Verdict.VALID
        assert len(report.signatures) == count == inspect_ofd(data).signature_count
    assert not any("Signatures" in name for name in read_package(data).archive.unlisted)
    ids = [one.get("ID") for one in xml(data, "Doc_0/Signs/Signatures.xml").iterfind("o:Signature", SPACE)]
    assert ids == ["s001", "s006", "s011"]
    every = ids + [
        stamp["ID"] for n in range(3) for stamp in stamps(data, f"Doc_0/Signs/Sign_{n}/Signature.xml")
    ]
    assert len(set(every)) == len(every)
    assert xml(data, "Doc_0/Signs/Signatures.xml").findtext("o:MaxSignId", None, SPACE) == max(every)


def test_a_certificate_signs_without_a_seal(ofd: Any, openssl: Callable[..., Any]) -> None:
    data = ofd.certify(ofd.seal(OfdPlan().build()))
    assert_sound(data, ofd.folder)
    report = ofd.verify(data)
    assert report.verdict is Verdict.VALID
    assert [one.kind for one in report.signatures] == ["seal", "gbt35275"]
    assert report.signatures[1].organization == "北京示例科技有限公司"
    second = xml(data, "Doc_0/Signs/Signatures.xml").findall("o:Signature", SPACE)[1]
    assert second.get("Type") == "Sign"
    value = read_files(data)["Doc_0/Signs/Sign_1/SignedValue.dat"]
    assert value[4:].startswith(bytes.fromhex("060a2a811ccf55060104020 2".replace(" ", "")))
    with pytest.raises(Refused, match="no picture") as caught:
        ofd.certify(data, placements=(SealPlacement(0, 1, 1),))
    assert caught.value.reason == "NO_PICTURE"


def test_whole_protection_ends_signing(ofd: Any) -> None:
    whole = ofd.seal(OfdPlan().build(), protection=Protection.WHOLE)
    assert ofd.verify(whole).verdict is Verdict.VALID
    for again in (ofd.seal, ofd.certify):
        with pytest.raises(Refused, match="would break it") as caught:
            again(whole)
        assert caught.value.reason == "SIGNATURES_PROTECTED"
    first = ofd.seal(OfdPlan().build())
    closed = ofd.seal(first, protection=Protection.WHOLE)
    assert ofd.verify(closed).verdict is Verdict.VALID
    with pytest.raises(Refused):
        ofd.seal(closed)


@pytest.mark.parametrize("edge", list(Edge))
@pytest.mark.parametrize("pages", [2, 3, 5])
def test_a_riding_seam_lies_flush_with_its_edge(ofd: Any, edge: Edge, pages: int) -> None:
    plan = OfdPlan(pages=pages, size=(210, 297), own_sizes={1: (297, 210)})
    sealed = ofd.seal(plan.build(), seam=SeamPlacement(50, edge))
    assert ofd.verify(sealed).verdict is Verdict.VALID
    across = []
    for index, stamp in enumerate(stamps(sealed)):
        width, height = (297, 210) if index == 1 else (210, 297)
        x, y, w, h = map(float, stamp["Boundary"].split())
        cx, cy, cw, ch = map(float, stamp["Clip"].split())
        assert (w, h) == (40, 40)
        seen = (x + cx, y + cy, x + cx + cw, y + cy + ch)
        flush = {Edge.LEFT: (0, 0.0), Edge.TOP: (1, 0.0), Edge.RIGHT: (2, width), Edge.BOTTOM: (3, height)}
        side, wanted = flush[edge]
        assert seen[side] == pytest.approx(wanted, abs=1e-3)
        along = (1, 3) if edge in {Edge.LEFT, Edge.RIGHT} else (0, 2)
        assert (seen[along[0]], seen[along[1]]) == (50, 90)
        across.append((cx, cx + cw) if edge in {Edge.LEFT, Edge.RIGHT} else (cy, cy + ch))
        assert stamp["PageRef"] == str(100 + index)
    # Put together in order the slices are the whole seal, without gap or overlap.
    across.sort()
    assert across[0][0] == 0
    assert across[-1][1] == pytest.approx(40, abs=1e-3)
    for one, two in itertools.pairwise(across):
        assert one[1] == pytest.approx(two[0], abs=1e-3)


def test_places_use_the_size_of_their_page(ofd: Any) -> None:
    plan = OfdPlan(pages=2, own_sizes={1: (420, 297)})
    far = (SealPlacement(1, 380, 10),)
    assert ofd.verify(ofd.seal(plan.build(), placements=far)).verdict is Verdict.VALID
    assert stamps(ofd.seal(plan.build(), placements=far))[0]["Boundary"] == "380 10 40 40"
    template = OfdPlan(template=True, size=(100, 100)).files()
    template["Doc_0/Document.xml"] = template["Doc_0/Document.xml"].replace(b"PageArea>", b"Other>")
    area = b"><ofd:Area><ofd:PhysicalBox>0 0 80 90</ofd:PhysicalBox></ofd:Area><ofd:Content>"
    template["Doc_0/Tpls/Tpl_0/Content.xml"] = template["Doc_0/Tpls/Tpl_0/Content.xml"].replace(
        b"><ofd:Content>", area, 1
    )
    info = inspect_ofd(write_package(template))
    assert (info.pages[0].width_mm, info.pages[0].height_mm) == (80, 90)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"placements": (SealPlacement(0, 171, 10),)}, "OFF_PAGE"),
        ({"placements": (SealPlacement(0, -1, 10),)}, "OFF_PAGE"),
        ({"placements": (SealPlacement(0, float("nan"), 10),)}, "OFF_PAGE"),
        ({"placements": (SealPlacement(2, 10, 10),)}, "PAGE_MISSING"),
        ({"seam": SeamPlacement(270)}, "OFF_PAGE"),
        ({"seam": SeamPlacement(10, pages=(0,))}, "SEAM_PAGES"),
        ({"placements": ()}, "NOTHING_TO_PLACE"),
    ],
)
def test_places_that_are_none_are_refused(ofd: Any, order: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as caught:
        ofd.seal(OfdPlan(pages=2).build(), **order)
    assert caught.value.reason == reason


def test_times_and_certificates_out_of_force_are_refused(ofd: Any) -> None:
    late = ofd.now + timedelta(days=4000)
    with pytest.raises(Refused):
        ofd.seal(OfdPlan().build(), signed_at=late)
    with pytest.raises(Refused) as caught:
        sign_ofd_bytes(OfdPlan().build(), OfdSealOrder(signed_at=late), ofd.certificate_signer)
    assert caught.value.reason == "SIGNER_EXPIRED"
    with pytest.raises(Refused):
        OfdSealOrder(signed_at=ofd.now.replace(tzinfo=None))


def test_several_documents_each_with_signatures(ofd: Any) -> None:
    data = OfdPlan(documents=3).build()
    first = ofd.seal(data, document=1)
    assert_untouched(data, first, {"OFD.xml"})
    assert ofd.verify(first).verdict is Verdict.VALID
    # A first signature of another document would have to change OFD.xml, which is protected.
    with pytest.raises(Refused) as caught:
        ofd.seal(first, document=0)
    assert caught.value.reason == "ENTRY_PROTECTED"
    # Where OFD.xml names all lists from the beginning, each document can be signed.
    files = read_files(data)
    named = files["OFD.xml"]
    for index in range(3):
        root = f"<ofd:DocRoot>Doc_{index}/Document.xml</ofd:DocRoot>".encode()
        place = f"<ofd:Signatures>Doc_{index}/Signs/Signatures.xml</ofd:Signatures>".encode()
        named = named.replace(root, root + place)
    data = with_files(data, {"OFD.xml": named})
    for index in (2, 0, 1):
        before, data = data, ofd.seal(data, document=index)
        assert_untouched(before, data, set())
        assert ofd.verify(data).verdict is Verdict.VALID
    with pytest.raises(NotFound):
        ofd.seal(data, document=3)


def test_a_signature_can_rest_on_another(ofd: Any) -> None:
    data = ofd.certify(ofd.seal(OfdPlan().build()), base="s001")
    assert ofd.check(data, "BASE_SIGNATURE", 1).result == "pass"
    with pytest.raises(NotFound):
        ofd.certify(data, base="s099")


def test_prefixes_of_others_are_kept(ofd: Any) -> None:
    for prefix in ("", "x:"):
        data = OfdPlan(prefix=prefix).build()
        sealed = ofd.seal(ofd.seal(data))
        assert ofd.verify(sealed).verdict is Verdict.VALID
        start = read_files(sealed)["OFD.xml"].split(b"?>", 1)[1].strip()
        assert start.startswith(f"<{prefix}OFD".encode())


def test_the_seal_beside_is_optional(ofd: Any) -> None:
    sealed = ofd.seal(OfdPlan().build(), seal_file=False)
    assert "Doc_0/Signs/Sign_0/Seal.esl" not in read_files(sealed)
    assert ofd.verify(sealed).verdict is Verdict.VALID


def test_names_with_special_characters_and_free_folders(ofd: Any) -> None:
    more = {"Doc_0/Res/a&b<c>'.bin": b"1", "Doc_0/资源/图.bin": b"2", "Doc_0/Signs/sign_4/old.txt": b"3"}
    sealed = ofd.seal(OfdPlan(more=more).build())
    assert "Doc_0/Signs/Sign_5/Signature.xml" in read_files(sealed)
    assert ofd.failed(sealed) == set()


def test_a_failed_signing_leaves_nothing(ofd: Any) -> None:
    source, target = ofd.folder / "in.ofd", ofd.folder / "out.ofd"
    source.write_bytes(OfdPlan().build())
    with pytest.raises(Refused):
        seal_ofd(source, target, order=ofd.order(placements=(SealPlacement(9, 1, 1),)), signer=ofd.signer)
    assert not target.exists()
    with pytest.raises(NotFound):
        seal_ofd(ofd.folder / "none.ofd", target, order=ofd.order(), signer=ofd.signer)
    with pytest.raises(GmsealError):
        seal_ofd(source, ofd.folder / "no" / "out.ofd", order=ofd.order(), signer=ofd.signer)
    before = source.read_bytes()
    seal_ofd(source, source, order=ofd.order(), signer=ofd.signer)
    assert source.read_bytes() != before
    assert ofd.verify(source.read_bytes()).verdict is Verdict.VALID


def test_packages_of_many_pages(ofd: Any) -> None:
    data = OfdPlan(pages=300, lines=1).build()
    sealed = ofd.seal(data, seam=SeamPlacement(100))
    assert len(stamps(sealed)) == 300
    assert ofd.verify(sealed).verdict is Verdict.VALID
    info = inspect_ofd(sealed)
    assert (len(info.pages), info.signed, info.signature_count) == (300, True, 1)
    assert info.title == "设备供货合同"
    assert struct.unpack("<H", sealed[-12:-10])[0] == len(read_files(sealed))


def test_what_xml_or_a_page_cannot_name_is_refused(ofd: Any) -> None:
    reasons = []
    twice = OfdPlan(pages=2).files()
    twice["Doc_0/Document.xml"] = twice["Doc_0/Document.xml"].replace(b'ID="101"', b'ID="100"')
    unnamed = OfdPlan(pages=2).files()
    unnamed["Doc_0/Document.xml"] = unnamed["Doc_0/Document.xml"].replace(b' ID="101"', b"")
    for data, more in (
        (OfdPlan(more={"Doc_0/\ufffe.bin": b"1"}).build(), {}),
        (OfdPlan().build(), {"provider": Provider("a\x01b")}),
        (write_package(twice), {"placements": (SealPlacement(1, 10, 10),)}),
        (write_package(unnamed), {"placements": (SealPlacement(1, 10, 10),)}),
    ):
        with pytest.raises(Refused) as caught:
            ofd.seal(data, **more)
        reasons.append(caught.value.reason)
    assert reasons == ["XML_TEXT", "XML_TEXT", "PAGE_ID", "PAGE_ID"]
