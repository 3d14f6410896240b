# SPDX-License-Identifier: Apache-2.0
"""What kite-race writes: nothing of the user's is lost, and what cannot be written is an error."""

import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from planted import PlantedRace

KITE_RACE = os.environ["KITE_RACE"]
FULL = "/dev/full"


def run(*arguments, **streams):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run([KITE_RACE, *map(str, arguments)], timeout=60, check=False, **streams)


class Outputs(PlantedRace):
    ROUNDS = 3

    def setUp(self):
        self.ground = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.ground)
        self.old, self.new = self.ground / "old", self.ground / "new"
        for folder in (self.old, self.new):
            folder.mkdir()
            shutil.copy(self.folder / "journal.jsonl", folder)

    def compare(self, *arguments, **streams):
        return run("compare", self.old, self.new, *arguments, **streams)

    def test_an_output_is_no_journal_and_not_the_other_output(self):
        journal = self.old / "journal.jsonl"
        before = journal.read_bytes()
        os.link(journal, self.ground / "hard")
        os.symlink(journal, self.ground / "soft")
        for option in ("--svg", "--markdown"):
            for path in (journal, f"{self.new}/../old/journal.jsonl", self.ground / "hard", self.ground / "soft"):
                with self.subTest(option, path=path):
                    result = self.compare(option, path)
                    self.assertEqual(result.returncode, 2, result.stderr)
                    self.assertEqual(journal.read_bytes(), before)
        result = self.compare("--svg", self.ground / "x", "--markdown", f"{self.ground}/./x")
        self.assertEqual(result.returncode, 2, result.stderr)

    def test_each_kind_of_target(self):
        fifo, target = self.ground / "fifo", self.ground / "target"
        os.mkfifo(fifo)
        got = []
        reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
        reader.start()
        target.write_text("old")
        target.chmod(0o600)
        (self.ground / "link").symlink_to("target")
        self.assertIn(self.compare("--svg", fifo, "--markdown", self.ground / "link").returncode, (0, 1))
        reader.join(10)
        self.assertTrue(got and got[0])
        self.assertTrue(stat.S_ISFIFO(os.lstat(fifo).st_mode))
        self.assertTrue((self.ground / "link").is_symlink())
        self.assertGreater(target.stat().st_size, 3)
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o600)
        self.assertEqual(sorted(p.name for p in self.ground.iterdir()), ["fifo", "link", "new", "old", "target"])

    def test_what_cannot_be_written_is_an_error(self):
        for option, path in (("--svg", self.ground), ("--markdown", FULL)):
            with self.subTest(option, path=path):
                result = self.compare(option, path)
                self.assertEqual(result.returncode, 6, result.stderr)
        self.assertEqual(self.compare("--svg", "").returncode, 2)
        self.assertEqual(sorted(p.name for p in self.ground.iterdir()), ["new", "old"])

    def test_a_report_is_written_whole_and_through_no_name_that_another_user_may_hold(self):
        (self.ground / "victim").write_text("mine")
        for name in ("report.html", "summary.json"):
            os.symlink(self.ground / "victim", self.old / f"{name}.part")
        self.assertEqual(run("report", self.old).returncode, 0)
        self.assertEqual((self.ground / "victim").read_text(), "mine")
        self.assertFalse([p.name for p in self.old.iterdir() if p.name.startswith(".kite-")])

    def test_an_interrupt_ends_it_with_130_and_leaves_no_temporary_file(self):
        for which in (signal.SIGINT, signal.SIGTERM):
            for delay in (0.02, 0.1, 0.2, 0.4):
                with self.subTest(which, delay=delay):
                    process = subprocess.Popen([KITE_RACE, "report", self.old], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    time.sleep(delay)
                    process.send_signal(which)
                    # Before the handler stands, the signal simply ends it.
                    self.assertIn(process.wait(10), (0, 130, -which))
                    self.assertFalse([p.name for p in self.old.iterdir() if p.name.startswith(".kite-")])

    def test_standard_output_that_is_full_or_closed_is_an_error(self):
        with open(FULL, "wb") as full:
            self.assertEqual(run("report", self.old, stdout=full).returncode, 6)
            self.assertEqual(self.compare("--json", stdout=full).returncode, 6)
        self.assertEqual(run("compare", self.old, self.new, preexec_fn=lambda: os.close(1)).returncode, 6)

    def test_a_race_needs_a_folder_of_its_own_and_removes_no_other(self):
        model = self.ground / "m.onnx"
        model.write_bytes(b"no model")
        (self.ground / "picture.png").write_bytes(b"no picture")
        theirs = self.ground / "theirs"
        (theirs / "work").mkdir(parents=True)
        (theirs / "work/mine").write_text("mine")
        result = run("--model", model, "--images", self.ground, "--out", theirs)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(b"holds other files", result.stderr)
        self.assertEqual((theirs / "work/mine").read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
