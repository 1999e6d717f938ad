"""A page from the back to the front: templates, layers, annotations, stamps (GB/T 33190-2016, 7.6 and 7.7)."""

from lxml import etree

from gmseal.errors import GmsealError
from gmseal.ofd import markup
from gmseal.ofd.package import OfdDocument, Package
from gmseal.ofd.render.budget import Budget
from gmseal.ofd.render.fonts import FontBook
from gmseal.ofd.render.geometry import rectangle, shift
from gmseal.ofd.render.objects import ObjectReader, layer_rank
from gmseal.ofd.render.resources import Resources
from gmseal.ofd.render.scene import Clip, Group, Item, Scene
from gmseal.ofd.render.seals import SealReader
from gmseal.ofd.render.style import flag


class DocumentReader:
    """Reads the pages of one document; what they share is read once."""

    def __init__(self, package: Package, document: OfdDocument, budget: Budget, nested: int = 0) -> None:
        """``nested`` says how many documents this one lies within."""
        self.package = package
        self.document = document
        self.budget = budget
        self.resources = Resources(package, document, budget)
        self.objects = ObjectReader(self.resources, FontBook(self.resources), {})
        self.seals = SealReader(package, budget, _nested_scene, nested)

    def page(self, index: int) -> etree._Element:
        """The content of one page, whose own resources are known from then on. Raises ``MalformedInput``."""
        path = self.document.pages[index].path
        root = self.package.parse(path)
        for listed in markup.children(root, "PageRes"):
            self.resources.add_file(markup.text(listed), path)
        return root

    def scene(self, index: int) -> Scene:
        """One page. Raises ``Refused`` (``PAGE_MISSING``, ``RENDER_LIMIT``) and ``MalformedInput``."""
        box = self.package.page_box(self.document, index)
        page = self.document.pages[index]
        root = self.page(index)
        items: list[Item] = []
        for layer in self.layers(root):
            items += self.objects.block(layer, markup.attribute(layer, "DrawParam"))
        items += self._annotations(page.id)
        items += self.seals.stamps(self.document, page.id)
        return Scene(box.width, box.height, tuple(items))

    def layers(self, page: etree._Element) -> list[etree._Element]:
        """The layers that make up a page from the back to the front, those of its templates included."""
        below, above = self._templates(page)
        return [*below, *_layers_in(page), *above]

    def _templates(self, page: etree._Element) -> tuple[list[etree._Element], list[etree._Element]]:
        """What templates put behind and before the page's own layers."""
        below: list[etree._Element] = []
        above: list[etree._Element] = []
        for used in list(markup.children(page, "Template"))[:64]:
            path = self.document.templates.get(markup.attribute(used, "TemplateID") or "")
            if path is None or path not in self.package.archive:
                self.budget.note("TEMPLATE_MISSING", markup.attribute(used, "TemplateID") or "")
                continue
            try:
                root = self.package.parse(path)
            except GmsealError:
                self.budget.note("TEMPLATE_UNREADABLE", path)
                continue
            for listed in markup.children(root, "PageRes"):
                self.resources.add_file(markup.text(listed), path)
            front = markup.attribute(used, "ZOrder") == "Foreground"
            (above if front else below).extend(_layers_in(root))
        return below, above

    def _annotations(self, page_id: str) -> list[Item]:
        items: list[Item] = []
        try:
            listing = self._located(
                markup.child_text(self.resources.root, "Annotations"), self.document.root_path
            )
            if listing is None:
                return []
            for entry in markup.children(self.package.parse(listing), "Page"):
                if markup.attribute(entry, "PageID") == page_id:
                    file = self._located(markup.child_text(entry, "FileLoc"), listing)
                    if file is not None:
                        items += self._appearances(self.package.parse(file))
        except GmsealError as error:
            if getattr(error, "reason", "") == "RENDER_LIMIT":
                raise
            self.budget.note("ANNOTATIONS_UNREADABLE")
        return items

    def _located(self, location: str | None, naming_file: str) -> str | None:
        path = self.package.locate(location, naming_file)
        return path if path is not None and path in self.package.archive else None

    def _appearances(self, root: etree._Element) -> list[Item]:
        items: list[Item] = []
        for annotation in markup.children(root, "Annot"):
            appearance = markup.child(annotation, "Appearance")
            if appearance is None or not flag(markup.attribute(annotation, "Visible"), default=True):
                continue
            drawn = self.objects.block(appearance, None)
            box = markup.box(markup.attribute(appearance, "Boundary"))
            if drawn and box is not None:
                clip = Clip((rectangle(box.x, box.y, box.width, box.height),))
                items.append(Group(drawn, shift(box.x, box.y), (clip,)))
            else:
                items += drawn
        return items


def _layers_in(page: etree._Element) -> list[etree._Element]:
    content = markup.child(page, "Content")
    return [] if content is None else sorted(markup.children(content, "Layer"), key=layer_rank)


def _nested_scene(package: Package, document: OfdDocument, index: int, budget: Budget, nested: int) -> Scene:
    return DocumentReader(package, document, budget, nested).scene(index)
