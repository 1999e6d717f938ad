"""What a signed ChainMaker request says: its id, its contract call, and who signed it.

A request is ``common.TxRequest`` in the wire form of Protocol Buffers. Only the fields that matter here are read:
payload 1 {chain_id 1, tx_id 3, contract_name 6, method 7, parameters 8 {key 1, value 2}},
sender 2 {signer 1 {org_id 1, member_type 2, member_info 3}, signature 2}.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evidencelog.errors import Code, MalformedError

_LENGTH_DELIMITED: Final = 2
_MAX_FIELDS: Final = 200


@dataclass(frozen=True)
class ChainMakerRequest:
    """A request as signed. ``payload`` are the bytes that ``signature`` covers."""

    id: str
    chain_id: str
    contract: str
    method: str
    parameters: Mapping[str, bytes]
    payload: bytes
    organization: str
    member: bytes
    signature: bytes


def read_request(raw: bytes) -> ChainMakerRequest:
    """Read a signed request; raises :class:`MalformedError` (``anchor.malformed``)."""
    request = _message(raw)
    payload_bytes = _one(request, 1)
    payload, sender = _message(payload_bytes), _message(_one(request, 2))
    signer = _message(_one(sender, 1))
    parameters: dict[str, bytes] = {}
    for field in payload.get(8, []):
        pair = _message(field)
        key = _text(_one(pair, 1))
        if key in parameters:
            raise _malformed("a parameter occurs twice")
        parameters[key] = _one(pair, 2)
    return ChainMakerRequest(
        id=_text(_one(payload, 3)),
        chain_id=_text(_one(payload, 1)),
        contract=_text(_one(payload, 6)),
        method=_text(_one(payload, 7)),
        parameters=parameters,
        payload=payload_bytes,
        organization=_text(_one(signer, 1)),
        member=_one(signer, 3),
        signature=_one(sender, 2),
    )


def _malformed(reason: str) -> MalformedError:
    return MalformedError(Code.ANCHOR_MALFORMED, f"this is not a signed request of ChainMaker: {reason}")


def _one(message: Mapping[int, list[bytes]], number: int) -> bytes:
    values = message.get(number, [b""])
    if len(values) != 1:
        raise _malformed("a field occurs twice")
    return values[0]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise _malformed("a text is not UTF-8") from error


def _message(data: bytes) -> dict[int, list[bytes]]:
    """The length-delimited fields by number; numbers of other kinds are passed over."""
    fields: dict[int, list[bytes]] = {}
    position = count = 0
    while position < len(data):
        count += 1
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == _LENGTH_DELIMITED:
            length, position = _varint(data, position)
            end = position + length
            if end <= len(data):
                fields.setdefault(number, []).append(data[position:end])
            position = end
        elif kind == 0:
            _, position = _varint(data, position)
        else:
            raise _malformed("a field is of a kind that does not belong here")
        if position > len(data) or count > _MAX_FIELDS:
            raise _malformed("it ends too early, or has too many fields")
    return fields


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise _malformed("it ends too early")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _malformed("a number is too long")
