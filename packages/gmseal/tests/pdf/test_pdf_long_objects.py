"""Where objects end that are longer than one step of the walk over a file: nothing in them is lost or taken twice."""

import re
from pathlib import Path

import pytest

from gmseal.pdf import stream_extents
from gmseal.pdf.stream_extents import extents

MANY = 45_000
LONG = {
    "names": b"<</A[" + b"/N 1 word " * MANY + b"]>>",
    "escapes": b"[(" + rb"\)" * MANY + b")]",
    "nested strings": b"[(" + b"(a)" * MANY + b")(" + b"(" * 50 + b"x" + b")" * 50 + b")]",
    "strings of few": b"[" + rb"(a\(b)/N" * MANY + b"]",
    "digits": b"<" + b"ab" * MANY + b">",
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_object_ends_where_it_ends(name: str) -> None:
    head, body = b"%PDF-1.7\n", b"1 0 obj\n" + LONG[name] + b"\nendobj"
    stream = b"\n2 0 obj\n<</Long " + LONG[name] + b"/Length 3>>stream\nabc\nendstream\nendobj\n"
    second = len(head) + len(body) + 1
    found = extents(head + body + stream, {(1, 0): len(head), (2, 0): second}, None, lambda _: None)
    end = (head + body + stream).index(b"endstream") + len(b"endstream")
    assert found.sound
    assert found.spans == [(len(head), len(head) + len(body), (1, 0)), (second, end, (2, 0))]


def test_no_group_is_repeated_possessively() -> None:
    """Python before 3.11.5 does not match such patterns rightly: sound files would count as altered."""
    text = Path(stream_extents.__file__).read_text("utf-8")
    assert not re.search(r"\)(?:[*+?]|\{\d*,?\d*\})\+", text)
