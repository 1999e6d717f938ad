"""Signed data of both forms: openssl verifies every signature, another parser reads every structure."""

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest
from asn1crypto import cms as other_cms
from broken_device import BrokenDevice
from hypothesis import given, settings
from hypothesis import strategies as st

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.sm import ber, curve, der
from gmseal.sm.cms import CmsForm, DeviationCode, build_signed_data, max_size, read_signed_data
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialUnit

OpenSsl = Callable[..., CompletedProcess[bytes]]
DOCUMENT = "合同正文".encode()
FORMS = list(CmsForm)


def signed(unit: TrialUnit, form: CmsForm = CmsForm.GBT35275, **more: Any) -> bytes:
    arguments: dict[str, Any] = {
        "form": form,
        "digest": sm3(DOCUMENT),
        "certificate": unit.certificate,
        "signer": unit.key,
        "signed_at": unit.authority.now,
    } | more
    return build_signed_data(**arguments)


@pytest.mark.parametrize("form", FORMS)
def test_openssl_verifies_the_signature_over_the_signed_attributes(
    form: CmsForm, openssl: OpenSsl, unit: TrialUnit
) -> None:
    signer = read_signed_data(signed(unit, form)).signers[0]
    files = {
        "key.pem": unit.key.public_key.to_spki_pem(),
        "attributes": signer.signed_attributes or b"",
        "signature": signer.signature,
    }
    command = (
        "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "attributes",
        "-sigfile", "signature", "-pkeyopt", "distid:1234567812345678",
    )  # fmt: skip
    assert openssl(*command, files=files).returncode == 0
    files["attributes"] = files["attributes"][:-1] + b"!"
    assert openssl(*command, files=files).returncode != 0


@pytest.mark.parametrize("form", FORMS)
def test_another_parser_reads_the_structure(form: CmsForm, unit: TrialUnit) -> None:
    value = signed(unit, form, content=DOCUMENT, extra_certificates=(unit.authority.root,))
    content = other_cms.ContentInfo.load(value, strict=True)
    if form is CmsForm.GBT35275:
        assert content["content_type"].dotted == "1.2.156.10197.6.1.4.2.2"
        # The identifier is foreign to that parser; the layout below it is the same.
        inside = other_cms.SignedData.load(der.parse(value, "").fields("", 2, 2)[1].content, strict=True)
    else:
        assert content["content_type"].native == "signed_data"
        inside = content["content"]
    assert inside["version"].native == "v1"
    assert {bytes(each.dump()) for each in inside["certificates"]} == {
        unit.certificate,
        unit.authority.root,
    }
    [info] = inside["signer_infos"]
    attributes = {each["type"].dotted: each["values"] for each in info["signed_attrs"]}
    assert attributes["1.2.840.113549.1.9.4"].native == [sm3(DOCUMENT)]
    assert attributes["1.2.840.113549.1.9.5"].native == [unit.authority.now]
    assert ("1.2.840.113549.1.9.16.2.47" in attributes) == (form is CmsForm.RFC5652)
    assert info["signature_algorithm"]["algorithm"].dotted == (
        "1.2.156.10197.1.301.1" if form is CmsForm.GBT35275 else curve.SM2_WITH_SM3
    )
    assert bytes(info["signed_attrs"].untag().dump()) == read_signed_data(value).signers[0].signed_attributes


def test_openssl_shows_the_structures(openssl: OpenSsl, unit: TrialUnit) -> None:
    for form in FORMS:
        value = signed(unit, form, timestamp=unit.authority.timestamps())
        shown = openssl("asn1parse", "-inform", "DER", "-in", "value", files={"value": value})
        assert shown.returncode == 0, shown.stderr
        assert b"signingTime" in shown.stdout
    printed = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", "value")
    assert printed.returncode == 0, printed.stderr
    text = printed.stdout.decode()
    for words in ("SM2-with-SM3", "id-smime-aa-signingCertificateV2", "id-smime-aa-timeStampToken"):
        assert words in text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("content", [None, DOCUMENT])
def test_what_is_read_is_what_was_written(form: CmsForm, content: bytes | None, unit: TrialUnit) -> None:
    value = signed(unit, form, content=content)
    read = read_signed_data(value + bytes(99))
    assert (read.form, read.content, read.deviations) == (form, content, ())
    [signer] = read.signers
    assert signer.message_digest == sm3(DOCUMENT)
    assert signer.signing_time == unit.authority.now
    assert read.certificate_of(signer) == unit.certificate
    assert signer.binds(unit.certificate) is (True if form is CmsForm.RFC5652 else None)
    assert signer.binds(unit.authority.root) is (False if form is CmsForm.RFC5652 else None)
    size = max_size(
        form=form, certificate=unit.certificate, content_size=None if content is None else len(content)
    )
    assert len(value) <= size <= len(value) + 8


def test_what_does_not_belong_together_is_not_signed(unit: TrialUnit) -> None:
    stranger = PrivateKey.generate()
    for changes, reason in (
        ({"signer": stranger}, "SIGNER_KEY_MISMATCH"),
        ({"certificate": unit.authority.root, "signer": unit.authority.root_key}, "SIGNER_KEYUSAGE"),
        ({"signed_at": unit.authority.now.replace(tzinfo=None)}, "TIME"),
    ):
        with pytest.raises(Refused) as refused:
            signed(unit, **changes)
        assert refused.value.reason == reason
    with pytest.raises(MalformedInput):
        signed(unit, content=b"something else")
    with pytest.raises(MalformedInput):
        signed(unit, digest=b"short")


def test_a_signature_that_does_not_verify_never_leaves(unit: TrialUnit) -> None:
    with pytest.raises(GmsealError, match="does not verify"):
        signed(unit, signer=BrokenDevice(unit.key))


# --- what products write -----------------------------------------------------------------------


def indefinite(element: der.Element, pieces: int = 0) -> bytes:
    """The element in BER: constructed parts of indefinite length, contents in pieces."""
    if element.tag & 0x20:
        inside = b"".join(indefinite(child, pieces) for child in element.children())
        return bytes((element.tag, 0x80)) + inside + b"\0\0"
    if element.tag == der.OCTET_STRING and pieces and len(element.content) > pieces:
        parts = [element.content[at : at + pieces] for at in range(0, len(element.content), pieces)]
        return b"\x24\x80" + b"".join(der.octet_string(part) for part in parts) + b"\0\0"
    return element.raw


@pytest.mark.parametrize("form", FORMS)
def test_ber_is_read_and_named(form: CmsForm, unit: TrialUnit) -> None:
    value = signed(unit, form, content=DOCUMENT)
    for written in (indefinite(der.parse(value, "")), indefinite(der.parse(value, ""), pieces=5) + bytes(3)):
        assert written != value
        read = read_signed_data(written)
        assert [deviation.code for deviation in read.deviations] == [DeviationCode.BER_ENCODING]
        assert read.signers == read_signed_data(value).signers
        assert read.certificates == (unit.certificate,)
        assert read.content == DOCUMENT


def test_signed_data_without_its_envelope_is_read_and_named(unit: TrialUnit) -> None:
    value = signed(unit)
    bare = der.parse(value, "").fields("", 2, 2)[1].content
    read = read_signed_data(bare)
    assert [deviation.code for deviation in read.deviations] == [DeviationCode.BARE_SIGNED_DATA]
    assert read.form is CmsForm.GBT35275
    assert read.signers == read_signed_data(value).signers


def nested(depth: int) -> bytes:
    return b"\x30\x80" * depth + b"\0\0" * depth


def test_ber_is_bounded() -> None:
    for data in (
        nested(2000),
        b"\x30\x80" + b"\x05\0" * 100_001 + b"\0\0",
        b"\x30\x80\x30\x80",
        b"\x04\x80\0\0",
        b"\x30\x89" + b"\xff" * 9,
        b"\x30\x84\xff\xff\xff\xff",
        b"",
    ):
        with pytest.raises(MalformedInput):
            ber.to_der(data, "x")
        with pytest.raises(MalformedInput):
            read_signed_data(data)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_octets_are_refused_by_name(data: bytes) -> None:
    for octets in (data, b"\x30\x80" + data, der.sequence(data)):
        try:
            read_signed_data(octets)
        except MalformedInput:
            continue


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, 5000), octet=st.integers(0, 255), form=st.sampled_from(FORMS))
def test_damaged_values_are_read_or_refused(
    position: int, octet: int, form: CmsForm, unit: TrialUnit
) -> None:
    value = signed(unit, form)
    at = position % len(value)
    try:
        read_signed_data(value[:at] + bytes((octet,)) + value[at + 1 :])
    except MalformedInput:
        return
