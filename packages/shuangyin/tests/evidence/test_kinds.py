"""Every kind of entry that the platform records has its sentence in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TypeGuard

import shuangyin
from shuangyin.evidence.kinds import kinds, sentence_of
from shuangyin.seals.rules.life import MOVES

SOURCE = Path(shuangyin.__file__).parent
KIND = re.compile(
    r"\b(?:organization|people|approvals|seals|scenarios|authority|documents|requests|sealing|custody|alarms|devices|audit)\.[a-z_]+\b"
)
STEP_UP_ACTS = {
    "approvals.check_issue_form",
    "approvals.decide",
    "approvals.decide_batch",
    "approvals.release",
    "authority.accept",
    "authority.delegate",
    "authority.end",
    "authority.grant",
    "authority.reconfirm",
    "authority.small_unit",
    "custody.enter_paper_permit",
    "devices.confirm_press",
    "devices.declare_failed",
    "devices.revoke_device",
    "devices.unlock",
    "people.change_post",
    "people.create_token",
    "people.end_link",
    "people.leave",
    "people.leave_forced",
    "people.link_licence",
    "people.recovery_codes",
    "people.remove_passkey",
    "people.reset",
    "scenarios.recall",
    "scenarios.settle",
    "scenarios.simulate",
    "seals.freeze_all",
    "seals.lift_freeze",
    "seals.report",
    "seals.round",
}
"""Acts that a second factor is asked for, and kinds of jobs; nothing is recorded under these names."""


AREAS = [
    "organization",
    "people",
    "approvals",
    "seals",
    "scenarios",
    "authority",
    "documents",
    "requests",
    "sealing",
    "custody",
    "alarms",
    "devices",
    "audit",
]
PERMISSION_FILE = SOURCE / "organization" / "permissions.json"


def recorded_kinds() -> set[str]:
    """Every literal ``area.what_happened`` inside an area's commands, where all recording happens."""
    found: set[str] = set()
    for area in AREAS:
        for path in (SOURCE / area).rglob("*.py"):
            if "commands" not in str(path.relative_to(SOURCE)):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            logged = {id(call.args[0]) for call in ast.walk(tree) if is_log_call(call) and call.args}
            found |= {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in logged
                and KIND.fullmatch(node.value)
            }
    return (found | {f"seals.{move.event}" for move in MOVES}) - permissions() - STEP_UP_ACTS


RECORDING = {"record", "Fact"}
"""What puts an entry into the log; functions that are given its kind and hand it on are found by themselves."""


def kinds_given_to_recorders() -> set[str]:
    """Every literal kind that a call anywhere in the platform gives to what records it, whatever its file is called."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    recording, before = set(RECORDING), set[str]()
    while recording != before:
        before = set(recording)
        recording |= {
            one.name
            for tree in trees
            for one in ast.walk(tree)
            if isinstance(one, ast.FunctionDef)
            and "kind" in {argument.arg for argument in (*one.args.args, *one.args.kwonlyargs)}
            and any(isinstance(call, ast.Call) and name_of(call) in before for call in ast.walk(one))
        }
    given = {
        leaf.value
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and name_of(call) in recording
        for argument in (*call.args, *(one.value for one in call.keywords if one.arg in ("kind", None)))
        for leaf in ast.walk(argument)
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
    }
    return {one for one in given if re.fullmatch(r"[a-z]+\.[a-z_]+", one)} - permissions() - STEP_UP_ACTS


def name_of(call: ast.Call) -> str:
    """What a call calls."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def is_log_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """An event of the running log (`_log.info(...)`), which is not evidence."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "id", "") == "_log"
    )


def permissions() -> set[str]:
    """Permission codes have the same form."""
    return set(KIND.findall(PERMISSION_FILE.read_text(encoding="utf-8")))


def test_every_recorded_kind_has_a_sentence_in_both_languages() -> None:
    elsewhere = kinds_given_to_recorders()
    assert {"people.consent_given", "workbench.statement_made"} <= elsewhere
    recorded = recorded_kinds() | elsewhere
    assert sorted(recorded - set(kinds())) == []
    for kind in recorded:
        assert sentence_of(kind).zh.endswith("。")
        assert sentence_of(kind).en.endswith(".")


def test_a_kind_that_is_no_longer_recorded_is_named_by_its_code() -> None:
    assert sentence_of("old.kind").zh == "old.kind"
