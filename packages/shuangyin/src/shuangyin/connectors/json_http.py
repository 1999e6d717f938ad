"""JSON over HTTP with a system that may be slow, down, or answer nonsense: everything is bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from shuangyin.core.text import Text
from shuangyin.seals.ports import OutsideProblem

_MAX_ANSWER = 1_000_000
_MAX_NESTED = 200


class JsonHttp:
    """One system under one address. Every failure is an OutsideProblem; 404 is an answer (None)."""

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 10) -> None:
        self._url = url.rstrip("/")
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(
            timeout=timeout_s,
            headers=headers,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(self, path: str) -> Mapping[str, object] | None:
        """The object at a path; None when there is none."""
        return self._exchange("GET", path, None)

    def post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """The answer to a posted object."""
        answer = self._exchange("POST", path, json.dumps(body, ensure_ascii=False).encode())
        if answer is None:
            raise _problem("OUTSIDE_ANSWER", "接口地址不存在", "the address does not exist")
        return answer

    def post_form(
        self, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, object]]:
        """The status and the object that answer a posted form; a refusal is an answer here, without one it is empty."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, data = self._send("POST", "", urlencode(form).encode(), {**kind, **headers})
        return status, _object(data) if data and status < httpx.codes.INTERNAL_SERVER_ERROR else {}

    def _exchange(self, method: str, path: str, content: bytes | None) -> Mapping[str, object] | None:
        headers = {} if content is None else {"Content-Type": "application/json"}
        status, data = self._send(method, path, content, headers)
        if status == httpx.codes.NOT_FOUND:
            return None
        if not httpx.codes.is_success(status):
            raise _problem("OUTSIDE_DOWN", f"HTTP 状态 {status}", f"HTTP status {status}")
        return _object(data)

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        try:
            with self._client.stream(method, self._url + path, content=content, headers=headers) as response:
                data = bytearray()
                for part in response.iter_bytes():
                    data += part
                    if len(data) > _MAX_ANSWER:
                        raise _problem("OUTSIDE_ANSWER", "答复过大", "the answer never ends")
                return response.status_code, bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if isinstance(error, httpx.TimeoutException):
                raise _problem("OUTSIDE_DOWN", "未在限时内答复", "no answer within its time") from error
            raise _problem("OUTSIDE_DOWN", "连接不上或中断", "not reached, or cut off") from error


def text_of(answer: Mapping[str, object], name: str, *, limit: int = 200) -> str:
    """A field of an answer as printable text; empty when it is absent. Raises OutsideProblem for another type."""
    value = answer.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise _problem(
            "OUTSIDE_ANSWER", f"答复字段 {name} 无法识别", f"the field {name} of the answer is malformed"
        )
    return "".join(character for character in value if character.isprintable())


def truth_of(answer: Mapping[str, object], name: str) -> bool:
    """A field of an answer that must be true or false. Raises OutsideProblem."""
    value = answer.get(name)
    if not isinstance(value, bool):
        raise _problem(
            "OUTSIDE_ANSWER", f"答复字段 {name} 无法识别", f"the field {name} of the answer is malformed"
        )
    return value


def _object(data: bytes) -> Mapping[str, object]:
    if data.count(b"[") + data.count(b"{") > _MAX_NESTED:
        # A bound of our own: libraries raise Python's so far that a deep text would end the process.
        raise _problem("OUTSIDE_ANSWER", "答复嵌套过深", "the answer is nested too deep")
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _problem("OUTSIDE_ANSWER", "答复不是 JSON", "the answer is not JSON") from error
    if not isinstance(answer, dict):
        raise _problem("OUTSIDE_ANSWER", "答复不是对象", "the answer is no object")
    return answer


def _problem(code: str, zh: str, en: str) -> OutsideProblem:
    return OutsideProblem(code, Text(zh, en))
