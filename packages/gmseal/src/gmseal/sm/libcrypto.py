"""Finding the system's libcrypto (OpenSSL 3 or later) and declaring what we call in it.

``ctypes`` needs no compiler, gives up the interpreter lock during a call, is as fast here as any
other binding, and costs a few milliseconds at start where parsing C declarations costs a hundred.
"""

import ctypes
import ctypes.util
import importlib
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_ulong, c_void_p

from gmseal.errors import EngineUnavailable

MINIMUM_VERSION = 0x30000000
"""OpenSSL 3.0: before it SM2 keys had to be switched by hand and the ID could not be set safely."""

_SIZE_P = POINTER(c_size_t)
_VOID_PP = POINTER(c_void_p)

_PROTOTYPES: dict[str, tuple[object, tuple[object, ...]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "OpenSSL_version": (c_char_p, (c_int,)),
    "ERR_clear_error": (None, ()),
    "BN_new": (c_void_p, ()),
    "BN_bin2bn": (c_void_p, (c_char_p, c_int, c_void_p)),
    "BN_bn2binpad": (c_int, (c_void_p, c_char_p, c_int)),
    "BN_clear_free": (None, (c_void_p,)),
    "BN_set_flags": (None, (c_void_p, c_int)),
    "EC_GROUP_new_by_curve_name": (c_void_p, (c_int,)),
    "EC_GROUP_free": (None, (c_void_p,)),
    "EC_POINT_new": (c_void_p, (c_void_p,)),
    "EC_POINT_free": (None, (c_void_p,)),
    "EC_POINT_mul": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EC_POINT_point2oct": (c_size_t, (c_void_p, c_void_p, c_int, c_char_p, c_size_t, c_void_p)),
    "OSSL_PARAM_BLD_new": (c_void_p, ()),
    "OSSL_PARAM_BLD_free": (None, (c_void_p,)),
    "OSSL_PARAM_BLD_push_utf8_string": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t)),
    "OSSL_PARAM_BLD_push_octet_string": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t)),
    "OSSL_PARAM_BLD_push_BN": (c_int, (c_void_p, c_char_p, c_void_p)),
    "OSSL_PARAM_BLD_to_param": (c_void_p, (c_void_p,)),
    "OSSL_PARAM_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_keygen_init": (c_int, (c_void_p,)),
    "EVP_PKEY_generate": (c_int, (c_void_p, _VOID_PP)),
    "EVP_PKEY_fromdata_init": (c_int, (c_void_p,)),
    "EVP_PKEY_fromdata": (c_int, (c_void_p, _VOID_PP, c_int, c_void_p)),
    "EVP_PKEY_check": (c_int, (c_void_p,)),
    "EVP_PKEY_get_bn_param": (c_int, (c_void_p, c_char_p, _VOID_PP)),
    "EVP_PKEY_get_octet_string_param": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t, _SIZE_P)),
    "EVP_PKEY_sign_init": (c_int, (c_void_p,)),
    "EVP_PKEY_sign": (c_int, (c_void_p, c_char_p, _SIZE_P, c_char_p, c_size_t)),
    "EVP_PKEY_encrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_encrypt": (c_int, (c_void_p, c_char_p, _SIZE_P, c_char_p, c_size_t)),
    "EVP_PKEY_decrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_decrypt": (c_int, (c_void_p, c_char_p, _SIZE_P, c_char_p, c_size_t)),
    "EVP_PKEY_verify_init": (c_int, (c_void_p,)),
    "EVP_PKEY_verify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
}


def load_libcrypto() -> ctypes.CDLL:
    """The first libcrypto of version 3 or later that has everything we call.

    Raises ``EngineUnavailable`` with the list of what was tried.
    """
    tried: list[str] = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
            _declare(library)
        except (OSError, AttributeError) as error:
            tried.append(f"{path}: {error}")
            continue
        if library.OpenSSL_version_num() >= MINIMUM_VERSION:
            return library
        tried.append(f"{path}: {library.OpenSSL_version(0).decode()} is too old")
    raise EngineUnavailable("No libcrypto of OpenSSL 3 or later was found: " + "; ".join(tried))


def _candidates() -> Iterator[str]:
    """Where libcrypto may be, best first.

    Python's own extension modules come first: what they are linked to is loaded already and is
    patched with the system. A Python that carries OpenSSL inside itself hides the symbols, so
    the system's library is asked for by name as well.
    """
    for module_name in ("_hashlib", "_ssl"):
        try:
            path = getattr(importlib.import_module(module_name), "__file__", None)
        except ImportError:
            continue
        if path:
            yield path
    yield from ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
    found = ctypes.util.find_library("crypto")
    if found:
        yield found


def _declare(library: ctypes.CDLL) -> None:
    for name, (result, arguments) in _PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
