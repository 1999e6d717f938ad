"""An e-seal as its making unit hands it over: seal, specimen, certificate and key, from an authority that is no trial one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from platform_world import ORGANIZATION, World

from gmseal.picture import FaceKind, draw_svg, face_of_kind, render_png
from gmseal.ses.seal import SealPicture, SealSpec, make_seal
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey
from shuangyin.core.clock import to_datetime


class Issued:
    """Files as a management unit would hand them over; not a trial authority."""

    def __init__(self, world: World, *, name: str = ORGANIZATION, trial: bool = False) -> None:
        now = to_datetime(world.clock.now_ms()).replace(microsecond=0)
        begin, end = now - timedelta(days=1), now + timedelta(days=365)
        root_key, maker_key, self.key = (PrivateKey.generate() for _ in range(3))
        root = issue_certificate(
            subject=Name("测试根"), public_key=root_key.public_key, issuer=None, issuer_key=root_key,
            profile=CertificateProfile.CA, not_before=begin, not_after=end, trial=trial,
        )  # fmt: skip
        maker = issue_certificate(
            subject=Name("测试制章单位"), public_key=maker_key.public_key, issuer=IssuerRef(root),
            issuer_key=root_key, profile=CertificateProfile.SEAL_MAKER, not_before=begin, not_after=end,
            trial=trial,
        )  # fmt: skip
        self.certificate = issue_certificate(
            subject=Name(name, organization=name), public_key=self.key.public_key, issuer=IssuerRef(root),
            issuer_key=root_key, profile=CertificateProfile.SIGNER, not_before=begin, not_after=end,
            trial=trial,
        )  # fmt: skip
        self.specimen = render_png(draw_svg(face_of_kind(FaceKind.LIMITED_COMPANY, name)))
        spec = SealSpec(
            es_id="11010800000000000001", name=name, type=1, picture=SealPicture("PNG", self.specimen, 40, 40),
            signer_certificates=(self.certificate,), created_at=now, valid_from=begin, valid_to=end,
            vendor_id="TESTMAKER",
        )  # fmt: skip
        self.seal = make_seal(spec, maker, maker_key)

    def hand_over(self, client: TestClient, seal_id: str) -> Any:
        """The making unit's files for a seal that was applied for."""
        files = {
            "seal": ("seal.esl", self.seal),
            "specimen": ("specimen.png", self.specimen),
            "certificate": ("signer.crt", self.certificate),
            "key": ("signer.key", self.key.to_pkcs8_pem()),
        }
        return client.post(f"/api/v1/seals/{seal_id}/made", files=files)

    def post(self, client: TestClient, keeper: str, **changes: bytes) -> Any:
        files = {
            "seal": ("seal.esl", changes.get("seal", self.seal)),
            "specimen": ("specimen.png", changes.get("specimen", self.specimen)),
            "certificate": ("signer.crt", changes.get("certificate", self.certificate)),
            "key": ("signer.key", changes.get("key", self.key.to_pkcs8_pem())),
        }
        data = {
            "category": "legal_name",
            "filing_no": "110108-ES-000001",
            "filing_authority": "北京市电子印章制作管理单位",
            "keeper_person_id": keeper,
        }
        return client.post("/api/v1/seals/import", files=files, data=data)
