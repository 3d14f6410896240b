# SPDX-License-Identifier: Apache-2.0
"""What cmake/Hardening.cmake asks for is in the programs, the libraries and the objects that were built, as readelf and nm see them."""

import os
import pathlib
import platform
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KITE_BUILD", ROOT / "build/release"))
GUARDED = re.search(r"set\(KITE_GUARDED ([^)]*)\)", (ROOT / "cmake/Hardening.cmake").read_text(encoding="utf-8")).group(1).split()
# What was linked, where it was built: the programs always are.
BINARIES = [path for name in ("bin/kite", "bin/kite-race", "bin/kite-race-spawn", "package/libpaperkite.so", "python/paperkite/_native*.so")
            for path in sorted(BUILD.glob(name))]


def said(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


class Binaries(unittest.TestCase):
    def test_the_programs_are_here(self):
        self.assertLessEqual({"kite", "kite-race", "kite-race-spawn"}, {path.name for path in BINARIES})

    def test_addresses_are_read_only_after_the_start(self):
        for path in BINARIES:
            headers = said("readelf", "-lW", path)
            tables = {name: (int(begin, 16), int(size, 16)) for name, begin, size in re.findall(
                r"^\s+\[ *\d+\] (\.got|\.got\.plt|\.data\.rel\.ro|\.init_array)\s+\S+\s+([0-9a-f]{16}) [0-9a-f]+ ([0-9a-f]+)",
                said("readelf", "-SW", path), re.MULTILINE)}
            if not tables:  # the smallest programs have none
                self.assertNotIn("DYNAMIC", headers, path)
                continue
            begin, size = (int(number, 16) for number in re.search(r"GNU_RELRO\s+\S+\s+0x(\S+)\s+\S+\s+\S+\s+0x(\S+)", headers).groups())
            for name, (at, length) in tables.items():
                self.assertTrue(begin <= at and at + length <= begin + size, f"{path}: {name} is not all in what becomes read-only")
            if "DYNAMIC" in headers:
                self.assertRegex(said("readelf", "-dW", path), r"BIND_NOW|\bNOW\b", path)

    def test_no_memory_is_writable_and_code(self):
        for path in BINARIES:
            segments = re.findall(r"^\s+(LOAD|GNU_STACK)\s+(?:0x\S+\s+){5}(\S[RWE ]*?)\s+0x", said("readelf", "-lW", path), re.MULTILINE)
            self.assertIn("GNU_STACK", [kind for kind, _ in segments], path)
            for kind, flags in segments:
                self.assertFalse("W" in flags and "E" in flags, f"{path}: {kind} {flags}")

    def test_no_folder_of_the_build_is_in_them(self):
        for path in BINARIES:
            content = path.read_bytes()
            for folder in (ROOT, BUILD):
                self.assertNotIn(os.fsencode(folder), content, path)


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ours = {}
        for path in sorted(BUILD.glob("*/**/CMakeFiles/kite_*.dir/**/*.o")):
            folder = re.search(r"/kite_(?:race_)?(\w+)\.dir/", str(path)).group(1)
            if not folder.endswith("_test"):
                cls.ours.setdefault(folder, []).append(path)

    def test_folders_that_read_foreign_bytes_have_stack_protectors(self):
        for folder in GUARDED:
            self.assertIn("__stack_chk_fail", said("nm", "--undefined-only", *self.ours[folder]), folder)

    def test_checked_copies_are_called(self):
        self.assertRegex(said("nm", "--undefined-only", *(path for paths in self.ours.values() for path in paths)), r"\b__(mem|str|read|vsn|sn)\w*_chk\b")

    @unittest.skipUnless(platform.machine() == "x86_64", "skipped: CET is of x86-64")
    def test_every_object_is_made_for_a_shadow_stack(self):
        for folder, paths in self.ours.items():
            for path in paths:
                self.assertIn("SHSTK", said("readelf", "-nW", path), f"{folder}: {path}")


if __name__ == "__main__":
    unittest.main()
