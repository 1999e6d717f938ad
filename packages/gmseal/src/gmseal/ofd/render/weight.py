"""How much painting a scene asks for, judged before a renderer that cannot be interrupted begins.

The renderer's time grows with the area it fills; every clip and every fading of a group costs as much as filling
the page once, because it is drawn on a sheet of its own.
"""

from gmseal.errors import Refused
from gmseal.ofd.render.geometry import IDENTITY, Bounds, Matrix, Outline
from gmseal.ofd.render.scene import Item, Picture, Scene, Shape


class _Scale:
    """Adds up painted areas in pages."""

    def __init__(self, scene: Scene) -> None:
        self._page = Bounds(0, 0, scene.width, scene.height)
        self._kept: dict[Outline, Bounds | None] = {}
        self.total = 0.0

    def weigh(self, items: tuple[Item, ...], matrix: Matrix) -> None:
        for item in items:
            if isinstance(item, Shape):
                bounds = self._bounds(item.outline)
                width = item.stroke.width if item.stroke is not None else 0.0
                if bounds is not None:
                    self._add(bounds.grown(width), matrix.after(item.matrix))
            elif isinstance(item, Picture):
                self._add(Bounds(0, 0, 1, 1), matrix.after(item.matrix))
            else:
                self.total += len(item.clips) + (item.alpha < 1)
                self.weigh(item.items, matrix.after(item.matrix))

    def _bounds(self, outline: Outline) -> Bounds | None:
        if outline not in self._kept:
            self._kept[outline] = outline.bounds()
        return self._kept[outline]

    def _add(self, bounds: Bounds, matrix: Matrix) -> None:
        self.total += bounds.transformed(matrix).shared(self._page) / self._page.area


def check_weight(scene: Scene, max_pages: float) -> None:
    """Raises ``Refused`` (``RENDER_LIMIT``) when the scene paints more than so many times its own area."""
    scale = _Scale(scene)
    scale.weigh(scene.items, IDENTITY)
    if not scale.total <= max_pages:
        raise Refused("RENDER_LIMIT", f"The page would be painted over more than {max_pages:g} times.")
