"""Keccak-256 as Ethereum uses it: the sponge of SHA-3 with the padding of the original submission.

No library that may be imported here offers it (``hashlib.sha3_256`` pads differently). Transactions are a few
hundred bytes, so plain Python is quick enough.
"""

from typing import Final

_RATE: Final = 136
_LANES: Final = 25
_MASK: Final = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    """The constants of step ι, made by the linear feedback shift register x⁸ + x⁶ + x⁵ + x⁴ + 1."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _path() -> tuple[tuple[int, int], ...]:
    """Where each lane goes in steps ρ and π, and how far it is rotated."""
    x, y, steps = 1, 0, []
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        steps.append((x + 5 * y, (step + 1) * (step + 2) // 2 % 64))
    return tuple(steps)


_CONSTANTS: Final = _round_constants()
_STEPS: Final = _path()


def _rotated(lane: int, distance: int) -> int:
    return (lane << distance | lane >> (64 - distance)) & _MASK


def _permute(lanes: list[int]) -> None:
    for constant in _CONSTANTS:
        # θ
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        for index in range(_LANES):
            lanes[index] ^= mixed[index % 5]
        # ρ and π
        carried = lanes[1]
        for target, distance in _STEPS:
            lanes[target], carried = _rotated(carried, distance), lanes[target]
        # χ
        for row in range(0, _LANES, 5):
            kept = lanes[row : row + 5]
            for x in range(5):
                lanes[row + x] = kept[x] ^ (~kept[(x + 1) % 5] & kept[(x + 2) % 5] & _MASK)
        # ι
        lanes[0] ^= constant


def keccak_256(data: bytes) -> bytes:
    """Return the 32 bytes of Keccak-256."""
    padding = bytearray(_RATE - len(data) % _RATE)
    padding[0] = 0x01
    padding[-1] |= 0x80
    padded = data + bytes(padding)
    lanes = [0] * _LANES
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            position = start + lane * 8
            lanes[lane] ^= int.from_bytes(padded[position : position + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
