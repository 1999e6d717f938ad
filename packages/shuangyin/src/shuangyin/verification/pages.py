"""The public pages: /v/{token} behind the QR code, and /verify for a file, a code or a digest.

No sign-in, no JavaScript, nothing kept of what is uploaded.
"""

from __future__ import annotations

from typing import Annotated, Literal

import structlog
from fastapi import File, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from evidencelog.web import offline_page, offline_policy
from shuangyin.core.errors import ShuangyinError
from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.core.http.problems import STATUS_BY_KIND
from shuangyin.core.http.routes import Routes
from shuangyin.core.platform import Platform
from shuangyin.core.text import Language, Text, preferred_language
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.sealing import queries as sealing
from shuangyin.sealing.rules import is_token
from shuangyin.verification import queries, rules
from shuangyin.verification.agreement import RECORD_DISAGREES
from shuangyin.verification.api import bundle_response
from shuangyin.verification.bundles.building import PreparedBundle, build, prepare
from shuangyin.verification.checking import check_file
from shuangyin.verification.limits import count_miss, count_upload
from shuangyin.verification.rendering import render, render_check

router = Routes(tags=["verification"], include_in_schema=False, dependencies=[PublicRoute])
_log = structlog.get_logger(__name__)

AskedLanguage = Annotated[Literal["zh", "en"] | None, Query(alias="lang")]
Upload = Annotated[UploadFile, File(description="The PDF or OFD to compare.")]


@router.get("/v/{token}", response_class=Response)
def look_up(token: str, request: Request, platform: PlatformOf, lang: AskedLanguage = None) -> Response:
    """What is on record of the use that a QR code names."""
    language = _language(request, lang)
    try:
        record = platform.view(lambda work: queries.record_of(work, token))
        if record is None:
            count_miss(request, platform)
    except ShuangyinError as error:
        return _refusal(platform, language, error)
    if record is None:
        return _no_record(platform, language)
    _log.info("verification.looked_up", number=record.use.number, answer=record.answer.code)
    return render(
        "use.html",
        language,
        now=platform.clock.now_ms(),
        title="facts_title",
        record=record,
        path=f"/v/{token}",
    )


@router.get("/v/{token}/evidence-bundle", response_class=Response)
def public_bundle(token: str, request: Request, platform: PlatformOf, lang: AskedLanguage = None) -> Response:
    """What proves the use that a QR code names, without names of persons. Counted like an upload: it costs as much."""
    language = _language(request, lang)

    def query(work: UnitOfWork) -> PreparedBundle | None:
        use = sealing.by_token(work, token) if is_token(token) else None
        return prepare(work, use, masked=True, with_file=False) if use is not None else None

    try:
        count_upload(request, platform)
        prepared = platform.view(query)
        if prepared is None:
            return _no_record(platform, language)
        bundle = build(platform, prepared)
    except ShuangyinError as error:
        return _refusal(platform, language, error)
    _log.info("verification.bundle", number=prepared.number)
    return bundle_response(bundle)


@router.post("/v/{token}", response_class=Response)
def compare(
    token: str, file: Upload, request: Request, platform: PlatformOf, lang: AskedLanguage = None
) -> Response:
    """Compare an uploaded file with the registered one of this use."""
    language = _language(request, lang)
    try:
        count_upload(request, platform)
        record = platform.view(lambda work: queries.record_of(work, token))
        if record is None:
            return _no_record(platform, language)
        check = check_file(platform, file.file, record)
    except ShuangyinError as error:
        return _refusal(platform, language, error)
    _log.info("verification.compared", number=record.use.number, answer=check.answer.code)
    return render_check(
        language,
        check,
        now=platform.clock.now_ms(),
        path=f"/v/{token}",
        back=f"/v/{token}?lang={language}",
        physical=record.use.medium == "physical",
    )


@router.get("/verify", response_class=Response)
def verify_form(
    request: Request,
    platform: PlatformOf,
    lang: AskedLanguage = None,
    code: Annotated[str | None, Query(max_length=60)] = None,
    digest: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The form; with a code, the page of that code; with a digest, what is on record of it."""
    language = _language(request, lang)
    if digest is not None:
        return _by_digest(request, platform, language, "".join(digest.split()))
    if code is not None:
        token = code.strip().rstrip("/").rsplit("/", 1)[-1]
        if is_token(token):
            return RedirectResponse(f"/v/{token}?lang={language}", status_code=303)
        return _no_record(platform, language)
    return render("verify.html", language, now=platform.clock.now_ms(), title="verify_title")


@router.get("/verify/offline", response_class=Response)
def offline(*, download: bool = False) -> Response:
    """The page that verifies bundles by itself: to be used here, or saved and opened from disk."""
    headers = {
        "Content-Security-Policy": f"{offline_policy()}; frame-ancestors 'none'",
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
    }
    if download:
        headers["Content-Disposition"] = 'attachment; filename="verify.html"'
    return Response(offline_page(), media_type="text/html; charset=utf-8", headers=headers)


@router.post("/verify", response_class=Response)
def verify_upload(
    file: Upload, request: Request, platform: PlatformOf, lang: AskedLanguage = None
) -> Response:
    """Judge an uploaded file and say whether it is registered here."""
    language = _language(request, lang)
    try:
        count_upload(request, platform)
        check = check_file(platform, file.file, None)
    except ShuangyinError as error:
        return _refusal(platform, language, error)
    _log.info("verification.checked", answer=check.answer.code)
    physical = bool(check.uses) and all(use.medium == "physical" for use in check.uses)
    return render_check(
        language, check, now=platform.clock.now_ms(), path="/verify", back=None, physical=physical
    )


def _by_digest(request: Request, platform: Platform, language: Language, digest: str) -> Response:
    try:
        record = platform.view(lambda work: queries.registered(work, digest))
        if record is None:
            count_miss(request, platform)
    except ShuangyinError as error:
        return _refusal(platform, language, error)
    _log.info("verification.digest", answer=record.answer.code if record else None)
    if record is None:
        return _no_record(platform, language, rules.UNKNOWN_DIGEST)
    return render(
        "digest.html",
        language,
        now=platform.clock.now_ms(),
        title="facts_title",
        record=record,
        digest=digest.lower(),
    )


def no_such_page(request: Request, platform: Platform) -> Response:
    """What a person sees at an address that is none, such as that of a QR code that was cut off."""
    chosen: dict[str | None, Language] = {"zh": "zh", "en": "en"}
    language = _language(request, chosen.get(request.query_params.get("lang")))
    cut_off = request.url.path.rstrip("/") == "/v"
    return _no_record(platform, language, rules.INCOMPLETE_ADDRESS if cut_off else rules.NO_SUCH_PAGE)


def _language(request: Request, asked: Language | None) -> Language:
    return asked or preferred_language(request.headers.get("accept-language"))


def _no_record(platform: Platform, language: Language, answer: rules.Answer = rules.UNKNOWN_CODE) -> Response:
    return render(
        "answer.html",
        language,
        now=platform.clock.now_ms(),
        title="verify_title",
        status=404,
        answer=answer,
    )


def _refusal(platform: Platform, language: Language, error: ShuangyinError) -> Response:
    answer = rules.Answer(error.code, rules.Level.UNKNOWN, Text("暂未核验", "Not checked"), error.text)
    if error.code == RECORD_DISAGREES:
        answer = rules.Answer(error.code, rules.Level.BAD, Text("记录不符", "Record disagrees"), error.text)
    response = render(
        "answer.html",
        language,
        now=platform.clock.now_ms(),
        title="verify_title",
        status=STATUS_BY_KIND[error.kind],
        answer=answer,
    )
    if "retry_after_s" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after_s"])
    return response
