"""gmseal tsa | timestamp: a trial time-stamp server, and asking for, showing and judging tokens."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gmseal.cli.console import (
    FILE,
    check_new,
    parse_instant,
    prefers_chinese,
    read_certificate_file,
    read_input,
    show_json,
    write_output,
)
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.sm.timestamps import HttpTimestampSource
    from gmseal.sm.timestamps.trial_server import TrialTimestampServer
    from gmseal.trust import TrustStore

# What a command does not need is imported inside it: `gmseal verify` must start quickly.

_MISBEHAVIOURS = (
    "slow",
    "wrong-nonce",
    "wrong-imprint",
    "rejection",
    "garbage",
    "endless",
    "redirect",
    "http-error",
    "wrong-type",
    "hang-up",
)
_EXIT_STATUS = {"pass": 0, "warn": 0, "fail": 1, "not_checked": 3}


TSA_OPTIONS = (
    click.option("--tsa", help="URL of a time-stamp server; it stamps the signature value."),
    click.option(
        "--tsa-digest",
        type=click.Choice(["sm3", "sha256"]),
        default="sm3",
        show_default=True,
        help="Digest that the time-stamp server is asked to stamp.",
    ),
)


def timestamp_source(url: str | None, digest: str) -> "HttpTimestampSource | None":
    """The server that was asked for with ``--tsa``, None without. Raises ``Refused`` (``TIMESTAMP_URL``)."""
    if url is None:
        return None
    from gmseal.sm.timestamps import HttpTimestampSource  # noqa: PLC0415 - see above

    return HttpTimestampSource(url, digest=digest)


def stamped(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command ``--tsa`` and ``--tsa-digest`` and hands their server over as ``timestamps``."""

    @wraps(command)
    def with_source(*, tsa: str | None, tsa_digest: str, **values: Any) -> None:
        command(timestamps=timestamp_source(tsa, tsa_digest), **values)

    for option in reversed(TSA_OPTIONS):
        with_source = option(with_source)
    return with_source


@click.group()
def tsa() -> None:
    """A trial time-stamp authority. Its clock is this machine's: it is evidence of nothing."""


@tsa.command()
@click.option("--cert", type=FILE, required=True, help="Its certificate, issued with --profile timestamp.")
@click.option("--key", type=FILE, required=True, help="Its private key.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8630, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--misbehave", type=click.Choice(_MISBEHAVIOURS), help="Do this wrong, to see whether a client notices."
)
@click.option("--password-file", type=FILE, help="Password of the key.")
def serve(
    *, cert: Path, key: Path, host: str, port: int, misbehave: str | None, password_file: Path | None
) -> None:
    """Answer requests of RFC 3161 over HTTP until interrupted."""
    server = _server(cert, key, password_file, host, port, misbehave)
    click.echo(f"Trial time-stamp server at {server.url} (Ctrl-C ends it)")
    try:
        server.serve()
    except KeyboardInterrupt:
        click.echo("Ended.")


def _server(
    cert: Path, key: Path, password_file: Path | None, host: str, port: int, misbehave: str | None
) -> "TrialTimestampServer":
    from gmseal.cli.key_options import load_private_key  # noqa: PLC0415 - see above
    from gmseal.sm.timestamps import TrialTimestampAuthority  # noqa: PLC0415 - see above
    from gmseal.sm.timestamps.trial_server import Misbehaviour, TrialTimestampServer  # noqa: PLC0415 - see above

    authority = TrialTimestampAuthority(read_certificate_file(cert), load_private_key(key, password_file))
    wrong = None if misbehave is None else Misbehaviour(misbehave)
    try:
        return TrialTimestampServer(authority, host=host, port=port, misbehaviour=wrong)
    except OSError as error:
        raise Refused("ADDRESS", f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error


@click.group()
def timestamp() -> None:
    """Time stamps over files: get one, look at one, judge one."""


@timestamp.command()
@click.argument("file", type=FILE)
@click.argument("out", type=FILE)
@click.option("--url", required=True, help="The time-stamp server.")
@click.option(
    "--digest", type=click.Choice(["sm3", "sha256", "sha384", "sha512"]), default="sm3", show_default=True
)
@click.option("--policy", help="Policy (an object identifier) that the stamp must follow.")
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=15.0, show_default=True, help="Seconds.")
def get(*, file: Path, out: Path, url: str, digest: str, policy: str | None, timeout: float) -> None:
    """Have a server stamp FILE and write the token (DER) to OUT."""
    from gmseal.sm.timestamps import HttpTimestampSource, read_token  # noqa: PLC0415 - see above

    check_new(out)
    source = HttpTimestampSource(url, digest=digest, policy=policy, timeout=timeout)
    token = source.stamp(read_input(file, "file"))
    write_output(out, token)
    click.echo(f"{out}: {read_token(token).info.time:%Y-%m-%d %H:%M:%S} UTC, {len(token)} bytes")


@timestamp.command()
@click.argument("token", type=FILE)
def show(*, token: Path) -> None:
    """What a token says, as JSON; nothing is verified."""
    from gmseal.sm.certificate_info import read_certificate  # noqa: PLC0415 - see above
    from gmseal.sm.timestamps import read_token  # noqa: PLC0415 - see above

    read = read_token(read_input(token, "time stamp"))
    authority = read.certificate
    show_json(
        {
            "time": read.info.time.isoformat().replace("+00:00", "Z"),
            "accuracy_seconds": None if read.info.accuracy is None else read.info.accuracy.total_seconds(),
            "policy": read.info.policy,
            "serial": f"{read.info.serial:x}",
            "digest_algorithm": read.info.imprint.algorithm,
            "digest": read.info.imprint.value.hex(),
            "nonce": None if read.info.nonce is None else f"{read.info.nonce:x}",
            "authority": None if authority is None else read_certificate(authority).subject,
        }
    )


@timestamp.command()
@click.argument("token", type=FILE)
@click.argument("file", type=FILE)
@click.option("--trust", type=FILE, help="Directory of trusted roots; GMSEAL_TRUST when left out.")
@click.option("--at", help="Judge as of this time (ISO 8601); now.")
@click.pass_context
def verify(context: click.Context, *, token: Path, file: Path, trust: Path | None, at: str | None) -> None:
    """Judge a token over FILE: ends with 0 good, 1 not good, 3 not known (no trusted root)."""
    from gmseal.judging.log import CheckLog  # noqa: PLC0415 - see above
    from gmseal.judging.timestamps import judge_timestamp  # noqa: PLC0415 - see above

    log = CheckLog("RFC 3161")
    judgement = judge_timestamp(
        log,
        "TIMESTAMP",
        read_input(token, "time stamp"),
        read_input(file, "file"),
        _trust(trust),
        parse_instant(at) or datetime.now(UTC),
    )
    for check in log.checks():
        click.echo(f"{check.result:<12}{check.code:<20}{check.zh if prefers_chinese() else check.en}")
    if judgement.time is not None:
        click.echo(f"{judgement.time:%Y-%m-%d %H:%M:%S} UTC")
    context.exit(_EXIT_STATUS[judgement.result])


def _trust(directory: Path | None) -> "TrustStore":
    from gmseal.trust import TrustStore  # noqa: PLC0415 - see above

    return TrustStore.from_environment() if directory is None else TrustStore.from_directory(directory)
