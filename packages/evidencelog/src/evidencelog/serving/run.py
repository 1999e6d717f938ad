"""Running the application under uvicorn (extra ``evidencelog[serve]``)."""

import gc
import socket
import sys

from evidencelog.embedded.database import LogDatabase
from evidencelog.embedded.sequencer import Sequencer
from evidencelog.embedded.witnessing import Witnessing
from evidencelog.errors import ArgumentError, Code, StoreError
from evidencelog.serving.application import LogApplication
from evidencelog.store import FileTileStore


def run_log(
    database: LogDatabase,
    sequencer: Sequencer,
    files: FileTileStore,
    host: str,
    port: int,
    witnessing: Witnessing,
) -> None:
    """Serve until told to stop; the address is printed when the log is ready.

    Raises :class:`ArgumentError` without the extra, :class:`~evidencelog.errors.FenceError` and
    :class:`StoreError` when the log must not go on.
    """
    run_application(LogApplication(database, sequencer, files, witnessing), host, port, name=database.origin)


def run_application(application: object, host: str, port: int, *, name: str) -> None:
    """Serve any ASGI application of this package."""
    try:
        import uvicorn  # noqa: PLC0415 - only who serves needs it
    except ImportError as error:
        raise ArgumentError(
            Code.LOG_STOPPED, "serving needs the extra: pip install evidencelog[serve]"
        ) from error

    from evidencelog.serving.one_send import OneSendProtocol  # noqa: PLC0415 - as above

    class Server(uvicorn.Server):
        """Says where it listens, since port 0 takes any."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started and self.servers:
                port_taken = self.servers[0].sockets[0].getsockname()[1]
                sys.stdout.write(f"{name} http://{host}:{port_taken}\n")
                sys.stdout.flush()

    config = uvicorn.Config(
        application,  # type: ignore[arg-type]  # an ASGI application by shape
        host=host,
        port=port,
        http=OneSendProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        limit_concurrency=4096,
    )
    # What the program consists of stays as long as it runs: the collector of rings need not look at it, nor look often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    server = Server(config)
    server.run()
    if not server.started:
        raise StoreError(Code.LOG_STOPPED, "the server could not start; see the message above")
