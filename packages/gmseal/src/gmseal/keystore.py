"""Where private keys live: a port, and the embedded store that wraps them under one key.

A device (PKCS#11, SDF of GM/T 0018) is another implementation of ``KeyStore``: it hands out
signers that never show their key.
"""

import re
import threading
from collections import OrderedDict
from typing import Final, Protocol

from gmseal.errors import MalformedInput, NotFound, Refused
from gmseal.sm import keywrap
from gmseal.sm.keys import PrivateKey, PublicKey, Signer

_KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_CACHED_KEYS: Final = 256


class KeyStorage(Protocol):
    """Keeps opaque blobs by key id; a table, a folder, a dictionary."""

    def get(self, key_id: str) -> bytes | None: ...

    def put(self, key_id: str, blob: bytes) -> None: ...


class KeyStore(Protocol):
    """Makes keys and signs with them, by id."""

    def generate(self, key_id: str) -> PublicKey:
        """Make a key. Raises ``Refused`` (KEY_EXISTS) when the id is taken."""
        ...

    def signer(self, key_id: str) -> Signer:
        """Raises ``NotFound`` when there is no such key."""
        ...

    def forget(self, key_id: str) -> None:
        """Drop what is held in memory of a key, as when its seal ends."""
        ...


class EmbeddedKeyStore:
    """Keys wrapped with SM4-GCM in a storage of the caller's. May be shared between threads."""

    def __init__(self, kek: bytes, storage: KeyStorage) -> None:
        """``kek`` has 16 octets and must not come from where ``storage`` keeps its blobs."""
        if len(kek) != keywrap.KEK_BYTES:
            raise Refused("KEK_LENGTH", f"A key-encryption key has {keywrap.KEK_BYTES} octets.")
        self._kek = kek
        self._storage = storage
        self._loaded: OrderedDict[str, PrivateKey] = OrderedDict()
        self._lock = threading.Lock()

    def generate(self, key_id: str) -> PublicKey:
        """Make a key. Raises ``Refused`` (KEY_EXISTS) when the id is taken."""
        return self.add(key_id, PrivateKey.generate())

    def add(self, key_id: str, key: PrivateKey) -> PublicKey:
        """Keep a key that was imported. Raises ``Refused`` (KEY_EXISTS) when the id is taken."""
        context = _context(key_id)
        if self._storage.get(key_id) is not None:
            raise Refused("KEY_EXISTS", f"There is a key {key_id} already; keys are never overwritten.")
        self._storage.put(key_id, keywrap.wrap(key.to_pkcs8_der(), self._kek, context))
        return key.public_key

    def signer(self, key_id: str) -> PrivateKey:
        """The key, loaded once and kept in memory. Raises ``NotFound`` and ``MalformedInput``."""
        with self._lock:
            loaded = self._loaded.get(key_id)
            if loaded is not None:
                self._loaded.move_to_end(key_id)
                return loaded
        context = _context(key_id)
        blob = self._storage.get(key_id)
        if blob is None:
            raise NotFound(f"There is no key {key_id}.")
        key = PrivateKey.from_pkcs8(keywrap.unwrap(blob, self._kek, context))
        with self._lock:
            self._loaded[key_id] = key
            if len(self._loaded) > _CACHED_KEYS:
                self._loaded.popitem(last=False)
        return key

    def forget(self, key_id: str) -> None:
        """Drop the key from memory; what the storage holds is the caller's."""
        with self._lock:
            self._loaded.pop(key_id, None)


def check_key_id(key_id: str) -> None:
    """Raises ``MalformedInput`` for what cannot name a key."""
    if not _KEY_ID.fullmatch(key_id):
        raise MalformedInput("A key id has 1 to 128 letters, digits, dots, dashes or underscores.")


def _context(key_id: str) -> bytes:
    check_key_id(key_id)
    return b"gmseal private key " + key_id.encode("ascii")
