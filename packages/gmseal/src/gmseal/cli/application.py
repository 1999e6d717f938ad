"""The application object, and how errors become sentences and exit statuses."""

import os
import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from gmseal.cli.console import show_error
from gmseal.errors import GmsealError, Refused

_BROKEN_PIPE: Final = 141
"""128 and the number of SIGPIPE, as shells count."""
_COMMANDS: Final = {
    "keygen": "issuing.keygen",
    "csr": "issuing.csr",
    "cert": "issuing.cert",
    "seal": "issuing.seal",
    "renew": "renewing.renew",
    "picture": "pictures.picture",
    "inspect": "inspecting.inspect",
    "repair": "inspecting.repair",
    "sign": "signing.sign",
    "verify": "documents.verify",
    "sign-many": "batches.sign_many",
    "verify-many": "batches.verify_many",
    "render": "rendering.render",
    "bench": "bench.bench",
    "crl": "revoking.crl",
    "tsa": "timestamping.tsa",
    "timestamp": "timestamping.timestamp",
}
"""Module and function of every command; a module is loaded for its own commands and for the overview of all."""


class _Commands(click.Group):
    """Loads commands when they are asked for, and turns the library's errors, and the system's about files, into
    one line and a status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, in the order of the alphabet."""
        del ctx  # The same in every context.
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None when there is none."""
        del ctx  # As above.
        if cmd_name not in self.commands and cmd_name in _COMMANDS:
            module, _, function = _COMMANDS[cmd_name].partition(".")
            self.add_command(getattr(import_module(f"gmseal.cli.{module}"), function))
        return self.commands.get(cmd_name)

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
        except BrokenPipeError:
            return _end_unread()
        except OSError as error:
            show_error("FILE", f"{error.filename or 'A file'}: {error.strerror or error}.")
            status = 2
        return ctx.exit(status)


def _end_unread() -> NoReturn:
    """Whoever read the output has had enough: the end is that of a program killed by a broken pipe, without a word."""
    # What Python still holds goes nowhere, or its last flush would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(_BROKEN_PIPE)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gmseal", prog_name="gmseal")
def app() -> None:
    """Electronic seals to the Chinese national standards: make, use, verify."""
