"""The words of a route's steps: lists, and the engine that carries them out, have the same ones, each with its name."""

from __future__ import annotations

from enum import StrEnum
from typing import get_args

import pytest

from shuangyin.approvals.rules import SecondFactorRule, StepMode
from shuangyin.approvals.rules import definitions as engine
from shuangyin.organization.models import PostKind
from shuangyin.scenarios.rules import RouteStepPlan, shapes
from shuangyin.scenarios.sentences import step_name


@pytest.mark.parametrize(
    ("words", "of_engine"),
    [
        (shapes.Mode, StepMode),
        (shapes.IfApplicant, engine.WhenApplicant),
        (shapes.IfRepeated, engine.WhenRepeated),
        (shapes.IfNobody, engine.WhenNobody),
        (shapes.OnTimeout, engine.OnTimeout),
    ],
)
def test_a_list_has_the_words_of_the_engine(words: object, of_engine: type[StrEnum]) -> None:
    assert set(get_args(words)) == {str(one) for one in of_engine}


def test_a_named_route_is_the_only_approver_that_the_engine_need_not_know() -> None:
    assert set(get_args(shapes.Approver)) - {str(one) for one in engine.ApproverKind} == {"named_route"}
    assert set(get_args(shapes.SecondFactor)) <= {str(one) for one in SecondFactorRule}


@pytest.mark.parametrize("approver", get_args(shapes.Approver))
def test_every_step_is_called_something(approver: shapes.Approver) -> None:
    for kind in PostKind:
        name = step_name(RouteStepPlan(kind.value, approver=approver, levels=2))
        assert name.zh
        assert name.en
        assert name.zh != kind.value
