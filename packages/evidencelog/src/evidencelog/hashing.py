"""The hash functions of the Merkle tree (RFC 6962 section 2.1, RFC 9162 section 2.1.1).

A leaf is hashed as ``H(0x00 ‖ entry)``, an inner node as ``H(0x01 ‖ left ‖ right)``, so that no leaf can be
taken for a node. C2SP tlog-tiles fixes SHA-256. RFC 9162 makes the hash a parameter of the log; SM3
(GB/T 32905) has no registered code point, hence one from the private-use range 0xF0 to 0xFF is used here for
trees that must be all-SM. Such a tree has the same shape but is not C2SP-conformant and needs its own origin.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from evidencelog.errors import ArgumentError, Code

HASH_SIZE: Final = 32
"""Bytes of one tree hash; SHA-256 and SM3 agree, and so tiles have the same size under both."""


@dataclass(frozen=True)
class TreeHash:
    """One hash algorithm as the tree uses it.

    ``name`` is the lower-case name written in manifests, ``code`` the RFC 9162 code point written in stored
    states, ``leaf`` and ``node`` the two domain-separated functions, ``empty`` the root of the empty tree.
    """

    name: str
    code: int
    empty: bytes
    leaf: Callable[[bytes], bytes] = field(repr=False, compare=False)
    node: Callable[[bytes, bytes], bytes] = field(repr=False, compare=False)


def _sha256_leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _sha256_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


SHA256: Final = TreeHash("sha-256", 0x00, hashlib.sha256().digest(), _sha256_leaf, _sha256_node)
"""The hash that C2SP prescribes, and the default everywhere."""

SM3_CODE: Final = 0xF0


@lru_cache(maxsize=1)
def sm3() -> TreeHash:
    """Return the SM3 tree hash.

    Raises :class:`ArgumentError` (``tree.hash_unknown``) where the OpenSSL under Python has no SM3, which is
    so in FIPS mode. Copying a hash object that has taken the prefix is 1.5 times as fast as a new object.
    """
    try:
        primed_leaf = hashlib.new("sm3", b"\x00")
        primed_node = hashlib.new("sm3", b"\x01")
        empty = hashlib.new("sm3").digest()
    except ValueError as error:
        raise ArgumentError(Code.HASH_UNKNOWN, "this build of OpenSSL offers no SM3") from error

    def leaf(entry: bytes) -> bytes:
        state = primed_leaf.copy()
        state.update(entry)
        return state.digest()

    def node(left: bytes, right: bytes) -> bytes:
        state = primed_node.copy()
        state.update(left + right)
        return state.digest()

    return TreeHash("sm3", SM3_CODE, empty, leaf, node)


def tree_hash(name: str) -> TreeHash:
    """Return the algorithm called ``name`` (``sha-256`` or ``sm3``); raises :class:`ArgumentError`."""
    if name == SHA256.name:
        return SHA256
    if name == "sm3":
        return sm3()
    raise ArgumentError(Code.HASH_UNKNOWN, f"no tree hash is called {name[:40]!r}")


def tree_hash_of_code(code: int) -> TreeHash:
    """Return the algorithm with an RFC 9162 code point; raises :class:`ArgumentError`."""
    if code == SHA256.code:
        return SHA256
    if code == SM3_CODE:
        return sm3()
    raise ArgumentError(Code.HASH_UNKNOWN, f"no tree hash has the code 0x{code:02x}")
