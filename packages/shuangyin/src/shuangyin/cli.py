"""The `shuangyin` command."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from shuangyin import (
    device_commands,
    fleet_commands,
    loan_commands,
    log_commands,
    original_commands,
    people_commands,
    request_commands,
    use_commands,
)
from shuangyin.command_group import TellingGroup
from shuangyin.core.errors import Invalid
from shuangyin.core.settings_read import read_settings
from shuangyin.device_conformance.command import device_conformance
from shuangyin.device_sim import command as device_command
from shuangyin.process_lock import only_process

YOUNG: Final = 50_000
"""So many new objects are made before the collector looks for rings among them; Python's own figure is 700."""

app = typer.Typer(
    cls=TellingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="双印：电子印章与实体印章统一管理平台。",
)
app.add_typer(loan_commands.app, name="loan")
app.add_typer(original_commands.app, name="original")
app.add_typer(log_commands.app, name="log")
app.add_typer(people_commands.app, name="person")
app.add_typer(request_commands.app, name="request")
app.add_typer(use_commands.app, name="use")
app.add_typer(fleet_commands.app, name="device")
app.command("device-sim")(device_command.device_sim)
app.command("device-conformance")(device_conformance)
app.command("broker")(device_commands.broker)
app.command("gateway")(device_commands.gateway)
console = Console()


@app.callback()
def begin() -> None:
    """Let the collector of rings look seldom: the program itself is hundreds of thousands of objects."""
    gc.set_threshold(YOUNG, 20, 100)


def _listening(address: str) -> None:
    typer.echo(f"已启动，地址：{address}，按 Ctrl+C 停止。")
    typer.echo(f"Listening at {address}; press Ctrl+C to stop.")


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this installation's data.")] = None,
    port_file: Annotated[
        Path | None, typer.Option(help="Write the port that was taken into this file.")
    ] = None,
) -> None:
    """Run the platform: web server, worker and sequencer in one process."""
    settings = read_settings(port=port, data_dir=data_dir)
    typer.echo(f"双印正在启动，数据目录：{settings.data_dir.resolve()}")
    typer.echo(f"Shuangyin is starting; its data lies in {settings.data_dir.resolve()}")
    # The lock first: a second process is told at once, not after all that the platform imports.
    with only_process(settings):
        from shuangyin.serve import serve as run  # noqa: PLC0415  # heavy imports only where they are needed

        run(settings, port_file=port_file, listening=_listening)


@app.command()
def migrate(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this installation's data.")] = None,
) -> None:
    """Bring the database to the newest schema."""
    from shuangyin.core.database import Database  # noqa: PLC0415  # as above
    from shuangyin.migrations.run import upgrade  # noqa: PLC0415  # as above

    settings = read_settings(data_dir=data_dir)
    database = Database(settings)
    upgrade(database)
    database.dispose()
    console.print("数据库已是最新结构。 The schema is up to date.")


@app.command()
def init(
    name: Annotated[str, typer.Option(help="Full legal name of the organization.")],
    uscc: Annotated[str, typer.Option(help="Unified social credit code, 18 characters.")],
    administrator: Annotated[str, typer.Option(help="Name of the first administrator.")],
    account: Annotated[str, typer.Option(help="Account of the first administrator.")] = "admin",
    region: Annotated[str, typer.Option(help="Region code, six digits.")] = "110108",
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this installation's data.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="Write the one-time password here (mode 0600).")
    ] = None,
) -> None:
    """Create an organization with its starter posts and its first administrator."""
    from shuangyin.setup import create_organization  # noqa: PLC0415  # as above

    settings = read_settings(data_dir=data_dir)
    if password_file is not None:
        # Before anything is made: a password that cannot be written would be lost for ever.
        password_file.touch(mode=0o600)
    password = create_organization(
        settings, name=name, uscc=uscc, region=region, administrator=administrator, account=account
    )
    if password_file is not None:
        password_file.write_text(password + "\n")
    else:
        console.print(f"账号 {account}，一次性密码：{password}", highlight=False)
        console.print(
            "首次登录时须设置新密码并绑定动态口令。 Sign in once to set a password and an authenticator."
        )


@app.command()
def openapi(
    output: Annotated[Path | None, typer.Option(help="File to write; standard output when absent.")] = None,
) -> None:
    """Write the API description (OpenAPI)."""
    from shuangyin.setup import api_description  # noqa: PLC0415  # as above

    text = json.dumps(api_description(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@app.command("settings-document")
def settings_document() -> None:
    """Write the table of settings (docs/settings.md) to standard output."""
    from shuangyin.settings_document import settings_document as document  # noqa: PLC0415  # as above

    typer.echo(document(), nl=False)


DEMO_FOLDER = Path("var/demo")


@app.command()
def demo(
    exit: Annotated[bool, typer.Option("--exit", help="End after the run instead of serving on.")] = False,  # noqa: A002, FBT002  # the option's name
    folder: Annotated[Path, typer.Option(help="Folder for the results.")] = DEMO_FOLDER,
) -> None:
    """Do the main job on the sample documents through the public API, then keep serving."""
    from shuangyin.demo.run import run  # noqa: PLC0415  # heavy imports only for the command that needs them

    if not run(folder.resolve(), console, keep_serving=not exit):
        raise typer.Exit(1)


@app.command()
def standins(
    names: Annotated[list[str] | None, typer.Argument(help="Which to start; all without a name.")] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the control address; the stand-ins take those behind it. 0: free ones.",
        ),
    ] = 8620,
) -> None:
    """Start stand-ins of outside systems on loopback, for trials and tests. They prove nothing, and fail on demand."""
    from shuangyin.standins import run  # noqa: PLC0415  # heavy imports only for the command that needs them

    run(names or [], port)


@app.command("demo-code")
def demo_code(
    account: Annotated[str, typer.Argument(help="Account of the demonstration, such as liran.")],
    folder: Annotated[Path, typer.Option(help="Folder of the demonstration's results.")] = DEMO_FOLDER,
) -> None:
    """Show the code that the authenticator of a demonstration account shows now."""
    from shuangyin.demo.person import current_code  # noqa: PLC0415  # as above

    kept = folder / "accounts.json"
    try:
        accounts = {
            one["account"]: one["totp_secret"] for one in json.loads(kept.read_text(encoding="utf-8"))
        }
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Invalid(
            "NO_DEMO_ACCOUNTS",
            f"{kept.resolve()} 中没有演示账号。请用 --folder 给出演示结果所在的文件夹，或先执行 make demo。",
            f"{kept.resolve()} holds no demonstration accounts. Name the folder of the demonstration's results with "
            "--folder, or run make demo first.",
        ) from error
    if account not in accounts:
        raise Invalid(
            "NO_SUCH_ACCOUNT",
            f"没有账号 {account}，可选：{'、'.join(accounts)}。",
            f"No account {account}; there are: {', '.join(accounts)}.",
        )
    typer.echo(current_code(accounts[account]))
