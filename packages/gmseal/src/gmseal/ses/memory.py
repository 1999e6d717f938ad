"""Remembers what is true of a seal's octets for ever, so that a batch judges the same seal once.

What follows from a seal's octets alone: what they say, whether the maker's signature over them is good by the
certificate inside them, the running SM3 over them behind a given beginning, and, for a seal in a package, its unpacked
octets and their digest. None of it depends on the time, on whom the verifier trusts or on a policy, so none can become wrong; whatever does depend on those (chains, validity, revocation, stamps, the verdict) is judged
anew every time. The key holds the octets themselves, not a digest of them. The memory is bounded in entries and octets,
and shared between threads. ``GMSEAL_MEMORY=off`` or ``remember_seals(on=False)`` turns it off.
"""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from gmseal.ses.model import Seal

ENVIRONMENT_VARIABLE: Final = "GMSEAL_MEMORY"
MAX_SEALS: Final = 256
MAX_OCTETS: Final = 16 << 20
"""All remembered seals together; one that takes more than a quarter of it is not remembered."""

_Value = TypeVar("_Value")


class SealMemory(Generic[_Value]):
    """The least recently used facts go first."""

    def __init__(self, max_entries: int = MAX_SEALS, max_octets: int = MAX_OCTETS) -> None:
        self._max_entries = max_entries
        self._max_octets = max_octets
        self._octets = 0
        self._facts: OrderedDict[Hashable, tuple[_Value, int]] = OrderedDict()
        self._last: tuple[Hashable, _Value] | None = None
        self._lock = threading.Lock()
        self._on = os.environ.get(ENVIRONMENT_VARIABLE, "").strip().lower() != "off"

    def get(self, octets: Hashable) -> _Value | None:
        """What is remembered about exactly these octets, or this tuple of octets."""
        last = self._last
        if last is not None and last[0] == octets:
            # The documents of a batch are under one seal: to compare its octets costs a tenth of hashing them.
            return last[1]
        with self._lock:
            found = self._facts.get(octets)
            if found is None:
                return None
            self._facts.move_to_end(octets)
            self._last = octets, found[0]
        return found[0]

    def put(self, octets: Hashable, fact: _Value, size: int) -> None:
        """Remember ``fact``, which takes about ``size`` octets, until others push it out."""
        with self._lock:
            if not self._on or size * 4 > self._max_octets or octets in self._facts:
                return
            self._facts[octets] = (fact, size)
            self._octets += size
            while len(self._facts) > self._max_entries or self._octets > self._max_octets:
                pushed_out, (_, freed) = self._facts.popitem(last=False)
                self._octets -= freed
                if self._last is not None and self._last[0] == pushed_out:
                    self._last = None

    def switch(self, *, on: bool) -> None:
        """Remember or not; what was remembered is forgotten either way."""
        with self._lock:
            self._on = on
            self._facts.clear()
            self._last = None
            self._octets = 0

    def __len__(self) -> int:
        return len(self._facts)


KNOWN_SEALS: "Final[SealMemory[Seal]]" = SealMemory()
"""Seals by their octets."""
MAKER_SIGNATURES: "Final[SealMemory[bool]]" = SealMemory()
"""Whether the maker's signature is good, by the octets of the whole seal."""
HASHED_BEGINNINGS: "Final[SealMemory[hashlib._Hash]]" = SealMemory()
"""The running SM3 over Z, the beginning of toSign and the seal, by these three; copied, never continued."""

UNPACKED_SEALS: "Final[SealMemory[bytes]]" = SealMemory()
"""The content of packed seals, by the packed octets and what the archive says of them."""
SEAL_DIGESTS: "Final[SealMemory[bytes]]" = SealMemory()
"""Digests of seals as files of a package, by algorithm and octets."""


def remember_seals(*, on: bool) -> None:
    """Turn the memory of seals on or off for this process, and empty it."""
    KNOWN_SEALS.switch(on=on)
    MAKER_SIGNATURES.switch(on=on)
    HASHED_BEGINNINGS.switch(on=on)
    UNPACKED_SEALS.switch(on=on)
    SEAL_DIGESTS.switch(on=on)
