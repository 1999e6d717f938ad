"""A signing device that fails: what it signs is not what it was given."""

from gmseal.sm.keys import PrivateKey, PublicKey


class BrokenDevice:
    """Holds a good key and signs something else with it."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    def sign(self, message: bytes) -> bytes:
        """A signature that does not verify."""
        return self._key.sign(message + b"!")
