# SPDX-License-Identifier: Apache-2.0
"""kite selftest: every group has checks, they pass, and the verdict is in the exit code."""

import json
import os
import signal
import subprocess
import time
import unittest

from kite import KITE, Case, wait_until_it_catches
from sanitizers import SLOWNESS

GROUPS = {"kernels", "threads", "models", "plans", "pictures"}


class Selftest(Case):
    def test_each_check_is_made_once_without_time_and_all_pass(self):
        result = self.json("selftest", "--time", "0", "--json", timeout=280)
        self.assertEqual({name: group["failures"] for name, group in result["groups"].items()}, {name: [] for name in GROUPS})
        self.assertTrue(result["passed"])
        for name, group in result["groups"].items():
            self.assertGreater(group["checks"], 20, name)
        self.assertEqual(result["checks"], sum(group["checks"] for group in result["groups"].values()))

    def test_an_interrupt_ends_it_and_leaves_no_folder(self):
        environment = {**os.environ, "TMPDIR": str(self.folder)}
        process = subprocess.Popen([KITE, "selftest"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        wait_until_it_catches(process)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10 * SLOWNESS)
        self.assertEqual(process.returncode, 130, errors)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
