"""Reading the text form of a public key, of whatever type: those that sign heads and those that cosign them."""

from collections.abc import Callable
from typing import Final, TypeAlias

from evidencelog.cosignature import ED25519_COSIGNATURE, SM2_COSIGNATURE, CosignatureVerifier
from evidencelog.errors import Code, MalformedError
from evidencelog.keys import ED25519_TYPE, SM2_TYPE, Ed25519Verifier, Sm2Verifier, split_key

Verifier: TypeAlias = Ed25519Verifier | Sm2Verifier | CosignatureVerifier

# The longer prefix first: a cosigner's SM2 type begins with the plain one.
_TYPES: Final[tuple[tuple[bytes, Callable[[str, bytes], Verifier]], ...]] = (
    (SM2_COSIGNATURE, lambda name, key: CosignatureVerifier(name, Sm2Verifier(name, key))),
    (ED25519_COSIGNATURE, lambda name, key: CosignatureVerifier(name, Ed25519Verifier(name, key))),
    (ED25519_TYPE, Ed25519Verifier),
    (SM2_TYPE, Sm2Verifier),
)


def parse_vkey(text: str) -> Verifier:
    """Read the text form of a public key; white space around it is ignored.

    Raises :class:`MalformedError`: ``key.malformed``, or ``key.unsupported`` for a type that is not known here.
    """
    name, key_id, data = split_key(text.strip())
    for prefix, make in _TYPES:
        if data.startswith(prefix):
            verifier = make(name, data[len(prefix) :])
            break
    else:
        raise MalformedError(Code.KEY_UNSUPPORTED, "the key is of a type that is not supported")
    if verifier.key_id.hex() != key_id:
        raise MalformedError(Code.KEY_MALFORMED, "the id of the key does not belong to it")
    return verifier
