"""SM2 signatures and verifications per second of the engine that this machine chose."""

from __future__ import annotations

from typing import Any

from benchmarks.timing import cpu_ms
from gmseal.sm.engine import select_engine
from gmseal.sm.keys import PrivateKey

MESSAGE = b"\x5a" * 1024


def run() -> list[dict[str, Any]]:
    """One row for signing and one for verifying a message of 1 KiB."""
    key = PrivateKey.generate()
    public = key.public_key
    signature = key.sign(MESSAGE)
    seen = cpu_ms(
        {"sign": lambda: key.sign(MESSAGE), "verify": lambda: public.verify(signature, MESSAGE)},
        rounds=7,
        calls=200,
    )
    return [
        {
            "engine": select_engine().name,
            "operation": name,
            "cpu_ms_best": round(values["best"], 4),
            "cpu_ms_median": round(values["median"], 4),
            "per_second_and_core": round(1000 / values["best"]),
        }
        for name, values in seen.items()
    ]
