"""Seals whose picture is a small OFD, as tax authorities issue them, on a PDF: drawn as it stands, or refused."""

from typing import Any

import pytest
from ofd_writer import SPACE, OfdPlan, with_files

from gmseal.errors import Refused
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf, seal_pdf_bytes, verify_pdf
from gmseal.report import CheckResult, Verdict
from gmseal.ses.seal import SealPicture
from gmseal.trial import TrialAuthority, TrialUnit

FRAME = (
    '<ofd:PathObject ID="5" Boundary="0 0 40 30" LineWidth="1"><ofd:StrokeColor Value="200 20 30"/>'
    "<ofd:AbbreviatedData>M 0.5 0.5 L 39.5 0.5 L 39.5 29.5 L 0.5 29.5 C</ofd:AbbreviatedData></ofd:PathObject>"
)
TEXT = (
    '<ofd:TextObject ID="6" Boundary="5 10 30 8" Font="2" Size="5"><ofd:TextCode X="0" Y="6">发票章</ofd:TextCode>'
    "</ofd:TextObject>"
)


def picture(*objects: str) -> bytes:
    page = f'<ofd:Page {SPACE}><ofd:Content><ofd:Layer ID="4">{"".join(objects)}</ofd:Layer></ofd:Content></ofd:Page>'
    return with_files(OfdPlan(size=(40, 30)).build(), {"Doc_0/Pages/Page_0/Content.xml": page.encode()})


@pytest.fixture(scope="module")
def tax(authority: TrialAuthority) -> TrialUnit:
    shown = SealPicture("OFD", picture(FRAME), 40, 30)
    return TrialUnit.create(authority, "北京示例科技有限公司", shown, es_id="11010800000088")


def test_it_is_drawn_where_it_was_asked_for_and_known_again(
    bench: Any, blueprint: Any, tax: TrialUnit, draw: Any, red_box: Any
) -> None:
    source, out = bench.folder / "in.pdf", bench.folder / "out.pdf"
    source.write_bytes(blueprint().table())
    order = SealOrder(signed_at=bench.now, placements=(SealPlacement(0, 100, 150),))
    seal_pdf(source, out, order=order, signer=tax.sealer())
    assert red_box(draw(out)) == pytest.approx((100, 150, 140, 180), abs=0.3)
    report = verify_pdf(out, bench.trust, bench.now)
    assert report.verdict is Verdict.VALID
    shown = next(check for check in report.walk() if check.code == "PICTURE_SHOWN")
    assert shown.result is CheckResult.PASS


@pytest.mark.parametrize(
    "objects",
    [(FRAME, TEXT), (FRAME * 7001,), (FRAME, '<ofd:ImageObject ID="9" Boundary="0 0 9 9" ResourceID="77"/>')],
)
def test_what_would_look_otherwise_is_refused(
    authority: TrialAuthority, bench: Any, blueprint: Any, objects: tuple[str, ...]
) -> None:
    """A font that is not inside, more than a seal has, an image that is missing."""
    shown = SealPicture("OFD", picture(*objects), 40, 30)
    unit = TrialUnit.create(authority, "北京示例科技有限公司", shown, es_id="11010800000089")
    order = SealOrder(signed_at=bench.now, placements=(SealPlacement(0, 100, 150),))
    with pytest.raises(Refused) as caught:
        seal_pdf_bytes(blueprint().table(), order, unit.sealer())
    assert caught.value.reason == "PICTURE_UNSUPPORTED"
    assert str(caught.value).endswith(".")
