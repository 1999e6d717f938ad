"""Strict forms that all the text formats share: base64, decimal numbers, UTF-8 lines.

Everything here accepts exactly one spelling of a value, so that a signed text cannot be changed without
changing what it says, and two readers never disagree about it.
"""

import base64
import binascii
import re

from evidencelog.errors import Code, MalformedError

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def encode_base64(data: bytes) -> str:
    """Return the standard base64 form with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, code: Code) -> bytes:
    """Read standard base64; spellings that an encoder would not write are refused.

    Raises :class:`MalformedError` with ``code``.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(code, "a value is not valid base64") from error
    if encode_base64(data) != text:
        raise MalformedError(code, "a value is not in the canonical form of base64")
    return data


def decode_decimal(text: str, code: Code) -> int:
    """Read a decimal number from 0 to 2**63 - 1 without sign or leading zeros; raises :class:`MalformedError`."""
    if _DECIMAL.fullmatch(text) is None or int(text) >= 2**63:
        raise MalformedError(code, "a number is not a plain decimal from 0 to 2**63 - 1")
    return int(text)


def decode_text(data: bytes, code: Code, *, limit: int) -> str:
    """Read UTF-8 text whose only control character is the newline; raises :class:`MalformedError`."""
    if len(data) > limit:
        raise MalformedError(code, f"the text has more than {limit} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(code, "the text is not valid UTF-8") from error
    if not is_clean(text.replace("\n", "")):
        raise MalformedError(code, "the text holds a control character")
    return text


def is_clean(text: str) -> bool:
    """Tell whether ``text`` is one line that can be written as UTF-8 and holds no ASCII control character."""
    return not any(character < " " or "\ud800" <= character <= "\udfff" for character in text)
