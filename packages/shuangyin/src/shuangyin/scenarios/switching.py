"""A rule goes over from the physical to the electronic seal. Pure: bodies in, bodies out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shuangyin.core.text import Text
from shuangyin.scenarios import errors
from shuangyin.scenarios.rules import Basis
from shuangyin.scenarios.rules.shapes import CONTROLS_OF_PAPER
from shuangyin.scenarios.schemas import RuleBody

_OF_PAPER = {*CONTROLS_OF_PAPER, "archive", "stub_numbered"}
"""What is left out: controls of paper, the stub book, and the scan, since a sealed file is its own archive copy."""

MOST_REASON_ZH, MOST_REASON_EN = 500, 1000
"""How long the reason of a rule may be (`schemas.RuleBody`)."""


def switched(rules: Sequence[RuleBody], positions: Sequence[int], on: date) -> list[RuleBody]:
    """The rules with those at some positions (from 1) asking for the electronic seal from a day on. Raises Invalid.

    Name and reason follow, or who asks would be told to use the electronic seal because there is none.
    """
    wanted = set(positions)
    for position in sorted(wanted):
        if position > len(rules):
            raise errors.cannot_switch(position, Text("没有这一条规则。", "there is no such rule."))
    return [
        _electronic(position, rule, on) if position in wanted else rule
        for position, rule in enumerate(rules, start=1)
    ]


def _electronic(position: int, rule: RuleBody, on: date) -> RuleBody:
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
    said = {
        "name_zh": rule.name_zh.replace("用实体", "用电子"),
        "name_en": rule.name_en.replace("the physical seal", "the electronic seal"),
        "reason_zh": f"自 {on.isoformat()} 起改用电子印章。此前：{rule.reason_zh}"[:MOST_REASON_ZH],
        "reason_en": f"With the electronic seal from {on.isoformat()}. Before: {rule.reason_en}"[
            :MOST_REASON_EN
        ],
    }
    return rule.model_copy(update={"answer": answer, **said})
