"""gmseal sign-many | verify-many: documents by the hundred, on every core."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmseal.cli.console import FILE, parse_instant, show_error
from gmseal.cli.signing import Signing, SigningRequest, signing_options
from gmseal.errors import GmsealError, NotFound, Refused
from gmseal.named_paths import made_folder
from gmseal.policy import DEFAULT, POLICIES

if TYPE_CHECKING:
    from gmseal.batch import Result, SealTask
    from gmseal.trust import TrustStore

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
@signing_options
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each document.")
@_WORKERS
def sign_many(
    *, folder: Path, out: Path, request: SigningRequest, as_json: bool, workers: int | None
) -> None:
    """Sign every PDF and OFD of FOLDER as ``sign`` does, into the folder OUT under the same names.

    Options that speak of one kind of document are for those of that kind. Nothing that is there is replaced. Exit
    status: 0 all signed, 2 some not, or none there.
    """
    from gmseal.batch.many import work_many  # noqa: PLC0415 - see above

    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    request.check()
    # Password or PIN is asked for here, once; the processes have no terminal.
    request = request.with_secrets()
    if not request.touches_device:
        # What is wrong with seal or key is wrong for all, and said before any document is touched.
        Signing(request).load()
    is_new = not out.exists()
    made_folder(out)
    results = work_many(request, _tasks(folder, out), lambda task: task.source, workers)
    failed = total = 0
    for result in results:
        total += 1
        failed += not result.ok
        target = str(result.value)
        _tell(result, {"out": target}, f"{result.source}: sealed as {target}", as_json=as_json)
    if is_new and not total:
        # Nothing was to be signed: no folder for results stays behind.
        out.rmdir()
    click.get_current_context().exit(_UNREADABLE if failed or not total else 0)


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
    """Verify files, and the PDF and OFD in folders. Exit status: that of the worst file, as ``verify`` has it.

    A folder without any is told, and nothing can be said of it: status 3.
    """
    from gmseal.batch import verify_many_json  # noqa: PLC0415 - see above

    store, judged_at = _judged_by(trust, at)
    seen: set[str] = set()

    def note_empty(folder: Path) -> None:
        seen.add("indeterminate")
        _tell_empty(folder)

    results = verify_many_json(
        _files(files, note_empty),
        store,
        judged_at,
        POLICIES[policy_name],
        workers=workers,
    )
    for result in results:
        report = {} if result.value is None else json.loads(result.value)
        verdict = str(report.get("verdict", "unreadable"))
        seen.add(verdict)
        _tell(result, report, f"{result.source}: {verdict}", as_json=as_json)
    click.get_current_context().exit(_status(seen))


def _judged_by(trust: Path | None, at: str | None) -> "tuple[TrustStore, datetime]":
    """Whom the documents are judged by, and as of when.

    What is wrong with either ends the command as unreadable: status 1 would say that a document is not valid, and
    none was looked at.
    """
    from gmseal.batch.documents import failure_of  # noqa: PLC0415 - see above
    from gmseal.trust import TrustStore  # noqa: PLC0415 - see above

    try:
        store = TrustStore.from_directory(trust) if trust else TrustStore.from_environment()
        return store, parse_instant(at) or datetime.now(UTC)
    except GmsealError as error:
        failure = failure_of(error)
        show_error(failure.code, failure.message)
        click.get_current_context().exit(_UNREADABLE)


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


def _files(named: Iterable[Path], if_empty: Callable[[Path], None]) -> Iterator[Path]:
    """The files that were named, and the documents in the folders that were; a folder without any is told."""
    for path in named:
        if path.is_dir():
            found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in _DOCUMENTS]
            if not found:
                if_empty(path)
            yield from found
        else:
            yield path


def _tell_empty(folder: Path) -> None:
    show_error("NO_DOCUMENTS", f"There is no PDF and no OFD in the folder {folder}.")


def _tasks(folder: Path, out: Path) -> Iterator["SealTask"]:
    from gmseal.batch import SealTask  # noqa: PLC0415 - see above

    for file in _files([folder], _tell_empty):
        target = out / file.name
        if target.exists():
            raise Refused("FILE_EXISTS", f"{target} exists already; choose another folder or remove it.")
        yield SealTask(file, target)
