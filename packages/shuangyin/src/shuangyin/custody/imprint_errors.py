"""Refusals of the comparison of imprints."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Invalid, NotFound, Refused, not_found


def no_specimen(name: str) -> Refused:
    """Nothing is filed to compare with."""
    return Refused(
        "NO_SPECIMEN",
        f"「{name}」没有留存印模，不能比对。请先在印章台账留存印模。",
        f"No specimen of “{name}” is filed. File it in the seal register first.",
    )


def not_a_scan() -> Invalid:
    """Bytes that are no picture, or one of too many pixels."""
    return Invalid(
        "SCAN_UNREADABLE",
        "无法读取扫描图片。请上传 PNG 或 JPEG，不超过 4000 万像素。",
        "The scan cannot be read. Upload a PNG or JPEG of 40 million pixels at most.",
    )


def no_overlay() -> NotFound:
    """A scan that could not be laid on the specimen has no picture of both."""
    return not_found("比对图", "picture of the comparison")


def decided_already() -> Conflict:
    """A decision stands; another one is another comparison."""
    return Conflict(
        "COMPARISON_DECIDED",
        "该次比对已有复核结论。如需更正，请重新比对。",
        "This comparison was decided. To correct it, compare anew.",
    )
