"""Uploads over HTTP: what is kept, what is refused, and that a refusal leaves nothing behind."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_world import World, ok, problem
from sqlalchemy import select

from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.documents.rules import base_name, sealed_name

SAMPLES = Path(__file__).parents[4] / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def upload(
    world: World, content: bytes, *, kind: str = "employee", name: str = "合同.pdf", **fields: str
) -> Any:
    files = {"file": (name, content, "application/pdf")}
    headers = {"Idempotency-Key": fields.pop("key")} if "key" in fields else {}
    return world.client(kind).post("/api/v1/documents", files=files, data=fields, headers=headers)


def nothing_kept(platform: Platform, settings: Settings) -> bool:
    with platform.database.read_session() as session:
        rows = [session.scalars(select(table)).all() for table in (Document, DocumentVersion, StoredObject)]
    files = [path for path in settings.objects_dir.rglob("*") if path.is_file()]
    work = list(settings.work_dir.iterdir())
    return rows == [[], [], []] and not files and not work


def with_text(text: str) -> bytes:
    """A one-page PDF that shows a text, with a font made on the spot that maps every character to Unicode."""
    pdf = pikepdf.new()
    codes = "".join(f"<{index:04x}> <{ord(c):04x}>\n" for index, c in enumerate(text, 1))
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(text)} beginbfchar\n{codes}endbfchar\n"
        "endcmap end end"
    )
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, BaseFont=pikepdf.Name("/Made"),
        Encoding=pikepdf.Name("/Identity-H"),
        DescendantFonts=[
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.CIDFontType2, BaseFont=pikepdf.Name("/Made"),
                CIDSystemInfo=pikepdf.Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
                FontDescriptor=pikepdf.Dictionary(
                    Type=pikepdf.Name.FontDescriptor, FontName=pikepdf.Name("/Made"), Flags=4,
                    FontBBox=[0, 0, 1000, 1000], ItalicAngle=0, Ascent=900, Descent=-100, CapHeight=700, StemV=80,
                ),
            )
        ],
        ToUnicode=pdf.make_stream(cmap.encode()),
    )  # fmt: skip
    page = pdf.add_blank_page(page_size=(595, 842))
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
    shown = "".join(f"{index:04x}" for index in range(1, len(text) + 1))
    page.Contents = pdf.make_stream(f"BT /F1 12 Tf 72 720 Td <{shown}> Tj ET".encode())
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_an_upload_is_kept_encrypted_and_comes_back_byte_for_byte(world: World, settings: Settings) -> None:
    content = sample("contract.pdf")
    document = ok(upload(world, content, title="设备供货合同"), 201)
    version = document["versions"][0]
    assert document["title"] == "设备供货合同"
    assert (version["number"], version["origin"], version["pages"]) == (1, "uploaded", 4)
    assert version["sm3"] == hashlib.new("sm3", content).hexdigest()
    assert version["sha256"] == hashlib.sha256(content).hexdigest()
    assert version["page_sizes"][0] == pytest.approx([210, 297], abs=0.1)
    stored = [path for path in settings.objects_dir.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert b"%PDF" not in stored[0].read_bytes()
    assert stored[0].stat().st_mode & 0o077 == 0
    assert list(settings.work_dir.iterdir()) == []
    path = f"/api/v1/documents/{document['id']}/versions/1/content"
    answer = world.client("employee").get(path, params={"download": True})
    assert answer.content == content
    assert unquote(answer.headers["content-disposition"].split("UTF-8''")[1]) == "合同.pdf"


def test_a_document_is_nobody_elses_business(world: World) -> None:
    document = ok(upload(world, sample("notice.pdf")), 201)
    for kind in ("department_head", "custodian", "reviewer", "administrator"):
        for path in (f"/{document['id']}", f"/{document['id']}/versions/1/content"):
            problem(world.client(kind).get(f"/api/v1/documents{path}"), 404, "NOT_FOUND")
    problem(world.anonymous().get(f"/api/v1/documents/{document['id']}"), 401, "UNAUTHENTICATED")
    problem(upload(world, sample("notice.pdf"), kind="auditor"), 403, "NOT_PERMITTED")


def test_the_same_key_uploads_once_and_another_file_under_it_is_refused(world: World) -> None:
    first = ok(upload(world, sample("notice.pdf"), key="k1"), 201)
    assert ok(upload(world, sample("notice.pdf"), key="k1"), 201)["id"] == first["id"]
    problem(upload(world, sample("scan.pdf"), key="k1"), 409, "IDEMPOTENCY_MISMATCH")


def test_files_signed_by_others_and_scans_are_taken(world: World) -> None:
    signed = ok(upload(world, sample("signed-by-others.pdf")), 201)["versions"][0]
    assert signed["signed_by_others"] is True
    assert ok(upload(world, sample("scan.pdf")), 201)["versions"][0]["signed_by_others"] is False


def test_a_damaged_but_unsigned_file_is_repaired_and_says_so(world: World) -> None:
    content = sample("contract.pdf")
    at = content.rindex(b"startxref")
    damaged = content[:at] + b"startxref\n7\n%%EOF\n"
    version = ok(upload(world, damaged), 201)["versions"][0]
    assert version["repaired"] is True
    assert version["sm3"] != hashlib.new("sm3", damaged).hexdigest()


def encrypted() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sample("notice.pdf"))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def pages(count: int) -> bytes:
    pdf = pikepdf.new()
    for _ in range(count):
        pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """An object stream that expands to 400 MB of nothing."""
    squeeze = zlib.compressobj(9)
    body = b"".join(squeeze.compress(b" " * 10_000_000) for _ in range(40)) + squeeze.flush()
    head = b"%PDF-1.5\n"
    stream = b"1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(body)
    objects = head + stream + body + b"\nendstream\nendobj\n"
    table = zlib.compress(bytes([2, 0, 0, 0, 1, 0, 0, 9, 2, 0, 1, 0]))
    offset = len(objects)
    xref = (
        b"2 0 obj\n<</Type/XRef/Size 4/W[1 2 1]/Index[0 1 1 1 3 1]/Root 3 0 R/Filter/FlateDecode/Length %d>>"
        b"stream\n" % len(table)
    )
    return objects + xref + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % offset


def cut_off() -> bytes:
    """A file whose page tree came first and whose second page lies behind the cut."""
    drawing = b"%d 0 obj\n<</Length 7>>stream\n0 0 m S\nendstream\nendobj\n"
    page = b"%d 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R>>\nendobj\n"
    tree = b"2 0 obj\n<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>\nendobj\n"
    begin = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\ntrailer\n<</Root 1 0 R/Size 7>>\n"
    return begin + tree + page % (3, 5) + drawing % 5 + page % (4, 6) + b"6 0 obj\n<</Length 7"


def swollen_page(*, twice: bool) -> bytes:
    """A page whose drawing inflates to 280 MB of nothing, packed once or twice."""
    squeeze = zlib.compressobj(1)
    packed = b"".join(squeeze.compress(b" " * 10_000_000) for _ in range(28)) + squeeze.flush()
    pdf = pikepdf.new()
    pdf.add_blank_page()
    stream = pikepdf.Stream(pdf, b"")
    names = [pikepdf.Name.FlateDecode] * (2 if twice else 1)
    stream.write(zlib.compress(packed) if twice else packed, filter=pikepdf.Array(names))
    pdf.pages[0].obj.Contents = pdf.make_indirect(stream)
    out = io.BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


REFUSED: list[tuple[str, Any, int, set[str]]] = [
    ("no PDF", lambda: b"plain text", 422, {"NOT_PDF"}),
    ("empty", lambda: b"", 422, {"NOT_PDF"}),
    ("encrypted", encrypted, 422, {"ENCRYPTED"}),
    ("header only", lambda: b"%PDF-1.7\n%%EOF", 422, {"BROKEN_XREF", "BROKEN_STRUCTURE", "NOT_PDF"}),
    ("cut in the middle", lambda: sample("contract.pdf")[:9000], 422, {"BROKEN_XREF", "BROKEN_STRUCTURE"}),
    ("cut behind its first page", cut_off, 422, {"CONTENT_LOST"}),
    ("bomb", bomb, 422, {"DECOMPRESSION_BOMB", "BROKEN_XREF", "BROKEN_STRUCTURE"}),
    ("swollen page", lambda: swollen_page(twice=False), 422, {"DECOMPRESSION_BOMB"}),
    ("page packed twice", lambda: swollen_page(twice=True), 422, {"DECOMPRESSION_BOMB"}),
    ("too many pages", lambda: pages(1001), 413, {"TOO_MANY_PAGES"}),
]


@pytest.mark.parametrize(
    ("make", "status", "codes"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_sealed_is_refused_and_leaves_nothing(
    world: World, platform: Platform, settings: Settings, make: Any, status: int, codes: set[str]
) -> None:
    response = upload(world, make())
    assert response.status_code == status, response.text
    assert response.json()["code"] in codes
    assert nothing_kept(platform, settings)


def test_a_damaged_file_says_which_pages_lost_something(world: World) -> None:
    refused = problem(upload(world, cut_off()), 422, "CONTENT_LOST")
    assert refused["details"] == {"pages": [2], "missing": 0}
    assert "第 2 页" in refused["detail"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "x" * 10_000 + ".pdf"}, "UPLOAD_MALFORMED"),
        ({"name": "合" * 300 + ".pdf"}, "NAME_TOO_LONG"),
        ({"title": "合" * 10_000}, "NAME_TOO_LONG"),
        ({"title": "合同\u202etxt"}, "TEXT_UNSEEN_CHARACTERS"),
        ({"name": "合同\u200b.pdf"}, "NAME_MALFORMED"),
    ],
)
def test_names_beyond_measure_are_refused(
    world: World, platform: Platform, settings: Settings, fields: dict[str, str], code: str
) -> None:
    problem(upload(world, sample("notice.pdf"), **fields), 422, code)
    assert nothing_kept(platform, settings)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (with_text("机密★5年 关于某项工作的报告"), {}),
        (with_text("绝 密 ★ 长期"), {}),
        (with_text("密级：秘密"), {}),
        (sample("notice.pdf"), {"name": "机密★5年.pdf"}),
        (sample("notice.pdf"), {"title": "【秘密】会议纪要"}),
    ],
)
def test_a_paper_marked_classified_is_refused_and_no_byte_is_kept(
    world: World, platform: Platform, settings: Settings, content: bytes, fields: dict[str, str]
) -> None:
    problem(upload(world, content, **fields), 409, "CLASSIFIED_REFUSED")
    assert nothing_kept(platform, settings)


def test_words_that_merely_mention_secrets_are_no_mark(world: World) -> None:
    ok(upload(world, with_text("双方应保守商业秘密 并签订保密协议")), 201)


def test_an_object_that_cannot_be_written_leaves_no_document(
    world: World, platform: Platform, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(platform.objects), "_publish", full)
    problem(upload(world, sample("notice.pdf")), 503, "STORAGE_FULL")
    assert nothing_kept(platform, settings)


def test_a_stored_file_that_was_touched_is_never_served(world: World, settings: Settings) -> None:
    document = ok(upload(world, sample("notice.pdf")), 201)
    [stored] = [path for path in settings.objects_dir.rglob("*") if path.is_file()]
    body = bytearray(stored.read_bytes())
    body[1000] ^= 1
    stored.write_bytes(body)
    path = f"/api/v1/documents/{document['id']}/versions/1/content"
    problem(world.client("employee").get(path), 503, "OBJECT_DAMAGED")


@given(st.text(min_size=1, max_size=300))
def test_names_of_sealed_files_stay_within_the_limit(name: str) -> None:
    assert len(sealed_name(name[:200])) <= 200
    assert sealed_name(name[:200]).endswith(".pdf")
    assert "/" not in base_name(name)


@pytest.fixture(autouse=True)
def _no_work_left(settings: Settings) -> Iterator[None]:
    yield
    folder: Path = settings.work_dir
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_document_has_further_versions_by_who_began_it_and_nobody_else(world: World) -> None:
    first = ok(upload(world, sample("contract.pdf")), 201)
    path = f"/api/v1/documents/{first['id']}/versions"
    files = {"file": ("第二稿.pdf", sample("notice.pdf"), "application/pdf")}
    again = ok(world.client("employee").post(path, files=files), 201)
    assert [(one["number"], one["origin"]) for one in again["versions"]] == [(1, "uploaded"), (2, "uploaded")]
    assert again["versions"][1]["parent_id"] == first["versions"][0]["id"]
    read = ok(world.client("employee").get(f"/api/v1/documents/versions/{again['versions'][1]['id']}"))
    assert (read["document_id"], read["number"]) == (first["id"], 2)
    problem(world.client("department_head").post(path, files=files), 404, "NOT_FOUND")
    problem(world.client("department_head").get(f"/api/v1/documents/versions/{read['id']}"), 404, "NOT_FOUND")
    broken = {"file": ("图.pdf", b"\x89PNG", "application/pdf")}
    assert world.client("employee").post(path, files=broken).status_code == 422
