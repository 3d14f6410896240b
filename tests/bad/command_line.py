# SPDX-License-Identifier: Apache-2.0
"""C01-C07: lists, names, standard input, flags, limits and environments. (Outputs, streams and signals: tests/cli/test_outputs.py;
folders: test_inputs.py; numbers in flags: both, and here every option of every verb.)"""

import functools
import json
import os
import re
import resource
import subprocess

import numpy as np

from row import IMAGE, IO, LIMIT, MODEL, OK, UNSUPPORTED, UNSUPPORTED_IMAGE, USAGE, Start, classifier, content_of, plain_picture, row
from sanitizers import skips
from ways import KITE

SOME = "some"  # exit code 1: some pictures failed, and the others are answered
VERBS = (
    "classify",
    "run",
    "bench",
    "inspect",
    "profile",
    "compile",
    "verify",
    "pack",
    "unpack",
    "doctor",
    "cache ls",
    "cache clear",
    "completion",
    "manual",
)


def prepared(folder):
    (folder / "m.onnx").write_bytes(content_of(classifier()))
    np.save(folder / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
    plain_picture(folder)


def start(*arguments, **options):
    """In a folder with m.onnx, x.npy and good.png."""

    def make(folder):
        prepared(folder)
        return Start(list(arguments), **options)

    return make


CLASSIFY = ["classify", "m.onnx", "--recipe", "imagenet", "--format", "jsonl"]

# ---- C01


def pictures(count):
    def check(result):
        found = result.stdout.count(b'"top"')
        return None if found == count else f"{found} pictures are answered, not {count}"

    return check


def mixed_folder(folder):
    prepared(folder)
    inner = folder / "mix"
    inner.mkdir()
    for i in range(3):
        (inner / f"ok{i}.png").write_bytes((folder / "good.png").read_bytes())
    (inner / "junk.jpg").write_bytes(b"junk")
    (inner / "empty.png").write_bytes(b"")
    (inner / "note.txt").write_text("x")
    (inner / "folder.jpg").mkdir()
    for target, name in (("nowhere", "broken.jpg"), ("loop.jpg", "loop.jpg"), ("/dev/zero", "zeros.jpg")):
        os.symlink(target, inner / name)
    os.mkfifo(inner / "fifo.jpg")
    return Start([*CLASSIFY, "mix"], check=pictures(3))


row("C01", "mixed_folder", SOME, mixed_folder)
NAMES = [
    b"new\nline.png",
    b'quo"te.png',
    b"comma,x.png",
    b"\xff\xfe.png",
    b"-dash.png",
    b"--help.png",
    b"@at.png",
    b"x" * 251 + b".png",
    b"\x1b[31mred.png",
    b" space .png",
    b"tab\t.png",
    b"%s%n.png",
    b"$(id).png",
    b"a\\b.png",
    b"UPPER.PNG",
]


def odd_names(form):
    def make(folder):
        prepared(folder)
        (folder / "names").mkdir()
        for name in NAMES:
            with open(os.path.join(os.fsencode(folder), b"names", name), "wb") as file:
                file.write((folder / "good.png").read_bytes())
        return Start(
            ["classify", "m.onnx", "names", "--recipe", "imagenet", "--format", form, "-k", "1"],
            check=pictures(len(NAMES)) if form == "jsonl" else None,
        )

    return make


for form in ("table", "json", "jsonl", "csv"):
    row("C01", f"odd_names_{form}", OK, odd_names(form))


def made(make, *arguments, **options):
    def maker(folder):
        prepared(folder)
        make(folder)
        return Start([*CLASSIFY, *arguments], **options)

    return maker


row("C01", "two_dashes_before_a_name", OK, made(lambda f: (f / "-k").write_bytes((f / "good.png").read_bytes()), "good.png", "--", "-k", check=pictures(2)))


def shown_safely(form):
    """Names of pictures that fail and of those that do not: no control character, no character that turns the line around."""
    names = (b"\x1b[31mbad.png", b"\xc2\x9b31mbad.png", b"\x7fbad.png", "\u202ebad.png".encode(), "\u2066.png".encode(), b"\xc2\x85.png")

    def make(folder):
        prepared(folder)
        (folder / "names").mkdir()
        for at, name in enumerate(names):
            with open(os.path.join(os.fsencode(folder), b"names", name), "wb") as file:
                file.write(b"junk" if at % 2 == 0 else (folder / "good.png").read_bytes())

        def check(result):
            said = (result.stdout + result.stderr).decode()
            raw = {c for c in said if c not in "\n\t" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or "\u202a" <= c <= "\u2069")}
            if form.startswith("json") and [json.loads(line.rstrip(","))["image"] for line in result.stdout.decode().split("\n") if "image" in line] != [
                f"names/{os.fsdecode(name)}" for name in sorted(names)
            ]:
                return f"other names: {result.stdout}"
            return f"shows {raw}" if raw else None

        return Start(["classify", "m.onnx", "names", "--recipe", "imagenet", "--format", form, "-k", "1"], check=check)

    return make


for form in ("table", "json", "jsonl", "csv"):
    row("C01", f"controls_in_names_{form}", SOME, shown_safely(form))
row("C01", "csv_of_one_that_fails", IMAGE, start(*CLASSIFY[:-1], "csv", "m.onnx"))

LISTED = f"{USAGE}|{IO}|{LIMIT}"
for name, expected, make, argument in [
    ("list", OK, lambda f: (f / "l").write_text("good.png\r\n\ngood.png\n"), "@l"),
    ("list_empty", USAGE, lambda f: (f / "l").touch(), "@l"),
    ("list_missing", LISTED, lambda f: None, "@l"),
    ("list_folder", LISTED, lambda f: None, "@."),
    ("list_nothing", LISTED, lambda f: None, "@"),
    ("list_binary", LISTED, lambda f: (f / "l").write_bytes(bytes(range(256)) * 40), "@l"),
    ("list_of_one_line", f"{LISTED}", lambda f: (f / "l").write_bytes(b"a" * 5_000_000), "@l"),
    ("list_for_ever", LISTED, lambda f: None, "@/dev/zero"),
    ("list_of_itself", f"{SOME}|{IMAGE}|{LISTED}", lambda f: (f / "l").write_text("@l\n"), "@l"),
    ("list_of_junk", SOME, lambda f: (f / "l").write_text("good.png\nx.npy\nnone.png\n"), "@l"),
    ("empty_folder", IO, lambda f: (f / "empty").mkdir(), "empty"),
    ("fifo", f"{IO}|{IMAGE}", lambda f: os.mkfifo(f / "p"), "p"),
    ("model_as_picture", IMAGE, lambda f: None, "m.onnx"),
    ("no_name", IO, lambda f: None, ""),
    ("zero_in_list", USAGE, lambda f: (f / "l").write_bytes(b"good.png\0x\n"), "@l"),
]:
    row("C01", name, expected, made(make, argument))
for name, expected, content in [
    ("whole", OK, None),
    ("empty", IMAGE, b""),
    ("junk", IMAGE, b"junk" * 1000),
    ("50_MB", f"{IMAGE}|{LIMIT}", b"\xff\xd8\xff" + bytes(50 << 20)),
]:

    def from_stdin(folder, content=content):
        prepared(folder)
        return Start([*CLASSIFY, "-"], stdin=(folder / "good.png").read_bytes() if content is None else content)

    row("C01", f"stdin_{name}", expected, from_stdin)
row("C01", "stdin_is_a_folder", IO, start(*CLASSIFY, "-", program='exec "$@" </'))
row("C01", "stdin_is_closed", f"{IO}|{IMAGE}", start(*CLASSIFY, "-", program='exec "$@" <&-'))
row(
    "C03",
    "interrupted_while_it_reads",
    "interrupted",
    start(*CLASSIFY, "-", program='mkfifo p; exec 9<>p; exec timeout --preserve-status -s INT 0.5 "$@" <&9'),
)
row(
    "C03",
    "ended_while_it_reads",
    "interrupted",
    start(*CLASSIFY, "-", program='mkfifo p; exec 9<>p; exec timeout --preserve-status -s TERM 0.5 "$@" <&9'),
)
row("C01", "picture_of_a_process", IO, start(*CLASSIFY, "/dev/fd/9", program='cat good.png | { exec "$@" 9<&0; }'))

# ---- C04: every verb, every option of it, with values that are none


def options_of(verb):
    """(name, type) of the options with a value, from the help."""
    text = subprocess.run([KITE, *verb.split(), "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  (?:-\w,)?(--[a-z-]+) ([A-Z][^\s:]*|INT|FLOAT)", text, re.MULTILINE)


REQUIRED = {
    "classify": ["m.onnx", "good.png"],
    "run": ["m.onnx"],
    "bench": ["m.onnx", "--iters", "1"],
    "inspect": ["m.onnx"],
    "profile": ["m.onnx", "--runs", "1"],
    "compile": ["m.onnx", "-o", "out.plan"],
    "verify": ["m.onnx"],
    "pack": ["m.onnx", "-o", "out.onnx", "--recipe", "imagenet"],
    "unpack": ["m.onnx"],
    "doctor": [],
    "cache ls": [],
    "cache clear": [],
    "completion": [],
    "manual": [],
}
VALUES = {
    "empty": "",
    "word": "nonsense",
    "negative": "-1",
    "huge": "99999999999999999999",
    "nan": "nan",
    "escape": "\x1b[31m\x07",
    "long": "a" * 5000,
    "folder": "/dev/null/folder/x",  # where not even root can make one
    "spaces": " 1 ",
    "json": '{"a": [',
    "equals": "=x",
    "percent": "%s%n",
    "link": "/dev/full",
}
HARMLESS = f"{OK}|{USAGE}|{IO}|{LIMIT}|{MODEL}|{UNSUPPORTED}|invalid-input|{IMAGE}|{UNSUPPORTED_IMAGE}|{SOME}"


def every_option(verb, kind):
    """One row tries all options of a verb: no crash, one error line of the form, and the empty value is always refused."""

    def make(folder):
        prepared(folder)

        def check(_):
            import ways

            for name, _ in options_of(verb):
                if name in ("--noise",):  # measures for as long as it is told
                    continue
                result = ways.ended([KITE, *verb.split(), *REQUIRED[verb], f"{name}={VALUES[kind]}"], folder)
                answer = ways.answer_of(result)
                if answer.code not in HARMLESS.split("|") or (kind == "empty" and answer.code != USAGE):
                    return f"{verb} {name}={VALUES[kind]!r}: {answer.code}: {answer.message[:300]}"
                if answer.code not in ("ok", SOME) and not answer.message:
                    return f"{verb} {name}={VALUES[kind]!r}: no message"
            return None

        return Start([*verb.split(), "--help"], check=check)

    return make


for verb in VERBS:
    for kind in VALUES:
        row(
            "C04",
            f"{verb.replace(' ', '_')}_{kind}",
            OK,
            every_option(verb, kind),
            heavy=kind not in ("empty", "escape") or verb not in ("classify", "verify"),
        )
    if verb not in ("cache ls", "cache clear"):
        row("C04", f"{verb}_unknown_flag", USAGE, start(*verb.split(), *REQUIRED[verb], "--bogus"))
for name, arguments in {
    "nothing": [],
    "unknown_verb": ["bogus"],
    "empty_verb": [""],
    "classify_nothing": ["classify"],
    "classify_no_picture": ["classify", "m.onnx"],
    "run_no_input": ["run", "m.onnx"],
    "run_input_without_name": ["run", "m.onnx", "--input", "x.npy"],
    "run_input_twice": ["run", "m.onnx", "--input", "x=x.npy", "--input", "x=x.npy"],
    "run_input_unknown": ["run", "m.onnx", "--input", "z=x.npy"],
    "run_output_unknown": ["run", "m.onnx", "--input", "x=x.npy", "--output", "z=o.npy"],
    "compile_no_output": ["compile", "m.onnx"],
    "cache_nothing": ["cache"],
    "cache_unknown": ["cache", "nope"],
    "escape_in_a_verb": ["\x1b[31m"],
    "flag_with_a_value": ["classify", "m.onnx", "good.png", "--no-cache=false"],
    "escape_in_a_flag": ["classify", "--\x1b[31m"],
    "inspect_nothing": ["inspect"],
    "empty_model": ["classify", "", "good.png"],
    "empty_model_of_bench": ["bench", ""],
    "empty_model_of_run": ["run", ""],
    "empty_model_of_inspect": ["inspect", ""],
    "empty_model_of_verify": ["verify", ""],
    "empty_model_of_unpack": ["unpack", ""],
    "empty_model_of_compile": ["compile", "", "-o", "x.plan"],
    "empty_model_of_pack": ["pack", "", "-o", "y.onnx"],
}.items():
    row("C04", name, USAGE if name != "run_input_unknown" else "invalid-input", start(*arguments))
row("C04", "format_of_one_bad_npy", f"{IO}|invalid-input|{USAGE}", start("run", "m.onnx", "--input", "x=m.onnx"))
for name, content in {
    "empty": b"",
    "magic": b"\x93NUMPY",
    "cut": b"\x93NUMPY\1\0\x76\0{'descr': '<f4',",
    "pickle": b"\x93NUMPY\1\0\x36\0{'descr': '|O', 'fortran_order': False, 'shape': (1,)}  \n" + bytes(60),
    "huge": b"\x93NUMPY\1\0\x56\0" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999, 9)}".ljust(85) + b"\n",
    "negative": b"\x93NUMPY\1\0\x46\0" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3)}".ljust(69) + b"\n",
    "header_2e32": b"\x93NUMPY\2\0\xff\xff\xff\xff{",
    "not_python": b"\x93NUMPY\1\0\x10\0" + b"__import__('os')\n",
    "nested": b"\x93NUMPY\1\0\xff\xff" + b"(" * 65535,
}.items():

    def bad_npy(folder, content=content):
        prepared(folder)
        (folder / "bad.npy").write_bytes(content)
        return Start(["run", "m.onnx", "--input", "x=bad.npy"])

    row("C04", f"npy_{name}", f"{IO}|invalid-input|{USAGE}|{LIMIT}", bad_npy)

# ---- C05: limits. What is right depends on the limit: an answer or an error.

ENOUGH = f"{OK}|{LIMIT}|{IO}"
if not skips("memory", "C05 memory_*"):
    for megabytes in (10, 14, 18, 22, 26, 30, 40, 64, 128):
        row("C05", f"memory_{megabytes}_MB", ENOUGH, start(*CLASSIFY, "good.png", memory=megabytes))
    for kilobytes in range(12_000, 60_000, 977):
        row(
            "C05",
            f"memory_{kilobytes}_KB",
            ENOUGH,
            start(*CLASSIFY, "good.png", "--no-cache", program=f'ulimit -v {kilobytes}; exec "$@"'),
            heavy=True,
        )
if not skips("stack", "C05 stack_*"):
    for kilobytes in (1024, 256, 64):
        row("C05", f"stack_{kilobytes}_KB", OK, start(*CLASSIFY, "good.png", limits=((resource.RLIMIT_STACK, kilobytes << 10),)))
for descriptors in (3, 4, 5, 6, 7, 8, 10, 16):
    if descriptors < 8 and skips("descriptors", f"C05 descriptors_{descriptors}*"):
        continue
    row("C05", f"descriptors_{descriptors}", ENOUGH, start(*CLASSIFY, "good.png", program=f'ulimit -n {descriptors}; exec "$@"'))
    row(
        "C05",
        f"descriptors_{descriptors}_folder",
        f"{ENOUGH}|{SOME}",
        start(*CLASSIFY, ".", "--threads", "2", program=f'ulimit -n {descriptors}; exec "$@"'),
    )
row("C05", "file_size_0", IO, start(*CLASSIFY, "good.png", "-o", "out.jsonl", "--no-cache", limits=((resource.RLIMIT_FSIZE, 0),)))

# ---- C06, C07: environments. The answer is the same in all of them.


@functools.cache
def right_answer():
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepared(folder)
        return subprocess.run([KITE, *CLASSIFY[:-1], "csv", "good.png", "--no-cache"], cwd=folder, capture_output=True, check=True).stdout


def in_environment(**env):
    return start(
        *CLASSIFY[:-1],
        "csv",
        "good.png",
        env=env,
        check=lambda result: None if result.stdout == right_answer() else f"another answer: {result.stdout[-100:]}",
    )


NOWHERE = {"HOME": None, "XDG_CACHE_HOME": None, "KITE_CACHE_DIR": None}
for name, env in {
    "german": {"LC_ALL": "de_DE.UTF-8"},
    "locale_c": {"LC_ALL": "C"},
    "locale_of_nonsense": {"LC_ALL": "xx_YY.\x1b"},
    "no_home": NOWHERE,
    "home_empty": {**NOWHERE, "HOME": ""},
    "home_missing": {**NOWHERE, "HOME": "/no/home"},
    "home_a_device": {**NOWHERE, "HOME": "/dev/null"},
    "cache_relative": {"KITE_CACHE_DIR": "here"},
    "cache_below_a_file": {"KITE_CACHE_DIR": "m.onnx/cache"},
    "cache_with_blanks": {"KITE_CACHE_DIR": " a b\t'c' "},
    "cache_of_5000": {"KITE_CACHE_DIR": "a" * 5000},
    "no_time_zone": {"TZ": None},
    "temporary_missing": {"TMPDIR": "/no/such"},
    "threads_of_nonsense": {"OMP_NUM_THREADS": "many"},
    "threads_negative": {"OMP_NUM_THREADS": "-3"},
    "columns_of_nonsense": {"COLUMNS": "x"},
}.items():
    row("C06", name, OK, in_environment(**env))
for value, expected in (("generic", OK), ("bogus", USAGE), ("", f"{OK}|{USAGE}"), ("\x1b[31m", USAGE), ("a" * 5000, USAGE)):
    row("C07", f"isa_{re.sub('[^a-z]', '', value)[:10] or 'empty'}_{len(value)}", expected, start(*CLASSIFY, "good.png", env={"KITE_ISA": value}))
