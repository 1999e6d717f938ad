"""Printing the statement that was derived from the entries of a bundle."""

from evidencelog.bundle import Bilingual, DerivedSection, DerivedStatement, Ground
from evidencelog.bundle.vocabulary import vocabulary

_MARKS = {Ground.NAMED: "!", Ground.RECEIPT: "!", Ground.STATED: "!", Ground.CONTRADICTED: "✗"}


def statement_lines(statement: DerivedStatement, *, zh: bool) -> list[str]:
    """The statement line by line; whatever no entry proves carries a mark and says so."""
    words = vocabulary(statement.vocabulary)

    def said(text: Bilingual) -> str:
        # A text may have lines of its own; a line of the output is one row.
        return " ".join((text.zh if zh else text.en).split("\n"))

    lines = [said(statement.title)]
    for section in statement.sections:
        lines.append(f"  {said(section.title)}{_place(section, said(words.words('index')))}")
        if not section.related:
            lines.append(f"    ! {said(words.words('unrelated'))}")
        for row in section.rows:
            mark = _MARKS.get(row.ground, "✓")
            ground = "" if mark == "✓" else f" ({said(words.words(row.ground.value))})"
            lines.append(f"    {mark} {said(row.label)}: {said(row.shown)}{ground}")
    return lines


def _place(section: DerivedSection, index: str) -> str:
    return "" if section.index is None else f" ({index} {section.index})"
