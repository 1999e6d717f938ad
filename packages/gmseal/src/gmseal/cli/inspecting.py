"""gmseal inspect | repair: a look at a document before it is sealed, and a sound copy of a damaged PDF."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import FILE, check_new, show_json
from gmseal.named_paths import check_file

if TYPE_CHECKING:
    from gmseal.placement import FoundText

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


@click.command()
@click.argument("file", type=FILE)
@click.option("--keyword", help="Also say where this text stands.")
@click.option(
    "--document",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="OFD: which document is searched.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON; pages and places in mm.")
def inspect(*, file: Path, keyword: str | None, document: int, as_json: bool) -> None:
    """Show the pages of a PDF or OFD in mm, how often it is signed, and where a text stands."""
    from gmseal.batch.documents import is_package, start_of  # noqa: PLC0415 - see above

    package = is_package(start_of(file), file)
    said = _of_package(file) if package else _of_pdf(file)
    if keyword is not None:
        said["places"] = [
            {
                "page": one.page + 1,
                "x": round(one.x_mm, 2),
                "y": round(one.y_mm, 2),
                "width": round(one.width_mm, 2),
                "height": round(one.height_mm, 2),
            }
            for one in _places(file, keyword, document if package else None)
        ]
    if as_json:
        show_json(said)
        return
    for line in _lines(said):
        click.echo(line)


@click.command()
@click.argument("file", type=FILE)
@click.argument("out", type=FILE)
def repair(*, file: Path, out: Path) -> None:
    """Write a sound copy of a damaged PDF that nobody has signed; what was lost is listed."""
    from gmseal.pdf import repair_pdf  # noqa: PLC0415 - see above

    check_file(file)
    check_new(out)
    info = repair_pdf(file, out)
    click.echo(f"{out}: {len(info.pages)} pages")


def _of_package(file: Path) -> dict[str, object]:
    from gmseal.ofd import inspect_ofd  # noqa: PLC0415 - see above

    info = inspect_ofd(file)
    pages = [
        {
            "document": page.document + 1,
            "page": page.page + 1,
            "width": page.width_mm,
            "height": page.height_mm,
        }
        for page in info.pages
    ]
    return {"kind": "ofd", "title": info.title, "signatures": info.signature_count, "pages": pages}


def _of_pdf(file: Path) -> dict[str, object]:
    from gmseal.pdf import inspect_pdf  # noqa: PLC0415 - see above

    check_file(file)
    info = inspect_pdf(file)
    pages = [
        {"page": number, "width": round(page.width_mm, 2), "height": round(page.height_mm, 2)}
        for number, page in enumerate(info.pages, 1)
    ]
    return {"kind": "pdf", "damage": info.damage, "signatures": info.signature_count, "pages": pages}


def _places(file: Path, keyword: str, document: int | None) -> "tuple[FoundText, ...]":
    if document is not None:
        from gmseal.ofd import find_text as find_in_ofd  # noqa: PLC0415 - see above

        return find_in_ofd(file, keyword, document=document - 1)
    from gmseal.pdf import find_text  # noqa: PLC0415 - see above

    return find_text(file, keyword)


def _lines(said: dict[str, object]) -> Iterator[str]:
    for name, value in said.items():
        if isinstance(value, list):
            for one in value:
                yield f"{name}: " + ", ".join(f"{key} {what:g}" for key, what in one.items())
        elif value is not None:
            yield f"{name}: {value}"
