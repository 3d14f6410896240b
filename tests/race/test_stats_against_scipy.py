# SPDX-License-Identifier: Apache-2.0
"""race/stats against numpy and scipy on the same data. Usage: test_stats_against_scipy.py KITE_STATS_DUMP"""

import json
import pathlib
import subprocess
import sys
import unittest

import numpy as np
from scipy import stats

PROGRAM = pathlib.Path()


def ask(questions: list[dict]) -> list:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([PROGRAM], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(questions):
        raise RuntimeError(f"{len(questions)} questions, {len(answers)} answers")
    return answers


def walsh_averages(values: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(len(values))
    return np.sort((values[i] + values[j]) / 2)


def signed_rank_masses(n: int) -> np.ndarray:
    """P(W = w) by multiplying out (1 + z^1) ... (1 + z^n) / 2^n."""
    masses = np.ones(1)
    for rank in range(1, n + 1):
        factor = np.zeros(rank + 1)
        factor[[0, rank]] = 0.5
        masses = np.convolve(masses, factor)
    return masses


class AgainstScipy(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(20)

    def log_ratios(self, n: int) -> np.ndarray:
        return self.random.normal(0.03, 0.044, n)

    def test_quantiles_are_numpys(self):
        for n in (1, 2, 5, 30, 201):
            values = self.random.lognormal(2, 0.3, n)
            for q in (0.0, 0.1, 0.5, 0.9, 0.99, 1.0):
                [found] = ask([{"about": "quantile", "values": values.tolist(), "q": q}])
                self.assertAlmostEqual(found, np.quantile(values, q), delta=1e-12)

    def test_hodges_lehmann_is_the_median_of_walsh_averages(self):
        for n in (1, 6, 10, 20, 30, 101, 400):
            values = self.log_ratios(n)
            [found] = ask([{"about": "hodges_lehmann", "values": values.tolist(), "confidence": 0.95}])
            self.assertAlmostEqual(found["ratio"], np.exp(np.median(walsh_averages(values))), delta=1e-12)

    def test_the_interval_is_what_wilcoxons_test_does_not_reject(self):
        """The ends are Walsh averages: just inside them scipy's exact test accepts the shift, just outside it rejects it."""
        for n in (6, 9, 10, 20, 30, 50):
            for confidence in (0.95, 0.9875, 0.99):
                values = self.log_ratios(n)
                [found] = ask([{"about": "hodges_lehmann", "values": values.tolist(), "confidence": confidence}])
                low, high = found["interval"]
                if high is None:
                    self.assertGreater(2 / 2**n, 1 - confidence)
                    continue
                self.assertGreaterEqual(found["achieved"], confidence)
                for end, inwards in ((np.log(low), 1), (np.log(high), -1)):
                    step = 1e-9
                    kept = stats.wilcoxon(values - end - inwards * step, mode="exact").pvalue
                    rejected = stats.wilcoxon(values - end + inwards * step, mode="exact").pvalue
                    self.assertGreater(kept, 1 - confidence)
                    self.assertLessEqual(rejected, 1 - confidence + 1e-12)
                    self.assertAlmostEqual(1 - rejected, found["achieved"], delta=1e-9)

    def test_signed_rank_tails_are_those_of_the_multiplied_out_distribution(self):
        for n in (1, 5, 6, 12, 30, 60, 100, 101, 150):
            cumulative = np.cumsum(signed_rank_masses(n))
            for tail in (0.05, 0.025, 0.00625, 0.0005):
                [found] = ask([{"about": "signed_rank_tail", "n": n, "tail": tail}])
                exact = int(np.searchsorted(cumulative, tail, side="right")) - 1
                # Beyond 100 the normal approximation may be off by a few of thousands, never far in probability.
                self.assertAlmostEqual(found["c"], exact, delta=0 if n <= 100 else 15)
                if exact >= 0:
                    tolerance = 1e-12 if n <= 100 else 0.15 * tail
                    self.assertAlmostEqual(found["probability"], cumulative[found["c"]], delta=tolerance)

    def test_exact_sign_flips_are_scipys(self):
        for n in (2, 5, 9, 12):
            for shift in (0.0, 0.02):
                values = self.log_ratios(n) - 0.03 + shift
                expected = stats.permutation_test(
                    (values,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
                ).pvalue
                [found] = ask([{"about": "sign_flip", "values": values.tolist(), "seed": 1, "exact_up_to": 32}])
                self.assertTrue(found["exact"])
                self.assertAlmostEqual(found["p"], expected, delta=1e-12)

    def test_sampled_sign_flips_come_near_scipys(self):
        values = self.log_ratios(40) - 0.02
        draws = 20_000
        expected = stats.permutation_test(
            (values,), np.mean, permutation_type="samples", n_resamples=draws, rng=np.random.default_rng(5)
        ).pvalue
        [found] = ask([{"about": "sign_flip", "values": values.tolist(), "seed": 1, "exact_up_to": 32}])
        self.assertFalse(found["exact"])
        # scipy doubles the smaller tail; both are estimates.
        error = np.sqrt(max(expected, 1e-3) * 2 / draws)
        self.assertAlmostEqual(found["p"], expected, delta=4 * error)

    def test_quantile_intervals_are_scipys(self):
        for n, q in ((10, 0.5), (46, 0.9), (64, 0.9), (120, 0.9), (500, 0.99), (700, 0.5)):
            values = self.random.lognormal(2, 0.3, n)
            for confidence in (0.95, 0.99):
                question = {"about": "quantile_interval", "values": values.tolist(), "q": q, "confidence": confidence}
                [found] = ask([question])
                expected = stats.quantile_test(values, q=np.median(values), p=q).confidence_interval(confidence)
                if found is None:
                    self.assertTrue(np.isnan(expected.low) or np.isnan(expected.high))
                    continue
                low, high = found["interval"]
                self.assertEqual((low, high), (expected.low, expected.high))
                ordered = np.sort(values)
                below_high = stats.binom.cdf(np.searchsorted(ordered, high), n, q)
                below_low = stats.binom.cdf(np.searchsorted(ordered, low), n, q)
                self.assertAlmostEqual(found["achieved"], below_high - below_low, delta=1e-9)
                self.assertGreaterEqual(found["achieved"], confidence)

    def test_minimum_n_is_the_first_with_so_few_exceedances(self):
        for q in (0.5, 0.75, 0.9, 0.95, 0.99, 0.999):
            for confidence in (0.9, 0.95, 0.99):
                [n] = ask([{"about": "percentile_minimum_n", "q": q, "confidence": confidence}])
                self.assertLessEqual(stats.binom.cdf(1, n, 1 - q), 1 - confidence)
                self.assertGreater(stats.binom.cdf(1, n - 1, 1 - q), 1 - confidence)

    def test_holm_is_the_textbooks(self):
        for m in (1, 2, 4, 9):
            p = self.random.uniform(0, 0.2, m)
            order = np.argsort(p)
            expected = np.empty(m)
            expected[order] = np.minimum(1, np.maximum.accumulate(p[order] * (m - np.arange(m))))
            [found] = ask([{"about": "holm", "values": p.tolist()}])
            np.testing.assert_allclose(found, expected, rtol=1e-14)

    def test_distributions_are_scipys(self):
        for degrees in (1, 2, 3, 4, 9, 19, 30, 200, 1999, 5000):
            for confidence in (0.5, 0.95, 0.99):
                [found] = ask([{"about": "student_t", "degrees": degrees, "confidence": confidence}])
                # Above 2,000 degrees the normal's, which is 3e-4 of the t at 5,000.
                np.testing.assert_allclose(
                    found, stats.t.ppf((1 + confidence) / 2, degrees), rtol=1e-9 if degrees <= 2000 else 1e-3
                )
        for q in (1e-9, 0.025, 0.5, 0.995):
            [found] = ask([{"about": "normal_quantile", "q": q}])
            self.assertAlmostEqual(found, stats.norm.ppf(q), delta=1e-12)


if __name__ == "__main__":
    PROGRAM = pathlib.Path(sys.argv.pop(1))
    unittest.main()
