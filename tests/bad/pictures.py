# SPDX-License-Identifier: Apache-2.0
"""I01-I12: pictures that are cut, lie, or ask for too much. The files of tests/pictures/bad_pictures.py are among them."""

import functools
import os
import pathlib
import struct
import tempfile
import zlib

import numpy as np
from PIL import Image

import bad_pictures
import picture_files
import png_writer
from row import IMAGE, IO, LIMIT, OK, UNSUPPORTED_IMAGE, Call, classifier, content_of, row, try_picture

ANY_PICTURE = f"{OK}|{IMAGE}|{UNSUPPORTED_IMAGE}|{LIMIT}"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def rng():
    return np.random.default_rng(11)


@functools.cache
def samples():
    return dict(bad_pictures.small_samples(rng()))


@functools.cache
def made_by(maker):
    """The files that a function of bad_pictures makes: name -> (content, what else it says of the file)."""
    with tempfile.TemporaryDirectory() as folder:
        return {path.name.split("-", 1)[1]: (path.read_bytes(), *rest) for path, *rest in maker(pathlib.Path(folder), rng())}


# ---- I01: cuts. The names are fixed, so that the table needs no picture before a row is tried.

NAMES = (
    "baseline.jpg",
    "progressive.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "rgb.png",
    "palette.png",
    "interlaced.png",
    "lossy.webp",
    "lossless.webp",
    "alpha.webp",
    "raw.tif",
    "lzw.tif",
    "deflate.tif",
    "packbits.tif",
    "palette.gif",
    "frames.gif",
    "rgb.bmp",
    "palette.bmp",
    "runs.bmp",
    "binary.ppm",
    "text.pgm",
    "animated.webp",
)
CUT_MAY_BE_WHOLE = (
    "frames.gif",
    "animated.webp",
    "palette.gif",
    "runs.bmp",
    "text.pgm",
    "packbits.tif",
    "lzw.tif",
    "deflate.tif",
    "raw.tif",
)  # what the first picture needs may lie before the cut
for name in NAMES:
    for part in range(1, 50):
        expected = ANY_PICTURE if name in CUT_MAY_BE_WHOLE or part > 40 else f"{IMAGE}|{LIMIT}"
        row(
            "I01",
            f"{name}_cut_{part:02}",
            expected,
            try_picture(lambda name=name, part=part: samples()[name][: len(samples()[name]) * part // 50]),
            heavy=part % 8 != 3,
        )
    for less in (1, 2, 12):
        row("I01", f"{name}_without_last_{less}", ANY_PICTURE, try_picture(lambda name=name, less=less: samples()[name][:-less]), heavy=less != 1)
    row(
        "I11",
        f"{name}_zip_behind",
        OK if name != "runs.bmp" else ANY_PICTURE,  # whose runs have no end of their own
        try_picture(lambda name=name: samples()[name] + b"PK\3\4" + bytes(100)),
    )
    for seed in range(30):

        def flipped(name=name, seed=seed):
            content, chosen = bytearray(samples()[name]), np.random.default_rng(seed)
            for _ in range(3):
                content[int(chosen.integers(min(len(content), 200 if seed % 2 else len(content))))] ^= 1 << int(chosen.integers(8))
            return bytes(content)

        row("I12", f"{name}_flip_{seed}", ANY_PICTURE, try_picture(flipped), heavy=seed > 1)
for name, content in {
    "empty": b"",
    "one_byte": b"\xff",
    "jpeg_magic": b"\xff\xd8\xff",
    "png_magic": SIGNATURE,
    "webp_magic": b"RIFF\4\0\0\0WEBP",
    "riff": b"RIFF",
    "gif_magic": b"GIF89a",
    "tiff_magic": b"II*\0",
    "bmp_magic": b"BM",
    "ppm_magic": b"P6",
}.items():
    row("I01", name, IMAGE, try_picture(content))

# ---- I02: other formats and wrong names

FOREIGN = {
    "x.ico": UNSUPPORTED_IMAGE,
    "x.avif": UNSUPPORTED_IMAGE,
    "x.jpeg2000": UNSUPPORTED_IMAGE,
    "x.pdf": UNSUPPORTED_IMAGE,
    "x.eps": UNSUPPORTED_IMAGE,
    "x.dds": UNSUPPORTED_IMAGE,
    "x.qoi": UNSUPPORTED_IMAGE,
    "x.pcx": UNSUPPORTED_IMAGE,
    "x.tga": UNSUPPORTED_IMAGE,
    "x.sgi": UNSUPPORTED_IMAGE,
    "x.icns": UNSUPPORTED_IMAGE,
    "remedy.avif": UNSUPPORTED_IMAGE,
    "remedy.tif": UNSUPPORTED_IMAGE,
    "heic.jpg": UNSUPPORTED_IMAGE,
    "drawing.png": UNSUPPORTED_IMAGE,
    "page.jpg": IMAGE,
    "notes.jpg": IMAGE,
    "pointer.png": IMAGE,
    "archive.webp": IMAGE,
    "noise.jpg": IMAGE,
    "none.jpg": IMAGE,
}
for name, expected in FOREIGN.items():
    row("I02", name, expected, try_picture(lambda name=name: made_by(bad_pictures.foreign)[name][0], name))
for name, content, word in [
    ("exr", b"\x76\x2f\x31\x01" + bytes(60), "EXR"),
    ("jpeg_xl", b"\xff\x0a" + bytes(60), "JPEG XL"),
    ("jpeg_xl_box", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "JPEG XL"),
    ("psd", b"8BPS\0\1" + bytes(60), "Photoshop"),
    ("mp4", b"\0\0\0\x18ftypisom" + bytes(60), "MP4"),
    ("hdr", b"#?RADIANCE\n" + bytes(60), "Radiance"),
    ("dicom", bytes(128) + b"DICM" + bytes(60), "picture"),
    ("fits", b"SIMPLE  =                    T" + bytes(60), "FITS"),
]:
    row("I02", name, f"{UNSUPPORTED_IMAGE}|{IMAGE}", try_picture(content), word)
for name, other in (
    ("rgb.png", "a.jpg"),
    ("lossy.webp", "a.png"),
    ("baseline.jpg", "a.webp"),
    ("palette.gif", "a.tiff"),
    ("raw.tif", "a"),
    ("rgb.bmp", "a.txt"),
):
    row("I02", f"{name}_named_{other}", OK, try_picture(lambda name=name: samples()[name], other))

# ---- I03, I04: sizes

BOMBS = {
    "bomb.png": LIMIT,
    "wide.png": LIMIT,
    "tall.png": LIMIT,
    "empty.png": IMAGE,
    "bomb.webp": LIMIT,
    "bomb.jpg": LIMIT,
    "bomb-progressive.jpg": LIMIT,
    "no-lines.jpg": IMAGE,
    "scans.jpg": LIMIT,
    "few-scans.jpg": OK,
    "text-bomb.png": OK,
    "many-texts.png": OK,
    "zip-behind.jpg": OK,
}
for name, expected in BOMBS.items():
    row("I03", name, expected, try_picture(lambda name=name: made_by(bad_pictures.bombs)[name][0], name))


def png_header(width, height, depth=8, kind=2, interlaced=0):
    return SIGNATURE + png_writer.chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))


def png(before=b"", data=None, end=png_writer.chunk(b"IEND", b""), **header):
    rows = b"".join(b"\0" + bytes(range(60)) for _ in range(10))
    data = png_writer.chunk(b"IDAT", zlib.compress(rows)) if data is None else data
    return png_header(20, 10, **header) + before + data + end


def bmp(width, height, bits=24, offset=54, compression=0):
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54 + 100, 0, 0, offset, 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0) + bytes(100)


def tiff(entries):
    """One directory; entries: tag -> (type, count, value)."""
    body = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(200)


def plain_tiff(**changes):
    entries = {
        256: (4, 1, 4),
        257: (4, 1, 4),
        258: (3, 1, 8),
        259: (3, 1, 1),
        262: (3, 1, 1),
        273: (4, 1, 150),
        277: (3, 1, 1),
        278: (4, 1, 4),
        279: (4, 1, 16),
    }
    return tiff({**entries, **{int(key[1:]): value for key, value in changes.items()}})


for name, content, expected in [
    *[
        (
            f"png_{w}x{h}",
            png_header(w, h) + png_writer.chunk(b"IDAT", zlib.compress(bytes(1000))) + png_writer.chunk(b"IEND", b""),
            f"{IMAGE}|{LIMIT}",
        )
        for w, h in ((2**31, 1), (2**32 - 1, 2**32 - 1), (46341, 46341), (7, 0))
    ],
    (
        "gif_65535",
        b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6) + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\2\1\x44\0;",
        f"{IMAGE}|{LIMIT}",
    ),
    (
        "gif_frame_outside",
        b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + bytes(6) + b"," + struct.pack("<HHHHB", 65000, 65000, 4, 4, 0) + b"\2\2\x44\1\0;",
        ANY_PICTURE,
    ),
    ("gif_0x0", b"GIF89a" + struct.pack("<HHBBB", 0, 0, 0, 0, 0) + b";", IMAGE),
    ("bmp_2e31", bmp(2**31 - 1, 2**31 - 1), f"{IMAGE}|{LIMIT}"),
    ("bmp_negative_width", bmp(-4, 4), f"{IMAGE}|{LIMIT}"),
    ("bmp_least_height", bmp(4, -(2**31)), f"{IMAGE}|{LIMIT}"),
    ("bmp_0x0", bmp(0, 0), IMAGE),
    ("bmp_bits_99", bmp(4, 4, 99), f"{IMAGE}|{UNSUPPORTED_IMAGE}"),
    ("bmp_offset_2e32", bmp(4, 4, offset=2**32 - 1), IMAGE),
    ("bmp_compression_99", bmp(4, 4, compression=99), f"{IMAGE}|{UNSUPPORTED_IMAGE}"),
    ("ppm_1e9", b"P6 1000000000 1000000000 255\n" + bytes(100), f"{IMAGE}|{LIMIT}"),
    ("ppm_1e30", b"P6 1" + b"0" * 30 + b" 1 255\n" + bytes(100), f"{IMAGE}|{LIMIT}"),
    ("ppm_0", b"P6 0 5 255\n", IMAGE),
    ("ppm_maximum_0", b"P6 1 1 0\n\0\0\0", IMAGE),
    ("ppm_maximum_70000", b"P6 1 1 70000\n" + bytes(6), f"{IMAGE}|{UNSUPPORTED_IMAGE}"),
    ("ppm_comment_for_ever", b"P6 #" + b"x" * 3_000_000, IMAGE),
    ("ppm_negative", b"P6 -1 -1 255\n" + bytes(6), IMAGE),
    ("pgm_words", b"P2 2 2 255\na b c d\n", IMAGE),
    ("tiff_good", plain_tiff(), OK),
    ("tiff_2e31", plain_tiff(t256=(4, 1, 2**31), t257=(4, 1, 2**31)), f"{IMAGE}|{LIMIT}"),
    ("tiff_0", plain_tiff(t256=(4, 1, 0)), IMAGE),
    ("tiff_strip_outside", plain_tiff(t273=(4, 1, 2**31)), IMAGE),
    ("tiff_strip_of_0", plain_tiff(t279=(4, 1, 0)), ANY_PICTURE),
    ("tiff_bits_2e16", plain_tiff(t258=(3, 1, 65535)), f"{IMAGE}|{UNSUPPORTED_IMAGE}"),
    ("tiff_2e32_strips", plain_tiff(t273=(4, 2**32 - 1, 8)), f"{IMAGE}|{LIMIT}"),
    ("tiff_samples_65535", plain_tiff(t277=(3, 1, 65535)), f"{IMAGE}|{UNSUPPORTED_IMAGE}|{LIMIT}"),
    ("tiff_rows_per_strip_0", plain_tiff(t278=(4, 1, 0)), ANY_PICTURE),
    ("tiff_tiles_of_0", plain_tiff(t322=(4, 1, 0), t323=(4, 1, 0)), ANY_PICTURE),
    ("tiff_directory_of_itself", b"II*\0\x08\0\0\0\0\0\x08\0\0\0", IMAGE),
    ("tiff_directory_outside", b"II*\0\xff\xff\xff\xff", IMAGE),
    ("tiff_65535_entries", b"II*\0\x08\0\0\0\xff\xff" + bytes(100), IMAGE),
    ("tiff_big", b"II+\0\x08\0\0\0" + bytes(60), f"{UNSUPPORTED_IMAGE}|{IMAGE}"),
    ("webp_0x0", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(10) + b"VP8L\0\0\0\0", IMAGE),
    ("webp_riff_odd", b"RIFF\x03\0\0\0WEBP", IMAGE),
    ("webp_riff_2e32", b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff/" + bytes(20), f"{IMAGE}|{LIMIT}"),
]:
    row("I04", name, expected, try_picture(content))
for width, height in ((1, 65500), (65500, 1)):
    row(
        "I04",
        f"jpeg_{width}x{height}",
        OK,
        try_picture(lambda w=width, h=height: bad_pictures.encoded(Image.new("RGB", (w, h), (9, 99, 200)), "JPEG")),
    )

# ---- I05: PNG

for name, expected, content in [
    *[
        (f"chunk_{name}", ANY_PICTURE, png(before=chunk))
        for name, chunk in {
            "gamma_0": png_writer.chunk(b"gAMA", bytes(4)),
            "srgb_9": png_writer.chunk(b"sRGB", b"\x09"),
            "transparent_too_long": png_writer.chunk(b"tRNS", bytes(600)),
            "exif_bad": png_writer.chunk(b"eXIf", b"zz"),
            "text_checksum": png_writer.chunk(b"tEXt", b"k\0v")[:-1] + b"!",
            "palette_checksum": png_writer.chunk(b"PLTE", bytes(9))[:-1] + b"!",
            "palette_of_10_bytes": png_writer.chunk(b"PLTE", bytes(10)),
            "unknown_ancillary": png_writer.chunk(b"abCD", b"x"),
            "bad_name": png_writer.chunk(b"a\0\1\2", b"x"),
            "length_2e31": struct.pack(">I", 2**31 - 1) + b"tEXt",
            "length_2e32": struct.pack(">I", 2**32 - 1) + b"tEXt" + bytes(30),
            "empty_data_first": png_writer.chunk(b"IDAT", b""),
        }.items()
    ],
    ("unknown_critical", IMAGE, png(before=png_writer.chunk(b"ABCD", b"x"))),
    ("second_header", IMAGE, png(before=png_header(5, 5)[8:])),
    ("end_first", IMAGE, png(before=png_writer.chunk(b"IEND", b""))),
    ("no_data", IMAGE, png(data=b"")),
    ("last_data_checksum", ANY_PICTURE, png(data=png_writer.chunk(b"IDAT", zlib.compress(bytes(610)))[:-1] + b"!")),
    ("method_9", IMAGE, png(data=png_writer.chunk(b"IDAT", b"\x79\x9c" + zlib.compress(bytes(610))[2:]))),
    ("filter_9", IMAGE, png(data=png_writer.chunk(b"IDAT", zlib.compress((b"\x09" + bytes(60)) * 10)))),
    ("rows_missing", IMAGE, png(data=png_writer.chunk(b"IDAT", zlib.compress(bytes(300))))),
    ("no_end", ANY_PICTURE, png(end=b"")),
    ("interlace_2", IMAGE, png(interlaced=2)),
    ("line_ends_converted", IMAGE, png().replace(b"\r\n", b"\n", 1)),
    *[
        (f"type_{kind}_depth_{depth}", IMAGE, png(kind=kind, depth=depth))
        for kind, depth in ((0, 3), (0, 32), (2, 4), (3, 16), (4, 4), (1, 8), (5, 8), (255, 8), (2, 0))
    ],
    (
        "50_MB_behind_the_rows",
        ANY_PICTURE,
        lambda: png(data=png_writer.chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(60) for _ in range(10)) + bytes(50 << 20)))),
    ),
]:
    row("I05", name, expected, try_picture(content))

# ---- I06-I08: JPEG


def segments():
    """The marker segments of a JPEG, and its scan."""
    content, at, found = samples()["baseline.jpg"], 2, []
    while content[at + 1] != 0xDA:
        size = int.from_bytes(content[at + 2 : at + 4], "big")
        found.append((content[at + 1], content[at + 4 : at + 2 + size]))
        at += 2 + size
    return found, content[at:]


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(change=lambda marker, data: [(marker, data)], scan=lambda s: s, first=b""):
    def make():
        found, rest = segments()
        return (
            b"\xff\xd8"
            + (first() if callable(first) else first)
            + b"".join(segment(*each) for marker, data in found for each in change(marker, data))
            + scan(rest)
        )

    return make


def frame_byte(at, value):
    return jpeg(lambda marker, data: [(marker, data[:at] + bytes([value]) + data[at + 1 :] if marker == 0xC0 else data)])


def without(marker):
    return jpeg(lambda found, data: [] if found == marker else [(found, data)])


def exif(orientation, kind=3, entries=1, order="<", next_directory=0):
    value = struct.pack(order + ("H2x" if kind == 3 else "I"), orientation)
    return (
        b"Exif\0\0"
        + (b"II*\0" if order == "<" else b"MM\0*")
        + struct.pack(order + "IHHHI", 8, entries, 0x0112, kind, 1)
        + value
        + struct.pack(order + "I", next_directory)
    )


for item, name, expected, content in [
    ("I06", "16_MB_of_markers", ANY_PICTURE, jpeg(first=lambda: segment(0xE5, bytes(65533)) * 250)),
    ("I06", "length_0", ANY_PICTURE, jpeg(first=b"\xff\xe5\0\0")),
    ("I06", "length_1", ANY_PICTURE, jpeg(first=b"\xff\xe5\0\1")),
    ("I06", "1_MB_of_fill", ANY_PICTURE, jpeg(first=b"\xff" * 1_000_000)),
    ("I06", "100_exif_blocks", OK, jpeg(first=segment(0xE1, exif(6)) * 100)),
    ("I06", "end_first", IMAGE, jpeg(first=b"\xff\xd9")),
    ("I06", "no_quantisation", IMAGE, without(0xDB)),
    ("I06", "no_frame", IMAGE, without(0xC0)),
    ("I06", "no_huffman_tables", ANY_PICTURE, without(0xC4)),
    ("I06", "no_scan", IMAGE, jpeg(scan=lambda s: b"\xff\xd9")),
    ("I06", "two_frames", f"{IMAGE}|{UNSUPPORTED_IMAGE}", jpeg(lambda m, d: [(m, d)] * (2 if m == 0xC0 else 1))),
    ("I06", "scan_of_zeros", ANY_PICTURE, jpeg(scan=lambda s: s[:14] + bytes(3000) + b"\xff\xd9")),
    ("I06", "scan_of_ff", ANY_PICTURE, jpeg(scan=lambda s: s[:14] + b"\xff" * 3000 + b"\xff\xd9")),
    ("I06", "huffman_over_full", IMAGE, jpeg(lambda m, d: [(m, b"\0" + b"\xff" * 16 + bytes(255 * 16)) if m == 0xC4 else (m, d)])),
    ("I06", "huffman_class_9", IMAGE, jpeg(lambda m, d: [(m, b"\x90" + d[1:]) if m == 0xC4 else (m, d)])),
    ("I06", "quantised_by_0", ANY_PICTURE, jpeg(lambda m, d: [(m, d[:1] + bytes(64)) if m == 0xDB else (m, d)])),
    *[
        ("I06", f"frame_{marker:02x}", ANY_PICTURE, jpeg(lambda m, d, marker=marker: [(marker if m == 0xC0 else m, d)]))
        for marker in (0xC1, 0xC2, 0xC3, 0xC5, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD)
    ],
    *[
        ("I06", f"frame_{name}", ANY_PICTURE, frame_byte(at, value))
        for name, at, value in (
            ("precision_12", 0, 12),
            ("precision_0", 0, 0),
            ("components_0", 5, 0),
            ("components_4", 5, 4),
            ("sampling_00", 7, 0),
            ("sampling_44", 7, 0x44),
            ("sampling_13", 7, 0x13),
            ("sampling_55", 7, 0x55),
            ("table_255", 8, 255),
            ("same_id_twice", 9, 1),
        )
    ],
    *[
        ("I07", f"orientation_{o}_{kind}_{'little' if order == '<' else 'big'}", OK, jpeg(first=segment(0xE1, exif(o, kind, order=order))))
        for o in (0, 1, 6, 8, 9, 65535)
        for kind in (3, 4)
        for order in "<>"
    ],
    ("I07", "entries_65535", OK, jpeg(first=segment(0xE1, exif(6, entries=65535)))),
    ("I07", "directory_cycle", OK, jpeg(first=segment(0xE1, exif(6, next_directory=8)))),
    ("I07", "offset_outside", OK, jpeg(first=segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"))),
    ("I07", "cut", OK, jpeg(first=segment(0xE1, exif(6)[:12]))),
    ("I07", "xmp_of_nonsense", OK, jpeg(first=segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<" * 60_000))),
    (
        "I07",
        "profile_in_255_pieces",
        OK,
        jpeg(first=lambda: b"".join(segment(0xE2, b"ICC_PROFILE\0" + bytes([k + 1, 255]) + bytes(6000)) for k in range(255))),
    ),
]:
    row(item, name, expected, try_picture(content))
for name, kind in (
    ("1_bit.png", "1"),
    ("grey.png", "L"),
    ("grey_alpha.png", "LA"),
    ("rgba.png", "RGBA"),
    ("16_bit.png", "I;16"),
    ("cmyk.jpg", "CMYK"),
):

    def converted(name=name, kind=kind):
        image = Image.fromarray(picture_files.picture(rng(), 23, 17))
        image = Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20) * 160) if kind == "I;16" else image.convert(kind)
        return bad_pictures.encoded(image, "PNG" if name.endswith("png") else "JPEG")

    row("I08", name, OK, try_picture(converted))
for width, height in ((1, 1), (1, 10000), (10000, 1), (2, 3), (8, 8), (7, 8), (9, 8)):
    row("I09", f"{width}x{height}", OK, try_picture(lambda w=width, h=height: bad_pictures.encoded(Image.new("RGB", (w, h), (200, 10, 10)), "PNG")))

# ---- I11: places


def at_place(make):
    def maker(folder):
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        return Call(folder / "m.onnx", pathlib.Path(make(folder)), {"recipe": "imagenet", "size": "8x8"})

    return maker


def linked(target):
    def make(folder):
        os.symlink(target, folder / "p.png")
        return folder / "p.png"

    return make


for name, make in {
    "missing": lambda folder: folder / "none.png",
    "broken_link": linked("none.png"),
    "link_loop": linked("p.png"),
    "null_device": lambda folder: "/dev/null",
    "name_of_5000": lambda folder: "/" + "a" * 5000,
    "below_a_file": lambda folder: folder / "m.onnx/p.png",
}.items():
    row("I11", name, f"{IO}|{IMAGE}", at_place(make))
row("I11", "zeros_for_ever", f"{IO}|{IMAGE}|{LIMIT}", at_place(lambda folder: "/dev/zero"))
