"""Small PDF files as programs really write them, sound, odd and damaged, each made by hand.

Every file has three pages of A4 with a line of text unless its point is another; `EXPECTED` of each says whether it
is sealed, or with which reason it is refused.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf
from pdf_writing import BINARY, PAGES, changed, plain, saved, stream, updated, written

SEALED = "sealed"


@dataclass(frozen=True)
class OddFile:
    """One file, what sealing does with it, and how many pages readers show."""

    data: bytes
    expected: str = SEALED
    pages: int = PAGES


ODD: dict[str, Callable[[], OddFile]] = {}
"""Every file by its name; made when asked for."""


def odd(function: Callable[[], OddFile]) -> Callable[[], OddFile]:
    """Register a file under the name of its function."""
    ODD[function.__name__] = function
    return function


# --- sound structures ---------------------------------------------------------------------------


@odd
def cross_reference_stream() -> OddFile:
    return OddFile(saved(plain(), object_stream_mode=pikepdf.ObjectStreamMode.generate))


@odd
def linearized() -> OddFile:
    return OddFile(saved(plain(), linearize=True))


@odd
def linearized_with_streams() -> OddFile:
    return OddFile(saved(plain(), linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate))


@odd
def linearized_and_updated() -> OddFile:
    data = saved(plain(), linearize=True)
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    with pikepdf.open(io.BytesIO(data)) as pdf:
        size, root = int(pdf.trailer["/Size"]), pdf.Root.objgen[0]
    body = b"%d 0 obj\n(added)\nendobj\n" % size
    at = len(data) + len(body)
    tail = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return OddFile(data + body + tail % (size, len(data), size + 1, root, previous, at))


@odd
def hybrid() -> OddFile:
    """A table, and beside it a stream for objects that old readers need not see (7.5.8.4)."""
    objects = plain()
    out = bytearray(written({**objects, 30: b"<</Placeholder true>>"}).partition(b"xref\n0 1")[0])
    hidden = zlib.compress(b"31 0 <</Hidden true>>")
    container_at = len(out)
    container = stream(hidden, b"/Type/ObjStm/N 1/First 5/Filter/FlateDecode")
    out += b"32 0 obj\n%s\nendobj\n" % container
    section_at = len(out)
    rows = b"\x02" + (32).to_bytes(4, "big") + b"\0" + b"\x01" + container_at.to_bytes(4, "big") + b"\0"
    out += b"33 0 obj\n%s\nendobj\n" % stream(rows, b"/Type/XRef/W[1 4 1]/Index[31 2]/Size 34/Root 1 0 R")
    table_at = len(out)
    table = written({**objects, 30: b"<</Placeholder true>>"})
    section = table[table.index(b"xref\n0 1") :].partition(b"trailer")[0]
    out += section + b"trailer\n<</Size 34/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        section_at,
        table_at,
    )
    return OddFile(bytes(out))


@odd
def several_revisions() -> OddFile:
    data = written(plain())
    data = updated(data, {11: stream(b"BT /F1 9 Tf 60 300 Td (second) Tj ET")})
    return OddFile(updated(data, {50: b"<</Later true>>"}, freed=(50,)))


@odd
def number_used_again_with_a_higher_generation() -> OddFile:
    data = updated(
        written(plain()), {2: plain()[2].replace(b"12 0 R", b"40 0 R"), 40: plain()[12]}, freed=(12,)
    )
    previous = data.rpartition(b"startxref")[2].split()[0]
    page = b"<</Type/Page/Parent 2 0 R/Contents 13 0 R>>"
    at = len(data)
    body = b"12 1 obj\n%s\nendobj\n2 0 obj\n%s\nendobj\n" % (page, plain()[2].replace(b"12 0 R", b"12 1 R"))
    second = at + body.index(b"2 0 obj\n<</Type/Pages")
    section = b"xref\n2 1\n%010d 00000 n \n12 1\n%010d 00001 n \n" % (second, at)
    tail = b"trailer\n<</Size 100/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (previous, at + len(body))
    return OddFile(data + body + section + tail)


@odd
def generations_above_zero() -> OddFile:
    objects = changed(plain(), 2, b"12 0 R", b"12 7 R")
    return OddFile(written(objects, generations={12: 7}))


@odd
def carriage_returns_only() -> OddFile:
    objects = {number: value.replace(b"\nendstream", b"\rendstream") for number, value in plain().items()}
    objects = {number: value.replace(b"stream\n", b"stream\r\n") for number, value in objects.items()}
    return OddFile(written(objects, header=b"%PDF-1.3\r%\xe2\xe3\xcf\xd3\r", eol=b"\r"))


@odd
def both_line_ends() -> OddFile:
    return OddFile(written(plain(), header=b"%PDF-1.3\r\n%\xe2\xe3\xcf\xd3\r\n", eol=b"\r\n"))


@odd
def comments_everywhere() -> OddFile:
    objects = changed(plain(), 10, b"/Parent", b"% >> not the end\n/Parent% (\n")
    objects = changed(objects, 2, b"/Kids[", b"/Kids % ] \n[ % a comment ]\n")
    return OddFile(written(objects, header=b"%PDF-1.4\n%% nothing binary\n", trailer=b"% >>\n"))


@odd
def everything_indirect() -> OddFile:
    objects = changed(plain(), 10, b"/Contents", b"/Annots 40 0 R/MediaBox 43 0 R/Rotate 44 0 R/Contents")
    objects = changed(objects, 2, b"/Count 3", b"/Count 45 0 R")
    note = b"<</Type/Annot/Subtype/Text/Rect 42 0 R/Contents(note)/F 2>>"
    more = {40: b"[41 0 R]", 41: note, 42: b"[10 10 20 20]", 43: b"[0 0 595 842]", 44: b"0", 45: b"3"}
    content = b"BT /F1 18 Tf 60 400 Td (Page 1) Tj ET"
    more |= {46: b"%d" % len(content), 11: b"<</Length 46 0 R>>\nstream\n%s\nendstream" % content}
    return OddFile(written({**objects, **more}))


@odd
def annotations_shared_by_pages() -> OddFile:
    objects = plain()
    for number in (10, 12, 14):
        objects = changed(objects, number, b"/Contents", b"/Annots 40 0 R/Contents")
    note = b"<</Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents(note)/F 2>>"
    return OddFile(written({**objects, 40: b"[41 0 R null]", 41: note}))


@odd
def forms_with_default_appearances_wanted() -> OddFile:
    form = b"/AcroForm<</Fields[40 0 R]/NeedAppearances true/DA(/F1 0 Tf 0 g)/DR<</Font<</F1 3 0 R>>>>>>"
    objects = changed(plain(), 1, b"/Pages", form + b"/Pages")
    objects = changed(objects, 10, b"/Contents", b"/Annots[40 0 R]/Contents")
    widget = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(x)/Rect[60 600 200 620]/P 10 0 R>>"
    return OddFile(written({**objects, 40: widget}))


@odd
def page_labels_outlines_and_names() -> OddFile:
    extra = b"/PageLabels<</Nums[0<</S/r>>1<</S/D/St 1>>]>>/Outlines 40 0 R/Names<</Dests<</Names[(a)[10 0 R/Fit]]>>>>"
    objects = changed(plain(), 1, b"/Pages", extra + b"/Pages")
    item = b"<</Title(One)/Parent 40 0 R/Dest[10 0 R/Fit]>>"
    return OddFile(written({**objects, 40: b"<</First 41 0 R/Last 41 0 R/Count 1>>", 41: item}))


@odd
def tagged() -> OddFile:
    objects = changed(
        plain(), 1, b"/Pages", b"/MarkInfo<</Marked true>>/Lang(zh-CN)/StructTreeRoot 40 0 R/Pages"
    )
    objects = changed(objects, 10, b"/Contents", b"/StructParents 0/Tabs/S/Contents")
    objects[11] = stream(b"/P <</MCID 0>> BDC BT /F1 18 Tf 60 400 Td (Page 1) Tj ET EMC")
    root = b"<</Type/StructTreeRoot/K 41 0 R/ParentTree<</Nums[0[41 0 R]]>>/ParentTreeNextKey 1>>"
    element = b"<</Type/StructElem/S/P/P 40 0 R/Pg 10 0 R/K 0>>"
    return OddFile(written({**objects, 40: root, 41: element}))


@odd
def version_two() -> OddFile:
    return OddFile(written(plain(), header=b"%PDF-2.0\n" + BINARY))


@odd
def version_in_the_catalog() -> OddFile:
    return OddFile(written(changed(plain(), 1, b"/Pages", b"/Version/1.7/Pages")))


@odd
def portfolio() -> OddFile:
    names = b"/Names<</EmbeddedFiles<</Names[(a.txt) 40 0 R]>>>>/Collection<</View/D/D(a.txt)>>"
    objects = changed(plain(), 1, b"/Pages", names + b"/Pages")
    spec = b"<</Type/Filespec/F(a.txt)/EF<</F 41 0 R>>>>"
    return OddFile(written({**objects, 40: spec, 41: stream(b"attached", b"/Type/EmbeddedFile")}))


@odd
def archival_with_metadata() -> OddFile:
    metadata = (
        b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="2" pdfaid:conformance="B"/></rdf:RDF>'
        b'</x:xmpmeta><?xpacket end="w"?>'
    )
    extra = (
        b"/Metadata 40 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)>>]"
    )
    objects = changed(plain(), 1, b"/Pages", extra + b"/Pages")
    data = stream(metadata, b"/Type/Metadata/Subtype/XML")
    identifier = b"/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]"
    return OddFile(written({**objects, 40: data}, trailer=identifier))


@odd
def deeply_nested_pages() -> OddFile:
    """Each node of the tree holds one page and the next node, forty levels down."""
    depth = 40
    objects = {number: plain()[number] for number in (1, 3)}
    nodes = [2, *range(200, 200 + depth - 1)]
    for level, node in enumerate(nodes):
        up = b"/Parent %d 0 R" % nodes[level - 1] if level else b"/MediaBox[0 0 595 842]/Resources<<>>"
        below = b" %d 0 R" % nodes[level + 1] if level + 1 < depth else b""
        objects[node] = b"<</Type/Pages%s/Kids[%d 0 R%s]/Count %d>>" % (up, 300 + level, below, depth - level)
        objects[300 + level] = b"<</Type/Page/Parent %d 0 R>>" % node
    return OddFile(written(objects), pages=depth)


@odd
def contents_that_leave_the_state_changed() -> OddFile:
    objects = plain()
    objects[11] = stream(b"q q 0.1 0 0 0.1 300 300 cm 0 0 1 rg 5 5 50 50 re f BT /F1 200 Tf (Page 1) Tj ET")
    objects[13] = stream(b"Q Q Q 0 1 -1 0 0 0 cm 1 0 0 RG")
    return OddFile(written(objects))


@odd
def pages_without_resources_or_contents() -> OddFile:
    objects = changed(plain(), 2, b"/Resources<</Font<</F1 3 0 R>>>>", b"")
    objects[10] = b"<</Type/Page/Parent 2 0 R>>"
    objects[12] = b"<</Type/Page/Parent 2 0 R/Contents[]/Annots null>>"
    objects[14] = b"<</Type/Page/Parent 2 0 R/Contents[13 0 R 15 0 R]/Resources<</Font<</F1 3 0 R>>>>>>"
    return OddFile(written(objects))


@odd
def escaped_names() -> OddFile:
    objects = changed(plain(), 10, b"/Contents", b"/Annot#73 [] /Cont#65nts")
    return OddFile(written(objects))


@odd
def a_page_of_many_bytes() -> OddFile:
    filler = b"/PieceInfo<</App<</Private[%s]>>>>" % b"(0123456789) ".join([b""] * 8000)
    return OddFile(written(changed(plain(), 10, b"/Contents", filler + b"/Contents")))


@odd
def brackets_in_strings() -> OddFile:
    trap = b"/PieceInfo<</A(\\) >> endobj \\( (nested >> [ ) stream)/B<3E3E>/C/D#3E#3E>>"
    return OddFile(written(changed(plain(), 10, b"/Contents", trap + b"/Contents")))


# --- slips that readers forgive -----------------------------------------------------------------


@odd
def size_too_small() -> OddFile:
    data = written(plain())
    return OddFile(data.replace(b"/Size 16", b"/Size 12"))


@odd
def entries_of_nineteen_bytes() -> OddFile:
    data = written(plain())
    return OddFile(data.replace(b" n \n", b" n\n").replace(b" f \n", b" f\n"))


@odd
def a_table_that_counts_from_one() -> OddFile:
    """The first subsection should begin with object 0 and says 1; readers count from 0 all the same."""
    objects = plain(1)
    out = bytearray(b"%PDF-1.4\n" + BINARY)
    renumbered = {1: objects[1], 2: objects[2].replace(b"10 0 R", b"4 0 R"), 3: objects[3]}
    renumbered |= {4: objects[10].replace(b"11 0 R", b"5 0 R"), 5: objects[11]}
    rows = b"0000000000 65535 f \n"
    for number, value in renumbered.items():
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    at = len(out)
    out += b"xref\n1 6\n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (rows, at)
    return OddFile(bytes(out), "BROKEN_XREF", pages=1)


@odd
def no_end_of_file_mark() -> OddFile:
    return OddFile(written(plain()).replace(b"%%EOF\n", b""))


@odd
def much_after_the_end() -> OddFile:
    return OddFile(written(plain()) + b"\0" * 900)


@odd
def too_much_after_the_end() -> OddFile:
    return OddFile(written(plain()) + b"\0" * 5000, "BROKEN_XREF")


@odd
def endobj_missing() -> OddFile:
    data = written(plain())
    at = data.index(b"10 0 obj")
    end = data.index(b"endobj", at)
    return OddFile(data[:end] + b"      " + data[end + 6 :])


@odd
def types_missing() -> OddFile:
    objects = {
        number: value.replace(b"/Type/Pages", b"").replace(b"/Type/Page", b"")
        for number, value in plain().items()
    }
    return OddFile(written(objects))


@odd
def parents_missing() -> OddFile:
    objects = plain()
    for number in (10, 12, 14):
        objects = changed(objects, number, b"/Parent 2 0 R", b"/MediaBox[0 0 595 842]/Resources<<>>")
    return OddFile(written(objects))


@odd
def count_wrong() -> OddFile:
    return OddFile(written(changed(plain(), 2, b"/Count 3", b"/Count 7")))


@odd
def previous_section_is_zero() -> OddFile:
    return OddFile(written(plain(), trailer=b"/Prev 0"))


@odd
def length_too_small() -> OddFile:
    objects = plain()
    objects[11] = stream(b"BT /F1 18 Tf 60 400 Td (Page 1) Tj ET", length=5)
    return OddFile(written(objects), expected="BROKEN_STREAMS")


@odd
def length_too_large() -> OddFile:
    objects = plain()
    objects[11] = stream(b"BT /F1 18 Tf 60 400 Td (Page 1) Tj ET", length=500)
    return OddFile(written(objects), expected="BROKEN_STREAMS")


@odd
def boxes_upside_down_and_negative() -> OddFile:
    return OddFile(written(changed(plain(), 10, b"/Contents", b"/MediaBox[300 1000 -295 158]/Contents")))


@odd
def turned_by_odd_multiples() -> OddFile:
    return OddFile(written(changed(plain(), 10, b"/Contents", b"/Rotate -630/Contents")))


@odd
def numbers_beyond_all_reason() -> OddFile:
    """A number that would need a file a thousand times as large, which qpdf takes as an attack on its memory."""
    objects = changed(plain(), 2, b"12 0 R", b"4000000 0 R")
    objects[4_000_000] = objects.pop(12)
    return OddFile(written(objects), "BROKEN_STRUCTURE")


# --- damage -------------------------------------------------------------------------------------


@odd
def startxref_wrong() -> OddFile:
    data = written(plain())
    return OddFile(data.replace(b"startxref\n", b"startxref\n1"), "BROKEN_XREF")


@odd
def trailer_missing() -> OddFile:
    data = written(plain())
    return OddFile(data[: data.index(b"trailer")], "BROKEN_XREF")


@odd
def table_missing() -> OddFile:
    data = written(plain())
    return OddFile(data[: data.index(b"xref\n0 1")] + b"trailer\n<</Root 1 0 R>>\n", "BROKEN_XREF")


@odd
def offsets_shifted() -> OddFile:
    return OddFile(written(plain()).replace(BINARY, BINARY + b"%inserted later\n"), "BROKEN_XREF")


@odd
def junk_before_the_header() -> OddFile:
    return OddFile(b"From: somebody\r\n\r\n" + written(plain()), "LEADING_BYTES")


@odd
def a_key_twice() -> OddFile:
    """Readers differ over which one counts."""
    return OddFile(
        written(changed(plain(), 10, b"/Contents", b"/Rotate 90/Rotate 0/Contents")), "BROKEN_STRUCTURE"
    )


@odd
def pages_written_inline() -> OddFile:
    objects = changed(plain(), 2, b"12 0 R", b"<</Type/Page/Parent 2 0 R/Contents 13 0 R>>")
    return OddFile(written(objects), "BROKEN_STRUCTURE")


@odd
def a_page_used_twice() -> OddFile:
    return OddFile(written(changed(plain(), 2, b"12 0 R", b"10 0 R")), "BROKEN_STRUCTURE")


@odd
def a_tree_that_bites_its_tail() -> OddFile:
    return OddFile(written(changed(plain(), 2, b"14 0 R", b"14 0 R 2 0 R")), "BROKEN_STRUCTURE")


@odd
def kids_that_are_not_there() -> OddFile:
    return OddFile(written(changed(plain(), 2, b"14 0 R", b"14 0 R 77 0 R null")), "BROKEN_STRUCTURE")


@odd
def turned_by_half_a_right_angle() -> OddFile:
    return OddFile(written(changed(plain(), 10, b"/Contents", b"/Rotate 45/Contents")), "BROKEN_STRUCTURE")


@odd
def a_page_smaller_than_a_stamp() -> OddFile:
    return OddFile(written(changed(plain(), 10, b"/Contents", b"/MediaBox[0 0 60 60]/Contents")), "OFF_PAGE")


@odd
def a_page_larger_than_a_house() -> OddFile:
    return OddFile(
        written(changed(plain(), 10, b"/Contents", b"/MediaBox[0 0 9e9 9e9]/Contents")), "BROKEN_STRUCTURE"
    )


@odd
def an_xfa_form() -> OddFile:
    form = b"/AcroForm<</Fields[]/XFA[(template) 40 0 R]>>"
    return OddFile(
        written({**changed(plain(), 1, b"/Pages", form + b"/Pages"), 40: stream(b"<xdp/>")}), "XFA"
    )


@odd
def encrypted_for_nobody_to_change() -> OddFile:
    return OddFile(saved(plain(), encryption=pikepdf.Encryption(owner="owner", user="")), "ENCRYPTED")


@odd
def encrypted_with_a_password() -> OddFile:
    return OddFile(
        saved(plain(), encryption=pikepdf.Encryption(owner="owner", user="user", R=4)), "ENCRYPTED"
    )
