"""The samples of the PNG that nearly every seal carries, without loading Pillow, which takes a tenth of a second.

Eight bits of red, green, blue and opacity, or of a palette with opacities, not interlaced, whole, with right checksums:
such a picture is unpacked here, and its rows are put back together by qpdf, which is loaded anyway and knows the same predictors (ISO 32000-1, 7.4.4.4).
For anything else the answer is ``None``, and Pillow decides what it is.
"""

import struct
import zlib
from typing import Final

import pikepdf

MAX_PIXELS: Final = 4_000_000
"""A larger picture is Pillow's: counting its colours here would take longer than loading that."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">IIBBBBB")
_OCTETS: Final = {(8, 6, 0, 0, 0): 4, (8, 3, 0, 0, 0): 1}
"""Octets of a pixel by bits, colour type, packing, filtering and interlacing of the pictures that are read here."""
_KNOWN: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
_CRITICAL: Final = 0x20
"""The bit of a chunk's first letter that is not set in what a reader must know."""
_LAST_FILTER: Final = 4


def png_samples(data: bytes) -> tuple[int, int, bytes] | None:
    """Width, height and the samples in four octets for each pixel, or ``None``."""
    found = _chunks(data)
    if found is None:
        return None
    width, height, *form = _HEADER.unpack(found[b"IHDR"])
    octets = _OCTETS.get(tuple(form))
    if octets is None or not 0 < width * height <= MAX_PIXELS:
        return None
    row = 1 + octets * width
    inflater = zlib.decompressobj()
    try:
        filtered = inflater.decompress(found[b"IDAT"], row * height + 1)
    except zlib.error:
        return None
    whole = len(filtered) == row * height and inflater.eof and not inflater.unused_data
    if not whole or max(filtered[::row]) > _LAST_FILTER:
        return None
    samples: bytes | None = _unfiltered(filtered, width, octets)
    if samples is not None and octets == 1:
        samples = _coloured(samples, found.get(b"PLTE", b""), found.get(b"tRNS", b""))
    return None if samples is None or len(samples) != 4 * width * height else (width, height, samples)


def _coloured(indices: bytes, palette: bytes, opacities: bytes) -> bytes | None:
    """The samples that numbers of a palette stand for; ``None`` when they do not all stand for one."""
    count = len(palette) // 3
    if (
        len(palette) != 3 * count
        or not len(opacities) <= count <= 256
        or not indices
        or max(indices) >= count
    ):
        return None
    samples = bytearray(4 * len(indices))
    for channel in range(3):
        samples[channel::4] = indices.translate(palette[channel::3].ljust(256, b"\0"))
    samples[3::4] = indices.translate(opacities.ljust(256, b"\xff"))
    return bytes(samples)


def _unfiltered(filtered: bytes, width: int, octets: int) -> bytes:
    parameters = pikepdf.Dictionary(Predictor=15, Colors=octets, BitsPerComponent=8, Columns=width)
    with pikepdf.new() as holder:
        # Stored, not packed: it was unpacked above, within bounds.
        stream = pikepdf.Stream(holder, zlib.compress(filtered, 0))
        stream.Filter, stream.DecodeParms = pikepdf.Name.FlateDecode, parameters
        return bytes(stream.read_bytes())


def _chunks(data: bytes) -> dict[bytes, bytes] | None:
    """What the chunks of a PNG hold that are needed, where all are sound and usual; ``None`` for another."""
    if not data.startswith(_SIGNATURE):
        return None
    found: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, body, end = data[at + 4 : at + 8], data[at + 8 : at + 8 + length], at + 12 + length
        if end > len(data) or zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(
            data[end - 4 : end], "big"
        ):
            return None
        if kind == b"IEND":
            return found if b"IHDR" in found and b"IDAT" in found else None
        if kind == b"IDAT" and kind in found:
            found[kind] += body
        elif kind in _KNOWN and kind not in found and (found or (kind == b"IHDR" and length == _HEADER.size)):
            found[kind] = body
        elif kind in _KNOWN or kind == b"acTL" or not kind[0] & _CRITICAL:
            return None
        at = end
    return None
