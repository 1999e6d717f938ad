"""Finds what belongs together in a small black and white preview of a scan."""

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True, slots=True)
class Box:
    """A box in pixels; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """As Pillow takes it."""
        return self.left, self.top, self.right, self.bottom

    def near(self, other: "Box", gap: int) -> bool:
        """True when the boxes overlap or are not further apart than ``gap``."""
        across = self.left - gap < other.right and other.left - gap < self.right
        return across and self.top - gap < other.bottom and other.top - gap < self.bottom

    def joined(self, other: "Box") -> "Box":
        """The box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def scaled(self, across: float, down: float, *, within: tuple[int, int], margin: float) -> "Box":
        """The box in a larger picture, with a margin, cut to that picture."""
        return Box(
            max(0, int(self.left * across - margin)),
            max(0, int(self.top * down - margin)),
            min(within[0], round(self.right * across + margin)),
            min(within[1], round(self.bottom * down + margin)),
        )


def red_regions(preview: Image.Image) -> list[Box]:
    """Boxes of the connected white areas, joined where they overlap or nearly touch, largest first.

    The characters inside a ring lie in the ring's box and become one with it. Areas of two pixels or fewer
    are dust. The preview is small (a few hundred pixels a side), so time is bounded by its size.
    """
    gap = max(2, max(preview.size) // 100)
    boxes = _join([box for box, count in _components(preview) if count > 2], gap)
    return sorted(boxes, key=lambda box: box.width * box.height, reverse=True)


def _components(preview: Image.Image) -> list[tuple[Box, int]]:
    width, height = preview.size
    pixels = bytearray(preview.convert("L").tobytes())
    found = []
    for start in range(width * height):
        if not pixels[start]:
            continue
        pixels[start] = 0
        stack, count = [start], 0
        left, top, right, bottom = width, height, 0, 0
        while stack:
            here = stack.pop()
            y, x = divmod(here, width)
            count += 1
            left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
            for near in _neighbours(x, y, width, height):
                if pixels[near]:
                    pixels[near] = 0
                    stack.append(near)
        found.append((Box(left, top, right + 1, bottom + 1), count))
    return found


def _neighbours(x: int, y: int, width: int, height: int) -> list[int]:
    columns = range(max(0, x - 1), min(width, x + 2))
    return [row * width + column for row in range(max(0, y - 1), min(height, y + 2)) for column in columns]


def _join(boxes: list[Box], gap: int) -> list[Box]:
    """Boxes joined until none is near another; large ones first, so that few rounds are needed."""
    waiting = sorted(boxes, key=lambda box: box.width * box.height)
    result: list[Box] = []
    while waiting:
        box = waiting.pop()
        near = [other for other in result if box.near(other, gap)]
        if not near:
            result.append(box)
            continue
        for other in near:
            result.remove(other)
            box = box.joined(other)
        waiting.append(box)
    return result
