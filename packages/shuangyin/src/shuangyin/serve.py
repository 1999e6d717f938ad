"""Run the platform: the web server with its worker and sequencer in one process."""

from __future__ import annotations

import gc
import socket
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

import uvicorn
from sqlalchemy import select
from starlette.types import ASGIApp

from shuangyin.app import background, create_app
from shuangyin.composition import compose
from shuangyin.core.errors import Unavailable
from shuangyin.core.jobs import release_leases
from shuangyin.core.live import LiveBus
from shuangyin.core.logs import configure_logs
from shuangyin.core.objects import StoredObject
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.migrations.run import upgrade

DAY_S = 24 * 3600


def free_port(host: str, port: int, *, search: bool) -> int:
    """The port itself when it is free, else (with `search`) one that the system gives. Raises Unavailable."""
    if _is_free(host, port):
        return port
    if not search:
        raise Unavailable("PORT_BUSY", f"端口 {port} 已被占用。", f"Port {port} is in use.")
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            raise Unavailable(
                "HOST_UNUSABLE",
                f"本机不能在地址 {host} 上监听，请核对 SHUANGYIN_HOST。",
                f"This machine cannot listen at {host}; check SHUANGYIN_HOST.",
            ) from error
        found: int = probe.getsockname()[1]
        return found


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def settled(settings: Settings) -> Settings:
    """The settings with a free port, and a public address that leads to it when none was set."""
    port = free_port(settings.host, settings.port, search=settings.port_search)
    changes: dict[str, object] = {"port": port}
    if "public_url" not in settings.model_fields_set:
        scheme = "https" if settings.tls_certificate else "http"
        changes["public_url"] = f"{scheme}://localhost:{port}"
    return settings.model_copy(update=changes)


def tidy(platform: Platform) -> None:
    """Remove what a killed process left behind, and keep the plaintext of uploads inside the work folder."""
    shared = platform.settings.database_url is not None
    platform.objects.sweep_work(older_than_s=DAY_S if shared else 0)
    if not shared:
        # The lock of the installation is ours, so whoever held these leases is dead.
        platform.transact(release_leases)
    known = platform.view(lambda work: set(work.session.scalars(select(StoredObject.name))))
    platform.objects.sweep_orphans(known, older_than_s=DAY_S)
    # The multipart parser spools large uploads to unnamed temporary files before they are encrypted.
    tempfile.tempdir = str(platform.settings.work_dir)


def check_tls(settings: Settings) -> None:
    """Read certificate and key before anything is made. Raises Unavailable (TLS_UNUSABLE)."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    try:
        if certificate is None:
            raise FileNotFoundError
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise Unavailable(
            "TLS_UNUSABLE",
            "SHUANGYIN_TLS_CERTIFICATE 与 SHUANGYIN_TLS_KEY 须为可读取、互相匹配、未加密的 PEM 证书与私钥文件。",
            "SHUANGYIN_TLS_CERTIFICATE and SHUANGYIN_TLS_KEY have to be files that can be read: a PEM certificate and "
            "its private key, not encrypted.",
        ) from error


class _Server(uvicorn.Server):
    """Tells when it listens, and not before; and that it is about to end."""

    def __init__(
        self, config: uvicorn.Config, listening: Callable[[], None], closing: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._listening = listening
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Pages that listen for events would keep the server from ending; they come back to the next one.
        self._closing()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the web server runs. Who calls is told by the connection, unless a proxy that was named tells it."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # uvicorn itself would believe everybody on loopback.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=10,
    )


def serve(
    settings: Settings, *, port_file: Path | None = None, listening: Callable[[str], None] = lambda _: None
) -> None:
    """Migrate, then serve until told to stop; the caller holds the installation (`process_lock.only_process`).

    `port_file` receives the port, for whoever started this; `listening` is called with the address once it answers.
    """
    configure_logs(settings.log_level)
    check_tls(settings)
    settings = settled(settings)
    platform = compose(settings)
    upgrade(platform.database)
    tidy(platform)
    start, stop = background(platform)
    app = create_app(platform, start=start, stop=stop)
    config = server_config(app, settings)
    if port_file is not None:
        port_file.write_text(f"{settings.port}\n")
    # What the program consists of stays as long as it runs, so the collector of rings need not look at it again; what a
    # request leaves behind may be a whole document, and is to go soon.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    closing = platform.port(LiveBus).close
    _Server(config, lambda: listening(f"{settings.public_url}/app/"), closing).run()
    platform.database.dispose()
