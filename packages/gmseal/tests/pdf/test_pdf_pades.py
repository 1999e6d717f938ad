"""PAdES and dual sealing, judged by pyHanko, pdfsig and OpenSSL beside our own verifier."""

import io
import re
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import x509
from international_authority import World
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from gmseal.errors import MalformedInput, Refused
from gmseal.pdf import (
    DualSigners,
    InvisibleOrder,
    PadesLevel,
    PadesOrder,
    PadesSigner,
    Permission,
    SealOrder,
    SealPlacement,
    SeamPlacement,
    seal_pdf_bytes,
    seal_pdf_dual,
    seal_pdf_dual_bytes,
    sign_pdf_pades_bytes,
    verify_pdf,
    verify_pdf_bytes,
)
from gmseal.report import CheckResult, Report, TrustStore, Verdict
from gmseal.ses.signature import SealSigner
from gmseal.sm import der
from gmseal.sm.certificates import read_certificate
from gmseal.sm.crl import RevocationReason, RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey
from gmseal.trial import TrialAuthority, TrialUnit

HERE = (SealPlacement(0, 100, 180),)


@pytest.fixture(scope="module")
def world() -> World:
    return World.create()


@dataclass(frozen=True)
class Today:
    """A seal that is in force today, and the store of someone who believes both authorities."""

    sealer: SealSigner
    trust: TrustStore


@pytest.fixture(scope="module")
def today(world: World, seal_signer: SealSigner) -> Today:
    authority = TrialAuthority.create(world.now)
    unit = TrialUnit.create(authority, "北京示例科技有限公司", seal_signer.seal.picture, es_id="2")
    return Today(unit.sealer(), TrustStore(roots=(authority.root, world.root.certificate)))


def failed(report: Report) -> list[str]:
    return [check.code for check in report.walk() if check.result is CheckResult.FAIL]


def by_pyhanko(data: bytes, world: World) -> list[Any]:
    """The status of every regular signature that pyHanko can read (seals are of a kind unknown to it)."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(world.root.certificate)], allow_fetching=False
    )
    reader = PdfFileReader(io.BytesIO(data))
    found = reader.embedded_signatures
    return [
        (validate_pdf_timestamp if one.sig_object["/Type"] == "/DocTimeStamp" else validate_pdf_signature)(
            one, context
        )
        for one in found
    ]


def by_pdfsig(bench: Any, data: bytes) -> str:
    path = bench.write(data, "pdfsig.pdf")
    return subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("rsa", PadesLevel.B_B),
        ("p256", PadesLevel.B_T),
        ("rsa", PadesLevel.B_LT),
        ("p256", PadesLevel.B_LTA),
    ],
)
def test_every_level_is_good_for_others_and_for_us(
    bench: Any, blueprint: Any, world: World, kind: str, level: PadesLevel
) -> None:
    pades = PadesOrder(level=level, timestamps=world, trust=world.trust)
    order = InvisibleOrder(signed_at=world.now)
    data = sign_pdf_pades_bytes(blueprint(pages=2).table(), order, world.signer(kind), pades)
    status = by_pyhanko(data, world)
    assert all(one.intact and one.valid and one.trusted for one in status)
    assert len(status) == (2 if level is PadesLevel.B_LTA else 1)
    assert "Signature is Valid" in by_pdfsig(bench, data)
    report = verify_pdf_bytes(data, world.trust, world.now + timedelta(minutes=5))
    assert report.verdict is Verdict.VALID, failed(report)
    kinds = [entry.kind for entry in report.signatures]
    assert kinds == (["cms", "timestamp"] if level is PadesLevel.B_LTA else ["cms"])
    assert (report.signatures[0].coverage or {})["pades_level"] == level.value
    stamped = next(check for check in report.walk() if check.code == "SIGNATURE_TIMESTAMP")
    assert (stamped.result is CheckResult.PASS) == (level is not PadesLevel.B_B)


@pytest.mark.parametrize(
    ("kind", "level", "certify"),
    [
        ("rsa", PadesLevel.B_B, None),
        ("rsa", PadesLevel.B_LTA, Permission.SIGNING),
        ("p256", PadesLevel.B_LTA, None),
    ],
)
def test_one_file_sealed_here_and_signed_abroad(
    bench: Any,
    blueprint: Any,
    world: World,
    today: Today,
    kind: str,
    level: PadesLevel,
    certify: Permission | None,
) -> None:
    pades = PadesOrder(level=level, timestamps=world, trust=world.trust)
    order = SealOrder(signed_at=world.now, placements=HERE, seam=SeamPlacement(80), reason="Contract 1")
    source = blueprint(pages=3, annots="direct", form="indirect").packed()
    signers = DualSigners(seal=today.sealer, pades=world.signer(kind))
    data = seal_pdf_dual_bytes(source, order, signers, pades, certify=certify)
    report = verify_pdf_bytes(data, today.trust, world.now + timedelta(minutes=5))
    assert report.verdict is Verdict.VALID, failed(report)
    assert [entry.kind for entry in report.signatures][:2] == ["seal", "cms"]
    later = next(check for check in report.signatures[0].walk() if check.code == "ADDED_LATER_ALLOWED")
    assert later.result is CheckResult.PASS
    status = by_pyhanko(data, world)[0]
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.modification_level in {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES}
    if level is PadesLevel.B_B:
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert "Signature is Valid" in by_pdfsig(bench, data)


def test_a_seal_over_a_file_with_everything_others_put_there(
    bench: Any, blueprint: Any, world: World, today: Today
) -> None:
    """B-LTA by an RSA signer, then our seal and its seam: both stay good for whoever can read them."""
    pades = PadesOrder(level=PadesLevel.B_LTA, timestamps=world, trust=world.trust)
    signed = sign_pdf_pades_bytes(
        blueprint(pages=2).table(), InvisibleOrder(signed_at=world.now), world.signer("rsa"), pades
    )
    order = SealOrder(signed_at=world.now, placements=HERE)
    sealed = seal_pdf_bytes(signed, order, today.sealer)
    assert sealed.startswith(signed)
    report = verify_pdf_bytes(sealed, today.trust, world.now + timedelta(minutes=5))
    assert report.verdict is Verdict.VALID, failed(report)
    assert [entry.kind for entry in report.signatures] == ["cms", "timestamp", "seal"]
    coverage = report.signatures[0].coverage or {}
    # pyHanko writes the time of each update into the file's metadata, which differs once a second has passed.
    added = [one for one in coverage["added_later"] if one != "document metadata"]
    assert added == ["validation data", "a document time stamp", "a further signature"]
    assert all(one.intact and one.valid and one.trusted for one in by_pyhanko(sealed, world))
    assert "Signature is Valid" in by_pdfsig(bench, sealed)


def test_a_visible_pades_signature_with_the_seals_picture(
    bench: Any, blueprint: Any, world: World, today: Today, draw: Any, red_box: Any
) -> None:
    order = SealOrder(signed_at=world.now, placements=HERE)
    picture = today.sealer.seal.picture
    data = sign_pdf_pades_bytes(
        blueprint().table(), order, world.signer("p256"), PadesOrder(), picture=picture
    )
    path = bench.write(data, "visible.pdf")
    left, top, _, _ = red_box(draw(path))
    assert (left, top) == pytest.approx((100, 180), abs=1.5)
    status = by_pyhanko(data, world)[0]
    assert status.intact
    assert status.valid


def test_a_changed_byte_breaks_pades_for_us_as_for_others(blueprint: Any, world: World) -> None:
    order = InvisibleOrder(signed_at=world.now)
    data = sign_pdf_pades_bytes(blueprint().table(), order, world.signer("rsa"), PadesOrder())
    changed = data.replace(b"Amount 1", b"Amount 9")
    report = verify_pdf_bytes(changed, world.trust, world.now)
    assert failed(report) == ["DATA_HASH"]
    assert "pades_level" not in (report.signatures[0].coverage or {})
    assert not by_pyhanko(changed, world)[0].intact


def test_what_cannot_be_is_refused(bench: Any, blueprint: Any, world: World, today: Today) -> None:
    with pytest.raises(Refused):
        PadesOrder(level=PadesLevel.B_T)
    with pytest.raises(Refused):
        PadesOrder(level=PadesLevel.B_LT, timestamps=world)
    with pytest.raises(MalformedInput):
        PadesSigner.load(world.signers["rsa"].certificate, world.signers["p256"].pkcs8)
    with pytest.raises(MalformedInput, match="RSA or ECDSA"):
        PadesSigner.load(world.signers["rsa"].certificate, PrivateKey.generate().to_pkcs8_der())
    signers = DualSigners(seal=today.sealer, pades=world.signer("p256"))
    target = bench.folder / "dual.pdf"
    source = bench.write(blueprint().table())
    order = SealOrder(signed_at=world.now, placements=HERE)
    with pytest.raises(Refused) as caught:
        seal_pdf_dual(source, target, order=order, signers=signers, certify=Permission.NOTHING)
    assert caught.value.reason == "CERTIFY_LEVEL"
    assert not target.exists()
    untrusted = PadesOrder(level=PadesLevel.B_LTA, timestamps=world, trust=TrustStore())
    with pytest.raises(Refused) as caught:
        seal_pdf_dual(source, target, order=order, signers=signers, pades=untrusted)
    assert caught.value.reason == "PADES"
    assert not target.exists()
    seal_pdf_dual(source, target, order=order, signers=signers)
    assert verify_pdf(target, today.trust, world.now).verdict is Verdict.VALID


HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Stolen:
    """A file that was sealed an hour ago without a time stamp and that a document time stamp covers since now."""

    world: World
    authority: TrialAuthority
    unit: TrialUnit
    data: bytes

    def judged(
        self,
        revoked: timedelta,
        data: bytes | None = None,
        *,
        stamps: bool = True,
        whose: bytes | None = None,
    ) -> Report:
        """Two hours from now, when the signer's key is known to be in other hands since now and ``revoked``.

        Or the key of another certificate, ``whose``.
        """
        now = self.world.now
        serial = read_certificate(self.unit.certificate if whose is None else whose).serial
        entry = RevokedCertificate(serial, now + revoked, RevocationReason.KEY_COMPROMISE)
        listed = make_crl(
            issuer=self.authority.root,
            issuer_key=self.authority.root_key,
            revoked=(entry,),
            this_update=now + HOUR,
            next_update=now + 48 * HOUR,
            number=1,
        )
        roots = (self.authority.root, self.world.root.certificate) if stamps else (self.authority.root,)
        store = TrustStore(roots=roots, crls=(listed,))
        return verify_pdf_bytes(self.data if data is None else data, store, now + 2 * HOUR)


@pytest.fixture(scope="module")
def stolen(world: World, seal_signer: SealSigner, blueprint: Any) -> Stolen:
    authority = TrialAuthority.create(world.now - 24 * HOUR)
    unit = TrialUnit.create(authority, "北京示例科技有限公司", seal_signer.seal.picture, es_id="3")
    order = SealOrder(signed_at=world.now - HOUR, placements=HERE)
    sealed = seal_pdf_bytes(blueprint().table(), order, unit.sealer())
    pades = PadesOrder(level=PadesLevel.B_LTA, timestamps=world, trust=world.trust)
    data = sign_pdf_pades_bytes(sealed, InvisibleOrder(signed_at=world.now), world.signer("p256"), pades)
    return Stolen(world, authority, unit, data)


def proof_in(report: Report, code: str = "SIGN_TIME_UNPROVEN") -> list[CheckResult]:
    """What was said about the unproven time of the seal."""
    return [check.result for check in report.signatures[0].walk() if check.code == code]


def test_a_later_document_time_stamp_proves_that_the_seal_was_there(stolen: Stolen) -> None:
    report = stolen.judged(HOUR / 2)
    assert [entry.kind for entry in report.signatures] == ["seal", "cms", "timestamp"]
    assert proof_in(report) == [CheckResult.PASS]
    assert report.verdict is Verdict.VALID, failed(report)
    # It is no signing time: that stays the one which the signer stated.
    assert report.signatures[0].signed_at == stolen.world.now - HOUR


def test_a_document_time_stamp_after_the_revocation_proves_nothing(stolen: Stolen) -> None:
    report = stolen.judged(-HOUR / 2)
    assert proof_in(report) == [CheckResult.NOT_CHECKED]
    assert report.verdict is Verdict.INDETERMINATE


def test_it_proves_as_much_when_the_key_of_the_maker_was_stolen(stolen: Stolen) -> None:
    """Whoever got hold of the maker's key later could make a seal of any name, and state any time of making it."""
    maker = stolen.authority.maker
    for revoked, stamps, said, verdict in (
        (HOUR / 2, True, CheckResult.PASS, Verdict.VALID),
        (-HOUR / 2, True, CheckResult.NOT_CHECKED, Verdict.INDETERMINATE),
        (HOUR / 2, False, CheckResult.NOT_CHECKED, Verdict.INDETERMINATE),
    ):
        report = stolen.judged(revoked, stamps=stamps, whose=maker)
        assert proof_in(report, "SEAL_TIME_UNPROVEN") == [said]
        assert proof_in(report) == []
        assert report.verdict is verdict, failed(report)


def test_a_document_time_stamp_of_nobody_who_is_trusted_proves_nothing(stolen: Stolen) -> None:
    report = stolen.judged(HOUR / 2, stamps=False)
    assert proof_in(report) == [CheckResult.NOT_CHECKED]
    assert report.verdict is Verdict.INDETERMINATE


def test_a_forged_document_time_stamp_proves_nothing(stolen: Stolen) -> None:
    """The last octet of the token's signature is another one; the file's other signatures are untouched."""
    holes = list(re.finditer(rb"/Contents\s*<([0-9a-fA-F]+)>", stolen.data))
    text = holes[-1][1]
    token = bytes.fromhex(text.decode())
    end = 2 * der.parse_prefix(token).end
    forged = text[: end - 2] + (b"00" if text[end - 2 : end] != b"00" else b"01") + text[end:]
    data = stolen.data[: holes[-1].start(1)] + forged + stolen.data[holes[-1].end(1) :]
    report = stolen.judged(HOUR / 2, data)
    assert "DOCUMENT_TIMESTAMP" in failed(report)
    assert proof_in(report) == [CheckResult.NOT_CHECKED]
    assert report.verdict is not Verdict.VALID


def test_a_document_time_stamp_over_an_earlier_revision_proves_nothing(
    world: World, stolen: Stolen, blueprint: Any
) -> None:
    """The seal came after it, so it does not speak of the seal."""
    pades = PadesOrder(level=PadesLevel.B_LTA, timestamps=world, trust=world.trust)
    stamped = sign_pdf_pades_bytes(
        blueprint().table(), InvisibleOrder(signed_at=world.now), world.signer("p256"), pades
    )
    order = SealOrder(signed_at=world.now - HOUR, placements=HERE)
    report = stolen.judged(HOUR / 2, seal_pdf_bytes(stamped, order, stolen.unit.sealer()))
    seal = next(entry for entry in report.signatures if entry.kind == "seal")
    found = [check.result for check in seal.walk() if check.code == "SIGN_TIME_UNPROVEN"]
    assert found == [CheckResult.NOT_CHECKED]
    assert report.verdict is Verdict.INDETERMINATE
