"""Where each control of the scenario list is enforced: the one table from the list's vocabulary to the code.

A control that a rule can ask for and nothing enforces would be a promise that nobody keeps, so a test holds this table
against the vocabulary, and every line of it against a refusal. A control binds the media named here: nothing electronic
has copies to be photographed, and no paper carries a time stamp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shuangyin.custody import controls as custody
from shuangyin.requests.commands import conditions, duties, submitting
from shuangyin.requests.controls import factor_to_use
from shuangyin.requests.routing import definitions_of
from shuangyin.sealing.plan import require_person_for_face, stamps_for

BOTH = ("electronic", "physical")


@dataclass(frozen=True, slots=True)
class Enforced:
    """Which media a control binds, and the functions that refuse or undo a use that does not keep it."""

    media: tuple[str, ...]
    at: tuple[Callable[..., Any], ...]


ENFORCED: Mapping[str, Enforced] = {
    "seam": Enforced(BOTH, (submitting.require_controls, custody.seam_is_pressed)),
    "qr": Enforced(("electronic",), (submitting.require_controls,)),
    "copies_max": Enforced(BOTH, (submitting.require_controls, custody.require_before_press)),
    "photo": Enforced(("physical",), (submitting.require_controls, custody.require_photos)),
    "keep_electronic_copy": Enforced(("physical",), (duties.open_duties,)),
    "second_factor": Enforced(BOTH, (definitions_of, factor_to_use, custody.factor_for)),
    "timestamp": Enforced(("electronic",), (stamps_for,)),
    "photo_moments": Enforced(("physical",), (custody.require_before_press, custody.require_photos)),
    "face_check": Enforced(BOTH, (require_person_for_face, factor_to_use, custody.factor_for)),
    "fence": Enforced(("physical",), (custody.require_covered,)),
    "watermark": Enforced(("physical",), (custody.require_before_press,)),
    "supervisor": Enforced(("physical",), (custody.require_checked,)),
    "archive": Enforced(BOTH, (duties.open_duties, duties.require_none_overdue)),
    "archive_working_days": Enforced(("physical",), (duties.open_duties, duties.require_none_overdue)),
    "prerequisites": Enforced(BOTH, (conditions.require_papers,)),
    "stub_numbered": Enforced(BOTH, (conditions.take_allowance, custody.require_stub)),
    "monthly_allowance": Enforced(BOTH, (conditions.take_allowance,)),
    "paper_only": Enforced(
        ("physical",), (conditions.require_paper_described, custody.require_before_press, duties.open_duties)
    ),
    "hand_over": Enforced(BOTH, (duties.open_duties,)),
}
"""Control of `scenarios.rules.Controls` → where it is enforced."""
