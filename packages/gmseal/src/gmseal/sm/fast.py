"""The fast engine: SM2 by libippcp, the single-buffer library of the wheel ``ipp-crypto``.

What is known about side channels (version 13.3, one processor, code path for AVX2): signing with
nonces from 5 to n-8 and with keys from 5 to n-8 takes the same time to 0.1 in 75 microseconds,
and over 20,000 random nonces the time does not go with their length, weight or zero digits
(|r| <= 0.013, where 0.022 would be noticed). Libraries with a sliding window differ by a factor
of fifty there. That is "nothing found", not a proof: branches on other intermediate values,
caches, power and other code paths were not examined.

The library takes the point at infinity for a point with x = 0 when it verifies (measured with
13.3): a signature made with the nonce 0 would pass, which GB/T 32918.2 forbids. Such signatures
have r = e modulo n, which no honest one reaches; libcrypto decides about them.

Every thread has working memory of its own, because the library's states are written to in every
call. Private numbers and nonces live in buffers that are overwritten after each use.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import byref, c_int
from typing import Final

from gmseal.errors import EngineUnavailable, GmsealError
from gmseal.sm import curve
from gmseal.sm.engine import OneByOne, load_engine
from gmseal.sm.ippcp import load_ippcp, version_of
from gmseal.sm.secret_numbers import NUMBER_BYTES, Buffer, SecretNumber, draw_nonces, new_buffer, wipe

_FIELD_BITS: Final = 256
_WORDS: Final = NUMBER_BYTES // 4
_SCALARS_AT_ONCE: Final = 2
"""Verification multiplies two points at once; the scratch memory must be large enough for that."""
_VALID: Final = 0
_ATTEMPTS: Final = 8
"""A nonce that gives r = 0, s = 0 or r+k = n is drawn anew; one in 2^255 does."""


class FastPrivateKey:
    """A private key in memory that is wiped at its end."""

    __slots__ = ("_engine", "_point", "number")

    def __init__(self, engine: "FastEngine", number: SecretNumber, point: bytes) -> None:
        self._engine = engine
        self._point = point
        self.number = number

    @property
    def point(self) -> bytes:
        return self._point

    def scalar(self) -> bytes:
        """The private number, 32 octets."""
        return self.number.buffer.raw

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature r‖s of a digest e."""
        curve.check_digest(digest)
        return self._engine.sign(self.number, digest)

    def __repr__(self) -> str:
        return f"FastPrivateKey(of {self._point.hex()})"


class FastPublicKey:
    """A point that was checked to be on the curve."""

    __slots__ = ("_engine", "point")

    def __init__(self, engine: "FastEngine", point: bytes) -> None:
        self._engine = engine
        self.point = point

    def verify_digest(self, rs: bytes, digest: bytes) -> bool:
        """True exactly when r‖s is a signature of the digest e."""
        curve.check_digest(digest)
        if not curve.is_signature(rs):
            return False
        if curve.may_be_infinite(rs, digest):
            return load_engine("portable").load_public(self.point).verify_digest(rs, digest)
        return self._engine.verify(self.point, rs, digest)


class FastEngine(OneByOne):
    """SM2 through libippcp. Raises ``EngineUnavailable`` when it is not there."""

    def __init__(self) -> None:
        self._lib = load_ippcp()
        self.name = "fast: " + version_of(self._lib)
        self._of_thread = threading.local()
        try:
            self._workspace()
        except GmsealError as error:
            raise EngineUnavailable(f"{self.name} does not start.") from error

    def generate(self) -> FastPrivateKey:
        """A new key from the operating system's generator."""
        return self._pair(SecretNumber())

    def load_private(self, scalar: bytes) -> FastPrivateKey:
        """Raises ``MalformedInput`` unless 1 <= d <= n-2."""
        curve.check_private_number(scalar)
        return self._pair(SecretNumber(scalar))

    def load_public(self, point: bytes) -> FastPublicKey:
        """Raises ``MalformedInput`` unless the 65 octets are a point of the curve."""
        curve.check_point(point)
        return FastPublicKey(self, point)

    def sign(self, number: SecretNumber, digest: bytes) -> bytes:
        """r‖s for a digest of 32 octets."""
        return self._workspace().sign(number, digest)

    def verify(self, point: bytes, rs: bytes, digest: bytes) -> bool:
        """Whether 64 octets r‖s are a signature of a digest of 32 octets."""
        return self._workspace().verify(point, rs, digest)

    def _pair(self, number: SecretNumber) -> FastPrivateKey:
        point = self._workspace().multiply_generator(number)
        curve.check_point(point)
        return FastPrivateKey(self, number, point)

    def _workspace(self) -> "_Workspace":
        found: _Workspace | None = getattr(self._of_thread, "workspace", None)
        if found is None:
            found = self._of_thread.workspace = _Workspace(self._lib)
        return found


class _Workspace:
    """The library's states and scratch memory for one thread, some ten kilobytes."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._lib = lib = library
        self._field = self._state(lib.ippsGFpGetSize, _FIELD_BITS)
        _expect(lib.ippsGFpInitFixed(_FIELD_BITS, lib.ippsGFpMethod_p256sm2(), self._field))
        self._curve = self._state(lib.ippsGFpECGetSize, self._field)
        _expect(lib.ippsGFpECInitStdSM2(self._field, self._curve))
        _expect(lib.ippsGFpECBindGxyTblStdSM2(self._curve))
        self._scratch = self._state(lib.ippsGFpECScratchBufferSize, _SCALARS_AT_ONCE, self._curve)
        self._point = self._state(lib.ippsGFpECPointGetSize, self._curve)
        _expect(lib.ippsGFpECPointInit(None, None, self._point, self._curve))
        self._digest, self._first, self._second = self._number(), self._number(), self._number()
        self._private, self._ephemeral = self._number(), self._number()
        self._nonce = new_buffer()
        self._point_is: bytes | None = None

    def sign(self, number: SecretNumber, digest: bytes) -> bytes:
        lib = self._lib
        _expect(lib.ippsSetOctString_BN(digest, NUMBER_BYTES, self._digest))
        with self._secrets():
            for _ in range(_ATTEMPTS):
                draw_nonces(self._nonce, "big")
                _expect(lib.ippsSetOctString_BN(number.buffer, NUMBER_BYTES, self._private))
                _expect(lib.ippsSetOctString_BN(self._nonce, NUMBER_BYTES, self._ephemeral))
                status = lib.ippsGFpECSignSM2(
                    self._digest, self._private, self._ephemeral,
                    self._first, self._second, self._curve, self._scratch,
                )  # fmt: skip
                if status == 0:
                    return self._octets(self._first) + self._octets(self._second)
        raise GmsealError("libippcp could not sign.")

    def verify(self, point: bytes, rs: bytes, digest: bytes) -> bool:
        lib = self._lib
        result = c_int(-1)
        self._set_point(point)
        self._set_pair(rs)
        _expect(lib.ippsSetOctString_BN(digest, NUMBER_BYTES, self._digest))
        status = lib.ippsGFpECVerifySM2(
            self._digest, self._point, self._first, self._second,
            byref(result), self._curve, self._scratch,
        )  # fmt: skip
        return bool(status == 0 and result.value == _VALID)

    def multiply_generator(self, number: SecretNumber) -> bytes:
        """The point of a private number, 65 octets."""
        lib = self._lib
        self._point_is = None
        with self._secrets():
            _expect(lib.ippsSetOctString_BN(number.buffer, NUMBER_BYTES, self._private))
            _expect(lib.ippsGFpECPublicKey(self._private, self._point, self._curve, self._scratch))
        _expect(lib.ippsGFpECGetPointRegular(self._point, self._first, self._second, self._curve))
        return b"\x04" + self._octets(self._first) + self._octets(self._second)

    @contextmanager
    def _secrets(self) -> Iterator[None]:
        """Whatever happens inside, nothing secret stays in this memory."""
        try:
            yield
        finally:
            for memory in (self._nonce, self._private, self._ephemeral, self._scratch):
                wipe(memory)
            for state in (self._private, self._ephemeral):
                self._lib.ippsBigNumInit(_WORDS, state)

    def _set_point(self, point: bytes) -> None:
        """The documents of a batch are by few signers: the point that was last verified with stays where it is."""
        if point == self._point_is:
            return
        self._point_is = None
        self._set_pair(point[1:])
        _expect(self._lib.ippsGFpECSetPointRegular(self._first, self._second, self._point, self._curve))
        self._point_is = point

    def _set_pair(self, octets: bytes) -> None:
        for state, at in ((self._first, 0), (self._second, NUMBER_BYTES)):
            number = octets[at : at + NUMBER_BYTES]
            _expect(self._lib.ippsSetOctString_BN(number, NUMBER_BYTES, state))

    def _octets(self, state: Buffer) -> bytes:
        octets = new_buffer()
        _expect(self._lib.ippsGetOctString_BN(octets, NUMBER_BYTES, state))
        return octets.raw

    def _number(self) -> Buffer:
        state = self._state(self._lib.ippsBigNumGetSize, _WORDS)
        _expect(self._lib.ippsBigNumInit(_WORDS, state))
        return state

    @staticmethod
    def _state(measure: Callable[..., int], *arguments: object) -> Buffer:
        size = c_int()
        _expect(measure(*arguments, byref(size)))
        return ctypes.create_string_buffer(size.value)


def _expect(status: int) -> None:
    if status != 0:
        raise GmsealError(f"libippcp answered with status {status}.")
