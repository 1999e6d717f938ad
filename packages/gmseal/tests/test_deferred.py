"""What a report makes when it is asked: the same as at once, never again, and all of it before it travels."""

import copy
import gc
import hashlib
import pickle
import weakref
from dataclasses import dataclass

import pytest

from gmseal.deferred import Deferred
from gmseal.report import Report, SignatureReport, Verdict, file_digests


@dataclass(frozen=True, slots=True)
class Sample(Deferred):
    """Two attributes."""

    known: int
    made: str


class Source:
    """Something large that an attribute is made from."""


def test_an_attribute_is_made_once_and_its_source_is_let_go() -> None:
    source = Source()
    kept, calls = weakref.ref(source), []

    def make(source: Source = source) -> str:
        calls.append(source.__class__.__name__)
        return "text"

    sample = Sample.deferring({"made": make}, known=1)
    assert not calls
    assert (sample.made, sample.made, sample.known) == ("text", "text", 1)
    assert calls == ["Source"]
    del make, source
    gc.collect()
    assert kept() is None


def test_it_equals_prints_and_travels_as_one_made_at_once() -> None:
    def fresh() -> Sample:
        return Sample.deferring({"made": lambda: "text"}, known=1)

    plain = Sample(1, "text")
    assert fresh() == plain
    assert plain == fresh()
    assert hash(fresh()) == hash(plain)
    assert repr(fresh()) == repr(plain)
    assert pickle.loads(pickle.dumps(fresh())) == plain
    assert copy.deepcopy(fresh()) == copy.copy(fresh()) == plain
    with pytest.raises(AttributeError):
        _ = plain.nothing


def test_a_report_of_a_file_in_memory_has_its_digests() -> None:
    data = b"a file"
    entry = SignatureReport(
        "seal", None, None, None, trial=False, signed_at=None, signer=None, seal=None, checks=()
    )
    report = Report.deferring(
        {**file_digests(data), "signatures": lambda: (entry,)},
        verdict=Verdict.VALID,
        size=len(data),
        kind="ofd",
        checks=(),
        findings=(),
        policy="default",
        judged_at=None,
    )
    assert report.settled() is report
    assert report.sm3 == hashlib.new("sm3", data).hexdigest()
    assert report.sha256 == hashlib.sha256(data).hexdigest()
    assert report.to_dict()["signatures"][0]["kind"] == "seal"
