"""Canonical entries."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidencelog import Code, EvidenceLogError, MalformedError, decode_entry, encode_entry

keys = st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)
contents = st.dictionaries(keys.filter(lambda key: key != "v"), values, max_size=5)


def test_the_one_spelling() -> None:
    entry = encode_entry(
        {"type": "sealing.sealed", "文".encode().hex(): '印\n\x1f"\\/\x7f\u2028😀', "n": [1, None, True]}
    )
    assert entry == (
        '{"e69687":"印\\n\\u001f\\"\\\\/\x7f\u2028😀","n":[1,null,true],"type":"sealing.sealed","v":1}'.encode()
    )


@given(contents)
def test_entries_are_read_back(content: dict[str, object]) -> None:
    entry = encode_entry(content)  # type: ignore[arg-type]  # Hypothesis cannot say JsonValue
    assert decode_entry(entry) == {**content, "v": 1}
    assert encode_entry(decode_entry(entry)) == entry
    assert encode_entry(dict(reversed(list(content.items())))) == entry  # type: ignore[arg-type]  # as above
    assert json.loads(entry) == {**content, "v": 1}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"a": 1.5}, Code.ENTRY_NOT_CANONICAL),
        ({"a": 1.0}, Code.ENTRY_NOT_CANONICAL),
        ({"a": b"bytes"}, Code.ENTRY_NOT_CANONICAL),
        ({"a": {1, 2}}, Code.ENTRY_NOT_CANONICAL),
        ({"a": 2**53}, Code.ENTRY_NOT_CANONICAL),
        ({"a": "\ud800"}, Code.ENTRY_NOT_CANONICAL),
        ({"钥": 1}, Code.ENTRY_NOT_CANONICAL),
        ({"a b": 1}, Code.ENTRY_NOT_CANONICAL),
        ({"": 1}, Code.ENTRY_NOT_CANONICAL),
        ({"a": {1: 1}}, Code.ENTRY_NOT_CANONICAL),
        ({"v": 2}, Code.ENTRY_UNKNOWN_VERSION),
        ({"v": True}, Code.ENTRY_UNKNOWN_VERSION),
        ({"v": 1.0}, Code.ENTRY_UNKNOWN_VERSION),
        ({"a": "x" * 65_536}, Code.ENTRY_TOO_LARGE),
        ({"a": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}, Code.ENTRY_NOT_CANONICAL),
    ],
)
def test_what_cannot_be_an_entry(content: dict[str, object], code: Code) -> None:
    with pytest.raises(EvidenceLogError) as failure:
        encode_entry(content)  # type: ignore[arg-type]  # wrong on purpose
    assert failure.value.code == code


def test_other_types_of_the_same_values_have_the_same_spelling() -> None:
    class Word(str):
        __slots__ = ()

    plain: dict[str, Any] = {"a": {"b": [1, "c", None, False]}, "d": "e"}
    other: Mapping[str, Any] = MappingProxyType(
        {Word("a"): MappingProxyType({"b": (1, Word("c"), None, False)}), "d": Word("e")}
    )
    assert encode_entry(other) == encode_entry(plain)


def test_the_largest_entry() -> None:
    room = 65_535 - len(encode_entry({"a": ""}))
    assert len(encode_entry({"a": "x" * room})) == 65_535
    with pytest.raises(EvidenceLogError):
        encode_entry({"a": "x" * (room + 1)})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.ENTRY_MALFORMED),
        (b"[]", Code.ENTRY_MALFORMED),
        (b"1", Code.ENTRY_MALFORMED),
        (b"\xff", Code.ENTRY_MALFORMED),
        (b'\xef\xbb\xbf{"v":1}', Code.ENTRY_MALFORMED),
        (b"[" * 60_000, Code.ENTRY_NOT_CANONICAL),
        (b'{"a":' + b"9" * 60_000 + b',"v":1}', Code.ENTRY_MALFORMED),
        (b'{"a":1.0,"v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":1e2,"v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":NaN,"v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":-0,"v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":1,"a":1,"v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"v":1,"a":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"v": 1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"v":1}\n', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":"\\u5370","v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":"\\ud800","v":1}', Code.ENTRY_NOT_CANONICAL),
        (b'{"a":"\\/","v":1}', Code.ENTRY_NOT_CANONICAL),
        (b"{}", Code.ENTRY_UNKNOWN_VERSION),
        (b'{"v":2}', Code.ENTRY_UNKNOWN_VERSION),
        (b'{"v":true}', Code.ENTRY_UNKNOWN_VERSION),
        (b'{"a":"' + b"x" * 65_536 + b'","v":1}', Code.ENTRY_TOO_LARGE),
    ],
)
def test_other_spellings_are_refused(data: bytes, code: Code) -> None:
    with pytest.raises(MalformedError) as failure:
        decode_entry(data)
    assert failure.value.code == code


@given(st.binary(max_size=60) | contents.map(lambda content: json.dumps(content).encode()))
def test_any_bytes_are_canonical_or_refused(data: bytes) -> None:
    try:
        content = decode_entry(data)
    except MalformedError:
        return
    assert encode_entry(content) == data
