"""One compared imprint for paper (印文比对单)."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.imprint_models import ImprintComparison
from shuangyin.custody.imprint_queries import Part, comparison_out, picture_of
from shuangyin.custody.typesetting import named, time_of, typeset_form
from shuangyin.organization.queries import get as organization_of

LONGEST_PX = 700
"""A picture stands 56 mm wide on paper: more pixels show no more."""
_VERDICTS = {"match": "相符", "differ": "不符", "unclear": "无法判定"}
_REASONS = {
    "no_resolution": "文件未注明分辨率",
    "resolution": "分辨率过低或过高",
    "no_red": "没有找到红色印文",
    "several": "有多枚印文或红色内容",
    "size": "印文尺寸与登记不符",
    "cut_off": "印文不完整",
    "no_fit": "不能与印模对齐",
    "too_little": "可比之处过少",
    "poor_fit": "对齐不可靠",
    "strokes_differ": "笔画不同",
    "likeness": "部分印文不清",
    "strokes": "部分笔画缺失或多出",
    "hidden": "部分印文被文字遮盖",
    "no_difference": "未见差异",
}


def imprint_sheet(work: UnitOfWork, actor: Actor, found: ImprintComparison) -> dict[str, Any]:
    """What the sheet shows; a picture is the list of the bytes of a JPEG, empty for none."""
    shown = comparison_out(work, actor, found)
    return {
        "organization": organization_of(work, found.organization_id).name,
        "printed_at": time_of(work.now),
        "id": shown.id,
        "seal": shown.seal_name,
        "use": f"{shown.use.number}（申请 {shown.use.request_number}）" if shown.use else "未注明",
        "verdict": _VERDICTS[shown.verdict],
        "reasons": [_REASONS[one] for one in shown.reasons],
        "compared_by": named(shown.compared_by),
        "compared_at": time_of(shown.compared_at),
        "decision": _VERDICTS[shown.decision] if shown.decision else "待复核",
        "note": shown.decision_note or "",
        "decided_by": named(shown.decided_by) if shown.decided_by else "",
        "decided_at": time_of(shown.decided_at),
        "scan_sm3": shown.scan_sm3,
        "specimen_sm3": shown.specimen_sm3,
        "specimen": _picture(work, found, "specimen"),
        "scan": _picture(work, found, "scan"),
        "overlay": _picture(work, found, "overlay") if found.overlay_object_id else [],
    }


def typeset_imprint(data: dict[str, Any]) -> bytes:
    """The sheet as PDF, A4. Raises Unavailable when typesetting fails."""
    return typeset_form("imprint.typ", data)


def _picture(work: UnitOfWork, found: ImprintComparison, part: Part) -> list[int]:
    content, _ = picture_of(work, found, part)
    with Image.open(io.BytesIO(content)) as image:
        image.thumbnail((LONGEST_PX, LONGEST_PX))
        paper = Image.new("RGB", image.size, "white")
        shown = image.convert("RGBA")
        paper.paste(shown, mask=shown.getchannel("A"))
        paper.save(out := io.BytesIO(), "JPEG", quality=88)
    return list(out.getvalue())
