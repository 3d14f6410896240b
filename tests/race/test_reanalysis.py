# SPDX-License-Identifier: Apache-2.0
"""Analyses a race's journal a second time, with numpy and scipy and none of our code, and compares the verdicts."""

import collections
import csv
import json
import unittest

import numpy as np

from fake_peers import OneRace
from planted import PlantedRace

try:
    from scipy import stats
except ImportError:
    stats = None


def walsh_median(x):
    """Hodges and Lehmann's estimate: the median of all means of two."""
    i, j = np.triu_indices(len(x))
    return np.median((x[i] + x[j]) / 2)


def walsh_interval(x, alpha):
    """The two means of two between which Wilcoxon's exact test, which counts all 2^n signs, rejects nothing."""
    counts = np.array([1.0])
    for rank in range(1, len(x) + 1):
        counts = np.concatenate([counts, np.zeros(rank)]) + np.concatenate([np.zeros(rank), counts])
    outside = int(np.searchsorted(np.cumsum(counts) / 2.0 ** len(x), alpha / 2, side="right"))
    i, j = np.triu_indices(len(x))
    means = np.sort((x[i] + x[j]) / 2)
    return (means[outside - 1], means[-outside]) if outside > 0 else None


def place(row):
    return tuple(row[key] for key in ("model", "track", "mode", "threads", "measure"))


class Reanalysis:
    """Of the race in `folder`."""

    @classmethod
    def read_folder(cls, folder):
        cls.folder = folder
        lines = (cls.folder / "journal.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        cls.plan = next(record for record in records if record["kind"] == "plan")
        cls.processes = [record for record in records if record["kind"] == "process"]
        cls.summary = json.loads((cls.folder / "summary.json").read_text())
        pyperf = json.loads((cls.folder / "exports/pyperf.json").read_text())
        cls.warm_ups = {b["metadata"]["name"]: [len(run.get("warmups", [])) for run in b["runs"]]
                        for b in pyperf["benchmarks"]}

    def values(self, contestant, row):
        """Round -> value of one process, straight from the records; a re-run stands in for its round."""
        found = {}
        cell = next(cell for cell in self.plan["cells"] if cell["contestant"] == contestant
                    and all(cell[key] == row[key] for key in ("model", "mode", "threads")))
        chosen = {}
        for process in self.processes:
            if process["cell"] == cell["id"] and process["status"] == "ok" and process["purpose"] in ("round", "rerun"):
                if process["purpose"] == "rerun" or process["round"] not in chosen:
                    chosen[process["round"]] = process
        cuts = self.warm_ups.get(f"{row['mode']}/{row['model']}/{contestant}/{row['threads']}t", [])
        in_order = [p["round"] for p in self.processes if any(p is c for c in chosen.values())]
        for at, number in enumerate(in_order):
            process = chosen[number]
            phases = {phase["name"]: phase["t_ns"] for phase in process.get("phases", [])}
            samples = process["samples"]["ms"] if process.get("samples") else []
            found[number] = {
                "wall": lambda: process["wall_ns"] / 1e6, "label": lambda: process["label_ns"] / 1e6,
                "user": lambda: process["user_ns"] / 1e6, "system": lambda: process["system_ns"] / 1e6,
                "load": lambda: (phases["loaded"] - phases["runtime"]) / 1e6, "first": lambda: samples[0],
                "p50": lambda: np.median(samples[cuts[at]:]), "peak_rss": lambda: process["peak_rss_bytes"],
                "peak_anon": lambda: max(mark["rss_anon_bytes"] for mark in process["marks"]),
            }[row["measure"]]()
        return found

    def contestant(self, row):
        return row["contestant"] + (":" + row["variant"] if row["variant"] else "")

    def resolves(self, row):
        return row["resolution"] is not None and row["resolution"] <= self.plan["margin"]

    def unstretched(self, row, alpha):
        """The interval before it was widened over the places that cannot resolve the margin."""
        unresolved = len({place(other) for other in self.summary["verdicts"]
                          if not other["reference_variant"] and not self.resolves(other)})
        if self.resolves(row) or unresolved < 2:
            return row["ci"]
        wide, plain = (stats.t.ppf(1 - tail / 2, row["n"] - 1) for tail in (alpha / unresolved, alpha))
        return [row["ratio"] * (end / row["ratio"]) ** (plain / wide) for end in row["ci"]]

    def test_every_ratio_and_interval_is_what_scipy_finds(self):
        family = collections.Counter(place(row) for row in self.summary["verdicts"] if not row["reference_variant"])
        self.assertGreaterEqual(len(self.summary["verdicts"]), self.FEWEST_VERDICTS)
        for row in self.summary["verdicts"]:
            with self.subTest(**{key: row[key] for key in ("model", "mode", "measure", "contestant", "variant")}):
                own, theirs = self.values(self.contestant(row), row), self.values(row["reference"], row)
                # A short process may have used no whole tick of the system's time: there is no ratio to nothing.
                rounds = sorted(r for r in own.keys() & theirs.keys() if own[r] > 0 and theirs[r] > 0)
                x = np.log([own[r] / theirs[r] for r in rounds])
                self.assertEqual(row["n"], len(x))
                self.assertAlmostEqual(row["ratio"], np.exp(walsh_median(x)), delta=1e-9 * row["ratio"])
                # The interval holds exactly those ratios that Wilcoxon's signed-rank test does not reject.
                alpha = 0.05 / family[place(row)]
                # The exact test knows no ties: real memory comes in pages, real processor time in microseconds.
                sizes = np.abs(x)
                if self.HAS_TIES and (len(set(sizes)) < len(sizes) or row["measure"] in ("peak_rss", "user", "system")):
                    continue
                low, high = self.unstretched(row, alpha)
                for end, outward in ((low, -1), (high, 1)):
                    p_outside = stats.wilcoxon(x - np.log(end) - outward * 1e-9, mode="exact").pvalue
                    p_inside = stats.wilcoxon(x - np.log(end) + outward * 1e-9, mode="exact").pvalue
                    self.assertLessEqual(p_outside, alpha)
                    self.assertGreater(p_inside, alpha)

    def test_every_resolution_is_half_the_interval_of_the_reference_against_itself(self):
        for row in self.summary["verdicts"]:
            with self.subTest(place=place(row)):
                own, theirs = self.values("control", row), self.values(row["reference"], row)
                rounds = [r for r in own.keys() & theirs.keys() if own[r] > 0 and theirs[r] > 0]
                interval = walsh_interval(np.log([own[r] / theirs[r] for r in rounds]), 0.05)
                if interval is None:
                    self.assertIsNone(row["resolution"])
                else:
                    self.assertAlmostEqual(row["resolution"], np.exp((interval[1] - interval[0]) / 2) - 1, delta=1e-9)

    def test_every_verdict_follows_from_its_interval(self):
        widest = 1 + self.plan["margin"]
        for row in self.summary["verdicts"]:
            with self.subTest(**{key: row[key] for key in ("model", "mode", "measure", "contestant", "variant")}):
                low, high = row["ci"]
                if high < 1 / widest:
                    self.assertEqual(row["verdict"], "faster")
                elif low > widest:
                    self.assertEqual(row["verdict"], "slower")
                elif 1 / widest <= low and high <= widest and self.resolves(row):
                    self.assertEqual(row["verdict"], "equivalent")
                else:
                    self.assertEqual(row["verdict"], "undecided")

    def test_results_csv_holds_every_process_of_the_journal(self):
        with open(self.folder / "results.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        processes = [p for p in self.processes if p["purpose"] in ("round", "rerun")]
        self.assertEqual(len(rows), len(processes))
        for row, process in zip(rows, processes):
            cell = self.plan["cells"][process["cell"]]
            self.assertEqual((int(row["round"]), row["model"], row["mode"]),
                             (process["round"], cell["model"], cell["mode"]))
            if process["status"] == "ok":
                self.assertAlmostEqual(float(row["wall_ms"]), process["wall_ns"] / 1e6, places=9)


@unittest.skipIf(stats is None, "scipy is not installed (tests/python/requirements.txt)")
class ReanalysisOfPlantedRace(Reanalysis, PlantedRace):
    ROUNDS = 20
    FEWEST_VERDICTS = 51
    HAS_TIES = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.read_folder(cls.folder)


class ReanalysisOfNoisyRace(ReanalysisOfPlantedRace):
    """On a machine that cannot resolve the margin in any place."""

    NOISE = 0.1

    def test_some_are_told_apart_and_none_are_called_equal_but_by_memory(self):
        words = collections.Counter(row["verdict"] for row in self.summary["verdicts"] if not row["measure"].startswith("peak"))
        self.assertGreater(words["faster"] + words["slower"], 10)
        self.assertEqual(words["equivalent"], 0)
        self.assertTrue(self.summary["valid"])


@unittest.skipIf(stats is None, "scipy is not installed (tests/python/requirements.txt)")
class ReanalysisOfRealRace(Reanalysis, OneRace):
    FEWEST_VERDICTS = 2 * 4  # of two contestants: at least wall, label, user and system, or p50, first, load and peak_rss
    HAS_TIES = True

    @classmethod
    def prepare(cls, ground):
        for name in ("steady", "other", "sleepy"):
            ground.peer(name, name)
        return ["--rounds", 9, "--reference", "steady"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert cls.result.returncode == 0, cls.result.stderr
        cls.read_folder(cls.out)

    def test_what_sleeps_a_tenth_of_a_second_is_that_much_slower(self):
        row = next(row for row in self.summary["verdicts"] if (row["contestant"], row["measure"]) == ("sleepy", "wall"))
        # On a busy machine the interval may be too wide for a word, but never on the other side.
        self.assertIn(row["verdict"], ("slower", "undecided"))
        self.assertGreater(row["ratio"], 1)
        own, theirs = self.values("sleepy", row), self.values("steady", row)
        self.assertGreater(min(own.values()) - min(theirs.values()), 50)


if __name__ == "__main__":
    unittest.main()
