# SPDX-License-Identifier: Apache-2.0
"""Generates the seeded set of picture files: every format and mode, sizes from 1 to 4000."""

import io
import pathlib

import numpy as np
from PIL import Image, PngImagePlugin

import png_writer


def picture(rng, width, height):
    """An RGB array with edges, gradients, flat areas and noise, so that every path of a codec is used."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    out = np.empty((height, width, 3), np.float32)
    for c in range(3):
        fx, fy, phase = rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3), rng.uniform(0, 6)
        out[:, :, c] = 127 + 120 * np.sin(fx * x + fy * y + phase)
    cut = rng.uniform(0, 1, 2)
    out[: int(height * cut[0]), : int(width * cut[1])] = rng.integers(0, 256, 3)
    out += rng.normal(0, rng.choice([0, 3, 40]), out.shape)
    return np.clip(out, 0, 255).astype(np.uint8)


def side(rng, limit):
    """Small sides often, large ones sometimes."""
    return int(round(np.exp(rng.uniform(0, np.log(limit)))))


class Writer:
    def __init__(self, folder: pathlib.Path, rng):
        self.folder, self.rng, self.paths = folder, rng, []

    def add(self, name: str, data: bytes) -> pathlib.Path:
        path = self.folder / f"{len(self.paths):05d}-{name}"
        path.write_bytes(data)
        self.paths.append(path)
        return path

    def save(self, name: str, image: Image.Image, **options) -> pathlib.Path:
        buffer = io.BytesIO()
        image.save(buffer, **options)
        return self.add(name, buffer.getvalue())

    def rgb(self, width, height) -> Image.Image:
        return Image.fromarray(picture(self.rng, width, height))


def with_sampling(data: bytes, factors: int, width: int, height: int) -> bytes:
    """Rewrites a JPEG's luma sampling factors and size; the caller keeps the number of blocks the same."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    out = bytearray(data)
    out[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    out[at + 11] = factors
    return bytes(out)


def without_segment(data: bytes, marker: int) -> bytes:
    """The JPEG without its first segment of this kind."""
    at = 2
    while data[at + 1] != 0xDA:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == marker:
            return data[:at] + data[at + length :]
        at += length
    return data


def jpegs(writer: Writer, count: int, limit: int) -> None:
    rng = writer.rng
    for _ in range(count):
        image = writer.rgb(side(rng, limit), side(rng, limit))
        options = {
            "format": "JPEG",
            "quality": int(rng.integers(1, 101)),
            "subsampling": int(rng.integers(0, 3)),
            "progressive": bool(rng.integers(0, 2)),
            "optimize": bool(rng.integers(0, 2)),
        }
        if rng.integers(0, 6) == 0:
            options["restart_marker_blocks"] = int(rng.integers(1, 5))
        kind = int(rng.integers(0, 8))
        if kind == 0:
            image, options["subsampling"] = image.convert("L"), 0
        if kind == 1:
            options |= {"keep_rgb": True, "subsampling": 0}
        name = f"{('grey', 'rgb')[kind] if kind < 2 else 'ycc'}-{options['subsampling']}{'-progressive' if options['progressive'] else ''}.jpg"
        try:
            writer.save(name, image, **options)
        except OSError:  # the buffer that Pillow makes for an optimised file is too small for some noise
            writer.save(name, image, **options | {"optimize": False, "progressive": False})


def unusual_jpegs(writer: Writer, count: int) -> None:
    rng = writer.rng
    for i in range(count):
        a, b = int(rng.integers(1, 9)), int(rng.integers(1, 9))
        progressive = bool(i % 2)
        buffer = io.BytesIO()
        # 2x1 and 1x2 (or 2x2 and 4x1) luma sampling have equally many blocks in the same order: the header decides.
        tall = i % 4 < 2
        size = (16 * a, 8 * b) if tall else (16 * a, 16 * b)
        writer.rgb(*size).save(buffer, "JPEG", quality=80, subsampling=1 if tall else 2, progressive=progressive)
        cut = (0, 0) if progressive else rng.integers(0, 7, 2)
        width, height = (8 * a, 16 * b) if tall else (32 * a, 8 * b)
        factors = 0x12 if tall else 0x41
        writer.add(f"sampling-{factors:02x}.jpg",
                   with_sampling(buffer.getvalue(), factors, width - int(cut[0]), height - int(cut[1])))
    for i in range(count):
        buffer = io.BytesIO()
        image = Image.fromarray(rng.integers(0, 256, (side(rng, 90), side(rng, 90), 4), dtype=np.uint8), "CMYK")
        image.save(buffer, "JPEG", quality=int(rng.integers(20, 100)), progressive=bool(i % 2))
        data = buffer.getvalue()
        adobe = data.find(b"Adobe")
        if i % 3 == 1:  # the same numbers declared as YCCK
            data = data[: adobe + 11] + b"\x02" + data[adobe + 12 :]
        if i % 3 == 2:
            data = without_segment(data, 0xEE)
        writer.add(f"cmyk-{('adobe', 'ycck', 'bare')[i % 3]}.jpg", data)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def phone_jpegs(writer: Writer) -> None:
    """What cameras, phones and browsers put around the picture, and component names without any marker that explains them."""
    def encoded(width=40, height=30, mode="RGB", **options) -> bytes:
        buffer = io.BytesIO()
        writer.rgb(width, height).convert(mode).save(buffer, "JPEG", **options)
        return buffer.getvalue()

    plain = encoded()
    inside = encoded(16, 16)
    restarts = encoded(64, 64, restart_marker_blocks=2, subsampling=2)
    lost = restarts.index(b"\xff\xd1")
    frame = plain.index(b"\xff\xc0")
    bare = without_segment(encoded(33, 21, subsampling=0), 0xE0)
    named = bytearray(bare)
    frame_of_bare, scan = bare.index(b"\xff\xc0"), bare.index(b"\xff\xda")
    for i, letter in enumerate(b"RGB"):
        named[frame_of_bare + 10 + 3 * i] = named[scan + 5 + 2 * i] = letter
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0")
    files = {
        "fill-bytes": plain[:2] + b"\xff\xff\xff" + plain[2:],
        "junk-between": plain[:20] + b"junk" + plain[20:],
        "all-segments": plain[:2] + b"".join(segment(0xE0 + i, bytes(100)) for i in range(1, 14)) + plain[2:],
        "comments": plain[:2] + 5 * segment(0xFE, b"hello") + plain[2:],
        "thumbnail": plain[:2] + segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + bytes(20) + inside) + plain[2:],
        "two-pictures": plain + inside,
        "motion": plain + b"\0\0\0\x18ftypmp42" + writer.rng.bytes(1000),
        "no-end": plain[:-2] + bytes(64),
        "number-of-lines": plain[:-2] + segment(0xDC, b"\0\x1e") + plain[-2:],
        "extended": plain[: frame + 1] + b"\xc1" + plain[frame + 2 :],
        "restart-lost": restarts[:lost] + restarts[lost + 2 :],
        "restart-wrong": restarts[:lost] + b"\xff\xd5" + restarts[lost + 2 :],
        "restart-twice": restarts[:lost] + b"\xff\xd1" + restarts[lost:],
        "rgb-by-name": bytes(named),
        "no-marker": bare,
        "rgb-by-adobe": bare[:2] + adobe + b"\0" + bare[2:],
        "grey-adobe": encoded(mode="L")[:2] + adobe + b"\0" + encoded(mode="L")[2:],
        "12-bit": plain[: frame + 4] + b"\x0c" + plain[frame + 5 :],
        "lossless": plain[: frame + 1] + b"\xc3" + plain[frame + 2 :],
        "hierarchical": plain[: frame + 1] + b"\xc5" + plain[frame + 2 :],
        "no-lines": plain[: frame + 5] + b"\0\0" + plain[frame + 7 :],
        "start-twice": plain[:2] + b"\xff\xd8" + plain[2:],
    }
    for name, data in files.items():
        writer.add(f"{name}.jpg", data)
    writer.save("two-views.jpg", writer.rgb(30, 20), format="MPO", save_all=True, append_images=[writer.rgb(30, 20)])


def pngs(writer: Writer, count: int, limit: int) -> None:
    rng = writer.rng
    forms = [(png_writer.GREY, d) for d in (1, 2, 4, 8, 16)] + [(png_writer.PALETTE, d) for d in (1, 2, 4, 8)]
    forms += [(c, d) for c in (png_writer.RGB, png_writer.GREY_ALPHA, png_writer.RGB_ALPHA) for d in (8, 16)]
    for i in range(count):
        colour, depth = forms[i % len(forms)]
        width, height = side(rng, limit), side(rng, limit)
        samples = rng.integers(0, 1 << depth, (height, width, png_writer.CHANNELS[colour]), dtype=np.uint32)
        if i % 3 == 0 and depth == 16:
            samples = samples % 300  # near the point where 16-bit grey saturates
        palette = transparency = None
        if colour == png_writer.PALETTE:
            entries = int(rng.integers(1, (1 << depth) + 1))
            palette = rng.bytes(3 * entries)
            if depth == 8 and i % 2:
                pass  # indices beyond the palette stay
            else:
                samples %= entries
            transparency = rng.bytes(int(rng.integers(1, entries + 1))) if rng.integers(0, 2) else None
        elif colour in (png_writer.GREY, png_writer.RGB) and rng.integers(0, 2):
            transparency = rng.bytes(2 if colour == png_writer.GREY else 6)
        extra = [(b"gAMA", (100000).to_bytes(4, "big")), (b"sRGB", b"\0")] if rng.integers(0, 3) == 0 else []
        data = png_writer.png(samples, colour, depth, interlaced=bool(rng.integers(0, 2)), palette=palette,
                              transparency=transparency, extra=extra,
                              choose=lambda y, s=int(rng.integers(0, 5)): (y + s) % 5)
        writer.add(f"type{colour}-{depth}bit.png", data)
    for width in range(1, 9):
        for height in range(1, 9):
            samples = rng.integers(0, 256, (height, width, 3), dtype=np.uint32)
            writer.add("interlaced.png", png_writer.png(samples, png_writer.RGB, 8, interlaced=True))
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):  # as Pillow itself writes them
        source = writer.rgb(side(rng, limit), side(rng, limit))
        image = Image.fromarray(np.array(source.convert("L"), np.uint16) * 257) if mode == "I;16" else source.convert(mode)
        writer.save(f"pillow-{mode.replace(';', '')}.png", image, format="PNG")


def webps(writer: Writer, count: int, limit: int) -> None:
    rng = writer.rng
    for i in range(count):
        image = writer.rgb(side(rng, limit), side(rng, limit))
        if i % 4 >= 2:
            image.putalpha(Image.fromarray(rng.integers(0, 256, image.size[::-1], dtype=np.uint8)))
        writer.save(f"{'alpha-' if i % 4 >= 2 else ''}{'lossless' if i % 2 else 'lossy'}.webp", image, format="WEBP",
                    lossless=bool(i % 2), quality=int(rng.integers(0, 101)), method=int(rng.integers(0, 3)),
                    exact=bool(rng.integers(0, 2)))
    for i in range(max(2, count // 10)):
        size = side(rng, 80), side(rng, 80)
        frames = [writer.rgb(*size) for _ in range(3)]
        if i % 2:
            frames[0].putalpha(Image.fromarray(rng.integers(0, 256, size[::-1], dtype=np.uint8)))
        writer.save("animated.webp", frames[0], format="WEBP", save_all=True, append_images=frames[1:],
                    lossless=bool(i % 3), method=0)


def oriented(writer: Writer) -> None:
    """The orientation in every place that Pillow's exif_transpose() looks at, alone and where two places differ."""
    for orientation in range(1, 9):
        other = orientation % 8 + 1
        exif, unrelated = Image.Exif(), Image.Exif()
        exif[0x0112] = orientation
        unrelated[0x0110] = "a camera"
        attribute = f'<rdf:Description tiff:Orientation="{orientation}"/>'.encode()
        element = f"<tiff:Orientation>{orientation}</tiff:Orientation>".encode()
        contrary = f'<rdf:Description tiff:Orientation="{other}"/>'.encode()
        for form in ("JPEG", "PNG", "WEBP", "TIFF"):
            name = f"orientation-{orientation}.{form.lower()}"
            writer.save(name, writer.rgb(13, 7), format=form, exif=exif.tobytes())
            for number, (tags, xmp) in enumerate(((None, attribute), (None, element), (unrelated, attribute), (exif, contrary))):
                options = {"exif": tags.tobytes()} if tags else {}
                if form in ("JPEG", "WEBP"):
                    options["xmp"] = xmp
                elif form == "PNG":
                    info = PngImagePlugin.PngInfo()
                    info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=bool(number % 2))
                    options["pnginfo"] = info
                else:
                    options = {"tiffinfo": {700: xmp} | (dict(tags) if tags else {})}
                writer.save(name, writer.rgb(13, 7), format=form, **options)
        for packed in (False, True):
            data = exif.tobytes()
            info = PngImagePlugin.PngInfo()
            info.add_text("Raw profile type exif", f"\nexif\n{len(data):8}\n{data.hex()}\n", zip=packed)
            writer.save(f"orientation-{orientation}.png", writer.rgb(13, 7), format="PNG", pnginfo=info)


EXTREMES = ((4000, 1), (1, 4000), (3999, 3), (3, 3999), (4000, 2999), (1, 1), (2, 3), (65500, 1))


def all_jpegs(writer: Writer) -> None:
    jpegs(writer, 700, 300)
    unusual_jpegs(writer, 60)
    phone_jpegs(writer)
    for width, height in EXTREMES:
        image = writer.rgb(width, height)
        writer.save(f"{width}x{height}.jpg", image, format="JPEG", quality=90)
        if width * height < 100000:
            writer.save(f"{width}x{height}-progressive.jpg", image, format="JPEG", progressive=True, subsampling=2)


def all_pngs(writer: Writer) -> None:
    pngs(writer, 420, 70)
    for width, height in EXTREMES:
        if width * height < 100000:
            writer.save(f"{width}x{height}.png", writer.rgb(width, height), format="PNG")


def all_webps(writer: Writer) -> None:
    webps(writer, 310, 150)
    for width, height in EXTREMES:
        if width * height < 100000 and max(width, height) < 16383:
            writer.save(f"{width}x{height}.webp", writer.rgb(width, height), format="WEBP", lossless=True)


def write_oriented(folder: pathlib.Path, rng) -> list[pathlib.Path]:
    writer = Writer(folder, rng)
    oriented(writer)
    return writer.paths
