# SPDX-License-Identifier: Apache-2.0
"""What docs/packaging.md shows is run and prints what stands there; the programs are then those of this Debian's C library."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from rooms import ROOT

sys.path.insert(0, str(ROOT / "tests/package"))
import page  # noqa: E402


class Page(unittest.TestCase):
    def test_the_page_about_packaging(self):
        with tempfile.TemporaryDirectory() as temporary:
            home, glibc = pathlib.Path(temporary, "home"), pathlib.Path(temporary, "glibc")
            home.mkdir()
            glibc.mkdir()
            libc = pathlib.Path(subprocess.run(["cc", "-print-file-name=libc.a"], capture_output=True, text=True, check=True).stdout.strip())
            for name in ("libc.a", "libm.a", "crt1.o", "crti.o", "crtn.o"):
                shutil.copy(libc.resolve().parent / name, glibc)
            self.addCleanup((ROOT / "classify-butterflies").unlink, missing_ok=True)
            self.addCleanup(subprocess.run, ["cmake", "--build", "--preset", "release", "--target", "kite", "kite-race"], cwd=ROOT,
                            check=True, capture_output=True)
            seen = page.run_page(ROOT / "docs/packaging.md", ROOT, {**os.environ, "HOME": str(home), "GLIBC": str(glibc)})
            link_map = (ROOT / "build/release/maps/kite.map").read_text(errors="replace")
            self.assertIn(f"{glibc}/libc.a(", link_map)
            self.assertIn(f"{glibc}/crt1.o", link_map)
        for commands, output, wanted in seen:
            if wanted is not None:
                self.assertTrue(output.endswith(wanted), (commands, output))
        self.assertEqual(sum(wanted is not None for *_, wanted in seen), 2)


if __name__ == "__main__":
    unittest.main()
