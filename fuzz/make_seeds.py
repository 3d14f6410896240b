#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: make_seeds.py FOLDER: writes what the fuzzers begin with, FOLDER/<driver>/seed-*. The same files each time; the corpora
are a choice of these and of what the fuzzers made of them (tools/fuzz). Needs the environment of the tests and kite built."""

import io
import json
import pathlib
import random
import struct
import sys
import zipfile
import zlib

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = None


def seed(driver, name, data):
    if isinstance(data, str):
        data = data.encode()
    if len(data) >= 10_000:
        return
    folder = FOLDER / driver
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def encoded(picture, form, **options):
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def colours(width=13, height=9):
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x * 19, y * 27, (x ^ y) * 16], -1).astype(np.uint8))


def tiff_entry(tag, kind, count, value):
    return struct.pack("<HHII", tag, kind, count, value)


def orientation(value, big=False, kind=3, head=b""):
    order = ">" if big else "<"
    data = (b"MM\0*" if big else b"II*\0") + struct.pack(order + "IH", 8, 1)
    data += struct.pack(order + "HHI", 0x112, kind, 1) + struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
    return head + data + b"\0" * 4


def xmp(value):
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="{value}"/></rdf:RDF></x:xmpmeta>'.encode()


def pictures():
    rgb = colours()
    forms = {"L": rgb.convert("L"), "RGB": rgb, "1": rgb.convert("1"), "P": rgb.convert("P"), "RGBA": rgb.convert("RGBA"), "LA": rgb.convert("LA"),
             "CMYK": rgb.convert("CMYK"), "YCbCr": rgb.convert("YCbCr"), "I;16": Image.fromarray((np.asarray(rgb.convert("L")).astype(np.uint16) * 200))}
    exif = Image.Exif()
    exif[0x112] = 6
    made = {
        "jpeg": [(mode, {"quality": 60} | more) for mode in ("L", "RGB", "CMYK", "YCbCr")
                 for more in ({}, {"progressive": True}, {"restart_marker_blocks": 1}, {"optimize": True, "subsampling": 0}, {"exif": exif.tobytes()}, {"xmp": xmp(3)})],
        "png": [(mode, {}) for mode in ("L", "RGB", "1", "P", "RGBA", "LA", "I;16")] + [("RGB", {"exif": exif.tobytes()}), ("P", {"bits": 4}), ("P", {"transparency": 2})],
        "webp": [(mode, more) for mode in ("RGB", "RGBA", "P") for more in ({}, {"lossless": True}, {"exif": exif.tobytes()}, {"xmp": xmp(5)})],
        "gif": [("P", {}), ("L", {}), ("1", {}), ("P", {"interlace": 0}), ("P", {"transparency": 1}),
                ("P", {"save_all": True, "append_images": [rgb.convert("P").rotate(180)], "duration": 10})],
        "bmp": [(mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")],
        "netpbm": [(mode, {}) for mode in ("1", "L", "RGB", "I;16")],
        "tiff": [(mode, {"compression": how}) for mode in ("1", "L", "RGB", "P", "RGBA", "CMYK", "LA", "I;16")
                 for how in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")] + [("1", {"compression": how}) for how in ("group3", "group4", "tiff_ccitt")]
                + [("RGB", {"compression": "jpeg"}), ("YCbCr", {"compression": "jpeg"}), ("RGB", {"tiffinfo": {317: 2}, "compression": "tiff_lzw"}), ("L", {"big_tiff": True})],
    }
    names = {"netpbm": "PPM"}
    for driver, rows in made.items():
        for i, (mode, options) in enumerate(rows):
            try:
                data = encoded(forms[mode], names.get(driver, driver.upper()), **options)
            except (OSError, ValueError, KeyError):  # what this Pillow does not write
                continue
            seed(driver, f"{mode.replace(';', '')}-{i}".lower(), data)
            if i % 4 == 0:
                seed("decode", f"{driver}-{i}", data + bytes([i]))
    for kind, body in (("P1", "1 0 1 0 1 1"), ("P2", "7 1 2 3 4 5 6"), ("P3", "255 " + "9 " * 18)):
        seed("netpbm", f"text-{kind.lower()}", f"{kind} # why\n3 2 {body}")
    seed("netpbm", "pam", b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nabcdef")
    seed("netpbm", "pfm", b"PF\n2 1\n-1.0\n" + struct.pack("<6f", *range(6)))
    for i in (1, 2, 4, 8, 24, 32):  # run lengths and masks, which Pillow does not write
        seed("bmp", f"header-{i}", bmp(i, 0))
    seed("bmp", "rle8", bmp(8, 1, b"\x03\x01\x00\x03\x01\x02\x03\x00\x00\x00\x02\x02\0\x02\x01\0\x00\x01"))
    seed("bmp", "rle4", bmp(4, 2, b"\x03\x12\x00\x04\x12\x34\x00\x00\x00\x01"))
    seed("bmp", "masks16", bmp(16, 3, masks=(0xf800, 0x7e0, 0x1f)))
    seed("bmp", "masks32", bmp(32, 3, masks=(0xff0000, 0xff00, 0xff)))
    seed("png", "interlaced", png_interlaced())
    text = b"tEXt" + b"a\0b"
    seed("png", "text", SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(text[:4], text[4:])
         + chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n      32\n" + orientation(6).hex().encode())) + chunk(b"IDAT", zlib.compress(b"\0a")) + chunk(b"IEND", b""))
    for value in range(0, 10):
        seed("exif", f"orientation-{value}", b"\0" + orientation(value, big=value % 2 == 1, kind=4 if value > 6 else 3, head=b"Exif\0\0" * (value % 3)))
        seed("exif", f"xmp-{value}", b"\1" + xmp(value))
    seed("exif", "both", b"\2" + (b"II*\0\x08\0\0\0\0\0" + b" " * 80)[:88] + xmp(4)[:88])


SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_interlaced(side=5):
    rows = b""
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        width, height = (side - x0 + dx - 1) // dx, (side - y0 + dy - 1) // dy
        if width > 0 and height > 0:
            rows += b"".join(bytes([line % 5]) + bytes(range(3 * width)) for line in range(height))
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 1)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def bmp(bits, compression, data=None, masks=None, width=3, height=2):
    palette = bytes(range(4 * (1 << bits)))[: 4 * (1 << bits)] if bits <= 4 else bytes(i % 251 for i in range(4 * 256)) if bits == 8 else b""
    body = data if data is not None else bytes(range((width * bits + 31) // 32 * 4 * height))
    extra = struct.pack("<3I", *masks) if masks else b""
    offset = 54 + len(extra) + len(palette)
    return (b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(body), 0, 0, 0, 0) + extra + palette + body)


def texts():
    forms = {
        "lines": "tench\ngoldfish\nshark\n", "numbered": "0 tench\n1: goldfish\n2,shark\n", "wordnet": "n01440764 tench, Tinca tinca\nn01443537 goldfish\nn01484850 shark\n",
        "comments": "# a\ntench\n#b\ngoldfish\n", "csv": "index;name\n0;tench\n1;\"gold\"\"fish\"\n2;shark\n", "tabs": "class\tid\ntench\t1\ngoldfish\t0\n",
        "list": '["tench", "goldfish", "shark"]', "map": '{"0": "tench", "1": "goldfish", "2": "shark"}', "back": '{"tench": 0, "goldfish": 1, "shark": 2}',
        "wnids": '{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}', "objects": '[{"id": 0, "name": "tench"}, {"id": 1, "name": "shark"}]',
        "two-ways": '{"int_to_class": {"0": "a", "1": "b"}, "class_to_int": {"a": 0, "b": 1}}', "hf": '{"id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}}',
        "timm": '{"label_names": ["n0", "n1"], "label_descriptions": {"n0": "tench", "n1": "shark"}}', "nested": '{"pretrained_cfg": {"labels": {"classes": ["a", "b"]}}}',
        "yaml": "nc: 2\nnames:\n  0: tench\n  1: 'gold''fish'\n", "yaml-list": "names: [tench, \"gold\\nfish\"]\n", "yaml-items": "labels:\n- tench\n- goldfish # c\n- 'x'\n",
        "python": "{0: 'tench', 1: \"goldfish's\", 2: 'sh\\x61rk'}", "python-list": "['a', 'b\\u00e9', (1)]", "sizes": "[224, 224]", "tuple": "(224, 224)", "escapes": "tench\x1b[31m\ngold\xc3\xa9\x07\n",
    }
    for i, (name, text) in enumerate(forms.items()):
        seed("labels", name, bytes([i % 4]) + text.encode())
    for i, (name, text) in enumerate({
            "twice": '{"0": "a", "00": "b"}', "gap": '{"0": "a", "2": "b"}', "none": "{}", "numbers": '{"0": "1", "1": "0"}', "values": '{"5": "0", "7": "1"}', "years": '{"0": "1990", "1": "1991"}',
            "mixed": '{"0": "a", "b": "1"}', "second": '{"a": 0, "b": "x"}', "null": '["a", null]', "deep": "[" * 70 + "]" * 70, "empty-label": '["a", ""]', "bad-utf8": '["\udcff"]',
            "yaml-block": "names:\n  0: >\n    a\n", "yaml-anchor": "names: &x [a]\n", "yaml-tab": "names:\n\t0: a\n", "yaml-double": 'names: ["a\\u00e9\\x41", "b]\n', "yaml-nested": "names: [[a], {b: c}]\n",
            "yaml-twice": "names: [a]\nnames: [b]\n", "csv-quote": 'a;"b\n', "csv-uneven": "id,name\n0\n1,b,c\n", "csv-ids": "id,name\n0,a\n0,b\n", "python-end": "{0: 'a", "python-x": "{0: 'a\\x4'}", "python-u": "['\\U0001f600']",
            "python-other": "{0: [1], 'x': None}", "python-octal": "['\\101\\q']"}.items()):
        seed("labels", f"bad-{name}", bytes([i % 4]) + text.encode(errors="surrogateescape"))
    seed("labels", "utf16", b"\2" + "tench\ngoldfish".encode("utf-16"))
    recipes = {
        "own": {"resize": 256, "crop": 224, "interpolation": "bicubic", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        "own-all": {"resize": [8, 8], "resize_to": "fit", "resize_multiple": 32, "crop": [4, 4], "crop_offset": "floor", "border": [1, 2, 3], "interpolation": "lanczos", "resampler": "opencv",
                    "antialias": True, "mean": [0, 0, 0], "std": [1, 1, 1], "rescale": 1, "offset": -0.5, "arithmetic": "fused", "channels": "bgr", "exif": "apply"},
        "first-crop": {"first_crop": [0.5, 0.5], "first_crop_of": "shape", "resize": None, "crop": None, "second_std": [2, 2, 2], "mean": 0, "std": 1},
        "torchvision": {"resize_size": [232], "crop_size": [224], "interpolation": "InterpolationMode.BILINEAR", "mean": [0.5], "std": [0.5]},
        "hf": {"image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": 224, "width": 224}, "resample": 2, "do_rescale": True, "rescale_factor": 0.00392156862745098,
               "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]},
        "hf-short": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": {"shortest_edge": 224}, "crop_pct": 0.875, "do_center_crop": True, "crop_size": 224, "do_normalize": False},
        "hf-timm": {"image_processor_type": "TimmWrapperImageProcessor", "pretrained_cfg": {"input_size": [3, 224, 224]}}, "name": "imagenet", "bit": {"image_processor_type": "BitImageProcessor", "size": 224},
        "efficientnet": {"image_processor_type": "EfficientNetImageProcessor", "rescale_offset": True, "include_top": True, "size": {"height": 8, "width": 8}},
        "timm": {"architecture": "resnet18", "pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "border", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
                 "test_input_size": [3, 288, 288], "test_crop_pct": 1.0}},
        "timm-old": {"architecture": "x", "input_size": [3, 8, 8], "mean": [0, 0, 0], "std": [1, 1, 1], "crop_pct": 1, "crop_mode": "squash", "label_names": ["a", "b"]},
    }
    sides = (224, 400, {"height": 8, "width": 6}, {"shortest_edge": 224}, {"shortest_edge": 400}, {"shortest_edge": 8, "longest_edge": 9}, {"max_height": 8}, None, {"height": 0, "width": 3}, {})
    for name in ("ConvNext", "PoolFormer", "TextNet", "Levit", "Perceiver", "Beit"):
        for i, side in enumerate(sides):
            recipes[f"hf-{name.lower()}-{i}"] = {"image_processor_type": name + ("ImageProcessor", "ImageProcessorFast")[i % 2], "size": side, "size_divisor": 16, "crop_pct": (0.9, None, 0.8)[i % 3]}
    for i, field in enumerate(({"resample": 9}, {"resample": "bicubic"}, {"resample": None}, {"resample": 4}, {"image_mean": None}, {"image_std": [0, 1, 1]}, {"rescale_factor": None}, {"crop_pct": 0}, {"do_pad": True},
                               {"do_resize": "yes"}, {"do_flip_channel_order": True}, {"do_center_crop": True, "crop_size": None}, {"do_center_crop": True, "crop_size": {"height": 4, "width": 4}}, {"do_rescale": False})):
        recipes[f"hf-field-{i}"] = {"image_processor_type": ("ViT", "CLIP", "EfficientNet")[i % 3] + "ImageProcessor" + "Fast" * (i % 2), **field}
    for i, name in enumerate(("ImageGPT", "Donut", "MobileViT", "Gemma3", "Nothing")):
        recipes[f"hf-class-{i}"] = {"feature_extractor_type": name + "FeatureExtractor", "do_center_crop": True}
    for name, value in recipes.items():
        seed("recipe", name, json.dumps(value))
    # Names of drivers' tables: fuzz/metadata.cc, fuzz/beside.cc.
    run = lambda key, text: bytes([key, len(text)]) + text.encode()  # noqa: E731
    seed("metadata", "ultralytics", b"\3\0" + run(11, "classify") + run(12, "[224, 224]") + run(13, "{0: 'a', 1: 'b', 2: 'c'}"))
    seed("metadata", "yolov5", b"\2\0" + run(13, "['a', 'b']") + run(14, "32"))
    seed("metadata", "own", b"\2\0" + run(15, '["a","b"]') + run(16, json.dumps(recipes["own"])) + run(17, "y") + run(18, "sigmoid"))
    seed("metadata", "own-all", b"\0\0" + run(16, '{"resize":[8,8],"resize_to":"fit_by_ratio","crop":null,"interpolation":"box","mean":[0,0,0],"std":[1,1,1]}'))
    seed("metadata", "openvino", b"\2\0" + run(22, "a b") + run(23, "123.675 116.28 103.53") + run(24, "58.395 57.12 57.375") + run(25, "True") + run(26, "fit_to_window_letterbox") + run(27, "114") + run(28, "LINEAR"))
    seed("metadata", "openvino-json", b"\2\0" + run(21, json.dumps({"model_type": "Classification", "labels": "a b", "mean_values": "1 2 3", "resize_type": "crop", "intensity_mode": "scale_to_unit",
                                                                   "intensity_max_value": 255, "input_dtype": "u8"})))
    seed("metadata", "windows", b"\2\0" + run(34, "Bgr8") + run(35, "NominalRange_0_255") + run(36, "SRGB") + run(20, "x"))
    seed("metadata", "labels", b"\3\x41" + run(3, "a,b,c") + run(4, '{"0": "a"}') + run(9, '{"a": 0}') + run(37, "ClassificationMultiLabel") + run(38, "multi_label_classification"))
    front, caller, recipe, picture = (lambda text, key=key: bytes([key, len(text)]) + text for key in range(40, 44))
    sizes = bytes([0, 0, 1, 2, 2])  # float32 1x3x224x224
    for i in range(6):
        seed("metadata", f"front-{i}", b"\2\0" + front(bytes([i])) + run(15, '["a","b"]'))
        seed("metadata", f"front-stated-{i}", b"\3\0" + front(bytes([i])) + run(16, '{"mean":[0,0,0],"std":[1,1,1]}'))
        seed("metadata", f"type-{i}", b"\2\0" + picture(bytes([i]) + sizes[1:]))
        seed("metadata", f"recipe-{i}", b"\2\0" + recipe(bytes([i])) + caller(bytes([i * 7])))
    for i, dims in enumerate(([0, 2, 2, 1], [0, 0, 2, 2], [0, 2, 2, 0], [0, 4, 2, 2], [0, 2, 2, 4], [0, 3, 3, 3], [1, 2, 2], [0, 1, 7, 7], [0, 1, 8, 8], [0, 2], [], [0, 0, 1, 2, 2], [0, 1, 1, 1])):
        seed("metadata", f"shape-{i}", b"\2\0" + picture(bytes([0, *dims])))
        seed("metadata", f"shape-size-{i}", b"\2\0" + picture(bytes([1, *dims])) + caller(b"\2"))
    followed = '{"resize":[8,8],"crop":[8,8],"interpolation":"bilinear","mean":[0,0,0],"std":[1,1,1],"first_crop":[4,4],"first_crop_of":"shape"}'
    seed("metadata", "size", b"\2\0" + picture(sizes) + caller(b"\1") + run(16, followed))
    seed("metadata", "size-misfit", b"\2\0" + picture(sizes) + run(16, followed))
    seed("metadata", "flag-misfit", b"\2\0" + picture(sizes) + recipe(followed.encode()))
    seed("metadata", "half", b"\2\0" + front(b"\3") + run(16, '{"mean":[0,0,0]}'))
    seed("metadata", "rescale", b"\2\0" + run(16, '{"rescale":1}'))
    beside = lambda *files: b"".join((bytes([name, len(text)]) if i + 1 < len(files) and len(text) < 256 else bytes([name % 22 + 132])) + text.encode()  # noqa: E731
                                     for i, (name, text) in enumerate(files))
    seed("beside", "kite", b"\2" + beside((0, json.dumps({"labels": ["a", "b"], "preprocess": recipes["own"], "activation": "sigmoid", "scores_from": "y"}))))
    seed("beside", "kite-name", b"\3" + beside((0, '{"recipe": "imagenet"}'), (1, "a\nb\nc\n")))
    seed("beside", "labels", b"\3" + beside((8, "a\nb\nc\n"), (9, '["a","b","c"]'), (10, "0,a\n1,b\n2,c\n")))
    seed("beside", "folders", b"\2" + beside((20, ""), (21, "")))
    seed("beside", "triton", b"\2" + beside((8, "a\nb\n"), (19, 'name: "m" # c\noutput [ { name: "y" label_filename: "labels.txt" } ]\n')))
    seed("beside", "hf", b"\xc3" + beside((16, forms["hf"]), (17, json.dumps(recipes["hf"]))))
    seed("beside", "timm", b"\xc2" + beside((16, json.dumps(recipes["timm"]))))
    seed("beside", "custom-vision", b"\2" + beside((18, json.dumps({"CustomVision.Preprocess.ResizeMethod": "Stretch", "CustomVision.Preprocess.TargetWidth": "224", "CustomVision.Preprocess.TargetHeight": "224",
         "CustomVision.Postprocess.Method": "ClassificationMultiClass", "Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": "Normalized_0_1", "CustomVision.Preprocess.CropMethod": "NoCrop"}))))
    seed("beside", "flag", b"\x83" + beside((10, forms["csv"])))
    seed("beside", "yaml", b"\2" + beside((14, forms["yaml"])))


def arrays():
    def npy(array, version=None, fortran=False):
        out = io.BytesIO()
        np.lib.format.write_array(out, np.asfortranarray(array) if fortran else array, version=version, allow_pickle=False)
        return out.getvalue()

    for dtype in ("float32", "float64", "float16", "int8", "uint8", "int16", "uint16", "int32", "int64", "uint32", "uint64", "bool"):
        seed("npy", dtype, npy(np.arange(6).reshape(2, 3).astype(dtype)))
    seed("npy", "fortran", npy(np.arange(6, dtype="int8").reshape(2, 3), fortran=True))
    seed("npy", "scalar", npy(np.float32(3)))
    seed("npy", "empty", npy(np.zeros((0, 3), "float32")))
    seed("npy", "v2", npy(np.arange(3, dtype="int8"), (2, 0)))
    seed("npy", "v3", npy(np.arange(3, dtype="int8"), (3, 0)))
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("a/model.onnx", b"\x08\x08" * 40)
            archive.writestr("labels.txt", "a\nb\n")
        seed("zip", name, out.getvalue())
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            with archive.open("best.onnx", "w", force_zip64=True) as member:
                member.write(b"x" * 50)
            archive.comment = b"comment"
        seed("zip", f"zip64-{name}", out.getvalue())
        for save in (np.savez, np.savez_compressed):
            out = io.BytesIO()
            save(out, decode=np.zeros((2, 2, 3), "uint8"), normalise=np.zeros((1, 3, 2, 2), "float32"), logits=np.arange(3, dtype="float32"))
            seed("recording", f"{save.__name__}", out.getvalue())
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("dir/", "")
        archive.writestr("../x.onnx", "y")
    seed("zip", "escape", out.getvalue())
    seed("zip", "empty", b"PK\5\6" + b"\0" * 18)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("about.json", json.dumps({"program": "torchvision 0.29", "versions": {"torch": "2"}, "stages": {"resize": "bilinear"}}))
        archive.writestr("crop.npy", npy(np.zeros((2, 2, 1), "uint8")))
    seed("recording", "about", out.getvalue())
    seed("recording", "one", zip_of("logits.npy", npy(np.arange(3, dtype="float64"))))
    seed("recording", "fortran", zip_of("resize.npy", npy(np.zeros((2, 2, 3), "uint8"), fortran=True)))


def zip_of(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def race():
    plan = {"kind": "plan", "format": 1, "hash": "h1", "environment": "e1", "models": [{"id": "m"}], "contestants": [{"id": "a", "track": "default"}], "cells": [{"id": 0, "contestant": "a", "model": "m", "mode": "no_pre", "threads": 1, "workload": "a"}]}
    lines = [plan, {"kind": "process", "cell": 0, "round": 2, "status": "ok", "samples": {"input": [0], "ms": [1.5], "index": [3], "score": ["nan"]}, "peak_rss_bytes": 18446744073709551615},
             {"kind": "note", "about": "warning", "model": "m", "text": "t"}, {"kind": "parity", "contestant": "a", "model": "m", "equal": True},
             {"kind": "decision", "rounds": 12, "counts": {"1": 20}, "why": "w", "heats": [{"id": 0, "cells": [0], "sets": 3}]},
             {"kind": "set", "heat": 0, "set": 1, "blocks": [{"cell": 0, "cycle": 0, "wall_ns": 5, "samples": {"input": [0], "ms": [1], "index": [0], "score": [0.5]}}], "processes": [{"cell": 0}]}]
    texts = [json.dumps(line) for line in lines]
    seed("journal", "whole", "\n".join(texts) + "\n")
    seed("journal", "torn", "\n".join(texts[:2]) + '\n{"kind": "no')
    for i, text in enumerate(texts):
        seed("journal", f"line-{i}", text + "\n")
    for i, text in enumerate(texts[1:] + ['{"kind": "note", "text": "' + note + '"}' for note in ("judge of m: x", "invalid: the reference x cannot run m", "invalid: m", "other")]
                             + [texts[0], '{"kind": "process", "cell": 7}', '{"kind": "decision", "counts": {"9": 1}}', '{"kind": "decision", "heats": [{"id": 0, "cells": [4]}]}',
                                '{"kind": "set", "blocks": [{"cell": 3}]}', '{"kind": "set", "processes": [{"cell": 3}]}', '{"kind": "x"}', '{"kind": 3}', "[]", "{"]):
        seed("journal", f"second-{i}", texts[0] + "\n" + text + "\n")
    seed("journal", "twice", "\n".join([texts[0], texts[4], texts[4]]) + "\n")
    seed("journal", "format", texts[0].replace('"format": 1', '"format": 2') + "\n")
    seed("journal", "cells", texts[0].replace('"id": 0', '"id": 1') + "\n")
    for kind in ("mode", "track", "status", "purpose"):
        seed("journal", f"word-{kind}", json.dumps({"kind": "process", "cell": 0, kind: "nothing"}) + "\n")
    journal = next(ROOT.glob("docs/**/journal.jsonl"), None)
    if journal is not None:
        for i, line in enumerate(journal.read_text().splitlines()[:4]):
            seed("journal", f"real-{i}", line + "\n")
    said = ['{"phase": "load", "t_ns": 5}\n{"sample": 0, "input": 0, "ms": 1.25, "index": 2, "score": 0.5}\n{"done": true}\n', '{"ready": true}\n', '{"info": {"versions": {"a": "1"}}}\n',
            '{"block": 0, "samples": [{"input": 0, "ms": 1, "index": 1, "score": 0.5}]}\n', '{"answer": {"index": 1, "label": "crane", "score": 0.25}}\n']
    for i, text in enumerate(said):
        seed("contestant", f"protocol-{i}", bytes([i * 7]) + text.encode())
    phases = [json.dumps({"phase": name, "t_ns": 5 + i}) for i, name in enumerate(("runtime", "loaded", "first", "done"))]
    one = {"sample": 0, "input": 0, "ms": 1.25, "index": 2, "score": 0.5}
    whole = [*phases[:3], json.dumps(one), phases[3]]
    changed = [whole, whole[:4], [*phases[:3], phases[3]], [*whole, "{}"], [phases[1]], ['{"phase": "runtime", "t_ns": "5"}'], ['{"phase": "runtime", "t_ns": -9000000}'],
               ['{"phase": "runtime", "t_ns": 18446744073709551615}'], [phases[0], '{"phase": "loaded", "t_ns": 1}'], [*whole[:4], whole[3]], ['{"mark": 3}'],
               ['{"mark": "a", "pss_bytes": 5, "vm_hwm_bytes": null}', *whole], ['{"mark": "a", "pss_bytes": -5}'], ['{"mark": "m"}'] * 80, ['{"info": 3}'],
               ['{"info": {"a": "b", "c": {"d": 1, "e": [2]}}}', *whole], ['{"info": {' + ", ".join(f'"k{i}": 1' for i in range(300)) + "}}"]]
    changed += [[*phases[:3], json.dumps(one | more)] for more in ({"sample": 1}, {"input": 1}, {"ms": 0}, {"score": "x"}, {"index": -1}, {"index": 5}, {"ms": None})]
    for i, rows in enumerate(changed):
        seed("contestant", f"rows-{i}", bytes([0]) + "\n".join(rows).encode() + b"\n")
        seed("contestant", f"rows-known-{i}", bytes([3]) + "\n".join(rows).encode() + b"\n")
    blocks = ([[0, 1.5, 2, 0.5]], [], [[1, 1, 1, 1]], [[0, 1, 1]], [[0, "x", 1, 1]], [[0, 0, 1, 1]], [[0, 1, 9, 1]], [3])
    for i, block in enumerate(blocks):
        seed("contestant", f"block-{i}", b"\5" + json.dumps({"block": i % 2 and 5, "samples": block}).encode())
        seed("contestant", f"block-known-{i}", b"\0" + json.dumps({"block": 0, "samples": block}).encode())
    tops = ('{"top": [{"index": 1, "label": "crane", "score": 0.5}]}', '{"top": []}', '{"top": [3]}', '{"top": [{"index": -1, "score": 1}]}', '{"top": [{"index": 9999999999, "score": 1}]}',
            '{"top": [{"index": 1, "score": 7}]}', "50, Paper, Kite, 0.9957", "1, a, 2.5", "-1, a, 0.5", "1, a", "x, a, 0.5", "1, a, 0.5\nmore", "", "1, " + "a" * 70)
    for i, text in enumerate(tops):
        seed("contestant", f"top-{i}", b"\2" + text.encode() + b"\n")
        seed("contestant", f"top-known-{i}", b"\5" + text.encode() + b"\n")
    for i, text in enumerate(("great white shark: 93.1 %\ntench 0.04\n", "1\n", "class 2 (crane) 12.5 ms\n", "GREAT-WHITE_SHARK\t0.5\n", "\x1b[1mtench\x1b[0m\n")):
        seed("contestant", f"answer-{i}", bytes([i]) + text.encode())


def calls():
    draws = random.Random(23)
    flow = bytes([0, 0, 1, 0, 0, 1, 2, 0, 0, 0, 5, 0, 1, 3, 6, 0, 0, 7, 0, 0, 0, 1, 9, 0, 0, 11, 0, 0, 0, 12, 0, 0, 3, 13, 0, 0, 14, 1, 0, 0, 0, 0, 15, 0, 2])
    seed("c_calls", "flow", flow)
    seed("c_calls", "all", bytes([2, 0, 0, 0, 5, 0, 1, 3, 8, 3, 0, 0, 3, 7, 0, 1, 9, 0, 0]))
    seed("c_calls", "tensor", bytes([10, 0, 2, 5, 1, 3, 4, 4, 0, 0, 12, 0, 0, 3, 14, 1, 0, 0, 0, 0]))
    seed("c_calls", "pixels", bytes([3, 0, 5, 5, 3, 1, 0, 0, 5, 0, 1, 3, 7, 0, 0, 0, 1, 4, 1, 7, 1, 0, 1, 1, 16, 0, 2, 17, 0]))
    for i in range(6):
        seed("c_calls", f"drawn-{i}", draws.randbytes(60))
    seed("plan", "none", b"")
    for i in range(8):
        seed("plan", f"header-{i}", b"".join(struct.pack("<I", draws.randrange(512) | draws.randrange(256) << 24) for _ in range(i % 3 + 1)))
    for i in range(8):
        seed("plan", f"body-{i}", b"".join(struct.pack("<I", draws.randrange(1 << 16) | draws.randrange(256) << 24) for _ in range(i % 3 + 1)))


def models():
    sys.path.insert(0, str(ROOT / "tests" / "grammar"))
    import campaign  # it needs kite

    supported = campaign.supported_operators()
    drawn = 0
    for number, focus in enumerate(sorted(set(supported) & set(campaign.PRODUCTIONS))):
        model = campaign.draw(4000 + number, supported, focus)
        if model is None:
            continue
        data = model[0].SerializeToString()
        name = "-".join(part for part in focus if part).lower()
        for driver in ("graphs", "onnx"):
            seed(driver, name, data)
        if number % 8 == 0:
            seed("wire", name, data)
        drawn += 1
    tensor = __import__("onnx").numpy_helper.from_array(np.arange(6, dtype="float32").reshape(2, 3), "t")
    seed("wire", "tensor", tensor.SerializeToString())
    tensors()
    seed("wire", "group", b"\x9b\x06\x08\x01\x9c\x06")
    seed("wire", "lfs", b"version https://git-lfs.github.com/spec/v1\n")
    print(f"make_seeds: {drawn} models of {len(supported)} operators")


def tensors():
    """Of each element type in each field that may hold it, and in a file of the folder that fuzz/wire.cc makes."""
    onnx = __import__("onnx")
    kinds = onnx.TensorProto
    fields = {"float_data": ("FLOAT",), "double_data": ("DOUBLE",), "int64_data": ("INT64",), "uint64_data": ("UINT32", "UINT64"),
              "int32_data": ("INT32", "INT16", "UINT16", "INT8", "UINT8", "BOOL", "FLOAT16", "BFLOAT16", "INT4", "UINT4", "INT2", "UINT2")}
    widths = {"INT4": 2, "UINT4": 2, "INT2": 4, "UINT2": 4}
    for field, names in fields.items():
        for name in names:
            tensor = kinds(name="t", data_type=getattr(kinds, name), dims=[2 * widths.get(name, 1)])
            getattr(tensor, field).extend([1, 0])
            seed("wire", f"typed-{name.lower()}", tensor.SerializeToString())
    for name, raw in (("BOOL", b"\2"), ("INT4", b"\x21"), ("UINT2", b"\xe4"), ("STRING", b""), ("COMPLEX64", b"12345678")):
        seed("wire", f"raw-{name.lower()}", kinds(name="t", data_type=getattr(kinds, name), dims=[2 if name in widths else 1], raw_data=raw).SerializeToString())
    seed("wire", "too-large", kinds(data_type=kinds.INT8, dims=[1], int32_data=[300]).SerializeToString())
    seed("wire", "two-places", kinds(data_type=kinds.INT8, dims=[1], int32_data=[3], raw_data=b"3").SerializeToString())
    seed("wire", "no-data", kinds(data_type=kinds.INT8, dims=[1]).SerializeToString())
    seed("wire", "other-field", kinds(data_type=kinds.INT8, dims=[1], float_data=[1]).SerializeToString())
    seed("wire", "too-many", kinds(data_type=kinds.INT8, dims=[1], int32_data=[1, 2]).SerializeToString())
    locations = ("w", "d/w", "e/w", "l", "o", "n", "m", "q", "d", "../out/x", "", "/w", "c:w", "d/", "w/w", "./w", "w\0")
    entries = [[("location", location)] for location in locations] + [
        [("location", "w"), ("offset", "4"), ("length", "4")], [("location", "w"), ("offset", "63")], [("location", "w"), ("length", "5")],
        [("location", "w"), ("offset", "-1")], [("location", "w"), ("location", "w")], [("offset", "1")], [("location", "w"), ("basepath", "/")]]
    for i, pairs in enumerate(entries):
        tensor = kinds(name="t", data_type=kinds.FLOAT, dims=[1], data_location=kinds.EXTERNAL)
        for key, value in pairs:
            tensor.external_data.add(key=key, value=value)
        seed("wire", f"external-{i}", tensor.SerializeToString())


def main():
    global FOLDER
    FOLDER = pathlib.Path(sys.argv[1])
    for make in (pictures, texts, arrays, race, calls, models):
        make()


if __name__ == "__main__":
    main()
