"""The application object, and how errors become sentences and exit statuses."""

from typing import Any

import typer
from typer.core import TyperGroup

from gmseal.cli import bench, documents, issuing
from gmseal.cli.console import show_error
from gmseal.errors import GmsealError, Refused


class _ErrorsAsSentences(TyperGroup):
    """Turns the library's errors, and the system's about files, into one line and a status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Refused as error:
            show_error(error.reason, str(error))
            raise typer.Exit(1) from error
        except GmsealError as error:
            show_error(error.code, str(error))
        except OSError as error:
            show_error("FILE", f"{error.filename or 'A file'}: {error.strerror or error}.")
        raise typer.Exit(2)


app = typer.Typer(
    cls=_ErrorsAsSentences,
    name="gmseal",
    help="Electronic seals to the Chinese national standards: make, use, verify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(issuing.keygen)
app.command()(issuing.cert)
app.command()(issuing.seal)
app.command()(documents.sign)
app.command()(documents.verify)
app.command()(bench.bench)
