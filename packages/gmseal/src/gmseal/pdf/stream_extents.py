"""Where the objects and streams of a file end, read from its bytes.

qpdf looks at the end of a stream only when it reads it, and readers disagree about a wrong Length: a stream of a
file that states more bytes than it has grows over whatever is appended, a signature value included, whose digits
nobody signs. So a file that is sealed must have none, and no object of a signed file may reach into the gap of a
byte range but the one that the value belongs to (ISO 32000-1, 7.3.8.2 and 12.8.1).

Objects count that the newest cross-references name, and those that an older table names. In a hybrid file a reader
that knows no cross-reference streams (7.5.8.4) goes by the tables alone and shows some of the latter. Objects that
only an older cross-reference stream names are read by nobody: who reads that stream reads the newer ones first.
"""

import io
import mmap
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO, Final, NamedTuple

from gmseal.pdf.offsets import OBJECTS_HELD, Place, let_go

Bytes = bytes | mmap.mmap

# A group is repeated greedily, its parts atomic, never possessively: before Python 3.11.5, Debian 12's own among them, a
# possessive repetition of alternatives misses what it should match. The parts exclude each other, so nothing is tried
# twice; the bounds keep the memory of long repetitions small, and what goes beyond is stepped over in further matches.
_PIECES = 20_000
_BLANK = rb"[\x00\t\n\f\r ]"
_REGULAR = rb"[^\x00\t\n\f\r ()<>\[\]{}/%]"
_STRING = (
    rb"\((?:(?>[^()\\]++|\\.|\((?:(?>[^()\\]++|\\.|\((?:(?>[^()\\]++|\\.)){0,999}\))){0,999}\))){0,20000}\)"
)
_STOP = rb"(?:endobj|stream|obj|endstream|xref|trailer|startxref)(?!" + _REGULAR + rb")"
_RUN = rb"[\x00\t\n\f\r \[\]{}0-9.+\-]"
# Blanks, numbers and references are taken together with what they follow: fewer turns of the loop for the same text.
_PIECE = (
    rb"(?:/" + _REGULAR + rb"*+|<<|>>)" + _RUN + rb"*+(?:R(?!" + _REGULAR + rb")" + _RUN + rb"*+)?"
    rb"|" + _RUN + rb"++|<[0-9A-Fa-f\x00\t\n\f\r ]{0,256}+>"
    rb"|(?!" + _STOP + rb")" + _REGULAR + rb"++|%[^\r\n]*+"
)
_OBJECT: Final = re.compile(
    _BLANK + rb"*+[0-9]++" + _BLANK + rb"++[0-9]++" + _BLANK + rb"++obj"
    rb"((?:(?>" + _PIECE + rb"|" + _STRING + rb")){0,%d})(" % _PIECES + _STOP + rb")",
    re.DOTALL,
)
"""An object up to the word that ends it; deep and long strings are stepped over one by one."""
_HEAD: Final = re.compile(_BLANK + rb"*+([0-9]++)" + _BLANK + rb"++([0-9]++)" + _BLANK + rb"++obj")
_IN_USE: Final = re.compile(
    rb"(?<![0-9])0*+([0-9]{1,12})" + _BLANK + rb"++[0-9]{1,7}+" + _BLANK + rb"++n(?!" + _REGULAR + rb")"
)
"""The offset in an entry of a cross-reference table, however the entry is laid out."""
_NEXT: Final = re.compile(rb"((?:(?>" + _PIECE + rb")){0,%d})(" % _PIECES + _STOP + rb"|[(<])?", re.DOTALL)
_IN_STRING: Final = re.compile(rb"[^()\\]*+(?:(?>\\.[^()\\]*+)){0,20000}([()]|(?=\\.))", re.DOTALL)
_TOKEN: Final = re.compile(
    rb"(/" + _REGULAR + rb"*+|<<|>>|\[|\]|\(|" + _REGULAR + rb"++|<[^>]*+>|[{}])"
    rb"|" + _BLANK + rb"++|%[^\r\n]*+"
)
_BLANKS: Final = frozenset({b" ", b"\n", b"\r", b"\t"})
_QUOTES: Final = {b"(": b"()", b"<": b"<>"}
_PLAIN_LENGTH: Final = re.compile(rb"/Length[\n\r ]++([0-9]{1,12}+)[\n\r ]*+[/>]")
_ELABORATE: Final = (b"(", b"#", b"%", b"[")
"""What a dictionary without strings, escapes, comments and arrays does not have."""
_NUMBER: Final = re.compile(
    _BLANK + rb"*+([0-9]{1,12}+)(?:" + _BLANK + rb"++([0-9]{1,7}+)" + _BLANK + rb"++R(?!" + _REGULAR + rb"))?"
    rb"(?=[\x00\t\n\f\r />%])"
)
_WHOLE: Final = re.compile(_BLANK + rb"*+([0-9]{1,12}+)" + _BLANK + rb"*+\Z")
_DATA: Final = re.compile(rb"[\t ]*+(?>\r\n|\n|\r|)")
_END: Final = re.compile(_BLANK + rb"*+endstream(?!" + _REGULAR + rb")")
_REFERENCE: Final = re.compile(
    rb"(?<![0-9])([0-9]{1,18}+)(?>"
    + _BLANK
    + rb"|%[^\r\n]*+[\r\n])+[0-9]++(?>"
    + _BLANK
    + rb"|%[^\r\n]*+[\r\n])+R(?!"
    + _REGULAR
    + rb")"
)
_BACKWARD: Final = re.compile(
    rb"R(?<!" + _REGULAR + rb"R)" + _BLANK + rb"++[0-9]++" + _BLANK + rb"++([0-9]{1,18}+)(?![0-9])"
)
"""The same read from its end, in a text turned round: few octets begin like a reference, and R is quickly found."""
_SAID: Final = re.compile(rb"%[^\r\n]*+|" + _STRING, re.DOTALL)
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_SECTION_END: Final = re.compile(rb"trailer(?=[\x00\t\n\f\r <%])")
_HEADER_WITHIN = 1029
_SECTIONS = 2000
"""Cross-reference sections that are followed; each is a revision of the file."""
_SHORT_TEXT: Final = 1024
"""Octets of a dictionary whose Length is remembered."""
_TEXTS_HELD: Final = 1 << 16
"""Octets of objects that wait until their references are searched for."""
_BETWEEN_TEXTS: Final = b"/"
"""Stands in no reference."""
_UNSOUND = 200
"""Streams without an end of which the next ``endstream`` is looked for; further ones reach the end of the file."""


@dataclass(slots=True)
class Extents:
    """From where to where the objects of a file reach, ``None`` standing for a section that no entry lists."""

    spans: list[tuple[int, int, Place | None]]
    named: set[int] = field(default_factory=set)
    """Numbers that objects refer to, as far as they were asked for."""
    sound: bool = True
    """Whether every object ends, and every stream has ``endstream`` where its Length says."""

    def reach_into(self, start: int, end: int, owner: Place) -> bool:
        """Whether anything but the object ``owner`` has bytes between two offsets."""
        return any(at < end and last > start and place != owner for at, last, place in self.spans)


class Wanted(NamedTuple):
    """What is asked for when not all extents are: those of objects that begin before ``end``, ``owner`` left out.

    Nothing that begins at ``end`` or behind it can reach into what lies before.
    """

    end: int
    owner: Place


class bytes_of:  # noqa: N801 - reads as the function that it stands for
    """The bytes of an open file, mapped where they are not in memory anyway.

    Not a generator's context, which costs as much as reading a dozen objects.
    """

    __slots__ = ("_file", "_mapped")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._mapped: mmap.mmap | None = None

    def __enter__(self) -> Bytes:
        """The bytes, or the mapping of them."""
        if isinstance(self._file, io.BytesIO):
            return self._file.getvalue()
        self._mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._mapped

    def __exit__(self, *_: object) -> None:
        """Gives the mapping back."""
        if self._mapped is not None:
            self._mapped.close()


def extents(
    data: Bytes,
    entries: Mapping[Place, int],
    newest: int | None,
    packed: Callable[[Place], int | None],
    *,
    naming: int | None = None,
    wanted: Wanted | None = None,
    plain: tuple[int, ...] = (),
) -> Extents:
    """The extents of the objects at ``entries`` and of the cross-reference sections from ``newest`` on.

    ``packed`` tells the whole number that an object inside of an object stream is. An offset of 0 means none.
    With ``naming``, the numbers from there on that they refer to are noted. With ``wanted``, only those extents are
    given, and whether the file is sound is not said. ``plain`` are the cross-reference sections, the newest first, of a
    file in which all of them are plain tables (``expansion.check_structures``): they need not be read for the next one.
    """
    return _Reader(data, entries, packed, naming, wanted).read(newest, plain)


def named_in(text: bytes, naming: int) -> set[int]:
    """The numbers from ``naming`` on that a text may refer to; what merely looks like a reference is among them."""
    if _is_plain(text):
        turned = set(_BACKWARD.findall(text[::-1]))
        return {number for number in (int(digits[::-1]) for digits in turned) if number >= naming}
    said = _SAID.sub(b" ", text) if b"(" in text else text
    return {number for number in map(int, _REFERENCE.findall(said)) if number >= naming}


def _is_plain(text: bytes) -> bool:
    """Whether there are neither strings nor comments in it."""
    return b"(" not in text and b"%" not in text


class _Reader:
    """One walk over the objects of a file."""

    def __init__(
        self,
        data: Bytes,
        entries: Mapping[Place, int],
        packed: Callable[[Place], int | None],
        naming: int | None,
        wanted: Wanted | None,
    ) -> None:
        self.data, self.entries, self.packed, self.naming = data, entries, packed, naming
        self.before = len(data) + 1 if wanted is None else wanted.end
        self.owner = None if wanted is None else wanted.owner
        # Offsets count from the header, should anything stand before it.
        self.base = max(0, data.find(b"%PDF-", 0, _HEADER_WITHIN))
        self.found = Extents([])
        self.texts: list[bytes] = []
        """Texts whose references are still to be noted."""
        self.held = 0
        self.unsound = 0
        self.older: dict[Place, list[int]] = defaultdict(list)
        """Where objects stand that an older table names and the newest cross-references do not."""

    def read(self, newest: int | None, plain: tuple[int, ...]) -> Extents:
        spans = self.found.spans
        if newest is not None and self.naming is None and plain[:1] == (newest,) and len(plain) <= _SECTIONS:
            listed = {self.base + offset for offset in self.entries.values()}
            for offset in plain:
                self._older_entries(self.base + offset, listed)
        elif newest is not None:
            self._sections(newest)
        base, before, owner = self.base, self.before, self.owner
        for number, (place, offset) in enumerate(self.entries.items()):
            at = base + offset
            if offset and at < before and place != owner:
                spans.append((at, self.end(at), place))
            if not number % OBJECTS_HELD:
                let_go(self.data)
        for place, starts in self.older.items():
            if place != owner:
                spans += [(at, self._older_end(at), place) for at in starts if at < before]
        self._note_held()
        return self.found

    def _older_end(self, at: int) -> int:
        """As ``end``, for an object that few readers see: it makes the file unsound only if it reaches to the end."""
        sound = self.found.sound
        end = self.end(at)
        self.found.sound = sound and end < len(self.data)
        return end

    def end(self, at: int) -> int:
        """Where the object at an offset ends."""
        if (found := _OBJECT.match(self.data, at)) is not None:
            # The usual object, without the steps that others need.
            if self.naming is not None:
                self._note(found[1])
            return self._stream_end(found[1], found.end()) if found[2] == b"stream" else found.end()
        if at >= len(self.data):
            return self._endless(at)
        text, word, end = self._object(at)
        self._note(text)
        if word == b"stream":
            return self._stream_end(text, end)
        return end if word else self._endless(at)

    def _note(self, text: bytes) -> None:
        """Takes the references of a text. Plain ones wait, to be searched many at once."""
        if self.naming is None:
            return
        if not _is_plain(text):
            self.found.named |= named_in(text, self.naming)
            return
        self.texts.append(text)
        self.held += len(text)
        if self.held > _TEXTS_HELD:
            self._note_held()

    def _note_held(self) -> None:
        if self.naming is not None and self.texts:
            self.found.named |= named_in(_BETWEEN_TEXTS.join(self.texts), self.naming)
            self.texts, self.held = [], 0

    def _object(self, at: int) -> tuple[bytes, bytes, int]:
        """The text of an object, the word that ends it (none: it does not end), and where that ends."""
        found = _OBJECT.match(self.data, at)
        if found is not None:
            return found[1], found[2], found.end()
        head = _HEAD.match(self.data, at)
        return self._text_from(head.end() if head is not None else len(self.data))

    def _text_from(self, position: int) -> tuple[bytes, bytes, int]:
        """As ``_object``, with nothing in the place of strings that are stepped over."""
        parts: list[bytes] = []
        while (step := _NEXT.match(self.data, position)) is not None and step.end() > position:
            parts.append(step[1])
            if step[2] is None:
                position = step.end()
                continue
            if step[2] not in _QUOTES:
                return b"".join(parts), step[2], step.end()
            parts.append(_QUOTES[step[2]])
            position = _string_end(self.data, step.end(), step[2])
        return b"", b"", len(self.data)

    def _stream_end(self, text: bytes, at: int) -> int:
        stated = _stated_length(text)
        data = _DATA.match(self.data, at)
        start = data.end() if data is not None else at
        if stated is not None and stated[1] is None:
            return self._data_end(start, stated[0])
        lengths = [] if stated is None else self._lengths((stated[0], stated[1] or 0))
        return max(self._data_end(start, length) for length in lengths) if lengths else self._endless(start)

    def _data_end(self, start: int, length: int) -> int:
        end = _END.match(self.data, start + length) if start + length < len(self.data) else None
        return end.end() if end is not None else self._endless(start + length)

    def _endless(self, at: int) -> int:
        """Where something without an end may be taken to end at most: at the next ``endstream``."""
        self.found.sound = False
        self.unsound += 1
        end = self.data.find(b"endstream", at) if self.unsound <= _UNSOUND else -1
        return end if end >= 0 else max(at, len(self.data))

    def _lengths(self, place: Place) -> list[int]:
        """A length that is an object, first as the newest cross-references have it, then as older tables do."""
        offset = self.entries.get(place)
        newest = self._number_at(self.base + offset) if offset else self.packed(place)
        found = [newest, *(self._number_at(at) for at in self.older.get(place, ()))]
        return [length for length in found if length is not None]

    def _number_at(self, at: int) -> int | None:
        whole = _WHOLE.match(self._object(at)[0])
        return int(whole[1]) if whole is not None else None

    def _sections(self, newest: int) -> None:
        """The cross-reference sections by ``Prev`` and ``XRefStm``: streams that no entry need list (7.5.8)."""
        ahead, seen = [newest], {0}
        listed = {self.base + offset for offset in self.entries.values()}
        while ahead and len(seen) <= _SECTIONS:
            offset = ahead.pop()
            if offset in seen:
                continue
            seen.add(offset)
            at = self.base + offset
            is_stream = _HEAD.match(self.data, at) is not None
            if is_stream and at not in listed:
                self.found.spans.append((at, self.end(at), None))
            text = self._object(at)[0] if is_stream else self._table(at, listed)
            self._note(text)
            for key in (b"/Prev", b"/XRefStm"):
                for value in _values(text, key):
                    stated = _NUMBER.match(value)
                    if stated is not None:
                        ahead.append(int(stated[1]))
        self.found.sound = self.found.sound and not ahead

    def _table(self, at: int, listed: set[int]) -> bytes:
        """Notes the objects of a table that are not ``listed``; returns the text of its trailer."""
        return self._text_from(self._older_entries(at, listed))[0]

    def _older_entries(self, at: int, listed: set[int]) -> int:
        """Notes the objects of a table that are not ``listed``; where its trailer begins, at most at the end of the file."""
        data, base = self.data, self.base
        found = _SECTION_END.search(data, at)
        if found is None:
            return len(data)
        end = found.end()
        for offset in map(int, _IN_USE.findall(data, at, end)):
            start = base + offset
            if start in listed:
                continue
            head = _HEAD.match(data, start)
            if head is not None:
                listed.add(start)
                self.older[int(head[1]), int(head[2])].append(start)
        return end


def _string_end(data: Bytes, at: int, opening: bytes = b"(") -> int:
    """Behind the bracket that closes a string whose opening one stands before ``at``."""
    if opening == b"<":
        return data.find(b">", at) + 1 or len(data)
    depth = 1
    while depth:
        found = _IN_STRING.match(data, at)
        if found is None:
            return len(data)
        if found[1]:
            depth += 1 if found[1] == b"(" else -1
        at = found.end()
    return at


def _stated_length(text: bytes) -> tuple[int, int | None] | None:
    """The Length of a stream's dictionary: a number, or a reference; ``None`` when it states none, or two."""
    return _length_of_short(text) if len(text) <= _SHORT_TEXT else _length_in(text)


@lru_cache(maxsize=512)
def _length_of_short(text: bytes) -> tuple[int, int | None] | None:
    """It follows from the text alone, and the same dictionaries stand in every document of a batch."""
    return _length_in(text)


def _length_in(text: bytes) -> tuple[int, int | None] | None:
    if text.count(b"/Length") == text.count(b"<<") == 1 and not any(map(text.__contains__, _ELABORATE)):
        plain = _PLAIN_LENGTH.match(text, text.find(b"/Length"))
        if plain is not None:
            return int(plain[1]), None
    values = _values(text, b"/Length")
    found = _NUMBER.match(values[0]) if len(values) == 1 else None
    if found is None:
        return None
    return int(found[1]), None if found[2] is None else int(found[2])


def _values(text: bytes, key: bytes) -> list[bytes]:
    """The texts that begin with the values of a key of a dictionary."""
    if b"(" not in text and b"#" not in text and b"%" not in text:
        at = text.find(key)
        if at < 0:
            return []
        # Without strings, comments and escapes, brackets can be counted.
        first, at = at, at + len(key)
        alone = text.find(key, at) < 0 and text[at : at + 1] in _BLANKS
        outside = text.count(b"[", 0, first) == text.count(b"]", 0, first)
        if alone and outside and text.count(b"<<", 0, first) - text.count(b">>", 0, first) == 1:
            return [text[at : at + 48]]
    return [value for name, value in _top_level(text) if name == key]


def _top_level(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys of a dictionary, escapes resolved, each with the text that begins with its value."""
    depth = position = 0
    is_key = True
    while (found := _TOKEN.match(text, position)) is not None:
        token, position = found[1], found.end()
        if token is None:
            continue
        if token == b"(":
            position = _string_end(text, position)
        if token in (b">>", b"]"):
            depth -= 1
        if depth == 1 and token[:1] == b"/" and is_key:
            yield _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), token), _tokens(text, position)
            is_key = False
        elif depth == 1 and token != b"R":
            is_key = True
        if token in (b"<<", b"["):
            depth += 1


def _tokens(text: bytes, position: int) -> bytes:
    """The next three tokens, each followed by a blank: enough for a number or a reference."""
    taken: list[bytes] = []
    while len(taken) < 3 and (found := _TOKEN.match(text, position)) is not None:
        taken += [found[1]] if found[1] is not None else []
        position = found.end()
    return b" ".join(taken) + b" "
