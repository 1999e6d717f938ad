"""The words of a verifier: what fields of entries are called, and what their codes mean, in Chinese and English.

They come with the verifier and never from a bundle. A bundle names the version that its report was made with; words of
a released version are never changed, since reports are compared byte for byte: new words are a new file, which says
only what differs from the version before it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from evidencelog.bundle.bilingual import Bilingual
from evidencelog.errors import Code, MalformedError

VOCABULARY_VERSIONS: Final = (1, 2)
NEWEST_VOCABULARY: Final = VOCABULARY_VERSIONS[-1]


@dataclass(frozen=True)
class FieldWords:
    """One field of an entry: the path to it (``*`` stands for any place of a list), its label, how it is shown.

    ``form`` is ``same`` (as it is recorded), ``time`` (UTC milliseconds), ``block_time`` (of a chain), ``id`` (a name
    may be given for it), ``person`` (an id of a person or of the platform itself, whom a masked bundle does not name), or ``code:<table>``.
    """

    path: tuple[str, ...]
    label: Bilingual
    form: str


@dataclass(frozen=True)
class KindWords:
    """One kind of entry.

    ``main``: an entry of this kind can be what a bundle is about. ``technical``: it concerns the log, not the use.
    ``voids``: it says that what the bundle is about does not stand any more.
    It belongs to the use when a value at one of ``of`` is known; then the values at ``adds`` become known as well.
    ``roles`` says which file the digest at a path is of.
    """

    title: Bilingual
    main: bool
    technical: bool
    voids: bool
    fields: tuple[FieldWords, ...]
    of: tuple[tuple[str, ...], ...]
    adds: tuple[tuple[str, ...], ...]
    roles: Mapping[tuple[str, ...], str]


class Vocabulary:
    """One version of the words."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.version: int = content["version"]
        self.title = _words(content["title"])
        self._words = {key: _words(pair) for key, pair in content["words"].items()}
        self._stated = {key: _words(pair) for key, pair in content["stated"].items()}
        self._codes = {
            table: {code: _words(pair) for code, pair in codes.items()}
            for table, codes in content["codes"].items()
        }
        self._kinds = {kind: _kind(one) for kind, one in content["kinds"].items()}
        self.common = _fields(content["common"])
        self.any = _fields(content["any"])
        self.receipt = _fields(content["receipt"])

    def words(self, key: str) -> Bilingual:
        """Words of the report itself."""
        return self._words[key]

    def stated(self, key: str) -> Bilingual | None:
        """What something that no entry records is called."""
        return self._stated.get(key)

    def code(self, table: str, value: str) -> Bilingual | None:
        """What a code means; None for one that came later."""
        return self._codes.get(table, {}).get(value)

    def kind(self, kind: str) -> KindWords:
        """The words of a kind of entry; one that is not known is called by its code."""
        return self._kinds.get(kind) or KindWords(
            Bilingual(kind, kind),
            main=False,
            technical=False,
            voids=False,
            fields=(),
            of=(_SUBJECT,),
            adds=(),
            roles={},
        )


_SUBJECT: Final = ("subject", "id")


@cache
def vocabulary(version: int = NEWEST_VOCABULARY) -> Vocabulary:
    """The words of a version. Raises :class:`MalformedError` (``bundle.unknown_version``)."""
    if version not in VOCABULARY_VERSIONS:
        raise MalformedError(
            Code.BUNDLE_UNKNOWN_VERSION, f"the words of version {version} are not known here"
        )
    return Vocabulary(_content(version))


def _content(version: int) -> dict[str, Any]:
    """The whole content of a version: that of its base, where it has one, and what it says otherwise.

    ``words``, ``codes`` (by table) and ``kinds`` are added; ``fields`` give fields of any kind other words and another
    form; ``persons`` are the paths at which the base has ids of persons.
    """
    name = f"vocabulary-{version}.json"
    own: dict[str, Any] = json.loads(resources.files("evidencelog.bundle").joinpath(name).read_text("utf-8"))
    if "base" not in own:
        return own
    base = _content(own["base"])
    other = {field[0]: field for field in own["fields"]}

    def fields(items: list[list[str]]) -> list[list[str]]:
        return [
            other.get(path, [path, zh, en, "person" if form == "id" and path in own["persons"] else form])
            for path, zh, en, form in items
        ]

    kinds = {
        kind: {**one, "fields": fields(one["fields"])} if "fields" in one else one
        for kind, one in (base["kinds"] | own["kinds"]).items()
    }
    return base | {
        "version": version,
        "words": base["words"] | own["words"],
        "codes": base["codes"] | own["codes"],
        "common": fields(base["common"]),
        "any": fields(base["any"]),
        "kinds": kinds,
    }


def _words(pair: list[str]) -> Bilingual:
    zh, en = pair
    return Bilingual(zh, en)


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


def _fields(items: list[list[str]]) -> tuple[FieldWords, ...]:
    return tuple(FieldWords(_path(path), Bilingual(zh, en), form) for path, zh, en, form in items)


def _kind(item: Mapping[str, Any]) -> KindWords:
    return KindWords(
        title=_words(item["title"]),
        main=item.get("main", False),
        technical=item.get("technical", False),
        voids=item.get("voids", False),
        fields=_fields(item.get("fields", [])),
        of=tuple(map(_path, item.get("of", []))) or (_SUBJECT,),
        adds=tuple(map(_path, item.get("adds", []))),
        roles={_path(path): role for path, role in item.get("roles", {}).items()},
    )
