"""What happened to a file between two of its revisions: an allowed list, everything else is alteration.

An incremental update can replace any object. After a seal was put, only what a further signer needs may
be added: signature fields and their widgets, the marks of a further seal, validation data, document
metadata; and, where a certification says so, answers in form fields. Pages, their content, resources,
boxes and other annotations must stay exactly as they were.
"""

import re
from typing import Any, BinaryIO

import pikepdf

from gmseal.errors import Refused
from gmseal.pdf.additions import Addition, Closer, Closing, Comparison, Terms
from gmseal.pdf.damage import reading
from gmseal.pdf.expansion import octets_of
from gmseal.pdf.geometry import POINTS_PER_MM
from gmseal.pdf.page_reach import PageReach
from gmseal.pdf.revisions import COPY_LIMIT
from gmseal.pdf.sameness import is_moved, place_of, same, same_entry, same_value
from gmseal.pdf.source_text import Cut, cut_at
from gmseal.pdf.unseen import RawObjects
from gmseal.pdf.update_shapes import fits, is_appearance, is_undrawn

LARGEST_MARK_MM = 65.0
"""No seal is larger than 60 mm; a larger mark would be a page of its own laid over the page."""

_BLANK = rb"(?:[\x00\t\n\f\r ]|%[^\r\n]*[\r\n])+"
_LIKE_REFERENCE = re.compile(rb"([0-9]{1,18})" + _BLANK + rb"[0-9]+" + _BLANK + rb"R(?![0-9A-Za-z])")
_VOLATILE = frozenset({"/Size", "/Prev", "/ID", "/XRefStm", "/Info"}) | frozenset(
    {"/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms"}
)
_CATALOG_MAY = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version"})
_DSS_MAY = frozenset({"/Type", "/VRI", "/Certs", "/CRLs", "/OCSPs"})
_FORM_MAY = frozenset({"/Fields", "/SigFlags"})
_NEW_FORM_MAY = _FORM_MAY | {"/DR", "/DA"}
_MAX_DEPTH = 50
_ANSWERED = frozenset({"/Tx", "/Btn", "/Ch"})
_ANSWER_MAY = frozenset({"/V", "/AP", "/AS", "/M", "/I", "/RV"})
_FIELD_MAY = frozenset({"/V", "/AP", "/M", "/MK", "/F"})


def compare(
    file: BinaryIO,
    start: int,
    old: pikepdf.Pdf,
    new: pikepdf.Pdf,
    closing: Closing | None,
    terms: Terms,
) -> Comparison:
    """Compares two revisions of ``file``, the older one having ``start`` bytes.

    ``closing`` is the signature that covers everything that was added, ``None`` when nobody answers for
    it; then only what cannot be seen is allowed.
    """
    result = Comparison()
    try:
        with reading():
            _Comparer(file, start, old, new, closing, terms, result).run()
    except Refused:
        result.altered.append("The later revision cannot be read.")
    return result


class _Comparer:
    """One comparison; a method for each kind of object that may change."""

    def __init__(
        self,
        file: BinaryIO,
        start: int,
        old: pikepdf.Pdf,
        new: pikepdf.Pdf,
        closing: Closing | None,
        terms: Terms,
        result: Comparison,
    ) -> None:
        self.file, self.start = file, start
        self.before, self.after = old.get_xref_table(), new.get_xref_table()
        self.raw_before = RawObjects(file, old, self.before)
        self.raw_after = RawObjects(file, new, self.after)
        self.old, self.new, self.result = old, new, result
        self.closing, self.terms = closing, terms
        self.new_keys: set[tuple[int, int]] = set()
        self.root = old.trailer["/Root"].objgen
        form = old.Root.get("/AcroForm")
        self.form = place_of(form)
        self.fields = place_of(form.get("/Fields")) if isinstance(form, pikepdf.Dictionary) else None
        self.dss = place_of(old.Root.get("/DSS"))
        self.metadata = place_of(old.Root.get("/Metadata"))
        self.info = place_of(old.trailer.get("/Info"))
        self.pages = {page.obj.objgen: page.obj for page in old.pages}
        self.annotations = {place_of(page.get("/Annots")) for page in self.pages.values()} - {None}

    def run(self) -> None:
        changed = self._changed_keys()
        self._trailers()
        if [page.obj.objgen for page in self.old.pages] != [page.obj.objgen for page in self.new.pages]:
            self.altered("Pages were added, removed or exchanged.")
        beside = {self.root, self.form, self.fields, self.dss, self.info, self.metadata} | self.annotations
        suspects: set[tuple[int, int]] = set()
        for key in sorted(changed):
            before, after = self.old.get_object(key), self.new.get_object(key)
            if key in self.pages or not same(before, after):
                self._judge(key, before, after)
                suspects |= {key} & beside
            if after is None or self.raw_before.unseen(key) != self.raw_after.unseen(key):
                self.altered(f"Object {key[0]} {key[1]} was changed in a way that only some readers see.")
        self._captured(changed)
        self._drawn(suspects, frozenset(changed))

    def _drawn(self, suspects: set[tuple[int, int]], changed: frozenset[tuple[int, int]]) -> None:
        """What may change because no page is made of it must not be something of a page as well."""
        if not suspects or self.result.altered:
            return
        tree = place_of(self.old.Root.get("/Pages"))
        lists = {place for place in self.annotations if place is not None}
        reach = PageReach(self.raw_before, self.raw_after, changed, self.root, lists)
        reached = reach.numbers(tree, frozenset(self.pages))
        for number, generation in sorted(suspects):
            if number in reached:
                self.altered(f"Object {number} {generation} was changed, and a page is made of it as well.")

    def altered(self, sentence: str) -> None:
        if len(self.result.altered) < 20:
            self.result.altered.append(sentence)

    def added(self, addition: Addition) -> None:
        if addition not in self.result.added:
            self.result.added.append(addition)

    def _changed_keys(self) -> set[tuple[int, int]]:
        """Objects of the old revision whose place differs in the new one; new ones are noted aside."""
        before, after = self.before, self.after
        moved = {key for key, entry in after.items() if key in before and is_moved(before[key], entry)}
        self.new_keys = set(after) - set(before)
        for number, generation in set(before) - set(after):
            self.altered(f"Object {number} {generation} was removed.")
        streams = {number for number, _ in moved}
        inside = {
            key for key, entry in after.items() if entry.type == 2 and entry.obj_stream_number in streams
        }
        return moved | (inside & set(before))

    def _trailers(self) -> None:
        before, after = self.old.trailer, self.new.trailer
        if after["/Root"].objgen != self.root:
            self.altered("The catalog was exchanged.")
        for key in (set(before.keys()) | set(after.keys())) - _VOLATILE - {"/Root"}:
            if not same_entry(before, after, key):
                self.altered(f"The trailer entry {key} changed.")

    def _judge(self, key: tuple[int, int], before: Any, after: Any) -> None:
        if key == self.root:
            self._dictionary(before, after, _CATALOG_MAY, "catalog")
            self._catalog(before, after)
        elif key == self.form:
            self._form(before, after)
        elif key in self.pages:
            self._dictionary(before, after, frozenset({"/Annots"}), "page")
            self._grown(before.get("/Annots"), after.get("/Annots"), self._annotation, "annotations")
        elif key in self.annotations:
            self._grown(before, after, self._annotation, "annotations")
        elif key == self.fields:
            self._grown(before, after, self._field, "form fields")
        elif key == self.dss:
            self._validation_data(before, after)
        elif key in {self.info, self.metadata}:
            self._metadata(after)
        elif self._was_empty_signature_field(before):
            self._filled(before, after)
        elif self._answers(before, after):
            self.added(Addition.FORM_FILLING)
        else:
            self.altered(f"Object {key[0]} {key[1]} was changed.")

    def _dictionary(self, before: Any, after: Any, may: frozenset[str], what: str) -> None:
        if not isinstance(before, pikepdf.Dictionary) or not isinstance(after, pikepdf.Dictionary):
            self.altered(f"The {what} was replaced.")
            return
        for key in (set(before.keys()) | set(after.keys())) - may - self._unchanged(before, after):
            if not same_entry(before, after, key):
                self.altered(f"The entry {key} of the {what} was changed.")

    def _unchanged(self, before: Any, after: Any) -> set[str]:
        """Entries that stand in both revisions letter by letter; qpdf need not print those to compare them."""
        one, two = self._cut(self.before, before), self._cut(self.after, after)
        if one is None or two is None:
            return set()
        return {
            key.decode("latin-1")
            for key, (_, begin, end) in one.entries.items()
            if key in two.entries
            and one.text[begin:end] == two.text[two.entries[key][1] : two.entries[key][2]]
        }

    def _cut(self, table: dict[tuple[int, int], Any], item: Any) -> Cut | None:
        entry = table.get(item.objgen)
        return cut_at(self.file, entry.offset, item.objgen) if entry is not None and entry.type == 1 else None

    def _catalog(self, before: Any, after: Any) -> None:
        old_form, new_form = before.get("/AcroForm"), after.get("/AcroForm")
        if place_of(old_form) != place_of(new_form) or not same(old_form, new_form):
            self._form(old_form, new_form)
        self._shaped(before, after, _CATALOG_MAY, "catalog")
        if not same_entry(before, after, "/DSS"):
            self.added(Addition.VALIDATION_DATA)

    def _shaped(self, before: Any, after: Any, may: frozenset[str], what: str) -> None:
        """Entries that may change have a value of their own kind, whatever it says."""
        for key in sorted(may):
            if not fits(key, after.get(key)) and not same_entry(before, after, key):
                self.altered(f"The entry {key} of the {what} was changed to something else than that.")

    def _form(self, before: Any, after: Any) -> None:
        if not isinstance(after, pikepdf.Dictionary):
            self.altered("The form was removed.")
            return
        if before is None:
            for key in set(after.keys()) - _NEW_FORM_MAY:
                self.altered(f"A form with the entry {key} was added.")
            if not fits("/SigFlags", after.get("/SigFlags")):
                self.altered("A form was added whose entry /SigFlags is no number.")
            self._grown(None, after.get("/Fields"), self._field, "form fields")
            return
        self._dictionary(before, after, _FORM_MAY, "form")
        self._shaped(before, after, _FORM_MAY, "form")
        self._grown(before.get("/Fields"), after.get("/Fields"), self._field, "form fields")

    def _grown(self, before: Any, after: Any, judge: Any, what: str) -> None:
        """The new list begins with the old one; what follows is judged one by one."""
        lists = [value for value in (before, after) if value is not None]
        if not all(isinstance(value, pikepdf.Array) for value in lists):
            if not same_value(before, after):
                self.altered(f"The list of {what} was replaced.")
            return
        old, new = list(before or ()), list(after or ())
        if len(new) < len(old) or any(not same_value(*pair) for pair in zip(old, new, strict=False)):
            self.altered(f"The list of {what} was changed.")
            return
        for item in new[len(old) :]:
            judge(item)

    def _field(self, item: Any) -> None:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/FT") != "/Sig" or "/Kids" in item:
            self.altered("A form field was added that is no signature field.")
        elif not self._mine(item):
            self.altered("A signature field was added that no signature answers for.")

    def _mine(self, item: Any) -> bool:
        """A new signature field is the closing signature's own, or is still empty."""
        if self.closing is None or item.objgen not in self.new_keys:
            return False
        value = item.get("/V")
        return value is None or place_of(value) == self.closing.value

    def _annotation(self, item: Any) -> None:
        if (
            self.closing is None
            or not isinstance(item, pikepdf.Dictionary)
            or item.objgen not in self.new_keys
        ):
            self.altered("An annotation was added after sealing.")
            return
        subtype = item.get("/Subtype")
        if subtype == "/Widget" and item.get("/FT") == "/Sig" and self._mine(item):
            self._sized(item, self._signature())
        elif subtype == "/Stamp" and self.closing.closer is Closer.SEAL:
            self._sized(item, Addition.MARKS)
        else:
            self.altered("An annotation was added that does not belong to a further signature.")

    def _sized(self, item: Any, what: Addition) -> None:
        rectangle = item.get("/Rect")
        sides = [float(side) for side in rectangle] if isinstance(rectangle, pikepdf.Array) else []
        limit = LARGEST_MARK_MM * POINTS_PER_MM
        if len(sides) != 4 or max(abs(sides[2] - sides[0]), abs(sides[3] - sides[1])) > limit:
            self.altered("A mark was added later that is larger than any seal.")
        elif what is Addition.DOCUMENT_TIMESTAMP and (sides[2] != sides[0] and sides[3] != sides[1]):
            self.altered("A document time stamp was added that shows something.")
        else:
            self.added(what)
            self.result.shows = self.result.shows or (sides[2] != sides[0] and sides[3] != sides[1])

    def _validation_data(self, before: Any, after: Any) -> None:
        self._dictionary(before, after, _DSS_MAY, "validation data")
        if not fits("/DSS", after):
            self.altered("The validation data were replaced by something else.")
        self.added(Addition.VALIDATION_DATA)

    def _metadata(self, after: Any) -> None:
        """Names and dates only: an information dictionary must not be something that is drawn, too."""
        simple = isinstance(after, pikepdf.Dictionary) and all(
            not isinstance(value, (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream))
            for value in after.values()
        )
        described = isinstance(after, pikepdf.Stream) and after.get("/Type") == "/Metadata"
        if simple or described:
            self.added(Addition.METADATA)
        else:
            self.altered("The document metadata was replaced by something else.")

    @staticmethod
    def _was_empty_signature_field(before: Any) -> bool:
        return (
            isinstance(before, pikepdf.Dictionary)
            and before.get("/FT") == "/Sig"
            and before.get("/V") is None
        )

    def _filled(self, before: Any, after: Any) -> None:
        self._dictionary(before, after, _FIELD_MAY, "signature field")
        if self.closing is None or place_of(after.get("/V")) != self.closing.value:
            self.altered("A signature field was changed, but not by a further signature.")
        elif not is_appearance(after.get("/AP")) or not is_undrawn(after.get("/MK")):
            self.altered("The appearance of a signature field is none.")
        else:
            self._sized(after, self._signature())

    def _signature(self) -> Addition:
        stamp = self.closing is not None and self.closing.closer is Closer.TIMESTAMP
        return Addition.DOCUMENT_TIMESTAMP if stamp else Addition.SIGNATURE

    def _answers(self, before: Any, after: Any) -> bool:
        """Whether a form field was answered, and nothing else about it changed, where that is allowed."""
        if not isinstance(before, pikepdf.Dictionary) or not isinstance(after, pikepdf.Dictionary):
            return False
        if before.get("/FT") not in _ANSWERED or not self.terms.lets_fill(full_name(before)):
            return False
        changed = {
            key for key in set(before.keys()) | set(after.keys()) if not same_entry(before, after, key)
        }
        undrawn = all(is_undrawn(after.get(key)) for key in changed - {"/AP"})
        return changed <= _ANSWER_MAY and undrawn and is_appearance(after.get("/AP"))

    def _mentioned(self) -> bool:
        """Whether anything in the old bytes looks like a reference to a new number: a quick no, or perhaps."""
        if self.start > COPY_LIMIT:
            return True
        self.file.seek(0)
        texts = [self.file.read(self.start)]
        streams = {(entry.obj_stream_number or 0, 0) for entry in self.before.values() if entry.type == 2}
        texts += [octets_of(self.old.get_object(place)) for place in streams]
        numbers = {number for number, _ in self.new_keys}
        return any(_mentions(text, numbers) for text in texts)

    def _captured(self, changed: set[tuple[int, int]]) -> None:
        """Old objects that point to numbers which only the later revision defined.

        A file prepared like this shows nothing there when it is sealed, and anything later.
        """
        if not self.new_keys or not self._mentioned():
            return
        numbers = {number for number, _ in self.new_keys} - {number for number, _ in self.before}
        for key in set(self.after) - self.new_keys - changed:
            # By number alone, and from the bytes: some readers do not look at generations.
            if any(place[0] in numbers for _, place in self.raw_after.references(key)):
                self.altered(f"Object {key[0]} pointed to something that was only added after sealing.")


def full_name(node: Any) -> str:
    """The names of a field and of those above it, joined by periods (12.7.4.2)."""
    parts: list[str] = []
    for _ in range(_MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if isinstance(node.get("/T"), pikepdf.String):
            parts.append(str(node["/T"]))
        node = node.get("/Parent")
    return ".".join(reversed(parts))


def _mentions(text: bytes, numbers: set[int]) -> bool:
    """Whether a text may hold a reference to one of these objects.

    Looking for every reference costs 80 ns a byte; for the leading digits of a few numbers, hardly anything.
    """
    for start in {b"%d" % (number // 100 if number >= 1000 else number) for number in numbers}:
        position = text.find(start)
        while position >= 0:
            found = _LIKE_REFERENCE.match(text, position)
            if found is not None and int(found[1]) in numbers:
                return True
            position = text.find(start, position + 1)
    return False
