"""How to check a bundle without this product: exact commands over the files as they lie in the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from evidencelog.anchors import AnchorKind, AnchorReceipt
from evidencelog.bundle import EntrySource
from evidencelog.checkpoint import Checkpoint
from evidencelog.keys import ED25519_TYPE, SM2_TYPE, Ed25519Verifier, Sm2Verifier
from evidencelog.note import parse_note
from evidencelog.vkey import parse_vkey
from shuangyin.core.text import Text

SM2_HEAD = "3059301306072a8648ce3d020106082a811ccf5501822d034200"
_ED25519_HEAD = "302a300506032b6570032100"
"""What stands before the key in a SubjectPublicKeyInfo (RFC 5480, RFC 8410)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to check, with commands for a POSIX shell in the folder that the bundle was unpacked to."""

    title: Text
    text: Text
    commands: tuple[str, ...] = ()


_EVERYTHING = Step(
    Text("一次核验全部内容", "Check everything at once"),
    Text(
        "用浏览器打开 files/verify.html 并选入本证据包；或用命令行工具。日志公钥与见证人策略应从证据包以外的渠道取得，"
        "例如平台网址的 /log/vkeys。",
        "Open files/verify.html in a browser and choose this bundle, or use the command line. Get the log's keys "
        "and the policy of witnesses from elsewhere than the bundle, such as /log/vkeys of the platform.",
    ),
    (
        "evidencelog verify bundle.zip --vkey log.vkeys",
        "evidencelog verify bundle.zip --policy policy.txt",
    ),
)
_DIGESTS = Step(
    Text("文件的摘要", "The digest of the document"),
    Text(
        "计算您手中文件的摘要，应与报告及条目中的摘要相同。",
        "Compute the digest of the file you hold; it must be the one in the report and in the entry.",
    ),
    (
        "openssl dgst -sm3 files/document-sealed.pdf",
        "sha256sum files/document-sealed.pdf",
        "cat entries/000001.json",
    ),
)
_CHECKPOINT = Step(
    Text("检查点的文本与签名", "Text and signatures of the checkpoint"),
    Text(
        "证明文件的第一个空行之后是检查点：第一行为日志名，第二行为条数，第三行为树根；其后每行一个签名。",
        "After the first empty line of a proof stands the checkpoint: name of the log, size, root of the tree; "
        "then one signature a line.",
    ),
    (
        "sed '1,/^$/d' proofs/000001.tlog-proof > checkpoint",
        "sed '/^$/,$d' checkpoint > checkpoint.text",
    ),
)
_INCLUSION = Step(
    Text("条目确在日志中", "The entry is in the log"),
    Text(
        "用 Go 的 golang.org/x/mod/sumdb 核验：note.Open 核对检查点签名，tlog.CheckRecord 核对包含证明。"
        "证明文件中 index 之后各行即路径（base64），条目原文即 entries 中的文件。",
        "With golang.org/x/mod/sumdb of Go: note.Open checks the signatures, tlog.CheckRecord the path. The lines "
        "after index in the proof are the path (base64); the entry is the file in entries, as it is.",
    ),
    (
        "note.Open(checkpoint, note.VerifierList(verifier))",
        "tlog.CheckRecord(path, size, root, index, tlog.RecordHash(entry))",
    ),
)
_SALTED = Step(
    Text("事由与意见的加盐摘要", "Salted digests of reasons and comments"),
    Text(
        "条目只记摘要与盐。盐的十六进制字节后接文字（UTF-8），其 SM3 应等于条目中的 sm3。",
        "Entries hold only digest and salt. SM3 over the bytes of the salt followed by the text in UTF-8 must be "
        "the sm3 in the entry.",
    ),
    ("{ printf '%s' SALT | xxd -r -p; printf '%s' 'TEXT'; } | openssl dgst -sm3",),
)


def steps_of(
    entry: EntrySource, vkeys: list[str], receipts: Sequence[AnchorReceipt], *, salted: bool
) -> list[Step]:
    """The steps, with the first entry of the bundle as the example; `salted` whether digests of texts are in it."""
    return [
        _EVERYTHING,
        _DIGESTS,
        _CHECKPOINT,
        *_signature_steps(entry, vkeys),
        _INCLUSION,
        *([_SALTED] if salted else []),
        *(_receipt_step(number, receipt) for number, receipt in enumerate(receipts, 1)),
    ]


def _receipt_step(number: int, receipt: AnchorReceipt) -> Step:
    """How an outsider's memory is asked; the head that it holds is written out, since the receipt names its parts."""
    head = receipt.head
    lines = Checkpoint(head.origin, head.size, head.root).text().splitlines()
    written = f"printf '%s\\n' {' '.join(map(quote, lines))} > anchored{number}.text"
    if receipt.kind is AnchorKind.ETHEREUM:
        return _transaction_step(receipt)
    if receipt.kind is AnchorKind.CHAINMAKER:
        return _fact_step(number, receipt, written)
    path = f"receipts/{number:06d}.json"
    return Step(
        Text(f"时间戳（{receipt.anchor}）", f"The time stamp ({receipt.anchor})"),
        Text(
            "令牌覆盖检查点正文。roots.pem 是您信任的时间戳根证书，应从证据包以外取得；SM2 令牌须用支持国密的工具。",
            "The token is over the text of the checkpoint. roots.pem are roots that you trust, from elsewhere than the "
            "bundle; a token signed with SM2 needs a tool that knows SM2.",
        ),
        (
            written,
            f"""sed 's/.*"token":"\\([^"]*\\)".*/\\1/' {path} | base64 -d > token{number}""",
            f"openssl ts -verify -token_in -in token{number} -data anchored{number}.text -CAfile roots.pem",
        ),
    )


def _transaction_step(receipt: AnchorReceipt) -> Step:
    transaction = receipt.transaction.id if receipt.transaction else ""
    asked = f'{{"jsonrpc":"2.0","id":1,"method":"eth_getTransactionReceipt","params":["{transaction}"]}}'
    root = f"0x{receipt.head.root.hex()}"
    return Step(
        Text(f"链上交易（{receipt.anchor}）", f"The transaction on the chain ({receipt.anchor})"),
        Text(
            f"向您信任的该链节点查询交易回执：status 应为 0x1，to 与 blockHash 与回执一致；事件数据中应有检查点的根 {root}。",
            "Ask a node of that chain that you trust: status must be 0x1, to and blockHash as in the receipt; the event's "
            f"data must hold the root of the checkpoint, {root}.",
        ),
        (f"curl -s -H 'content-type: application/json' -d '{asked}' NODE",),
    )


def _fact_step(number: int, receipt: AnchorReceipt, written: str) -> Step:
    head = receipt.head
    contract = receipt.chain.contract if receipt.chain else "fact"
    parameters = f'{{"file_hash":"{head.imprint.hex()}"}}'
    asked = (
        f"cmc client contract user get --contract-name={contract} --method=find_by_file_hash "
        f"--params='{parameters}' --sdk-conf-path=SDK.yml"
    )
    return Step(
        Text(f"长安链存证（{receipt.anchor}）", f"The record on ChainMaker ({receipt.anchor})"),
        Text(
            "计算检查点正文的摘要，再用长安链的 cmc 工具向您信任的节点查询合约的 find_by_file_hash。",
            "Compute the digest of the checkpoint's text, then ask the contract's find_by_file_hash at a node that you "
            "trust, with cmc of ChainMaker.",
        ),
        (
            written,
            f"openssl dgst -{head.imprint_algorithm} anchored{number}.text",
            asked,
        ),
    )


def _signature_steps(entry: EntrySource, vkeys: list[str]) -> list[Step]:
    note = parse_note(entry.proof.checkpoint)
    first_line = note.text.count("\n") + 2
    steps = []
    for number, text in enumerate(vkeys, 1):
        key = parse_vkey(text)
        if not isinstance(key, Ed25519Verifier | Sm2Verifier):
            continue
        for at, line in enumerate(note.signatures):
            if (line.name, line.key_id) == (key.name, key.key_id):
                steps.append(_signature_step(number, first_line + at, key))
    return steps


def _signature_step(number: int, line: int, key: Ed25519Verifier | Sm2Verifier) -> Step:
    is_sm2 = isinstance(key, Sm2Verifier)
    head, skipped = (SM2_HEAD, len(SM2_TYPE)) if is_sm2 else (_ED25519_HEAD, len(ED25519_TYPE))
    key_bytes = f"cut -d+ -f3- keys/{number:06d}.vkey | base64 -d | tail -c +{skipped + 1}"
    name = "SM2" if is_sm2 else "Ed25519"
    verify = (
        f"openssl dgst -sm3 -verify key{number}.pem -sigopt distid:1234567812345678 -signature sig{number} checkpoint.text"
        if is_sm2
        else f"openssl pkeyutl -verify -pubin -inkey key{number}.pem -rawin -in checkpoint.text -sigfile sig{number}"
    )
    return Step(
        Text(f"检查点的 {name} 签名", f"The {name} signature of the checkpoint"),
        Text(
            "公钥由文本形式转为 PEM；签名行的前四个字节是公钥编号，其后为签名。",
            "The key is turned from its text form into PEM; the first four bytes of a signature line are the key's id.",
        ),
        (
            f"{{ printf '{octal(head)}'; {key_bytes}; }} | openssl pkey -pubin -inform DER -out key{number}.pem",
            f"sed -n {line}p checkpoint | cut -d' ' -f3 | base64 -d | tail -c +5 > sig{number}",
            verify,
        ),
    )


def octal(data: str) -> str:
    """Bytes in hex as POSIX printf writes them: it knows octal alone, and nothing else for bytes is on every machine."""
    return "".join(f"\\{byte:03o}" for byte in bytes.fromhex(data))
