# SPDX-License-Identifier: Apache-2.0
"""Analyses a race's journal a second time, with numpy and scipy and without our code, and compares the verdicts."""

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


def workload_and_measure(row):
    return tuple(row[key] for key in ("model", "track", "mode", "threads", "measure"))


class Reanalysis:
    """Analyses the race in `folder`."""

    @classmethod
    def read_folder(cls, folder):
        cls.folder = folder
        lines = (cls.folder / "journal.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        cls.plan = next(record for record in records if record["kind"] == "plan")
        cls.sets = [record for record in records if record["kind"] == "set"]
        cls.processes = []
        for record in records:
            cls.processes += [record] if record["kind"] == "process" else record.get("processes", [])
        cls.summary = json.loads((cls.folder / "summary.json").read_text())
        pyperf = json.loads((cls.folder / "exports/pyperf.json").read_text())
        cls.warm_ups = {b["metadata"]["name"]: [len(run.get("warmups", [])) for run in b["runs"]]
                        for b in pyperf["benchmarks"]}

    def cell(self, contestant, row):
        return next(cell for cell in self.plan["cells"] if cell["contestant"] == contestant
                    and all(cell[key] == row[key] for key in ("model", "mode", "threads")))

    def processes_of(self, contestant, row):
        """The processes that count, in order, each with its value; a re-run replaces the process of its round."""
        cell = self.cell(contestant, row)["id"]
        ok = [p for p in self.processes if p["cell"] == cell and p["status"] == "ok" and p["purpose"] in ("round", "rerun", "heat")]
        again = {p["round"] for p in ok if p["purpose"] == "rerun"}
        ok = [p for p in ok if p["purpose"] != "round" or p["round"] not in again]
        cuts = self.warm_ups.get(f"{row['mode']}/{row['model']}/{contestant}/{row['threads']}t", [])
        found = []
        for at, process in enumerate(ok):
            phases = {phase["name"]: phase["t_ns"] for phase in process.get("phases", [])}
            samples = process["samples"]["ms"] if process.get("samples") else []
            found.append((process, {
                "wall": lambda: process["wall_ns"] / 1e6, "label": lambda: process["label_ns"] / 1e6,
                "user": lambda: process["user_ns"] / 1e6, "system": lambda: process["system_ns"] / 1e6,
                "load": lambda: (phases["loaded"] - phases["runtime"]) / 1e6, "first": lambda: samples[0],
                "p50": lambda: np.median(samples[cuts[at]:]), "peak_rss": lambda: process["peak_rss_bytes"],
                "peak_anon": lambda: max(mark["rss_anon_bytes"] for mark in process["marks"]),
            }[row["measure"]]()))
        return found

    def log_ratios(self, contestant, row):
        """(heat, round or set) -> ln ratio of its value to those of the reference that are nearest in time."""
        if row["measure"] == "p50" and self.sets:
            return self.log_ratios_of_blocks(contestant, row)
        beside = collections.defaultdict(list)
        # A short process may have used less than one tick of system time; a ratio to 0 does not exist.
        for process, value in self.processes_of(self.plan["reference"], row):
            if value > 0:
                beside[process.get("heat", 0), process["round"]].append((process["begin_ns"], value))
        found = {}
        for process, value in self.processes_of(contestant, row):
            key = process.get("heat", 0), process["round"]
            before = [pair for pair in beside[key] if pair[0] <= process["begin_ns"]][-1:]
            after = [pair for pair in sorted(beside[key]) if pair[0] > process["begin_ns"]][:1]
            if value > 0 and before + after:
                found[key] = np.log(value) - np.mean([np.log(other) for _, other in before + after])
        return found

    @staticmethod
    def log_ratio(times, others, row):
        """The ln ratio of two blocks. Pictures take different times: if pictures are read, only those of both blocks count."""
        count = min(len(times), len(others)) if row["mode"] == "inc_pre" else None
        return np.log(np.median(times[:count])) - np.log(np.median(others[:count]))

    def log_ratios_of_blocks(self, contestant, row):
        own, reference = self.cell(contestant, row)["id"], self.cell(self.plan["reference"], row)["id"]
        found = {}
        for record in self.sets:
            samples = {process["cell"]: process["samples"]["ms"] for process in record["processes"] if process["status"] == "ok"}
            if own not in samples or reference not in samples:
                continue
            share = collections.defaultdict(list)
            for block in record["blocks"]:
                if block["cycle"] > 0:
                    share[block["cell"]].append(block["cpu_ns"] / block["wall_ns"])
            least = {}
            for cell, shares in share.items():
                usual = np.median(shares)
                sd = 1.4826 * np.median(np.abs(np.array(shares) - usual))
                least[cell] = usual - max(0.1 * usual, 3 * sd)
            taken, line = collections.Counter(), []
            for block in record["blocks"]:
                if block["cell"] not in (own, reference):
                    continue
                first = 1 + taken[block["cell"]]
                taken[block["cell"]] += block["samples"]
                good = block["cpu_ns"] / block["wall_ns"] >= least[block["cell"]] and block["cycle"] > 0
                line.append((block["cell"] == own, block["cycle"], good, samples[block["cell"]][first:first + block["samples"]]))
            ratios = []
            for at, (is_own, _, good, times) in enumerate(line):
                before = [other for other in line[:at] if not other[0]][-1:]
                after = [other for other in line[at + 1:] if not other[0]][:1]
                beside = [other[3] for other in before + after if other[2]]
                if is_own and good and beside:
                    ratios += [self.log_ratio(times, other, row) for other in (beside if len(beside) == 2 else beside * 2)]
            if len(ratios) >= 2 * 3:
                found[record["heat"], record["set"]] = np.median(ratios)
        return found

    def pairs(self, contestant, reference, row):
        """ln(contestant / reference) of every round or set that has both."""
        own, theirs = ({} if name == self.plan["reference"] else self.log_ratios(name, row) for name in (contestant, reference))
        keys = own.keys() if reference == self.plan["reference"] else own.keys() & theirs.keys()
        return np.array([own[key] - theirs.get(key, 0) for key in sorted(keys)])

    def contestant(self, row):
        return row["contestant"] + (":" + row["variant"] if row["variant"] else "")

    def resolves(self, row):
        return row["resolution"] is not None and row["resolution"] <= self.plan["margin"]

    def unstretched(self, row, alpha):
        """The interval before it was widened over the workloads that cannot resolve the margin."""
        unresolved = len({workload_and_measure(other) for other in self.summary["verdicts"]
                          if not other["reference_variant"] and not self.resolves(other)})
        if self.resolves(row) or unresolved < 2:
            return row["ci"]
        wide, plain = (stats.t.ppf(1 - tail / 2, row["n"] - 1) for tail in (alpha / unresolved, alpha))
        return [row["ratio"] * (end / row["ratio"]) ** (plain / wide) for end in row["ci"]]

    def test_every_ratio_and_interval_is_what_scipy_finds(self):
        family = collections.Counter(workload_and_measure(row) for row in self.summary["verdicts"] if not row["reference_variant"])
        self.assertGreaterEqual(len(self.summary["verdicts"]), self.FEWEST_VERDICTS)
        for row in self.summary["verdicts"]:
            with self.subTest(**{key: row[key] for key in ("model", "mode", "measure", "contestant", "variant")}):
                x = self.pairs(self.contestant(row), row["reference"], row)
                self.assertEqual(row["n"], len(x))
                self.assertAlmostEqual(row["ratio"], np.exp(walsh_median(x)), delta=1e-9 * row["ratio"])
                # The interval contains exactly those ratios that Wilcoxon's signed-rank test does not reject.
                alpha = 0.05 / family[workload_and_measure(row)]
                # The exact test does not support ties: real memory comes in pages, real processor time in microseconds.
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
            with self.subTest(workload_and_measure=workload_and_measure(row)):
                interval = walsh_interval(self.pairs("control", self.plan["reference"], row), 0.05)
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
        processes = [p for p in self.processes if p["purpose"] in ("round", "rerun", "heat")]
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
    """On a machine that cannot resolve the margin in any workload."""

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
        # On a busy machine the interval may be too wide for a verdict, but it is never on the other side.
        self.assertIn(row["verdict"], ("slower", "undecided"))
        self.assertGreater(row["ratio"], 1)
        own, theirs = (min(value for _, value in self.processes_of(name, row)) for name in ("sleepy", "steady"))
        self.assertGreater(own - theirs, 50)


if __name__ == "__main__":
    unittest.main()
