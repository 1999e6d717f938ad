"""Numbers of no object that a file refers to: what a seal writes must not come to stand under them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pdf_writing import plain, written

from gmseal.pdf.document import open_document
from gmseal.pdf.stream_extents import named_in

GAPS = (b" ", b"\n", b"\x00 ", b" % said (\n", b"%\r")
MANY = 900
"""Objects of some hundred octets each: more than are held before they are searched."""
FILLER = b"/Filler 5 " + b"/F" * 45

references = st.tuples(st.integers(2000, 9999), st.sampled_from(GAPS), st.sampled_from(GAPS), st.booleans())


@given(st.dictionaries(st.integers(0, MANY - 1), references, max_size=6))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_number_that_is_referred_to_is_known(bench: Any, wanted: dict[int, Any]) -> None:
    objects = {20 + at: b"<<%s/Last 7>>" % FILLER for at in range(MANY)}
    for at, (number, before, behind, text) in wanted.items():
        said = b"/Note(a text)" if text else b""
        objects[20 + at] = b"<<%s%s/To[%d%s0%sR]%% ends here\n>>" % (FILLER, said, number, before, behind)
    # A number at the end of an object and what the next one begins with are no reference, though searched together.
    objects[20 + MANY], objects[21 + MANY] = b"8000", b"0"
    with open_document(bench.write(written({**plain(), **objects}))) as document:
        assert document.named_numbers() == {number for number, *_ in wanted.values()}


pieces = st.sampled_from(
    [
        b"R",
        b"r",
        b"RR",
        b"/",
        b"[",
        b"]",
        b">>",
        b"-",
        b".",
        b" ",
        b"\n",
        b"\x00",
        b"0",
        b"1",
        b"12",
        b"007",
        b"9" * 18,
        b"1" * 19,
    ]
)


@given(st.lists(st.one_of(pieces, st.sampled_from([b" 12 0 R", b"34\n0\tR", b"56 0 R"])), max_size=30))
@settings(max_examples=300, deadline=None)
def test_a_text_read_from_its_end_names_what_it_names_from_its_beginning(parts: list[bytes]) -> None:
    """An empty comment at the end changes nothing but the way in which a text is read."""
    text = b"".join(parts)
    assert named_in(text, 1) == named_in(text + b"%", 1)
