"""Many documents at once: sealed or judged on every core, in flat memory, each with its own result or error.

>>> from gmseal.batch import verify_many
>>> for result in verify_many(paths, trust):          # doctest: +SKIP
...     print(result.source, result.value.verdict if result.ok else result.failure.code)

The work is done by processes that are started afresh (``spawn``), so a script that calls these functions keeps what
it does under ``if __name__ == "__main__":``. With ``workers=0`` everything happens in the caller's process.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gmseal.batch.documents import Failure, SealTask, SigningFiles, Source
    from gmseal.batch.many import Result, seal_many, verify_many, verify_many_json

__all__ = [
    "Failure",
    "Result",
    "SealTask",
    "SigningFiles",
    "Source",
    "seal_many",
    "verify_many",
    "verify_many_json",
]

_HOMES = {
    "gmseal.batch.documents": ("Failure", "SealTask", "SigningFiles", "Source"),
    "gmseal.batch.many": ("Result", "seal_many", "verify_many", "verify_many_json"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The public name, from its own module (PEP 562): who judges one document loads no processes."""
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(module), name)
    return value
