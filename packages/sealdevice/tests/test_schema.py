"""The schema that makers read says of every message what the code says: a judge that is not our own reads it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sealdevice.link import Answer, Hello, Message, Subject, write_answer, write_frame, write_hello

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "device-protocol" / "messages.schema.json").read_text()
)
GOOD = json.loads((Path(__file__).parent / "vectors.json").read_text())["good"]


def valid(kind: str, value: Any) -> bool:
    schema = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{kind}"}
    return bool(jsonschema_rs.validator_for(schema).is_valid(value))


@pytest.mark.parametrize("vector", GOOD, ids=lambda one: one["name"])
def test_good_records_are_as_the_schema_says_and_lacking_or_strange_fields_are_not(
    vector: dict[str, str],
) -> None:
    record = json.loads(vector["record"])
    body = json.loads(base64.b64decode(record["body"]))
    assert valid("record", record)
    assert valid(record["type"], body)
    for name in body:
        assert not valid(record["type"], {key: value for key, value in body.items() if key != name}), name
    assert not valid(record["type"], {**body, "strange": 1})
    assert not valid("record", {**record, "v": 2})


def test_what_is_not_signed_is_as_the_schema_says() -> None:
    hello = write_hello(Hello("device-1", 1, 2, "0" * 64, 1, "reference"))
    assert valid("hello", json.loads(hello))
    assert valid("answer", json.loads(write_answer(Answer("1" * 64, taken=False, code="permit.expired"))))
    assert valid("frame", json.loads(write_frame(Message(Subject.HELLO, hello))))
    assert not valid("frame", {"subject": "wish", "record": "x"})
