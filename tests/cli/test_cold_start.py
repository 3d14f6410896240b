# SPDX-License-Identifier: Apache-2.0
"""What makes a start cheap and can be counted instead of timed."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
from PIL import Image

from kite import DEMO_MODEL, KITE, PICTURES, Case
from sanitizers import skipped_with_sanitizers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from staged_install import program_headers  # noqa: E402

PT_DYNAMIC = 2


def is_tmpfs(path):
    mounts = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    return any(mount.split()[1:3] == [path, "tmpfs"] for mount in mounts)


@skipped_with_sanitizers("static")
class ColdStart(Case):
    def warm(self):
        """The plan and its receipt are in the cache afterwards."""
        shutil.copy(DEMO_MODEL, self.folder / "m.onnx")
        time.sleep(2.1)  # only a model that has been left alone for two seconds is known by its state
        self.json("classify", self.folder / "m.onnx", PICTURES / "monarch_1.jpg", "--json")

    def test_the_program_needs_no_loader_and_no_relocation(self):
        self.assertNotIn(PT_DYNAMIC, program_headers(KITE))

    def test_the_stripped_program_is_small(self):
        stripped = self.folder / "kite"
        subprocess.run(["strip", "-o", stripped, KITE], check=True)
        self.assertLess(stripped.stat().st_size, 9.2e6)

    def test_private_memory_at_the_peak_is_what_was_printed(self):
        for threads in (1, 2):
            said = self.json("inspect", DEMO_MODEL, "--plan", "--json", "--threads", threads)
            ran = self.json("bench", DEMO_MODEL, "--iters", 3, "--warmup", 1, "--json", "--threads", threads)
            self.assertLess(ran["rss_anon_bytes"], 1.05 * said["private_bytes"], (threads, said))
            # A thread that got no share of the steps with scratch has not touched its own, nor most of its stack.
            scratch_of_others = said["scratch_bytes"] * (threads - 1) / threads
            self.assertGreater(ran["rss_anon_bytes"], 0.9 * said["private_bytes"] - scratch_of_others, (threads, said))
            self.assertLess(ran["rss_anon_bytes"], 10e6)

    def test_a_first_run_packs_into_the_cache_and_not_into_private_memory(self):
        ran = self.json("bench", DEMO_MODEL, "--iters", 1, "--warmup", 1, "--json", "--threads", 1)
        self.assertLess(ran["rss_anon_bytes"], 10e6)
        self.assertGreater(ran["rss_file_bytes"], 20e6)

    def test_mapped_memory_counts_the_same_on_disk_and_in_a_tmpfs(self):
        if not is_tmpfs("/dev/shm"):
            self.skipTest("/dev/shm is no tmpfs")
        seen = []
        for place in (".", "/dev/shm"):
            with tempfile.TemporaryDirectory(dir=place) as folder:
                shutil.copy(DEMO_MODEL, folder)
                environment = {"KITE_CACHE_DIR": f"{folder}/cache"}
                bench = ("bench", f"{folder}/{DEMO_MODEL.name}", "--iters", 1, "--warmup", 1, "--threads", 1)
                for _ in ("without a plan", "with one"):
                    ran = self.json(*bench, "--json", env=environment)
                    said = self.kite(*bench[:2], "--image", PICTURES / "monarch_1.jpg", "--samples", 1, "--format", "jsonl", env=environment)
                    marks = [json.loads(line) for line in said.stdout.splitlines()]
                    end = next(mark for mark in marks if mark.get("mark") == "end")
                    seen.append((ran["rss_file_bytes"], ran["rss_anon_bytes"], end["rss_file_bytes"]))
        for disk, shared in zip(seen[:2], seen[2:]):
            for on_disk, in_memory in zip(disk, shared):
                self.assertLess(abs(in_memory / on_disk - 1), 0.1, seen)
            self.assertLess(shared[1], 10e6)
            self.assertGreater(shared[0], 20e6)

    def test_memory_does_not_grow_with_a_photograph(self):
        # 4000 x 3000 pixels are 36 MB; the process may write into 16 MB of its own.
        noise = np.random.default_rng(1).integers(0, 255, (30, 40, 3), np.uint8)
        Image.fromarray(noise).resize((4000, 3000)).save(self.folder / "photo.jpg", quality=80)
        self.json("classify", DEMO_MODEL, self.folder / "photo.jpg", "--json")
        limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (16_000_000, 16_000_000))
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}
        result = subprocess.run([KITE, "classify", DEMO_MODEL, self.folder / "photo.jpg", "--json"], env=environment, preexec_fn=limit,
                                capture_output=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr.decode())

    @unittest.skipUnless(shutil.which("strace"), "skipped: strace is not installed")
    def test_a_start_with_a_plan_does_not_open_the_model(self):
        self.warm()
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}
        trace = subprocess.run(["strace", "-f", KITE, "classify", self.folder / "m.onnx", PICTURES / "monarch_1.jpg", "--threads", "1"],
                               env=environment, capture_output=True, text=True, check=True).stderr.splitlines()
        opened = [line for line in trace if "open" in line.split("(")[0]]
        self.assertEqual([line for line in opened if "m.onnx" in line], [])
        self.assertEqual(len([line for line in opened if ".plan" in line]), 1)
        self.assertLess(len(trace), 100)
        # Only a program that `kite pack --exe` made looks behind itself.
        self.assertEqual([line for line in opened if "/proc/self/exe" in line], [])


if __name__ == "__main__":
    unittest.main()
