# SPDX-License-Identifier: Apache-2.0
"""The packages of `make deb`: what lintian says, and what they do in fresh Debians."""

import re
import subprocess
import unittest

from rooms import ANSWER, MODEL, PICTURE, ROOT, in_room

FOLDER = ROOT / "build/deb"
# Of a package for Debian itself.
NOT_FOR_DEBIAN = "initial-upload-closes-no-bugs"


def package(name):
    return next(FOLDER.glob(f"{name}_*.deb"))


def field(name, key):
    return subprocess.run(["dpkg-deb", "-f", package(name), key], capture_output=True, text=True, check=True).stdout.strip()


class Files(unittest.TestCase):
    def test_lintian_finds_no_fault(self):
        result = subprocess.run(["lintian", "--allow-root", "--suppress-tags", NOT_FOR_DEBIAN, "--fail-on", "error,warning",
                                 *sorted(FOLDER.glob("*.deb"))], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_what_they_depend_on(self):
        self.assertEqual(field("paperkite", "Depends"), "")
        self.assertRegex(field("paperkite", "Built-Using"), r"glibc \(= [\w.+:~-]+\)")
        self.assertEqual(field("libpaperkite-dev", "Depends"), f"libpaperkite0 (= {field('libpaperkite0', 'Version')})")
        for library in ("libc6", "libjpeg62-turbo", "libpng16-16", "libwebp7", "libxxhash0"):
            self.assertRegex(field("libpaperkite0", "Depends"), rf"{library} \(>= ")


class Installed(unittest.TestCase):
    def room(self, commands, *options):
        """The packages are in /deb of a Debian without a compiler; apt installs what they depend on."""
        script = "set -eu; export DEBIAN_FRONTEND=noninteractive; " + "; ".join(commands)
        return in_room([*options, "--with", f"{FOLDER}:/deb"], "sh", "-c", script)

    def test_the_programs_in_bookworm(self):
        said = self.room(["apt-get update >/dev/null 2>&1", "apt-get install -y /deb/paperkite_*.deb man-db >/dev/null 2>&1",
                          f"kite classify {MODEL} {PICTURE} --format csv", "kite race peers | head -n 2",
                          "man kite | head -n 3", "ls /usr/share/bash-completion/completions/kite",
                          "zcat /usr/share/doc/paperkite/THIRD-PARTY-NOTICES.gz | cmp - THIRD-PARTY-NOTICES",
                          "zcat /usr/share/doc/paperkite/paperkite.cdx.json.gz | grep -c CycloneDX >/dev/null",
                          f"kite pack {MODEL} --exe -o /tmp/packed", f"/tmp/packed {PICTURE} --format csv",
                          "apt-get remove -y paperkite >/dev/null 2>&1", "find /usr /etc /opt -path '*paperkite*'"], "--plain")
        self.assertEqual(said.count(ANSWER), 2, said)
        self.assertRegex(said, r"kite +kite +ready")
        self.assertIn("KITE(1)", said)
        self.assertEqual(said.rsplit(ANSWER, 1)[1].strip().splitlines()[4:], [], said)  # nothing is left

    def test_the_programs_in_the_next_debian(self):
        said = self.room(["dpkg -i /deb/paperkite_*.deb >/dev/null", f"kite classify {MODEL} {PICTURE} --format csv"], "--plain", "--suite", "trixie")
        self.assertIn(ANSWER, said)

    def test_the_library_and_what_is_built_with_it(self):
        compiled = "cc examples/c/classify.c -o /tmp/{} $(pkg-config --cflags {}) {}"
        said = self.room([
            "apt-get update >/dev/null 2>&1", "apt-get install -y --no-install-recommends pkg-config /deb/libpaperkite*.deb >/dev/null 2>&1",
            compiled.format("shared", "paperkite", "$(pkg-config --libs paperkite)"), f"/tmp/shared {MODEL} {PICTURE}",
            "ldd /tmp/shared"])
        self.assertIn("50, Paper Kite, 0.918785", said)
        self.assertRegex(said, r"libpaperkite\.so\.0 => /lib/[\w-]+-linux-gnu/libpaperkite\.so\.0")


if __name__ == "__main__":
    unittest.main()
