"""The seal signature of GB/T 38540-2020 as the value of a PDF signature, with a time stamp when one is wanted."""

from datetime import datetime

from gmseal.pdf.placement import SealOrder
from gmseal.ses.seal import SealPicture
from gmseal.ses.signature import SealSigner
from gmseal.sm.timestamp_source import TimestampSource


class SealValue:
    """Seal signatures by one signer, under the names that an order gives."""

    digest_algorithm = "sm3"

    def __init__(
        self, signer: SealSigner, order: SealOrder, timestamp: TimestampSource | None = None
    ) -> None:
        self._signer = signer if timestamp is None else signer.stamped_by(timestamp)
        self._order = order

    @property
    def names(self) -> tuple[str, str]:
        return self._order.filter_name, self._order.sub_filter

    @property
    def signer_name(self) -> str:
        return self._signer.seal.name

    @property
    def picture(self) -> SealPicture:
        return self._signer.seal.picture

    @property
    def room(self) -> int:
        return self._signer.signature_size

    def sign(self, digest: bytes, signed_at: datetime) -> bytes:
        """The seal signature; with ``[0] timeStamp`` over the signature value (7.1) when there is a source."""
        return self._signer.sign(digest, self._order.property_info, signed_at)
