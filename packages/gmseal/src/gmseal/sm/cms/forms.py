"""The two forms of signed data, and the identifiers of their parts."""

from enum import StrEnum
from typing import Final

from gmseal.sm import curve, der
from gmseal.sm.algorithms import SM2_SIGNATURE


class CmsForm(StrEnum):
    """Which text the structure follows; the layout is the same, the identifiers differ."""

    GBT35275 = "gbt35275"
    """GB/T 35275-2017: own content types, the signer's algorithm is SM2 (1.2.156.10197.1.301.1)."""
    RFC5652 = "rfc5652"
    """CMS: the content types of PKCS#7, the signer's algorithm is SM2 with SM3 (1.2.156.10197.1.501)."""


GB_DATA: Final = "1.2.156.10197.6.1.4.2.1"
GB_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
PKCS7_DATA: Final = "1.2.840.113549.1.7.1"
PKCS7_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"

CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
TIMESTAMP_TOKEN: Final = "1.2.840.113549.1.9.16.2.14"  # noqa: S105 - an identifier, not a password

SIGNED_DATA_OF: Final = {CmsForm.GBT35275: GB_SIGNED_DATA, CmsForm.RFC5652: PKCS7_SIGNED_DATA}
DATA_OF: Final = {CmsForm.GBT35275: GB_DATA, CmsForm.RFC5652: PKCS7_DATA}
SIGNATURE_ALGORITHM_OF: Final = {
    CmsForm.GBT35275: der.sequence(der.oid(SM2_SIGNATURE)),
    CmsForm.RFC5652: curve.ALGORITHM_SM2_WITH_SM3,
}
