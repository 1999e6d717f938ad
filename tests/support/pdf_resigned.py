"""A sealed PDF whose signed bytes say something else, signed anew by the same seal: what a signer may write."""

import re
from datetime import datetime

from gmseal.ses.signature import SealSigner
from gmseal.sm.keys import sm3

_RANGE = re.compile(rb"/ByteRange\[0 (\d+) (\d+) (\d+) *\]")


def resigned(sealed: bytes, signer: SealSigner, at: datetime, *changes: tuple[bytes, bytes]) -> bytes:
    """The file with pieces exchanged for others of the same length, the newest of each, and its last signature made anew."""
    data = sealed
    for old, new in changes:
        place = data.rindex(old)
        data = data[:place] + new.ljust(len(old)) + data[place + len(old) :]
        assert len(data) == len(sealed)
    *_, found = _RANGE.finditer(data)
    end, start, rest = (int(number) for number in found.groups())
    assert start + rest == len(data)
    value = signer.sign(sm3(data[:end] + data[start:]), "/ByteRange", at).hex().encode()
    return data[: end + 1] + value.ljust(start - end - 2, b"0") + data[start - 1 :]
