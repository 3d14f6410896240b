# SPDX-License-Identifier: Apache-2.0
"""Writes BMP, GIF and netpbm files: what Pillow writes, and the variants that it reads but cannot write."""

import struct

import numpy as np

from picture_files import Writer, side

BMP_MASKS = {
    16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)],
    24: [(0xFF0000, 0xFF00, 0xFF, 0)],
    32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0),
         (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
         (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0)],
}


def bmp(width, height, bits, data, *, header=40, compression=0, palette=b"", colours=0, masks=None, top_down=False, gap=0):
    """`data`: the stored rows; `gap`: bytes between the palette and them."""
    masks_in_header = b""
    masks_behind = b""
    if masks is not None:
        packed = struct.pack("<4I", *masks)
        masks_in_header = packed[: min(16, header - 40)]
        masks_behind = b"" if header >= 52 else packed[:12]
    if header == 12:
        body = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        body = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression,
                           len(data), 2835, 2835, colours, 0) + masks_in_header
    body = body.ljust(header, b"\0") + masks_behind + palette + bytes(gap)
    return b"BM" + struct.pack("<IHHI", 14 + len(body) + len(data), 0, 0, 14 + len(body)) + body + data


def bmp_rows(rng, width, height, bits):
    return rng.bytes((width * bits + 31) // 32 * 4 * height)


def bmp_palette(rng, kind, colours, entry):
    """kind: random colours, or the palettes that Pillow takes for grey."""
    if kind == "grey":
        values = [0, 255] if colours == 2 else list(range(colours))
        rows = [bytes([v & 255] * 3) for v in values]
    else:
        rows = [rng.bytes(3) for _ in range(colours)]
    return b"".join(row + bytes(entry - 3) for row in rows)


def run_length_coded(rng, width, height, nibbles):
    """Runs, stored pixels, ends of rows and steps, mostly as an encoder writes them and sometimes not."""
    out = bytearray()
    for _ in range(height):
        x = 0
        while x < width:
            kind = int(rng.integers(0, 10))
            if kind < 5:
                n = int(rng.integers(1, min(255, width - x) + 1))
                out += bytes([n, int(rng.integers(0, 256))])
            elif kind < 8 and width - x >= 3:
                n = int(rng.integers(3, min(255, width - x) + 1))
                body = rng.bytes((n + 1) // 2 if nibbles else n)
                out += bytes([0, n]) + body + bytes(len(body) % 2)
            elif kind == 8:
                n = int(rng.integers(0, width - x))
                out += bytes([0, 2, n, 0])
            else:
                break
            x += n
        if x < width or rng.integers(0, 2):
            out += b"\0\0"
    return bytes(out + b"\0\1")


def run_length_sample(rng):
    """A run-length coded file that has all of its pixels."""
    rows = b"".join(bytes([67, int(rng.integers(0, 256))]) + b"\0\0" if y % 2 else b"\0\x43" + rng.bytes(67) + b"\0" for y in range(45))
    return bmp(67, 45, 8, rows + b"\0\1", compression=1, palette=bmp_palette(rng, "colour", 256, 4))


def bmps(writer: Writer, count: int, limit: int) -> None:
    rng = writer.rng
    for i in range(count):
        bits = (1, 4, 8, 16, 24, 32)[i % 6]
        width, height = side(rng, limit), side(rng, limit)
        header = (40, 12, 108, 124, 52, 56, 64)[i // 6 % 7]
        rows = bmp_rows(rng, width, height, bits)
        palette, colours = b"", 0
        if bits <= 8:
            colours = int(rng.choice([0, 1 << bits, int(rng.integers(1, (1 << bits) + 1))])) if header != 12 else 0
            kind = "grey" if rng.integers(0, 3) == 0 else "colour"
            palette = bmp_palette(rng, kind, colours or 1 << bits, 3 if header == 12 else 4)
        writer.add(f"{bits}bit-header{header}.bmp",
                   bmp(width, height, bits, rows, header=header, palette=palette, colours=colours,
                       top_down=header != 12 and bool(rng.integers(0, 3) == 0), gap=int(rng.choice([0, 0, 2, 7]))))
    for bits, known in BMP_MASKS.items():
        for masks in known:
            for header in (40, 56, 124) if masks[3] == 0 or bits < 32 else (56, 108):
                width, height = side(rng, limit), side(rng, limit)
                writer.add(f"fields-{bits}-{masks[0]:x}-{masks[3]:x}.bmp",
                           bmp(width, height, bits, bmp_rows(rng, width, height, bits), header=header, compression=3, masks=masks))
    for i in range(count // 4):
        bits, compression = ((8, 1), (4, 2), (8, 2), (4, 1))[i % 4 if i % 8 < 6 else 0]
        width, height = side(rng, limit), side(rng, limit)
        palette = bmp_palette(rng, "grey" if i % 3 == 0 else "colour", 1 << bits, 4)
        writer.add(f"rle-{bits}-{compression}.bmp",
                   bmp(width, height, bits, run_length_coded(rng, width, height, compression == 2), compression=compression,
                       palette=palette, top_down=i % 5 == 0))
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        for form in ("BMP", "DIB"):
            writer.save(f"pillow-{mode}.{form.lower()}", writer.rgb(side(rng, limit), side(rng, limit)).convert(mode), format=form)


def netpbm_header(rng, kind, width, height, max_value):
    """With white space and comments where they may be."""
    gaps = [b" ", b"\n", b"\t ", b"\n# a comment\n", b"\r\n"]
    fields = [b"%d" % width, b"%d" % height] + ([b"%d" % max_value] if max_value else [])
    out = b"P" + kind
    for field in fields:
        out += gaps[int(rng.integers(0, len(gaps)))] + field
    return out + b"\n"


def netpbms(writer: Writer, count: int, limit: int) -> None:
    rng = writer.rng
    for i in range(count):
        kind = b"123456"[i % 6 : i % 6 + 1]
        width, height = side(rng, limit), side(rng, limit)
        channels = 3 if kind in b"36" else 1
        max_value = 0 if kind in b"14" else int(rng.choice([255, 65535, 1, 100, 254, 256, 1023, int(rng.integers(1, 65536))]))
        shape = (height, width * channels)
        top = 2 if max_value == 0 else max_value + 1
        samples = rng.integers(0, top, shape, dtype=np.uint32)
        if max_value > 255 and rng.integers(0, 2):
            samples = np.minimum(samples % 400, max_value)
        if kind == b"4":
            data = b"".join(np.packbits(row.astype(np.uint8)).tobytes() for row in samples)
        elif kind in b"56":
            data = samples.astype(">u2" if max_value > 255 else np.uint8).tobytes()
        elif kind == b"1" and rng.integers(0, 2):
            data = b"\n".join(b"".join(b"%d" % v for v in row) for row in samples)
        else:
            data = b"\n".join(b" ".join(b"%d" % v for v in row) for row in samples) + b"\n"
            if rng.integers(0, 3) == 0:
                data = data.replace(b"\n", b" # so\n\n", 1)
        writer.add(f"p{kind.decode()}-max{max_value}.pnm", netpbm_header(rng, kind, width, height, max_value) + data)
    for mode in ("1", "L", "I", "RGB"):
        writer.save(f"pillow-{mode}.ppm", writer.rgb(side(rng, limit), side(rng, limit)).convert(mode), format="PPM")


def lzw_codes(indices, bits, clear_every):
    """(code, width in bits) of a GIF's pixels."""
    clear, end = 1 << bits, (1 << bits) + 1
    table, width, out, prefix, since = {}, bits + 1, [(clear, bits + 1)], None, 0
    for value in indices:
        value = int(value)
        if prefix is None:
            prefix = (value,)
            continue
        longer = prefix + (value,)
        if longer in table:
            prefix = longer
            continue
        out.append((table.get(prefix, prefix[0]), width))
        since += 1
        number = end + 1 + len(table)
        if number < 4096:
            table[longer] = number
            if number == 1 << width and width < 12:
                width += 1
        prefix = (value,)
        if since == clear_every:
            out.append((table.get(prefix, prefix[0]), width))
            # The decoder has one entry fewer than the encoder, and adds it with this code.
            number = end + 1 + len(table)
            if number < 4096 and number == 1 << width and width < 12:
                width += 1
            out.append((clear, width))
            table, width, prefix, since = {}, bits + 1, None, 0
    if prefix is not None:
        out.append((table.get(prefix, prefix[0]), width))
        number = end + 1 + len(table)
        if number < 4096 and number == 1 << width and width < 12:
            width += 1
    out.append((end, width))
    return out


def packed_codes(codes):
    value = shift = 0
    for code, width in codes:
        value |= code << shift
        shift += width
    data = value.to_bytes((shift + 7) // 8, "little")
    return b"".join(bytes([len(block)]) + block for block in (data[i : i + 255] for i in range(0, len(data), 255))) + b"\0"


def gif_frame(rng, width, height, bits, *, at=(0, 0), interlaced=False, local=None, clear_every=0, transparent=None):
    rows = rng.integers(0, 1 << bits, (height, width))
    if rng.integers(0, 2):
        rows = rows // 2 * 0 + (np.arange(width) // 5 + np.arange(height)[:, None]) % (1 << bits)
    order = list(range(height))
    if interlaced:
        order = [y for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(start, height, step)]
    out = b""
    if transparent is not None:
        out += b"!\xf9\x04" + bytes([1 | int(rng.integers(0, 4)) << 2, 5, 0, transparent, 0])
    flags = (0x40 if interlaced else 0) | (0x80 | (len(local) // 3).bit_length() - 2 if local else 0)
    out += b"," + struct.pack("<HHHHB", *at, width, height, flags) + (local or b"")
    code_bits = max(2, bits)
    return out + bytes([code_bits]) + packed_codes(lzw_codes(rows[order].reshape(-1), code_bits, clear_every))


def gifs(writer: Writer, count: int, limit: int) -> None:
    rng = writer.rng
    for i in range(count):
        bits = 1 + i % 8
        width, height = side(rng, limit), side(rng, limit)
        ramp = bytes(v for entry in range(1 << bits) for v in (entry,) * 3)
        palette = (None, rng.bytes(3 << bits), ramp)[int(rng.choice([0, 1, 1, 1, 2]))]
        local = rng.bytes(3 << bits) if rng.integers(0, 3) == 0 else None
        if local and rng.integers(0, 4) == 0:
            local = ramp
        screen = (width, height)
        at = (0, 0)
        if rng.integers(0, 3) == 0:  # a frame smaller than the screen, or beyond its edge
            at = int(rng.integers(0, 9)), int(rng.integers(0, 9))
            screen = (int(rng.integers(1, width + 20)), int(rng.integers(1, height + 20)))
        transparent = int(rng.integers(0, 1 << bits)) if rng.integers(0, 3) == 0 else None
        flags = (0x80 | bits - 1) if palette else 0
        data = (b"GIF89a", b"GIF87a")[i % 2] + struct.pack("<HHBBB", *screen, flags, int(rng.integers(0, 256)), 0) + (palette or b"")
        if rng.integers(0, 4) == 0:
            data += b"!\xfe\x05hello\0" + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
        for frame in range(int(rng.choice([1, 1, 2]))):
            data += gif_frame(rng, width, height, bits, at=at, interlaced=bool(rng.integers(0, 2)), local=local,
                              clear_every=int(rng.choice([0, 0, 40])), transparent=transparent if frame == 0 else None)
        writer.add(f"{bits}bit.gif", data + b";")
    for i, mode in enumerate(("1", "L", "P", "RGB", "RGBA")):
        writer.save(f"pillow-{mode}.gif", writer.rgb(side(rng, limit), side(rng, limit)).convert(mode), format="GIF",
                    interlace=i % 2)
    big = writer.rgb(700, 500)  # more than one piece of 64 KiB, and a full table of codes
    writer.save("big.gif", big, format="GIF")
    writer.save("frames.gif", big, format="GIF", save_all=True, append_images=[big.rotate(180)])
