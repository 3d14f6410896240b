# SPDX-License-Identifier: Apache-2.0
"""Whole races of contestants that are a few milliseconds of Python, some of which misbehave."""

import collections
import csv
import json
import signal
import subprocess
import time
import unittest

from fake_peers import RaceCase


class WholeRaceTest(RaceCase):
    def test_a_race_with_failing_and_hanging_contestants_ends_with_every_file(self):
        self.peer("steady", prepare=True)
        self.peer("other")
        self.peer("broken", "fail")
        self.peer("stuck", "hang", no_pre=[])
        self.peer("wrong", "wrong")
        self.peer("unprepared", "unprepared", prepare=True)
        self.peer("absent", check=["/no/such/program"])
        out = self.folder / "out"
        result = self.run_race(*self.race_arguments(out, "--rounds", "2", "--reference", "steady", "--timeout", "4", "--command",
                                                    "line=echo 1, Green, 0.9"))
        self.assertEqual(result.returncode, 0, result.stderr)
        for name in ("journal.jsonl", "report.html", "report.md", "results.csv", "samples.csv", "counters.csv", "summary.json",
                     "exports/hyperfine.json", "exports/google-benchmark.json", "exports/pyperf.json"):
            self.assertGreater((out / name).stat().st_size, 0, name)
        self.assertEqual(result.stdout.strip(), f"{out}/report.html")
        self.assertFalse((out / "work").exists())

        plan = self.records(out, "plan")[0]
        contestants = {contestant["id"]: contestant for contestant in plan["contestants"]}
        self.assertEqual(plan["reference"], "steady")
        self.assertTrue(contestants["control"]["control"])
        self.assertFalse(contestants["absent"]["ready"])
        self.assertEqual(contestants["line"]["peer"], "")
        status = collections.defaultdict(set)
        for record in self.records(out):
            status[plan["cells"][record["cell"]]["contestant"]].add(record["status"])
        self.assertEqual(status["broken"], {"failed"})
        self.assertEqual(status["stuck"], {"timeout"})
        for name in ("steady", "other", "control", "line"):
            self.assertEqual(status[name], {"ok"}, name)
        self.assertNotIn("ok", status["unprepared"])
        parity = {record["contestant"]: record for record in self.records(out, "parity")}
        self.assertTrue(parity["other"]["equal"], parity["other"])
        self.assertFalse(parity["wrong"]["equal"])

        verdicts = json.loads((out / "summary.json").read_text())["verdicts"]
        self.assertIn("other", {verdict["contestant"] for verdict in verdicts})
        self.assertNotIn("wrong", {verdict["contestant"] for verdict in verdicts if verdict["verdict"] in ("faster", "slower")})
        with open(out / "results.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertTrue({"ok", "failed", "timeout"} <= {row["status"] for row in rows})

        before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        (out / "report.html").unlink()
        self.assertEqual(self.run_plain("report", out).returncode, 0)
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def run_plain(self, *arguments):
        return subprocess.run([self.command()[0], *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)

    def test_a_killed_race_goes_on_and_runs_nothing_twice(self):
        self.peer("steady", prepare=True)
        self.peer("other")
        out = self.folder / "out"
        with subprocess.Popen(self.command(*self.race_arguments(out, "--rounds", "4", "--modes", "no_pre", "--reference", "steady")),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            journal = out / "journal.jsonl"
            while time.monotonic() < deadline and (not journal.exists() or journal.read_bytes().count(b'"purpose":"round"') < 4):
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        done = self.records(out)
        self.assertLess(len(done), 3 * 4 + 20)
        result = self.run_race("--resume", "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        records = self.records(out)
        self.assertEqual(records[:len(done)], done)
        times = collections.Counter((record["cell"], record["round"], record["purpose"]) for record in records)
        self.assertEqual([key for key, count in times.items() if count > 1], [])
        rounds = {(record["cell"], record["round"]) for record in records if record["purpose"] == "round"}
        self.assertEqual(rounds, {(cell, number) for cell in range(3) for number in range(1, 5)})

    def test_a_race_is_not_gone_on_with_under_another_plan(self):
        self.peer("steady")
        out = self.folder / "out"
        arguments = self.race_arguments(out, "--modes", "oneshot", "--rounds", "1")
        self.assertEqual(self.run_race(*arguments).returncode, 0)
        again = self.run_race(*arguments)
        self.assertEqual(again.returncode, 2)
        self.assertIn("--resume", again.stderr)
        other = self.run_race(*self.race_arguments(out, "--modes", "oneshot", "--rounds", "2"), "--resume")
        self.assertEqual(other.returncode, 2, other.stderr)
        nowhere = self.run_race("--resume", "--out", self.folder / "nowhere")
        self.assertEqual(nowhere.returncode, 2)
        self.assertIn("no race to go on with", nowhere.stderr)

    def test_ctrl_c_leaves_a_report_of_what_there_is(self):
        self.peer("steady")
        out = self.folder / "out"
        with subprocess.Popen(self.command(*self.race_arguments(out, "--rounds", "1000", "--modes", "oneshot")), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            journal = out / "journal.jsonl"
            while time.monotonic() < deadline and (not journal.exists() or journal.read_bytes().count(b'"purpose":"round"') < 4):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            stderr = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn("--resume", stderr)
        self.assertTrue((out / "report.html").exists())

    def test_wrong_paths_are_named_with_a_remedy(self):
        self.peer("steady")
        for arguments, words in ((["--model", "no.onnx"], ["no.onnx", "--model"]),
                                 (["--images", "nowhere"], ["nowhere", "--images"]),
                                 (["--images", self.peers], ["holds no picture", "--images"]),
                                 (["--peers", "stedy"], ['no contestant "stedy"', "there are steady"]),
                                 (["--reference", "x"], ['"x" does not take part', "there are steady"])):
            result = self.run_race(*self.race_arguments(self.folder / "out"), *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            for word in words:
                self.assertIn(str(word), result.stderr)

    def test_unreadable_pictures_are_left_out_with_a_note(self):
        self.peer("steady")
        (self.pictures / "bad.png").write_bytes(b"no picture")
        out = self.folder / "out"
        result = self.run_race(*self.race_arguments(out, "--rounds", "1"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("bad.png", result.stderr)
        self.assertEqual(self.records(out, "plan")[0]["pictures"], 4)


if __name__ == "__main__":
    unittest.main()
