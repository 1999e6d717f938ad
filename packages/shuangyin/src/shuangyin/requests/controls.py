"""The controls that a request was approved with: the list that approved governs (docs/adr/0014)."""

from __future__ import annotations

import json

from shuangyin.people.commands.step_up import Strength
from shuangyin.requests.models import UseRequest
from shuangyin.scenarios.reading import controls_of
from shuangyin.scenarios.rules import Controls
from shuangyin.scenarios.schemas import ControlsBody

_STRENGTHS: tuple[Strength, ...] = ("window", "each", "face", "two_factors")


def controls_of_request(request: UseRequest) -> Controls:
    """What has to be done around the use, as decided at submission; nothing for a request never submitted.

    What was excepted by a recorded approval is not among them: the decision was made without those rules.
    """
    if request.decision is None:
        return Controls()
    return controls_of(ControlsBody.model_validate(json.loads(request.decision)["controls"]))


def factor_to_use(request: UseRequest) -> Strength:
    """The second factor that whoever seals electronically shows: what the list asks, and each time for a high risk.

    A face check is made by his face, or, since a face is never the only way, by two factors of other kinds. A list that
    asks for face and two factors is content with two factors of which one is the face, or with two others.
    """
    controls = controls_of_request(request)
    least: Strength = "face" if controls.face_check else "each" if request.high_risk else "window"
    return max(controls.second_factor, least, key=_STRENGTHS.index)
