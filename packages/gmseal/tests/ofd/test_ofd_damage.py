"""Every part of a sealed package cut short, emptied, removed or filled with something else: a report or an error."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from ofd_writer import OfdPlan, read_files, with_files

from gmseal.errors import GmsealError
from gmseal.ofd import inspect_ofd
from gmseal.policy import ARCHIVE, POLICIES
from gmseal.report import CheckResult, Verdict

ROOT = "Doc_0/Document.xml"
DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "cut short": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "no XML": lambda _: b"\x00\xff" * 40,
    "another root": lambda _: b"<other/>",
    "without content": lambda content: re.sub(rb">[^<]+<", b"><", content),
    "with a document type": lambda content: content.replace(b"?>", b"?><!DOCTYPE x>", 1),
    "too deep": lambda _: b"<a>" * 400 + b"</a>" * 400,
    "gone": lambda _: None,
}


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_whatever_part_is_damaged_there_is_an_answer(ofd: Any, sealed: bytes, damage: str) -> None:
    for name, content in read_files(sealed).items():
        bad = with_files(sealed, {name: DAMAGE[damage](content)})
        if DAMAGE[damage](content) == content:
            continue
        try:
            report = ofd.verify(bad)
        except GmsealError:
            assert name == "OFD.xml", "only what is no package at all is beyond judging"
            continue
        assert report.verdict is Verdict.INVALID or name == "Doc_0/Signs/Signatures.xml", (
            name,
            report.verdict,
        )
        json.dumps(report.to_dict())
        with suppress(GmsealError):
            inspect_ofd(bad)


@pytest.mark.parametrize("damage", ["cut short", "empty", "another root", "with a document type", "gone"])
def test_an_unreadable_root_is_named_and_the_signature_still_judged(
    ofd: Any, sealed: bytes, damage: str
) -> None:
    report = ofd.verify(with_files(sealed, {ROOT: DAMAGE[damage](read_files(sealed)[ROOT])}))
    told = next(check for check in report.checks if check.code == "DOCUMENT_UNREADABLE")
    assert told.result is CheckResult.FAIL
    assert ROOT in told.zh
    assert ROOT in told.en
    passed = {check.code for check in report.signatures[0].walk() if check.result is CheckResult.PASS}
    assert {"SIGNATURE_VALUE", "DATA_HASH", "SEAL_SIGNATURE", "SIGNER_CHAIN"} <= passed


def test_of_two_documents_the_sound_one_is_judged(ofd: Any) -> None:
    data = ofd.seal(OfdPlan(documents=2).build(), document=1)
    report = ofd.verify(with_files(data, {ROOT: b"<"}))
    assert [check.code for check in report.checks if check.result is CheckResult.FAIL] == [
        "DOCUMENT_UNREADABLE"
    ]
    assert report.signatures[0].coverage["document"] == 1


def test_without_a_signature_it_is_unreadable(ofd: Any) -> None:
    with pytest.raises(GmsealError, match=ROOT):
        ofd.verify(with_files(OfdPlan().build(), {ROOT: b"<"}))


def test_weak_digests_prove_nothing_but_to_an_archive() -> None:
    assert [name for name, policy in POLICIES.items() if policy.accept_weak_digests] == [ARCHIVE.name]
