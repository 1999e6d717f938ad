"""A rule goes over from the physical to the electronic seal. Pure: bodies in, bodies out."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.text import Text
from shuangyin.scenarios import errors
from shuangyin.scenarios.rules import Basis
from shuangyin.scenarios.rules.shapes import CONTROLS_OF_PAPER
from shuangyin.scenarios.schemas import RuleBody

_OF_PAPER = {*CONTROLS_OF_PAPER, "archive", "stub_numbered"}
"""What is left out: controls of paper, the stub book, and the scan, since a sealed file is its own archive copy."""


def switched(rules: Sequence[RuleBody], positions: Sequence[int]) -> list[RuleBody]:
    """The rules with those at some positions (from 1) asking for the electronic seal. Raises Invalid."""
    wanted = set(positions)
    for position in sorted(wanted):
        if position > len(rules):
            raise errors.cannot_switch(position, Text("没有这一条规则。", "there is no such rule."))
    return [
        _electronic(position, rule) if position in wanted else rule
        for position, rule in enumerate(rules, start=1)
    ]


def _electronic(position: int, rule: RuleBody) -> RuleBody:
    if rule.basis is Basis.LAW:
        raise errors.cannot_switch(
            position, Text("法律规定不适用电子文书。", "by law electronic documents do not apply.")
        )
    if rule.answer.medium != "physical":
        raise errors.cannot_switch(
            position, Text("该条并未要求实体印章。", "it does not ask for the physical seal.")
        )
    controls = rule.answer.controls
    if controls is not None:
        left = controls.model_dump(exclude=_OF_PAPER, exclude_defaults=True)
        controls = type(controls).model_validate(left) if left else None
    answer = rule.answer.model_copy(update={"medium": "electronic", "controls": controls})
    return rule.model_copy(update={"answer": answer})
