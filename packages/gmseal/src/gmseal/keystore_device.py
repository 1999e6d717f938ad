"""What signers of all devices have in common: nothing that comes back is used before it is verified."""

from collections.abc import Callable

from gmseal.errors import DeviceFailure
from gmseal.sm import curve
from gmseal.sm.keys import DEFAULT_ID, PublicKey


class DeviceSigner:
    """Signs with an SM2 key that never leaves its device. May be shared between threads."""

    def __init__(self, public_key: PublicKey, sign_in_device: Callable[[bytes], bytes]) -> None:
        """``sign_in_device`` makes r‖s of a digest e, of 32 octets."""
        self._public_key = public_key
        self._sign_in_device = sign_in_device

    @property
    def public_key(self) -> PublicKey:
        return self._public_key

    def sign(self, message: bytes, *, user_id: bytes = DEFAULT_ID) -> bytes:
        """The DER signature of ``message``. Raises ``DeviceFailure`` and ``Refused``."""
        return self.sign_digest(self._public_key.digest(message, user_id))

    def sign_digest(self, digest: bytes) -> bytes:
        """The DER signature of a digest e = SM3(Z‖M) made by the caller.

        A fault in a device can give the private key away through one wrong signature, and a
        broken one would stand in a document for ever; so it is verified here, outside the device.
        """
        curve.check_digest(digest)
        rs = self._sign_in_device(digest)
        if not curve.is_signature(rs):
            raise DeviceFailure("DEVICE_SIGNATURE", "The device returned something that is no signature.")
        signature = curve.encode_signature(rs)
        if not self._public_key.verify_digest(signature, digest):
            raise DeviceFailure("DEVICE_SIGNATURE", "The device returned a signature that does not verify.")
        return signature

    def __repr__(self) -> str:
        return f"{type(self).__name__}(of {self._public_key!r})"
