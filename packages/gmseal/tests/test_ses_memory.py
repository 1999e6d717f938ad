"""What is remembered about seals changes no result, is bounded, and can be turned off."""

import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ofd_writer import OfdPlan, write_package
from seal_builder import with_seal

from gmseal.checks import failed_codes
from gmseal.errors import MalformedInput
from gmseal.ofd import OfdSealOrder, SealPlacement, sign_ofd_bytes, verify_ofd
from gmseal.ofd.archive import open_archive
from gmseal.report import TrustStore, Verdict, decide
from gmseal.ses.memory import (
    ENVIRONMENT_VARIABLE,
    KNOWN_SEALS,
    MAKER_SIGNATURES,
    SEAL_DIGESTS,
    UNPACKED_SEALS,
    SealMemory,
    remember_seals,
)
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import read_signature
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm.keys import sm3
from gmseal.trial import TrialAuthority, TrialUnit

HASH = sm3(b"document")
HERE = (SealPlacement(0, 100, 200),)


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    remember_seals(on=True)
    yield
    remember_seals(on=True)


def test_a_seal_is_read_once_and_judged_anew(unit: TrialUnit) -> None:
    first, second = (
        read_signature(unit.sealer().sign(HASH, prop, unit.authority.now)) for prop in ("one", "two")
    )
    assert first.seal is second.seal
    later = unit.authority.now + timedelta(days=300)
    good = judge_seal(first.seal, unit.authority.now, unit.authority.trust)
    assert failed_codes(good) == []
    assert failed_codes(judge_seal(unit.seal, later, unit.authority.trust)) == ["SEAL_EXPIRED"]
    assert decide(judge_seal(unit.seal, unit.authority.now, TrustStore())) is Verdict.INDETERMINATE
    other = TrialAuthority.create(unit.authority.now)
    assert decide(judge_seal(unit.seal, unit.authority.now, other.trust)) is Verdict.INDETERMINATE


def test_every_result_is_the_same_with_and_without(unit: TrialUnit) -> None:
    data = unit.sealer().sign(HASH, "p", unit.authority.now)
    forged = with_seal(unit, data, unit.seal[:-1] + bytes((unit.seal[-1] ^ 1,)))

    def judge() -> list[object]:
        return [
            judge_signature(each, HASH, trust, unit.authority.now)
            for each in (data, forged, data, forged)
            for trust in (unit.authority.trust, TrustStore())
        ]

    remembered = judge()
    assert len(KNOWN_SEALS) == len(MAKER_SIGNATURES) == 2
    remember_seals(on=False)
    assert judge() == remembered
    assert len(KNOWN_SEALS) == len(MAKER_SIGNATURES) == 0


def test_a_seal_put_together_by_hand_is_judged_by_its_own_octets(unit: TrialUnit) -> None:
    seal = read_seal(unit.seal)
    assert failed_codes(judge_seal(seal, unit.authority.now, unit.authority.trust)) == []
    forged = read_seal(unit.seal[:-1] + bytes((unit.seal[-1] ^ 1,)))
    assert failed_codes(judge_seal(forged, unit.authority.now, unit.authority.trust)) == ["SEAL_SIGNATURE"]
    assert replace(seal, name="another").raw == seal.raw


def test_the_memory_is_bounded_in_entries_and_octets() -> None:
    memory: SealMemory[int] = SealMemory(max_entries=3, max_octets=100)
    for number in range(5):
        memory.put(bytes((number,)), number, 10)
    assert [memory.get(bytes((number,))) for number in range(5)] == [None, None, 2, 3, 4]
    memory.put(b"large", 9, 26)
    assert memory.get(b"large") is None
    memory.get(b"\2")
    memory.put(b"x", 5, 25)
    assert (memory.get(b"\2"), memory.get(b"\3")) == (2, None), "what was used last stays"
    for number in range(100):
        memory.put(b"y%d" % number, number, 25)
        assert len(memory) <= 3


def test_many_threads_share_it(unit: TrialUnit) -> None:
    data = [unit.sealer().sign(sm3(bytes((n,))), "p", unit.authority.now) for n in range(8)]

    def work(number: int) -> bool:
        if number % 10 == 0:
            remember_seals(on=True)
        digest = sm3(bytes((number % 8,)))
        checks = judge_signature(data[number % 8], digest, unit.authority.trust, unit.authority.now)
        return decide(checks) is Verdict.VALID

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(80)))


def packed_seal(unit: TrialUnit, seal: bytes) -> bytes:
    return write_package({"OFD.xml": b"<OFD/>", "Seal.esl": seal})


def test_a_packed_seal_is_unpacked_once_and_only_when_it_is_the_same(unit: TrialUnit) -> None:
    first, second = (open_archive(packed_seal(unit, unit.seal)) for _ in range(2))
    assert first.read("Seal.esl") is second.read("Seal.esl")
    # Its checksum is among what it is known by, and what is damaged is damaged again.
    data = packed_seal(unit, unit.seal)
    checksum = zlib.crc32(unit.seal).to_bytes(4, "little")
    assert data.count(checksum) == 2
    damaged = open_archive(data.replace(checksum, bytes(4)))
    for _ in range(2):
        with pytest.raises(MalformedInput):
            damaged.read("Seal.esl")
    other = unit.seal[:-1] + bytes((unit.seal[-1] ^ 1,))
    assert open_archive(packed_seal(unit, other)).read("Seal.esl") == other


def test_nothing_of_a_packed_seal_is_kept_when_memory_is_off(unit: TrialUnit) -> None:
    remember_seals(on=False)
    archives = [open_archive(packed_seal(unit, unit.seal)) for _ in range(2)]
    contents = [archive.read("Seal.esl") for archive in archives]
    assert contents[0] == contents[1] == unit.seal
    assert contents[0] is not contents[1]
    package = sign_ofd_bytes(
        OfdPlan().build(), OfdSealOrder(signed_at=unit.authority.now, placements=HERE), unit.sealer()
    )
    verify_ofd(package, unit.authority.trust, unit.authority.now)
    assert len(UNPACKED_SEALS) == len(SEAL_DIGESTS) == 0
    remember_seals(on=True)
    verify_ofd(package, unit.authority.trust, unit.authority.now)
    assert len(UNPACKED_SEALS) == len(SEAL_DIGESTS) == 1


def test_the_environment_turns_memory_off() -> None:
    program = (
        "from gmseal.ses import memory\n"
        "memory.UNPACKED_SEALS.put(b'a', b'b', 1)\n"
        "memory.SEAL_DIGESTS.put(b'a', b'b', 1)\n"
        "print(len(memory.UNPACKED_SEALS), len(memory.SEAL_DIGESTS))"
    )
    for value, kept in (("off", "0 0"), ("", "1 1")):
        surroundings = {**os.environ, ENVIRONMENT_VARIABLE: value}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=surroundings,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.strip() == kept


def test_the_fact_asked_for_last_goes_with_the_others() -> None:
    memory: SealMemory[str] = SealMemory(max_entries=2, max_octets=1000)
    memory.put(b"one", "1", 10)
    assert memory.get(bytes(bytearray(b"one"))) == "1"
    assert memory.get(b"two") is None
    memory.put(b"two", "2", 10)
    memory.put(b"three", "3", 10)
    assert memory.get(b"one") is None, "it was pushed out"
    assert memory.get(b"three") == "3"
    memory.switch(on=True)
    assert memory.get(b"three") is None, "all was forgotten"
