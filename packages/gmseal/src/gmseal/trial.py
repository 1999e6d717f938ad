"""A complete trial authority in memory: root, seal maker, signer and a seal, for demonstrations and tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from gmseal.ses.seal import SealPicture, SealSpec, make_seal
from gmseal.ses.signature import SealSigner
from gmseal.sm.certificates import CertificateProfile, IssuerRef, Name, issue_certificate
from gmseal.sm.keys import PrivateKey
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trust import TrustStore

_BEFORE: Final = timedelta(days=10)
_ROOT_LIFE: Final = timedelta(days=3000)
_LEAF_LIFE: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class TrialAuthority:
    """Keys and certificates (DER) that belong together; ``now`` lies within every validity."""

    now: datetime
    root_key: PrivateKey
    root: bytes
    maker_key: PrivateKey
    maker: bytes

    @classmethod
    def create(cls, now: datetime) -> Self:
        """A new root and a new seal maker below it."""
        root_key, maker_key = PrivateKey.generate(), PrivateKey.generate()
        root = issue_certificate(
            subject=Name("双印试用根证书", organization="双印"),
            public_key=root_key.public_key,
            issuer=None,
            issuer_key=root_key,
            profile=CertificateProfile.CA,
            not_before=now - _BEFORE,
            not_after=now + _ROOT_LIFE,
        )
        maker = issue_certificate(
            subject=Name("双印试用制章人", organization="双印"),
            public_key=maker_key.public_key,
            issuer=IssuerRef(root),
            issuer_key=root_key,
            profile=CertificateProfile.SEAL_MAKER,
            not_before=now - _BEFORE,
            not_after=now + _LEAF_LIFE,
        )
        return cls(now, root_key, root, maker_key, maker)

    @property
    def trust(self) -> TrustStore:
        """The store of someone who believes this authority."""
        return TrustStore(roots=(self.root,))

    def issue(
        self,
        profile: CertificateProfile,
        key: PrivateKey,
        *,
        subject: Name,
        not_before: datetime | None = None,
        life: timedelta = _LEAF_LIFE,
        trial: bool = True,
    ) -> bytes:
        """A certificate by the root."""
        begin = self.now - _BEFORE if not_before is None else not_before
        return issue_certificate(
            subject=subject,
            public_key=key.public_key,
            issuer=IssuerRef(self.root),
            issuer_key=self.root_key,
            profile=profile,
            not_before=begin,
            not_after=begin + life,
            trial=trial,
        )

    def timestamps(
        self, *, clock: Callable[[], datetime] | None = None, name: str = "双印试用时间戳"
    ) -> TrialTimestampAuthority:
        """A time-stamp authority below the root; it says ``now`` unless it is given a clock."""
        key = PrivateKey.generate()
        certificate = self.issue(
            CertificateProfile.TIMESTAMP_AUTHORITY, key, subject=Name(name, organization="双印")
        )
        return TrialTimestampAuthority(certificate, key, clock=clock or (lambda: self.now))

    def seal_for(
        self, signer: bytes, picture: SealPicture, *, name: str, es_id: str, life: timedelta = _LEAF_LIFE / 2
    ) -> bytes:
        """A seal that lists the certificate ``signer``, in force from a day before ``now``."""
        spec = SealSpec(
            es_id=es_id,
            name=name,
            type=1,
            picture=picture,
            signer_certificates=(signer,),
            created_at=self.now,
            valid_from=self.now - timedelta(days=1),
            valid_to=self.now + life,
            vendor_id="SHUANGYIN",
        )
        return make_seal(spec, self.maker, self.maker_key)


@dataclass(frozen=True, slots=True)
class TrialUnit:
    """An invented organization with a key, a certificate and a seal by a trial authority."""

    authority: TrialAuthority
    name: str
    key: PrivateKey
    certificate: bytes
    seal: bytes

    @classmethod
    def create(cls, authority: TrialAuthority, name: str, picture: SealPicture, *, es_id: str) -> Self:
        """A unit called ``name`` whose seal shows ``picture``."""
        key = PrivateKey.generate()
        certificate = authority.issue(CertificateProfile.SIGNER, key, subject=Name(name, organization=name))
        seal = authority.seal_for(certificate, picture, name=name, es_id=es_id)
        return cls(authority, name, key, certificate, seal)

    def sealer(self) -> SealSigner:
        """Ready to sign."""
        return SealSigner(self.seal, self.certificate, self.key)
