"""Typeset a template of an area as PDF: with the font that ships with the project and no other, so that it looks alike
everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from shuangyin.core.errors import Unavailable


def typeset_template(area: str, template: str, data: Mapping[str, Any], failure: Unavailable) -> bytes:
    """The PDF of `template` in the folder of templates of `area`, a package; it reads `data` as JSON.

    Raises `failure`, which says what could not be typeset.
    """
    try:
        content: bytes = typst.compile(
            Path(str(resources.files(area))) / "templates" / template,
            format="pdf",
            font_paths=_font_folders(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise failure from error
    return content


@cache
def _font_folders() -> list[Path]:
    fonts = Path(pylopdf_fonts_zh_cn.__file__).parent
    return sorted({font.parent for font in fonts.rglob("*.[ot]tf")})
