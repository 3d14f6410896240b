# SPDX-License-Identifier: Apache-2.0
"""Completions and the manual page are made from the parser's own table."""

import subprocess
import unittest

from kite import ROOT, Case

VERBS = ("classify", "run", "bench", "inspect", "profile", "compile", "pack", "unpack", "cache", "doctor")


class Describe(Case):
    def test_bash_completes_verbs_and_options(self):
        script = self.folder / "kite.bash"
        script.write_bytes(self.kite("completion", "bash").stdout)

        def complete(*words):
            line = " ".join(f"'{word}'" for word in words)
            command = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _kite 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout.split()

        self.assertEqual(set(VERBS) - set(complete("kite", "")), set())
        self.assertEqual(complete("kite", "cl"), ["classify"])
        self.assertIn("--threads", complete("kite", "bench", "--t"))
        self.assertIn("--labels", complete("kite", "classify", "--l"))

    def test_the_other_shells_name_every_verb(self):
        for shell in ("zsh", "fish"):
            script = self.kite("completion", shell).stdout.decode()
            for verb in VERBS:
                self.assertIn(verb, script)
        self.assertEqual(self.kite("completion", "tcsh").returncode, 2)

    def test_the_manual_has_every_verb_and_option(self):
        page = self.kite("manual").stdout.decode()
        for verb in VERBS:
            self.assertIn(f'.SH "kite {verb}"', page)
        for option in ("threads", "isa", "no\\-cache", "cache\\-dir", "memory\\-limit", "disable\\-pass", "format"):
            self.assertIn(f"\\-\\-{option}", page)

    def test_the_licences_are_the_two_files(self):
        texts = (ROOT / "LICENSE").read_bytes() + (ROOT / "THIRD-PARTY-NOTICES").read_bytes()
        self.assertEqual(self.kite("--licenses").stdout, texts)
        self.assertIn(b"--licenses", self.kite("--help").stdout)
        self.assertIn("\\-\\-licenses", self.kite("manual").stdout.decode())

    def test_help_and_version_exit_0(self):
        self.assertEqual(self.kite("--help").returncode, 0)
        self.assertIn(b"kite 0.", self.kite("--version").stdout)
        for verb in VERBS:
            self.assertIn(b"--", self.kite(verb, "--help").stdout)


if __name__ == "__main__":
    unittest.main()
