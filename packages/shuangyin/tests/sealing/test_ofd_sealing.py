"""An OFD from upload to the check by an outsider: taken, shown, sealed, judged, refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from platform_world import ORGANIZATION, World, ok, problem

from gmseal.ofd import verify_ofd
from gmseal.report import Verdict
from gmseal.trust import TrustStore, split_certificates
from shuangyin.core.clock import to_datetime
from shuangyin.core.settings import Settings

SAMPLES = Path(__file__).parents[4] / "samples"
VECTORS = Path(__file__).parents[4] / "packages" / "gmseal" / "tests" / "vectors"
FIRST_PAGE = "Doc_0/Pages/Page_0/Content.xml"
QR = {"page": 0, "x_mm": 20.0, "y_mm": 250.0, "size_mm": 15.0}
CHECK = "/api/v1/verification/files"


def order() -> bytes:
    return (SAMPLES / "purchase-order.ofd").read_bytes()


def rewritten(package: bytes, name: str, old: str, new: str) -> bytes:
    """The package with a text of one of its files replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == name:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(entry.filename, content)
    return out.getvalue()


def roots(world: World) -> TrustStore:
    pem = world.anonymous().get("/api/v1/trust/roots.pem").content
    return TrustStore.of(split_certificates(pem, "roots"))


def post_file(world: World, content: bytes) -> dict[str, Any]:
    files = {"file": ("order.ofd", content, "application/octet-stream")}
    return dict(ok(world.anonymous().post(CHECK, files=files)))


@pytest.mark.database
def test_an_ofd_is_sealed_and_judged_as_a_pdf_is(story: Any) -> None:
    original = order()
    request = story.sealed(original)
    [use] = request["uses"]
    document = story.get("employee", f"/documents/{use['document_id']}")
    uploaded, made = document["versions"]
    assert {one["media_type"] for one in document["versions"]} == {"application/ofd"}
    assert made["file_name"].endswith("（已盖章）.ofd")
    assert uploaded["pages"] == 2
    assert uploaded["drawn"] == "fonts", "the sample embeds no fonts"
    assert uploaded["drawn_otherwise"]

    sealed = story.file_of(use)
    with zipfile.ZipFile(io.BytesIO(original)) as before, zipfile.ZipFile(io.BytesIO(sealed)) as after:
        kept = [name for name in before.namelist() if name.startswith("Doc_0/Pages")]
        assert [before.read(name) for name in kept] == [after.read(name) for name in kept]
    report = verify_ofd(sealed, roots(story.world), to_datetime(story.world.clock.now_ms()))
    assert report.verdict is Verdict.VALID
    assert (report.signatures[0].seal_name, report.signatures[0].trial) == (f"{ORGANIZATION}合同专用章", True)
    assert report.sm3 == use["document_sm3"]

    good = post_file(story.world, sealed)
    assert (good["level"], good["registered"], good["trial"]) == ("good", True, True)
    changed = post_file(story.world, rewritten(sealed, FIRST_PAGE, "设备采购订单", "设备采购定单"))
    assert (changed["level"], changed["registered"]) == ("bad", False)
    assert "改" in changed["word"]["zh"] + changed["sentence"]["zh"]


def test_its_pages_are_shown_as_pdf_with_the_seal_on_them(story: Any) -> None:
    [use] = story.sealed(order())["uses"]
    path = f"/api/v1/documents/{use['document_id']}/versions"
    client = story.world.client("employee")
    before, after = (client.get(f"{path}/{number}/pages") for number in (1, 2))
    assert (before.status_code, before.headers["content-type"]) == (200, "application/pdf")
    again = client.get(f"{path}/1/pages", headers={"If-None-Match": before.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    reds = [red_pixels(answer.content) for answer in (before, after)]
    assert reds[0] == 0
    assert reds[1] > 500, "a round red seal is drawn on the first page"
    first, last = story.get("employee", f"/documents/{use['document_id']}")["versions"]
    changes = story.get("employee", f"/documents/comparison?before={first['id']}&after={last['id']}")
    assert [one["after"] for one in changes["changed"]] == [1, 2], (
        "seal and code on the first, the seam on both"
    )


def red_pixels(pdf: bytes) -> int:
    """How much of the first page is red, at 72 dots an inch."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=1).to_pil().convert("RGB")
    colours = picture.getcolors(picture.width * picture.height)
    return sum(count for count, (red, green, blue) in colours if red > 150 and green < 110 and blue < 110)


def test_the_seal_with_the_code_goes_on_first(story: Any) -> None:
    second = story.make_seal("contract", sequence_number=2)
    place = [{"page": 1, "x_mm": 80.0, "y_mm": 120.0}]
    lines = [story.line(second, seam=None, qr=None, placements=place, seam_presses=0), story.line()]
    [first, last] = story.sealed(order(), seals=lines)["uses"]
    report = verify_ofd(story.file_of(last), roots(story.world), to_datetime(story.world.clock.now_ms()))
    assert report.verdict is Verdict.VALID
    assert [one.seal_name for one in report.signatures] == [
        f"{ORGANIZATION}合同专用章",
        f"{ORGANIZATION}合同专用章(2)",
    ]
    assert first["sealed_version_id"] == last["sealed_version_id"]


def test_one_code_is_all_that_an_ofd_takes(story: Any) -> None:
    second = story.make_seal("contract", sequence_number=2)
    lines = [story.line(), story.line(second, seam=None, qr={**QR, "x_mm": 60.0}, seam_presses=0)]
    with pytest.raises(AssertionError, match="TOO_MANY_CODES"):
        story.apply(order(), seals=lines)


def vector(name: str) -> bytes:
    return (VECTORS / f"{name}.ofd").read_bytes()


REFUSED = [
    ("an office file", lambda: rewritten_name(order(), "OFD.xml", "word/document.xml"), 422, "MALFORMED_INPUT"),
    ("cut off", lambda: order()[:-200], 422, "MALFORMED_INPUT"),
    ("a part is missing", lambda: rewritten_name(order(), "Doc_0/Tpls/Tpl_0/Content.xml", "Doc_0/gone.xml"), 422, "PART_MISSING"),
    ("two documents", lambda: vector("ofd-two-documents"), 422, "OFD_SEVERAL_DOCUMENTS"),
    ("whole document protected", lambda: vector("ofd-appended-after-whole"), 422, "SIGNATURES_PROTECTED"),
    ("marked classified", lambda: rewritten(order(), FIRST_PAGE, "编号：", "机密★5年"), 409, "CLASSIFIED_REFUSED"),
    ("a level in the corner", lambda: rewritten(order(), FIRST_PAGE, "编号：YX-2026-0518-07", "秘密"), 409,
     "CLASSIFIED_REFUSED"),
]  # fmt: skip


def rewritten_name(package: bytes, old: str, new: str) -> bytes:
    """The package with one of its files under another name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            target.writestr(new if entry.filename == old else entry.filename, source.read(entry))
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "status", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_sealed_is_refused_and_leaves_nothing(
    world: World, settings: Settings, make: Any, status: int, code: str
) -> None:
    files = {"file": ("订单.ofd", make(), "application/octet-stream")}
    refused = problem(world.client("employee").post("/api/v1/documents", files=files), status, code)
    assert refused["detail"]
    assert not list(settings.work_dir.iterdir())
    assert not [path for path in settings.objects_dir.rglob("*") if path.is_file()]
