"""`shuangyin broker` and `shuangyin gateway`: what smart seals need beside the platform when they speak MQTT."""

from __future__ import annotations

import getpass
import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from shuangyin.core.errors import Conflict
from shuangyin.core.settings import Settings
from shuangyin.core.settings_read import read_settings
from shuangyin.process_lock import only_process

DEVICE_PORT, GATEWAY_PORT = 8610, 8611
MOSQUITTO = "/usr/sbin/mosquitto"


def broker(
    folder: Annotated[Path | None, typer.Option(help="Where to write; `broker` in the data folder.")] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help="Name or address under which devices reach the broker; repeatable."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for devices.")] = DEVICE_PORT,
    gateway_port: Annotated[int, typer.Option(min=1, max=65535, help="Port for gateways.")] = GATEWAY_PORT,
    bind: Annotated[str, typer.Option(help="Address to listen on for devices.")] = "0.0.0.0",  # noqa: S104  # with certificates only
    gateway_bind: Annotated[str, typer.Option(help="Address to listen on for gateways.")] = "127.0.0.1",
    user: Annotated[
        str | None, typer.Option(help="Whom mosquitto runs as when root starts it; yourself by default.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this installation's data.")] = None,
    start: Annotated[bool, typer.Option("--start", help="Become the broker instead of ending.")] = False,  # noqa: FBT002  # the option's name
) -> None:
    """Write what mosquitto needs to be the broker of smart seals: configuration, rights, certificates.

    The embedded installation must not run meanwhile. Point SHUANGYIN_BROKER_DIR at the folder afterwards.
    """
    settings = read_settings(data_dir=data_dir)
    where = folder or settings.broker_dir or settings.data_dir / "broker"
    with only_process(settings):
        configuration = _write(
            settings, where, (tuple(host or ()), port, gateway_port, bind, gateway_bind), user
        )
    typer.echo(f"已写入 {where}。启动消息代理：mosquitto -c {configuration}")
    typer.echo(f"Written to {where}. Start the broker with: mosquitto -c {configuration}")
    typer.echo(f"SHUANGYIN_BROKER_DIR={where.resolve()}")
    if start:
        os.execv(MOSQUITTO, [MOSQUITTO, "-c", str(configuration)])  # noqa: S606  # no shell, Debian's own program


def gateway(
    share: Annotated[str, typer.Option(help="This gateway's part of the devices, such as 2/4.")] = "1/1",
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this installation's data.")] = None,
) -> None:
    """Join devices on the broker with the platform's database, as a process of its own beside `serve` (PostgreSQL).

    Start as many as the shares say, each once. One that is started again goes on where it was killed.
    """
    from shuangyin.composition import compose  # noqa: PLC0415  # heavy imports only for the command that needs them
    from shuangyin.core.logs import configure_logs  # noqa: PLC0415  # as above
    from shuangyin.devices.broker.folder import read_addresses  # noqa: PLC0415  # as above
    from shuangyin.devices.gateway.mqtt import read_share  # noqa: PLC0415  # as above
    from shuangyin.devices.gateway.running import Gateway  # noqa: PLC0415  # as above

    settings = read_settings(data_dir=data_dir)
    part = read_share(share)
    if settings.database_url is None:
        raise _embedded()
    if settings.broker_dir is None:
        raise _no_broker()
    read_addresses(settings.broker_dir)
    configure_logs(settings.log_level)
    platform = compose(settings)
    # Later it waits for a database that is away; one that is not there at the start is a mistake to be told.
    platform.database.ping()
    running, stopped = Gateway(platform, part), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    running.start()
    typer.echo(f"设备网关 {share} 已启动。 Gateway {share} is running.")
    stopped.wait()
    running.stop()
    platform.database.dispose()


def _write(
    settings: Settings, where: Path, at: tuple[tuple[str, ...], int, int, str, str], user: str | None
) -> Path:
    from shuangyin.composition import compose  # noqa: PLC0415  # heavy imports only for the command that needs them
    from shuangyin.devices.broker.folder import Addresses, write_folder  # noqa: PLC0415  # as above
    from shuangyin.devices.trust import authority, revoked_serials  # noqa: PLC0415  # as above
    from shuangyin.migrations.run import upgrade  # noqa: PLC0415  # as above

    platform = compose(settings)
    upgrade(platform.database)
    trusted = platform.transact(authority)
    revoked = platform.view(revoked_serials)
    platform.database.dispose()
    runs_as = user or (getpass.getuser() if os.geteuid() == 0 else None)
    return write_folder(where, trusted, Addresses(*at), revoked, platform.clock.now_ms(), user=runs_as)


def _embedded() -> Conflict:
    return Conflict(
        "GATEWAY_EMBEDDED",
        "嵌入式数据库只供一个进程，serve 自带设备网关。独立网关须用 PostgreSQL（SHUANGYIN_DATABASE_URL）。",
        "The embedded database is for one process, and serve is its gateway. A gateway of its own needs PostgreSQL "
        "(SHUANGYIN_DATABASE_URL).",
    )


def _no_broker() -> Conflict:
    return Conflict(
        "GATEWAY_WITHOUT_BROKER",
        "没有设置消息代理：请先执行 shuangyin broker，并设置 SHUANGYIN_BROKER_DIR。",
        "No broker is set: run shuangyin broker, then set SHUANGYIN_BROKER_DIR.",
    )
