# SPDX-License-Identifier: Apache-2.0
"""The conclusions of same_bits and not_slower from given numbers."""

import importlib.machinery
import importlib.util
import math
import pathlib
import random
import sys
import unittest

import numpy as np

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
import paired_ratio  # noqa: E402


def script(name):
    loader = importlib.machinery.SourceFileLoader(name, str(TOOLS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


same_bits, not_slower = script("same_bits"), script("not_slower")


class PairedRatio(unittest.TestCase):
    def test_the_rank_is_that_of_the_signed_rank_tables(self):
        for pairs, rank in ((5, None), (6, 1), (8, 4), (10, 9), (12, 14), (20, 53), (30, 138)):
            self.assertEqual(paired_ratio.least_rank(pairs), rank, pairs)
        # Where the approximation begins, it equals the exact rank except in one of a thousand cases.
        exact = paired_ratio.least_rank(paired_ratio.EXACT_PAIRS)
        spread = math.sqrt(60 * 61 * 121 / 24)
        self.assertLess(abs(60 * 61 / 4 - 1.959964 * spread - exact), 2)

    def test_the_estimate_is_the_median_of_the_walsh_averages(self):
        ratio, low, high = paired_ratio.estimate([math.exp(x) for x in (-2, 0, 1, 2, 3, 9)])
        self.assertAlmostEqual(math.log(ratio), 1.5)
        self.assertAlmostEqual(math.log(low), -2)
        self.assertAlmostEqual(math.log(high), 9)
        self.assertEqual(paired_ratio.estimate([1.1, 1.2])[1:], (None, None))

    def test_the_interval_holds_the_truth_about_as_often_as_it_says(self):
        source = random.Random(1)
        hits = 0
        for _ in range(300):
            low, high = paired_ratio.estimate([1.05 * math.exp(0.03 * source.gauss(0, 1)) for _ in range(12)])[1:]
            hits += low <= 1.05 <= high
        self.assertGreater(hits, 273)  # 95 % of 300 is 285, with a standard deviation of 4

    def test_slower_is_only_a_whole_interval_above_the_limit(self):
        for interval, slower in (((1.1, 1.04, 1.2), True), ((1.1, 1.02, 1.2), False), ((2.0, None, None), False), ((0.9, 0.8, 1.0), False)):
            self.assertEqual(paired_ratio.is_slower(interval, 1.03), slower, interval)

    def test_blocks_are_cut_at_the_samples_that_span_a_stop(self):
        samples = [9, 1, 1, 1, 250, 5, 2, 2, 260, 7, 3, 255, 4, 240, 245]
        # The sample behind a stop is left out where two others remain; a block without a whole sample has no value.
        self.assertEqual(paired_ratio.blocks_of(samples, 160), [1, 2, 5, 4, None, None])


class Turns(unittest.TestCase):
    def test_every_program_stands_at_every_place(self):
        orders = [not_slower.rotated(["old", "new", "again"], turn) for turn in range(3)]
        for place in range(3):
            self.assertEqual({order[place] for order in orders}, {"old", "new", "again"})


class SameBits(unittest.TestCase):
    def compared(self, old, new):
        return same_bits.differences([("y", np.array(old, np.float32))], [("y", np.array(new, np.float32))])

    def test_bytes_count_not_values(self):
        self.assertEqual(self.compared([1, math.nan], [1, math.nan]), "")
        self.assertIn("y[1]", self.compared([[1, 0.0]], [[1, -0.0]]).replace("y[0, 1]", "y[1]"))

    def test_the_first_difference_is_named_with_its_place(self):
        text = self.compared([[1, 2], [3, 4]], [[1, 2], [5, 6]])
        self.assertIn("y[1, 0]", text)
        self.assertIn("2 of 4 elements differ", text)
        self.assertIn("[2] became float32[3]", self.compared([1, 2], [1, 2, 3]))

    def test_an_answer_that_only_one_gives_is_no_same(self):
        answer = [("y", np.zeros(1))]
        self.assertEqual(same_bits.compared("error", "error")[0], "refused")
        self.assertEqual(same_bits.compared(answer, "error")[0], "lost")
        self.assertEqual(same_bits.compared("error", answer)[0], "gained")
        self.assertEqual(same_bits.compared(answer, answer)[0], "same")

    def test_random_inputs_are_the_same_each_time_and_fill_open_sizes(self):
        inputs = [{"name": "x", "dtype": "float32", "shape": ["batch", 3, "h", 32]}, {"name": "i", "dtype": "int64", "shape": [2]}]
        first, second = same_bits.random_tensors(inputs, 7), same_bits.random_tensors(inputs, 7)
        self.assertEqual(first["x"].shape, (1, 3, 224, 32))
        self.assertEqual(first["i"].dtype, np.int64)
        for name, tensor in first.items():
            self.assertEqual(tensor.tobytes(), second[name].tobytes())


if __name__ == "__main__":
    unittest.main()
