# SPDX-License-Identifier: Apache-2.0
"""What cmake/Hardening.cmake asks for is in the programs and the libraries that were built, as readelf sees them."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KITE_BUILD", ROOT / "build/release"))
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


if __name__ == "__main__":
    unittest.main()
