"""What the checks of a receipt say, in Chinese and English."""

from enum import StrEnum
from typing import Final


class AnchorCheckCode(StrEnum):
    """What was checked of a receipt; the codes are stable."""

    HEAD = "anchor.head"
    IMPRINT = "anchor.imprint"
    TRANSACTION_ID = "anchor.transaction_id"
    CALL = "anchor.call"
    SENDER = "anchor.sender"
    BLOCK = "anchor.block"
    TOKEN = "anchor.token"  # noqa: S105 - a code, not a password
    AUTHORITY = "anchor.authority"


PASSED: Final[dict[AnchorCheckCode, tuple[str, str]]] = {
    AnchorCheckCode.HEAD: (
        "回执所说的检查点就是这一个（日志、条数、根一致）。",
        "The receipt speaks of this checkpoint: log, size and root agree.",
    ),
    AnchorCheckCode.IMPRINT: (
        "回执中的摘要就是检查点正文的摘要。",
        "The digest in the receipt is that of the checkpoint's text.",
    ),
    AnchorCheckCode.TRANSACTION_ID: (
        "交易号与已签名的交易一致。",
        "The transaction id is that of the signed transaction.",
    ),
    AnchorCheckCode.CALL: (
        "交易内容写入的正是这个检查点。",
        "What the transaction writes is exactly this checkpoint.",
    ),
    AnchorCheckCode.SENDER: (
        "交易由回执所称的账户签名，签名有效。",
        "The transaction is signed by the account that the receipt names.",
    ),
    AnchorCheckCode.TOKEN: (
        "时间戳覆盖检查点正文，签名有效，时间为 {time}。",
        "The time stamp is over the checkpoint's text and well signed; it says {time}.",
    ),
    AnchorCheckCode.AUTHORITY: (
        "时间戳服务机构在您信任的根之下。",
        "The time-stamp authority stands under a root that you trust.",
    ),
}
FAILED: Final[dict[AnchorCheckCode, tuple[str, str]]] = {
    AnchorCheckCode.HEAD: (
        "回执所说的是另一个检查点。",
        "The receipt speaks of another checkpoint.",
    ),
    AnchorCheckCode.IMPRINT: (
        "回执中的摘要不是检查点正文的摘要。",
        "The digest in the receipt is not that of the checkpoint's text.",
    ),
    AnchorCheckCode.TRANSACTION_ID: (
        "交易号与已签名的交易不一致。",
        "The transaction id is not that of the signed transaction.",
    ),
    AnchorCheckCode.CALL: (
        "交易内容写入的不是这个检查点，或不是写到所称的链和合约：{reason}",
        "The transaction does not write this checkpoint to the chain and contract named: {reason}",
    ),
    AnchorCheckCode.SENDER: (
        "交易的签名无效，或不是所称账户的签名。",
        "The signature of the transaction is bad, or is not by the account named.",
    ),
    AnchorCheckCode.TOKEN: (
        "时间戳不覆盖检查点正文，或其签名无效：{reason}",
        "The time stamp is over other data or badly signed: {reason}",
    ),
    AnchorCheckCode.AUTHORITY: (
        "时间戳服务机构不在您信任的根之下。",
        "The time-stamp authority stands under no root that you trust.",
    ),
}
NOT_CHECKED: Final[dict[AnchorCheckCode, tuple[str, str]]] = {
    AnchorCheckCode.BLOCK: (
        "交易是否在链 {chain} 的区块 {number}（{hash}）中，须向该链查询；离线无法确认。",
        "Whether the transaction stands in block {number} ({hash}) of {chain} only a look at that chain can tell.",
    ),
    AnchorCheckCode.SENDER: (
        "回执不含签名者的证书或公钥，签名未核对。",
        "The receipt holds neither certificate nor key of the sender, so the signature was not checked.",
    ),
    AnchorCheckCode.AUTHORITY: (
        "您没有给出可信的根证书，时间戳服务机构是否可信未核对。",
        "You gave no trusted root, so whether to believe the time-stamp authority was not checked.",
    ),
}
