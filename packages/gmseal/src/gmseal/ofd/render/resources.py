"""What pages refer to by id: fonts, drawing parameters, colour spaces, media, vector graphics (chapter 7.9)."""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from gmseal.errors import GmsealError
from gmseal.ofd import markup
from gmseal.ofd.package import OfdDocument, Package
from gmseal.ofd.render.budget import Budget

_KINDS: Final = {
    "Fonts": "Font",
    "DrawParams": "DrawParam",
    "ColorSpaces": "ColorSpace",
    "MultiMedias": "MultiMedia",
    "CompositeGraphicUnits": "CompositeGraphicUnit",
}
_MAX_FILES: Final = 200


@dataclass(frozen=True, slots=True)
class Resource:
    """An element of a resource file, and where locations in it begin."""

    element: etree._Element
    file: str
    base: str | None


class Resources:
    """All resources that the pages of a document may use; ids are unique within a document (7.3)."""

    def __init__(self, package: Package, document: OfdDocument, budget: Budget) -> None:
        """Reads the resource files of the document; one that cannot be read is noted."""
        self.package = package
        self.budget = budget
        self._found: dict[tuple[str, str], Resource] = {}
        self._files: set[str] = set()
        root = package.parse(document.root_path)
        self.root = root
        common = markup.child(root, "CommonData")
        self.default_space = markup.child_text(common, "DefaultCS") if common is not None else None
        if common is not None:
            for name in ("PublicRes", "DocumentRes"):
                for listed in markup.children(common, name):
                    self.add_file(markup.text(listed), document.root_path)

    def add_file(self, location: str | None, naming_file: str) -> None:
        """Read a resource file, once."""
        try:
            path = self.package.locate(location, naming_file)
            if path is None or path in self._files or len(self._files) >= _MAX_FILES:
                return
            self._files.add(path)
            if path not in self.package.archive:
                # Products name resource files that they never write when there is nothing to put in.
                return
            root = self.package.parse(path)
        except GmsealError:
            self.budget.note("RESOURCE_UNREADABLE", location or "")
            return
        base = markup.attribute(root, "BaseLoc")
        for holder in root.iterchildren():
            kind = _KINDS.get(markup.local(holder))
            for element in markup.children(holder, kind) if kind is not None else ():
                identifier = markup.attribute(element, "ID")
                if kind is not None and identifier is not None:
                    self._found.setdefault((kind, identifier), Resource(element, path, base))

    def find(self, kind: str, identifier: str | None) -> Resource | None:
        """A resource such as ``Font``; None when there is none with this id."""
        return self._found.get((kind, identifier)) if identifier is not None else None

    def content(self, resource: Resource, location: str | None) -> bytes | None:
        """The file that a resource names; None when it is not there or cannot be read."""
        if location is None:
            return None
        places = (
            [location] if resource.base is None else [f"{resource.base.rstrip('/')}/{location}", location]
        )
        for place in places:
            try:
                path = self.package.locate(place, resource.file)
                if path is not None and path in self.package.archive:
                    return self.package.archive.read(path)
            except GmsealError:
                self.budget.note("RESOURCE_UNREADABLE", location)
                return None
        return None
