"""The application object, and how errors become sentences and exit statuses."""

from typing import Any

import click

from gmseal.cli import (
    batches,
    bench,
    documents,
    inspecting,
    issuing,
    pictures,
    rendering,
    renewing,
    revoking,
    timestamping,
)
from gmseal.cli.console import show_error
from gmseal.errors import GmsealError, Refused


class _ErrorsAsSentences(click.Group):
    """Turns the library's errors, and the system's about files, into one line and a status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Refused as error:
            show_error(error.reason, str(error))
            status = 1
        except GmsealError as error:
            show_error(error.code, str(error))
            status = 2
        except OSError as error:
            show_error("FILE", f"{error.filename or 'A file'}: {error.strerror or error}.")
            status = 2
        return ctx.exit(status)


@click.group(cls=_ErrorsAsSentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gmseal", prog_name="gmseal")
def app() -> None:
    """Electronic seals to the Chinese national standards: make, use, verify."""


app.add_command(issuing.keygen)
app.add_command(issuing.csr)
app.add_command(issuing.cert)
app.add_command(issuing.seal)
app.add_command(renewing.renew)
app.add_command(pictures.picture)
app.add_command(inspecting.inspect)
app.add_command(inspecting.repair)
app.add_command(documents.sign)
app.add_command(documents.verify)
app.add_command(batches.sign_many)
app.add_command(batches.verify_many)
app.add_command(rendering.render)
app.add_command(bench.bench)
app.add_command(revoking.crl)
app.add_command(timestamping.tsa)
app.add_command(timestamping.timestamp)
