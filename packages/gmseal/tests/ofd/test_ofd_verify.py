"""Judging OFD: every change is noticed, what is not protected is named, what others do wrong is told apart."""

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any

import pytest
from ofd_resigned import LIST, SIGNS, resign, results
from ofd_writer import OfdPlan, read_files, with_files, write_package

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.ofd import (
    OfdLimits,
    Protection,
    verify_ofd,
)
from gmseal.ofd.archive import open_archive
from gmseal.policy import DEFAULT, STRICT
from gmseal.report import CheckResult, TrustStore, Verdict
from gmseal.ses.signature import SealSigner, read_signature
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialAuthority


def test_a_change_to_any_file_is_noticed(ofd: Any, sealed: bytes) -> None:
    files = read_files(sealed)
    for name, content in files.items():
        for changed in (
            content[:-1],
            content + b"\n",
            content[: len(content) // 2] + b"?" + content[len(content) // 2 + 1 :],
        ):
            package = with_files(sealed, {name: changed})
            if name == LIST:
                continue
            try:
                report = ofd.verify(package)
            except GmsealError:
                continue
            assert report.verdict is Verdict.INVALID, name


def test_a_file_that_is_gone_is_noticed(ofd: Any, sealed: bytes) -> None:
    for name in read_files(sealed):
        package = with_files(sealed, {name: None})
        try:
            report = ofd.verify(package)
        except GmsealError:
            assert name in {"OFD.xml", "Doc_0/Document.xml"}
            continue
        # Without its list the package is one that nobody signed.
        assert report.verdict is (Verdict.INDETERMINATE if name == LIST else Verdict.INVALID), name


def test_changed_bits_in_packed_data_are_noticed(ofd: Any, sealed: bytes) -> None:
    """Every file but the list of signatures, which others may change; judged when its content is another."""
    opened = open_archive(sealed)
    judged = 0
    for entry in opened.entries.values():
        for at in range(entry.data_start, entry.end, max(1, entry.packed_size // 12)):
            changed = bytearray(sealed)
            changed[at] ^= 0x10
            try:
                other = open_archive(bytes(changed))
                same = other.read(entry.name) == opened.read(entry.name)
                report = ofd.verify(bytes(changed))
            except GmsealError:
                same, report = False, None
            if same or entry.name == LIST:  # Deflate can say the same thing with other bits.
                continue
            judged += 1
            # A file that is named by no CRC any more is damaged: a failure, or nothing that can be read.
            assert report is None or report.verdict is Verdict.INVALID, (entry.name, at)
    assert judged > 120


def test_order_of_entries_does_not_matter(ofd: Any, sealed: bytes) -> None:
    files = read_files(sealed)
    turned = write_package(dict(reversed(files.items())))
    assert ofd.verify(turned).verdict is Verdict.VALID
    assert ofd.verify(turned).findings == ()


def test_an_extra_file_is_named(ofd: Any, sealed: bytes) -> None:
    package = with_files(sealed, {"Doc_0/extra.xml": b"<x/>"})
    report = ofd.verify(package)
    assert results(report)["EXTRA_FILES"] is CheckResult.WARN
    coverage = report.signatures[0].coverage
    assert coverage is not None
    assert coverage["unprotected"] == ["Doc_0/extra.xml"]
    assert coverage["unprotected_reachable"] == []
    assert coverage["lists"] == [LIST]


def test_a_page_that_no_signature_protects_was_signed_by_nobody(ofd: Any, sealed: bytes) -> None:
    page = "Doc_0/Pages/Page_1/Content.xml"
    pattern = rb'<ofd:Reference FileRef="/' + re.escape(page.encode()) + rb'">.*?</ofd:Reference>'
    package = resign(ofd, sealed, lambda text: re.sub(pattern, b"", text))
    report = ofd.verify(package)
    assert report.verdict is Verdict.INVALID
    assert "PAGE_UNPROTECTED" in {check.code for check in report.checks}


@pytest.mark.parametrize(
    ("part", "named_by"),
    [
        ("Pages/Page_7/Content.xml", b'<ofd:Page ID="77" BaseLoc="Pages/Page_7/Content.xml"/></ofd:Pages>'),
        ("Tpls/T9.xml", b'<ofd:TemplatePage ID="99" BaseLoc="Tpls/T9.xml"/></ofd:CommonData>'),
        ("Notes.xml", b"<ofd:Annotations>Notes.xml</ofd:Annotations></ofd:Document>"),
    ],
)
def test_a_part_that_is_not_there_yet_is_not_sealed(ofd: Any, part: str, named_by: bytes) -> None:
    files = OfdPlan().files()
    end = re.search(rb"</ofd:\w+>$", named_by)
    assert end is not None
    root = files["Doc_0/Document.xml"]
    assert end[0] in root
    files["Doc_0/Document.xml"] = root.replace(end[0], named_by)
    with pytest.raises(Refused) as refused:
        ofd.seal(write_package(files))
    assert refused.value.reason == "PART_MISSING"
    assert part in str(refused.value)


def test_an_entry_that_leads_elsewhere_is_no_valid_document(ofd: Any, sealed: bytes) -> None:
    pattern = rb'<ofd:Reference FileRef="/OFD.xml">.*?</ofd:Reference>'
    open_entry = resign(ofd, sealed, lambda text: re.sub(pattern, b"", text))
    files = read_files(open_entry)
    other = {
        name.replace("Doc_0", "Doc_9"): content
        for name, content in OfdPlan(text="合同金额壹元").files().items()
    }
    turned = files["OFD.xml"].replace(b"Doc_0/Document.xml", b"Doc_9/Document.xml")
    del other["OFD.xml"]
    report = ofd.verify(with_files(open_entry, {**other, "OFD.xml": turned}))
    assert report.verdict is Verdict.INVALID
    assert "DOCUMENT_UNPROTECTED" in {check.code for check in report.checks}
    # A further document beside the signed one is not covered by the signature's good name.
    body = read_files(OfdPlan(documents=1).build())["OFD.xml"]
    more = re.search(rb"<ofd:DocBody>.*</ofd:DocBody>", body)
    assert more is not None
    both = files["OFD.xml"].replace(
        b"<ofd:DocBody>", more[0].replace(b"Doc_0", b"Doc_9") + b"<ofd:DocBody>", 1
    )
    report = ofd.verify(with_files(open_entry, {**other, "OFD.xml": both}))
    assert report.verdict is Verdict.INDETERMINATE


def test_a_signature_after_whole_protection_breaks_the_first(ofd: Any) -> None:
    whole = ofd.seal(OfdPlan().build(), protection=Protection.WHOLE)
    files = read_files(whole)
    listed = files[LIST].replace(
        b"</ofd:Signatures>",
        b'<ofd:Signature ID="s009" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/></ofd:Signatures>',
    )
    report = ofd.verify(with_files(whole, {LIST: listed}))
    steps = {step.code: step for step in report.signatures[0].walk()}
    assert steps["FILE_DIGESTS"].result is CheckResult.FAIL
    assert "further one" in steps["FILE_DIGESTS"].en


def forged(ofd: Any) -> tuple[bytes, bytes, PrivateKey]:
    """A seal of another name, with junk where its maker's signature was, and a stranger's certificate."""
    info, cert, algorithm, signature = (part.raw for part in der.parse(ofd.unit.seal, "seal").children())
    renamed = info.replace("示例科技".encode(), "某某银行".encode())
    assert renamed != info
    junk = signature[:-8] + bytes(8)
    key = PrivateKey.generate()
    elsewhere = TrialAuthority.create(ofd.now)
    stranger = elsewhere.issue(CertificateProfile.SIGNER, key, subject=Name("陌生人"))
    return der.sequence(renamed, cert, algorithm, junk), stranger, key


def test_the_forged_seal_that_others_accept_is_refused(ofd: Any, sealed: bytes) -> None:
    seal, stranger, key = forged(ofd)

    def value(text: bytes) -> bytes:
        tbs = der.sequence(
            der.integer(4),
            seal,
            der.generalized_time(ofd.now),
            der.bit_string(sm3(text)),
            der.ia5_string("/" + SIGNS + "Signature.xml"),
        )
        algorithm = der.oid("1.2.156.10197.1.501")
        return der.sequence(tbs, der.octet_string(stranger), algorithm, der.bit_string(key.sign(tbs)))

    digest = base64.b64encode(sm3(seal))
    pattern = rb'(FileRef="/Doc_0/Signs/Sign_0/Seal.esl"><ofd:CheckValue>)[^<]+'
    package = resign(ofd, sealed, lambda text: re.sub(pattern, rb"\g<1>" + digest, text), value=value)
    package = with_files(package, {SIGNS + "Seal.esl": seal})
    report = ofd.verify(package)
    found = results(report)
    assert report.verdict is Verdict.INVALID
    # What other verifiers look at is all good:
    for code in ("FILE_DIGESTS", "SEAL_FILE", "DATA_HASH", "SIGNATURE_VALUE"):
        assert found[code] is CheckResult.PASS
    # and this is what they do not look at:
    assert found["SEAL_SIGNATURE"] is CheckResult.FAIL
    assert found["SIGNER_NOT_IN_SEAL"] is CheckResult.FAIL
    assert found["SIGNER_CHAIN"] is not CheckResult.PASS


def test_another_seal_beside_the_signature_is_noticed(ofd: Any, sealed: bytes, unit: Any) -> None:
    pattern = rb'<ofd:Reference FileRef="/Doc_0/Signs/Sign_0/Seal.esl">.*?</ofd:Reference>'
    package = resign(ofd, sealed, lambda text: re.sub(pattern, b"", text))
    assert ofd.failed(package) == set()
    assert ofd.failed(with_files(package, {SIGNS + "Seal.esl": unit.seal})) == {"SEAL_FILE"}


@pytest.mark.parametrize(
    ("stated", "method", "finding"),
    [
        ("SM3", "sm3", None),
        ("sm3", "sm3", None),
        ("1.2.156.10197.1.401", "sm3", None),
        ("1.2.156.10197.1.401.2", "sm3", "CHECK_METHOD_WRONG"),
        ("MD5", "md5", "WEAK_DIGEST"),
        (None, "md5", "WEAK_DIGEST"),
        (None, "sm3", "CHECK_METHOD_MISSING"),
        ("SHA1", "sha1", "WEAK_DIGEST"),
        ("SHA256", "sha256", None),
    ],
)
def test_digest_methods_by_their_many_names(
    ofd: Any, sealed: bytes, stated: str | None, method: str, finding: str | None
) -> None:
    files = read_files(sealed)

    def restated(text: bytes) -> bytes:
        name = b"" if stated is None else f' CheckMethod="{stated}"'.encode()
        text = text.replace(b' CheckMethod="1.2.156.10197.1.401"', name)

        def redo(found: re.Match[bytes]) -> bytes:
            digest = hashlib.new(method, files[found[1].decode()]).digest()
            return b'FileRef="/' + found[1] + b'"><ofd:CheckValue>' + base64.b64encode(digest) + b"<"

        return re.sub(rb'FileRef="/([^"]+)"><ofd:CheckValue>[^<]+<', redo, text)

    package = resign(ofd, sealed, restated)
    report = ofd.verify(package)
    weak = method in {"md5", "sha1"}
    assert report.verdict is (Verdict.INDETERMINATE if weak else Verdict.VALID)
    lenient = replace(DEFAULT, accept_weak_digests=True)
    assert ofd.verify(package, policy=lenient).verdict is Verdict.VALID
    page = "Doc_0/Pages/Page_0/Content.xml"
    altered = with_files(package, {page: read_files(package)[page] + b" "})
    assert ofd.verify(altered, policy=lenient).verdict is Verdict.INVALID
    assert ofd.verify(altered).verdict is Verdict.INVALID
    codes = {found.code for found in report.signatures[0].findings}
    assert codes >= ({finding} if finding else set())
    assert bool(codes) is (finding is not None)
    strict = ofd.verify(package, policy=STRICT)
    assert results(strict).get("PACKAGE_CONFORMANCE", CheckResult.PASS) is (
        CheckResult.FAIL if finding else CheckResult.PASS
    )


def test_an_unknown_digest_method_leaves_the_verdict_open(ofd: Any, sealed: bytes) -> None:
    package = resign(ofd, sealed, lambda text: text.replace(b"1.2.156.10197.1.401", b"BLAKE9"))
    assert ofd.verify(package).verdict is Verdict.INDETERMINATE


def test_what_others_write_is_read(ofd: Any, sealed: bytes) -> None:
    """Relative paths, times of any form, attributes nobody knows, ids that are numbers, other orders."""

    def theirs(text: bytes) -> bytes:
        text = text.replace(b'FileRef="/Doc_0/', b'FileRef="../../')
        text = text.replace(b"/Doc_0/Signs/Sign_0/SignedValue.dat", b"SignedValue.dat")
        text = text.replace(b"/Doc_0/Signs/Sign_0/Seal.esl</ofd:BaseLoc>", b"Seal.esl</ofd:BaseLoc>")
        text = text.replace(b"<ofd:Provider ", b'<ofd:Provider InterUser="9" OFDProMode="2" ')
        return text.replace(b"20260601040000Z", b"2026-06-01 12:00:00")

    listed = (
        read_files(sealed)[LIST].replace(b'ID="s001"', b'ID="1"').replace(b"/Doc_0/Signs/Sign_0/", b"Sign_0/")
    )
    package = with_files(resign(ofd, sealed, theirs), {LIST: listed})
    report = ofd.verify(package)
    assert report.verdict is Verdict.VALID
    assert [found.code for found in report.signatures[0].findings] == ["SIGNATURE_ID_FORM"]


def test_findings_of_form(ofd: Any, sealed: bytes) -> None:
    twice = read_files(sealed)[LIST]
    line = re.search(rb"<ofd:Signature [^>]+/>", twice)
    assert line is not None
    report = ofd.verify(with_files(sealed, {LIST: twice.replace(line[0], line[0] * 2)}))
    assert report.verdict is Verdict.INVALID
    assert "SIGNATURE_REUSED" in {check.code for check in report.checks}
    assert [found.code for found in report.signatures[1].findings] == ["SIGNATURE_ID_TWICE"]

    wrong_type = with_files(sealed, {LIST: twice.replace(b'"Seal"', b'"Sign"')})
    assert [found.code for found in ofd.verify(wrong_type).signatures[0].findings] == ["SIGNATURE_TYPE"]

    no_type = with_files(sealed, {LIST: twice.replace(b'"Seal"', b'"Stamp"')})
    report = ofd.verify(no_type)
    assert report.verdict is Verdict.VALID
    assert [found.code for found in report.signatures[0].findings] == ["SIGNATURE_TYPE_UNKNOWN"]
    assert not report.strict_reader.accepts

    def other_property(text: bytes) -> bytes:
        value: bytes = ofd.signer.sign(sm3(text), "contract-17", ofd.now)
        return value

    report = ofd.verify(resign(ofd, sealed, lambda text: text, value=other_property))
    assert report.verdict is Verdict.VALID
    assert [found.code for found in report.signatures[0].findings] == ["PROPERTY_INFO"]
    late = resign(ofd, sealed, lambda text: text.replace(b"20260601040000Z", b"20200101000000Z"))
    assert [found.code for found in ofd.verify(late).signatures[0].findings] == ["SIGNING_TIME"]


def test_stamps_off_their_page_and_on_pages_that_are_not_there(ofd: Any, sealed: bytes) -> None:
    off = resign(
        ofd, sealed, lambda text: text.replace(b'Boundary="20 20 40 40"', b'Boundary="190 20 40 40"')
    )
    assert ofd.check(off, "STAMP_PLACES").result is CheckResult.WARN
    gone = resign(ofd, sealed, lambda text: text.replace(b'PageRef="101"', b'PageRef="999"'))
    assert ofd.check(gone, "STAMP_PLACES").result is CheckResult.FAIL


def test_a_bare_signature_without_certificate_stays_open(ofd: Any, sealed: bytes) -> None:
    listed = read_files(sealed)[LIST].replace(b'"Seal"', b'"Sign"')
    bare = resign(ofd, sealed, lambda text: text, value=ofd.unit.key.sign)
    report = ofd.verify(with_files(bare, {LIST: listed}))
    assert report.verdict is Verdict.INDETERMINATE
    assert results(report)["SIGNATURE_VALUE"] is CheckResult.NOT_CHECKED


def test_signed_data_is_judged_like_a_seal(ofd: Any) -> None:
    data = ofd.certify(OfdPlan().build())
    assert ofd.verify(data).verdict is Verdict.VALID
    assert ofd.verify(data, trust=TrustStore()).verdict is Verdict.INDETERMINATE
    text = read_files(data)[SIGNS + "Signature.xml"]
    changed = with_files(data, {SIGNS + "Signature.xml": text.replace(b"Shuangyin", b"Shuangyix")})
    assert "DATA_HASH" in ofd.failed(changed)
    page = "Doc_0/Pages/Page_0/Content.xml"
    changed = with_files(data, {page: read_files(data)[page] + b" "})
    assert ofd.failed(changed) == {"FILE_DIGESTS"}


def test_a_base_that_is_not_good_fails_what_rests_on_it(ofd: Any) -> None:
    data = ofd.certify(ofd.seal(OfdPlan().build(), protection=Protection.CONTINUE), base="s001")
    value = bytearray(read_files(data)[SIGNS + "SignedValue.dat"])
    value[-1] ^= 1
    report = ofd.verify(with_files(data, {SIGNS + "SignedValue.dat": bytes(value)}))
    assert results(report, 1)["BASE_SIGNATURE"] is CheckResult.FAIL
    listed = read_files(data)[LIST].replace(b'Relative="s001"', b'Relative="s003"')
    assert results(ofd.verify(with_files(data, {LIST: listed})), 1)["BASE_SIGNATURE"] is CheckResult.FAIL


def test_files_of_a_later_signature_are_told_apart(ofd: Any) -> None:
    report = ofd.verify(ofd.seal(ofd.seal(OfdPlan().build())))
    first, second = (one.coverage for one in report.signatures)
    assert first is not None
    assert second is not None
    assert first["added_later"] == [
        f"Doc_0/Signs/Sign_1/{n}" for n in ("Seal.esl", "Signature.xml", "SignedValue.dat")
    ]
    assert first["unprotected"] == second["unprotected"] == second["added_later"] == []


def test_unsigned_packages_and_unreadable_ones(ofd: Any) -> None:
    report = ofd.verify(OfdPlan().build())
    assert report.verdict is Verdict.INDETERMINATE
    assert [check.code for check in report.checks] == ["NO_SIGNATURE"]
    with pytest.raises(MalformedInput):
        ofd.verify(b"PK\x03\x04")


def test_signatures_that_name_too_much_are_not_judged(ofd: Any, sealed: bytes) -> None:
    for limits in (OfdLimits(max_references=25), OfdLimits(max_signatures=1)):
        with pytest.raises(Refused):
            verify_ofd(ofd.seal(sealed), ofd.trust, ofd.now, limits=limits)
    assert (
        verify_ofd(sealed, ofd.trust, ofd.now, limits=OfdLimits(max_references=25)).verdict is Verdict.VALID
    )


def test_a_report_can_be_written(ofd: Any, sealed: bytes) -> None:
    plain = verify_ofd(sealed, ofd.trust, ofd.now, DEFAULT).to_dict()
    assert plain["kind"] == "ofd"
    assert plain["signatures"][0]["coverage"]["whole"] is True


def test_the_seal_of_the_tests_is_read_back(ofd: Any, sealed: bytes) -> None:
    value = read_signature(read_files(sealed)[SIGNS + "SignedValue.dat"])
    assert isinstance(ofd.signer, SealSigner)
    assert value.seal.raw == ofd.unit.seal


@pytest.mark.parametrize(
    "changed",
    [
        b"",
        b"<ofd:Signatures",
        b"<other/>",
        b"PK",
        b'<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Signature ID="1"/></ofd:Signatures>',
    ],
)
def test_a_list_of_signatures_that_cannot_be_read_is_a_failure(
    ofd: Any, sealed: bytes, changed: bytes
) -> None:
    """Who destroys the list must not make a signed file look like one that never was."""
    report = ofd.verify(with_files(sealed, {LIST: changed}))
    assert report.verdict is Verdict.INVALID
    failed = [check.code for check in report.checks if check.result is CheckResult.FAIL]
    assert failed == ["SIGNATURES_UNREADABLE"]
