"""What a step of a seal's life must state besides its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from shuangyin.core.text import Text
from shuangyin.seals.kinds import Hold, Medium
from shuangyin.seals.rules.life import LifeAct
from shuangyin.seals.rules.objecting import Objection

WITNESSES = 2
"""A seal is destroyed before two persons who watch it (监销人)."""

_ASPECT_TOLERANCE = 0.04
_SIZE_TOLERANCE_MM = 1.0
_LEAST_PIXELS = 120
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What a step states. Times in UTC milliseconds, persons by id."""

    maker_name: str | None = None
    maker_filing_no: str | None = None
    seal_code: str | None = None
    filing_no: str | None = None
    filing_authority: str | None = None
    witness_ids: tuple[str, ...] = ()
    happened_at: int | None = None
    counterpart: str | None = None
    purpose: str | None = None
    recipient: str | None = None
    presses: int | None = None


_NEEDED: dict[LifeAct, tuple[tuple[str, Text], ...]] = {
    LifeAct.FILE: (
        ("filing_no", Text("备案编号", "the filing number")),
        ("filing_authority", Text("备案机关", "the filing authority")),
    ),
    LifeAct.SURRENDER: (
        ("maker_name", Text("收章刻制单位", "the engraver who takes the seal")),
        ("maker_filing_no", Text("刻制单位备案编号", "the engraver's filing number")),
    ),
    LifeAct.ALLOW_FORMALITY: (
        ("purpose", Text("办理的手续", "the formality")),
        ("recipient", Text("办理机构", "who asks for it")),
        ("presses", Text("准许盖章次数", "how many presses are asked for")),
    ),
    LifeAct.REPORT_LOST: (("happened_at", Text("遗失时间", "when it was lost")),),
    LifeAct.DESTROY: (("happened_at", Text("销毁时间", "when it was destroyed")),),
}
_MAKER = (
    ("maker_name", Text("制作单位", "the maker")),
    ("maker_filing_no", Text("制作单位备案编号", "the maker's filing number")),
)


def object_to_facts(
    act: LifeAct, medium: str, facts: StepFacts, now: int, barred: frozenset[str]
) -> Objection | None:
    """Why what a step states is not enough. `barred` are persons who may not watch a destruction."""
    needed = _MAKER if act is LifeAct.MAKE and medium == Medium.PHYSICAL else _NEEDED.get(act, ())
    for name, words in needed:
        if getattr(facts, name) in (None, ""):
            return Objection("SEAL_STEP_INCOMPLETE", Text(f"请填写{words.zh}。", f"State {words.en}."))
    if facts.happened_at is not None and facts.happened_at > now:
        return Objection(
            "SEAL_STEP_FUTURE", Text("所填时间晚于现在。", "The time stated lies in the future.")
        )
    return _object_to_witnesses(facts, barred) if act is LifeAct.DESTROY else None


def object_to_resumption(hold: str | None) -> Objection | None:
    """Why a suspended seal may not be taken up again, although its status would allow it."""
    if hold is None:
        return None
    words = {
        Hold.RENAMED: Text("单位已更名，旧章不能恢复", "the organization was renamed"),
        Hold.REPRESENTATIVE_CHANGED: Text(
            "法定代表人已变更，前任名章不能恢复", "the legal representative has changed"
        ),
        Hold.LICENCE_ENDED: Text("单位登记已注销或吊销", "the licence has ended"),
        Hold.ENDING: Text("印章正在办理缴销或注销", "the seal is being ended"),
    }[Hold(hold)]
    return Objection(
        "SEAL_HELD",
        Text(
            f"{words.zh}。请办理缴销或注销。",
            f"The seal stays suspended: {words.en}. Surrender or revoke it.",
        ),
    )


def object_to_formality(hold: str | None) -> Objection | None:
    """Why a stopped seal is not used for formalities: only a rename leaves papers that ask for the old seal."""
    if hold == Hold.RENAMED:
        return None
    return Objection(
        "SEAL_NOT_RENAMED",
        Text(
            "只有因单位更名而停用的旧章可报批用于变更手续。",
            "Only a seal that was stopped by a rename can be used for formalities of the change.",
        ),
    )


def object_to_imprint(
    pixels: tuple[int, int], dots_per_inch: tuple[float, float] | None, size_mm: tuple[float, float]
) -> Objection | None:
    """Why a scan is no imprint of a seal of this size. It is cropped to the edge of the seal."""
    wide, high = pixels
    aspect, wanted = wide / high, size_mm[0] / size_mm[1]
    wrong = min(wide, high) < _LEAST_PIXELS or abs(aspect / wanted - 1) > _ASPECT_TOLERANCE
    if dots_per_inch is not None and all(dots_per_inch):
        shown = (wide / dots_per_inch[0] * _MM_PER_INCH, high / dots_per_inch[1] * _MM_PER_INCH)
        wrong = wrong or any(
            abs(one - other) > _SIZE_TOLERANCE_MM for one, other in zip(shown, size_mm, strict=True)
        )
    if not wrong:
        return None
    size = f"{size_mm[0]:g} × {size_mm[1]:g} mm"
    return Objection(
        "SEAL_IMPRINT_SIZE",
        Text(
            f"印模扫描件与登记规格 {size} 不符。请裁切到印章边缘，按原大扫描。",
            f"The scan of the imprint does not fit the registered size {size}. Crop it to the edge and scan it at size.",
        ),
    )


def _object_to_witnesses(facts: StepFacts, barred: frozenset[str]) -> Objection | None:
    witnesses = set(facts.witness_ids)
    if len(facts.witness_ids) != WITNESSES or len(witnesses) != WITNESSES:
        return Objection(
            "SEAL_WITNESSES",
            Text("销毁须有两名不同的监销人。", "A destruction needs two different persons who watch it."),
        )
    if witnesses & barred:
        return Objection(
            "SEAL_WITNESSES",
            Text(
                "监销人不能是保管人或经办人本人。",
                "Neither the keeper nor who reports the destruction can watch it.",
            ),
        )
    return None
