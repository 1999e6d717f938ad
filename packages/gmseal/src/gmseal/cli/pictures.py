"""gmseal picture draw | from-scan: seal pictures without a seal around them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import FILE, read_input, write_output
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.picture import SealFace

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


@click.group()
def picture() -> None:
    """Seal pictures: drawn to the regulations, or taken from a scan of an imprint."""


def face_for(
    kind: str,
    text: str,
    *,
    code: str | None = None,
    words: str | None = None,
    number: int | None = None,
    taxpayer_number: str | None = None,
    suffix: str = "",
    white_on_red: bool = False,
    trial: bool = False,
) -> "SealFace":
    """The face that the options of a command describe. Raises ``Refused``."""
    from gmseal.picture import (  # noqa: PLC0415 - see above
        FaceKind,
        NameSuffix,
        arrange_name,
        face_of_kind,
    )

    if kind not in list(FaceKind):
        raise Refused("FACE", f"There is no face {kind!r}; there are {', '.join(FaceKind)}.")
    columns: tuple[str, ...] = ()
    if kind == FaceKind.PERSONAL_NAME and len(text) <= 8:
        arranged = arrange_name(text, NameSuffix(suffix))
        text, columns = arranged.text, arranged.columns
    elif suffix:
        raise Refused("FACE", "A suffix is for the name seal of a person.")
    return face_of_kind(
        FaceKind(kind),
        text,
        code=code,
        taxpayer_number=taxpayer_number,
        sequence=number,
        words=words,
        columns=columns,
        white_on_red=white_on_red,
        trial_mark=trial,
    )


@picture.command()
@click.argument("out", type=FILE)
@click.option("--kind", required=True, help="The kind of seal, such as limited_company.")
@click.option("--text", required=True, help="The name on the face.")
@click.option("--code", help="Seal code of 13 or 14 digits.")
@click.option("--words", help="Words below the centre, instead of the kind's own.")
@click.option("--number", type=int, help="Number of this seal among several of its kind.")
@click.option("--taxpayer-number", help="Number in the middle of an invoice seal.")
@click.option(
    "--suffix",
    type=click.Choice(["", "印", "之印", "印章"]),
    default="",
    help="What follows a person's name.",
)
@click.option("--white-on-red", is_flag=True, help="Characters cut out of red, on square faces.")
@click.option("--trial", is_flag=True, help="Put the trial mark on the face.")
@click.option("--dpi", type=int, default=300, show_default=True, help="Resolution of a PNG.")
def draw(
    *,
    out: Path,
    kind: str,
    text: str,
    code: str | None,
    words: str | None,
    number: int | None,
    taxpayer_number: str | None,
    suffix: str,
    white_on_red: bool,
    trial: bool,
    dpi: int,
) -> None:
    """Draw a seal face into OUT: SVG when its name ends so, PNG otherwise."""
    from gmseal.picture import draw_svg, render_png  # noqa: PLC0415 - see above

    face = face_for(
        kind,
        text,
        code=code,
        words=words,
        number=number,
        taxpayer_number=taxpayer_number,
        suffix=suffix,
        white_on_red=white_on_red,
        trial=trial,
    )
    svg = draw_svg(face)
    write_output(out, svg.encode("utf-8") if out.suffix.lower() == ".svg" else render_png(svg, dpi))
    click.echo(f"{out}: {float(face.width_mm):g} x {float(face.height_mm):g} mm")


@picture.command("from-scan")
@click.argument("scan", type=FILE)
@click.argument("out", type=FILE)
@click.option("--dpi", type=float, help="Resolution of the scan; the file's own when left out.")
@click.option("--width", type=float, help="Width of the imprint in mm, instead of --dpi.")
@click.option("--height", type=float, help="Height of the imprint in mm.")
@click.option("--deskew", is_flag=True, help="Turn a tilted imprint upright.")
@click.option("--output-dpi", type=int, help="Resolution of the picture; the scan's own when left out.")
def from_scan(
    *,
    scan: Path,
    out: Path,
    dpi: float | None,
    width: float | None,
    height: float | None,
    deskew: bool,
    output_dpi: int | None,
) -> None:
    """Take the one red imprint in SCAN as a transparent PNG."""
    from gmseal.picture import picture_from_scan  # noqa: PLC0415 - see above

    made = picture_from_scan(
        read_input(scan, "scan"),
        dpi=dpi,
        width_mm=width,
        height_mm=height,
        deskew=deskew,
        output_dpi=output_dpi,
    )
    write_output(out, made.png)
    turned = f", turned by {made.turned_degrees:g}°" if made.turned_degrees else ""
    click.echo(f"{out}: {made.width_mm:.1f} x {made.height_mm:.1f} mm{turned}")
