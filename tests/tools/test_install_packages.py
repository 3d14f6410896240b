# SPDX-License-Identifier: Apache-2.0
"""tools/install_packages on a simulated Debian: dpkg-query, apt-get, id and cargo are short scripts."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class InstallPackages(unittest.TestCase):
    def run_with(self, wanted, installed=(), cargo=None, root=True):
        with tempfile.TemporaryDirectory() as folder:
            commands = pathlib.Path(folder, "bin")
            commands.mkdir()
            asked = pathlib.Path(folder, "asked")

            def command(name, text):
                (commands / name).write_text(f"#!/bin/sh\n{text}\n")
                (commands / name).chmod(0o755)

            known = "|".join(installed) or "none"
            command("dpkg-query", f'for last; do :; done; case $last in {known}) printf installed ;; *) exit 1 ;; esac')
            command("apt-get", f'echo "$*" >>{asked}')
            command("sudo", "exit 1")
            command("id", f"echo {0 if root else 1000}")
            command("cargo", f'echo "cargo {cargo} (hash)"' if cargo else "exit 127")
            listed = pathlib.Path(folder, "list.txt")
            listed.write_text("# a remark\n" + "".join(name + "\n" for name in wanted))
            result = subprocess.run([ROOT / "tools/install_packages", listed], capture_output=True, text=True, check=False,
                                    env={"PATH": f"{commands}:{os.defpath}"})  # fmt: skip
            calls = asked.read_text().splitlines() if asked.exists() else []
            return result, [call for call in calls if call.startswith("install")]

    def test_what_is_missing_is_installed_and_nothing_else(self):
        result, calls = self.run_with(["cmake", "g++"], installed=["g++"])
        self.assertEqual(result.returncode, 0)
        self.assertEqual([call.split()[-1] for call in calls], ["cmake"])
        self.assertNotIn("g++", calls[0])

    def test_nothing_is_asked_where_all_is_there(self):
        result, calls = self.run_with(["cmake"], installed=["cmake"])
        self.assertEqual((result.returncode, calls, result.stderr), (0, [], ""))

    def test_who_may_not_install_gets_the_line_to_run(self):
        result, calls = self.run_with(["cmake"], root=False)
        self.assertEqual((result.returncode, calls), (1, []))
        self.assertIn("apt-get install -y --no-remove --no-install-recommends cmake", result.stderr)

    def test_cargo_web_is_installed_where_no_cargo_is_new_enough(self):
        for cargo in (None, "1.63.0", "1.93.1"):
            _, calls = self.run_with(["cargo-web"], cargo=cargo)
            self.assertEqual(len(calls), 1, cargo)
            self.assertIn("cargo-web", calls[0])

    def test_a_cargo_that_is_new_enough_stays_alone(self):
        for cargo in ("1.94.0", "1.120.3"):
            result, calls = self.run_with(["cargo-web"], cargo=cargo)
            self.assertEqual((result.returncode, calls), (0, []), cargo)

    def test_an_installed_package_that_excludes_cargo_web_is_not_removed(self):
        result, calls = self.run_with(["cargo-web", "cmake"], installed=["cargo"], cargo="1.63.0")
        self.assertEqual(result.returncode, 0)
        self.assertIn("cargo is installed and stays", result.stderr)
        self.assertEqual([call.split()[-1] for call in calls], ["cmake"])
        self.assertIn("--no-remove", calls[0])
        self.assertNotIn("cargo-web", calls[0])


if __name__ == "__main__":
    unittest.main()
