# SPDX-License-Identifier: Apache-2.0
"""The plan cache: found again, never trusted, never in the way."""

import json
import os
import shutil
import subprocess
import time
import unittest

import numpy as np

from kite import KITE, Case, save_classifier
from sanitizers import SLOWNESS


class Cache(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")
        np.save(self.folder / "x.npy", np.full((1, 3, 8, 8), 0.5, np.float32))
        self.cache = self.folder / "cache"

    def logits(self, *arguments, env=None):
        result = self.kite("run", self.model, "--input", f"x={self.folder}/x.npy", "--output", f"logits={self.folder}/y.npy", *arguments, env=env)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return np.load(self.folder / "y.npy").tolist(), result.stderr.decode()

    def plans(self):
        return sorted(self.cache.glob("*.plan")) if self.cache.exists() else []

    def test_a_plan_is_kept_listed_and_cleared(self):
        first, _ = self.logits()
        self.assertEqual(len(self.plans()), 1)
        self.assertEqual(self.logits()[0], first)
        self.assertEqual(len(self.json("cache", "ls", "--json")), 1)
        self.assertGreater(self.json("cache", "clear", "--json")["freed_bytes"], 0)
        self.assertEqual(self.plans(), [])

    def test_no_cache_writes_none(self):
        self.logits("--no-cache")
        self.assertEqual(self.plans(), [])

    def test_an_edit_in_place_of_the_same_size_and_time_counts(self):
        before, _ = self.logits()
        stat = os.stat(self.model)
        content = bytearray(self.model.read_bytes())
        at = content.find(np.float32(4.0).tobytes())
        content[at:at + 4] = np.float32(8.0).tobytes()
        self.model.write_bytes(content)
        os.utime(self.model, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        after, _ = self.logits()
        self.assertNotEqual(before, after)

    def test_each_shape_and_instruction_set_has_its_own_plan(self):
        self.logits()
        self.logits("--isa", "generic")
        np.save(self.folder / "x.npy", np.zeros((2, 3, 8, 8), np.float32))
        self.logits()
        self.assertEqual(len(self.plans()), 3)

    def test_broken_plans_are_rebuilt_in_silence(self):
        good, _ = self.logits()
        plan = self.plans()[0]
        content = plan.read_bytes()
        for broken in (b"", content[:1000], content[:-1], b"\0" * len(content), content[:8] + b"\xff" * 200 + content[208:]):
            plan.write_bytes(broken)
            answer, text = self.logits()
            self.assertEqual((answer, text), (good, ""))
            self.assertEqual(plan.read_bytes(), content)

    def test_a_folder_that_cannot_be_used_is_a_warning(self):
        (self.folder / "file").write_text("")
        _, text = self.logits("--cache-dir", self.folder / "file" / "below")
        self.assertIn("warning", text)
        self.cache.mkdir()
        os.chmod(self.cache, 0o777)
        _, text = self.logits()
        self.assertIn("warning", text)
        self.assertEqual(self.plans(), [])

    def test_a_cache_without_room_is_a_warning(self):
        command = f"ulimit -f 4; exec {KITE} run {self.model} --input x={self.folder}/x.npy --output logits={self.folder}/y.npy"
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.cache)}
        result = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        self.assertIn(b"not enough disk space for the plan", result.stderr)
        self.assertEqual(list(self.cache.iterdir()), [])

    def test_a_kill_at_any_moment_leaves_no_half_plan_under_a_plans_name(self):
        good, _ = self.logits()
        whole = self.plans()[0].read_bytes()
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.cache)}
        for attempt in range(30):
            shutil.rmtree(self.cache)
            process = subprocess.Popen([KITE, "run", self.model, "--input", f"x={self.folder}/x.npy", "--output", f"logits={self.folder}/z.npy"],
                                       env=environment, stdout=subprocess.DEVNULL)
            time.sleep(attempt * 0.0005)
            process.kill()
            process.wait()
            for plan in self.plans():
                self.assertEqual(plan.read_bytes(), whole)
            self.assertEqual(self.logits(), (good, ""))

    def test_eight_processes_at_once_on_a_cold_cache_all_answer(self):
        shutil.rmtree(self.cache, ignore_errors=True)
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.cache)}
        processes = [subprocess.Popen([KITE, "run", self.model, "--input", f"x={self.folder}/x.npy", "--output", f"logits={self.folder}/y{i}.npy", "--json"],
                                      env=environment, stdout=subprocess.PIPE) for i in range(8)]
        for process in processes:
            out, _ = process.communicate(timeout=60 * SLOWNESS)
            self.assertEqual(process.returncode, 0)
            json.loads(out)
        for i in range(1, 8):
            np.testing.assert_array_equal(np.load(self.folder / f"y{i}.npy"), np.load(self.folder / "y0.npy"))
        self.assertEqual([path for path in self.cache.iterdir() if path.suffix not in (".plan", ".receipt")], [])


if __name__ == "__main__":
    unittest.main()
