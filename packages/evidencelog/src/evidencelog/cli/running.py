"""Commands of whoever runs a log: ``serve``, ``import``, ``audit``, ``recover``, ``reconcile``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from evidencelog.cli.console import (
    Exit,
    JsonOption,
    fail,
    first_bytes,
    print_json,
    print_lines,
    read,
    read_vkeys,
)
from evidencelog.embedded import HeadFence, LogDatabase, Publisher, Sequencer, audit_log
from evidencelog.embedded.lock import only_one
from evidencelog.embedded.recovery import reconcile as reconcile_fence
from evidencelog.embedded.recovery import recover_entries
from evidencelog.embedded.witnessing import Witnessing
from evidencelog.errors import ArgumentError, Code, EvidenceLogError
from evidencelog.hashing import tree_hash
from evidencelog.keys import NoteVerifier, Signer, parse_skey
from evidencelog.note import MAX_NOTE_BYTES
from evidencelog.store import FileTileStore
from evidencelog.tiles import MAX_ENTRY_BYTES
from evidencelog.witness.client import witnesses_of

_KEY_BYTES: Final = 16_384

FolderArgument = Annotated[Path, typer.Argument(help="日志文件夹 · Folder of the log.")]
OriginOption = Annotated[str, typer.Option("--origin", help="日志名 · Origin line of the log.")]
KeyOption = Annotated[
    list[Path], typer.Option("--key", help="签名私钥文件，可重复 · File of a signing key; may be repeated.")
]
FenceOption = Annotated[
    Path | None,
    typer.Option("--fence", help="水位文件，须在备份之外 · File of the fence; keep it out of backups."),
]
HashOption = Annotated[str, typer.Option("--hash", help="sha-256 | sm3")]


@dataclass(frozen=True)
class _Log:
    """One log of this machine, opened."""

    database: LogDatabase
    fence: HeadFence
    signers: tuple[Signer, ...]
    files: FileTileStore

    @property
    def verifiers(self) -> list[NoteVerifier]:
        return [signer.verifier for signer in self.signers]

    def sequencer(self) -> Sequencer:
        return Sequencer(self.database, Publisher(self.database, self.fence, self.signers, self.files))


@contextmanager
def _opened(
    folder: Path, origin: str, keys: list[Path], fence: Path | None, hash_name: str
) -> Iterator[_Log]:
    """The log, while this process alone may change it."""
    signers = tuple(parse_skey(read(path, _KEY_BYTES).decode("utf-8", "replace")) for path in keys)
    if not signers:
        raise ArgumentError(Code.KEY_MALFORMED, "name at least one signing key with --key")
    beside = folder.parent / f"{folder.name}-fence" / "fence.sqlite3"
    with only_one(folder):
        database = LogDatabase(folder / "log.sqlite3", origin, tree_hash(hash_name))
        head_fence = HeadFence(fence or beside)
        try:
            yield _Log(database, head_fence, signers, FileTileStore(folder / "public"))
        finally:
            database.close()
            head_fence.close()


def serve(
    folder: FolderArgument,
    origin: OriginOption,
    key: KeyOption,
    fence: FenceOption = None,
    host: Annotated[str, typer.Option(help="监听地址 · Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口，0 为任意 · Port; 0 takes a free one.")] = 8620,
    hash_name: HashOption = "sha-256",
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", help="见证方：网址=公钥 · A witness as URL=VKEY; may be repeated."),
    ] = None,
) -> None:
    """运行日志服务 · Run a log: POST /add, and its static files."""
    from evidencelog.serving.run import run_log  # noqa: PLC0415 - needs the extra `serve`

    try:
        with _opened(folder, origin, key, fence, hash_name) as log:
            witnessing = Witnessing(log.database, log.files, witnesses_of(witness or []))
            run_log(log.database, log.sequencer(), log.files, host, port, witnessing)
    except EvidenceLogError as error:
        fail(error, as_json=False)


def import_file(
    folder: FolderArgument,
    file: Annotated[Path, typer.Argument(help="每行一条存证 · One entry on each line.")],
    origin: OriginOption,
    key: KeyOption,
    fence: FenceOption = None,
    hash_name: HashOption = "sha-256",
) -> None:
    """批量导入 · Append every line of a file as one entry, in large commits."""
    try:
        with _opened(folder, origin, key, fence, hash_name) as log:
            sequencer = log.sequencer()
            sequencer.start()
            try:
                for size in sequencer.import_entries(_lines(file)):
                    sys.stderr.write(f"\r{size}")
            finally:
                sequencer.stop()
            sys.stderr.write("\n")
            print_lines((f"{origin}: {log.database.size()}",))
    except EvidenceLogError as error:
        fail(error, as_json=False)


def audit(
    folder: FolderArgument,
    origin: OriginOption,
    vkey: Annotated[list[str], typer.Option("--vkey", help="日志公钥 · Public key of the log.")],
    fence: FenceOption = None,
    hash_name: HashOption = "sha-256",
    as_json: JsonOption = False,  # noqa: FBT002 - typer makes it the flag --json
) -> None:
    """全量审计：由存储的字节重算一切 · Recompute everything from the stored bytes; name what differs."""
    try:
        verifiers = [verifier for text in vkey for verifier in read_vkeys(text)]
        first_bytes(folder / "log.sqlite3", 16)
        database = LogDatabase(folder / "log.sqlite3", origin, tree_hash(hash_name))
        beside = fence or folder.parent / f"{folder.name}-fence" / "fence.sqlite3"
        head_fence = HeadFence(beside) if beside.is_file() else None
        report = audit_log(database, verifiers, head_fence)
    except EvidenceLogError as error:
        fail(error, as_json=as_json)
    if as_json:
        findings = [vars(finding) for finding in report.findings]
        print_json(
            {"size": report.size, "root": report.root.hex(), "heads": report.heads, "findings": findings}
        )
    else:
        found = tuple(f"✗ {finding.what} {finding.index}: {finding.sentence}" for finding in report.findings)
        good = f"✓ {report.size} entries, {report.heads} signed heads, root {report.root.hex()}"
        print_lines(found or (good,))
    raise typer.Exit(int(Exit.VALID if report.good else Exit.INVALID))


def recover(
    folder: FolderArgument,
    source: Annotated[Path, typer.Argument(help="已发布的文件夹 · Folder of published files.")],
    origin: OriginOption,
    key: KeyOption,
    fence: FenceOption = None,
    hash_name: HashOption = "sha-256",
) -> None:
    """从已发布的文件补回丢失的存证 · Bring back entries that a restored copy lacks."""
    try:
        with _opened(folder, origin, key, fence, hash_name) as log:
            done = recover_entries(log.database, FileTileStore(source), log.verifiers)
            print_lines((f"{origin}: {done.first} → {done.size}",))
    except EvidenceLogError as error:
        fail(error, as_json=False)


def reconcile(
    folder: FolderArgument,
    origin: OriginOption,
    key: KeyOption,
    head: Annotated[
        list[Path], typer.Option("--head", help="外部保存的检查点 · A checkpoint that somebody outside kept.")
    ],
    fence: FenceOption = None,
    hash_name: HashOption = "sha-256",
) -> None:
    """重建丢失的水位 · Set a lost fence, against the heads that others remember."""
    try:
        with _opened(folder, origin, key, fence, hash_name) as log:
            remembered = [read(path, MAX_NOTE_BYTES) for path in head]
            mark = reconcile_fence(log.database, log.fence, remembered, log.verifiers)
            print_lines((f"{origin}: {mark.size} {mark.root.hex()}",))
    except EvidenceLogError as error:
        fail(error, as_json=False)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while line := stream.readline(MAX_ENTRY_BYTES + 2):
                if entry := line.removesuffix(b"\n"):
                    yield entry
    except OSError as error:
        raise ArgumentError(Code.STORE_IO, f"{file} cannot be read: {error.strerror}") from error
