"""What a signature of an OFD leaves out, and what that means for what is seen on the pages."""

from typing import Any

import pytest
from ofd_resigned import leaving_out, resign, results
from ofd_writer import SPACE, OfdPlan, read_files, with_files, write_package

from gmseal.policy import STRICT, TOLERANT
from gmseal.report import CheckResult, Report, Verdict


def file_codes(report: Report) -> set[str]:
    return {check.code for check in report.checks}


@pytest.mark.parametrize(
    ("left_out", "drawn"),
    [
        ("Doc_0/Annots/Annotations.xml", True),
        ("Doc_0/Annots/Page_0/Annotation.xml", True),
        ("Doc_0/Attachs/list.txt", False),
        ("Doc_0/DocumentRes.xml", True),
        ("Doc_0/Tpls/Tpl_0/Content.xml", True),
        ("Doc_0/Res/picture.png", True),
        ("OFD.xml", False),
    ],
)
def test_content_that_is_not_protected_is_named(ofd: Any, sealed: bytes, left_out: str, drawn: bool) -> None:
    """As producers do who leave out templates, pictures, annotations or OFD.xml."""
    package = resign(ofd, sealed, leaving_out(left_out))
    report = ofd.verify(package)
    # What a page is made of decides what is seen, so nothing valid can be said without it.
    assert report.verdict is (Verdict.INDETERMINATE if drawn else Verdict.VALID)
    assert ("PARTS_UNPROTECTED" in file_codes(report)) is drawn
    assert results(report)["COVERAGE"] is CheckResult.WARN
    coverage = report.signatures[0].coverage
    assert coverage is not None
    assert coverage["unprotected_reachable"] == [left_out]
    assert ("ENTRY_UNPROTECTED" in results(report)) is (left_out == "OFD.xml")
    assert ofd.verify(package, policy=TOLERANT).verdict is Verdict.VALID
    strict = ofd.verify(package, policy=STRICT)
    assert results(strict)["COVERAGE"] is CheckResult.FAIL
    assert strict.verdict is Verdict.INVALID


def test_a_template_exchanged_after_sealing_is_never_valid(ofd: Any, sealed: bytes) -> None:
    name = "Doc_0/Tpls/Tpl_0/Content.xml"
    package = resign(ofd, sealed, leaving_out(name))
    template = read_files(package)[name]
    page = read_files(package)["Doc_0/Pages/Page_0/Content.xml"]
    assert template != page
    report = ofd.verify(with_files(package, {name: page}))
    assert report.verdict is Verdict.INDETERMINATE
    assert name in next(step.en for step in report.walk() if step.code == "PARTS_UNPROTECTED")


def test_a_part_that_another_signature_protects_is_signed(ofd: Any, sealed: bytes) -> None:
    """As products do that protect annotations with a second signature only."""
    first = resign(ofd, sealed, leaving_out("Doc_0/Annots/Page_0/Annotation.xml"))
    report = ofd.verify(ofd.seal(first))
    assert report.verdict is Verdict.VALID
    assert "PARTS_UNPROTECTED" not in file_codes(report)


@pytest.mark.parametrize("written", [b"Signs/Signatures.xml", b"Signs/Signatures&#46;xml"])
def test_a_list_of_signatures_that_is_a_template_as_well_is_no_protected_content(
    ofd: Any, written: bytes
) -> None:
    """The list stays open for further signatures, so whoever prepares a file can draw with it later."""
    files = OfdPlan(template=True).files()
    assert b"Tpls/Tpl_0/Content.xml" in files["Doc_0/Document.xml"]
    files["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(b"Tpls/Tpl_0/Content.xml", written)
    files["Doc_0/Signs/Signatures.xml"] = (
        f"<ofd:Signatures {SPACE}><ofd:MaxSignId>0</ofd:MaxSignId></ofd:Signatures>".encode()
    )
    files["OFD.xml"] = files["OFD.xml"].replace(
        b"</ofd:DocBody>", b"<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>"
    )
    report = ofd.verify(ofd.seal(write_package(files)))
    assert report.verdict is Verdict.INDETERMINATE
    assert "PARTS_UNPROTECTED" in file_codes(report)


def test_a_file_of_a_later_signature_that_a_page_draws_is_not_excused(ofd: Any) -> None:
    """Whoever prepares a document can let it draw what only a later signature will bring along."""
    files = OfdPlan().files()
    named = b"/Doc_0/Signs/Sign_1/Seal.esl"
    files["Doc_0/DocumentRes.xml"] = files["Doc_0/DocumentRes.xml"].replace(b"picture.png", named)
    first = ofd.seal(write_package(files))
    assert ofd.verify(first).verdict is Verdict.VALID
    twice = ofd.seal(first)
    report = ofd.verify(twice)
    coverage = report.signatures[0].coverage
    assert coverage is not None
    assert coverage["unprotected_reachable"] == [named.decode()[1:]]
    assert named.decode()[1:] not in coverage["added_later"]
    assert results(report)["COVERAGE"] is CheckResult.WARN
    assert results(ofd.verify(twice, policy=STRICT))["COVERAGE"] is CheckResult.FAIL
