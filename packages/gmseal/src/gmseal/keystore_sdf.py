"""Keys in a cryptographic device with the interface SDF of GM/T 0018.

The device makes and numbers its keys with the maker's own tools; here they are named, exported
(their public half) and used. Every use asks for the right to the private key with its password
and gives it back. Sessions are kept and used by one thread at a time.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_ubyte, c_uint, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gmseal.errors import DeviceFailure, GmsealError, MalformedInput, NotFound, Refused
from gmseal.keystore_device import DeviceSigner
from gmseal.sm import curve
from gmseal.sm.keys import PublicKey

_FIELD: Final = 64
"""ECCref_MAX_LEN: numbers stand at the right of fields of 512 bits (GM/T 0018, 5.3)."""
_UNUSED: Final = bytes(_FIELD - 32)

_BASE: Final = 0x01000000
_VERIFICATION_FAILED: Final = _BASE + 0x0E
# GM/T 0018, annex A.
_LOST: Final = {
    _BASE + 0x03: "communication failed (SDR_COMMFAIL)",
    _BASE + 0x04: "the module does not answer (SDR_HARDFAIL)",
    _BASE + 0x05: "it cannot be opened (SDR_OPENDEVICE)",
    _BASE + 0x06: "no session can be opened (SDR_OPENSESSION)",
}
_REFUSALS: Final = {
    _BASE + 0x02: ("NOT_SUPPORTED", "The device does not offer this function (SDR_NOTSUPPORT)."),
    _BASE + 0x07: ("KEY_ACCESS", "The device denies the use of the private key (SDR_PARDENY)."),
    _BASE + 0x09: ("NOT_SUPPORTED", "The device does not offer SM2 (SDR_ALGNOTSUPPORT)."),
    _BASE + 0x0A: ("NOT_SUPPORTED", "The device does not offer this mode (SDR_ALGMODNOTSUPPORT)."),
    _BASE + 0x14: ("KEY_TYPE", "The key at this number is of another kind (SDR_KEYTYPEERR)."),
}
# Some devices answer KEYERR where the standard has KEYNOTEXIST.
_MISSING: Final = (_BASE + 0x08, _BASE + 0x15)


class _PublicKeyBlob(Structure):
    """ECCrefPublicKey."""

    _fields_ = (("bits", c_uint), ("x", c_ubyte * _FIELD), ("y", c_ubyte * _FIELD))


class _SignatureBlob(Structure):
    """ECCSignature."""

    _fields_ = (("r", c_ubyte * _FIELD), ("s", c_ubyte * _FIELD))


_PROTOTYPES: Final[dict[str, tuple[object, ...]]] = {
    "SDF_OpenDevice": (POINTER(c_void_p),),
    "SDF_CloseDevice": (c_void_p,),
    "SDF_OpenSession": (c_void_p, POINTER(c_void_p)),
    "SDF_CloseSession": (c_void_p,),
    "SDF_GetPrivateKeyAccessRight": (c_void_p, c_uint, c_char_p, c_uint),
    "SDF_ReleasePrivateKeyAccessRight": (c_void_p, c_uint),
    "SDF_ExportSignPublicKey_ECC": (c_void_p, c_uint, POINTER(_PublicKeyBlob)),
    "SDF_InternalSign_ECC": (c_void_p, c_uint, c_char_p, c_uint, POINTER(_SignatureBlob)),
    "SDF_InternalVerify_ECC": (c_void_p, c_uint, c_char_p, c_uint, POINTER(_SignatureBlob)),
}


@dataclass(frozen=True, slots=True)
class SdfKey:
    """Where a key is inside the device, and what opens it."""

    index: int
    password: bytes = field(repr=False)


@dataclass(slots=True)
class _Connection:
    """An open device with the sessions nobody uses at the moment."""

    handle: int
    idle: list[int] = field(default_factory=list)
    users: int = 0
    retired: bool = False
    closed: bool = False


class SdfDevice:
    """An open device. May be shared between threads; opened when first used, and anew after a loss."""

    def __init__(self, library: Path) -> None:
        """``library`` is the maker's shared library. Raises ``DeviceFailure`` (DEVICE_LIBRARY)."""
        try:
            self._lib = ctypes.CDLL(str(library))
            for name, arguments in _PROTOTYPES.items():
                function = getattr(self._lib, name)
                function.restype, function.argtypes = c_int, arguments
        except (OSError, AttributeError) as error:
            raise DeviceFailure("DEVICE_LIBRARY", f"{library.name} is no library of SDF: {error}.") from error
        self._lock = threading.Lock()
        self._connection: _Connection | None = None

    def public_point(self, index: int) -> bytes:
        """The public half of the signing key at ``index``, 65 octets."""
        blob = _PublicKeyBlob()
        with self._session() as session:
            self._expect("SDF_ExportSignPublicKey_ECC", session, index, byref(blob))
        x, y = bytes(blob.x), bytes(blob.y)
        if blob.bits != 256 or not x.startswith(_UNUSED) or not y.startswith(_UNUSED):
            raise Refused("KEY_TYPE", f"The key at number {index} is not an SM2 key of 256 bits.")
        return b"\x04" + x[32:] + y[32:]

    def sign(self, key: SdfKey, digest: bytes) -> bytes:
        """r‖s of a digest e; not verified yet."""
        blob = _SignatureBlob()
        with self._session() as session, self._right(session, key):
            self._expect("SDF_InternalSign_ECC", session, key.index, digest, len(digest), byref(blob))
        r, s = bytes(blob.r), bytes(blob.s)
        if not r.startswith(_UNUSED) or not s.startswith(_UNUSED):
            return b""
        return r[32:] + s[32:]

    def verify(self, index: int, rs: bytes, digest: bytes) -> bool:
        """What the device itself says of a signature by its key."""
        blob = _SignatureBlob()
        blob.r[32:], blob.s[32:] = list(rs[:32]), list(rs[32:])
        with self._session() as session:
            status = self._call("SDF_InternalVerify_ECC", session, index, digest, len(digest), byref(blob))
            if status not in {0, _VERIFICATION_FAILED}:
                raise _failure(status)
        return status == 0

    def close(self) -> None:
        """Close the device as soon as nobody uses it; a later use opens it again."""
        with self._lock:
            connection = self._connection
        if connection is not None:
            self._retire(connection)

    @contextmanager
    def _right(self, session: int, key: SdfKey) -> Iterator[None]:
        password = key.password
        self._expect("SDF_GetPrivateKeyAccessRight", session, key.index, password, len(password))
        try:
            yield
        finally:
            self._call("SDF_ReleasePrivateKeyAccessRight", session, key.index)

    @contextmanager
    def _session(self) -> Iterator[int]:
        """A session for one thread, to be used again unless the device was lost meanwhile."""
        connection = self._connect()
        session = self._idle_session(connection)
        try:
            if session is None:
                session = self._open("SDF_OpenSession", connection.handle)
            yield session
        except DeviceFailure as error:
            if error.reason == "DEVICE_LOST":
                self._retire(connection)
            raise
        finally:
            self._give_back(connection, session)

    def _connect(self) -> "_Connection":
        with self._lock:
            if self._connection is None:
                self._connection = _Connection(self._open("SDF_OpenDevice"))
            self._connection.users += 1
            return self._connection

    def _idle_session(self, connection: "_Connection") -> int | None:
        with self._lock:
            return connection.idle.pop() if connection.idle else None

    def _give_back(self, connection: "_Connection", session: int | None) -> None:
        with self._lock:
            connection.users -= 1
            if session is not None:
                connection.idle.append(session)
        self._close_when_unused(connection)

    def _retire(self, connection: "_Connection") -> None:
        """Nobody begins to use this connection any more."""
        with self._lock:
            connection.retired = True
            if self._connection is connection:
                self._connection = None
        self._close_when_unused(connection)

    def _close_when_unused(self, connection: "_Connection") -> None:
        """First the sessions, then the device, once: makers' libraries free memory in between."""
        with self._lock:
            if not connection.retired or connection.users or connection.closed:
                return
            connection.closed = True
        for session in connection.idle:
            self._call("SDF_CloseSession", session)
        self._call("SDF_CloseDevice", connection.handle)

    def _open(self, function: str, *arguments: object) -> int:
        handle = c_void_p()
        self._expect(function, *arguments, byref(handle))
        if not handle.value:
            raise DeviceFailure("DEVICE_ERROR", f"The device answered {function} without a handle.")
        return handle.value

    def _expect(self, function: str, *arguments: object) -> None:
        status = self._call(function, *arguments)
        if status != 0:
            raise _failure(status)

    def _call(self, function: str, *arguments: object) -> int:
        act: Callable[..., int] = getattr(self._lib, function)
        return act(*arguments) & 0xFFFFFFFF


class SdfKeyStore:
    """The keys of a device under names of ours. May be shared between threads."""

    def __init__(self, device: SdfDevice, keys: Mapping[str, SdfKey]) -> None:
        """``keys`` says which number in the device each key id stands for."""
        self._device = device
        self._keys = dict(keys)
        self._signers: dict[str, DeviceSigner] = {}

    def generate(self, key_id: str) -> PublicKey:
        """Always ``Refused`` (KEY_MADE_IN_DEVICE): GM/T 0018 leaves making keys to the maker's tools."""
        raise Refused(
            "KEY_MADE_IN_DEVICE",
            f"The key {key_id[:128]} is made with the device's own tool and then named here.",
        )

    def signer(self, key_id: str) -> DeviceSigner:
        """Raises ``NotFound`` for an unknown id or number, ``DeviceFailure`` and ``Refused``."""
        known = self._signers.get(key_id)
        if known is not None:
            return known
        key = self._keys.get(key_id)
        if key is None:
            raise NotFound(f"There is no key {key_id[:128]}.")
        try:
            public_key = PublicKey(self._device.public_point(key.index))
        except MalformedInput as error:
            raise DeviceFailure(
                "DEVICE_ERROR", f"The device's key {key.index} is no SM2 key: {error}"
            ) from error
        signer = DeviceSigner(public_key, lambda digest: self._device.sign(key, digest))
        self._signers[key_id] = signer
        return signer

    def forget(self, key_id: str) -> None:
        """Drop what is held in memory of a key; the device keeps it."""
        self._signers.pop(key_id, None)

    def prove(self, key_id: str) -> None:
        """Sign and verify, in the device and outside, before a key is taken into use.

        Raises ``DeviceFailure`` when device and library do not agree.
        """
        signer, key = self.signer(key_id), self._keys[key_id]
        digest = signer.public_key.digest(b"gmseal: proof of an SDF device")
        rs = curve.decode_signature(signer.sign_digest(digest))
        wrong = digest[:-1] + bytes((digest[-1] ^ 1,))
        if not self._device.verify(key.index, rs, digest) or self._device.verify(key.index, rs, wrong):
            raise DeviceFailure("DEVICE_ERROR", "The device does not judge its own signatures rightly.")


def _failure(status: int) -> GmsealError:
    """What a return code means here; never anything of a password or a key."""
    if status in _LOST:
        return DeviceFailure("DEVICE_LOST", f"The device is lost: {_LOST[status]}.")
    if status in _MISSING:
        return NotFound("The device has no key at this number.")
    if status in _REFUSALS:
        return Refused(*_REFUSALS[status])
    return DeviceFailure("DEVICE_ERROR", f"The device failed with code {status:08X} (GM/T 0018, annex A).")
