"""Renders the public pages: HTML and CSS alone, under a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gmseal.report import Check, CheckResult, SignatureReport, walk
from shuangyin.core.clock import beijing_time, to_milliseconds
from shuangyin.core.text import Language
from shuangyin.sealing.void_reasons import void_words
from shuangyin.verification.checking import FileCheck
from shuangyin.verification.texts import text_of


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("shuangyin.verification"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    return resources.files("shuangyin.verification").joinpath("templates/style.css").read_text("utf-8")


@cache
def content_security_policy() -> str:
    """Only the page's own style, named by its digest, and forms to ourselves."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def render(
    template: str, language: Language, *, now: int, title: str, status: int = 200, **values: Any
) -> Response:
    """One page. `title` is a key of the texts; `now` UTC milliseconds, shown as the time of the check."""

    def t(key: str) -> str:
        return text_of(key).in_language(language)

    html = (
        _environment()
        .get_template(template)
        .render(
            t=t,
            time=_time,
            day=_day,
            void_reason=lambda code: void_words(code).in_language(language),
            language=language,
            title=t(title),
            now=now,
            style=Markup(_style()),  # noqa: S704  # our own file, in which no value is put
            **values,
        )
    )
    headers = {
        "Content-Security-Policy": content_security_policy(),
        "Content-Language": "zh-CN" if language == "zh" else "en",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Vary": "Accept-Language",
    }
    return Response(html, status_code=status, media_type="text/html", headers=headers)


_URGENCY = {CheckResult.FAIL: 0, CheckResult.WARN: 1, CheckResult.NOT_CHECKED: 2, CheckResult.PASS: 3}


def render_check(
    language: Language, check: FileCheck, *, now: int, path: str, back: str | None, physical: bool
) -> Response:
    """The page about an uploaded file."""
    report = check.report
    return render(
        "file.html",
        language,
        now=now,
        title="report_title",
        check=check,
        signatures=[_signature(one, check, language) for one in report.signatures] if report else [],
        file_checks=[_check(one, language) for one in _by_urgency(walk(report.checks))] if report else [],
        path=path,
        back=back,
        physical=physical,
    )


def _signature(signature: SignatureReport, check: FileCheck, language: Language) -> dict[str, Any]:
    return {
        "seal_name": check.without_names(signature.seal_name or ""),
        "organization": check.without_names(signature.organization or ""),
        "signed_at": _moment(signature.signed_at),
        "failed": [
            _check(one, language)
            for one in walk(signature.checks)
            if one.result is CheckResult.FAIL and not one.children
        ],
        "groups": [_group(one, language) for one in _by_urgency(signature.checks)],
    }


def _group(group: Check, language: Language) -> dict[str, Any]:
    """A group with all its steps, of which those of the seal lie one level deeper; a lone step is its own group."""
    steps = [_check(one, language) for one in _by_urgency(walk(group.children))]
    return {**_check(group, language), "steps": steps}


def _by_urgency(checks: Iterable[Check]) -> list[Check]:
    """What went wrong first, then what is doubtful, then what is in order; within each as the standard numbers it."""
    return sorted(checks, key=lambda one: _URGENCY[one.result])


def _check(check: Check, language: Language) -> dict[str, str]:
    return {
        "code": check.code,
        "result": check.result.value,
        "text": check.zh if language == "zh" else check.en,
    }


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else _time(to_milliseconds(moment))


def _time(milliseconds: int) -> str:
    return f"{beijing_time(milliseconds):%Y-%m-%d %H:%M:%S} (UTC+8)"


def _day(milliseconds: int) -> str:
    return f"{beijing_time(milliseconds):%Y-%m-%d}"
