"""What an implementation of SM2 must offer, and which one is used.

Above this interface nothing knows whether a number is multiplied by OpenSSL, by another library
or by a device. Digests ``e`` are 32 octets, signatures the 64 octets r‖s, points 65 octets.
"""

from functools import cache
from typing import Protocol


class EnginePrivateKey(Protocol):
    """A loaded private key. May be used by several threads at once."""

    @property
    def point(self) -> bytes: ...

    def scalar(self) -> bytes:
        """The private number, 32 octets."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature r‖s of a digest e."""
        ...


class EnginePublicKey(Protocol):
    """A loaded public key. May be used by several threads at once."""

    def verify_digest(self, rs: bytes, digest: bytes) -> bool:
        """True exactly when r‖s is a signature of the digest e."""
        ...


class Engine(Protocol):
    """An implementation of SM2."""

    @property
    def name(self) -> str:
        """A short name and version, for logs and benchmarks."""
        ...

    def generate(self) -> EnginePrivateKey: ...

    def load_private(self, scalar: bytes) -> EnginePrivateKey:
        """Raises ``MalformedInput`` unless 1 <= d <= n-2."""
        ...

    def load_public(self, point: bytes) -> EnginePublicKey:
        """Raises ``MalformedInput`` unless the 65 octets are a point of the curve."""
        ...


@cache
def select_engine() -> Engine:
    """The best engine of this machine; the same one for the life of the process.

    Raises ``EngineUnavailable`` when there is none.
    """
    from gmseal.sm.portable import PortableEngine  # noqa: PLC0415 - loads a shared library

    return PortableEngine()
