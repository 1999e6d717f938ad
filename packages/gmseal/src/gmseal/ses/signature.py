"""Making and reading seal signatures (SES_Signature of GB/T 38540-2020, clause 7)."""

import copy
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self

from gmseal.errors import MalformedInput, Refused
from gmseal.ses.mathematics import maker_signature_is_good
from gmseal.ses.model import SealSignature
from gmseal.ses.seal_reading import read_seal
from gmseal.ses.signature_reading import read_signature
from gmseal.ses.stamping import stamp_field, stamp_size
from gmseal.ses.structures import ALGORITHM, WRITTEN_VERSIONS, Extension, encode_extensions, whole_second
from gmseal.sm import der
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.keys import PrivateKey, Signer
from gmseal.sm.running_hash import running_hash
from gmseal.sm.timestamp_source import TimestampSource

__all__ = ["SealSignature", "SealSigner", "read_signature", "sign_seal_signature"]

DIGEST_BYTES: Final = 32
_MAX_DER_SIGNATURE: Final = 72
"""r and s of 33 octets each (a leading zero included), with their headers."""
_TEMPLATES: Final = 16


class SealSigner:
    """A seal, a certificate in its list and the key to it, checked once and ready to sign often.

    What does not change between signatures is encoded once; as the embedded seal makes up nearly
    all of what is hashed, the hash over it is kept too. May be shared between threads.
    """

    def __init__(
        self,
        seal: bytes,
        certificate: bytes,
        signer: Signer,
        *,
        timestamps: TimestampSource | None = None,
        extensions: Sequence[Extension] = (),
    ) -> None:
        """Check that these belong together (GB/T 38540, 7.2).

        1. The seal can be read, is of version 4 or 5, and its maker's signature is good.
        2. The certificate is the signer's, and its key usage allows signing.
        3. The certificate is in the seal's list; who changes certificates needs a new seal.

        ``timestamps`` stamps every signature value; ``extensions`` go into every signature (7.1).
        Raises ``MalformedInput``, ``Refused`` (SEAL_VERSION, SEAL_SIGNATURE, SIGNER_KEY_MISMATCH,
        SIGNER_KEYUSAGE, SIGNER_NOT_IN_SEAL, EXTENSIONS).
        """
        self.seal = read_seal(seal)
        self.certificate = read_certificate(certificate)
        self._signer = signer
        self._timestamps = timestamps
        self._extensions = der.explicit(0, encode_extensions(extensions)) if extensions else b""
        self._check()
        self._version_and_seal = der.integer(self.seal.version) + seal
        self._certificate_and_algorithm = der.octet_string(certificate) + ALGORITHM
        self._templates: dict[int, tuple[bytes, hashlib._Hash]] = {}

    @property
    def signature_size(self) -> int:
        """The most bytes a signature takes whose property information has 256 characters or fewer."""
        tbs = len(self._version_and_seal) + 17 + 35 + 260 + len(self._extensions)
        signature = len(self._certificate_and_algorithm) + _MAX_DER_SIGNATURE + 3
        return tbs + signature + 2 * 6 + stamp_size(self._timestamps)

    def stamped_by(self, timestamps: TimestampSource) -> Self:
        """The same signer, whose signature values ``timestamps`` stamps."""
        stamped = copy.copy(self)
        stamped._timestamps = timestamps  # noqa: SLF001 - of the same class
        return stamped

    def sign(self, data_hash: bytes, property_info: str, signed_at: datetime) -> bytes:
        """The DER of a seal signature over a document's SM3 digest.

        ``property_info`` names what was digested, in ASCII. Raises ``Refused`` when seal or
        certificate is not in force at ``signed_at`` (SEAL_NOT_IN_FORCE, SIGNER_EXPIRED, TIME), or the
        source of time stamps did not give a good one (TIMESTAMP, TIMESTAMP_TOO_LARGE).
        """
        instant = whole_second(signed_at, "signing time")
        if not self.seal.valid_at(instant):
            raise Refused("SEAL_NOT_IN_FORCE", "The seal is not in force at the signing time.")
        if not self.certificate.valid_at(instant):
            raise Refused("SIGNER_EXPIRED", "The signer's certificate is not in force at the signing time.")
        if len(data_hash) != DIGEST_BYTES:
            raise MalformedInput("The data hash is an SM3 digest of 32 octets.")
        prop = der.ia5_string(property_info)
        tail = der.generalized_time(instant) + der.bit_string(data_hash) + prop + self._extensions
        head, template = self._template(len(tail))
        if isinstance(self._signer, PrivateKey):
            hashed = template.copy()
            hashed.update(tail)
            signature = self._signer.sign_digest(hashed.digest())
        else:
            signature = self._signer.sign(head + tail)
        stamp = stamp_field(self._timestamps, signature, instant)
        body = head + tail + self._certificate_and_algorithm + der.bit_string(signature) + stamp
        return b"\x30" + der.length_octets(len(body)) + body

    def _template(self, tail: int) -> tuple[bytes, "hashlib._Hash"]:
        """The start of toSign for a tail of this length, and the running hash Z‖start."""
        found = self._templates.get(tail)
        if found is None:
            length = der.length_octets(len(self._version_and_seal) + tail)
            head = b"\x30" + length + self._version_and_seal
            hashed = running_hash("sm3")
            hashed.update(self.certificate.public_key.z())
            hashed.update(head)
            found = (head, hashed)
            if len(self._templates) >= _TEMPLATES:
                self._templates = {}
            self._templates[tail] = found
        return found

    def _check(self) -> None:
        if self.seal.version not in WRITTEN_VERSIONS:
            raise Refused("SEAL_VERSION", "A seal of version 1 is verified, but no longer used for signing.")
        if not maker_signature_is_good(self.seal):
            raise Refused("SEAL_SIGNATURE", "The maker's signature on the seal is not good.")
        if self.certificate.public_key != self._signer.public_key:
            raise Refused("SIGNER_KEY_MISMATCH", "The key does not belong to the signer's certificate.")
        if not self.certificate.may_sign():
            raise Refused("SIGNER_KEYUSAGE", "The signer's certificate does not allow signing.")
        if not self.seal.lists(self.certificate.der):
            raise Refused("SIGNER_NOT_IN_SEAL", "The seal does not list the signer's certificate.")


def sign_seal_signature(
    *,
    seal: bytes,
    data_hash: bytes,
    property_info: str,
    certificate: bytes,
    signer: Signer,
    signed_at: datetime,
    timestamps: TimestampSource | None = None,
) -> bytes:
    """One seal signature in DER; see ``SealSigner`` for the checks and for signing many."""
    return SealSigner(seal, certificate, signer, timestamps=timestamps).sign(
        data_hash, property_info, signed_at
    )
