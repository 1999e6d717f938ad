"""The short copy that qpdf reads when a PDF is judged: it changes no report, and is not made where it might."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmseal.errors import GmsealError
from gmseal.pdf import SealOrder, SealPlacement, seal_pdf_bytes, verify_pdf_bytes
from gmseal.pdf import verify as verify_module
from gmseal.pdf.short_copy import shortened
from gmseal.trial import TrialAuthority, TrialUnit
from gmseal.trust import TrustStore

VECTORS = sorted((Path(__file__).parent.parent / "vectors").glob("*.pdf"))
Judge = Callable[[bytes], tuple[object, object]]


@pytest.fixture(scope="module")
def sealed(unit: TrialUnit, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("short") / "plain.pdf"
    with pikepdf.new() as plain:
        plain.add_blank_page()
        plain.save(file)
    return sealed_again(file.read_bytes(), unit)


def sealed_again(content: bytes, unit: TrialUnit) -> bytes:
    here = (SealPlacement(0, 20, 30),)
    return seal_pdf_bytes(content, SealOrder(signed_at=unit.authority.now, placements=here), unit.sealer())


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, authority: TrialAuthority) -> Judge:
    """The report of a file, or the error, by way of the short copy and without it."""

    def outcome(content: bytes, trust: TrustStore) -> object:
        try:
            return verify_pdf_bytes(content, trust, authority.now + timedelta(hours=1)).to_dict()
        except GmsealError as error:
            return error.code, str(error)

    def both(content: bytes) -> tuple[object, object]:
        with_copy = outcome(content, authority.trust)
        with monkeypatch.context() as patch:
            patch.setattr(verify_module, "shortened", lambda _: None)
            return with_copy, outcome(content, authority.trust)

    return both


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_reports_are_those_without_the_copy(file: Path, judged: Judge) -> None:
    short, whole = judged(file.read_bytes())
    assert short == whole


def test_a_sealed_file_is_read_short_and_stays_valid(sealed: bytes, judged: Judge) -> None:
    made = shortened(sealed)
    assert made is not None
    hole = made.hole
    assert sealed[hole.start : hole.end] == b"<%s>" % hole.octets.hex().encode("ascii")
    assert hole.mark not in sealed
    short, whole = judged(sealed)
    assert short == whole
    assert isinstance(short, dict)
    assert short["verdict"] == "valid"
    written = {place + at: value for place, piece in made.pieces for at, value in enumerate(bytes(piece))}
    changed = [at for at, value in enumerate(sealed) if written.get(at, value) != value]
    assert hole.start < min(changed) <= max(changed) < hole.end, "only the gap differs"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_tampered_files_get_the_same_report(data: st.DataObject, sealed: bytes, judged: Judge) -> None:
    """Bytes are changed, most of them where they matter: from a little before the gap to the end."""
    made = shortened(sealed)
    assert made is not None
    hole = made.hole
    near = st.integers(hole.start - 300, hole.start + 80) | st.integers(hole.end - 40, len(sealed) - 1)
    content = bytearray(sealed)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(near | st.integers(0, len(sealed) - 1))] = data.draw(
            st.sampled_from(b"<>/[]() 09aZ%\n") | st.integers(0, 255)
        )
    short, whole = judged(bytes(content))
    assert short == whole


def test_nothing_can_stand_in_the_gap(sealed: bytes, unit: TrialUnit) -> None:
    """Each of these is read as it is."""
    made = shortened(sealed)
    assert made is not None
    hole = made.hole
    inside = hole.start + 200

    def with_bytes(at: int, text: bytes) -> bytes:
        return sealed[:at] + text + sealed[at + len(text) :]

    assert shortened(with_bytes(inside, b"\n7 0 obj\n")) is None, "an object in the gap"
    assert shortened(with_bytes(inside, b" ")) is None, "a blank in the gap"
    assert shortened(with_bytes(inside, b">/Type/Evil<")) is None, "an entry in the gap"
    assert shortened(with_bytes(hole.end, b"/A")) is None, "an entry behind the value"
    assert shortened(sealed + b"\n") is None, "bytes behind the range"
    assert shortened(sealed_again(sealed, unit)) is None, "two byte ranges"
    assert shortened(sealed.replace(b"/ByteRange[0 ", b"/ByteRange[1 ")) is None, "a range from elsewhere"


def test_an_entry_that_leads_into_the_gap_is_found_out(sealed: bytes, judged: Judge) -> None:
    """A cross-reference into the digits: no reader finds an object there, and neither way is it taken for sound."""
    made = shortened(sealed)
    assert made is not None
    hole = made.hole
    rows = sealed.rfind(b"xref\n", 0, sealed.rfind(b"startxref")) + len(b"xref\n")
    first = sealed.index(b" n \n", rows) - 16
    content = sealed[:first] + b"%010d" % (hole.start + 6) + sealed[first + 10 :]
    short, whole = judged(content)
    assert short == whole
    assert not isinstance(short, dict) or short["verdict"] == "invalid"
