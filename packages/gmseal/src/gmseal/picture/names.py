"""How the characters of a personal name seal (法定代表人名章) are arranged.

Name seals are read in columns from right to left. Which characters share a column follows the custom of the
trade: the surname stands on the right, a compound surname keeps its own column, and the word 印 closes the
seal. In the winding order (回文) of a four-character seal 印 comes second, so that the given name stays whole.
"""

from dataclasses import dataclass
from enum import StrEnum

from gmseal.errors import Refused
from gmseal.picture.layout import even_columns

_COMPOUND = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 "
    "申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 "
    "宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 纳兰 完颜 叶赫"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())
"""Surnames of two characters in use; any other first character is taken as the surname."""

MAX_NAME = 16
"""Characters of a name on a name seal; longer names do not stay legible on 20 mm."""


class NameSuffix(StrEnum):
    """What follows the name."""

    NONE = ""
    SEAL = "印"
    SEAL_OF = "之印"
    PRINTED_SEAL = "印章"


@dataclass(frozen=True, slots=True)
class NameArrangement:
    """The text of a name seal in reading order, and its columns from right to left."""

    text: str
    columns: tuple[str, ...]


def arrange_name(
    name: str,
    suffix: NameSuffix = NameSuffix.NONE,
    *,
    surname_length: int | None = None,
    winding: bool = False,
) -> NameArrangement:
    """The columns of a name seal.

    ``surname_length`` says how many characters are the surname; by default two for a known compound
    surname, otherwise one. ``winding`` puts 印 below a single surname (张印 | 三丰) and needs a seal of four
    characters. Raises ``Refused`` (``NAME_ARRANGEMENT``) when the parts do not go together.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise Refused("NAME_ARRANGEMENT", f"A name on a name seal has 1 to {MAX_NAME} characters.")
    surname = _surname_length(name) if surname_length is None else surname_length
    if not 1 <= surname <= len(name):
        raise Refused("NAME_ARRANGEMENT", "The surname is at least one character and at most the whole name.")
    text = name + suffix
    if winding:
        return NameArrangement(text, _winding(name, suffix, surname))
    return NameArrangement(text, _columns(text, surname))


def _surname_length(name: str) -> int:
    return 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1


def _winding(name: str, suffix: NameSuffix, surname: int) -> tuple[str, ...]:
    if suffix is not NameSuffix.SEAL or surname != 1 or len(name) != 3:
        message = "The winding order is for one surname, a given name of two characters and 印."
        raise Refused("NAME_ARRANGEMENT", message)
    return (name[0] + suffix, name[1:])


def _columns(text: str, surname: int) -> tuple[str, ...]:
    count = len(text)
    if count <= 2:
        return (text,)
    if count == 3:
        # 张 | 三丰: the surname fills the right column; 欧阳 | 修 keeps a compound surname together.
        return (text[:surname], text[surname:]) if surname < count else (text[:2], text[2:])
    if count == 4:
        return (text[:2], text[2:])
    if count <= 6 and surname == 2:
        rest = text[2:]
        return (text[:2], rest) if count == 5 else (text[:2], rest[:2], rest[2:])
    return even_columns(text)
