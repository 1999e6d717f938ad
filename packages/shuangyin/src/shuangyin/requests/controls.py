"""The controls that a request was approved with: the list that approved governs (docs/adr/0014)."""

from __future__ import annotations

import json

from shuangyin.people.commands.step_up import Strength
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.reading import controls_of
from shuangyin.scenarios.rules import Controls
from shuangyin.scenarios.schemas import ControlsBody

_STRENGTHS: tuple[Strength, ...] = ("window", "each", "two_factors")


def controls_of_request(request: UseRequest) -> Controls:
    """What has to be done around the use, as decided at submission; nothing for a request never submitted.

    What was excepted by a recorded approval is not among them: the decision was made without those rules.
    """
    if request.decision is None:
        return Controls()
    return controls_of(ControlsBody.model_validate(json.loads(request.decision)["controls"]))


def factor_to_use(request: UseRequest) -> Strength:
    """The second factor that whoever seals or presses shows: what the list asks, and each time for a high risk."""
    asked = controls_of_request(request).second_factor
    least: Strength = "each" if request.high_risk else "window"
    return max(asked, least, key=_STRENGTHS.index)
