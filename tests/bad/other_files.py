# SPDX-License-Identifier: Apache-2.0
"""F01-F05: the other files that somebody may send: zips with a model, recordings, journals of a race, series of noise, texts that
lie beside a model."""

import io
import json
import os
import struct
import zipfile

import numpy as np

from row import INPUT, IO, LIMIT, MODEL, OK, UNSUPPORTED, USAGE, Call, Start, classifier, content_of, plain_picture, relu, row, try_classifier

# ---- F01: zips


def zipped(*members, method=zipfile.ZIP_DEFLATED, edit=lambda content: content):
    """members: (name or ZipInfo, content)."""

    def make(folder):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, content in members:
                archive.writestr(name, content() if callable(content) else content)
        (folder / "m.zip").write_bytes(edit(buffer.getvalue()))
        return Call(folder / "m.zip")

    return make


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def stated_size(size):
    """Another size in the central directory than there is."""

    def edit(content):
        at = content.index(b"PK\1\2")
        return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]

    return edit


def flag_encrypted(content):
    at = content.index(b"PK\1\2")
    return content[:6] + b"\1" + content[7 : at + 8] + b"\1" + content[at + 9 :]


GOOD = content_of(relu())
REFUSED = f"{MODEL}|{UNSUPPORTED}|{IO}|{LIMIT}"
for name, expected, make in [
    ("good", OK, zipped(("m.onnx", GOOD))),
    ("stored", OK, zipped(("m.onnx", GOOD), method=zipfile.ZIP_STORED)),
    ("up", REFUSED, zipped(("../m.onnx", GOOD))),
    ("far_up", REFUSED, zipped(("m.onnx", GOOD), ("a/../../../../../../../../tmp/x.bin", b"x"))),
    ("absolute", REFUSED, zipped(("/tmp/m.onnx", GOOD))),
    ("backslash", f"{OK}|{REFUSED}", zipped(("..\\m.onnx", GOOD))),
    ("escape_in_a_name", f"{OK}|{REFUSED}", zipped(("\x1b[31m\x07.onnx", GOOD))),
    ("link_to_a_file", REFUSED, zipped((link("m.onnx"), "/etc/passwd"))),
    ("nothing", REFUSED, zipped()),
    ("no_model", REFUSED, zipped(("notes.txt", b"x"))),
    ("two_models", USAGE, zipped(("a.onnx", GOOD), ("b.onnx", GOOD))),
    ("zip_in_zip", REFUSED, zipped(("m.zip", GOOD))),
    ("65537_files", LIMIT, zipped(("m.onnx", GOOD), *[(f"{i}.md", b"") for i in range(65_536)])),
    ("name_of_60000", f"{OK}|{REFUSED}", zipped(("a" * 60_000 + ".onnx", GOOD))),
    ("states_4_GB", REFUSED, zipped(("m.onnx", GOOD), edit=stated_size(2**32 - 2))),
    ("states_0", REFUSED, zipped(("m.onnx", GOOD), edit=stated_size(0))),
    ("encrypted", REFUSED, zipped(("m.onnx", GOOD), edit=flag_encrypted)),
    ("bzip2", REFUSED, zipped(("m.onnx", GOOD), method=zipfile.ZIP_BZIP2)),
    ("junk_before", f"{OK}|{REFUSED}", zipped(("m.onnx", GOOD), edit=lambda content: b"x" * 1000 + content)),
    ("damaged_data", REFUSED, zipped(("m.onnx", GOOD), edit=lambda content: content[:40] + bytes(8) + content[48:])),
    ("zeros_of_200_MB", REFUSED, zipped(("m.onnx", lambda: bytes(200 << 20)))),
]:
    row(
        "F01",
        f"zip_{name}",
        expected,
        make,
        *(["unpack the archive"] if name == "two_models" else []),
        heavy=name in ("65537_files", "zeros_of_200_MB"),
    )
for part in range(1, 20):
    row(
        "F01",
        f"zip_cut_{part:02}",
        REFUSED,
        zipped(("m.onnx", GOOD), edit=lambda content, part=part: content[: len(content) * part // 20]),
        heavy=part % 5 != 0,
    )


# ---- F02: recordings, to which verify compares


def recording(make):
    def maker(folder):
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        plain_picture(folder)
        content = make()
        (folder / "r.npz").write_bytes(content)
        return Start(["verify", "m.onnx", "good.png", "--recipe", "imagenet", "--reference", "r.npz"])

    return maker


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npz_of(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


for name, make in {
    "empty": lambda: b"",
    "junk": lambda: b"junk" * 100,
    "zip_of_nothing": lambda: npz(),
    "of_no_array": lambda: npz_of("y.npy", b"junk"),
    "of_objects": lambda: npz(y=np.array([None])),
    "of_other_names": lambda: npz(nothing=np.zeros(3, np.float32)),
    "of_other_shapes": lambda: npz(y=np.zeros((7, 7), np.float32)),
    "cut": lambda: npz(y=np.zeros((1, 3), np.float32))[:-30],
    "name_up": lambda: npz_of("../../y.npy", b"junk"),
    "escape": lambda: npz_of("\x1b[31m.npy", b"junk"),
    "300_MB_of_zeros": lambda: npz_of("y.npy", b"\x93NUMPY\1\0\x76\0" + bytes(300 << 20)),
    "huge_shape": lambda: npz_of(
        "y.npy", b"\x93NUMPY\1\0\x76\0" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }".ljust(117) + b"\n"
    ),
}.items():
    row("F02", f"recording_{name}", f"{OK}|{REFUSED}|{INPUT}|{USAGE}|some", recording(make), heavy=name == "300_MB_of_zeros")

# ---- F03: a race's journal, and a series of noise


def file_for(arguments, name, content):
    def make(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content() if callable(content) else content)
        return Start(arguments)

    return make


LINES = {
    "empty": b"",
    "junk": b"\xff\xfe junk \x00",
    "object": b"{}\n",
    "list": b"[]\n",
    "cut": b'{"kind": "race", ',
    "deep": b"[" * 100_000 + b"\n",
    "objects_deep": b'{"a":' * 100_000 + b"\n",
    "1e999": b'{"kind": "race", "seed": 1e999}\n',
    "number_of_1_MB": b'{"seed": ' + b"9" * 1_000_000 + b"}\n",
    "escape": b'{"kind": "\\u001b[31m", "\x1b[31m": 1}\n',
    "no_utf8": b'{"kind": "\xff"}\n',
    "line_of_20_MB": lambda: b'{"a": "' + b"x" * (20 << 20) + b'"}\n',
    "key_twice": b'{"kind": "race", "kind": "sample"}\n',
}
for name, content in LINES.items():
    row("F03", f"journal_{name}", f"{REFUSED}|{INPUT}|{USAGE}", file_for(["race", "report", "race"], "race/journal.jsonl", content))
    row("F03", f"compared_{name}", f"{REFUSED}|{INPUT}|{USAGE}", file_for(["race", "compare", "race", "race"], "race/journal.jsonl", content))
for name, content in {
    "empty": b"",
    "junk": b"junk\n",
    "zeros": bytes(1000),
    "words": b"threads,begin_s,wall_ms,cpu_ms,piece_ms\na,b,c,d,e\n",
    "nan": b"# x\nthreads,begin_s,wall_ms,cpu_ms,piece_ms\n1,nan,nan,nan,nan\n" * 3,
    "huge": b"# x\nthreads,begin_s,wall_ms,cpu_ms,piece_ms\n" + b"1,1e308,1e308,1e308,1e308\n" * 50,
    "negative": b"# x\nthreads,begin_s,wall_ms,cpu_ms,piece_ms\n" + b"-1,-1,-1,-1,-1\n" * 50,
    "threads_2e31": b"# x\nthreads,begin_s,wall_ms,cpu_ms,piece_ms\n" + b"2147483647,0,1,1,1\n" * 50,
    "escape": b"# \x1b[31m\nthreads,begin_s,wall_ms,cpu_ms,piece_ms\n" + b"1,0,1,1,1\n" * 3,
    "columns_missing": b"# x\nthreads,begin_s\n1,2\n",
}.items():
    row("F04", f"series_{name}", f"{OK}|{REFUSED}|{INPUT}|{USAGE}", file_for(["doctor", "--noise", "--read", "n.csv"], "n.csv", content))

# ---- F05: what lies beside a model: other libraries' files, hostile

for name, content in {
    "config.json": [
        b"{",
        b"[]",
        b'{"id2label": 3}',
        b'{"id2label": {"0": "\\u001b[31m", "1": "b", "2": "c"}}',
        b'{"id2label": {"x": "a"}}',
        b"[" * 100_000,
        bytes(100),
        b"\xff\xff",
    ],
    "labels.txt": [b"", b"\x1b[31m\nb\nc\n", b"a\0\nb\nc\n", b"x" * (17 << 20)],
    "synset.txt": [b"", b"n1\nn2\n"],
    "metadata.yaml": [b"names:\n  0: [", b"names: &a [*a]\n", b"a: " * 10_000, b"names:\n  0: \x1b[31m\n  1: b\n  2: c\n", b"{" * 100_000],
    "m.xml": [b"<net", b"<a>" * 50_000, b'<!DOCTYPE a [<!ENTITY b "bbbb">]><net>&b;</net>'],
    "labels.json": [b"[", json.dumps(["\x1b[31m", "b", "c"]).encode(), json.dumps([["a"] * 3]).encode()],
    "config.pbtxt": [b"input {", b"a: {" * 50_000, b'output { label_filename: "../../../../etc/passwd" }', b'output { label_filename: "/dev/zero" }'],
}.items():
    for place, content_ in enumerate(content):
        row("F05", f"beside_{name}_{place}", f"{OK}|{MODEL}|{UNSUPPORTED}|{LIMIT}|{IO}", try_classifier(classifier(), {name: content_}))


def folder_of_links(folder):
    """A model's folder in which everything that may lie there is a link out of it or a pipe."""
    inner = folder / "model"
    inner.mkdir()
    (inner / "model.onnx").write_bytes(content_of(classifier()))
    for name in ("config.json", "labels.txt", "preprocessor_config.json", "model.kite.json"):
        os.symlink("/dev/zero", inner / name)
    os.mkfifo(inner / "metadata.yaml")
    return Call(inner / "model.onnx", plain_picture(folder))


row("F05", "links_to_devices_beside_it", f"{OK}|{MODEL}|{IO}|{LIMIT}", folder_of_links)
