# SPDX-License-Identifier: Apache-2.0
"""kite race peers and setup, with contestants whose setup is a few lines of shell."""

import json
import os
import signal
import subprocess
import time
import unittest

from fake_peers import RaceCase


class PeersTest(RaceCase):
    def test_each_folder_is_a_row_also_a_broken_one(self):
        self.peer("good")
        self.peer("absent", check=["/no/such/program"])
        self.peer("grumpy", check=["sh", "-c", "echo a library is missing >&2; exit 1"])
        (self.peers / "broken").mkdir()
        (self.peers / "broken/peer.toml").write_text('title = "x"\nnonsense = 1\n')
        result = self.run_race("peers", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = {row["name"]: row for row in json.loads(result.stdout)}
        self.assertEqual(sorted(rows), ["absent", "broken", "good", "grumpy"])
        self.assertTrue(rows["good"]["ready"])
        self.assertEqual(rows["good"]["versions"], {"fake": "1.0"})
        self.assertEqual(rows["good"]["modes"], ["oneshot", "no_pre"])
        self.assertIn("/no/such/program", rows["absent"]["reason"])
        self.assertEqual(rows["grumpy"]["reason"], "a library is missing")
        self.assertIn("unknown key 'nonsense'", rows["broken"]["reason"])
        self.assertIn("peer.toml:2", rows["broken"]["reason"])
        table = self.run_race("peers").stdout
        self.assertRegex(table, r"good +Fake good +ready: fake 1.0")
        self.assertRegex(table, r"broken .*not ready: unknown key")

    def test_one_that_needs_setup_says_the_command(self):
        self.peer("later", setup=["{peer}/setup"], setup_note="about 2 MB", check=["{home}/run"])
        table = self.run_race("peers").stdout
        self.assertIn("run: kite race setup later (about 2 MB)", table)


class SetupTest(RaceCase):
    def peer_with_setup(self, script):
        folder = self.peer("one", setup=["{peer}/setup"], setup_note="about 2 MB", check=["{home}/run"])
        (folder / "setup").write_text("#!/bin/sh\nset -e\n" + script)
        (folder / "setup").chmod(0o755)
        return self.folder / ".peers/one"

    MAKE_READY = ('echo "#!/bin/sh" >"$KITE_PEER_HOME/run"\n'
                  """echo 'echo "{\\"info\\": {\\"versions\\": {\\"engine\\": \\"1.2\\"}}}"' >>"$KITE_PEER_HOME/run"\n"""
                  'chmod +x "$KITE_PEER_HOME/run"\n')

    def test_a_setup_that_works_makes_the_contestant_ready(self):
        home = self.peer_with_setup('echo "in $KITE_PEER_DIR"\n' + self.MAKE_READY)
        result = self.run_race("setup", "one", "--yes")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("about 2 MB", result.stderr)
        self.assertRegex(result.stderr, r"one: ready after .*, engine 1\.2\n")
        self.assertEqual((home / "setup.log").read_text(), f"in {self.peers / 'one'}\n")
        again = self.run_race("setup", "--all")
        self.assertEqual(again.returncode, 0)
        self.assertIn("one: ready already, engine 1.2\n", again.stderr)

    def test_a_setup_that_fails_shows_the_end_of_its_log_and_is_redone(self):
        home = self.peer_with_setup('echo step one\necho "the network is gone" >&2\ntouch "$KITE_PEER_HOME/half"\nexit 4\n')
        result = self.run_race("setup", "one")
        self.assertEqual(result.returncode, 1)
        self.assertIn("setup failed with 4", result.stderr)
        self.assertIn("  the network is gone", result.stderr)
        self.assertIn("setup did not finish", self.run_race("peers").stdout)
        (self.peers / "one/setup").write_text('#!/bin/sh\nset -e\ntest ! -e "$KITE_PEER_HOME/half"\n' + self.MAKE_READY)
        result = self.run_race("setup", "one")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("started again", result.stderr)
        self.assertFalse((home / "half").exists())

    def test_a_contestant_says_what_its_setup_lacked(self):
        self.peer_with_setup('echo "setup: no cargo; install it" >&2\nexit 1\n')
        self.assertNotEqual(self.run_race("setup", "one", "--yes").returncode, 0)
        self.assertIn("its setup did not finish: no cargo; install it", self.run_race("peers").stdout)

    def test_an_interrupted_setup_is_half_made(self):
        home = self.peer_with_setup(self.MAKE_READY + "touch \"$KITE_PEER_HOME/begun\"\nsleep 600\n")
        with subprocess.Popen(self.command("setup", "one"), stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while not (home / "begun").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            stderr = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, stderr)
        # The check alone would accept the files that are there.
        self.assertTrue(os.access(home / "run", os.X_OK))
        self.assertIn("setup did not finish", self.run_race("peers").stdout)

    def test_an_unknown_name_lists_the_known_ones(self):
        self.peer("one")
        result = self.run_race("setup", "two")
        self.assertEqual(result.returncode, 2)
        self.assertIn('no contestant "two"; there are one', result.stderr)


if __name__ == "__main__":
    unittest.main()
