"""Which engine is used, which is refused and why, and that keys end with the process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gmseal.errors import EngineUnavailable
from gmseal.sm import batch, ippcp
from gmseal.sm.engine import Engine, EngineState, engine_states, load_engine, prove, select_engine

GOOD_LOOKING = bytes(31) + b"\x05" + bytes(31) + b"\x07"


def test_keys_end_quietly_with_the_interpreter(engine: Engine) -> None:
    kind = engine.name.split(":")[0].split(" ")[0]
    program = "from gmseal.sm.keys import PrivateKey; key = PrivateKey.generate(); key.sign(b'm'); cycle = [key]; cycle.append(cycle)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "GMSEAL_ENGINE": "fast" if kind == "batch" else kind},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def fresh_choice() -> None:
    """The choice is made once in a process; here it is made anew."""
    select_engine.cache_clear()


@pytest.mark.usefixtures("fresh_choice")
def test_the_environment_forces_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        monkeypatch.setenv("GMSEAL_ENGINE", "portable")
        assert select_engine() is load_engine("portable")
        assert "OpenSSL" in select_engine().name
        select_engine.cache_clear()
        monkeypatch.setenv("GMSEAL_ENGINE", "quantum")
        with pytest.raises(EngineUnavailable, match=r"quantum.*portable, fast, batch"):
            select_engine()
        monkeypatch.delenv("GMSEAL_ENGINE")
        present = [state.engine for state in engine_states() if state.engine is not None]
        assert select_engine() is present[0]
        assert all(state.reason for state in engine_states() if state.engine is None)
    finally:
        select_engine.cache_clear()


@pytest.mark.usefixtures("fresh_choice")
def test_an_engine_that_is_not_there_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    load_engine.cache_clear()
    monkeypatch.setattr(ippcp, "LIBIPPCP", "libippcp.so.0")
    monkeypatch.setenv("GMSEAL_ENGINE", "fast")
    try:
        with pytest.raises(EngineUnavailable, match=r"gmseal\[fast\]"):
            select_engine()
        monkeypatch.delenv("GMSEAL_ENGINE")
        assert select_engine() is load_engine("portable")
        assert EngineState.of("fast").reason
    finally:
        select_engine.cache_clear()
        load_engine.cache_clear()


def test_an_engine_that_miscalculates_is_not_used(engine: Engine) -> None:
    class Credulous:
        """Says yes to everything."""

        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        def verify_messages(self, work: list[object]) -> list[bool]:
            return [True] * len(work)

    class Forgetful(Credulous):
        """Uses one nonce twice."""

        def sign_messages(self, work: list[object]) -> list[bytes]:
            return [GOOD_LOOKING] * len(work)

        def verify_messages(self, work: list[object]) -> list[bool]:
            return [True] * (len(work) - 1) + [False]

    prove(engine)
    for broken in (Credulous(), Forgetful()):
        with pytest.raises(EngineUnavailable, match="example"):
            prove(broken)  # type: ignore[arg-type]


def test_the_batch_engine_says_what_it_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_processor_may_do", lambda: False)
    with pytest.raises(EngineUnavailable, match="AVX-512 IFMA"):
        batch.BatchEngine()
    monkeypatch.setattr(batch, "_processor_may_do", lambda: True)
    monkeypatch.setattr(batch, "RUN_TIME", ("libsvml-of-nobody.so",))
    with pytest.raises(EngineUnavailable, match="intel-cmplr-lib-rt"):
        batch.BatchEngine()


def test_the_installed_batch_library_is_the_one_that_was_tested() -> None:
    state = EngineState.of("batch")
    if state.engine is None:
        pytest.skip(f"Only the stand-in was tested here: {state.reason}")
    assert state.engine.name.startswith("batch of 8")


def test_the_example_of_the_documentation_runs() -> None:
    text = (Path(__file__).parent.parent / "docs/cryptography.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
