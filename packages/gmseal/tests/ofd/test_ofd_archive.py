"""Archives that could be read in two ways, lead out of the package, or unpack to too much."""

import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofd_writer import OfdPlan, read_files, write_package

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.ofd import OfdLimits, read_package
from gmseal.ofd.archive import open_archive
from gmseal.ofd.entry_names import locate, resolve

FILES = {"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<Document/>" * 50, "Doc_0/空.bin": b""}


def entry(
    name: bytes, content: bytes = b"x", *, flags: int = 0, method: int = 0, extra: bytes = b""
) -> tuple[bytes, Callable[[int], bytes]]:
    """A stored entry by hand: the local part, and its central record for an offset."""
    head = struct.pack("<4H", flags, method, 0, 0) + struct.pack(
        "<3L2H", zlib.crc32(content), len(content), len(content), len(name), len(extra)
    )
    local = b"PK\x03\x04\x14\0" + head + name + extra + content

    def central(at: int) -> bytes:
        return b"PK\x01\x02\x14\0\x14\0" + head + struct.pack("<3H2L", 0, 0, 0, 0, at) + name + extra

    return local, central


def archive(*entries: tuple[bytes, Callable[[int], bytes]], tail: bytes = b"") -> bytes:
    body, records = b"", b""
    for local, central in entries:
        records += central(len(body))
        body += local
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(records), len(body), 0)
    return body + records + end + tail


def reason(data: bytes, limits: OfdLimits | None = None) -> str:
    with pytest.raises(GmsealError) as caught:
        open_archive(data, limits or OfdLimits())
    return caught.value.reason if isinstance(caught.value, Refused) else caught.value.code


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_reads_what_zipfile_writes(packing: int) -> None:
    data = write_package(FILES, packing=packing, comment="备注".encode())
    opened = open_archive(data)
    assert {name: opened.read(name) for name in opened.entries} == FILES
    assert not opened.unlisted


def test_reads_entries_whose_sizes_follow_and_folders() -> None:
    class OneWay(io.RawIOBase):
        """A stream that cannot seek makes zipfile write sizes behind the data."""

        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, chunk: Any, /) -> int:
            self.data += bytes(chunk)
            return len(chunk)

    out = OneWay()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("Doc_0/", b"")
        for name, content in FILES.items():
            written.writestr(name, content)
    opened = open_archive(out.data)
    assert {name: opened.read(name) for name in opened.entries} == FILES
    assert list(opened.folders) == ["Doc_0/"]


def test_reads_zip64_records() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written, written.open("OFD.xml", "w", force_zip64=True) as one:
        one.write(b"<OFD/>")
    assert open_archive(out.getvalue()).read("OFD.xml") == b"<OFD/>"
    local, central = entry(b"a", b"12345")
    record, at = central(0), len(local)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(record), at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(record), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert open_archive(local + record + end64 + locator + end).read("a") == b"12345"


def test_names_in_gbk_and_their_unicode_path() -> None:
    raw = "文档/内容.xml".encode("gbk")
    assert list(open_archive(archive(entry(raw))).entries) == ["文档/内容.xml"]

    def path(text: str) -> bytes:
        content = b"\x01" + zlib.crc32(raw).to_bytes(4, "little") + text.encode()
        return struct.pack("<2H", 0x7075, len(content)) + content

    assert list(open_archive(archive(entry(raw, extra=path("文档/内容.xml")))).entries) == ["文档/内容.xml"]
    assert reason(archive(entry(raw, extra=path("文档/别的.xml")))) == "AMBIGUOUS_ARCHIVE"
    # One of several fields, or only the header before the data, which a program meets that reads from the front.
    assert reason(archive(entry(raw, extra=path("文档/内容.xml") + path("b")))) == "AMBIGUOUS_ARCHIVE"
    (local, _), (_, central) = entry(raw, extra=path("b")), entry(raw)
    assert reason(archive((local, central))) == "AMBIGUOUS_ARCHIVE"


@pytest.mark.parametrize(
    "name",
    [
        b"/a",
        b"../a",
        b"a/../b",
        b"a\\b",
        b"C:/a",
        b"c:a",
        b"a//b",
        b"./a",
        b"a/.",
        b"a\0b",
        b"",
        b"a\nb",
        b"/",
        b"x/" * 40 + b"a",
        b"a" * 1100,
        b"a.",
        b"a /b",
        b" a",
        b"a/ b",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: bytes) -> None:
    assert reason(archive(entry(name))) == "ENTRY_NAME"


def test_two_readings_are_refused() -> None:
    a, b = entry(b"OFD.xml", b"one"), entry(b"OFD.xml", b"two")
    assert reason(archive(a, b)) == "DUPLICATE_ENTRY"
    assert reason(archive(entry(b"Doc_0"), entry(b"Doc_0/x"))) == "DUPLICATE_ENTRY"
    assert reason(archive((a[0], b[1]))) == "AMBIGUOUS_ARCHIVE"
    for one, two in (("Doc_0/a.xml", "doc_0/A.XML"), ("Doc_0/\u00e9", "Doc_0/e\u0301")):
        assert reason(write_package({one: b"1", two: b"2"})) == "DUPLICATE_ENTRY"
    # The name in the entry's own header is another one than in the directory.
    whole = archive(entry(b"Doc_0/a.xml", b"<a/>"))
    assert reason(whole.replace(b"Doc_0/a.xml", b"Doc_0/b.xml", 1)) == "AMBIGUOUS_ARCHIVE"
    # A second end record inside the comment of the first.
    plain = archive(a)
    end = plain[-22:]
    assert reason(plain[:-2] + struct.pack("<H", 22) + end) == "AMBIGUOUS_ARCHIVE"


def test_overlapping_entries_are_refused() -> None:
    inner = entry(b"b", b"hidden")
    outer = entry(b"a", inner[0])
    data = outer[0]
    at = data.index(inner[0])
    records = outer[1](0) + inner[1](at)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(records), len(data), 0)
    assert reason(data + records + end) == "OVERLAPPING_ENTRIES"


def test_encryption_and_unusual_packing_are_refused() -> None:
    assert reason(archive(entry(b"a", flags=1))) == "ENCRYPTED"
    assert reason(archive(entry(b"a", flags=1 << 13))) == "ENCRYPTED"
    assert reason(archive(entry(b"a", method=12))) == "PACKING"


def test_what_is_no_archive_or_is_cut_off() -> None:
    data = write_package(FILES)
    for broken in (b"", b"PK\x03\x04", data[:-1], data + b"x", b"x" + data, data[: len(data) // 2]):
        assert reason(broken) == "MALFORMED_INPUT"
    with pytest.raises(MalformedInput, match=r"no OFD.xml"):
        read_package(write_package({"a.txt": b"1"}))


def test_damaged_content_is_noticed() -> None:
    opened = open_archive(archive(entry(b"a", b"content")).replace(b"content", b"kontent"))
    with pytest.raises(MalformedInput, match="damaged"):
        opened.read("a")


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    bomb = write_package({"OFD.xml": b"\0" * (32 << 20)})
    assert len(bomb) < 64 << 10
    assert reason(bomb) == "TOO_LARGE"
    assert reason(bomb, OfdLimits(max_ratio=5000, max_entry=1 << 20)) == "TOO_LARGE"
    many = write_package({f"f{index}": random.Random(index).randbytes(2000) for index in range(20)})
    assert reason(many, OfdLimits(max_unpacked=30_000)) == "TOO_LARGE"
    assert reason(many, OfdLimits(max_bytes=30_000)) == "TOO_LARGE"
    assert reason(many, OfdLimits(max_entries=19)) == "TOO_MANY_ENTRIES"


def test_a_package_may_not_grow_out_of_proportion() -> None:
    line = bytes(range(256)) * 40
    pages = write_package({f"p{index}": line * 75 for index in range(100)})
    assert reason(pages) == "TOO_LARGE"
    assert open_archive(pages, OfdLimits(max_total_ratio=5000)).entries


def test_a_size_that_lies_never_unpacks_more_than_it_says() -> None:
    data = bytearray(write_package({"a": b"\0" * (24 << 20)}))
    true_size = struct.pack("<L", 24 << 20)
    for _ in range(2):
        at = data.index(true_size)
        data[at : at + 4] = struct.pack("<L", 10)
    archive = open_archive(bytes(data))
    tracemalloc.start()
    try:
        with pytest.raises(MalformedInput, match="damaged"):
            archive.read("a")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<!DOCTYPE OFD [<!ENTITY a 'b'>]><OFD>&a;</OFD>", "XML_DOCTYPE"),
        ("<!DOCTYPE OFD SYSTEM 'file:///etc/passwd'><OFD/>", "XML_DOCTYPE"),
        ("<OFD>" * 300 + "</OFD>" * 300, "MALFORMED_INPUT"),
        ("<OFD>&unknown;</OFD>", "MALFORMED_INPUT"),
        ("<OFD><DocBody></OFD>", "MALFORMED_INPUT"),
        ("no xml", "MALFORMED_INPUT"),
        ("<?xml version='1.0' encoding='UTF-7'?><OFD/>", "XML_ENCODING"),
        ("<Other/>", "MALFORMED_INPUT"),
        ("<OFD/>", "MALFORMED_INPUT"),
    ],
)
def test_hostile_xml_is_refused(text: str, error: str) -> None:
    with pytest.raises(GmsealError) as caught:
        read_package(write_package({"OFD.xml": text.encode()}))
    assert (caught.value.reason if isinstance(caught.value, Refused) else caught.value.code) == error


def test_hostile_xml_in_wide_encodings_is_refused() -> None:
    text = "<!DOCTYPE OFD [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><OFD>&a;</OFD>"
    for encoding in ("utf-16", "utf-16-le", "utf-32", "cp037"):
        with pytest.raises(GmsealError):
            read_package(write_package({"OFD.xml": text.encode(encoding)}))


def test_entities_that_multiply_are_never_expanded() -> None:
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    text = f"<?xml version='1.0'?><!DOCTYPE OFD [<!ENTITY e0 'ha'>{levels}]><OFD>&e11;</OFD>"
    with pytest.raises(Refused, match="document type"):
        read_package(write_package({"OFD.xml": text.encode()}))


def test_locations() -> None:
    assert resolve("/Doc_0/a.xml", "Doc_1/Signs/x.xml") == "Doc_0/a.xml"
    assert resolve("../Pages/./a.xml", "Doc_0/Signs/x.xml") == "Doc_0/Pages/a.xml"
    assert resolve("Res\\a.png", "Doc_0/r.xml") == "Doc_0/Res/a.png"
    for outside in ("../../a", "/..", "", "  "):
        with pytest.raises(MalformedInput):
            resolve(outside, "Doc_0/x.xml")
    assert locate("Doc_0/a", "Doc_0/x.xml", {"Doc_0/a"}) == "Doc_0/a"
    assert locate("Doc_0/a", "Doc_0/x.xml", {"Doc_0/a", "Doc_0/Doc_0/a"}) == "Doc_0/Doc_0/a"


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_random_bytes_are_a_package_or_an_error(data: bytes) -> None:
    with pytest.raises(GmsealError):
        read_package(data)


def test_the_test_packages_are_what_zipfile_sees() -> None:
    plan = OfdPlan(pages=2, template=True, annotations=True, attachment=b"1", documents=2)
    data = plan.build()
    opened = open_archive(data)
    assert {name: opened.read(name) for name in opened.entries} == read_files(data) == plan.files()
