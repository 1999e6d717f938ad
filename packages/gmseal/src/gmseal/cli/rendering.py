"""gmseal render: pages of an OFD document as pictures or PDF."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import FILE, check_new, write_output
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.ofd.render import Unsupported

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


@click.command()
@click.argument("source", type=FILE)
@click.argument("out", type=FILE)
@click.option(
    "--page", type=click.IntRange(min=1), default=1, show_default=True, help="The page of a picture."
)
@click.option("--dpi", type=float, default=150, show_default=True, help="Resolution of a PNG.")
@click.option(
    "--document",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Which document of the package.",
)
def render(*, source: Path, out: Path, page: int, dpi: float, document: int) -> None:
    """Draw a page of an OFD document into OUT (.png or .svg), or all of them (.pdf).

    What could not be drawn as the file says is listed on standard error.
    """
    from gmseal.batch.documents import start_of  # noqa: PLC0415 - see above
    from gmseal.ofd import open_package  # noqa: PLC0415 - see above
    from gmseal.ofd.render import render_page, render_pdf  # noqa: PLC0415 - see above

    kind = out.suffix.lower()
    if kind not in {".png", ".svg", ".pdf"}:
        raise Refused("FORMAT", "Pages are rendered into a .png, .svg or .pdf file.")
    check_new(out)
    if b"%PDF-" in start_of(source):
        raise Refused("FORMAT", f"{source} is a PDF, which any reader shows; pages of OFD are rendered.")
    package = open_package(source)
    if kind == ".pdf":
        notes = render_pdf(package, out, document=document - 1)
        count = len(package.document(document - 1).pages)
        click.echo(f"{out}: {count} {'page' if count == 1 else 'pages'}")
    else:
        drawn = render_page(package, page - 1, dpi, document=document - 1)
        write_output(out, drawn.png if kind == ".png" else drawn.svg.encode("utf-8"))
        click.echo(f"{out}: page {page}, {drawn.width_mm:g} x {drawn.height_mm:g} mm")
        notes = drawn.unsupported
    _show(notes)


def _show(notes: "tuple[Unsupported, ...]") -> None:
    for note in notes:
        times = f" ({note.count} times)" if note.count > 1 else ""
        click.echo(f"gmseal: not drawn as it stands: {note.code} {note.detail}{times}", err=True)
