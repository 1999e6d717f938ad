"""A token of SoftHSM: one for the whole run, because its library reads where its tokens are only once in a process."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PIN, LABEL = "1234", "shuangyin"
_PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")


def find_module() -> Path | None:
    """The module of SoftHSM; None when it is not installed."""
    return next((Path(place).resolve() for place in _PLACES if Path(place).exists()), None)


@contextmanager
def fresh_token(module: Path, folder: Path) -> Iterator[None]:
    """A token of its own in a folder, for this process and those that it starts."""
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        patch.setenv("SOFTHSM_MODULE", str(module))
        _ask("--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "56781234")
        yield


def import_key(pem: Path, label: str, number: str) -> None:
    """Puts a private key (PKCS#8, PEM) and its public key into the token. ``number`` is its id in hex."""
    _ask("--import", str(pem), "--token", LABEL, "--label", label, "--id", number, "--pin", PIN)


def _ask(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=60)
