"""A template that cannot be typeset is told as what its caller says, never as an error of the typesetter."""

from __future__ import annotations

import pytest

from shuangyin.core.errors import Unavailable
from shuangyin.core.typesetting import typeset_template


def test_what_cannot_be_typeset_is_told_in_the_words_of_who_asked() -> None:
    failure = Unavailable("SHEET_NOT_TYPESET", "证明暂时无法排版。", "The proof could not be typeset.")
    with pytest.raises(Unavailable) as caught:
        typeset_template("shuangyin.people", "deletion.typ", {}, failure)
    assert caught.value is failure
