"""What a signed Ethereum transaction says: its id, its sender, and the head it anchors.

Only what the contract CheckpointAnchor needs: RLP (Ethereum yellow paper, appendix B), the transaction forms
legacy (with EIP-155) and type 2 (EIP-1559), and the call ``anchor(string,uint64,bytes32)`` of the contract ABI.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from evidencelog.anchors.keccak import keccak_256
from evidencelog.errors import Code, MalformedError

_P: Final = 2**256 - 2**32 - 977
_N: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G: Final = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
SELECTOR: Final = keccak_256(b"anchor(string,uint64,bytes32)")[:4]
_MAX_DEPTH: Final = 8

Item: TypeAlias = "bytes | list[Item]"
Point: TypeAlias = tuple[int, int] | None


@dataclass(frozen=True)
class EthereumTransaction:
    """A transaction as signed. ``sender`` and ``to`` are addresses in lower case with 0x, ``price`` is per gas."""

    id: str
    chain_id: int
    nonce: int
    price: int
    to: str
    data: bytes
    sender: str


@dataclass(frozen=True)
class AnchorCall:
    """The arguments of ``anchor``."""

    origin: str
    size: int
    root: bytes


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.ANCHOR_MALFORMED, f"this is not a signed transaction of Ethereum: {reason}")


def read_transaction(raw: bytes) -> EthereumTransaction:
    """Read a signed transaction and recover who signed it; raises :class:`MalformedError`."""
    if raw[:1] == b"\x02":
        fields = _fields(raw[1:], 12)
        chain_id, nonce, target, data = _number(fields[0]), _number(fields[1]), fields[5], fields[7]
        price = _number(fields[3])
        signed = keccak_256(b"\x02" + _encode(fields[:9]))
        odd = _number(fields[9])
    else:
        fields = _fields(raw, 9)
        nonce, target, data = _number(fields[0]), fields[3], fields[5]
        price = _number(fields[1])
        chain_id, odd = divmod(_number(fields[6]) - 35, 2)
        if chain_id < 1:
            raise _malformed("it names no chain (EIP-155)")
        signed = keccak_256(_encode([*fields[:6], _big_endian(chain_id), b"", b""]))
    if not isinstance(target, bytes) or len(target) != 20 or not isinstance(data, bytes):
        raise _malformed("it does not call a contract")
    key = _recover(int.from_bytes(signed, "big"), odd, _number(fields[-2]), _number(fields[-1]))
    return EthereumTransaction(
        id=f"0x{keccak_256(raw).hex()}",
        chain_id=chain_id,
        nonce=nonce,
        price=price,
        to=f"0x{target.hex()}",
        data=data,
        sender=f"0x{keccak_256(key)[12:].hex()}",
    )


def read_call(data: bytes) -> AnchorCall:
    """Read the call data of ``anchor``, in the one spelling that encoders write; raises :class:`MalformedError`."""
    if data[:4] != SELECTOR or len(data) < 4 + 5 * 32:
        raise _malformed("it does not call anchor(string,uint64,bytes32)")
    words = data[4:]
    offset, size = int.from_bytes(words[:32], "big"), int.from_bytes(words[32:64], "big")
    length = int.from_bytes(words[96:128], "big")
    if offset != 96 or size >= 2**64 or length > len(words) - 128:
        raise _malformed("the arguments of anchor are not in their usual form")
    try:
        call = AnchorCall(words[128 : 128 + length].decode(), size, words[64:96])
    except UnicodeDecodeError as error:
        raise _malformed("the origin is not UTF-8") from error
    if encode_call(call) != data:
        raise _malformed("the arguments of anchor are not in their usual form")
    return call


def encode_call(call: AnchorCall) -> bytes:
    """Return the call data of ``anchor``."""
    origin = call.origin.encode()
    padding = bytes(-len(origin) % 32)
    numbers = (96, call.size)
    head = b"".join(number.to_bytes(32, "big") for number in numbers)
    return SELECTOR + head + call.root + len(origin).to_bytes(32, "big") + origin + padding


def _fields(data: bytes, count: int) -> list[Item]:
    item, rest = _decode(data, 0)
    if rest or not isinstance(item, list) or len(item) != count or _encode(item) != data:
        raise _malformed("its form is not the canonical one")
    return item


def _decode(data: bytes, depth: int) -> tuple[Item, bytes]:
    if not data or depth > _MAX_DEPTH:
        raise _malformed("it ends too early, or is nested too deep")
    first = data[0]
    if first < 0x80:
        return data[:1], data[1:]
    long_form, short_form = (0xB7, 0x80) if first < 0xC0 else (0xF7, 0xC0)
    start = 1 + max(0, first - long_form)
    length = first - short_form if first <= long_form else int.from_bytes(data[1:start], "big")
    body, rest = data[start : start + length], data[start + length :]
    if len(body) != length:
        raise _malformed("it ends too early")
    if first < 0xC0:
        return body, rest
    items: list[Item] = []
    while body:
        item, body = _decode(body, depth + 1)
        items.append(item)
    return items, rest


def _encode(item: Item) -> bytes:
    if isinstance(item, list):
        return _with_length(b"".join(_encode(part) for part in item), 0xC0)
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _with_length(item, 0x80)


def _with_length(body: bytes, base: int) -> bytes:
    if len(body) < 56:
        return bytes([base + len(body)]) + body
    length = _big_endian(len(body))
    return bytes([base + 55 + len(length)]) + length + body


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(item: Item) -> int:
    if not isinstance(item, bytes) or len(item) > 32 or item[:1] == b"\x00":
        raise _malformed("a number is not in its shortest form")
    return int.from_bytes(item, "big")


def _recover(digest: int, odd: int, r: int, s: int) -> bytes:
    """The public key (64 bytes) that made the signature (SEC 1, 4.1.6), s in its lower half (EIP-2)."""
    if odd not in {0, 1} or not 0 < r < _N or not 0 < s <= _N // 2:
        raise _malformed("the signature is out of range")
    square = (pow(r, 3, _P) + 7) % _P
    y = pow(square, (_P + 1) // 4, _P)
    if y * y % _P != square:
        raise _malformed("the signature belongs to no point of the curve")
    point = (r, y if y % 2 == odd else _P - y)
    inverse = pow(r, -1, _N)
    key = _add(_times(-digest * inverse % _N, _G), _times(s * inverse % _N, point))
    if key is None:
        raise _malformed("the signature belongs to no key")
    return key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big")


def _add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % _P == 0:
            return None
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, _P) % _P
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P) % _P
    x = (slope * slope - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _times(factor: int, point: Point) -> Point:
    result: Point = None
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result
