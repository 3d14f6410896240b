# SPDX-License-Identifier: Apache-2.0
"""Broken, hostile and foreign files, with the code that each must give."""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

import bmp_gif_netpbm
import picture_files
import png_writer

REFUSALS = {"invalid-image", "unsupported-image", "limit"}


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def small_samples(rng) -> list[tuple[str, bytes]]:
    """One small file of each kind, to be cut and damaged."""
    image = Image.fromarray(picture_files.picture(rng, 67, 45))
    alpha = image.copy()
    alpha.putalpha(128)
    interlaced = png_writer.png(np.asarray(image).astype(np.uint32), png_writer.RGB, 8, interlaced=True)
    return [
        ("baseline.jpg", encoded(image, "JPEG", quality=80)),
        ("progressive.jpg", encoded(image, "JPEG", quality=80, progressive=True)),
        ("grey.jpg", encoded(image.convert("L"), "JPEG")),
        ("cmyk.jpg", encoded(image.convert("CMYK"), "JPEG")),
        ("rgb.png", encoded(image, "PNG")),
        ("palette.png", encoded(image.convert("P"), "PNG")),
        ("interlaced.png", interlaced),
        ("lossy.webp", encoded(image, "WEBP")),
        ("lossless.webp", encoded(image, "WEBP", lossless=True)),
        ("alpha.webp", encoded(alpha, "WEBP")),
        ("raw.tif", encoded(image, "TIFF")),
        ("lzw.tif", encoded(image, "TIFF", compression="tiff_lzw")),
        ("deflate.tif", encoded(image, "TIFF", compression="tiff_adobe_deflate")),
        ("packbits.tif", encoded(image.convert("P"), "TIFF", compression="packbits")),
        ("palette.gif", encoded(image.convert("P"), "GIF")),
        ("frames.gif", encoded(image, "GIF", save_all=True, append_images=[image.rotate(90)])),
        ("rgb.bmp", encoded(image, "BMP")),
        ("palette.bmp", encoded(image.convert("P"), "BMP")),
        ("runs.bmp", bmp_gif_netpbm.run_length_sample(rng)),
        ("binary.ppm", encoded(image, "PPM")),
        ("text.pgm", b"P2 67 45 255\n" + b" ".join(b"%d" % v for v in np.asarray(image.convert("L")).reshape(-1)) + b"\n"),
        ("animated.webp", encoded(image, "WEBP", save_all=True, append_images=[image.rotate(90)])),
    ]


def truncations(rng, folder: pathlib.Path) -> list[pathlib.Path]:
    writer = picture_files.Writer(folder, rng)
    for name, data in small_samples(rng):
        cuts = {len(data) * i // 50 for i in range(50)} | {len(data) - 1, len(data) - 2, 1, 2, 3, 4, 8, 12, 16}
        for cut in sorted(cuts):
            writer.add(f"cut{cut}-{name}", data[:cut])
    return writer.paths


def bit_flips(rng, folder: pathlib.Path, count: int) -> list[pathlib.Path]:
    writer = picture_files.Writer(folder, rng)
    samples = small_samples(rng)
    for i in range(count):
        name, data = samples[i % len(samples)]
        damaged = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            # Headers twice as often as the rest: that is where sizes and offsets are.
            reach = len(damaged) if rng.integers(0, 2) else min(200, len(damaged))
            damaged[int(rng.integers(0, reach))] ^= 1 << int(rng.integers(0, 8))
        writer.add(f"flip-{name}", bytes(damaged))
    return writer.paths


def resized_jpeg_header(data: bytes, width: int, height: int) -> bytes:
    return picture_files.with_sampling(data, 0x22, width, height)


def repeated_last_scan(data: bytes, times: int) -> bytes:
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * times + data[-2:]


def bombs(folder: pathlib.Path, rng) -> list[tuple[pathlib.Path, str]]:
    """(file, expected code); "" where the picture must be decoded."""
    writer = picture_files.Writer(folder, rng)
    image = Image.fromarray(picture_files.picture(rng, 64, 64))
    jpeg = encoded(image, "JPEG", subsampling=2)
    progressive = encoded(image, "JPEG", progressive=True)

    def header_only_png(width: int, height: int) -> bytes:
        ihdr = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        return (b"\x89PNG\r\n\x1a\n" + png_writer.chunk(b"IHDR", ihdr)
                + png_writer.chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + png_writer.chunk(b"IEND", b""))

    def lossless_webp(width: int, height: int) -> bytes:
        bits = (width - 1) | (height - 1) << 14
        body = b"\x2f" + struct.pack("<I", bits) + bytes(9)
        return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body

    pixels = np.asarray(image).astype(np.uint32)
    text_bomb = [(b"zTXt", b"a\0\0" + zlib.compress(bytes(60 << 20))), (b"iCCP", b"p\0\0" + zlib.compress(bytes(60 << 20)))]
    many_texts = [(b"tEXt", b"k\0v")] * 100_000
    return [
        (writer.add("bomb.png", header_only_png(32768, 32768)), "limit"),
        (writer.add("wide.png", header_only_png(2**31 - 1, 1)), "limit"),
        (writer.add("tall.png", header_only_png(1, 2**31 - 1)), "limit"),
        (writer.add("empty.png", header_only_png(0, 7)), "invalid-image"),
        (writer.add("bomb.webp", lossless_webp(16383, 16383)), "limit"),
        (writer.add("bomb.jpg", resized_jpeg_header(jpeg, 16000, 16000)), "limit"),
        (writer.add("bomb-progressive.jpg", resized_jpeg_header(progressive, 65500, 65500)), "limit"),
        (writer.add("no-lines.jpg", resized_jpeg_header(jpeg, 64, 0)), "invalid-image"),
        (writer.add("scans.jpg", repeated_last_scan(progressive, 1000)), "limit"),
        (writer.add("few-scans.jpg", repeated_last_scan(progressive, 20)), ""),
        (writer.add("text-bomb.png", png_writer.png(pixels, png_writer.RGB, 8, extra=text_bomb)), ""),
        (writer.add("many-texts.png", png_writer.png(pixels, png_writer.RGB, 8, extra=many_texts)), ""),
        (writer.add("zip-behind.jpg", jpeg + b"PK\3\4" + bytes(100)), ""),
    ]


def foreign(folder: pathlib.Path, rng) -> list[tuple[pathlib.Path, str, str]]:
    """(file, expected code, a word its message must have)."""
    writer = picture_files.Writer(folder, rng)
    image = Image.fromarray(picture_files.picture(rng, 20, 10))
    cases = [(f"x.{form.lower()}", encoded(image, form), "unsupported-image", word)
             for form, word in (("ICO", "ICO"),
                                ("AVIF", "AVIF"), ("JPEG2000", "JPEG 2000"), ("PDF", "PDF"), ("EPS", "PostScript"),
                                ("DDS", "DDS"), ("QOI", "QOI"), ("PCX", "PCX"), ("TGA", "TGA"), ("SGI", "SGI"),
                                ("ICNS", "ICNS"))]
    cases += [
        ("remedy.avif", encoded(image, "AVIF"), "unsupported-image", "from PIL import Image; Image.open('IN').convert('RGB')"),
        ("remedy.tif", encoded(image, "TIFF", compression="zstd"), "unsupported-image", "Zstandard compression (50000)"),
        ("heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0" + bytes(40), "unsupported-image", "HEIC"),
        ("drawing.png", b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported-image", "SVG"),
        ("page.jpg", b"<!DOCTYPE html><html><body>404</body></html>", "invalid-image", "HTML"),
        ("notes.jpg", b"just some words\n", "invalid-image", "text"),
        ("pointer.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "invalid-image", "LFS"),
        ("archive.webp", b"PK\3\4" + bytes(60), "invalid-image", "zip"),
        ("noise.jpg", b"\x01\x02" + rng.bytes(400), "invalid-image", "known format"),
        ("none.jpg", b"", "invalid-image", "empty"),
    ]
    return [(writer.add(name, data), code, word) for name, data, code, word in cases]


def lying_names(folder: pathlib.Path, rng) -> list[pathlib.Path]:
    writer = picture_files.Writer(folder, rng)
    image = Image.fromarray(picture_files.picture(rng, 31, 17))
    return [writer.add("png.jpg", encoded(image, "PNG")), writer.add("webp.png", encoded(image, "WEBP", lossless=True)),
            writer.add("jpeg.webp", encoded(image, "JPEG")), writer.add("none", encoded(image, "PNG"))]
