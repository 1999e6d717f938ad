"""Pure rules of the organization: the unified social credit code, names, permissions."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from shuangyin.core.errors import Invalid
from shuangyin.core.free_text import checked_line

NAME_LIMIT = 100
"""Longest name in characters; the longest registered names of Beijing enterprises stay below it."""

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: the digits and capital letters without I O S V Z; a character's value is its index."""

_USCC_LENGTH = 18
_USCC_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


def uscc_has_form(code: str) -> bool:
    """Whether the code has the form of GB 32100-2015: 18 characters of its alphabet, region (3–8) in digits."""
    return (
        len(code) == _USCC_LENGTH
        and all(character in USCC_ALPHABET for character in code)
        and code[2:8].isdecimal()
    )


def uscc_check_character(code: str) -> str:
    """The check character (18th) that belongs to the first 17 characters (GB 32100-2015)."""
    total = sum(
        USCC_ALPHABET.index(character) * weight
        for character, weight in zip(code[:17], _USCC_WEIGHTS, strict=True)
    )
    # Without the outer modulus a remainder of 0 would give 31, which is no character.
    return USCC_ALPHABET[(31 - total % 31) % 31]


def uscc_is_valid(code: str) -> bool:
    """Whether form and check character are right."""
    return uscc_has_form(code) and uscc_check_character(code) == code[17]


def checked_uscc(code: str) -> str:
    """The code in capital letters. Raises Invalid (USCC_FORM, USCC_CHECK)."""
    code = checked_uscc_form(code)
    if not uscc_is_valid(code):
        raise Invalid(
            "USCC_CHECK",
            "统一社会信用代码的校验位不符，请对照营业执照或登记证书核对。",
            "The check character of the unified social credit code is wrong. Compare it with the licence.",
        )
    return code


def checked_uscc_form(code: str) -> str:
    """The code in capital letters, form only. Raises Invalid (USCC_FORM)."""
    code = code.strip().upper()
    if not uscc_has_form(code):
        raise Invalid(
            "USCC_FORM",
            "统一社会信用代码应为 18 位数字或大写字母（不含 I、O、S、V、Z）。",
            "A unified social credit code has 18 digits or capital letters, without I, O, S, V and Z.",
        )
    return code


def checked_exception(code: str, reason: str | None) -> str | None:
    """The reason to keep beside a counterparty's code: None when the code checks.

    Codes in real use are known that fail the check, so a failing one is taken when somebody says why.
    Raises Invalid (USCC_REASON) without a reason.
    """
    if uscc_is_valid(code):
        return None
    if reason is None or not reason.strip():
        raise Invalid(
            "USCC_REASON",
            "统一社会信用代码的校验位不符。请核对；若确为登记代码，请填写理由后保存。",
            "The check character of the code is wrong. Check it; if it is the registered code, say why and save again.",
        )
    return reason.strip()


def category_of(uscc: str) -> str:
    """The kind of organization by the first two characters of its code (GB 32100-2015: department and class)."""
    by_class = {"11": "government", "12": "public_institution"}
    by_department = {"9": "enterprise", "5": "social_organization"}
    return by_class.get(uscc[:2]) or by_department.get(uscc[:1]) or "other"


def checked_name(name: str, *, limit: int = NAME_LIMIT) -> str:
    """The name in Unicode NFC without outer spaces. Raises Invalid (NAME_LENGTH, TEXT_UNSEEN_CHARACTERS), Refused.

    Characters that cannot be seen are refused, because they can make one name look like another, and so are names
    that bear the mark of a classified paper (`core.free_text`).
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(name) <= limit:
        raise Invalid(
            "NAME_LENGTH",
            f"名称应为 1 至 {limit} 个字。",
            f"A name has 1 to {limit} characters.",
            details={"limit": limit},
        )
    return checked_line(name, "name")


def checked_region(code: str, known: Collection[str]) -> str:
    """The region code. Raises Invalid (REGION_UNKNOWN) when the code table does not have it."""
    if code not in known:
        raise Invalid(
            "REGION_UNKNOWN",
            "区划代码不在代码表内，请选择北京市及所属区。",
            "The region code is not in the code table.",
        )
    return code


def checked_permissions(wanted: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The permission codes, sorted, each once. Raises Invalid (PERMISSION_UNKNOWN)."""
    codes = tuple(sorted(set(wanted)))
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise Invalid(
            "PERMISSION_UNKNOWN",
            "权限代码不存在，请从列表中选择。",
            "There is no such permission. Choose from the list.",
            details={"unknown": unknown[:20]},
        )
    return codes


def makes_cycle(department_id: str, parent_id: str | None, parents: Mapping[str, str | None]) -> bool:
    """Whether putting a department under this parent would make it its own ancestor."""
    seen: set[str] = set()
    while parent_id is not None and parent_id not in seen:
        if parent_id == department_id:
            return True
        seen.add(parent_id)
        parent_id = parents.get(parent_id)
    return False


def capability_at(takes_electronic: str, recheck_on: str | None, today: date) -> str:
    """Whether a counterparty takes e-seals as decisions see it: what should have been checked again is unknown.

    `recheck_on` is the last day (ISO) on which the statement counts, `today` the day in Beijing; None: it counts
    until changed.
    """
    if recheck_on is not None and date.fromisoformat(recheck_on) < today:
        return "unknown"
    return takes_electronic
