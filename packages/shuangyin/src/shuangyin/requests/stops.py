"""Why automatic sealing left a request to people, in words: what was in the way, and who can act. Pure.

The evidence holds the code of the refusal alone; sentences may be worded better later, and names do not belong there.
"""

from __future__ import annotations

from shuangyin.core.text import Text

NOT_SEALED = "sealing.not_sealed"
"""The kind of the entry that records it; its facts hold the code."""
FROZEN = "SEALS_FROZEN"

_KEEPER = Text("请印章保管人「立即用印」。", "The keeper of the seal can “Seal now”.")
_ANEW = Text("请申请人撤回后重新送审。", "The applicant withdraws it and submits it anew.")
_ADMINISTRATOR = Text("请联系管理员处理。", "Tell the administrator.")

_WHY = {
    FROZEN: (
        Text("当时本单位全部印章处于冻结状态。", "all seals of the organization were frozen."),
        Text(
            "解除冻结后系统自动重试，印章保管人也可「立即用印」。",
            "Once the freeze is lifted it is tried again by itself; the keeper of the seal can “Seal now” too.",
        ),
    ),
    "SEAL_NOT_IN_FORCE": (
        Text(
            "印章当时已停用、失效或不在有效期内。",
            "the seal was suspended, ended or outside its validity.",
        ),
        Text(
            "印章恢复启用后，请印章保管人「立即用印」。",
            "Once the seal is in force again, its keeper can “Seal now”.",
        ),
    ),
    "NO_AUTHORITY": (
        Text(
            "自动用印的授权当时已结束，或不涵盖本次用印。",
            "the grant of automatic sealing had ended or did not cover this use.",
        ),
        _KEEPER,
    ),
    "NEEDS_FACE_CHECK": (
        Text(
            "此类用印须核验盖章人人脸，系统不自动盖章。", "the list asks for a face check of whoever seals."
        ),
        _KEEPER,
    ),
    "BINDING_CHANGED": (
        Text("申请内容与批准时不一致。", "the application is not what was approved."),
        _ANEW,
    ),
    "LAW_FORBIDS_NOW": (
        Text(
            "批准后场景清单已更新，按现行规定不得再用此种印章。",
            "the list changed after approval and this kind of seal may no longer be used.",
        ),
        _ANEW,
    ),
    "CODE_FIRST": (
        Text(
            "OFD 的二维码须随第一枚印章加上。",
            "a QR code is added to an OFD with the first seal that goes on.",
        ),
        _KEEPER,
    ),
    "TIMESTAMP_NOT_CONFIGURED": (
        Text(
            "此类用印须加盖时间戳，但尚未配置时间戳服务。",
            "the list asks for a time stamp and no time-stamp authority is set.",
        ),
        _ADMINISTRATOR,
    ),
}


def words_of(code: str) -> Text:
    """What stopped automatic sealing, and who can act; a code without words of its own is told as it is."""
    why, then = _WHY.get(
        code, (Text(f"原因代码 {code}。", f"the reason has the code {code}."), _ADMINISTRATOR)
    )
    return Text(f"自动用印未执行：{why.zh}{then.zh}", f"Automatic sealing was not done: {why.en} {then.en}")
