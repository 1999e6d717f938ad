"""gmseal sign-many | verify-many: documents by the hundred, on every core."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmseal.cli.console import FILE, ask_password, parse_instant, read_input, read_password, show_error
from gmseal.cli.key_options import KeySource, SealInDevice, key_options
from gmseal.cli.ofd_documents import OfdOptions, package_order
from gmseal.cli.pdf_documents import PdfOptions, pdf_order
from gmseal.cli.place_options import PlaceOptions, place_options
from gmseal.errors import NotFound, Refused
from gmseal.policy import DEFAULT, POLICIES

if TYPE_CHECKING:
    from gmseal.batch import Result, SealTask, SigningFiles

# What a command does not need is imported inside it: every command must start quickly.

_DOCUMENTS = frozenset({".pdf", ".ofd"})
_NOT_ALL_VALID = 1
_UNREADABLE = 2
_INDETERMINATE = 3
_WORKERS = click.option(
    "--workers", type=click.IntRange(min=0), help="Processes; one for each core. 0: none but this one."
)


@click.command("sign-many")
@click.argument("folder", type=FILE)
@click.argument("out", type=FILE)
@click.option("--seal", type=FILE, required=True, help="The seal (DER).")
@click.option("--cert", type=FILE, required=True, help="The signer's certificate; the seal must list it.")
@key_options("key", "The signer's private key")
@place_options
@click.option("--reason", help="Why the documents are sealed; written into PDF.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each document.")
@_WORKERS
def sign_many(
    *,
    folder: Path,
    out: Path,
    seal: Path,
    cert: Path,
    key: KeySource,
    places: PlaceOptions,
    reason: str | None,
    as_json: bool,
    workers: int | None,
) -> None:
    """Seal every PDF and OFD of FOLDER at the same places, into the folder OUT under the same names.

    Nothing that is there is replaced. Exit status: 0 all sealed, 2 some not.
    """
    from gmseal.batch import seal_many  # noqa: PLC0415 - see above
    from gmseal.pdf import InvisibleOrder  # noqa: PLC0415 - see above

    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    order = pdf_order(places, PdfOptions(reason=reason))
    if isinstance(order, InvisibleOrder):
        raise Refused("NOTHING_TO_PLACE", "A seal needs a place: --x and --y, --keyword, --field or --seam.")
    # A package has no form fields; where they are asked for, there is no order for packages.
    package = None if places.names_field else package_order(places, OfdOptions())
    out.mkdir(parents=True, exist_ok=True)
    signer = _signing(seal, cert, key)
    results = seal_many(_tasks(folder, out), signer, pdf=order, ofd=package, workers=workers)
    failed = 0
    for result in results:
        failed += not result.ok
        target = str(result.value)
        _tell(result, {"out": target}, f"{result.source}: sealed as {target}", as_json=as_json)
    click.get_current_context().exit(_UNREADABLE if failed else 0)


@click.command("verify-many")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--trust", type=FILE, help="Directory of trusted roots; otherwise GMSEAL_TRUST.")
@click.option(
    "--json", "as_json", is_flag=True, help="A line of JSON for each file: its name and the report."
)
@click.option("--at", help="Judge as of this time (ISO 8601); now.")
@click.option(
    "--policy",
    "policy_name",
    type=click.Choice(sorted(POLICIES)),
    default=DEFAULT.name,
    show_default=True,
    help="What is accepted; strict counts every deviation of form.",
)
@_WORKERS
def verify_many(
    *,
    files: tuple[Path, ...],
    trust: Path | None,
    as_json: bool,
    at: str | None,
    policy_name: str,
    workers: int | None,
) -> None:
    """Verify files, and the PDF and OFD in folders. Exit status: that of the worst file, as ``verify`` has it."""
    from gmseal.batch import verify_many_json  # noqa: PLC0415 - see above
    from gmseal.trust import TrustStore  # noqa: PLC0415 - see above

    store = TrustStore.from_directory(trust) if trust else TrustStore.from_environment()
    results = verify_many_json(
        _files(files), store, parse_instant(at) or datetime.now(UTC), POLICIES[policy_name], workers=workers
    )
    seen: set[str] = set()
    for result in results:
        report = {} if result.value is None else json.loads(result.value)
        verdict = str(report.get("verdict", "unreadable"))
        seen.add(verdict)
        _tell(result, report, f"{result.source}: {verdict}", as_json=as_json)
    click.get_current_context().exit(_status(seen))


def _status(verdicts: set[str]) -> int:
    if "unreadable" in verdicts:
        return _UNREADABLE
    if "invalid" in verdicts:
        return _NOT_ALL_VALID
    return _INDETERMINATE if "indeterminate" in verdicts else 0


def _tell(result: "Result[Any]", said: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    failure = result.failure
    if as_json:
        if failure is not None:
            said = {"verdict": "unreadable", "code": failure.code, "message": failure.message}
        click.echo(json.dumps({"file": str(result.source), **said}, ensure_ascii=False))
    elif failure is not None:
        show_error(failure.code, f"{result.source}: {failure.message}")
    else:
        click.echo(sentence)


def _files(named: Iterable[Path]) -> Iterator[Path]:
    """The files that were named, and the documents in the folders that were."""
    for path in named:
        if path.is_dir():
            yield from (file for file in sorted(path.iterdir()) if file.suffix.lower() in _DOCUMENTS)
        else:
            yield path


def _tasks(folder: Path, out: Path) -> Iterator["SealTask"]:
    from gmseal.batch import SealTask  # noqa: PLC0415 - see above

    for file in _files([folder]):
        target = out / file.name
        if target.exists():
            raise Refused("FILE_EXISTS", f"{target} exists already; choose another folder or remove it.")
        yield SealTask(file, target)


def _signing(seal: Path, cert: Path, key: KeySource) -> "SigningFiles | SealInDevice":
    """Password or PIN is asked for here, once; the processes have no terminal."""
    from gmseal.batch import SigningFiles  # noqa: PLC0415 - see above

    if key.in_device:
        return SealInDevice(seal, cert, key.with_secret())
    file = key.file("Sealing")
    password = read_password(key.password_file)
    if password is None and b"BEGIN ENCRYPTED PRIVATE KEY" in read_input(file, "private key"):
        password = ask_password(f"Password of {file}")
    return SigningFiles(seal, cert, file, password)
