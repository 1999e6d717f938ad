"""A seal ready for OFD packages, and packages to put it on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ofd_writer import OfdPlan, picture

from gmseal.ofd import (
    CertificateSigner,
    OfdSealOrder,
    SealPlacement,
    SeamPlacement,
    sign_ofd_bytes,
    verify_ofd,
)
from gmseal.policy import DEFAULT, Policy
from gmseal.report import Check, CheckResult, Report, TrustStore
from gmseal.ses.seal import SealPicture
from gmseal.ses.signature import SealSigner
from gmseal.trial import TrialAuthority, TrialUnit

HERE = (SealPlacement(0, 120, 200),)


@dataclass(frozen=True)
class OfdBench:
    """Seal, certificate, roots and time of all tests; ``folder`` for those that need files."""

    signer: SealSigner
    certificate_signer: CertificateSigner
    unit: TrialUnit
    trust: TrustStore
    now: datetime
    folder: Path

    def order(self, **more: Any) -> OfdSealOrder:
        more.setdefault("signed_at", self.now)
        if "placements" not in more and "seam" not in more:
            more["placements"] = HERE
        return OfdSealOrder(**more)

    def seal(self, data: bytes, **more: Any) -> bytes:
        return sign_ofd_bytes(data, self.order(**more), self.signer)

    def certify(self, data: bytes, **more: Any) -> bytes:
        return sign_ofd_bytes(data, OfdSealOrder(signed_at=self.now, **more), self.certificate_signer)

    def verify(self, data: bytes, trust: TrustStore | None = None, policy: Policy = DEFAULT) -> Report:
        return verify_ofd(data, self.trust if trust is None else trust, self.now, policy)

    def failed(self, data: bytes) -> set[str]:
        return {check.code for check in self.verify(data).walk() if check.result is CheckResult.FAIL}

    def check(self, data: bytes, code: str, signature: int = 0, policy: Policy = DEFAULT) -> Check | None:
        steps = self.verify(data, policy=policy).signatures[signature].walk()
        return next((step for step in steps if step.code == code), None)


@pytest.fixture(scope="session")
def ofd_unit(authority: TrialAuthority) -> TrialUnit:
    seal_picture = SealPicture("PNG", picture(40), 40, 40)
    return TrialUnit.create(authority, "北京示例科技有限公司", seal_picture, es_id="11010800000003")


@pytest.fixture
def ofd(authority: TrialAuthority, ofd_unit: TrialUnit, tmp_path: Path) -> Iterator[OfdBench]:
    alone = CertificateSigner(ofd_unit.certificate, ofd_unit.key)
    yield OfdBench(ofd_unit.sealer(), alone, ofd_unit, authority.trust, authority.now, tmp_path)
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert not left, "temporary files were left behind"


@pytest.fixture(scope="session")
def sealed(authority: TrialAuthority, ofd_unit: TrialUnit) -> bytes:
    """A sealed package of two pages with everything that a package can have."""
    plan = OfdPlan(pages=2, template=True, annotations=True, attachment=b"1,2,3\n")
    places = (SealPlacement(0, 20, 20),)
    order = OfdSealOrder(signed_at=authority.now, placements=places, seam=SeamPlacement(90))
    return sign_ofd_bytes(plan.build(), order, ofd_unit.sealer())
