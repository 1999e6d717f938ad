"""Commands for whoever checks: ``verify``, ``show``, ``keygen``.

``verify`` ends with 0 when everything asked for holds, 1 when it does not, 2 when the input cannot be read, and 3
when nothing speaks against it but no key that the caller trusts vouches for it.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from evidencelog.bundle import BundleReport, Check, CheckCode, Verdict, read_bundle, verify_bundle
from evidencelog.checkpoint import parse_checkpoint
from evidencelog.cli.console import (
    Exit,
    JsonOption,
    Language,
    LanguageOption,
    VkeyOption,
    fail,
    first_bytes,
    language,
    print_json,
    print_lines,
    read,
    read_vkeys,
    write_secret,
)
from evidencelog.cli.stating import statement_lines
from evidencelog.cosignature import Cosigner
from evidencelog.errors import ArgumentError, Code, EvidenceLogError, MalformedError, VerificationError
from evidencelog.hashing import TreeHash, tree_hash
from evidencelog.keys import NoteVerifier, generate_signer
from evidencelog.note import parse_note
from evidencelog.policy import MAX_POLICY_BYTES, WitnessPolicy
from evidencelog.proof import HEADER, MAX_PROOF_BYTES, TlogProof, parse_proof, verify_proof
from evidencelog.tiles import MAX_ENTRY_BYTES
from evidencelog.tree import verify_inclusion

_MAX_ROOTS_BYTES: Final = 1 << 20
_MARKS: Final = {"pass": "✓", "warn": "!", "fail": "✗", "not_checked": "?"}


class KeyType(StrEnum):
    """The kinds of key that can be made."""

    ED25519 = "ed25519"
    SM2 = "sm2"


_VERDICTS: Final = {
    Verdict.VALID: (Exit.VALID, "有效：所查内容均成立。", "VALID: everything that was checked holds."),
    Verdict.INVALID: (Exit.INVALID, "无效：见标有 ✗ 的各项。", "NOT VALID: see the lines marked ✗."),
    Verdict.INDETERMINATE: (
        Exit.INDETERMINATE,
        "无法断定：未发现问题，但缺少您所信任的依据，见标有 ? 的各项。",
        "INDETERMINATE: nothing is wrong, but nobody you trust vouches for it; see the lines marked ?.",
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What ``verify`` found: a verdict, a form for JSON, and lines for people in both languages."""

    verdict: Verdict
    content: dict[str, Any]
    lines_zh: tuple[str, ...]
    lines_en: tuple[str, ...]


def verify(
    file: Annotated[Path, typer.Argument(help="证据包或 .tlog-proof · A bundle or a .tlog-proof.")],
    entry: Annotated[
        Path | None, typer.Option("--entry", help="条目的原始字节 · The exact bytes of the entry.")
    ] = None,
    vkey: VkeyOption = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="策略文件：日志公钥与见证人 · Policy of keys and witnesses."),
    ] = None,
    roots: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            help="时间戳服务的可信根证书（PEM 或 DER），可多次 · A root of time-stamp authorities that you trust.",
        ),
    ] = None,
    origin: Annotated[str | None, typer.Option("--origin", help="日志名 · The log it must be from.")] = None,
    hash_name: Annotated[
        str, typer.Option("--hash", help="sha-256 | sm3, 证明所属的树 · Hash of the tree.")
    ] = "sha-256",
    as_json: JsonOption = False,  # noqa: FBT002 - typer makes it the flag --json
    lang: LanguageOption = None,
) -> None:
    """核验证据包或单条证明 · Check a bundle, or one proof with --entry and --vkey.

    退出码 · Exit status: 0 有效 valid, 1 无效 not valid, 2 无法读取 unreadable, 3 无法断定 indeterminate.
    """
    try:
        trusted = [key for text in vkey or [] for key in read_vkeys(text)]
        believed = None if policy is None else WitnessPolicy.parse(read(policy, MAX_POLICY_BYTES))
        certificates = tuple(der for path in roots or [] for der in _certificates(path))
        asked = _Asked(tuple(trusted), believed, origin, tree_hash(hash_name), certificates)
        outcome = _verify_file(file, entry, asked)
    except EvidenceLogError as error:
        fail(error, as_json=as_json)
    exit_code, zh, en = _VERDICTS[outcome.verdict]
    if as_json:
        print_json({**outcome.content, "exit": int(exit_code)})
    elif language(lang) is Language.ZH:
        print_lines((*outcome.lines_zh, zh))
    else:
        print_lines((*outcome.lines_en, en))
    raise typer.Exit(int(exit_code))


def show(
    file: Annotated[Path, typer.Argument(help="证据包、证明或检查点 · A bundle, a proof or a checkpoint.")],
) -> None:
    """只显示、不核验 · Print what a bundle, proof or checkpoint says, without checking anything."""
    try:
        content = _show(file)
    except EvidenceLogError as error:
        fail(error, as_json=False)
    print_json({"verified": False, **content})


WitnessKeyOption = Annotated[
    bool, typer.Option("--witness", help="打印见证公钥 · Print the public key as that of a witness.")
]


def keygen(
    name: Annotated[
        str, typer.Argument(help="密钥名，一般为日志名 · Key name, usually the origin of the log.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="私钥文件，不得已存在 · File for the private key; must not exist.")
    ],
    key_type: Annotated[KeyType, typer.Option("--type", help="算法 · Algorithm.")] = KeyType.ED25519,
    for_witness: WitnessKeyOption = False,  # noqa: FBT002 - typer makes it the flag --witness
) -> None:
    """生成签名密钥，私钥写入文件，公钥打印 · Make a key; the private part goes to a file, the public is printed."""
    try:
        signer = generate_signer(name, key_type.value)
        write_secret(out, signer.skey)
    except EvidenceLogError as error:
        fail(error, as_json=False)
    verifier = Cosigner.of(signer).verifier if for_witness else signer.verifier
    print_lines((verifier.vkey,))


@dataclass(frozen=True)
class _Asked:
    """What the caller trusts and expects."""

    trusted: tuple[NoteVerifier, ...]
    policy: WitnessPolicy | None
    origin: str | None
    algorithm: TreeHash
    roots: tuple[bytes, ...]


def _certificates(path: Path) -> list[bytes]:
    """The certificates (DER) of a file in PEM or DER; raises :class:`MalformedError` (``key.malformed``)."""
    data = read(path, _MAX_ROOTS_BYTES)
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
        return [one.public_bytes(serialization.Encoding.DER) for one in found]
    except ValueError as error:
        raise MalformedError(Code.KEY_MALFORMED, f"{path.name} holds no certificate") from error


def _verify_file(file: Path, entry: Path | None, asked: _Asked) -> Outcome:
    if first_bytes(file, 2) == b"PK":
        if entry is not None:
            raise ArgumentError(
                Code.PROOF_MALFORMED, "--entry belongs to a .tlog-proof, a bundle has its entries inside"
            )
        return _verify_bundle(file, asked)
    data = read(file, MAX_PROOF_BYTES)
    if not data.startswith(HEADER.encode()):
        # Whoever holds a sealed document easily takes it for its own proof.
        also = (
            "; a sealed PDF or OFD itself is checked with gmseal verify" if data.startswith(b"%PDF") else ""
        )
        raise MalformedError(
            Code.PROOF_MALFORMED,
            f"{file.name} is neither an evidence bundle (.zip) nor the proof of an entry (.tlog-proof){also}",
        )
    proof = parse_proof(data)
    if entry is None:
        raise ArgumentError(
            Code.PROOF_MALFORMED, "a .tlog-proof needs --entry with the bytes that it is about"
        )
    return _verify_proof(proof, read(entry, MAX_ENTRY_BYTES), asked)


def _verify_bundle(file: Path, asked: _Asked) -> Outcome:
    report = verify_bundle(file, asked.trusted, policy=asked.policy, roots=asked.roots)
    if asked.origin is not None and report.origin != asked.origin:
        return _refused(
            VerificationError(Code.CHECKPOINT_ORIGIN, f"the bundle is from the log {report.origin}")
        )
    # Who reads no further than the verdict must not take a voided use for one that stands.
    voided = [item for item in report.walk() if item.code is CheckCode.STATEMENT_VOIDED]
    return Outcome(
        report.verdict,
        report.to_dict(),
        (*(f"! {item.zh}" for item in voided), *_report_lines(report, Language.ZH)),
        (*(f"! {item.en}" for item in voided), *_report_lines(report, Language.EN)),
    )


def _report_lines(report: BundleReport, chosen: Language) -> tuple[str, ...]:
    lines = [f"日志 {report.origin}" if chosen is Language.ZH else f"Log {report.origin}"]
    for item in report.checks:
        lines.extend(_check_lines(item, chosen, 0))
    if report.statement is not None:
        lines.extend(statement_lines(report.statement, zh=chosen is Language.ZH))
    return tuple(lines)


def _check_lines(item: Check, chosen: Language, depth: int) -> list[str]:
    sentence = item.zh if chosen is Language.ZH else item.en
    lines = [f"{'  ' * depth}{_MARKS[item.result.value]} {sentence}"]
    for child in item.children:
        lines.extend(_check_lines(child, chosen, depth + 1))
    return lines


def _verify_proof(proof: TlogProof, entry: bytes, asked: _Asked) -> Outcome:
    head = proof.head()
    content: dict[str, Any] = {
        "kind": "proof",
        "origin": head.origin,
        "index": proof.index,
        "size": head.size,
        "root": head.root.hex(),
        "leaf_hash": asked.algorithm.leaf(entry).hex(),
    }
    try:
        signers = _check_proof(proof, entry, asked)
    except VerificationError as error:
        return _refused(error, content)
    verdict = Verdict.VALID if signers else Verdict.INDETERMINATE
    lines_zh = [f"✓ 条目在日志 {head.origin} 的检查点（共 {head.size} 条）之下，序号 {proof.index}。"]
    lines_en = [
        f"✓ The entry is number {proof.index} under the checkpoint of {head.origin} of size {head.size}."
    ]
    if signers:
        lines_zh.append(f"✓ 检查点由可信公钥签名：{'，'.join(signers)}。")
        lines_en.append(f"✓ The checkpoint is signed by keys you trust: {', '.join(signers)}.")
    else:
        lines_zh.append("? 没有给出可信公钥（--vkey），检查点的签名未核对。")
        lines_en.append(
            "? No trusted key was given (--vkey): the signatures of the checkpoint were not checked."
        )
    return Outcome(
        verdict, {"verdict": verdict.value, **content, "signed_by": signers}, tuple(lines_zh), tuple(lines_en)
    )


def _check_proof(proof: TlogProof, entry: bytes, asked: _Asked) -> list[str]:
    """Return who signed, of those that are trusted; without trusted keys only the path to the root is checked."""
    algorithm, origin = asked.algorithm, asked.origin
    head, signers = proof.head(), []
    if asked.policy is not None:
        witnessed = asked.policy.open(proof.checkpoint, origin=origin)
        signers = [f"{key.name} ({key.algorithm})" for key in witnessed.signed_by]
        signers += list(witnessed.witnesses)
    elif asked.trusted:
        proven = verify_proof(proof, entry, asked.trusted, origin=origin, algorithm=algorithm)
        signers = [f"{key.name} ({key.algorithm})" for key in proven.head.signed_by]
    elif origin not in (None, head.origin):
        raise VerificationError(Code.CHECKPOINT_ORIGIN, "the checkpoint belongs to another log")
    leaf_hash = algorithm.leaf(entry)
    verify_inclusion(leaf_hash, proof.index, head.size, proof.hashes, head.root, algorithm=algorithm)
    return signers


_REASONS_ZH: Final = {
    Code.INCLUSION_INVALID: "条目与证明不符：条目、序号或证明被改动过，或不在该日志中。",
    Code.SIGNATURE_INVALID: "检查点的签名无效，内容或签名被改动过。",
    Code.NOTE_NOT_SIGNED: "检查点没有任何可信公钥的签名。",
    Code.CHECKPOINT_ORIGIN: "检查点属于另一个日志。",
    Code.POLICY_QUORUM: "检查点的见证人联署不满足策略。",
}


def _refused(error: VerificationError, content: dict[str, Any] | None = None) -> Outcome:
    zh = _REASONS_ZH.get(error.code, str(error))
    # Nothing is wrong with what no given key has signed: it may be the wrong key that was given.
    verdict = Verdict.INDETERMINATE if error.code is Code.NOTE_NOT_SIGNED else Verdict.INVALID
    mark = _MARKS["not_checked" if verdict is Verdict.INDETERMINATE else "fail"]
    found = {
        "verdict": verdict.value,
        **(content or {}),
        "code": error.code.value,
        "message": str(error),
    }
    return Outcome(verdict, found, (f"{mark} {zh}",), (f"{mark} {error}",))


def _show(file: Path) -> dict[str, Any]:
    if first_bytes(file, 2) == b"PK":
        bundle = read_bundle(file)
        content = json.loads(bundle.manifest.to_bytes())
        content["proofs"] = [_show_proof(entry.proof) for entry in bundle.entries]
        return {"kind": "bundle", **content, "unlisted": list(bundle.unlisted)}
    data = read(file, MAX_PROOF_BYTES)
    if data.startswith(HEADER.encode()):
        return {"kind": "proof", **_show_proof(parse_proof(data))}
    return {"kind": "checkpoint", **_show_checkpoint(data)}


def _show_proof(proof: TlogProof) -> dict[str, Any]:
    path = [value.hex() for value in proof.hashes]
    return {"index": proof.index, "path": path, "checkpoint": _show_checkpoint(proof.checkpoint)}


def _show_checkpoint(data: bytes) -> dict[str, Any]:
    head = parse_checkpoint(data)
    signatures = [{"name": line.name, "key_id": line.key_id.hex()} for line in parse_note(data).signatures]
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "extensions": list(head.extensions),
        "signatures": signatures,
    }
