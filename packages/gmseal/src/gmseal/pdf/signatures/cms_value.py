"""Signed data by an SM2 key as the value of a PDF signature: RFC 5652 and GB/T 35275."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gmseal.ses.seal import SealPicture
from gmseal.sm.certificates import read_certificate
from gmseal.sm.cms import CmsForm, build_signed_data, max_size
from gmseal.sm.keys import Signer
from gmseal.sm.timestamp_source import TimestampSource

FIELD_NAMES: Final = {
    CmsForm.RFC5652: ("Adobe.PPKLite", "adbe.pkcs7.detached"),
    CmsForm.GBT35275: ("GM.PKILite", "GM.SM2"),
}
"""Filter and SubFilter that programs in the field write together with each form."""


class CmsValue:
    """Signed data of one form by one signer. ``certificates`` (DER) go along for whoever builds the chain."""

    digest_algorithm = "sm3"

    def __init__(
        self,
        certificate: bytes,
        signer: Signer,
        *,
        form: CmsForm = CmsForm.RFC5652,
        certificates: Sequence[bytes] = (),
        picture: SealPicture | None = None,
        timestamp: TimestampSource | None = None,
        names: tuple[str, str] | None = None,
    ) -> None:
        """``picture`` is drawn at the places of an order; ``names`` replaces Filter and SubFilter."""
        info = read_certificate(certificate)
        self.signer_name = info.common_name or info.subject
        self.picture = picture
        self.names = names or FIELD_NAMES[form]
        self._certificate, self._signer, self._form = certificate, signer, form
        self._certificates, self._timestamp = tuple(certificates), timestamp
        self.room = max_size(
            form=form,
            certificate=certificate,
            extra_certificates=self._certificates,
            timestamp=timestamp,
        )

    def sign(self, digest: bytes, signed_at: datetime) -> bytes:
        """Signed data without content over the digest of a byte range."""
        return build_signed_data(
            form=self._form,
            digest=digest,
            certificate=self._certificate,
            signer=self._signer,
            signed_at=signed_at,
            extra_certificates=self._certificates,
            timestamp=self._timestamp,
        )
