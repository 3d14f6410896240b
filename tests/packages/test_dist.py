# SPDX-License-Identifier: Apache-2.0
"""The archive of `make dist`: what is in it, and that its programs run where nothing else is."""

import hashlib
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

from rooms import ANSWER, MODEL, PICTURE, ROOT, in_room

sys.path.insert(0, str(ROOT / "tools"))
import staged_install  # noqa: E402  (it lies beside the tools that use it)


class Dist(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.name = f"paperkite-{staged_install.version()}-linux-{staged_install.architecture()}"
        cls.archive = ROOT / f"build/dist/{cls.name}.tar.xz"
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.out = pathlib.Path(temporary.name, "out")
        cls.out.mkdir()
        with tarfile.open(cls.archive) as tar:
            cls.entries = {entry.name.removeprefix(f"{cls.name}/"): entry for entry in tar}
            tar.extractall(temporary.name, filter="data")
        cls.folder = pathlib.Path(temporary.name, cls.name)

    def alone(self, *command, shown=()):
        """In a root that has the unpacked archive, the models and nothing else."""
        return in_room(["--empty", "--with", f"{self.folder}:/opt/kite", "--with", f"{ROOT / 'models'}:/models", "--out", self.out, *shown],
                       *command)

    def test_what_is_in_it(self):
        for name in ("bin/kite", "bin/kite-race", "bin/kite-race-spawn", "share/man/man1/kite.1", "share/paperkite/peers/kite/peer.toml",
                     "share/paperkite/references/ort/record.py", "share/bash-completion/completions/kite", "share/zsh/site-functions/_kite",
                     "share/fish/vendor_completions.d/kite.fish", "README.md", "LICENSE", "THIRD-PARTY-NOTICES",
                     "paperkite.cdx.json"):
            self.assertTrue(self.entries[name].isfile(), name)
        for name, entry in self.entries.items():
            self.assertEqual((entry.uid, entry.gid, entry.mtime), (0, 0, staged_install.commit_time()), name)
            self.assertIn(entry.mode, (0o755,) if entry.isdir() else (0o644, 0o755), name)
        peers = {path.name for path in (ROOT / "peers").iterdir() if (path / "peer.toml").is_file()}
        self.assertEqual({name.split("/")[3] for name in self.entries if name.endswith("/peer.toml")}, peers)
        for name in ("LICENSE", "THIRD-PARTY-NOTICES"):
            self.assertEqual((self.folder / name).read_bytes(), (ROOT / name).read_bytes())
        self.assertLess(self.archive.stat().st_size, 6e6)

    def test_the_programs_are_static_and_stripped(self):
        staged_install.check_static(self.folder / "bin")
        for name in staged_install.PROGRAMS:
            sections = subprocess.run(["readelf", "-SW", self.folder / "bin" / name], capture_output=True, text=True, check=True).stdout
            self.assertNotIn(".symtab", sections)

    def test_they_run_in_a_root_without_a_c_library(self):
        kite = "/opt/kite/bin/kite"
        with self.assertRaisesRegex(AssertionError, "ended with 127"):
            self.alone("/bin/sh", "-c", "true")
        self.assertRegex(self.alone(kite, "--version"), r"^kite \d")
        self.assertIn(ANSWER, self.alone(kite, "classify", f"/{MODEL}", f"/{PICTURE}", "--format", "csv"))
        self.assertIn("GNU LESSER GENERAL PUBLIC LICENSE", self.alone(kite, "--licenses"))
        self.assertEqual(self.alone(kite, "manual"), (self.folder / "share/man/man1/kite.1").read_text())
        # kite-race: every contestant is found, and each says what it lacks.
        peers = self.alone(kite, "race", "peers")
        self.assertEqual(peers.count("not ready"), sum(1 for path in (ROOT / "peers").iterdir() if (path / "peer.toml").is_file()), peers)

    def test_a_packed_program_runs_there_too(self):
        self.alone("/opt/kite/bin/kite", "pack", f"/{MODEL}", "--exe", "-o", "/out/classify")
        self.assertIn(ANSWER, in_room(["--empty", "--with", f"{self.out}:/x", "--with", f"{ROOT / 'models'}:/models"], "/x/classify",
                                      f"/{PICTURE}", "--format", "csv"))

    def test_the_same_commit_gives_the_same_bytes(self):
        first = hashlib.sha256(self.archive.read_bytes()).hexdigest()
        subprocess.run([ROOT / "tools/make_dist"], check=True, capture_output=True)
        self.assertEqual(hashlib.sha256(self.archive.read_bytes()).hexdigest(), first)


if __name__ == "__main__":
    unittest.main()
