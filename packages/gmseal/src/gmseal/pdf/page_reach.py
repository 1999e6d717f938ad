"""Which objects of a file the pages are made of: everything that hangs below the page tree.

An update may change the catalog, the form, validation data and metadata, because nothing of them is drawn.
A file can be prepared so that one of these is something of a page as well: its resources, its content, the
state of an appearance. Whether it is, is read from the bytes and by number alone (see ``unseen``).
"""

from collections.abc import Iterable, Iterator

from gmseal.pdf.unseen import Place, RawObjects

_REFERENCE = b"/Reference"
"""A signature names the catalog there, in a list, as what its lock is about (12.8.2.4): a page leads to it by its
widget, which makes no resources or appearances of it."""


class PageReach:
    """The objects that the pages of two successive revisions lead to, taken together."""

    def __init__(
        self,
        before: RawObjects,
        after: RawObjects,
        changed: frozenset[Place],
        catalog: Place,
        lists: Iterable[Place],
    ) -> None:
        """``lists`` are arrays of annotations: they hang below their pages by right, and only so.

        Objects of the older revision that are not ``changed`` say the same in the newer one.
        """
        self._before, self._after, self._changed = before, after, changed
        self._catalog = catalog
        self._lists = {place[0] for place in lists}
        self._told_by_key = self._lists | {catalog[0]}
        self._keys: dict[int, set[Place]] = {}
        for place in (*before.places(), *after.places()):
            self._keys.setdefault(place[0], set()).add(place)

    def numbers(self, tree: Place | None, pages: frozenset[Place]) -> set[int]:
        """Object numbers below the page tree ``tree`` (``None``: it stands in the catalog) and its ``pages``."""
        reached = {place[0] for place in (pages if tree is None else pages | {tree})}
        if tree is None:
            for raw in (self._before, self._after):
                reached |= {to for key, (to, _) in raw.references(self._catalog) if key in {b"", b"/Pages"}}
        listed: set[int] = set()
        waiting = list(reached)
        while waiting:
            for place in self._keys.get(waiting.pop(), ()):
                for key, number in self._from(place):
                    # A page whose entries cannot be told apart (no key) has its list by right, too.
                    by_right = number in self._lists and place in pages and key in {b"/Annots", b""}
                    known = listed if by_right else reached
                    if number not in known:
                        known.add(number)
                        waiting.append(number)
        return reached

    def _from(self, place: Place) -> Iterator[tuple[bytes, int]]:
        revisions = (self._before, self._after) if place in self._changed else (self._before,)
        revisions = revisions if self._before.has(place) else (self._after,)
        for raw in revisions:
            plain = raw.numbers(place)
            if plain is not None and not plain & self._told_by_key:
                yield from ((b"", number) for number in plain)
                continue
            for key, (number, _) in raw.references(place):
                stated = key == _REFERENCE and number == self._catalog[0]
                if not stated or not raw.states_transformations(place, key):
                    yield key, number
