# SPDX-License-Identifier: Apache-2.0
"""What docs/c.md shows is compiled and run, and prints what stands there."""

import os
import pathlib
import shutil
import tempfile
import unittest

import page

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Pages(unittest.TestCase):
    def run_page(self, name):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            home, tools, work = folder / "home", folder / "tools", folder / "work"
            for path in (home, tools, work):
                path.mkdir()
            (work / "models").symlink_to(ROOT / "models")
            (tools / "make").symlink_to(ROOT / "tests/package/make_install")
            (tools / "cc").symlink_to(os.environ["CC"])
            environment = {**os.environ, "HOME": str(home), "ROOT": str(ROOT), "MAKE_PROGRAM": shutil.which("make"),
                           "PATH": f"{tools}:{os.environ['PATH']}"}
            seen = page.run_page(ROOT / "docs" / name, work, environment)
        self.assertGreater(len(seen), 0)
        for commands, output, wanted in seen:
            self.assertEqual(output, wanted or "", commands)

    def test_the_page_about_c(self):
        self.run_page("c.md")


if __name__ == "__main__":
    unittest.main()
