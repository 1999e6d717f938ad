"""Extensions of certificates, revocation lists and OCSP answers (RFC 5280, 4.1 and 5.2)."""

from dataclasses import dataclass

from gmseal.errors import MalformedInput
from gmseal.sm import der


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension; ``value`` is the DER inside its OCTET STRING."""

    critical: bool
    value: bytes

    def parsed(self, what: str) -> der.Element:
        """The one element of the value. Raises ``MalformedInput``."""
        return der.parse(self.value, what)


def encode_extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """An Extension in DER; a false ``critical`` is left out."""
    flag = der.boolean(value=True) if critical else b""
    return der.sequence(der.oid(oid), flag, der.octet_string(value))


def read_extensions(element: der.Element) -> dict[str, Extension]:
    """Extensions by identifier. Raises ``MalformedInput``, also when one occurs twice."""
    found: dict[str, Extension] = {}
    for child in element.expect(der.SEQUENCE, "extensions").children():
        fields = child.fields("extension", 2, 3)
        oid = fields[0].oid("extension")
        if oid in found:
            raise MalformedInput(f"The extension {oid} occurs twice.")
        critical = len(fields) == 3 and fields[1].expect(der.BOOLEAN, "critical").content != b"\x00"
        found[oid] = Extension(critical, fields[-1].octets("extension"))
    return found


def certificate_extensions(tbs: bytes) -> dict[str, Extension]:
    """The extensions of a tbsCertificate in DER. Raises ``MalformedInput``."""
    for part in der.parse(tbs, "tbsCertificate").children():
        if part.tag == 0xA3:
            return read_extensions(der.parse(part.content, "extensions"))
    return {}
