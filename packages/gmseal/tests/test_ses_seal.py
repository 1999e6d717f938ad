"""Seals: what is made can be read by others, and what must not be made is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st
from ofd_writer import OfdPlan
from seal_builder import spec_of

from gmseal.errors import GmsealError, MalformedInput, Refused
from gmseal.ofd import OfdSealOrder, sign_ofd_bytes, verify_ofd
from gmseal.ofd.package import read_package
from gmseal.ofd.render import render_page
from gmseal.picture import FaceKind, draw_svg, face_of_kind
from gmseal.placement import SealPlacement
from gmseal.report import Verdict
from gmseal.ses.seal import SealPicture, make_seal, picture_type, read_seal
from gmseal.ses.signature import SealSigner
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialAuthority, TrialUnit


def test_what_was_made_is_read(authority: TrialAuthority, unit: TrialUnit) -> None:
    seal = read_seal(unit.seal)
    assert (seal.version, seal.list_type, seal.name) == (4, 1, unit.name)
    assert seal.signer_certificates == (unit.certificate,)
    assert seal.maker_certificate == authority.maker
    assert seal.raw == unit.seal
    assert seal.raw_info in unit.seal
    assert seal.trial
    assert seal.lists(unit.certificate)
    assert not seal.lists(authority.maker)
    assert seal.maker.public_key.verify(seal.signature, seal.raw_info)


def test_the_layout_is_that_of_the_standard(authority: TrialAuthority, unit: TrialUnit) -> None:
    """Read with another implementation, field by field in the order of GB/T 38540-2020."""
    info, maker, algorithm, signature = core.Sequence.load(unit.seal).native.values()
    header, es_id, properties, picture = info.values()
    assert list(header.values()) == ["ES", 4, "SHUANGYIN"]
    assert es_id == "11010800000001"
    kind, name, list_type, certificates, created, begin, end = properties.values()
    assert (kind, name, list_type) == (1, unit.name, 1)
    assert list(certificates.values()) == [unit.certificate]
    assert created == authority.now
    assert begin < end
    picture_type, _, *sides = picture.values()
    assert (picture_type, sides) == ("PNG", [40, 40])
    assert maker == authority.maker
    assert algorithm == "1.2.156.10197.1.501"
    assert isinstance(signature, tuple)


def test_a_list_of_digests_is_read(authority: TrialAuthority, unit: TrialUnit) -> None:
    """certListType 2, as some makers write it; built here by hand from a seal of ours."""
    info, maker, algorithm, _ = der.parse(unit.seal, "x").fields("x", 4, 4)
    header, es_id, properties, picture = info.fields("x", 4, 4)
    kind, name, _, _, *times = properties.fields("x", 7, 7)
    digests = der.sequence(der.sequence(der.printable_string("SM3"), der.octet_string(sm3(unit.certificate))))
    made = der.sequence(
        header.raw,
        es_id.raw,
        der.sequence(kind.raw, name.raw, der.integer(2), digests, *(time.raw for time in times)),
        picture.raw,
    )
    signature = der.bit_string(authority.maker_key.sign(made))
    seal = read_seal(der.sequence(made, maker.raw, algorithm.raw, signature))
    assert seal.lists(unit.certificate)
    assert not seal.lists(authority.maker)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "SEAL_CONTENT"),
        ({"name": "章" * 201}, "SEAL_CONTENT"),
        ({"name": "a\0b"}, "SEAL_CONTENT"),
        ({"es_id": "x" * 65}, "SEAL_CONTENT"),
        ({"picture": SealPicture("PNG", b"not a picture", 40, 40)}, "SEAL_CONTENT"),
        ({"picture": SealPicture("SVG", b"<svg/>", 40, 40)}, "SEAL_CONTENT"),
        ({"picture": SealPicture("PNG", b"\x89PNG\r\n\x1a\n" + bytes(1 << 20), 40, 40)}, "SEAL_CONTENT"),
        ({"picture": SealPicture("PNG", b"\x89PNG\r\n\x1a\n", 0, 40)}, "SEAL_CONTENT"),
        ({"picture": SealPicture("PNG", b"\x89PNG\r\n\x1a\n", 40, 201)}, "SEAL_CONTENT"),
        ({"picture": SealPicture("OFD", b"<svg ></svg>", 40, 40)}, "SEAL_CONTENT"),
        (
            {"picture": SealPicture("SVG", b"<svg><image href='http://a'/></svg>", 40, 40)},
            "PICTURE_UNSUPPORTED",
        ),
        ({"signer_certificates": ()}, "SIGNERS"),
    ],
)
def test_bad_content_is_refused(
    authority: TrialAuthority, unit: TrialUnit, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        make_seal(replace(spec_of(unit), **changes), authority.maker, authority.maker_key)  # type: ignore[arg-type]  # the parameters say which fields
    assert refused.value.reason == reason


@pytest.mark.parametrize("kind", ["SVG", "OFD"])
def test_pictures_that_are_drawings_or_small_packages(
    authority: TrialAuthority, unit: TrialUnit, kind: str
) -> None:
    data = draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, "北京示例科技有限公司", trial_mark=True)).encode()
    if kind == "OFD":
        data = OfdPlan(pages=1).build()
    picture = SealPicture(kind, data, 40, 40)
    assert picture_type(data) == kind
    seal = make_seal(replace(spec_of(unit), picture=picture), authority.maker, authority.maker_key)
    assert read_seal(seal).picture == picture
    signed = sign_ofd_bytes(
        OfdPlan(pages=1).build(),
        OfdSealOrder(signed_at=authority.now, placements=(SealPlacement(0, 20, 30),)),
        SealSigner(seal, unit.certificate, unit.key),
    )
    drawn = render_page(read_package(signed), 0)
    assert not [note for note in drawn.unsupported if note.code.startswith("SEAL")]
    assert verify_ofd(signed, authority.trust, authority.now).verdict is Verdict.VALID


def test_text_that_is_not_ascii_cannot_be_an_id(authority: TrialAuthority, unit: TrialUnit) -> None:
    with pytest.raises(MalformedInput):
        make_seal(replace(spec_of(unit), es_id="章一"), authority.maker, authority.maker_key)


def test_validity_must_make_sense(authority: TrialAuthority, unit: TrialUnit) -> None:
    spec = spec_of(unit)
    with pytest.raises(Refused) as refused:
        make_seal(replace(spec, valid_to=spec.valid_from), authority.maker, authority.maker_key)
    assert refused.value.reason == "VALIDITY"
    with pytest.raises(Refused) as naive:
        make_seal(
            replace(spec, created_at=spec.created_at.replace(tzinfo=None)),
            authority.maker,
            authority.maker_key,
        )
    assert naive.value.reason == "TIME"


def test_the_maker_is_checked_before_anything_is_signed(authority: TrialAuthority, unit: TrialUnit) -> None:
    spec, key = spec_of(unit), PrivateKey.generate()
    old = authority.issue(
        CertificateProfile.SEAL_MAKER, key, subject=Name("过期制章人"), life=timedelta(days=5)
    )
    cases = [
        (authority.maker, unit.key, "MAKER_KEY_MISMATCH"),
        (old, key, "MAKER_EXPIRED"),
        (unit.certificate, unit.key, "MAKER_KEYUSAGE"),
        (authority.root, authority.root_key, "MAKER_KEYUSAGE"),
    ]
    for certificate, signer, reason in cases:
        with pytest.raises(Refused) as refused:
            make_seal(spec, certificate, signer)
        assert refused.value.reason == reason


def test_a_signer_that_may_not_sign_is_not_listed(authority: TrialAuthority, unit: TrialUnit) -> None:
    with pytest.raises(Refused) as refused:
        make_seal(
            replace(spec_of(unit), signer_certificates=(authority.root,)),
            authority.maker,
            authority.maker_key,
        )
    assert refused.value.reason == "SIGNERS"


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, 1 << 20), octet=st.integers(0, 255), cut=st.integers(0, 40))
def test_damaged_seals_are_read_or_refused(unit: TrialUnit, position: int, octet: int, cut: int) -> None:
    at = position % len(unit.seal)
    damaged = (
        unit.seal[:at] + bytes((octet,)) + unit.seal[at + 1 : len(unit.seal) - (cut if octet & 1 else 0)]
    )
    try:
        seal = read_seal(damaged)
        good = seal.maker.public_key.verify(seal.signature, seal.raw_info)
    except GmsealError:
        return
    assert not good or seal.raw_info == read_seal(unit.seal).raw_info


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300))
def test_the_reader_never_leaves_its_error_family(data: bytes) -> None:
    with pytest.raises(GmsealError):
        read_seal(data)
