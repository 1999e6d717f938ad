"""The portable engine: SM2 by the system's libcrypto.

Its multiplication of a secret number takes the same time for every number (measured on x86-64),
and it is patched by the distribution. Every object here may be shared between threads: OpenSSL
counts references atomically, and each operation has a context of its own.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_size_t, c_void_p

from gmseal.errors import EngineUnavailable, GmsealError, MalformedInput
from gmseal.sm import curve
from gmseal.sm.engine import OneByOne
from gmseal.sm.libcrypto import load_libcrypto

_NID_SM2 = 1172
_UNCOMPRESSED = 4
_BN_FLG_CONSTTIME = 0x04
# EVP_PKEY_PUBLIC_KEY and EVP_PKEY_KEYPAIR of openssl/evp.h: parameters with one or both halves.
_PUBLIC_KEY = 0x86
_KEY_PAIR = 0x87
_MAX_SIGNATURE = 80
_MAX_CIPHER_OVERHEAD = 128


class _Key:
    """An ``EVP_PKEY`` that is freed with its last reference."""

    __slots__ = ("_free", "pointer")

    def __init__(self, library: ctypes.CDLL, pointer: int) -> None:
        self.pointer = pointer
        self._free = library.EVP_PKEY_free

    def __del__(self) -> None:
        self._free(self.pointer)


class PortablePrivateKey:
    """A private key inside libcrypto."""

    __slots__ = ("_engine", "_key", "_point")

    def __init__(self, engine: "PortableEngine", key: _Key, point: bytes) -> None:
        self._engine = engine
        self._key = key
        self._point = point

    @property
    def point(self) -> bytes:
        return self._point

    def scalar(self) -> bytes:
        """The private number, 32 octets."""
        return self._engine.private_number(self._key)

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature r‖s of a digest e."""
        return self._engine.sign(self._key, digest)

    def decrypt(self, ciphertext: bytes) -> bytes | None:
        """What an SM2Cipher of GM/T 0009 holds; None when it does not open."""
        return self._engine.decrypt(self._key, ciphertext)


class PortablePublicKey:
    """A public key inside libcrypto."""

    __slots__ = ("_engine", "_key")

    def __init__(self, engine: "PortableEngine", key: _Key) -> None:
        self._engine = engine
        self._key = key

    def verify_digest(self, rs: bytes, digest: bytes) -> bool:
        """True exactly when r‖s is a signature of the digest e."""
        return self._engine.verify(self._key, rs, digest)

    def encrypt(self, plain: bytes) -> bytes:
        """An SM2Cipher of GM/T 0009 in DER."""
        return self._engine.encrypt(self._key, plain)


class PortableEngine(OneByOne):
    """SM2 through libcrypto. Raises ``EngineUnavailable`` when there is none that can do it."""

    def __init__(self) -> None:
        self._lib = load_libcrypto()
        self.name = "portable: " + self._lib.OpenSSL_version(0).decode()
        try:
            self.generate()
        except GmsealError as error:
            raise EngineUnavailable(f"{self.name} cannot make SM2 keys.") from error

    def generate(self) -> PortablePrivateKey:
        """A new key from the operating system's generator, checked like an imported one."""
        lib = self._lib
        with self._context(lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)) as context:
            pointer = c_void_p()
            made = (
                lib.EVP_PKEY_keygen_init(context) == 1 and lib.EVP_PKEY_generate(context, byref(pointer)) == 1
            )
        if not made or not pointer.value:
            raise self._failure("generate a key")
        key = _Key(lib, pointer.value)
        self._check_pair(key)
        return PortablePrivateKey(self, key, self._point(key))

    def load_private(self, scalar: bytes) -> PortablePrivateKey:
        """Raises ``MalformedInput`` unless 1 <= d <= n-2.

        Signing with d = n-1 never ends in any OpenSSL; so the range is checked here before
        libcrypto sees the number, and the pair by libcrypto afterwards.
        """
        curve.check_private_number(scalar)
        number = self._lib.BN_bin2bn(scalar, 32, None)
        if not number:
            raise self._failure("hold a private key")
        try:
            self._lib.BN_set_flags(number, _BN_FLG_CONSTTIME)
            point = self._multiply_base(number)
            key = self._from_data(point, number)
        finally:
            self._lib.BN_clear_free(number)
        self._check_pair(key)
        return PortablePrivateKey(self, key, point)

    def load_public(self, point: bytes) -> PortablePublicKey:
        """Raises ``MalformedInput`` unless the 65 octets are a point of the curve."""
        curve.check_point(point)
        return PortablePublicKey(self, self._from_data(point, None))

    def sign(self, key: _Key, digest: bytes) -> bytes:
        """r‖s for a digest of 32 octets."""
        curve.check_digest(digest)
        lib = self._lib
        buffer = ctypes.create_string_buffer(_MAX_SIGNATURE)
        size = c_size_t(_MAX_SIGNATURE)
        with self._context(lib.EVP_PKEY_CTX_new(key.pointer, None)) as context:
            signed = (
                lib.EVP_PKEY_sign_init(context) == 1
                and lib.EVP_PKEY_sign(context, buffer, byref(size), digest, 32) == 1
            )
        if not signed:
            raise self._failure("sign")
        return curve.decode_signature(buffer.raw[: size.value])

    def verify(self, key: _Key, rs: bytes, digest: bytes) -> bool:
        """Only a result of exactly 1 is success: zero and negative results both mean no."""
        curve.check_digest(digest)
        lib = self._lib
        signature = curve.encode_signature(rs)
        with self._context(lib.EVP_PKEY_CTX_new(key.pointer, None)) as context:
            good = (
                lib.EVP_PKEY_verify_init(context) == 1
                and lib.EVP_PKEY_verify(context, signature, len(signature), digest, 32) == 1
            )
        if not good:
            lib.ERR_clear_error()
        return bool(good)

    def encrypt(self, key: _Key, plain: bytes) -> bytes:
        """SM2Cipher in DER, with a fresh number in every call."""
        lib = self._lib
        # A point of two INTEGERs, a digest, and tags and lengths around all.
        buffer = ctypes.create_string_buffer(len(plain) + _MAX_CIPHER_OVERHEAD)
        size = c_size_t(len(buffer))
        with self._context(lib.EVP_PKEY_CTX_new(key.pointer, None)) as context:
            made = (
                lib.EVP_PKEY_encrypt_init(context) == 1
                and lib.EVP_PKEY_encrypt(context, buffer, byref(size), plain, len(plain)) == 1
            )
        if not made:
            raise self._failure("encrypt")
        return buffer.raw[: size.value]

    def decrypt(self, key: _Key, ciphertext: bytes) -> bytes | None:
        """The plain text; None when the digest inside does not fit it."""
        lib = self._lib
        # The plain text is shorter than what holds it; the library's own estimate is not relied on.
        buffer = ctypes.create_string_buffer(len(ciphertext))
        size = c_size_t(len(ciphertext))
        try:
            with self._context(lib.EVP_PKEY_CTX_new(key.pointer, None)) as context:
                opened = (
                    lib.EVP_PKEY_decrypt_init(context) == 1
                    and lib.EVP_PKEY_decrypt(context, buffer, byref(size), ciphertext, len(ciphertext)) == 1
                )
            lib.ERR_clear_error()
            return buffer.raw[: size.value] if opened else None
        finally:
            ctypes.memset(buffer, 0, len(buffer))

    def private_number(self, key: _Key) -> bytes:
        """The private number of a pair, 32 octets."""
        number = c_void_p()
        buffer = ctypes.create_string_buffer(32)
        try:
            if (
                self._lib.EVP_PKEY_get_bn_param(key.pointer, b"priv", byref(number)) != 1
                or self._lib.BN_bn2binpad(number, buffer, 32) != 32
            ):
                raise self._failure("read a private key")
            return buffer.raw
        finally:
            self._lib.BN_clear_free(number)
            ctypes.memset(buffer, 0, 32)

    def _from_data(self, point: bytes, number: int | None) -> _Key:
        lib = self._lib
        builder = lib.OSSL_PARAM_BLD_new()
        parameters = None
        pointer = c_void_p()
        try:
            lib.OSSL_PARAM_BLD_push_utf8_string(builder, b"group", b"SM2", 0)
            lib.OSSL_PARAM_BLD_push_octet_string(builder, b"pub", point, len(point))
            if number:
                lib.OSSL_PARAM_BLD_push_BN(builder, b"priv", number)
            parameters = lib.OSSL_PARAM_BLD_to_param(builder)
            selection = _KEY_PAIR if number else _PUBLIC_KEY
            with self._context(lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)) as context:
                made = (
                    lib.EVP_PKEY_fromdata_init(context) == 1
                    and lib.EVP_PKEY_fromdata(context, byref(pointer), selection, parameters) == 1
                )
        finally:
            lib.OSSL_PARAM_free(parameters)
            lib.OSSL_PARAM_BLD_free(builder)
        if not made or not pointer.value:
            lib.ERR_clear_error()
            raise MalformedInput("The public key is not a point of the SM2 curve.")
        return _Key(lib, pointer.value)

    def _check_pair(self, key: _Key) -> None:
        with self._context(self._lib.EVP_PKEY_CTX_new(key.pointer, None)) as context:
            if self._lib.EVP_PKEY_check(context) == 1:
                return
        self._lib.ERR_clear_error()
        raise MalformedInput("The private key is not a valid SM2 key.")

    def _multiply_base(self, number: int) -> bytes:
        lib = self._lib
        buffer = ctypes.create_string_buffer(65)
        group = lib.EC_GROUP_new_by_curve_name(_NID_SM2)
        point = lib.EC_POINT_new(group) if group else None
        try:
            done = (
                point
                and lib.EC_POINT_mul(group, point, number, None, None, None) == 1
                and lib.EC_POINT_point2oct(group, point, _UNCOMPRESSED, buffer, 65, None) == 65
            )
        finally:
            lib.EC_POINT_free(point)
            lib.EC_GROUP_free(group)
        if not done:
            raise self._failure("derive a public key")
        return buffer.raw

    def _point(self, key: _Key) -> bytes:
        buffer = ctypes.create_string_buffer(65)
        size = c_size_t()
        read = self._lib.EVP_PKEY_get_octet_string_param(key.pointer, b"pub", buffer, 65, byref(size))
        if read != 1 or size.value != 65 or buffer.raw[0] != _UNCOMPRESSED:
            raise self._failure("read a public key")
        return buffer.raw

    @contextmanager
    def _context(self, context: int | None) -> Iterator[int]:
        if not context:
            raise self._failure("start")
        try:
            yield context
        finally:
            self._lib.EVP_PKEY_CTX_free(context)

    def _failure(self, act: str) -> GmsealError:
        self._lib.ERR_clear_error()
        return GmsealError(f"libcrypto could not {act}.")
