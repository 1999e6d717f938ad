"""The statement of a bundle as a verifier derives it: from the proven entries, in words of its own.

Nothing that a bundle brings decides what a recorded value is called or what a code means. What the maker of the bundle
adds (:mod:`supplement`) is shown beside it and marked as his word; every leaf of every proven entry is shown, those
that the vocabulary has no words for under their path.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from evidencelog.bundle.bilingual import MAX_TIME_MS, Bilingual, shown_time
from evidencelog.bundle.supplement import Supplement
from evidencelog.bundle.vocabulary import FieldWords, KindWords, Vocabulary, vocabulary
from evidencelog.entry import JsonValue, decode_entry
from evidencelog.errors import EvidenceLogError

_CODE: Final = re.compile(r"(?:0x)?[0-9a-f]{32,}", re.ASCII)
_SALT: Final = re.compile(r"(?:[0-9a-f]{2}){1,64}", re.ASCII)
_ID_END: Final = 8
_NAMED: Final = frozenset({"id", "person"})
_NOTHING: Final = object()
_SKIPPED: Final = frozenset({"v", "id", "kind", "organization", "subject"})
"""Parts of an entry's frame that are shown where the vocabulary asks for it, and not otherwise."""


class Ground(StrEnum):
    """What a row rests on."""

    RECORDED = "recorded"
    """An entry records it."""
    TEXT = "text"
    """An entry records its salted digest."""
    WITHHELD = "withheld"
    """An entry records the salted digest of a text that is not in the bundle."""
    NAMED = "named"
    """An entry records the id; the name is the maker's word."""
    RECEIPT = "receipt"
    """A receipt says it; the receipt is checked by itself."""
    STATED = "stated"
    """The maker's word."""
    CONTRADICTED = "contradicted"
    """The entry records something else."""


@dataclass(frozen=True)
class DerivedRow:
    """One line: ``label`` and ``shown`` are the verifier's words, ``shown`` the maker's where the ground says so."""

    label: Bilingual
    shown: Bilingual
    ground: Ground
    is_code: bool = False
    """Whether it is set in fixed width: digests, ids."""


@dataclass(frozen=True)
class DerivedSection:
    """What one entry says, or one receipt, or what is stated beside them.

    ``entry`` is the number of the entry in the bundle, ``index`` its index in the log. ``related``: whether the entries
    themselves say that it belongs to what the bundle is about.
    """

    title: Bilingual
    rows: tuple[DerivedRow, ...]
    entry: int | None = None
    index: int | None = None
    related: bool = True


@dataclass(frozen=True)
class DerivedStatement:
    """The whole statement, in the words of one version of the vocabulary."""

    title: Bilingual
    masked: bool
    sections: tuple[DerivedSection, ...]
    has_main: bool
    vocabulary: int
    voided: bool
    """Whether a proven entry that belongs to it says that what the bundle is about was voided."""

    def rows(self) -> Iterator[DerivedRow]:
        """Yield the rows of all sections."""
        for section in self.sections:
            yield from section.rows

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; its keys are stable."""
        return {
            "title": _pair(self.title),
            "masked": self.masked,
            "vocabulary": self.vocabulary,
            "voided": self.voided,
            "sections": [
                {
                    "title": _pair(section.title),
                    "entry": section.entry,
                    "index": section.index,
                    "related": section.related,
                    "rows": [
                        {
                            "label": _pair(row.label),
                            "shown": _pair(row.shown),
                            "ground": row.ground.value,
                            "code": row.is_code,
                        }
                        for row in section.rows
                    ],
                }
                for section in self.sections
            ],
        }


@dataclass(frozen=True)
class ProvenEntry:
    """The content of an entry that was proved, and its index in the log."""

    index: int
    content: Mapping[str, JsonValue]


def derive(
    entries: Mapping[int, ProvenEntry],
    receipts: Sequence[bytes] = (),
    supplement: Supplement | None = None,
) -> DerivedStatement:
    """Derive the statement from proven entries by their number from 1, and the receipts as they lie in the bundle.

    1. The entry that the bundle is about: the one that the supplement names, without one the first of a fitting kind.
    2. Which entries belong to it, by ids and digests that the entries themselves hold.
    3. One section for each entry, that one first, then that it was voided, what concerns the log alone last.
    4. One section for each receipt, and one for what is stated without an entry.
    """
    words = vocabulary(supplement.vocabulary) if supplement else vocabulary()
    added = supplement or Supplement(main=_first_main(entries, words), masked=False)
    main = entries.get(added.main)
    has_main = main is not None and words.kind(_kind_of(main)).main  # 1
    related = _related(entries, added.main if has_main else 0, words)  # 2
    kinds = {n: words.kind(_kind_of(entry)) for n, entry in entries.items()}
    voiding = {n for n in related if kinds[n].voids} if has_main else set()
    order = sorted(entries, key=lambda n: (n != added.main, n not in voiding, kinds[n].technical, n))  # 3
    sections = [_Section(words, added, n, entries[n]).section(related=n in related) for n in order]
    sections += [_receipt(words, data) for data in receipts]  # 4
    loose = tuple(_stated(words, one.key, one.shown) for one in added.stated if one.entry not in entries)
    if loose:
        sections.append(DerivedSection(words.words("stated_section"), loose))
    number = _at(main.content, ("facts", "number")) if main is not None and has_main else ""
    return DerivedStatement(
        title=_titled(words, number if isinstance(number, str) else "", voided=bool(voiding)),
        masked=added.masked,
        sections=tuple(section for section in sections if section.rows),
        has_main=has_main,
        vocabulary=words.version,
        voided=bool(voiding),
    )


def roles_recorded(content: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """Yield each digest of a file that an entry records, with the role of that file as the vocabulary has it."""
    kind = content.get("kind")
    if isinstance(kind, str):
        for path, role in vocabulary().kind(kind).roles.items():
            for value in _values(content, path):
                if isinstance(value, str):
                    yield value, role


def _first_main(entries: Mapping[int, ProvenEntry], words: Vocabulary) -> int:
    return next((n for n in sorted(entries) if words.kind(_kind_of(entries[n])).main), 1)


def _titled(words: Vocabulary, number: str, *, voided: bool) -> Bilingual:
    parts = [words.title, *([Bilingual.same(number)] if number else [])]
    parts += [words.words("voided")] if voided else []
    return Bilingual(" ".join(one.zh for one in parts), " ".join(one.en for one in parts))


def _kind_of(entry: ProvenEntry) -> str:
    kind = entry.content.get("kind")
    return kind if isinstance(kind, str) else ""


def _related(entries: Mapping[int, ProvenEntry], main: int, words: Vocabulary) -> set[int]:
    """The numbers of entries that belong to the main one; technical ones always do, all do where there is no main."""
    if main == 0:
        return set(entries)
    known: set[str] = set()
    found: set[int] = set()
    waiting = {n for n in entries if not words.kind(_kind_of(entries[n])).technical}
    found |= set(entries) - waiting
    fresh = [main]
    while fresh:
        for n in fresh:
            known |= _texts_at(entries[n], words.kind(_kind_of(entries[n])).adds)
        found |= set(fresh)
        waiting -= found
        fresh = [n for n in waiting if _texts_at(entries[n], words.kind(_kind_of(entries[n])).of) & known]
    return found


def _texts_at(entry: ProvenEntry, paths: Sequence[tuple[str, ...]]) -> set[str]:
    return {
        value for path in paths for value in _values(entry.content, path) if isinstance(value, str) and value
    }


def _values(value: object, path: tuple[str, ...]) -> Iterator[object]:
    if not path:
        yield value
    elif path[0] == "*" and isinstance(value, list):
        for item in value:
            yield from _values(item, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _at(value: object, path: tuple[str, ...]) -> object:
    return next(_values(value, path), _NOTHING)


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value with its path; a salted digest is one value."""
    if isinstance(value, Mapping) and not _is_salted(value):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _leaves(item, (*path, str(at)))
    elif value is not None:
        yield path, value


def _is_salted(value: Mapping[str, object]) -> bool:
    return set(value) == {"salt", "sm3"}


class _Section:
    """The rows of one entry."""

    def __init__(self, words: Vocabulary, added: Supplement, number: int, entry: ProvenEntry) -> None:
        self._words = words
        self._names = added.names
        self._masked = added.masked
        self._number = number
        self._entry = entry
        self._kind: KindWords = words.kind(_kind_of(entry))
        self._texts = {one.path: one.text for one in added.texts if one.entry == number}
        self._stated = [one for one in added.stated if one.entry == number]

    def section(self, *, related: bool) -> DerivedSection:
        """Fields in the order of the vocabulary, then all others, then what is stated beside them."""
        frame = {key: value for key, value in self._entry.content.items() if key not in _SKIPPED}
        left = dict(_leaves(self._entry.content, ()))
        rows = []
        for field in (*self._kind.fields, *self._words.common, *self._words.any):
            paths = [path for path in left if _matches(path, field.path)]
            rows += [self._row(field, path, left.pop(path)) for path in paths]
        rest = {path for path, _ in _leaves(frame, ())}
        rows += [self._row(_unnamed(path), path, value) for path, value in left.items() if path in rest]
        rows += [_stated(self._words, one.key, one.shown) for one in self._stated]
        return DerivedSection(self._kind.title, tuple(rows), self._number, self._entry.index, related)

    def _row(self, field: FieldWords, path: tuple[str, ...], value: object) -> DerivedRow:
        if isinstance(value, Mapping):
            return self._text(field, path, value)
        if field.form in _NAMED and isinstance(value, str):
            return self._name(field, value)
        return _plain(self._words, field, value, Ground.RECORDED)

    def _name(self, field: FieldWords, value: str) -> DerivedRow:
        """An id: by the name that is given for it, or by what the words call it, or as it is recorded."""
        end = value[-_ID_END:]
        if value in self._names:
            name = self._names[value]
            return DerivedRow(field.label, Bilingual(f"{name.zh} #{end}", f"{name.en} #{end}"), Ground.NAMED)
        known = self._words.code("person", value) if field.form == "person" else None
        if known is None and field.form == "person" and self._masked and _CODE.fullmatch(value):
            unnamed = self._words.words("masked_person")
            known = Bilingual(f"{unnamed.zh} #{end}", f"{unnamed.en} #{end}")
        if known is not None:
            return DerivedRow(field.label, known, Ground.RECORDED)
        return _plain(self._words, field, value, Ground.RECORDED)

    def _text(self, field: FieldWords, path: tuple[str, ...], value: Mapping[str, object]) -> DerivedRow:
        text = self._texts.get(path)
        if text is None:
            return DerivedRow(field.label, self._words.words("withheld"), Ground.WITHHELD)
        ground = Ground.TEXT if is_text(value, text) else Ground.CONTRADICTED
        return DerivedRow(field.label, Bilingual.same(text), ground)


def _unnamed(path: tuple[str, ...]) -> FieldWords:
    """A field that the vocabulary has no words for is called by its path."""
    return FieldWords(path, Bilingual.same(".".join(path)), "same")


def _matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(
        wanted in (part, "*") for part, wanted in zip(path, pattern, strict=True)
    )


def _plain(words: Vocabulary, field: FieldWords, value: object, ground: Ground) -> DerivedRow:
    if isinstance(value, bool):
        raw = "true" if value else "false"
        shown = words.code("yes_no", raw) or Bilingual.same(raw)
        return DerivedRow(field.label, shown, ground)
    if isinstance(value, int):
        text = shown_time(value) if field.form == "time" else str(value)
        return DerivedRow(field.label, Bilingual.same(text), ground)
    table = field.form.removeprefix("code:")
    coded = words.code(table, str(value)) if table != field.form else None
    is_code = coded is None and _CODE.fullmatch(str(value)) is not None
    return DerivedRow(field.label, coded or Bilingual.same(str(value)), ground, is_code)


def _stated(words: Vocabulary, key: str, shown: Bilingual) -> DerivedRow:
    return DerivedRow(words.stated(key) or Bilingual.same(key), shown, Ground.STATED)


def _receipt(words: Vocabulary, data: bytes) -> DerivedSection:
    """What a receipt says of itself, for one that has the form of an entry; no rows for any other."""
    title = words.words("receipt_section")
    try:
        content = decode_entry(data)
    except EvidenceLogError:
        return DerivedSection(title, ())
    rows = []
    for field in words.receipt:
        value = _at(content, field.path)
        if field.form == "block_time" and isinstance(value, int):
            unit = 1 if _at(content, ("block", "time_unit")) == "ms" else 1000
            time = value * unit
            shown = shown_time(time) if time < MAX_TIME_MS else str(value)
            rows.append(DerivedRow(field.label, Bilingual.same(shown), Ground.RECEIPT))
        elif isinstance(value, int) or (isinstance(value, str) and value):
            rows.append(_plain(words, field, value, Ground.RECEIPT))
    return DerivedSection(title, tuple(rows))


def is_text(value: Mapping[str, object], text: str) -> bool:
    """Whether a recorded ``{"salt", "sm3"}`` is the salted digest of the text."""
    salt, digest = value.get("salt"), value.get("sm3")
    if not isinstance(salt, str) or _SALT.fullmatch(salt) is None:
        return False
    return hashlib.new("sm3", bytes.fromhex(salt) + text.encode()).hexdigest() == digest


def _pair(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
