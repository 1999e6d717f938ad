"""The conformance corpus as a whole: all files, how they are written out, judged, and told of in a table."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from corpus_packages import OFD
from corpus_pdfs import PDF
from corpus_seals import SEALS
from corpus_world import CorpusWorld, Vector

from gmseal.checks import failed_codes
from gmseal.cli.documents import verify_file
from gmseal.errors import GmsealError, Refused
from gmseal.policy import POLICIES
from gmseal.report import CheckResult, TrustStore

VECTORS: tuple[Vector, ...] = (*SEALS, *OFD, *PDF)
INDEX, TABLE = "corpus.json", "TABLE.md"
_FORMS = {".esl": "seal", ".dat": "seal signature", ".ofd": "OFD", ".pdf": "PDF"}


@dataclass(frozen=True)
class Judgement:
    """What a verifier says: a verdict and all failed codes, or ``unreadable`` and the code of the error."""

    verdict: str
    fails: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def judge(folder: Path, name: str, trust: str, at: datetime, policy: str) -> Judgement:
    """The judgement of the library on one file of a corpus folder."""
    store = TrustStore.from_directory(folder / trust)
    try:
        report = verify_file(folder / name, store, at, POLICIES[policy])
    except GmsealError as error:
        return Judgement("unreadable", (error.reason if isinstance(error, Refused) else error.code,))
    warned = (check.code for check in report.walk() if check.result is CheckResult.WARN)
    return Judgement(
        verdict=report.verdict.value,
        fails=tuple(sorted(failed_codes(report.walk()))),
        warns=_once(warned),
        findings=_once(found.code for found in report.all_findings()),
    )


def write_corpus(folder: Path) -> None:
    """Every file and every directory of trust, made anew, into an empty folder."""
    world = CorpusWorld.create()
    for vector in VECTORS:
        (folder / vector.name).write_bytes(vector.make(world))
    for directory, files in world.trust_directories().items():
        (folder / directory).mkdir()
        for name, content in files.items():
            (folder / directory / name).write_bytes(content)


def describe(folder: Path) -> list[dict[str, Any]]:
    """The entries of ``corpus.json`` for a folder, judged under every policy."""
    return [_entry(folder, vector) for vector in VECTORS]


def _entry(folder: Path, vector: Vector) -> dict[str, Any]:
    judged = {policy: judge(folder, vector.name, vector.trust, vector.at, policy) for policy in POLICIES}
    told = judged["default"]
    return {
        "name": vector.name,
        "form": _FORMS[Path(vector.name).suffix],
        "what": vector.what,
        "trust": vector.trust,
        "at": vector.at.isoformat().replace("+00:00", "Z"),
        "warnings": list(told.warns),
        "findings": list(told.findings),
        "policies": {
            policy: {"verdict": one.verdict, "fails": list(one.fails)} for policy, one in judged.items()
        },
        "peers": list(vector.peers),
    }


def as_json(entries: Iterable[dict[str, Any]]) -> str:
    """``corpus.json``, one file of the corpus a line."""
    lines = (json.dumps(entry, ensure_ascii=False) for entry in entries)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def as_table(entries: Iterable[dict[str, Any]]) -> str:
    """``TABLE.md``: the same for people."""
    head = (
        "# The conformance corpus\n\n"
        "Made by `build.py`; do not edit. Judge a file of it with `gmseal verify FILE --trust TRUST --at AT`, where\n"
        "`TRUST` is a directory beside it and `AT` a time; both are `trust` and 2026-06-03T04:00:00Z unless the table\n"
        "says otherwise. Verdicts: V valid, X invalid, ? indeterminate, U unreadable, under the policies `default`,\n"
        "`strict`, `archive`, `v4`, `v5` and `tolerant`. Codes that a policy adds to those of `default` are in `corpus.json`.\n"
        "Findings are deviations of form that were tolerated. All names are invented.\n\n"
        "| file | what it is | verdicts | fails | warns | findings | judged by | others |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(entry) for entry in entries)


_SIGNS = {"valid": "V", "invalid": "X", "indeterminate": "?", "unreadable": "U"}


def _row(entry: dict[str, Any]) -> str:
    policies = entry["policies"]
    conditions = [] if entry["trust"] == "trust" else [f"`{entry['trust']}`"]
    if entry["at"] != "2026-06-03T04:00:00Z":
        conditions.append(entry["at"])
    cells = (
        f"`{entry['name']}`",
        entry["what"],
        " ".join(_SIGNS[policies[policy]["verdict"]] for policy in POLICIES),
        _codes(policies["default"]["fails"]),
        _codes(code for code in entry["warnings"] if not code.startswith("TRIAL_")),
        _codes(entry["findings"]),
        ", ".join(conditions),
        "; ".join(entry["peers"]),
    )
    return "| " + " | ".join(cells) + " |\n"


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))
