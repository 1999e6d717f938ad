"""Reading the settings, so that one that cannot be is said in a sentence, and never with its value: it may be a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import SettingsError

from shuangyin.core.errors import Invalid
from shuangyin.core.settings import Settings

_ZH: Final = {
    "int_parsing": "须为整数",
    "float_parsing": "须为数字",
    "bool_parsing": "须为 true 或 false",
    "literal_error": "只能是 {expected}",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "less_than_equal": "不得大于 {le}",
    "list_type": "须为 JSON 列表",
    "dict_type": "须为 JSON 对象",
    "ip_v4_network": "须为 IP 地址或网段的 JSON 列表",
    "ip_v6_network": "须为 IP 地址或网段的 JSON 列表",
    "setting": "{zh}",
}
"""What pydantic finds, by its own names of kinds."""


def read_settings(**given: object) -> Settings:
    """The settings of environment and `.env`, with what was given on the command line before them; None is not given.

    Raises Invalid (SETTING_INVALID), which names the setting and what it has to be.
    """
    options = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**options)  # type: ignore[arg-type]  # plain values by field name
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _unusable(_name(str(first["loc"][0]), options), *_reason(first)) from error
    except SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = _name(found[1], options) if found else ".env"
        raise _unusable(name, "须为 JSON", "has to be JSON") from error
    except UnicodeDecodeError as error:
        raise _unusable(".env", "须为 UTF-8 文本", "has to be text in UTF-8") from error


def _name(field: str, options: Mapping[str, object]) -> str:
    return f"--{field.replace('_', '-')}" if field in options else f"SHUANGYIN_{field.upper()}"


def _reason(found: Mapping[str, Any]) -> tuple[str, str]:
    zh = _ZH.get(found["type"], "内容不符合要求").format(**found.get("ctx", {}))
    return zh, f"is not usable: {found['msg']}"


def _unusable(name: str, zh: str, en: str) -> Invalid:
    return Invalid(
        "SETTING_INVALID",
        f"设置 {name} 不可用：{zh}。各项设置见 docs/settings.md。",
        f"The setting {name} {en}. docs/settings.md explains every setting.",
    )
