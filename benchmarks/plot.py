"""A line plot as SVG, legible in black and white print: no more than the documents need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 360, 60, 46, 40
_DASHES = ("", "6 4", "2 3")


def write_line_plot(
    path: Path, *, title: str, xs: Sequence[float], series: Mapping[str, Sequence[float]], x_label: str
) -> None:
    """Draw up to three series over the same ``xs``, from zero upwards."""
    top = max(max(values) for values in series.values()) * 1.1 or 1.0
    right = max(xs) or 1.0

    def place(x: float, y: float) -> str:
        across = _LEFT + x / right * (_WIDTH - _LEFT - 20)
        return f"{across:.1f},{_HEIGHT - _BOTTOM - y / top * (_HEIGHT - _BOTTOM - _TOP):.1f}"

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="#1F2329"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    )
    parts = [
        head,
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(title)}</text>',
    ]
    for step in range(5):
        y = top * step / 4
        across, up = place(0, y).split(",")
        parts.append(f'<path d="M{across} {up}H{_WIDTH - 20}" stroke="#E3E5E8"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{float(up) + 4}" text-anchor="end">{y:.3g}</text>')
        x = right * step / 4
        parts.append(
            f'<text x="{place(x, 0).split(",")[0]}" y="{_HEIGHT - 24}" text-anchor="middle">{x:,.0f}</text>'
        )
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    for number, (name, values) in enumerate(series.items()):
        points = " ".join(place(x, y) for x, y in zip(xs, values, strict=True))
        dash = f' stroke-dasharray="{_DASHES[number]}"' if _DASHES[number] else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="#1D4E89" stroke-width="2"{dash}/>')
        at = 260 + number * 200
        parts.append(f'<path d="M{at} 16h28" stroke="#1D4E89" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{at + 34}" y="20">{escape(name)}</text>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n</svg>\n", encoding="utf-8")
