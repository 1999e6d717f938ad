"""Does a certificate lead to a root that the verifier trusts, at a given instant?

The walk itself is OpenSSL's (``chain_walk``): it uses the default ID for SM2, checks every
signature, the authorities' constraints and the times. The command line of OpenSSL 3 does not
(it forgets the ID above the first certificate), so it is no substitute.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from gmseal.errors import MalformedInput
from gmseal.instants import verifier_time
from gmseal.sm.certificate_info import CertificateInfo, read_certificate


class Purpose(StrEnum):
    """What the leaf's key was used for."""

    SEAL_MAKING = "seal_making"
    SIGNING = "signing"
    TIME_STAMPING = "time_stamping"


class ChainCode(StrEnum):
    """The result of a walk."""

    TRUSTED = "TRUSTED"
    UNKNOWN_ROOT = "UNKNOWN_ROOT"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    KEY_USAGE = "KEY_USAGE"
    MALFORMED = "MALFORMED"
    BROKEN = "BROKEN"


class ChainResult(NamedTuple):
    """``chain`` is leaf first and root last when the code is TRUSTED or KEY_USAGE, empty otherwise."""

    code: ChainCode
    chain: tuple[bytes, ...]
    detail: str

    @property
    def trusted(self) -> bool:
        return self.code is ChainCode.TRUSTED

    @property
    def trial(self) -> bool:
        """True when any certificate of the chain is a trial one."""
        return any(read_certificate(certificate).trial for certificate in self.chain)


# Numbers of openssl/x509_vfy.h.
_CODES: Final = {
    2: ChainCode.UNKNOWN_ROOT,
    18: ChainCode.UNKNOWN_ROOT,
    19: ChainCode.UNKNOWN_ROOT,
    20: ChainCode.UNKNOWN_ROOT,
    21: ChainCode.UNKNOWN_ROOT,
    7: ChainCode.BAD_SIGNATURE,
    9: ChainCode.NOT_YET_VALID,
    10: ChainCode.EXPIRED,
    24: ChainCode.KEY_USAGE,
    25: ChainCode.KEY_USAGE,
    26: ChainCode.KEY_USAGE,
    32: ChainCode.KEY_USAGE,
    37: ChainCode.KEY_USAGE,
    79: ChainCode.KEY_USAGE,
}


class _Known(NamedTuple):
    """A chain that was found good, and within which time every certificate of it is in force, both ends included."""

    chain: tuple[bytes, ...]
    begins: datetime
    ends: datetime


_CacheKey = tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]]
_CACHE_SIZE: Final = 256
_cache: "OrderedDict[_CacheKey, _Known]" = OrderedDict()
_cache_lock = threading.Lock()


def verify_chain(
    leaf: bytes,
    intermediates: Sequence[bytes],
    roots: Sequence[bytes],
    at: datetime,
    *,
    purpose: Purpose,
) -> ChainResult:
    """Walk from ``leaf`` to one of ``roots`` (all DER) as of ``at``; never raises for bad bytes.

    ``at`` without a zone is ``Refused`` (``NAIVE_TIME``).

    1. The certificate can be read.
    2. A chain of good signatures by authorities in force leads to a trusted root.
    3. The leaf's key usage allows ``purpose``.
    """
    at = verifier_time(at)
    try:
        info = read_certificate(leaf)
    except MalformedInput as error:
        return ChainResult(ChainCode.MALFORMED, (), str(error))
    if not roots:
        return ChainResult(ChainCode.UNKNOWN_ROOT, (), "No trusted root was given.")
    key = (leaf, tuple(intermediates), tuple(roots))
    chain = _remembered(key, at)
    if chain is None:
        result = _walk(key, at)
        if not result.trusted:
            return result
        chain = result.chain
        _remember(key, chain)
    if not key_usage_allows(info, purpose):
        return ChainResult(ChainCode.KEY_USAGE, chain, "The key usage does not allow this purpose.")
    return ChainResult(ChainCode.TRUSTED, chain, "The chain ends at a trusted root.")


def key_usage_allows(info: CertificateInfo, purpose: Purpose) -> bool:
    """True when the certificate's key may be used for ``purpose``."""
    if purpose is Purpose.SEAL_MAKING:
        return info.may_make_seals()
    return info.may_stamp() if purpose is Purpose.TIME_STAMPING else info.may_sign()


def _walk(key: _CacheKey, at: datetime) -> ChainResult:
    from gmseal.sm.chain_walk import Broken, Unreadable, walk  # noqa: PLC0415 - OpenSSL, which many commands never need

    leaf, intermediates, roots = key
    try:
        found = walk(leaf, intermediates, roots, at)
    except Broken as error:
        text = f"{error.text} (at depth {error.depth})"
        return ChainResult(_CODES.get(error.number, ChainCode.BROKEN), (), text)
    except Unreadable as error:
        return ChainResult(ChainCode.MALFORMED, (), f"A certificate cannot be loaded: {error}")
    return ChainResult(ChainCode.TRUSTED, found, "")


def _remembered(key: _CacheKey, at: datetime) -> tuple[bytes, ...] | None:
    """A chain found before, when each of its certificates is in force at ``at`` too.

    A file with many seals, or many files with one seal, walk the same chain again and again;
    nothing but the time differs.
    """
    with _cache_lock:
        known = _cache.get(key)
        if known is None:
            return None
        _cache.move_to_end(key)
    return known.chain if known.begins <= at <= known.ends else None


def _remember(key: _CacheKey, chain: tuple[bytes, ...]) -> None:
    certificates = [read_certificate(der) for der in chain]
    begins = max(each.not_before for each in certificates)
    known = _Known(chain, begins, min(each.not_after for each in certificates))
    with _cache_lock:
        _cache[key] = known
        if len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
