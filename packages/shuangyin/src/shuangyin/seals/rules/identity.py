"""The citizen identity number of GB 11643-1999."""

from __future__ import annotations

import re

_FORM = re.compile(r"[1-9]\d{16}[\dXx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def id_number_is_valid(number: str) -> bool:
    """Whether form and check character are right. Old region codes stay valid for life and are not looked up."""
    if _FORM.fullmatch(number) is None or not number.isascii():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17].upper()
