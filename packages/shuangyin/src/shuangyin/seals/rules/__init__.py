"""Decisions about seals on plain values: what may follow what, what must be there, what an answer proves."""

from shuangyin.seals.rules.objecting import Objection
from shuangyin.seals.rules.registering import (
    GA_TYPES,
    TOLERANCE_MM,
    Readiness,
    face_name,
    filing_required,
    ga_type,
    in_force_slot,
    object_to_activation,
    object_to_size,
    remark_on_size,
    within_validity,
    words_on_face,
)

__all__ = [
    "GA_TYPES",
    "TOLERANCE_MM",
    "Objection",
    "Readiness",
    "face_name",
    "filing_required",
    "ga_type",
    "in_force_slot",
    "object_to_activation",
    "object_to_size",
    "remark_on_size",
    "within_validity",
    "words_on_face",
]
