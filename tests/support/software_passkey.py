"""An authenticator in software, so that tests can answer as a passkey does, well or badly (WebAuthn Level 3, 6)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class SoftwarePasskey:
    """One P-256 passkey without attestation. `count` is what it says it has signed, before each answer plus one."""

    origin: str = "http://localhost:8600"
    rp_id: str = "localhost"
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, options: dict[str, Any]) -> str:
        """The answer to registration options, as the browser's `toJSON()` gives it."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        data = self._data(_PRESENT | _VERIFIED | _ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client_data("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to confirmation options."""
        self.count += 1
        data = self._data(_PRESENT | _VERIFIED)
        client = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
        }
        return self._answer(response)

    def kept(self) -> dict[str, Any]:
        """The passkey as Chromium's virtual authenticator takes it (DevTools protocol, `WebAuthn.addCredential`)."""
        private = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "credentialId": base64.b64encode(self.credential_id).decode(),
            "rpId": self.rp_id,
            "privateKey": base64.b64encode(private).decode(),
            "signCount": self.count,
        }

    @classmethod
    def again(cls, kept: dict[str, Any], *, origin: str) -> SoftwarePasskey:
        """The passkey that was kept, for a page of this origin."""
        key = serialization.load_der_private_key(base64.b64decode(kept["privateKey"]), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(origin, kept["rpId"], kept["signCount"], key, base64.b64decode(kept["credentialId"]))

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        own = b64(self.credential_id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response})
