# SPDX-License-Identifier: Apache-2.0
"""Writes TIFF files of every kind that kite reads: strips and tiles, planes, compressions, predictors, byte orders."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from picture_files import Writer, side

NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 7, 8, 32946, 32773
SHORT, LONG, LONG8, UNDEFINED = 3, 4, 16, 7

# (photometric, bits, samples, extra samples, sample format)
KINDS = [
    (0, 1, 1, (), 1), (1, 1, 1, (), 1), (0, 2, 1, (), 1), (1, 2, 1, (), 1), (0, 4, 1, (), 1), (1, 4, 1, (), 1),
    (0, 8, 1, (), 1), (1, 8, 1, (), 1), (1, 8, 1, (), 2), (1, 16, 1, (), 1), (0, 16, 1, (), 1), (1, 16, 1, (), 2),
    (1, 32, 1, (), 1), (1, 32, 1, (), 2), (1, 32, 1, (), 3), (0, 32, 1, (), 3), (1, 8, 2, (0,), 1), (1, 8, 2, (2,), 1),
    (3, 1, 1, (), 1), (3, 2, 1, (), 1), (3, 4, 1, (), 1), (3, 8, 1, (), 1), (3, 8, 2, (0,), 1), (3, 8, 2, (2,), 1),
    (2, 8, 3, (), 1), (2, 8, 4, (), 1), (2, 8, 4, (0,), 1), (2, 8, 4, (1,), 1), (2, 8, 4, (2,), 1), (2, 8, 4, (999,), 1),
    (2, 8, 5, (0, 0), 1), (2, 8, 5, (1, 0), 1), (2, 8, 6, (2, 0, 0), 1), (2, 16, 3, (), 1), (2, 16, 4, (), 1),
    (2, 16, 4, (0,), 1), (2, 16, 4, (1,), 1), (2, 16, 4, (2,), 1), (5, 8, 4, (), 1), (5, 8, 5, (0,), 1),
    (5, 16, 4, (), 1),
]


def packbits(data: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(data):
        run = 1
        while run < 128 and at + run < len(data) and data[at + run] == data[at]:
            run += 1
        if run > 1:
            out += bytes([257 - run, data[at]])
            at += run
        else:
            end = at + 1
            while end < len(data) and end - at < 128 and (end + 1 >= len(data) or data[end] != data[end + 1]):
                end += 1
            out += bytes([end - at - 1]) + data[at:end]
            at = end
    return bytes(out)


def lzw(data: bytes) -> bytes:
    """Codes of 9 to 12 bits, each length one code early, highest bits first."""
    value = count = 0
    width, table, prefix = 9, {}, b""

    def put(code):
        nonlocal value, count
        value, count = value << width | code, count + width

    put(256)
    for byte in data:
        longer = prefix + bytes([byte])
        if len(longer) == 1 or longer in table:
            prefix = longer
            continue
        put(table.get(prefix, prefix[0]))
        table[longer] = 258 + len(table)
        if 258 + len(table) == (1 << width):
            width += 1
        prefix = bytes([byte])
        if len(table) == 4094 - 258:
            put(table.get(prefix, prefix[0]))
            put(256)
            width, table, prefix = 9, {}, b""
    if prefix:
        put(table.get(prefix, prefix[0]))
        if 258 + len(table) + 1 == (1 << width):
            width += 1
    put(257)
    return (value << -count % 8).to_bytes((count + 7) // 8, "big")


def differences(samples: np.ndarray) -> np.ndarray:
    """samples: [rows, pixels, samples]"""
    out = samples.copy()
    out[:, 1:] -= samples[:, :-1]
    return out


def stored(samples: np.ndarray, bits: int, order: str) -> bytes:
    """[rows, pixels, samples] -> packed rows."""
    if bits >= 8:
        return samples.astype(f"{order}u{bits // 8}").tobytes()
    shifts = np.arange(bits - 1, -1, -1)
    rows = (samples.reshape(samples.shape[0], -1)[:, :, None].astype(np.uint8) >> shifts) & 1
    return b"".join(np.packbits(row.reshape(-1)).tobytes() for row in rows)


def compressed(data: bytes, compression: int) -> bytes:
    return {NONE: lambda d: d, LZW: lzw, DEFLATE: zlib.compress, OLD_DEFLATE: zlib.compress, PACKBITS: packbits}[compression](data)


def reversed_bits(data: bytes) -> bytes:
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def file_of(tags: dict, blocks: list[bytes], offsets_tag: int, *, order="<", big=False) -> bytes:
    """tags: number -> (type, values)"""
    mark = {"<": b"II", ">": b"MM"}[order]
    word, count_code = ("Q", "Q") if big else ("I", "H")
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    offset_type = LONG8 if big else LONG
    tags = dict(tags) | {offsets_tag: (offset_type, [0] * len(blocks)), offsets_tag + (6 if offsets_tag == 273 else 1): (LONG, [len(b) for b in blocks])}
    codes = {SHORT: "H", LONG: "I", LONG8: "Q", UNDEFINED: "B"}
    entry_bytes = 4 + 2 * struct.calcsize(word)
    area = len(head) + struct.calcsize(count_code) + entry_bytes * len(tags) + struct.calcsize(word)
    sizes = {tag: len(values) * struct.calcsize(codes[kind]) for tag, (kind, values) in tags.items()}
    inline = struct.calcsize(word)
    data_at = area + sum(size + size % 2 for size in sizes.values() if size > inline)
    at = data_at
    for i, block in enumerate(blocks):
        tags[offsets_tag][1][i] = at
        at += len(block) + len(block) % 2
    directory, extra = struct.pack(order + count_code, len(tags)), b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{codes[kind]}", *values)
        directory += struct.pack(order + "HH" + word, tag, kind, len(values))
        if len(packed) <= inline:
            directory += packed.ljust(inline, b"\0")
        else:
            directory += struct.pack(order + word, area + len(extra))
            extra += packed + bytes(len(packed) % 2)
    return head + directory + bytes(struct.calcsize(word)) + extra + b"".join(b + bytes(len(b) % 2) for b in blocks)


def tiff(rng, kind, width, height, *, order="<", big=False, compression=NONE, predictor=1, tile=None, rows=0, planar=False,
         fill_order=1, orientation=0, xmp=b""):
    """rows: of a strip, 0 for one strip; tile: (width, height) or None."""
    photometric, bits, count, extra, sample_format = kind
    samples = rng.integers(0, 1 << min(bits, 31), (height, width, count), dtype=np.uint64)
    if bits > 8 and count == 1 and sample_format == 1 and rng.integers(0, 2):
        samples %= 300  # near the point where grey saturates
    if sample_format == 2 and bits > 8:
        samples = (rng.integers(-40, 300, samples.shape) % (1 << bits)).astype(np.uint64)
    if sample_format == 3:
        samples = rng.uniform(-20, 290, samples.shape).astype(np.float32).view(np.uint32).astype(np.uint64)
    if rng.integers(0, 2):
        samples = np.repeat(samples[:, : (width + 4) // 5], 5, axis=1)[:, :width]  # runs
    samples = samples.astype({8: np.uint8, 16: np.uint16, 32: np.uint32}.get(bits, np.uint8))
    block_width, block_height = tile or (width, rows or height)
    blocks = []
    for plane in ([slice(i, i + 1) for i in range(count)] if planar else [slice(None)]):
        for y in range(0, height, block_height):
            for x in range(0, width, block_width):
                part = samples[y : y + block_height, x : x + block_width, plane]
                if tile:
                    part = np.pad(part, ((0, block_height - part.shape[0]), (0, block_width - part.shape[1]), (0, 0)), mode="edge")
                part = differences(part) if predictor == 2 else part
                block = compressed(stored(part, bits, order), compression)
                blocks.append(reversed_bits(block) if fill_order == 2 else block)
    size_type = LONG if rng.integers(0, 2) else SHORT
    tags = {256: (size_type, [width]), 257: (size_type, [height]), 258: (SHORT, [bits] * count), 259: (SHORT, [compression]),
            262: (SHORT, [photometric]), 277: (SHORT, [count])}
    if extra:
        tags[338] = (SHORT, list(extra))
    if sample_format != 1:
        tags[339] = (SHORT, [sample_format] * count)
    if predictor != 1:
        tags[317] = (SHORT, [predictor])
    if planar:
        tags[284] = (SHORT, [2])
    if fill_order != 1:
        tags[266] = (SHORT, [fill_order])
    if orientation:
        tags[274] = (SHORT, [orientation])
    if xmp:
        tags[700] = (UNDEFINED, list(xmp))
    if photometric == 3:
        tags[320] = (SHORT, [int(v) for v in rng.integers(0, 65536, 3 << bits)])
    if tile:
        tags |= {322: (size_type, [block_width]), 323: (size_type, [block_height])}
    elif rows:
        tags[278] = (size_type, [rows])
    return file_of(tags, blocks, 324 if tile else 273, order=order, big=big)


def random_tiff(rng, kind, limit):
    width, height = side(rng, limit), side(rng, limit)
    options = {"order": "<>"[int(rng.integers(0, 2))], "compression": int(rng.choice([NONE, LZW, DEFLATE, OLD_DEFLATE, PACKBITS]))}
    options["big"] = options["order"] == "<" and bool(rng.integers(0, 6) == 0)
    if options["compression"] in (LZW, DEFLATE, OLD_DEFLATE) and kind[1] >= 8 and kind[4] != 3 and rng.integers(0, 2):
        options["predictor"] = 2
    layout = int(rng.integers(0, 3))
    if layout == 0:
        options["rows"] = int(rng.integers(1, height + 3))
    elif layout == 1:
        options["tile"] = 16 * int(rng.integers(1, 4)), 16 * int(rng.integers(1, 4))
    if kind[2] > 1 and rng.integers(0, 3) == 0:
        options["planar"] = True
    if rng.integers(0, 10) == 0:
        options["fill_order"] = 2
    return width, height, options


def jpeg_blocks(rng, writer: Writer, count: int, limit: int) -> None:
    """Strips and tiles of JPEG data with tables of their own, which Pillow does not write."""
    for i in range(count):
        width, height, tile = side(rng, limit), side(rng, limit), 16 * int(rng.integers(1, 4))
        image = writer.rgb(-(-width // tile) * tile, -(-height // tile) * tile)
        mode, photometric, options = (("YCbCr", 6, {"subsampling": i // 3 % 3}), ("RGB", 2, {"subsampling": 0, "keep_rgb": True}),
                                      ("L", 1, {}))[i % 3]
        image = image.convert("L") if mode == "L" else image
        blocks = []
        for y in range(0, height, tile):
            for x in range(0, width, tile):
                buffer = io.BytesIO()
                image.crop((x, y, x + tile, y + tile)).save(buffer, "JPEG", quality=int(rng.integers(30, 98)), **options)
                blocks.append(buffer.getvalue())
        samples = 1 if mode == "L" else 3
        tags = {256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [8] * samples), 259: (SHORT, [JPEG]),
                262: (SHORT, [photometric]), 277: (SHORT, [samples]), 322: (LONG, [tile]), 323: (LONG, [tile])}
        if mode == "YCbCr":
            tags[530] = (SHORT, [[1, 1], [2, 1], [2, 2]][i // 3 % 3])
        writer.add(f"jpeg-tiles-{mode}.tif", file_of(tags, blocks, 324, order="<>"[i % 2]))


def all_tiffs(writer: Writer) -> None:
    rng = writer.rng
    for i in range(1000):
        kind = KINDS[i % len(KINDS)]
        width, height, options = random_tiff(rng, kind, 60)
        name = "-".join(f"{key}{value}".replace(" ", "") for key, value in options.items()).translate({ord(c): None for c in "<>(),"})
        writer.add(f"{'-'.join(map(str, kind[:3]))}-e{sum(kind[3])}-{name}.tif", tiff(rng, kind, width, height, **options))
    jpeg_blocks(rng, writer, 60, 90)
    for i in range(150):
        mode = ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr", "LA", "F", "I")[i % 11]
        image = writer.rgb(side(rng, 120), side(rng, 120))
        if mode == "I;16":
            image = Image.fromarray(np.array(image.convert("L"), np.uint16) * int(rng.integers(1, 257)))
        elif mode in ("F", "I"):
            image = image.convert("L").convert(mode)
        else:
            image = image.convert(mode)
        choices = ["raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "group4", "zstd"]
        if mode in ("L", "RGB", "CMYK", "YCbCr"):
            choices.append("jpeg")
        compression = str(rng.choice(choices))
        if compression == "group4" and mode != "1":
            compression = "raw"
        options = {"quality": int(rng.integers(20, 98))} if compression == "jpeg" else {}
        try:
            writer.save(f"pillow-{mode.replace(';', '')}-{compression}.tif", image, format="TIFF", compression=compression,
                        big_tiff=bool(i % 7 == 0), **options)
        except (OSError, ValueError):
            continue  # Pillow does not write this pair
    pages = [writer.rgb(40, 30) for _ in range(3)]
    writer.save("pages.tif", pages[0], format="TIFF", save_all=True, append_images=pages[1:])
    writer.save("large.tif", writer.rgb(900, 700), format="TIFF", compression="tiff_lzw")
    for orientation in range(1, 10):
        writer.add(f"turned-{orientation}.tif", tiff(rng, (2, 8, 3, (), 1), 13, 7, orientation=orientation))
        xmp = f'<x tiff:Orientation="{orientation}"/>'.encode()
        writer.add(f"turned-xmp-{orientation}.tif", tiff(rng, (2, 8, 3, (), 1), 13, 7, xmp=xmp, compression=LZW))
