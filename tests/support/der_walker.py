"""Finds what was signed, by whom and how, in DER: written for the tests alone, with nothing of gmseal's."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
GBT_SIGNED_DATA = bytes.fromhex("2a811ccf550601040202")
SM2_WITH_SM3 = bytes.fromhex("2a811ccf55018375")
SEQUENCE, SET, INTEGER, BITS, OCTETS, OID = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06


@dataclass(frozen=True)
class Node:
    """One element: its tag, all its octets, and its content."""

    tag: int
    whole: bytes
    content: bytes

    @property
    def parts(self) -> list["Node"]:
        return nodes(self.content)

    @property
    def bits(self) -> bytes:
        """The octets of a BIT STRING without unused bits."""
        assert self.tag == BITS
        assert self.content[0] == 0
        return self.content[1:]


@dataclass(frozen=True)
class Signed:
    """Octets, the DER signature over them, and the certificate whose key made it."""

    what: str
    message: bytes
    signature: bytes
    certificate: bytes


def node(data: bytes) -> Node:
    """The first element; what follows is left aside."""
    return next(_read(data))


def nodes(data: bytes) -> list[Node]:
    return list(_read(data))


def _read(data: bytes) -> Iterator[Node]:
    at = 0
    while at < len(data):
        length, start = data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
        end = start + length
        assert end <= len(data)
        yield Node(data[at], data[at:end], data[start:end])
        at = end


def seal(data: bytes) -> Signed:
    """The maker's signature: over the info, in version 1 over info, certificate and algorithm."""
    parts = node(data).parts
    if len(parts) == 2:
        certificate, algorithm, bits = parts[1].parts
        inner = parts[0].whole + certificate.whole + algorithm.whole
        return Signed("seal", tlv(SEQUENCE, inner), bits.bits, certificate.content)
    return Signed("seal", parts[0].whole, parts[3].bits, parts[1].content)


def seal_signature(data: bytes) -> Iterator[Signed]:
    """The signer's signature, the maker's on the seal inside, and those of time stamps."""
    parts = node(data).parts
    signed = parts[0].parts
    certificate = signed[5].content if len(parts) == 2 else parts[1].content
    bits = parts[1] if len(parts) == 2 else parts[3]
    yield Signed("signature", parts[0].whole, bits.bits, certificate)
    yield from whole_seal(signed[1].whole)
    if len(parts) == 5:
        yield from _stamp(parts[4])


def whole_seal(data: bytes) -> Iterator[Signed]:
    yield seal(data)
    parts = node(data).parts
    if len(parts) == 5:
        yield from _stamp(parts[4])


def _stamp(field: Node) -> Iterator[Signed]:
    token = field.parts[0].bits
    if token[0] == SEQUENCE:
        yield from signed_data(token, "stamp")


def signed_data(data: bytes, what: str = "cms") -> Iterator[Signed]:
    """The signature over the signed attributes of the one signer, whose certificate goes along."""
    oid, content = node(data).parts
    assert oid.content in {SIGNED_DATA, GBT_SIGNED_DATA}
    parts = content.parts[0].parts
    certificates = next(part for part in parts if part.tag == 0xA0)
    signer = [part for part in parts if part.tag == SET][-1].parts[0].parts
    attributes = next(part for part in signer if part.tag == 0xA0)
    signature = next(part for part in signer if part.tag == OCTETS).content
    message = bytes((SET,)) + attributes.whole[1:]
    yield Signed(what, message, signature, certificates.parts[0].whole)
    unsigned = next((part for part in signer if part.tag == 0xA1), None)
    if unsigned is not None:
        yield from signed_data(unsigned.parts[0].parts[1].parts[0].whole, "stamp")


def issued(data: bytes, issuer: bytes, what: str = "certificate") -> Signed:
    """The signature on a certificate or a list of revoked ones."""
    body, _, bits = node(data).parts
    return Signed(what, body.whole, bits.bits, issuer)


def algorithm(certificate: bytes) -> bytes:
    """The identifier of the algorithm that a certificate was signed with."""
    return node(certificate).parts[1].parts[0].content


def public_key_pem(certificate: bytes) -> bytes:
    """SubjectPublicKeyInfo, the seventh field of a certificate."""
    spki = node(certificate).parts[0].parts[6].whole
    return b"-----BEGIN PUBLIC KEY-----\n%s-----END PUBLIC KEY-----\n" % base64.encodebytes(spki)


def tlv(tag: int, content: bytes) -> bytes:
    """An element in DER."""
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    head = bytes((tag, size)) if size < 128 else bytes((tag, 0x80 | len(octets))) + octets
    return head + content
