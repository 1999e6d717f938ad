"""gmseal renew: a seal made anew because its signers have new certificates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import FILE, read_certificate_file, read_input, write_output
from gmseal.cli.key_options import KeySource, key_options
from gmseal.cli.timestamping import stamped

if TYPE_CHECKING:
    from gmseal.sm.timestamps import HttpTimestampSource


@click.command()
@click.argument("seal", type=FILE)
@click.argument("out", type=FILE)
@click.option("--signer-cert", type=FILE, multiple=True, required=True, help="A new certificate; repeatable.")
@click.option("--maker-cert", type=FILE, required=True, help="The seal maker's certificate.")
@key_options("maker-key", "The seal maker's private key")
@click.option(
    "--previous-cert", type=FILE, multiple=True, help="A listed certificate, for a seal that lists digests."
)
@click.option("--trust", type=FILE, help="Check the maker against this directory of roots and lists first.")
@stamped
def renew(
    *,
    seal: Path,
    out: Path,
    signer_cert: tuple[Path, ...],
    maker_cert: Path,
    maker_key: KeySource,
    previous_cert: tuple[Path, ...],
    trust: Path | None,
    timestamps: "HttpTimestampSource | None",
) -> None:
    """Renew a seal: list and creation time change, nothing else; the maker signs."""
    # What a command does not need is imported inside it: `gmseal verify` must start quickly.
    from gmseal.ses.seal import read_seal, renew_seal  # noqa: PLC0415 - see above
    from gmseal.trust import TrustStore  # noqa: PLC0415 - see above

    made = renew_seal(
        read_input(seal, "seal"),
        [read_certificate_file(path) for path in signer_cert],
        read_certificate_file(maker_cert),
        maker_key.signer(),
        created_at=datetime.now(UTC),
        previous_certificates=[read_certificate_file(path) for path in previous_cert],
        trust=TrustStore.from_directory(trust) if trust else None,
        timestamps=timestamps,
    )
    write_output(out, made)
    click.echo(f"{out}: {read_seal(made).name} renewed, {len(made)} bytes")
