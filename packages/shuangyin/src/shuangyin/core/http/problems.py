"""Problem documents (RFC 9457): the only place where errors meet HTTP statuses."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from shuangyin.core.errors import ShuangyinError
from shuangyin.core.storage_full import is_storage_full, storage_full
from shuangyin.core.text import Text, preferred_language

_log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS_BY_KIND = {
    "invalid": 422,
    "unauthenticated": 401,
    "not_admitted": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "stale": 412,
    "refused": 409,
    "too_large": 413,
    "rate_limited": 429,
    "unavailable": 503,
}


class Problem(BaseModel):
    """An error as told to a client."""

    type: str = Field(description="A URI that names the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="One sentence in the caller's language: what happened and what to do.")
    code: str = Field(description="Stable machine-readable code.")
    details: dict[str, Any] = Field(default_factory=dict)


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "Problem document", "content": {MEDIA_TYPE: {}}}
}

_TITLES = {
    "invalid": Text("输入有误", "Invalid input"),
    "unauthenticated": Text("请先登录", "Sign in first"),
    "not_admitted": Text("未能登录", "Not signed in"),
    "forbidden": Text("没有权限", "Not permitted"),
    "not_found": Text("没有找到", "Not found"),
    "conflict": Text("当前状态不允许", "Conflict"),
    "stale": Text("内容已更新", "Changed meanwhile"),
    "refused": Text("按规定不予办理", "Refused by rule"),
    "too_large": Text("超出上限", "Too large"),
    "rate_limited": Text("操作过于频繁", "Too many tries"),
    "unavailable": Text("暂时无法办理", "Not available now"),
}

_BY_STATUS = {
    401: ("unauthenticated", "UNAUTHENTICATED"),
    403: ("forbidden", "NOT_PERMITTED"),
    404: ("not_found", "NOT_FOUND"),
    405: ("invalid", "METHOD_NOT_ALLOWED"),
    413: ("too_large", "TOO_LARGE"),
    415: ("invalid", "MEDIA_TYPE"),
}


_SENTENCES = {
    "BAD_REQUEST": Text(
        "请求内容无法读取，请检查后重试。", "The body cannot be read. Check it and try again."
    ),
    "BODY_TOO_DEEP": Text(
        "请求内容的嵌套层次过深，请减少层次后重试。",
        "The body is nested too deeply. Make it flatter and try again.",
    ),
    "BODY_NOT_UTF8": Text(
        "请求内容不是 UTF-8 编码，请转换后重试。", "The body is not UTF-8. Convert it and try again."
    ),
    "NUMBER_TOO_LONG": Text(
        "请求内容中有过长的数字，请核对后重试。",
        "The body holds a number that is too long. Check it and try again.",
    ),
    "BODY_SHAPE": Text(
        "请求内容应为一个 JSON 对象，请检查后重试。",
        "The body must be one JSON object. Check it and try again.",
    ),
    "NOT_FOUND": Text(
        "没有这个地址，请检查后重试。", "There is nothing at this address. Check it and try again."
    ),
    "METHOD_NOT_ALLOWED": Text(
        "该地址不接受这种请求方式，请检查后重试。",
        "This address does not take this method. Check it and try again.",
    ),
    "MEDIA_TYPE": Text(
        "请求内容的类型不被接受：请以 application/json 发送，上传文件则用 multipart/form-data。",
        "The body's media type is not taken: send application/json, or multipart/form-data for a file.",
    ),
    "JSON_MALFORMED": Text(
        "请求内容不是正确的 JSON，请检查写法后重试。", "The body is not correct JSON. Check it and try again."
    ),
    "BODY_MISSING": Text("请求缺少内容，请补充后重试。", "The body is missing. Add it and try again."),
}
_BY_CAUSE: tuple[tuple[type[Exception], str], ...] = (
    (RecursionError, "BODY_TOO_DEEP"),
    (UnicodeError, "BODY_NOT_UTF8"),
    (ValueError, "NUMBER_TOO_LONG"),
)
"""What reading JSON raises besides its own error, which is told apart elsewhere; the last is Python's limit of digits."""
_NO_SUCH_ADDRESS = Text(
    "没有这一条记录：地址里的编号不完整或有误，请从列表中打开。",
    "There is no such record: the number in the address is incomplete or wrong. Open it from its list.",
)
"""An id in a path that can be nobody's. Whoever reads it followed or typed an address and filled in no field."""
_OTHERWISE = Text("请求无法处理，请检查后重试。", "The request cannot be handled. Check it and try again.")
_JSON_TYPES = ("application/json", "+json")


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.add_exception_handler(ShuangyinError, _on_known)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, _on_unknown)


def problem_response(
    request: Request,
    *,
    kind: str,
    code: str,
    text: Text,
    status: int | None = None,
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem document in the caller's language."""
    language = preferred_language(request.headers.get("accept-language"))
    problem = Problem(
        type=f"urn:shuangyin:problem:{code.lower().replace('_', '-')}",
        title=_TITLES[kind].in_language(language),
        status=status or STATUS_BY_KIND[kind],
        detail=text.in_language(language),
        code=code,
        details=details or {},
    )
    all_headers = {"Content-Language": "zh-CN" if language == "zh" else "en", **(headers or {})}
    return JSONResponse(
        problem.model_dump(), status_code=problem.status, media_type=MEDIA_TYPE, headers=all_headers
    )


async def _on_known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ShuangyinError)  # noqa: S101  # registered for this class alone
    headers = {}
    if "retry_after_s" in error.details:
        headers["Retry-After"] = str(error.details["retry_after_s"])
    return problem_response(
        request, kind=error.kind, code=error.code, text=error.text, details=error.details, headers=headers
    )


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class alone
    unreadable = _unreadable(request, error)
    if unreadable is not None:
        status = 415 if unreadable == "MEDIA_TYPE" else None
        return problem_response(
            request, kind="invalid", code=unreadable, text=_SENTENCES[unreadable], status=status
        )
    # The offending input is left out: it may be a password.
    fields = [
        {"field": ".".join(str(part) for part in item["loc"]), "reason": item["msg"], "type": item["type"]}
        for item in error.errors()[:20]
    ]
    if all(field["field"].startswith("path.") for field in fields):
        text = _NO_SUCH_ADDRESS
    else:
        names = [field["field"] for field in fields]
        text = Text(f"请检查以下内容：{'、'.join(names)}。", f"Check these fields: {', '.join(names)}.")
    return problem_response(
        request, kind="invalid", code="INVALID_INPUT", text=text, details={"fields": fields}
    )


def _unreadable(request: Request, error: RequestValidationError) -> str | None:
    """The code for a body that is no body of the interface at all; None when only fields of it are wrong."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "JSON_MALFORMED"
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if isinstance(error.body, FormData):
        return None if media_type in ("", "multipart/form-data") else "MEDIA_TYPE"
    if tuple(first["loc"]) != ("body",):
        return None
    if first["type"] == "missing":
        return "BODY_MISSING"
    return "BODY_SHAPE" if media_type.endswith(_JSON_TYPES) else "MEDIA_TYPE"


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """The problem document of a status that the framework gives, such as 404 for an address that is none."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    kind, code = _BY_STATUS.get(error.status_code, ("invalid", "BAD_REQUEST"))
    if code == "BAD_REQUEST":
        code = next((one for cause, one in _BY_CAUSE if isinstance(error.__cause__, cause)), code)
    return problem_response(
        request,
        kind=kind,
        code=code,
        text=_SENTENCES.get(code, _OTHERWISE),
        status=error.status_code,
        headers=dict(error.headers or {}),
    )


async def _on_unknown(request: Request, error: Exception) -> JSONResponse:
    _log.error("http.unexpected", path=request.url.path, error=type(error).__name__, exc_info=error)
    if is_storage_full(error):
        return await _on_known(request, storage_full())
    text = Text(
        "服务出现意外情况，您的操作没有生效。请稍后重试；若再次出现，请把时间告诉管理员。",
        "Something unexpected happened and nothing was changed. Try again; if it happens again, tell the administrator the time.",
    )
    return problem_response(request, kind="unavailable", code="UNEXPECTED", text=text, status=500)
