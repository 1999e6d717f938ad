"""Commands of those who vouch for a log from outside: ``witness`` and ``monitor``."""

import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from evidencelog.cli.console import (
    Exit,
    JsonOption,
    Language,
    LanguageOption,
    fail,
    language,
    print_json,
    print_lines,
    read,
)
from evidencelog.cosignature import Cosigner
from evidencelog.embedded.lock import only_one
from evidencelog.errors import Code, EvidenceLogError, MalformedError
from evidencelog.hashing import tree_hash
from evidencelog.keys import parse_skey
from evidencelog.policy import MAX_POLICY_BYTES, WitnessPolicy
from evidencelog.vkey import parse_vkey
from evidencelog.witness.monitor import LogMonitor, MonitorAlarm, MonitorState
from evidencelog.witness.record import WitnessRecord
from evidencelog.witness.service import Witness, WitnessedLog

_KEY_BYTES: Final = 16_384


def witness(
    folder: Annotated[Path, typer.Argument(help="数据文件夹 · Folder of the record.")],
    key: Annotated[
        list[Path], typer.Option("--key", help="见证私钥，可重复 · File of a key; may be repeated.")
    ],
    log: Annotated[
        list[str],
        typer.Option(
            "--log", help="日志公钥，同名的合为一个日志 · Key of a log; those of one name are one log."
        ),
    ],
    sm3_log: Annotated[
        list[str] | None, typer.Option("--sm3-log", help="SM3 树的日志公钥 · Key of a log whose tree is SM3.")
    ] = None,
    host: Annotated[str, typer.Option(help="监听地址 · Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口，0 为任意 · Port; 0 takes a free one.")] = 8630,
) -> None:
    """运行见证服务 · Run a witness (C2SP tlog-witness): it cosigns heads that only grow."""
    from evidencelog.serving.run import run_application  # noqa: PLC0415 - needs the extra `serve`
    from evidencelog.witness.application import WitnessApplication  # noqa: PLC0415 - as above

    try:
        cosigners = [
            Cosigner.of(parse_skey(read(path, _KEY_BYTES).decode("utf-8", "replace"))) for path in key
        ]
        if not cosigners:
            raise MalformedError(Code.KEY_MALFORMED, "a witness needs a key")
        logs = [*_logs(log, "sha-256"), *_logs(sm3_log or [], "sm3")]
        with only_one(folder):
            record = WitnessRecord(folder / "witness.sqlite3")
            service = Witness(cosigners, logs, record, lambda: int(time.time()))
            for cosigner in cosigners:
                sys.stdout.write(f"{cosigner.verifier.vkey}\n")
            run_application(WitnessApplication(service), host, port, name=cosigners[0].verifier.name)
    except EvidenceLogError as error:
        fail(error, as_json=False)


def monitor(
    url: Annotated[str, typer.Argument(help="日志网址 · Address of the log.")],
    origin: Annotated[str, typer.Option("--origin", help="日志名 · Origin line of the log.")],
    policy: Annotated[Path, typer.Option("--policy", help="信任策略文件 · File with the policy.")],
    state: Annotated[Path, typer.Option("--state", help="状态文件 · File in which the monitor remembers.")],
    witness_url: Annotated[
        list[str] | None, typer.Option("--witness", help="见证方：名称=网址 · A witness as NAME=URL.")
    ] = None,
    max_silence: Annotated[
        int | None,
        typer.Option(help="超过多少秒无新记录即报警 · Seconds without growth that raise an alarm."),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(help="每隔多少秒一次；缺省只查一次 · Repeat every so many seconds; else once."),
    ] = None,
    hash_name: Annotated[str, typer.Option("--hash", help="sha-256 | sm3")] = "sha-256",
    as_json: JsonOption = False,  # noqa: FBT002 - typer makes it the flag --json
    lang: LanguageOption = None,
) -> None:
    """监督日志 · Follow a log from outside; exit status 1 when something is wrong with it."""
    try:
        believed = WitnessPolicy.parse(read(policy, MAX_POLICY_BYTES))
        places = {
            name: place or name for name, _, place in (text.partition("=") for text in witness_url or [])
        }
        follower = LogMonitor(url, origin, believed, places, max_silence, tree_hash(hash_name))
        while True:
            remembered, alarms = follower.round(MonitorState.load(state), int(time.time()))
            remembered.save(state)
            _show(alarms, language(lang), as_json=as_json)
            if every is None:
                break
            time.sleep(every)
    except EvidenceLogError as error:
        fail(error, as_json=as_json)
    raise typer.Exit(int(Exit.INVALID if alarms else Exit.VALID))


def _show(alarms: tuple[MonitorAlarm, ...], chosen: Language, *, as_json: bool) -> None:
    if as_json:
        found = [
            {
                "kind": alarm.kind.value,
                "zh": alarm.zh,
                "en": alarm.en,
                "evidence": [note.decode("utf-8", "replace") for note in alarm.evidence],
            }
            for alarm in alarms
        ]
        print_json({"alarms": found})
        return
    good = (
        "✓ 日志与所记得的一致" if chosen is Language.ZH else "✓ The log agrees with all that is remembered."
    )
    lines = tuple(f"✗ {alarm.zh if chosen is Language.ZH else alarm.en}" for alarm in alarms)
    print_lines(lines or (good,))


def _logs(vkeys: list[str], hash_name: str) -> list[WitnessedLog]:
    keys = [parse_vkey(text) for text in vkeys]
    names = dict.fromkeys(key.name for key in keys)
    algorithm = tree_hash(hash_name)
    return [WitnessedLog(name, tuple(key for key in keys if key.name == name), algorithm) for name in names]
