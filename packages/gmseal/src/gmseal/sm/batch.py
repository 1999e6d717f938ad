"""The batch engine: eight SM2 operations at once by libcrypto_mb of the wheel ``ipp-crypto``.

It needs a processor with AVX-512 IFMA, and Intel's run-time libraries, which are under a licence
of their own: an operator may install them (``intel-cmplr-lib-rt``), this package never asks for
them. Where something is missing the engine says what, and is not used.

The library computes Z and e itself, so it takes messages and not digests. Digests, single
messages and long ones, which would hold up the seven beside them, go to the fast engine; from two
messages on, eight lanes with repetitions in the empty ones are quicker than one after the other.

The multiplication of the generator was not timed against the secret for this engine.
"""

import ctypes
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ctypes import c_char, c_char_p, c_int, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Final, TypeVar

from gmseal.errors import EngineUnavailable, GmsealError
from gmseal.sm import curve
from gmseal.sm.engine import EnginePrivateKey, EnginePublicKey, Message
from gmseal.sm.fast import FastEngine, FastPrivateKey, FastPublicKey
from gmseal.sm.ippcp import find_library
from gmseal.sm.secret_numbers import NUMBER_BYTES, Buffer, draw_nonces

LIBCRYPTO_MB: Final = "libcrypto_mb.so.13"
LANES: Final = 8
MAX_LANE_MESSAGE: Final = 16 << 10
"""Longer messages are hashed alone: hashing, not the curve, is then what takes the time."""
RUN_TIME: Final = ("libintlc.so.5", "libimf.so", "libirng.so", "libsvml.so")
"""Intel's run-time libraries, each after those it needs."""

_LANE_STATUS_BITS: Final = 4

_Octets8 = c_char_p * LANES
_Pointers8 = c_void_p * LANES
_Lengths8 = c_int * LANES
_Rows = c_char * (NUMBER_BYTES * LANES)

Work = TypeVar("Work")


class BatchEngine:
    """SM2 through libcrypto_mb. Raises ``EngineUnavailable`` with what is missing."""

    def __init__(self, library: ctypes.CDLL | None = None) -> None:
        """``library`` is used instead of what is installed, whatever processor this is."""
        self._single = FastEngine()
        self._lib = _load() if library is None else library
        _declare(self._lib)
        self.name = f"batch of {LANES}: libcrypto_mb with {self._single.name.removeprefix('fast: ')}"

    def generate(self) -> FastPrivateKey:
        """A new key from the operating system's generator."""
        return self._single.generate()

    def load_private(self, scalar: bytes) -> FastPrivateKey:
        """Raises ``MalformedInput`` unless 1 <= d <= n-2."""
        return self._single.load_private(scalar)

    def load_public(self, point: bytes) -> FastPublicKey:
        """Raises ``MalformedInput`` unless the 65 octets are a point of the curve."""
        return self._single.load_public(point)

    def sign_digests(self, work: Sequence[tuple[EnginePrivateKey, bytes]]) -> list[bytes]:
        """The signature r‖s of each digest e, one after the other."""
        return self._single.sign_digests(work)

    def verify_digests(self, work: Sequence[tuple[EnginePublicKey, bytes, bytes]]) -> list[bool]:
        """For each key, signature r‖s and digest e, what ``verify_digest`` says, one after the other."""
        return self._single.verify_digests(work)

    def sign_messages(self, work: Sequence[tuple[EnginePrivateKey, Message]]) -> list[bytes]:
        """The signature r‖s of each message, in eights."""
        signatures: list[bytes] = [b""] * len(work)
        eligible = [at for at, (_, message) in enumerate(work) if len(message.text) <= MAX_LANE_MESSAGE]
        for lanes in _lanes(eligible, [message for _, message in work]):
            for at, rs in zip(lanes, self._sign_lanes([work[at] for at in lanes]), strict=True):
                signatures[at] = rs or b""
        # What stays open: long messages, one left over, and a nonce that did not fit.
        still_open = [at for at, rs in enumerate(signatures) if not rs]
        rest = self._single.sign_messages([work[at] for at in still_open])
        for at, rs in zip(still_open, rest, strict=True):
            signatures[at] = rs
        return signatures

    def verify_messages(self, work: Sequence[tuple[EnginePublicKey, bytes, Message]]) -> list[bool]:
        """For each key, signature r‖s and message, whether the signature is good, in eights."""
        answers = [False] * len(work)
        formed = [at for at, (_, rs, _) in enumerate(work) if curve.is_signature(rs)]
        eligible = [at for at in formed if _fits_lane(*work[at][1:])]
        in_lanes: set[int] = set()
        for lanes in _lanes(eligible, [message for _, _, message in work]):
            in_lanes.update(lanes)
            for at, good in zip(lanes, self._verify_lanes([work[at] for at in lanes]), strict=True):
                answers[at] = good
        rest = [at for at in formed if at not in in_lanes]
        for at, good in zip(rest, self._single.verify_messages([work[at] for at in rest]), strict=True):
            answers[at] = good
        return answers

    def _sign_lanes(self, work: Sequence[tuple[EnginePrivateKey, Message]]) -> list[bytes | None]:
        """Two to eight signatures; None where the library refused a nonce."""
        lanes = _filled(work)
        keys = [_fast(key) for key, _ in lanes]
        r, s, nonces, numbers = _Rows(), _Rows(), _Rows(), _Rows()
        x, y = _coordinates([key.point for key in keys])
        try:
            # Every lane has a nonce of its own, also the repeated ones.
            draw_nonces(nonces, "little")
            for at, key in enumerate(keys):
                key.number.write_reversed(numbers, at * NUMBER_BYTES)
            status = self._lib.mbx_sm2_ecdsa_sign_mb8(
                _pointers(r), _pointers(s), *_messages([message for _, message in lanes]),
                _pointers(nonces), _pointers(numbers), _pointers(x), _pointers(y), None, None,
            )  # fmt: skip
        finally:
            for secret in (nonces, numbers):
                ctypes.memset(secret, 0, len(secret))
        return [
            _row(r, at) + _row(s, at) if _lane_status(status, at) == 0 else None for at in range(len(work))
        ]

    def _verify_lanes(self, work: Sequence[tuple[EnginePublicKey, bytes, Message]]) -> list[bool]:
        lanes = _filled(work)
        x, y = _coordinates([_fast_public(key).point for key, _, _ in lanes])
        status = self._lib.mbx_sm2_ecdsa_verify_mb8(
            _Octets8(*(rs[:NUMBER_BYTES] for _, rs, _ in lanes)),
            _Octets8(*(rs[NUMBER_BYTES:] for _, rs, _ in lanes)),
            *_messages([message for _, _, message in lanes]),
            _pointers(x), _pointers(y), None, None,
        )  # fmt: skip
        return [_lane_status(status, at) == 0 for at in range(len(work))]


def _load() -> ctypes.CDLL:
    path = find_library(LIBCRYPTO_MB)
    if not _processor_may_do():
        raise EngineUnavailable("The processor has no AVX-512 IFMA.")
    run_time = [find_library(name, "the package intel-cmplr-lib-rt") for name in RUN_TIME]
    try:
        for needed in run_time:
            ctypes.CDLL(str(needed), mode=ctypes.RTLD_GLOBAL)
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise EngineUnavailable(f"{path.name} does not load: {error}.") from error


def _processor_may_do() -> bool:
    """A first look, so that nobody is sent to install what his processor cannot use."""
    try:
        with Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return False
    return bool({"avx512ifma", "avx_ifma"} & set(flags.split()))


def _declare(library: ctypes.CDLL) -> None:
    texts = (_Octets8, _Lengths8, _Octets8, _Lengths8)
    try:
        library.mbx_is_crypto_mb_applicable.argtypes = (c_uint64,)
        # The two last are unused: z is left out for affine points, and there is no scratch memory.
        library.mbx_sm2_ecdsa_sign_mb8.argtypes = (
            *(_Pointers8,) * 2,
            *texts,
            *(_Pointers8,) * 4,
            c_void_p,
            c_void_p,
        )
        library.mbx_sm2_ecdsa_verify_mb8.argtypes = (
            *(_Octets8,) * 2,
            *texts,
            *(_Pointers8,) * 2,
            c_void_p,
            c_void_p,
        )
        for function in (library.mbx_sm2_ecdsa_sign_mb8, library.mbx_sm2_ecdsa_verify_mb8):
            function.restype = c_uint32
    except AttributeError as error:
        raise EngineUnavailable(f"libcrypto_mb lacks a function: {error}.") from error
    if library.mbx_is_crypto_mb_applicable(0) != 1:
        raise EngineUnavailable("The processor lacks instructions that libcrypto_mb needs.")


def _lanes(places: Sequence[int], messages: Sequence[Message]) -> Iterator[Sequence[int]]:
    """Groups of two to eight; one left over is quicker alone.

    Those of a group have texts of one length and identities of one length: version 13.3 of the library reads beyond a
    text that ends blocks before others in its eight, and the process dies of it.
    """
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at in places:
        alike[len(messages[at].user_id), len(messages[at].text)].append(at)
    for group in alike.values():
        for begin in range(0, len(group) - 1, LANES):
            if len(group) - begin > 1:
                yield group[begin : begin + LANES]


def _filled(work: Sequence[Work]) -> list[Work]:
    """Eight lanes: the empty ones repeat the first."""
    return [*work, *[work[0]] * (LANES - len(work))]


def _fits_lane(rs: bytes, message: Message) -> bool:
    """Short, and not of the kind about which libraries disagree; those take the way of single ones."""
    return len(message.text) <= MAX_LANE_MESSAGE and not curve.may_be_infinite(rs, message.digest())


def _messages(messages: Sequence[Message]) -> tuple[object, object, object, object]:
    ids, texts = [message.user_id for message in messages], [message.text for message in messages]
    return _Octets8(*ids), _Lengths8(*map(len, ids)), _Octets8(*texts), _Lengths8(*map(len, texts))


def _coordinates(points: Sequence[bytes]) -> tuple[Buffer, Buffer]:
    """All x and all y, as the library reads numbers: the least octet first."""
    xs = b"".join(point[32:0:-1] for point in points)
    ys = b"".join(point[64:32:-1] for point in points)
    return _Rows.from_buffer_copy(xs), _Rows.from_buffer_copy(ys)


def _pointers(rows: Buffer) -> object:
    begin = ctypes.addressof(rows)
    return _Pointers8(*(begin + NUMBER_BYTES * at for at in range(LANES)))


def _row(rows: Buffer, at: int) -> bytes:
    return rows.raw[NUMBER_BYTES * at : NUMBER_BYTES * (at + 1)]


def _lane_status(status: int, at: int) -> int:
    return status >> _LANE_STATUS_BITS * at & (1 << _LANE_STATUS_BITS) - 1


def _fast(key: EnginePrivateKey) -> FastPrivateKey:
    if not isinstance(key, FastPrivateKey):
        raise GmsealError("The private key was loaded by another engine.")
    return key


def _fast_public(key: EnginePublicKey) -> FastPublicKey:
    if not isinstance(key, FastPublicKey):
        raise GmsealError("The public key was loaded by another engine.")
    return key
