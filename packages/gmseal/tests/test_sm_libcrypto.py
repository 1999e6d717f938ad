"""Finding libcrypto: by name where Python hides its own, never an old one, never another library."""

from collections.abc import Iterator

import pytest

from gmseal.errors import EngineUnavailable
from gmseal.sm import libcrypto
from gmseal.sm.portable import PortableEngine


def offer(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    def candidates() -> Iterator[str]:
        yield from paths

    monkeypatch.setattr(libcrypto, "_candidates", candidates)


def test_it_is_found_by_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = [path for path in libcrypto._candidates() if path.startswith("libcrypto")]
    offer(monkeypatch, *by_name)
    key = PortableEngine().generate()
    digest = b"e" * 32
    assert PortableEngine().load_public(key.point).verify_digest(key.sign_digest(digest), digest)


def test_libraries_that_are_missing_or_something_else_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = list(libcrypto._candidates())
    offer(monkeypatch, "libnothing-of-this-name.so.9", "libc.so.6", *found)
    assert libcrypto.load_libcrypto().OpenSSL_version_num() >= libcrypto.MINIMUM_VERSION
    offer(monkeypatch, "libnothing-of-this-name.so.9", "libc.so.6")
    with pytest.raises(EngineUnavailable, match=r"libnothing.*libc\.so\.6"):
        PortableEngine()


def test_an_old_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libcrypto, "MINIMUM_VERSION", 0xF0000000)
    with pytest.raises(EngineUnavailable, match="too old"):
        libcrypto.load_libcrypto()
