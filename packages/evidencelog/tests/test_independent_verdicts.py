"""Our files and the verdicts of Go's ``sumdb/note`` and ``sumdb/tlog`` on them, kept as data.

Each case was given to a program built on those packages, which share nothing with this library; the library
must come to the same verdict on each, good and bad.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from evidencelog import (
    EvidenceLogError,
    integrate,
    parse_proof,
    parse_skey,
    parse_vkey,
    verify_consistency,
    verify_proof,
)
from evidencelog.log import LogState
from evidencelog.note import open_note, sign_note

DATA: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "independent_verdicts.json").read_text())


def ids(case: dict[str, Any]) -> str:
    return str(case.get("name") or f"{case['old']} to {case['new']}")


@pytest.mark.parametrize("case", DATA["notes"], ids=ids)
def test_notes(case: dict[str, Any]) -> None:
    keys = [parse_vkey(text) for text in case["vkeys"]]
    try:
        opened = open_note(case["note"].encode(), keys)
    except EvidenceLogError:
        assert not case["ok"]
        return
    assert case["ok"]
    sm2_lines = sum(key.algorithm == "sm2" for key in opened.verified)  # which the other program cannot know
    assert len(opened.ignored) + sm2_lines == case["ignored"]


@pytest.mark.parametrize("case", DATA["proofs"], ids=ids)
def test_proofs(case: dict[str, Any]) -> None:
    keys = [parse_vkey(text) for text in case["vkeys"]]
    try:
        proof = parse_proof(case["proof"].encode())
        verify_proof(proof, bytes.fromhex(case["entry"]), keys)
    except EvidenceLogError:
        assert not case["ok"]
        return
    assert case["ok"]
    assert proof.to_bytes() == case["proof"].encode()


@pytest.mark.parametrize("case", DATA["trees"], ids=ids)
def test_consistency(case: dict[str, Any]) -> None:
    roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    try:
        verify_consistency(case["old"], case["new"], *roots, [bytes.fromhex(text) for text in case["proof"]])
    except EvidenceLogError:
        assert not case["ok"]
        return
    assert case["ok"]


@pytest.mark.parametrize("case", DATA["tiles"], ids=ids)
def test_the_same_tiles_are_written(case: dict[str, Any]) -> None:
    state = integrate(LogState.empty(), [b""] * case["old"]).new_state
    written = integrate(state, [b""] * (case["new"] - case["old"])).tiles
    assert sorted(tile.path for tile in written) == sorted(case["tiles"] or [])


@pytest.mark.parametrize("case", DATA["signed_elsewhere"], ids=lambda case: str(case["text"]))
def test_keys_and_notes_made_elsewhere(case: dict[str, str]) -> None:
    signer = parse_skey(case["skey"])
    assert signer.skey == case["skey"]
    assert signer.verifier.vkey == case["vkey"]
    assert open_note(case["note"].encode(), [parse_vkey(case["vkey"])]).text == case["text"]
    assert sign_note(case["text"], [signer]) == case["note"].encode()  # Ed25519 is deterministic


def test_the_data_holds_good_and_bad_cases() -> None:
    for kind in ("notes", "proofs", "trees"):
        assert {case["ok"] for case in DATA[kind]} == {True, False}
