"""What all commands share: options, languages, reading files, printing what strangers wrote."""

import json
import os
import sys
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from evidencelog.errors import ArgumentError, Code, EvidenceLogError, MalformedError
from evidencelog.keys import NoteVerifier
from evidencelog.vkey import parse_vkey

_KEY_FILE_LIMIT: Final = 16_384


class Exit(IntEnum):
    """The exit codes of ``verify``."""

    VALID = 0
    INVALID = 1
    UNREADABLE = 2
    INDETERMINATE = 3


class Language(StrEnum):
    """The language of what is printed."""

    ZH = "zh"
    EN = "en"


VkeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vkey", metavar="KEY", help="可信公钥：文本或文件，可重复 · A key you trust: its text, or a file."
    ),
]
LanguageOption = Annotated[Language | None, typer.Option("--lang", help="输出语言 · Language of the output.")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")]


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file. Raises :class:`MalformedError` (``store.io``)."""
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise MalformedError(Code.STORE_IO, f"{path} cannot be read") from error


def read(path: Path, limit: int) -> bytes:
    """A whole file of at most ``limit`` bytes. Raises :class:`MalformedError`."""
    data = first_bytes(path, limit + 1)
    if len(data) > limit:
        raise MalformedError(Code.PROOF_MALFORMED, f"{path} has more than {limit} bytes")
    return data


def read_vkeys(text: str) -> list[NoteVerifier]:
    """Take the text of a key, or the path of a file that holds one or more, each on a line of its own."""
    try:
        return [parse_vkey(text)]
    except MalformedError as not_a_key:
        try:
            data = read(Path(text), _KEY_FILE_LIMIT)
        except EvidenceLogError:
            raise not_a_key from None
    try:
        lines = [line for line in data.decode().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise MalformedError(Code.KEY_MALFORMED, f"{text} does not hold a key") from error
    if not lines:
        raise MalformedError(Code.KEY_MALFORMED, f"{text} does not hold a key")
    return [parse_vkey(line) for line in lines]


def write_secret(path: Path, text: str) -> None:
    """Write a secret into a new file that only its owner may read. Raises :class:`ArgumentError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(f"{text}\n")
    except OSError as error:
        raise ArgumentError(Code.STORE_IO, f"{path} cannot be written: {error.strerror}") from error


def language(chosen: Language | None) -> Language:
    """The language that was chosen, or that of the environment."""
    if chosen is not None:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.ZH if locale.lower().startswith("zh") else Language.EN


def print_lines(lines: tuple[str, ...]) -> None:
    """Print lines, some of which strangers wrote."""
    for line in lines:
        # A stranger wrote part of this: nothing of it may steer the terminal.
        sys.stdout.write("".join(c if c.isprintable() else "�" for c in line) + "\n")


def print_json(content: dict[str, Any]) -> None:
    """Print an object as JSON in plain ASCII."""
    sys.stdout.write(json.dumps(content, ensure_ascii=True, indent=2) + "\n")


def fail(error: EvidenceLogError, *, as_json: bool) -> NoReturn:
    """Say why the input cannot be used, and end with 2."""
    message = "".join(c if c.isprintable() else "�" for c in str(error))
    if as_json:
        print_json(
            {
                "verdict": "unreadable",
                "code": error.code.value,
                "message": message,
                "exit": int(Exit.UNREADABLE),
            }
        )
    else:
        sys.stderr.write(f"evidencelog: {message} [{error.code.value}]\n")
    raise typer.Exit(int(Exit.UNREADABLE)) from error
