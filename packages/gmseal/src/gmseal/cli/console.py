"""What the commands read from and write to: files, passwords, instants, messages."""

import json
import os
import warnings
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click

from gmseal.errors import MalformedInput, Refused
from gmseal.named_paths import check_file, check_folder_of, not_written

FILE = click.Path(path_type=Path)
"""A path on the command line; whether it must exist is decided, with a better sentence, on use."""

_BEIJING = timezone(timedelta(hours=8))
_MAX_INPUT_BYTES = 16 << 20


def show_error(code: str, message: str) -> None:
    """One line on standard error."""
    click.echo(f"gmseal: {code}: {message}", err=True)


def show_json(data: dict[str, Any]) -> None:
    """JSON on standard output, readable Chinese."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def read_input(path: Path, what: str) -> bytes:
    """The bytes of a small file. Raises ``MalformedInput``, and as ``check_file``."""
    check_file(path, what)
    if path.stat().st_size > _MAX_INPUT_BYTES:
        raise MalformedInput(f"The {what} at {path} is larger than 16 MiB.")
    return path.read_bytes()


def check_new(out: Path) -> None:
    """That a file can be written there: before any password is asked for, and never in the place of another.

    Raises ``Refused`` (``FILE_EXISTS``, ``NO_FOLDER``).
    """
    if out.exists():
        raise _exists(out)
    check_folder_of(out)


def write_output(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a new file; an existing one is never replaced, it may be somebody's only key."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise not_written(path, error) from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _exists(path: Path) -> Refused:
    return Refused("FILE_EXISTS", f"{path} exists already; choose another name or remove it.")


def read_certificate_file(path: Path) -> bytes:
    """The first certificate (DER) of a PEM or DER file. Raises ``MalformedInput``, ``NotFound``."""
    from gmseal.sm.certificates import read_certificate  # noqa: PLC0415 - only what a command needs is loaded
    from gmseal.trust import split_certificates  # noqa: PLC0415 - as above

    certificate = split_certificates(read_input(path, "certificate"), str(path))[0]
    read_certificate(certificate)
    return certificate


def read_password(path: Path | None) -> bytes | None:
    """The first line of a password file; None when there is none."""
    if path is None:
        return None
    password = read_input(path, "password file").split(b"\n", 1)[0].rstrip(b"\r")
    if not password:
        raise Refused("PASSWORD_EMPTY", f"The first line of {path} is empty.")
    return password


def ask_password(question: str, *, confirm: bool = False) -> bytes:
    """A password from the terminal, not shown. Raises ``Refused`` (``PASSWORD_NEEDED``) when there is no terminal."""
    from getpass import GetPassWarning  # noqa: PLC0415 - few commands ask

    try:
        with warnings.catch_warnings():
            # Without a terminal the password would be shown while it is typed; nobody is asked then.
            warnings.simplefilter("error", GetPassWarning)
            answer: str = click.prompt(question, hide_input=True, confirmation_prompt=confirm)
    except GetPassWarning as warning:
        raise Refused(
            "PASSWORD_NEEDED",
            f"There is no terminal to ask on ({question}); name a file: --password-file for a key, "
            "--pin-file for a device.",
        ) from warning
    return answer.encode("utf-8")


def parse_instant(text: str | None) -> datetime | None:
    """An ISO 8601 time; without a zone it is Beijing time. Raises ``MalformedInput``."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=_BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedInput(f"{text!r} is not a time; write it like 2026-03-01T09:30:00+08:00.") from error


def prefers_chinese(asked: str | None = None) -> bool:
    """True when the user asked for Chinese (``zh``), or asked for nothing and has a Chinese locale."""
    if asked is not None:
        return asked == "zh"
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return chosen.lower().startswith("zh")
