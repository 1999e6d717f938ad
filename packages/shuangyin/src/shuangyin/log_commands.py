"""`shuangyin log …`: reconcile, audit and anchors, for the operator of an installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from shuangyin.core.errors import Conflict
from shuangyin.core.settings_read import read_settings
from shuangyin.evidence.ports import AnchorProblem

if TYPE_CHECKING:
    from shuangyin.core.platform import Platform

app = typer.Typer(no_args_is_help=True, help="存证日志：核对、审计、上链。 The evidence log.")
console = Console()
DataDir = Annotated[Path | None, typer.Option(help="Folder of this installation's data.")]


@contextmanager
def _platform(data_dir: Path | None) -> Iterator[Platform]:
    """The platform of an installation that is there; nothing is made where none is. Raises Conflict (NO_INSTALLATION)."""
    from shuangyin.composition import compose  # noqa: PLC0415  # heavy imports only for the command that needs them

    platform = None
    try:
        settings = read_settings(data_dir=data_dir)
        if settings.database_url is None and not settings.sqlite_path.exists():
            raise _no_installation(settings.data_dir.resolve())
        platform = compose(settings)
        yield platform
    except AnchorProblem as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        raise typer.Exit(2) from error
    finally:
        if platform is not None:
            platform.database.dispose()


def _no_installation(folder: Path) -> Conflict:
    return Conflict(
        "NO_INSTALLATION",
        f"{folder} 中没有双印的数据库。请用 --data-dir 给出这套安装的数据目录。",
        f"{folder} holds no database of Shuangyin. Name the data folder of the installation with --data-dir.",
    )


@app.command()
def reconcile(
    head: Annotated[
        list[Path] | None,
        typer.Option(
            help="File with a signed head or an anchor's receipt that somebody outside kept; repeatable."
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Let a log that was stopped be signed again, when it contains every head that others remember.

    Without --head the configured anchors are asked.
    """
    from shuangyin.evidence.anchoring import heads_of_anchors  # noqa: PLC0415  # as above
    from shuangyin.evidence.reconciling import reconcile as run  # noqa: PLC0415  # as above

    with _platform(data_dir) as platform:
        anchored = [] if head else heads_of_anchors(platform)
        mark = run(platform, [path.read_bytes() for path in head or []], anchored)
    console.print(
        f"日志已核对，共 {mark.size} 条，恢复签署。 Reconciled at {mark.size} entries.", highlight=False
    )


@app.command()
def audit(
    data_dir: DataDir = None,
    objects: Annotated[  # noqa: FBT002 - typer makes it the flag --objects
        bool, typer.Option("--objects", help="逐个读取全部文件并核对摘要 · Read every stored file in full.")
    ] = False,
) -> None:
    """Recompute the whole log from the stored bytes and look at every stored file; status 1 when something differs."""
    from shuangyin.evidence.auditing import audit as run  # noqa: PLC0415  # as above

    with _platform(data_dir) as platform:
        outcome = run(platform, read_objects=objects)
    for one in outcome.differences:
        console.print(f"✗ {one.zh}\n  {one.en}", style="red", highlight=False, markup=False)
    read = ("逐个读取", "read in full") if objects else ("仅核对登记与长度", "only rows and lengths")
    console.print(
        f"已核对：存证 {outcome.size} 条，业务记录 {outcome.checked_facts} 项，"
        f"文件 {outcome.checked_objects} 个（{read[0]}）。\n"
        f"Checked: {outcome.size} entries, {outcome.checked_facts} facts, "
        f"{outcome.checked_objects} files ({read[1]}).",
        highlight=False,
        markup=False,
    )
    if outcome.differences:
        console.print(
            f"差异 {len(outcome.differences)} 处。 Differences: {len(outcome.differences)}.", highlight=False
        )
        raise typer.Exit(1)
    console.print("审计通过，没有差异。 The audit found no difference.")


@app.command()
def anchors(data_dir: DataDir = None) -> None:
    """Show where every anchor stands; status 1 when one has a problem."""
    from shuangyin.evidence.anchor_queries import anchor_states  # noqa: PLC0415  # as above

    with _platform(data_dir) as platform:
        states = platform.view(anchor_states)
    for one in states:
        held = f"{one.last_size} ({one.last_transaction_id})" if one.last_size else "–"
        console.print(f"{one.name} [{one.kind}] {one.state}: {held}", highlight=False, markup=False)
        if one.problem:
            console.print(f"  {one.problem}\n  {one.problem_en}", style="red", highlight=False, markup=False)
    if not states:
        console.print("没有设置上链。 No anchor is set.")
    if any(one.problem for one in states):
        raise typer.Exit(1)


@app.command("confirm-anchor")
def confirm_anchor(
    name: Annotated[str, typer.Argument(help="Name of the anchor whose chain or contract was replaced.")],
    data_dir: DataDir = None,
) -> None:
    """Take the chain and contract that answer now for the right ones, after looking at them."""
    from shuangyin.evidence.anchoring import confirm_anchor as run  # noqa: PLC0415  # as above

    with _platform(data_dir) as platform:
        known = platform.transact(lambda work: run(work, name))
    if not known:
        console.print(f"没有上链 {name}。 No anchor {name}.", highlight=False, markup=False)
        raise typer.Exit(2)
    console.print(f"{name} 已确认。 {name} is confirmed.", highlight=False, markup=False)


@app.command("deploy-anchor")
def deploy_anchor(
    url: Annotated[str, typer.Option(help="JSON-RPC address of a node of the chain.")],
    key_file: Annotated[
        Path, typer.Option(help="File with the private key (hex) of the account that anchors.")
    ],
) -> None:
    """Put the contract CheckpointAnchor on a chain, with this account as its only writer."""
    from shuangyin.connectors.ethereum import deploy, load_account  # noqa: PLC0415  # as above
    from shuangyin.connectors.json_rpc import JsonRpc  # noqa: PLC0415  # as above

    try:
        account = load_account(key_file)
        transaction = deploy(JsonRpc(url, 10), account, [account.address])
    except AnchorProblem as problem:
        console.print(str(problem), style="red", highlight=False, markup=False)
        raise typer.Exit(2) from problem
    console.print(f"交易 {transaction}；合约地址在其回执中（contractAddress）。", highlight=False)
    console.print("The contract's address is in the receipt of this transaction (contractAddress).")
