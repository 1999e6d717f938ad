"""Build the wheels, look into them, and try them in an empty environment without Node.

    python scripts/check_wheel.py --output dist

1. Every package of the workspace becomes a wheel.
2. The platform's wheel holds the user interface, its fonts and tables for Chinese PDFs, and the migrations;
   no wheel holds source maps, settings, databases, keys or tests.
3. The wheels and the locked run-time packages install into a new environment.
4. Every command answers `--help` there, and the platform serves its health and its first page, with nothing but
   that environment in PATH.
5. The wheel of gmseal alone, with nothing but what it asks for and without the platform, makes keys, certificates and
   a seal, seals a PDF and an OFD, finds both good, and finds the PDF with one byte changed not good.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
"""Far more than a start takes on an idle machine: the first one compiles every module, beside other checks."""
COMMANDS = ("gmseal", "evidencelog", "shuangyin")
USER_INTERFACE = "shuangyin/web/dist"
REQUIRED = {
    "gmseal": [r"gmseal/py\.typed"],
    "evidencelog": [r"evidencelog/py\.typed"],
    "sealdevice": [r"sealdevice/py\.typed"],
    "shuangyin": [
        r"shuangyin/py\.typed",
        r"shuangyin/migrations/versions/\w+\.py",
        rf"{USER_INTERFACE}/index\.html",
        rf"{USER_INTERFACE}/assets/[\w.-]+-[\w-]{{8}}\.js",
        rf"{USER_INTERFACE}/.*cmaps/.*\.bcmap",
    ],
}
UNWANTED = re.compile(r"(\.map|\.env|\.sqlite3?(-\w+)?|\.pem|\.key|\.tsx?|/test_\w+\.py|/conftest\.py)$")


PLATFORM = ("shuangyin", "evidencelog", "sealdevice", "fastapi", "sqlalchemy")
"""What is not there where gmseal is installed alone."""
NAME = "北京示例科技有限公司"


class WheelProblem(Exception):
    """A wheel that must not be given to anybody; the text says why."""


def build(package: Path, output: Path) -> Path:
    """Build the wheel of one package."""
    before = set(output.glob("*.whl"))
    for old in before:
        if old.name.startswith(f"{package.name}-"):
            old.unlink()
    run(
        [str(Path(sys.executable).parent / "hatchling"), "build", "-t", "wheel", "-d", str(output)],
        cwd=package,
    )
    return next(path for path in output.glob(f"{package.name}-*.whl"))


def run(command: list[str], *, cwd: Path = ROOT, path: str | None = None, status: int = 0) -> None:
    """Run a command quietly; WheelProblem with its output when it ends with another status."""
    environment = {**os.environ, "PATH": path} if path else dict(os.environ)
    done = subprocess.run(  # noqa: S603 -- our own commands, no shell
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != status:
        raise WheelProblem(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def check_contents(wheel: Path, name: str) -> None:
    """What must be in a wheel is in it, and nothing else is."""
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    for pattern in REQUIRED.get(name, []):
        if not any(re.fullmatch(pattern, file) for file in files):
            raise WheelProblem(f"{wheel.name} holds no file like {pattern}.")
    if unwanted := [file for file in files if UNWANTED.search(file)]:
        raise WheelProblem(f"{wheel.name} holds files that do not belong there: {', '.join(unwanted)}")


def install(wheels: list[Path], environment: Path) -> None:
    """Install the locked run-time packages and the wheels into a new environment."""
    uv = str(Path(sys.executable).parent / "uv")
    python = str(environment / "bin/python")
    run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)])
    run([uv, "pip", "install", "--python", python, "--require-hashes", "-r", "requirements/runtime.txt"])
    run([uv, "pip", "install", "--python", python, "--no-deps", *map(str, wheels)])
    run([uv, "pip", "check", "--python", python])


def install_alone(wheel: Path, environment: Path) -> None:
    """Install one wheel and what it asks for, in the locked versions, into a new environment."""
    uv = str(Path(sys.executable).parent / "uv")
    python = str(environment / "bin/python")
    run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)])
    run([uv, "pip", "install", "--python", python, "--constraint", "requirements/runtime.txt", str(wheel)])
    absent = f"import importlib.util as u, sys; sys.exit(any(map(u.find_spec, {PLATFORM!r})))"
    run([python, "-c", absent])


def try_alone(environment: Path, folder: Path) -> None:
    """Step 5, as the first page of the package's documentation has it."""
    program = str(environment / "bin/gmseal")

    def gmseal(*arguments: str, status: int = 0) -> None:
        run([program, *arguments], cwd=folder, path=str(environment / "bin"), status=status)

    folder.mkdir()
    (folder / "trust").mkdir()
    for name in ("root", "maker", "signer"):
        gmseal("keygen", f"{name}.key", "--no-password")
    issuer = ("--issuer", "trust/root.pem", "--issuer-key", "root.key")
    gmseal("cert", "trust/root.pem", "--profile", "root", "--name", "试用根证书", "--key", "root.key")
    gmseal("cert", "maker.pem", "--profile", "maker", "--name", "试用制章人", "--key", "maker.key", *issuer)
    gmseal("cert", "signer.pem", "--profile", "signer", "--name", NAME, "--key", "signer.key", *issuer)
    made_by = ("--maker-cert", "maker.pem", "--maker-key", "maker.key", "--signer-cert", "signer.pem")
    gmseal("seal", "unit.esl", "--name", NAME, "--face", "limited_company", *made_by)
    signed_by = (
        "--seal",
        "unit.esl",
        "--cert",
        "signer.pem",
        "--key",
        "signer.key",
        "--x",
        "120",
        "--y",
        "200",
    )
    for source, sealed in (("contract.pdf", "sealed.pdf"), ("purchase-order.ofd", "sealed.ofd")):
        gmseal("sign", str(ROOT / "samples" / source), sealed, *signed_by)
        gmseal("verify", sealed, "--trust", "trust")
    changed = bytearray((folder / "sealed.pdf").read_bytes())
    changed[len(changed) // 20] ^= 1
    (folder / "changed.pdf").write_bytes(changed)
    gmseal("verify", "changed.pdf", "--trust", "trust", status=1)


@contextmanager
def serving(environment: Path, folder: Path) -> Iterator[str]:
    """The installed platform on a free port, with a new data folder; gives its address."""
    port_file = folder / "port"
    log_path = folder / "log"
    command = [str(environment / "bin/shuangyin"), "serve", "--data-dir", str(folder / "data")]
    with log_path.open("w") as log:
        server = subprocess.Popen(  # noqa: S603 -- our own command, no shell
            [*command, "--port-file", str(port_file)],
            cwd=folder,
            env={**os.environ, "PATH": str(environment / "bin")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield wait_for_address(server, port_file, log_path)
        finally:
            server.terminate()
            server.wait(timeout=START_SECONDS)


def wait_for_address(server: subprocess.Popen[bytes], port_file: Path, log_path: Path) -> str:
    """The address as soon as the health endpoint answers; WheelProblem when the server ends or is too slow."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if port_file.exists() and (port := port_file.read_text().strip()):
            address = f"http://127.0.0.1:{port}"
            try:
                fetch(f"{address}/healthz")
            except urllib.error.URLError:
                pass
            else:
                return address
        time.sleep(0.1)
    raise WheelProblem(f"The installed platform did not start:\n{log_path.read_text()}")


def fetch(address: str) -> str:
    """The text at a loopback address; raises URLError unless the answer is a success."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- an http loopback address
        body: bytes = answer.read()
        return body.decode()


def try_installed(environment: Path, folder: Path) -> None:
    """Step 4."""
    for command in COMMANDS:
        run([str(environment / "bin" / command), "--help"], path=str(environment / "bin"))
    with serving(environment, folder) as address:
        page = fetch(f"{address}/app/")
        scripts = re.findall(r'src="(/app/assets/[^"]+\.js)"', page)
        if not scripts:
            raise WheelProblem(
                "The first page of the installed platform names no script of the user interface."
            )
        fetch(f"{address}{scripts[0]}")


def main() -> int:
    """Do the five steps; 1 with a sentence when one fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="folder for the wheels")
    output: Path = parser.parse_args().output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    try:
        wheels = []
        for package in sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml")):
            wheel = build(package, output)
            check_contents(wheel, package.name)
            wheels.append(wheel)
        with tempfile.TemporaryDirectory(prefix="shuangyin-wheel-") as name:
            install(wheels, Path(name) / "environment")
            try_installed(Path(name) / "environment", Path(name))
            alone = next(wheel for wheel in wheels if wheel.name.startswith("gmseal-"))
            install_alone(alone, Path(name) / "alone")
            try_alone(Path(name) / "alone", Path(name) / "alone-files")
    except WheelProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for wheel in wheels:
        sys.stdout.write(f"{wheel.stat().st_size / 1024:8.0f} kB  {wheel.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
