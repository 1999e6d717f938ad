"""The application: every command under its name."""

import io
import sys

import typer

from evidencelog.cli import running, verifying, vouching

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="存证日志核验 · Check what an evidence log says, offline.",
)


@app.callback()
def prepare() -> None:
    """Let the output survive a terminal that cannot show Chinese."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


for command in (verifying.verify, verifying.show, verifying.keygen, running.serve, running.audit):
    app.command()(command)
app.command(name="import")(running.import_file)
app.command()(running.recover)
app.command()(running.reconcile)
app.command()(vouching.witness)
app.command()(vouching.monitor)
