"""Many documents at once: sealed or judged on every core, in flat memory, each with its own result or error.

>>> from gmseal.batch import verify_many
>>> for result in verify_many(paths, trust):          # doctest: +SKIP
...     print(result.source, result.value.verdict if result.ok else result.failure.code)

The work is done by processes that are started afresh (``spawn``), so a script that calls these functions keeps what
it does under ``if __name__ == "__main__":``. With ``workers=0`` everything happens in the caller's process.
"""

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
