# SPDX-License-Identifier: Apache-2.0
"""Proves that check_models.py passes what is right and fails each kind of wrong answer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import check_models
from comparison import Status, compare_bits, compare_logits, healthy
from kite_runner import missing_features

HERE = Path(__file__).resolve().parent


class Comparing(unittest.TestCase):
    def setUp(self):
        self.want = np.random.default_rng(0).normal(0, 3, (2, 1000)).astype(np.float32)

    def status(self, got):
        return compare_logits("case", got, self.want).status

    def test_tolerance_is_taken_of_each_pictures_largest_logit(self):
        self.want[1] *= 100  # a loud picture must not excuse a quiet one
        largest = np.abs(self.want[0]).max()
        got = self.want.copy()
        got[0, 500] += 0.9e-4 * largest
        self.assertIs(self.status(got), Status.PASSED)
        got[0, 500] += 0.2e-4 * largest
        self.assertIs(self.status(got), Status.FAILED)

    def test_failure_names_the_logit_and_both_values(self):
        got = self.want.copy()
        got[1, 42] = 1e6
        detail = compare_logits("case", got, self.want, "kite run ...").detail
        self.assertIn("picture 1: |difference|", detail)
        self.assertIn("at logit 42 (kite 1000000,", detail)
        self.assertIn("1 of 1000 logits are outside", detail)
        self.assertIn("winner 42", detail)
        self.assertIn("kite run ...", detail)

    def test_another_winner_fails_even_within_tolerance(self):
        self.want = np.array([[0.0, 10.0, 10.00001]], np.float32)
        got = np.array([[0.0, 10.00001, 10.0]], np.float32)
        self.assertIn("winner 1, want 2", compare_logits("case", got, self.want).detail)
        self.assertIs(self.status(got), Status.FAILED)

    def test_nan_shape_and_type_fail(self):
        got = self.want.copy()
        got[0, 0] = np.nan
        self.assertIs(self.status(got), Status.FAILED)
        self.assertIs(self.status(self.want[:1]), Status.FAILED)
        self.assertIs(self.status(self.want.astype(np.float64)), Status.FAILED)

    def test_bits_see_what_equality_does_not(self):
        zeros = np.zeros((1, 4), np.float32)
        self.assertIs(compare_bits("case", -zeros, zeros).status, Status.FAILED)
        self.assertIs(compare_bits("case", zeros.copy(), zeros).status, Status.PASSED)
        self.assertIs(compare_bits("case", zeros, zeros[:, :3]).status, Status.FAILED)

    def test_dead_references_are_told(self):
        rng = np.random.default_rng(1)
        self.assertIs(healthy("case", rng.normal(0, 3, (3, 1000))).status, Status.PASSED)
        self.assertIn("standard deviation", healthy("case", np.full((3, 1000), 2.0)).detail)
        self.assertIn("all 3 pictures get label", healthy("case", np.tile(rng.normal(0, 3, 1000), (3, 1))).detail)


class Planning(unittest.TestCase):
    ISAS = ["avx512", "avx2", "generic"]

    def test_full_covers_every_isa_thread_count_and_batch(self):
        runs = check_models.plan("vit_b_16-dynamo-dynamic", self.ISAS, quick=False)
        every = {(isa, threads, batch) for isa in self.ISAS for threads in (1, 2) for batch in (1, 2)}
        self.assertEqual({(r.isa, r.threads, r.batch) for r in runs}, every)

    def test_quick_keeps_both_thread_counts_and_all_isas_of_the_small_networks(self):
        runs = check_models.plan("resnet50-dynamo-static", self.ISAS, quick=True)
        self.assertEqual({(r.isa, r.threads) for r in runs}, {(i, t) for i in self.ISAS for t in (1, 2)})
        large = check_models.plan("vit_b_16-dynamo-static", self.ISAS, quick=True)
        self.assertEqual({r.isa for r in large}, {"avx512"})

    def test_static_graphs_run_at_batch_one_only(self):
        runs = check_models.plan("resnet50-torchscript_bn-static", self.ISAS, quick=False)
        self.assertEqual({r.batch for r in runs}, {1})

    def test_an_isa_that_the_machine_lacks_is_told_by_its_features(self):
        with tempfile.NamedTemporaryFile("w", suffix="cpuinfo") as file:
            file.write("processor : 0\nflags\t\t: fpu sse2 avx2 fma avx512f\n")
            file.flush()
            path = Path(file.name)
            self.assertEqual(missing_features("avx2", path), [])
            self.assertEqual(missing_features("avx512", path), ["avx512bw", "avx512dq", "avx512vl"])


class WithStandIn(unittest.TestCase):
    """The whole script, against a program that answers like kite or wrongly on purpose."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.program = Path(cls.folder.name) / "kite"
        cls.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE}/ort_stand_in.py" "$@"\n')
        cls.program.chmod(0o755)

    def check(self, planted: str = "") -> tuple[int, str, tuple[int, ...]]:
        command = [sys.executable, HERE / "check_models.py", "--kite", self.program, "--work", self.folder.name]
        command += ["--only", "^mobilenet_v2-dynamo-dynamic$", "--isa", "generic"]
        environment = {**os.environ, "STAND_IN_ERROR": planted}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        last = done.stdout.splitlines()[-1]
        return done.returncode, done.stdout, tuple(map(int, re.findall(r"\d+", last)))

    def test_right_answers_pass(self):
        code, output, (passed, failed, skipped) = self.check()
        # health, 2 thread counts x 2 batches, bits for 2 batches, first row for 2 thread counts
        self.assertEqual((code, passed, failed, skipped), (0, 9, 0, 0), output)

    def test_every_kind_of_wrong_answer_fails(self):
        # Four runs; two comparisons of bits between thread counts, two between batch positions.
        # An offset in the last picture leaves the first row of the batch right: two differences more.
        kinds = {"offset": 6, "winner": 4, "threads": 2, "batch": 2, "shape": 4, "nan": 4, "silent": 4, "exit": 4}
        for planted, failures in kinds.items():
            with self.subTest(planted):
                code, output, (_, failed, _) = self.check(planted)
                self.assertEqual(code, 1, output)
                self.assertEqual(failed, failures, output)


if __name__ == "__main__":
    unittest.main()
