"""SM2 signatures and verifications per second, of every engine that is present on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.timing import cpu_ms
from gmseal.sm.engine import Engine, Message, engine_states, select_engine
from gmseal.sm.keys import DEFAULT_ID, PublicKey

TEXT = b"\x5a" * 200
AT_ONCE = 64


def run() -> list[dict[str, Any]]:
    """One row per engine and operation; the ratio is to the portable engine in the same run."""
    chosen = select_engine()
    engines = {state.kind: state.engine for state in engine_states() if state.engine is not None}
    operations: dict[str, dict[str, Callable[[], object]]] = {}
    for kind, engine in engines.items():
        for operation, act in _operations(engine).items():
            operations.setdefault(operation, {})[kind] = act
    rows: list[dict[str, Any]] = []
    for operation, contenders in operations.items():
        many = operation.endswith("many")
        seen = cpu_ms(contenders, rounds=7, calls=4 if many else 200)
        best = {kind: values["best"] / (AT_ONCE if many else 1) for kind, values in seen.items()}
        rows += [
            {
                "engine": engines[kind].name,
                "chosen": engines[kind] is chosen,
                "operation": operation,
                "cpu_ms_best": round(milliseconds, 4),
                "per_second_and_core": round(1000 / milliseconds),
                "ratio_to_portable": round(best["portable"] / milliseconds, 2),
            }
            for kind, milliseconds in best.items()
        ]
    return rows


def _operations(engine: Engine) -> dict[str, Callable[[], object]]:
    private = engine.generate()
    public = engine.load_public(private.point)
    message = Message(TEXT, DEFAULT_ID, PublicKey(private.point).z())
    rs = private.sign_digest(message.digest())
    to_sign, to_verify = [(private, message)] * AT_ONCE, [(public, rs, message)] * AT_ONCE
    return {
        "sign": lambda: private.sign_digest(message.digest()),
        "verify": lambda: public.verify_digest(rs, message.digest()),
        "sign many": lambda: engine.sign_messages(to_sign),
        "verify many": lambda: engine.verify_messages(to_verify),
    }
