# SPDX-License-Identifier: Apache-2.0
"""P01-P06: plans that are cut, damaged or foreign. One that the user names is an error or an answer; one in the cache never
changes an answer. (P03 and P05, which need processes at work, are in tests/cli/test_cache.py and test_outputs.py.)"""

import functools
import os
import struct
import subprocess
import tempfile

from row import IO, LIMIT, MODEL, OK, UNSUPPORTED, Call, Start, classifier, content_of, plain_picture, row
from ways import KITE

RECIPE = ["--recipe", "imagenet", "--format", "csv", "-k", "1"]
HEADER_BYTES = 264


@functools.cache
def good_plan():
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/m.onnx", "wb") as file:
            file.write(content_of(classifier()))
        subprocess.run(
            [KITE, "compile", f"{folder}/m.onnx", "-o", f"{folder}/m.plan", "--recipe", "imagenet", "--no-cache"], check=True, capture_output=True
        )
        with open(f"{folder}/m.plan", "rb") as file:
            return file.read()


def changed(change):
    """Named by the user."""

    def make(folder):
        (folder / "m.plan").write_bytes(change(good_plan()))
        return Call(folder / "m.plan", plain_picture(folder))

    return make


def run_once(folder):
    arguments = ["classify", folder / "m.onnx", folder / "good.png", *RECIPE]
    result = subprocess.run([KITE, *arguments], env={**os.environ, "KITE_CACHE_DIR": str(folder / "cache")}, capture_output=True, check=True)
    return [str(a) for a in arguments], result.stdout


def cached(put, says_nothing=True):
    """In the cache, under the name of the model's plan: the answer stays, and no word is lost about it."""

    def make(folder):
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        plain_picture(folder)
        arguments, right = run_once(folder)
        run_once(folder)
        (plan,) = (folder / "cache").glob("*.plan")
        put(plan)

        def check(result):
            if result.stdout != right:
                return f"another answer: {result.stdout[-100:]}"
            return f"says {result.stderr[-200:]}" if says_nothing and b"labels" not in result.stderr and result.stderr else None

        return Start(arguments, check=check)

    return make


def damaged(change):
    return cached(lambda plan: plan.write_bytes(change(plan.read_bytes())))


def flip(at):
    return lambda content: content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]


def field(at, form, value):
    return lambda content: content[:at] + struct.pack(form, value) + content[at + struct.calcsize(form) :]


BROKEN = f"{MODEL}|{UNSUPPORTED}|{LIMIT}"
for part in range(50):
    cut = lambda content, part=part: content[: len(content) * part // 50]  # noqa: E731
    row("P01", f"cut_{part:02}", BROKEN, changed(cut), heavy=part % 10 != 1)
    row("P01", f"cached_cut_{part:02}", OK, damaged(cut), heavy=part % 10 != 1)
for at in range(HEADER_BYTES):
    row("P01", f"header_flip_{at:03}", f"{OK}|{BROKEN}", changed(flip(at)), heavy=at % 16 != 4)
    row("P01", f"cached_header_flip_{at:03}", OK, damaged(flip(at)), heavy=at % 16 != 4)
for name, change in {
    "version_1": field(8, "<I", 1),
    "version_2e32": field(8, "<I", 2**32 - 1),
    "no_features_that_exist": field(24, "<Q", 2**64 - 1),
    "total_2e60": field(32, "<Q", 2**60),
    "arena_2e39": field(88, "<Q", 2**39),
    "arena_2e64": field(88, "<Q", 2**64 - 1),
    "scratch_2e38": field(96, "<Q", 2**38),
    "other_byte_order": lambda content: content[:8] + content[8:16][::-1] + content[16:],
    "5000_bytes_more": lambda content: content + bytes(5000),
    "magic_alone": lambda content: content[:8],
    "zeros": lambda content: bytes(len(content)),
    "empty": lambda content: b"",
    **{f"section_{i}_offset_2e63": field(120 + 16 * i, "<Q", 2**63) for i in range(9)},
    **{f"section_{i}_count_2e60": field(128 + 16 * i, "<Q", 2**60) for i in range(9)},
}.items():
    row("P02", name, f"{OK}|{BROKEN}", changed(change))
    row("P02", f"cached_{name}", OK, damaged(change))


def in_its_place(put):
    def replace(plan):
        plan.unlink()
        put(plan)

    return cached(replace, says_nothing=False)


for name, put in {
    "folder": lambda p: p.mkdir(),
    "fifo": os.mkfifo,
    "link_to_a_device": lambda p: os.symlink("/dev/zero", p),
    "link_to_itself": lambda p: os.symlink(p.name, p),
    "unreadable": lambda p: (p.touch(), p.chmod(0)),
}.items():
    row("P02", f"cached_plan_is_a_{name}", OK, in_its_place(put))


def unfit(prepare):
    """A cache folder that others may write to, or that is none: not used, and a warning says so."""

    def make(folder):
        (folder / "m.onnx").write_bytes(content_of(classifier()))
        plain_picture(folder)
        arguments, right = run_once(folder)
        prepare(folder / "cache")
        return Start(
            arguments,
            check=lambda result: (
                None if result.stdout == right and b"cache" in result.stderr else f"another answer, or no word: {result.stderr[-200:]}"
            ),
        )

    return make


def becomes_a_file(path):
    path.rename(path.with_name("old"))
    path.write_text("x")


for name, prepare in {"group": lambda p: p.chmod(0o770), "world": lambda p: p.chmod(0o777), "a_file": becomes_a_file}.items():
    row("P04", f"folder_of_{name}", OK, unfit(prepare))


def foreign_files(folder):
    cache = folder / "cache"
    cache.mkdir(mode=0o700)
    for name in ("keep.plan", "a" * 32 + ".plan.bak", "notes.txt"):
        (cache / name).write_text("x")
    (cache / ("0" * 32 + ".plan")).mkdir()
    return Start(
        ["cache", "clear"], check=lambda result: None if len(list(cache.iterdir())) == 4 else f"removed: {sorted(p.name for p in cache.iterdir())}"
    )


row("P06", "clear_keeps_foreign_files", f"{OK}|{IO}", foreign_files)
