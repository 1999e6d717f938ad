"""JSON-RPC 2.0 over HTTP with a node that may be slow, down, or answer nonsense: everything is bounded."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import httpx

from shuangyin.evidence.ports import REFUSED, UNREACHABLE, AnchorProblem

BATCH = 8
"""FISCO BCOS takes at most 8 requests in one batch."""
_MAX_ANSWER = 4_000_000
_MAX_NESTED = 5_000
Call = tuple[str, Sequence[object]]


class JsonRpc:
    """One node. Every failure is an AnchorProblem."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._ids = itertools.count(1)

    def call(self, method: str, *parameters: object) -> Any:
        """The result of one call. A node that answers 200 with an error has refused."""
        return self.batch([(method, parameters)])[0]

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results of several calls, in their order, asked in batches that every node takes."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH):
            results += self._exchange(calls[start : start + BATCH])
        return results

    def _exchange(self, calls: Sequence[Call]) -> list[Any]:
        asked = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(parameters)}
            for method, parameters in calls
        ]
        answer = self._post(json.dumps(asked[0] if len(asked) == 1 else asked).encode())
        answers = answer if isinstance(answer, list) and answer else [answer]
        by_id = {each.get("id"): each for each in answers if isinstance(each, dict)}
        return [_result(by_id.get(each["id"], answers[0]), str(each["method"])) for each in asked]

    def _post(self, body: bytes) -> object:
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={"Content-Type": "application/json"}
            ) as response:
                data = bytearray()
                for part in response.iter_bytes():
                    data += part
                    if len(data) > _MAX_ANSWER:
                        raise AnchorProblem(UNREACHABLE, "the node never stops answering")
                status = response.status_code
        except httpx.HTTPError as error:
            raise AnchorProblem(UNREACHABLE, f"the node does not answer: {type(error).__name__}") from error
        if status != httpx.codes.OK:
            raise AnchorProblem(UNREACHABLE, f"the node answers with HTTP status {status}")
        if data.count(b"[") + data.count(b"{") > _MAX_NESTED:
            # A bound of our own: libraries raise Python's so far that a deep text would end the process.
            raise AnchorProblem(UNREACHABLE, "the node's answer is nested too deep")
        try:
            answer: object = json.loads(bytes(data))
        except (ValueError, RecursionError) as error:
            raise AnchorProblem(UNREACHABLE, "the node's answer is not JSON") from error
        return answer


def _result(answer: object, method: str) -> Any:
    if not isinstance(answer, dict):
        raise AnchorProblem(UNREACHABLE, f"the node's answer to {method} is not one of JSON-RPC")
    error = answer.get("error")
    if error is not None:
        said = error.get("message") if isinstance(error, dict) else error
        shown = "".join(character for character in str(said)[:200] if character.isprintable())
        raise AnchorProblem(REFUSED, f"{method}: {shown}")
    if "result" not in answer:
        raise AnchorProblem(UNREACHABLE, f"the node's answer to {method} has no result")
    return answer["result"]
