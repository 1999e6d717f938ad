"""The DER writer and reader against an independent implementation and hostile bytes."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import MalformedInput
from gmseal.sm import der


@given(value=st.integers(-(1 << 300), 1 << 300))
def test_integers_are_written_as_others_write_them(value: int) -> None:
    assert der.integer(value) == core.Integer(value).dump()
    assert der.parse(der.integer(value), "x").integer("x") == value


@given(arcs=st.lists(st.integers(0, 1 << 128), min_size=1, max_size=5), first=st.integers(0, 2))
def test_object_identifiers_are_written_as_others_write_them(arcs: list[int], first: int) -> None:
    if first < 2:
        arcs[0] %= 40
    dotted = ".".join(str(arc) for arc in (first, *arcs))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()
    assert der.parse(der.oid(dotted), "x").oid("x") == dotted


@settings(max_examples=50)
@given(content=st.binary(max_size=70_000))
def test_strings_of_octets_and_bits_round_trip(content: bytes) -> None:
    assert der.octet_string(content) == core.OctetString(content).dump()
    assert der.parse(der.octet_string(content), "x").octets("x") == content
    assert der.parse(der.bit_string(content), "x").whole_octets("x") == content


@given(text=st.text(max_size=50))
def test_texts_round_trip(text: str) -> None:
    assert der.utf8_string(text) == core.UTF8String(text).dump()
    assert der.parse(der.utf8_string(text), "x").text("x") == text


@given(instant=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001 - the zone is added below
def test_times_round_trip(instant: datetime) -> None:
    moment = instant.replace(microsecond=0, tzinfo=UTC)
    assert der.parse(der.generalized_time(moment), "x").time("x") == moment
    if 1950 <= moment.year < 2050:
        assert der.x509_time(moment) == core.UTCTime(moment).dump()
    assert der.parse(der.x509_time(moment), "x").time("x") == moment


@given(bits=st.sets(st.integers(0, 8), min_size=1))
def test_named_bits_have_no_trailing_zeros(bits: set[int]) -> None:
    octets, unused = der.parse(der.named_bits(*bits), "x").bits("x")
    assert octets[-1] >> unused & 1
    assert {bit for bit in range(len(octets) * 8) if octets[bit // 8] & (0x80 >> bit % 8)} == bits


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"20260601120000Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (b"20260601120000", datetime(2026, 6, 1, 4, tzinfo=UTC)),
        (b"260601120000Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_that_products_write_are_read_as_meant(written: bytes, meant: datetime) -> None:
    assert der.parse(der.tlv(der.GENERALIZED_TIME, written), "x").time("x") == meant
    assert meant.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x02\x01",
        b"\x02\x02\x00\x01",
        b"\x02\x02\xff\xff",
        b"\x02\x00",
        b"\x02\x81\x01\x05",
        b"\x02\x82\x00\x01\x05",
        b"\x02\x01\x05\x00",
        b"\x30\x80\x02\x01\x05\x00\x00",
        b"\x1f\x81\x01\x00",
        b"\x02\x85\x01\x00\x00\x00\x00",
        b"\x02\x84\xff\xff\xff\xff",
    ],
)
def test_what_is_not_der_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        der.parse(data, "x").integer("x")


@pytest.mark.parametrize("content", [b"", b"\x80\x01", b"\x2a\x80", b"\x2a" * 200])
def test_malformed_identifiers_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        der.parse(der.tlv(der.OBJECT_IDENTIFIER, content), "x").oid("x")


@pytest.mark.parametrize(
    "content", [b"", b"20261301000000Z", b"2026060112000Z", b"20260601120000+0800", b"00000101000000Z"]
)
def test_malformed_times_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        der.parse(der.tlv(der.GENERALIZED_TIME, content), "x").time("x")


@settings(max_examples=500)
@given(data=st.binary(max_size=120))
def test_the_reader_never_leaves_its_error_family(data: bytes) -> None:
    def walk(element: der.Element, depth: int) -> None:
        for read in (element.integer, element.oid, element.text, element.time, element.bits, element.octets):
            try:
                read("x")
            except MalformedInput:
                continue
        if depth < 20:
            for child in element.children():
                walk(child, depth + 1)

    try:
        walk(der.parse(data, "x"), 0)
    except MalformedInput:
        return
