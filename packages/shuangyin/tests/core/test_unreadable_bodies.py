"""A body that is no body of the interface is refused with a sentence that says what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_world import World, problem

JSON = "application/json"
HEAD = b'{"title":"a","document_kind":"contract","amount_minor":'


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code", "says"),
    [
        (b"[" * 100_000 + b"]" * 100_000, JSON, 400, "BODY_TOO_DEEP", "嵌套"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, JSON, 400, "BODY_TOO_DEEP", "嵌套"),
        (HEAD + b"9" * 5_000 + b"}", JSON, 400, "NUMBER_TOO_LONG", "数字"),
        (HEAD + b"9" * 50 + b"}", JSON, 422, "INVALID_INPUT", "amount_minor"),
        (HEAD + b"1e400}", JSON, 422, "INVALID_INPUT", "amount_minor"),
        (HEAD + b"NaN}", JSON, 422, "INVALID_INPUT", "amount_minor"),
        (b'{"title":"\xff\xfe"}', JSON, 400, "BODY_NOT_UTF8", "UTF-8"),
        (b'{"title":"\\ud800","document_kind":"contract"}', JSON, 422, "INVALID_INPUT", "title"),
        (b'{"title":', JSON, 422, "JSON_MALFORMED", "JSON"),
        (b"", JSON, 422, "BODY_MISSING", "缺少内容"),
        (b"[]", JSON, 422, "BODY_SHAPE", "对象"),
        (b'{"title":"a"}', "text/plain", 415, "MEDIA_TYPE", "application/json"),
        (b"title=a", "application/x-www-form-urlencoded", 415, "MEDIA_TYPE", "application/json"),
    ],
)
def test_the_sentence_fits(
    world: World, body: bytes, media_type: str, status: int, code: str, says: str
) -> None:
    response = world.client("employee").post(
        "/api/v1/requests", content=body, headers={"Content-Type": media_type}
    )
    refused = problem(response, status, code)
    assert says in refused["detail"]
    assert "地址" not in refused["detail"], "the address was right"


def test_an_upload_that_is_no_form_is_told_so(world: World) -> None:
    client = world.client("employee")
    problem(client.post("/api/v1/documents", json={"file": "x"}), 415, "MEDIA_TYPE")


def test_any_bytes_get_a_problem_document(world: World) -> None:
    client = world.client("employee")

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=60), st.sampled_from([JSON, "", "multipart/form-data; boundary=x", "text/xml"]))
    def call(body: bytes, media_type: str) -> None:
        response = client.post("/api/v1/requests", content=body, headers={"Content-Type": media_type})
        assert response.status_code in (400, 415, 422)
        assert response.headers["content-type"] == "application/problem+json"
        assert "地址" not in response.json()["detail"]

    call()


def test_an_id_in_an_address_that_can_be_nobodys_is_told_in_words(world: World) -> None:
    found = problem(world.client("employee").get("/api/v1/requests/xyz"), 422, "INVALID_INPUT")
    assert "没有这一条记录" in found["detail"]
    assert "request_id" not in found["detail"]
    assert [one["field"] for one in found["details"]["fields"]] == ["path.request_id"]
