# SPDX-License-Identifier: Apache-2.0
"""Writes PNG files that Pillow cannot write: interlaced, 16-bit, 2-bit, every kind of transparency, chosen filters."""

import struct
import zlib

import numpy as np

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
# Adam7: first column, first row, column step, row step of each pass.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pack_rows(samples: np.ndarray, depth: int) -> list[bytes]:
    """samples: [H, W, channels] of unsigned integers -> the bytes of each row."""
    flat = samples.reshape(samples.shape[0], -1)
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in flat]
    if depth == 8:
        return [row.astype(np.uint8).tobytes() for row in flat]
    shifts = np.arange(depth - 1, -1, -1)
    bits = (flat[:, :, None].astype(np.uint8) >> shifts) & 1
    return [np.packbits(row.reshape(-1)).tobytes() for row in bits]


def paeth(a: int, b: int, c: int) -> int:
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filter_rows(rows: list[bytes], pixel_bytes: int, choose) -> bytes:
    out = bytearray()
    previous = bytes(len(rows[0])) if rows else b""
    for y, row in enumerate(rows):
        kind = choose(y)
        left = bytes(pixel_bytes) + row[:-pixel_bytes] if len(row) >= pixel_bytes else bytes(len(row))
        left = left[: len(row)]
        corner = (bytes(pixel_bytes) + previous[:-pixel_bytes])[: len(row)]
        if kind == 0:
            predicted = bytes(len(row))
        elif kind == 1:
            predicted = left
        elif kind == 2:
            predicted = previous
        elif kind == 3:
            predicted = bytes((a + b) // 2 for a, b in zip(left, previous))
        else:
            predicted = bytes(paeth(a, b, c) for a, b, c in zip(left, previous, corner))
        out.append(kind)
        out += bytes((x - p) & 255 for x, p in zip(row, predicted))
        previous = row
    return bytes(out)


def png(samples, colour, depth, *, interlaced=False, palette=None, transparency=None, extra=(), choose=lambda y: y % 5):
    """samples: [H, W, channels]; extra: (name, data) chunks placed before the picture data."""
    height, width, channels = samples.shape
    assert channels == CHANNELS[colour]
    pixel_bytes = max(1, channels * depth // 8)
    if interlaced:
        parts = []
        for x0, y0, dx, dy in PASSES:
            part = samples[y0::dy, x0::dx]
            if part.shape[0] and part.shape[1]:
                parts.append(filter_rows(pack_rows(part, depth), pixel_bytes, choose))
        data = b"".join(parts)
    else:
        data = filter_rows(pack_rows(samples, depth), pixel_bytes, choose)
    out = bytearray(b"\x89PNG\r\n\x1a\n")  # grows in place: there may be 100,000 chunks
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    for name, content in extra:
        out += chunk(name, content)
    if palette is not None:
        out += chunk(b"PLTE", palette)
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    packed = zlib.compress(data, 6)
    step = max(1, len(packed) // 3)  # several IDAT chunks, as encoders write them
    for i in range(0, len(packed), step):
        out += chunk(b"IDAT", packed[i : i + step])
    return bytes(out + chunk(b"IEND", b""))
