"""Finding the libraries of the wheel ``ipp-crypto`` and declaring what we call in libippcp.

The wheel puts plain shared libraries into ``lib`` of the environment and no Python module at all.
Only those files are loaded, never what the system's search path may offer under the same name.
"""

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterator
from ctypes import POINTER, Structure, c_char, c_char_p, c_int, c_void_p
from pathlib import Path

from gmseal.errors import EngineUnavailable

LIBIPPCP = "libippcp.so.13"
"""The name with the version of the binary interface that is declared here."""

_SIZE_P = POINTER(c_int)


class _Version(Structure):
    """IppLibraryVersion; ``cryptoGetLibVersion`` has another form in every edition."""

    _fields_ = (
        ("major", c_int),
        ("minor", c_int),
        ("major_build", c_int),
        ("build", c_int),
        ("processor", c_char * 4),
        ("name", c_char_p),
        ("version", c_char_p),
        ("built", c_char_p),
    )


# Every function answers with a status that is 0 on success, except where another type is given.
_PROTOTYPES: dict[str, tuple[object, ...]] = {
    "ippsBigNumGetSize": (c_int, _SIZE_P),
    "ippsBigNumInit": (c_int, c_void_p),
    "ippsSetOctString_BN": (c_void_p, c_int, c_void_p),
    "ippsGetOctString_BN": (c_void_p, c_int, c_void_p),
    "ippsGFpGetSize": (c_int, _SIZE_P),
    "ippsGFpInitFixed": (c_int, c_void_p, c_void_p),
    "ippsGFpECGetSize": (c_void_p, _SIZE_P),
    "ippsGFpECInitStdSM2": (c_void_p, c_void_p),
    "ippsGFpECBindGxyTblStdSM2": (c_void_p,),
    "ippsGFpECScratchBufferSize": (c_int, c_void_p, _SIZE_P),
    "ippsGFpECPointGetSize": (c_void_p, _SIZE_P),
    "ippsGFpECPointInit": (c_void_p, c_void_p, c_void_p, c_void_p),
    "ippsGFpECSetPointRegular": (c_void_p, c_void_p, c_void_p, c_void_p),
    "ippsGFpECGetPointRegular": (c_void_p, c_void_p, c_void_p, c_void_p),
    "ippsGFpECPublicKey": (c_void_p, c_void_p, c_void_p, c_void_p),
    "ippsGFpECSignSM2": (c_void_p,) * 7,
    "ippsGFpECVerifySM2": (c_void_p, c_void_p, c_void_p, c_void_p, _SIZE_P, c_void_p, c_void_p),
}


def load_ippcp() -> ctypes.CDLL:
    """libippcp with everything we call. Raises ``EngineUnavailable`` with the reason."""
    path = find_library(LIBIPPCP)
    try:
        library = ctypes.CDLL(str(path))
        for name, arguments in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = c_int, arguments
        library.ippsGFpMethod_p256sm2.restype = c_void_p
        library.ippcpGetLibVersion.restype = POINTER(_Version)
    except (OSError, AttributeError) as error:
        raise EngineUnavailable(f"{path.name} does not load: {error}.") from error
    return library


def version_of(library: ctypes.CDLL) -> str:
    """Version, and the kind of processor the library chose its code for."""
    version = library.ippcpGetLibVersion().contents
    name: bytes = version.name
    return f"{name.decode()} {version.version.decode()}"


def find_library(name: str, comes_with: str = "the extra gmseal[fast]") -> Path:
    """Where a wheel put a shared library. Raises ``EngineUnavailable`` when it is not there."""
    if sys.platform != "linux":
        raise EngineUnavailable("This engine exists for Linux only.")
    for folder in _folders():
        path = folder / name
        if path.is_file():
            return path
    raise EngineUnavailable(f"{name} is not installed; it comes with {comes_with}.")


def _folders() -> Iterator[Path]:
    """The ``lib`` of the environment, then that of the user; as pip installs data files."""
    yield Path(sysconfig.get_path("data")) / "lib"
    user = os.environ.get("PYTHONUSERBASE") or Path("~/.local").expanduser()
    if sys.flags.no_user_site == 0 and sys.prefix == sys.base_prefix:
        yield Path(user) / "lib"
