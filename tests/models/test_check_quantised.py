# SPDX-License-Identifier: Apache-2.0
"""The judge of check_quantised.py tells a tie from a wrong number."""

import unittest
from types import SimpleNamespace

import numpy as np

from check_quantised import TIE, judge


def verdict(real, have, want):
    step = SimpleNamespace(op_type="QuantizeLinear", input=["r", "s"], output=["q"])
    cut = SimpleNamespace(steps=[step], constants={"s": np.float32(0.5)}, input="x")
    numbers = np.array(have, np.uint8), np.array(want, np.uint8)
    return judge(cut, np.zeros(1), {"q": numbers[0]}, {"q": numbers[1], "r": np.array(real, np.float32) * 0.5})


class Judge(unittest.TestCase):
    def test_numbers_that_are_equal_are_right(self):
        self.assertEqual(verdict([3.2, 7.5], [3, 8], [3, 8]), (2, 0, 0, 0.0))

    def test_neighbours_at_a_tie_are_near_it(self):
        count, off, most, distance = verdict([3.2, 7.50001], [3, 7], [3, 8])
        self.assertEqual((count, off, most), (2, 1, 1))
        self.assertLess(distance, TIE)

    def test_neighbours_without_a_tie_are_not(self):
        self.assertGreater(verdict([7.6], [7], [8])[3], TIE)
        self.assertGreater(verdict([7.6, 7.5], [7, 7], [8, 8])[3], TIE)

    def test_two_steps_are_told(self):
        self.assertEqual(verdict([7.5], [6], [8])[2], 2)


if __name__ == "__main__":
    unittest.main()
