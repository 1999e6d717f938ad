"""Puts the built user interface into the wheel of the platform.

The user interface is built from `frontend/` into `src/shuangyin/web/dist`, which is never committed. A wheel
without it would serve an empty page, so that building one fails with a sentence instead. An editable
installation needs no user interface and therefore no Node; an sdist carries the built files, so that a wheel
made from it needs no Node either.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = Path("src/shuangyin/web/dist/index.html")
SOURCES = Path("../../frontend")


class UserInterfaceHook(BuildHookInterface[Any]):
    """Builds the user interface when it has not been built yet."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure of the built files; raises RuntimeError when they are missing and cannot be built."""
        root = Path(self.root)
        if version == "editable" or (root / BUILT).exists():
            return
        build_user_interface(root / SOURCES)
        if not (root / BUILT).exists():
            raise RuntimeError(f"Building the user interface succeeded, but {BUILT} was not written.")


def build_user_interface(sources: Path) -> None:
    """Install the locked packages and build; raises RuntimeError with the reason when that is impossible."""
    npm = shutil.which("npm")
    if not (sources / "package.json").exists():
        raise RuntimeError(
            f"The user interface is not built ({BUILT} is missing) and its sources are not here."
        )
    if npm is None:
        raise RuntimeError(
            "The user interface is not built and npm was not found. Run `make ui` in the project's folder, "
            "or put npm into PATH, and build the wheel again."
        )
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        try:
            subprocess.run([npm, *arguments], cwd=sources, check=True)  # noqa: S603 -- fixed arguments, no shell
        except subprocess.CalledProcessError as error:
            command = " ".join(["npm", *arguments])
            raise RuntimeError(
                f"`{command}` failed with status {error.returncode}; its output is above."
            ) from error
