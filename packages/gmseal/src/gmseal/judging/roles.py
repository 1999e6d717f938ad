"""The roles in which certificates are judged."""

from dataclasses import dataclass, replace
from typing import Final, Self

from gmseal.sm.chain import Purpose


@dataclass(frozen=True, slots=True)
class Role:
    """What a certificate was used for, in words, and the codes of its checks.

    ``revoked`` is the code of the revocation check: ``MAKER_REVOKED`` for a seal maker,
    ``SIGNER_REVOKED_BEFORE_SIGNING`` for a signer; ``authority_revoked`` that of the authorities
    between the certificate and the root; ``unproven`` that of a time which only the certificate's owner
    states, when it has been revoked since (none for a time stamp, which proves a time).
    """

    zh: str
    en: str
    format: str
    chain: str
    key_usage: str
    revoked: str
    purpose: Purpose
    authority_revoked: str
    unproven: str = ""

    def authority(self) -> Self:
        """The same role for an authority above the certificate: other words, other code."""
        return replace(
            self,
            zh=f"{self.zh}的上级机构",
            en=f"authority above the {self.en}",
            revoked=self.authority_revoked,
        )


MAKER: Final = Role(
    "制章人",
    "maker",
    "FORMAT_SEAL",
    "MAKER_CHAIN",
    "MAKER_KEYUSAGE",
    "MAKER_REVOKED",
    Purpose.SEAL_MAKING,
    "MAKER_AUTHORITY_REVOKED",
    "SEAL_TIME_UNPROVEN",
)
SIGNER: Final = Role(
    "签章人",
    "signer",
    "FORMAT_SIGNATURE",
    "SIGNER_CHAIN",
    "SIGNER_KEYUSAGE",
    "SIGNER_REVOKED_BEFORE_SIGNING",
    Purpose.SIGNING,
    "SIGNER_AUTHORITY_REVOKED",
    "SIGN_TIME_UNPROVEN",
)
TIMESTAMPER: Final = Role(
    "时间戳服务机构",
    "time-stamp authority",
    "TIMESTAMP_FORMAT",
    "TIMESTAMP_CHAIN",
    "TIMESTAMP_KEYUSAGE",
    "TIMESTAMP_REVOKED",
    Purpose.TIME_STAMPING,
    "TIMESTAMP_AUTHORITY_REVOKED",
)
