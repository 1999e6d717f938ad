"""What an implementation of SM2 must offer, and which one is used.

Above this interface nothing knows whether a number is multiplied by OpenSSL, by another library
or by a device. Digests ``e`` are 32 octets, signatures the 64 octets r‖s, points 65 octets.

There are three engines. ``portable`` is the system's libcrypto and is always there; ``fast`` is
libippcp of the wheel ``ipp-crypto`` (extra ``gmseal[fast]``); ``batch`` is libcrypto_mb of the
same wheel, which takes eight messages at once, on processors with AVX-512 IFMA. The best one
present is used, unless the environment variable ``GMSEAL_ENGINE`` names one.
"""

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple, Protocol, Self, cast

from gmseal.errors import EngineUnavailable
from gmseal.sm import curve
from gmseal.sm.running_hash import running_hash

ENGINE_VARIABLE: Final = "GMSEAL_ENGINE"
"""The environment variable that forces an engine; read once in the life of a process."""

_ENGINES: Final = {
    "batch": ("gmseal.sm.batch", "BatchEngine"),
    "fast": ("gmseal.sm.fast", "FastEngine"),
    "portable": ("gmseal.sm.portable", "PortableEngine"),
}
"""Best first. The modules are imported when they are tried: each loads a shared library."""


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


class Message(NamedTuple):
    """What is signed, before it is hashed: an engine may hash several messages at once."""

    text: bytes
    user_id: bytes
    z: bytes
    """Z of the signer's key and ``user_id`` (GB/T 32918.2, 5.5)."""

    def digest(self) -> bytes:
        """e = SM3(Z‖text)."""
        hashed = running_hash("sm3")
        hashed.update(self.z)
        hashed.update(self.text)
        return hashed.digest()


class Engine(Protocol):
    """An implementation of SM2. May be used by several threads at once.

    Keys given to an engine were loaded by the same engine.
    """

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

    def sign_digests(self, work: Sequence[tuple[EnginePrivateKey, bytes]]) -> list[bytes]:
        """The signature r‖s of each digest e, by its own key."""
        ...

    def verify_digests(self, work: Sequence[tuple[EnginePublicKey, bytes, bytes]]) -> list[bool]:
        """For each key, signature r‖s and digest e, what ``verify_digest`` says."""
        ...

    def sign_messages(self, work: Sequence[tuple[EnginePrivateKey, Message]]) -> list[bytes]:
        """The signature r‖s of each message, by its own key."""
        ...

    def verify_messages(self, work: Sequence[tuple[EnginePublicKey, bytes, Message]]) -> list[bool]:
        """For each key, signature r‖s and message, whether the signature is good."""
        ...


class OneByOne:
    """Many at once for an engine that does one at a time."""

    def sign_digests(self, work: Sequence[tuple[EnginePrivateKey, bytes]]) -> list[bytes]:
        """The signature r‖s of each digest e, by its own key."""
        return [key.sign_digest(digest) for key, digest in work]

    def verify_digests(self, work: Sequence[tuple[EnginePublicKey, bytes, bytes]]) -> list[bool]:
        """For each key, signature r‖s and digest e, what ``verify_digest`` says."""
        return [key.verify_digest(rs, digest) for key, rs, digest in work]

    def sign_messages(self, work: Sequence[tuple[EnginePrivateKey, Message]]) -> list[bytes]:
        """The signature r‖s of each message, by its own key."""
        return [key.sign_digest(message.digest()) for key, message in work]

    def verify_messages(self, work: Sequence[tuple[EnginePublicKey, bytes, Message]]) -> list[bool]:
        """For each key, signature r‖s and message, whether the signature is good."""
        return [key.verify_digest(rs, message.digest()) for key, rs, message in work]


@dataclass(frozen=True, slots=True)
class EngineState:
    """An engine on this machine: there, or why it is not."""

    kind: str
    engine: Engine | None
    reason: str | None

    @classmethod
    def of(cls, kind: str) -> Self:
        """Try one of the engines by its short name."""
        try:
            return cls(kind, load_engine(kind), None)
        except EngineUnavailable as error:
            return cls(kind, None, str(error))


@cache
def load_engine(kind: str) -> Engine:
    """The engine ``portable``, ``fast`` or ``batch``, which has passed its own test.

    Raises ``EngineUnavailable`` with the reason.
    """
    try:
        module, name = _ENGINES[kind]
    except KeyError as error:
        known = ", ".join(reversed(_ENGINES))
        raise EngineUnavailable(f"There is no engine {kind[:40]!r}; there are {known}.") from error
    engine = cast("Engine", getattr(importlib.import_module(module), name)())
    prove(engine)
    return engine


def engine_states() -> list[EngineState]:
    """Every engine that exists, best first, and whether it can be used here."""
    return [EngineState.of(kind) for kind in _ENGINES]


@cache
def select_engine() -> Engine:
    """The best engine of this machine; the same one for the life of the process.

    Raises ``EngineUnavailable`` when there is none, or not the one that ``GMSEAL_ENGINE`` names.
    """
    wanted = os.environ.get(ENGINE_VARIABLE, "").strip()
    if wanted:
        return load_engine(wanted)
    reasons: list[str] = []
    for kind in _ENGINES:
        state = EngineState.of(kind)
        if state.engine is not None:
            return state.engine
        reasons.append(f"{kind}: {state.reason}")
    raise EngineUnavailable("No implementation of SM2 works here. " + " ".join(reasons))


# GM/T 0003.5-2012, appendix A.2: the signature example on the recommended curve.
_EXAMPLE_SCALAR: Final = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_EXAMPLE_POINT: Final = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_EXAMPLE_MESSAGE: Final = Message(
    b"message digest",
    b"1234567812345678",
    bytes.fromhex("B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"),
)
_EXAMPLE_E: Final = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
_EXAMPLE_RS: Final = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)


def prove(engine: Engine) -> None:
    """Let an engine do the standard's example before anything depends on it; about a millisecond.

    Raises ``EngineUnavailable`` when it gets one thing wrong: a library of another version, or a
    processor it does not fit, must show here and not in somebody's seal.
    """
    private, public = engine.load_private(_EXAMPLE_SCALAR), engine.load_public(_EXAMPLE_POINT)
    wrong = _EXAMPLE_RS[:-1] + bytes((_EXAMPLE_RS[-1] ^ 1,))
    # Two of each, so that an engine that works in groups uses them.
    made = engine.sign_messages([(private, _EXAMPLE_MESSAGE)] * 2)
    answers = engine.verify_messages([(public, rs, _EXAMPLE_MESSAGE) for rs in (*made, _EXAMPLE_RS, wrong)])
    if (
        private.point != _EXAMPLE_POINT
        or made[0][:32] == made[1][:32]
        or answers != [True, True, True, False]
        or not public.verify_digest(private.sign_digest(_EXAMPLE_E), _EXAMPLE_E)
        or public.verify_digest(wrong, _EXAMPLE_E)
        or not curve.is_signature(made[0])
    ):
        raise EngineUnavailable(f"{engine.name} gets the standard's example wrong.")
