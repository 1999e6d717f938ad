"""What must be there before a seal is in force, and what its face may be."""

from __future__ import annotations

from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.seals.kinds import FaceStandard, Medium, Origin, SealCategory
from shuangyin.seals.rules.objecting import Objection

GA_TYPES = {
    SealCategory.LEGAL_NAME: "01",
    SealCategory.FINANCE: "02",
    SealCategory.INVOICE: "03",
    SealCategory.CONTRACT: "04",
    SealCategory.LEGAL_REP_NAME: "05",
}
"""Seal types of GA 241.2; codes above 05 differ by region, so everything else is 99."""

TOLERANCE_MM = 0.05
"""Sizes are kept in micrometres; people write them with one digit."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What counts before a seal comes into force. Times in UTC milliseconds."""

    medium: str
    category: str
    origin: str | None
    has_keeper: bool
    has_material: bool
    is_filed: bool
    valid_from: int | None
    valid_until: int | None


def ga_type(category: str) -> str:
    """The code of GA 241.2 for a category."""
    return GA_TYPES.get(SealCategory(category), "99")


NUMBERED = frozenset({SealCategory.CONTRACT, SealCategory.FINANCE, SealCategory.INVOICE})
"""Business seals that an organization may have several of, told apart by their number (序号)."""


def in_force_slot(
    organization_id: str, medium: str, category: str, root: str = "unit", number: int | None = None
) -> str | None:
    """The slot of a seal of which an organization may have one in force per medium.

    A legal-name seal (法定名称章) has one, a numbered business seal one for each number; None for every other.
    """
    if category == SealCategory.LEGAL_NAME:
        numbered = ""
    elif category in NUMBERED and number is not None:
        numbered = f":{number}"
    else:
        return None
    whose = "" if root == "unit" else f":{root}"
    return f"{organization_id}:{medium}:{category}{whose}{numbered}"


def face_lines(name: str, text: str, words: str | None) -> str:
    """What stands on a face, as the digest of it is made: its name in one line, the text of the rim, the words within."""
    return "\n".join((name, text, words or ""))


def filing_required(medium: str, category: str, origin: str | None) -> bool:
    """Whether a seal must be filed before it is used.

    A trial seal is outside of filing. A physical personal name seal needs none, an electronic one with legal
    effect does (Beijing).
    """
    if origin == Origin.TRIAL:
        return False
    return medium == Medium.ELECTRONIC or category != SealCategory.LEGAL_REP_NAME


def object_to_activation(seal: Readiness, now: int) -> Objection | None:
    """Why a seal may not come into force yet: invariant 2, the seal is in force only when all of this holds."""
    if seal.medium == Medium.ELECTRONIC and not seal.has_material:
        return Objection("SEAL_MATERIAL_MISSING", Text("电子印章尚未制作。", "The e-seal is not made yet."))
    if not seal.has_keeper:
        return Objection(
            "SEAL_KEEPER_MISSING",
            Text("请先指定保管人，再启用印章。", "Name a keeper before putting the seal into force."),
        )
    if filing_required(seal.medium, seal.category, seal.origin) and not seal.is_filed:
        return Objection(
            "SEAL_NOT_FILED",
            Text(
                "该类印章须先备案。请补录备案编号和备案机关。",
                "A seal of this kind must be filed first. Enter the filing number and authority.",
            ),
        )
    if not within_validity(seal.valid_from, seal.valid_until, now):
        return Objection(
            "SEAL_NOT_VALID_NOW",
            Text(
                "印章不在有效期内，不能启用。",
                "The seal is outside its validity and cannot be put into force.",
            ),
        )
    return None


def within_validity(valid_from: int | None, valid_until: int | None, at: int) -> bool:
    """Whether an instant lies within a validity, both ends included; an absent end is open."""
    return (valid_from is None or valid_from <= at) and (valid_until is None or at <= valid_until)


def object_to_size(standard: FaceStandard, shape: str, width_mm: float, height_mm: float) -> Objection | None:
    """Why a face of this shape and size is not allowed; `remark_on_size` speaks of what is merely unusual."""
    if shape in ("round", "square") and abs(width_mm - height_mm) > TOLERANCE_MM:
        return Objection(
            "SEAL_SIZE",
            Text("圆形和方形印章的宽与高应相等。", "A round or square seal is as wide as it is high."),
        )
    usual = _is_usual(standard, shape, width_mm, height_mm)
    if standard.fixed and not usual:
        size = f"{standard.width_mm:g} × {standard.height_mm:g} mm"
        return Objection(
            "SEAL_SIZE",
            Text(
                f"该类印章规格固定为 {size}（{standard.citation}）。",
                f"A seal of this kind is {size} ({standard.citation}).",
            ),
        )
    if max(width_mm, height_mm) > standard.limit_mm + TOLERANCE_MM:
        return Objection(
            "SEAL_SIZE",
            Text(
                f"该类印章最大为 {standard.limit_mm:g} mm（{standard.citation}）。",
                f"A seal of this kind is at most {standard.limit_mm:g} mm ({standard.citation}).",
            ),
        )
    return None


def remark_on_size(standard: FaceStandard, shape: str, width_mm: float, height_mm: float) -> Text | None:
    """A remark when shape or size is allowed but not the usual one."""
    if _is_usual(standard, shape, width_mm, height_mm):
        return None
    size = f"{standard.width_mm:g} × {standard.height_mm:g} mm"
    return Text(
        f"规格与通常的 {size} 不同，请核对印模。", f"The usual size is {size}; compare with the specimen."
    )


def face_name(text: str, words: str | None, sequence_number: int | None) -> str:
    """The text on a face in one line."""
    return f"{text}{words_on_face(words, sequence_number) or ''}"


def words_on_face(words: str | None, sequence_number: int | None) -> str | None:
    """The words below the centre with the number of one of several business seals: 合同专用章(2)."""
    if words is None or sequence_number is None:
        return words
    return f"{words}({sequence_number})"


def _is_usual(standard: FaceStandard, shape: str, width_mm: float, height_mm: float) -> bool:
    return (
        shape == standard.shape
        and abs(width_mm - standard.width_mm) <= TOLERANCE_MM
        and abs(height_mm - standard.height_mm) <= TOLERANCE_MM
    )
