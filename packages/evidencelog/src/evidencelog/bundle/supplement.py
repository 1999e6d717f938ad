"""What the maker of a bundle adds to what its entries say; of bundles from version 4, in ``statement.json``.

It holds no label and no wording of anything recorded: those a verifier has of his own (:mod:`vocabulary`). It holds
only what entries cannot say themselves, and each is marked for what it is wherever it is shown:

==========  =========================================================================================
``names``   the name of an id that entries record; the id is proven, the name is the maker's word
``texts``   a text whose salted SM3 an entry records; proven when it fits
``stated``  what no entry records; the maker's word alone
==========  =========================================================================================
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evidencelog.bundle.bilingual import Bilingual
from evidencelog.bundle.manifest import strict_json
from evidencelog.bundle.statement_form import (
    FORMAT,
    flag_of,
    list_of,
    malformed,
    number_of,
    object_of,
    path_of,
    text_of,
)
from evidencelog.bundle.vocabulary import NEWEST_VOCABULARY, vocabulary
from evidencelog.errors import Code, MalformedError

SUPPLEMENT_VERSION: Final = 2
_MAX_ITEMS: Final = 5_000


@dataclass(frozen=True)
class GivenText:
    """A text of which the entry with this number, from 1, records the salted digest at ``path``."""

    entry: int
    path: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class StatedFact:
    """``key`` is one of the vocabulary's; ``entry`` the number of the entry beside which it is shown, if any."""

    key: str
    shown: Bilingual
    entry: int | None = None


@dataclass(frozen=True)
class Supplement:
    """``main`` is the number of the entry that the bundle is about; ``masked``: without names of persons."""

    main: int
    masked: bool
    names: Mapping[str, Bilingual] = field(default_factory=dict)
    texts: tuple[GivenText, ...] = ()
    stated: tuple[StatedFact, ...] = ()
    vocabulary: int = NEWEST_VOCABULARY

    def to_bytes(self) -> bytes:
        """The JSON text; :func:`parse_supplement` gives back the same object."""
        content = {
            "format": FORMAT,
            "version": SUPPLEMENT_VERSION,
            "vocabulary": self.vocabulary,
            "main": self.main,
            "masked": self.masked,
            "names": [{"id": key, "zh": name.zh, "en": name.en} for key, name in sorted(self.names.items())],
            "texts": [{"entry": one.entry, "path": list(one.path), "text": one.text} for one in self.texts],
            "stated": [
                {"key": one.key, "zh": one.shown.zh, "en": one.shown.en, "entry": one.entry}
                for one in self.stated
            ],
        }
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def parse_supplement(data: bytes) -> Supplement:
    """Read a supplement. Raises :class:`MalformedError`: ``bundle.malformed``, ``bundle.unknown_version``."""
    content = strict_json(data, "the statement")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise malformed("it is not a statement")
    version, words = content.get("version"), content.get("vocabulary")
    if version != SUPPLEMENT_VERSION or isinstance(version, bool):
        raise MalformedError(
            Code.BUNDLE_UNKNOWN_VERSION, "the statement is of a version that does not belong to such a bundle"
        )
    keys = {"format", "version", "vocabulary", "main", "masked", "names", "texts", "stated"}
    item = object_of(content, keys)
    vocabulary(number_of(words))
    found = Supplement(
        main=number_of(item["main"]),
        masked=flag_of(item["masked"]),
        names=dict(_name(one) for one in list_of(item["names"], _MAX_ITEMS)),
        texts=tuple(_given(one) for one in list_of(item["texts"], _MAX_ITEMS)),
        stated=tuple(_stated(one) for one in list_of(item["stated"], _MAX_ITEMS)),
        vocabulary=number_of(words),
    )
    if len(found.names) != len(item["names"]):
        raise malformed("one id has two names")
    return found


def _name(value: object) -> tuple[str, Bilingual]:
    item = object_of(value, {"id", "zh", "en"})
    return text_of(item["id"]), Bilingual(text_of(item["zh"]), text_of(item["en"]))


def _given(value: object) -> GivenText:
    item = object_of(value, {"entry", "path", "text"})
    return GivenText(number_of(item["entry"]), path_of(item["path"]), text_of(item["text"]))


def _stated(value: object) -> StatedFact:
    item: Mapping[str, Any] = object_of(value, {"key", "zh", "en", "entry"})
    entry = None if item["entry"] is None else number_of(item["entry"])
    return StatedFact(text_of(item["key"]), Bilingual(text_of(item["zh"]), text_of(item["en"])), entry)
