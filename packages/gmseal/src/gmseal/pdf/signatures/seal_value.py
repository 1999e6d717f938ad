"""The seal signature of GB/T 38540-2020 as the value of a PDF signature, with a time stamp when one is wanted."""

from datetime import datetime

from gmseal.errors import Refused
from gmseal.pdf.placement import SealOrder
from gmseal.ses.seal import SealPicture
from gmseal.ses.signature import SealSigner, read_signature
from gmseal.sm import der
from gmseal.sm.timestamp_source import TimestampSource

_HEADERS = 16
"""Octets of the BIT STRING and the explicit tag around a token, and what the outer length may grow by."""


class SealValue:
    """Seal signatures by one signer, under the names that an order gives."""

    digest_algorithm = "sm3"

    def __init__(
        self, signer: SealSigner, order: SealOrder, timestamp: TimestampSource | None = None
    ) -> None:
        self._signer, self._order, self._timestamp = signer, order, timestamp

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
        token = 0 if self._timestamp is None else self._timestamp.token_size + _HEADERS
        return self._signer.signature_size + token

    def sign(self, digest: bytes, signed_at: datetime) -> bytes:
        """The seal signature; with ``[0] timeStamp`` over the signature value (7.1) when there is a source."""
        value = self._signer.sign(digest, self._order.property_info, signed_at)
        return value if self._timestamp is None else _stamped(value, self._timestamp)


def _stamped(value: bytes, source: TimestampSource) -> bytes:
    token = source.stamp(read_signature(value).signature)
    if len(token) > source.token_size:
        raise Refused("TIMESTAMP_TOO_LARGE", "The time stamp is larger than its source announced.")
    body = der.parse(value, "SES_Signature").content
    return der.sequence(body, der.explicit(0, der.bit_string(token)))
