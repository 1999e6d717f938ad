"""Numbers of no object that a file refers to: what a seal writes must not come to stand under them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pdf_writing import plain, written

from gmseal.pdf.document import open_document

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
