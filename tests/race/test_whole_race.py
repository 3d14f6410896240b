# SPDX-License-Identifier: Apache-2.0
"""Whole races of contestants that take a few milliseconds of Python, some of which fail: the files of a race, and the
commands that make its report again, compare, interrupt and continue it."""

import collections
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from fake_peers import KITE_RACE, OneRace, RaceCase, save_model

REPORT_FILES = ["report.html", "report.md", "summary.svg", "results.csv", "samples.csv", "blocks.csv",
                "counters.csv", "summary.json",
                "exports/hyperfine.json", "exports/google-benchmark.json", "exports/pyperf.json"]


def kite_race(*arguments):
    return subprocess.run([KITE_RACE, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class FinishedRaceTest(OneRace):
    ROUNDS = 8

    @classmethod
    def prepare(cls, ground):
        ground.peer("steady", prepare=True)
        ground.peer("other")
        ground.peer("broken", "fail")
        ground.peer("stuck", "hang", no_pre=[])
        ground.peer("wrong", "wrong")
        ground.peer("unprepared", "unprepared", prepare=True)
        ground.peer("absent", check=["/no/such/program"])
        return ["--rounds", cls.ROUNDS, "--reference", "steady", "--timeout", "3", "--command", "line=echo 1, Green, 0.9",
                "--command", "silent=true", "--command", "zebra=echo zebra 0.9", "--command", "blue=echo Blue",
                "--command", "half=printf '{\"label\": \"Green'", "--command", "bytes=printf '\\377\\376'"]

    def test_ends_with_every_file_and_says_where(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        for name in ("journal.jsonl", *REPORT_FILES):
            self.assertGreater((self.out / name).stat().st_size, 0, name)
        self.assertEqual(self.result.stdout.strip(), f"{self.out}/report.html")
        self.assertFalse((self.out / "work").exists())

    def test_the_journal_holds_what_each_did(self):
        plan = self.records("plan")[0]
        contestants = {contestant["id"]: contestant for contestant in plan["contestants"]}
        self.assertEqual(plan["reference"], "steady")
        self.assertTrue(contestants["control"]["control"])
        self.assertFalse(contestants["absent"]["ready"])
        self.assertEqual(contestants["line"]["peer"], "")
        status = collections.defaultdict(set)
        for record in self.records():
            status[plan["cells"][record["cell"]]["contestant"]].add(record["status"])
        self.assertEqual(status["broken"], {"failed"})
        self.assertEqual(status["stuck"], {"timeout"})
        for name in ("steady", "other", "control", "line"):
            self.assertEqual(status[name], {"ok"}, name)
        for name in ("absent", "unprepared"):
            self.assertEqual(status[name], {"missing"}, name)
        parity = {record["contestant"]: record for record in self.records("parity")}
        self.assertTrue(parity["other"]["equal"], parity["other"])
        self.assertFalse(parity["wrong"]["equal"])

    def test_tables_have_the_columns_of_the_contract(self):
        for name, header in (
                ("results.csv", "round,contestant,variant,model,track,mode,threads,status,wall_ms,label_ms,user_ms,system_ms,"
                                "load_ms,first_ms,p50_ms,peak_rss_bytes,peak_anon_bytes"),
                ("samples.csv", "round,contestant,variant,model,mode,picture,index,label,confidence,ms")):
            self.assertEqual((self.out / name).read_text().splitlines()[0], header)
        rows = table(self.out / "results.csv")
        whole = [row for row in rows if row["contestant"] == "steady" and row["mode"] == "oneshot"]
        self.assertEqual({int(row["round"]) for row in whole}, set(range(1, self.ROUNDS + 1)))
        ran = [row for row in rows if row["contestant"] == "steady" and row["mode"] == "no_pre"]
        sets = {int(row["round"]) for row in ran}
        self.assertEqual(sets, set(range(1, len(sets) + 1)))
        self.assertTrue(6 <= len(sets) <= self.ROUNDS, sets)
        for row in ran:
            self.assertGreater(float(row["wall_ms"]), float(row["load_ms"]) + float(row["first_ms"]))
            self.assertGreater(int(row["peak_rss_bytes"]), 1 << 20)
        for row in table(self.out / "counters.csv"):
            # A number, or the reason why there is none: a counter that could not be read is never 0.
            self.assertTrue(row["value"] or row["reason"], row)

    def test_every_turn_of_a_heat_is_a_row(self):
        rows = table(self.out / "blocks.csv")
        sets = self.records("set")
        self.assertEqual(len(rows), sum(len(record["blocks"]) for record in sets))
        uses = collections.Counter(row["use"] for row in rows)
        self.assertGreater(uses["compared"], uses["warm-up"])
        self.assertEqual({row["contestant"] for row in rows}, {"steady", "control", "other", "wrong"})
        for row in rows:
            self.assertGreaterEqual(float(row["wall_ms"]), 99)
            self.assertLessEqual(float(row["median_ms"]), float(row["wall_ms"]))
            self.assertGreater(float(row["cpu_ms"]), 0)
        for a, b in zip(rows, rows[1:]):  # exactly one has the turn
            if (a["heat"], a["set"]) == (b["heat"], b["set"]):
                self.assertGreaterEqual(float(b["begin_ms"]) + 0.001, float(a["begin_ms"]) + float(a["wall_ms"]))

    def test_those_who_fail_are_rows_with_their_reasons(self):
        status = collections.defaultdict(set)
        for row in table(self.out / "results.csv"):
            status[row["contestant"], row["mode"]].add(row["status"])
            if row["status"] not in ("ok", "unequal"):
                self.assertEqual(row["wall_ms"] + row["label_ms"], "")
        for name, expected in (("broken", "failed"), ("wrong", "unequal"), ("absent", "missing"), ("unprepared", "missing")):
            for mode in ("oneshot", "no_pre"):
                self.assertEqual(status[name, mode], {expected}, (name, mode))
        self.assertEqual(status["stuck", "oneshot"], {"timeout"})
        page, text = (self.out / "report.html").read_text(), (self.out / "report.md").read_text()
        for reason in ("out of luck", "no end within", "a logit is off by", "cannot prepare that", "/no/such/program"):
            self.assertIn(reason, page)
            self.assertIn(reason, text)
            self.assertIn(reason, self.result.stderr)
        # A contestant that is given up does not make the rounds of the others incomplete.
        self.assertIn(f"All {self.ROUNDS} rounds were run.", text)

    def test_the_summary_has_the_keys_of_the_contract(self):
        summary = json.loads((self.out / "summary.json").read_text())
        self.assertEqual(set(summary), {"valid", "aa_floor", "verdicts"})
        self.assertGreaterEqual(summary["aa_floor"], 0)
        for row in summary["verdicts"]:
            self.assertEqual(set(row), {"model", "track", "mode", "measure", "threads", "contestant", "variant", "reference",
                                        "reference_variant", "ratio", "ci", "n", "verdict", "resolution"})
            self.assertIn(row["verdict"], ("faster", "slower", "equivalent", "undecided"))
            self.assertTrue(row["ci"][0] <= row["ratio"] <= row["ci"][1], row)
        judged = {row["contestant"] for row in summary["verdicts"]}
        self.assertEqual(judged, {"other", "line"})
        line = [row for row in summary["verdicts"] if (row["contestant"], row["measure"]) == ("line", "wall")]
        self.assertEqual([row["verdict"] for row in line], ["faster"])

    def test_a_command_is_ranked_only_where_it_names_the_references_class(self):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in (self.out / "report.md").read_text().splitlines()
                if line.startswith("| tiny, whole program, one picture, 1 thread: start to exit |")]
        parity = {row[1]: row[-2] for row in rows}
        self.assertEqual({name: parity[name] for name in ("line", "silent", "zebra", "blue", "half", "bytes")},
                         {"line": "same answer", "silent": "no answer", "zebra": "no answer", "blue": "another answer",
                          "half": "no answer", "bytes": "no answer"})
        status = {row["contestant"]: row["status"] for row in table(self.out / "results.csv")}
        page = (self.out / "report.html").read_text()
        for name, reason in (("silent", "nothing on its standard output"), ("zebra", "names no class of this model"),
                             ("blue", "answers class 2"), ("half", "ends in the middle"), ("bytes", "not UTF-8")):
            self.assertEqual(status[name], "unequal")
            self.assertIn(reason, page)
        self.assertEqual(status["line"], "ok")

    def test_the_report_is_a_function_of_the_journal_alone(self):
        before = {name: (self.out / name).read_bytes() for name in REPORT_FILES}
        elsewhere = self.ground.folder / "elsewhere"
        elsewhere.mkdir()
        shutil.copy(self.out / "journal.jsonl", elsewhere)
        result = kite_race("report", elsewhere)
        self.assertEqual((result.returncode, result.stdout), (0, f"{elsewhere}/report.html\n"), result.stderr)
        for name, content in before.items():
            self.assertEqual((elsewhere / name).read_bytes(), content, name)

    def test_compare_tells_a_slower_contestant_by_its_exit_code(self):
        def slow_down(record, contestant):
            if contestant == "other":
                for key in ("wall_ns", "label_ns"):
                    record[key] = record.get(key, 0) * 4
                if record.get("samples"):
                    record["samples"]["ms"] = [4 * ms for ms in record["samples"]["ms"]]
            for contestant in record.get("contestants", []):
                if contestant["id"] == "other":
                    contestant["versions"] = {"fake": "2.0"}

        slower = self.changed_race("slower", slow_down)
        same = kite_race("compare", self.out, self.out)
        self.assertEqual(same.returncode, 0, same.stderr)
        self.assertNotIn("▲ slower", same.stdout)
        worse = kite_race("compare", self.out, slower)
        self.assertEqual(worse.returncode, 1, worse.stdout + worse.stderr)
        self.assertRegex(worse.stdout, r"Fake other .*\| ▲ slower")
        better = kite_race("compare", slower, self.out)
        self.assertEqual(better.returncode, 0, better.stdout)
        self.assertRegex(better.stdout, r"Fake other .*\| ◆ faster")

    def test_report_and_compare_name_what_they_cannot_read(self):
        empty = self.ground.folder / "empty"
        empty.mkdir(exist_ok=True)
        for arguments in (["report", empty], ["report", "/no/such/folder"], ["compare", self.out, empty]):
            result = kite_race(*arguments)
            self.assertEqual((result.returncode, result.stdout), (6, ""), result.stderr)
            self.assertIn("journal.jsonl", result.stderr)
            self.assertIn("name the folder", result.stderr)
        def of_another_machine(record, _):
            if record.get("kind") == "plan":
                record["machine"]["processor"] = "Another 9000"

        other_machine = self.changed_race("other-machine", of_another_machine)
        result = kite_race("compare", self.out, other_machine)
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        self.assertIn("Another 9000", result.stderr)


class InterruptedRaceTest(RaceCase):
    def start(self, *arguments):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                cwd=self.folder, env=environment)

    def wait_for(self, condition, process):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None and not condition():
            time.sleep(0.005)

    def lines(self, out):
        journal = out / "journal.jsonl"
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    def test_a_race_killed_again_and_again_goes_on_and_runs_nothing_twice(self):
        tally = self.folder / "tally"
        self.peer("steady", prepare=True, more_arguments=["--tally", tally])
        self.peer("other", more_arguments=["--tally", tally])
        out = self.folder / "out"
        arguments = self.race_arguments(out, "--rounds", "5", "--reference", "steady")
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        kills, done = 0, []
        with self.subTest(seed=seed):
            for _ in range(5):
                process = self.start(*arguments)
                target = self.lines(out) + dice.randrange(1, 8)
                self.wait_for(lambda goal=target: self.lines(out) >= goal, process)
                time.sleep(dice.random() * 0.06)
                process.kill()
                process.communicate(timeout=60)
                kills += 1
                if self.lines(out) > 0:
                    if dice.random() < 0.5:  # a line that the power cut off
                        with open(out / "journal.jsonl", "a", encoding="utf-8") as journal:
                            journal.write('{"kind":"process","cell":0,"rou')
                    arguments = ["--resume", "--out", out]
                    text = (out / "journal.jsonl").read_bytes()
                    now = text[:text.rfind(b"\n") + 1].splitlines()
                    self.assertEqual(now[:len(done)], done)
                    done = now
            result = self.run_race(*arguments)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual((out / "journal.jsonl").read_bytes().splitlines()[:len(done)], done)
            records = self.records(out)
            times = collections.Counter((record["cell"], record["round"], record["purpose"], record["position"]) for record in records)
            self.assertEqual([key for key, count in times.items() if count > 1], [])
            whole = [i for i, cell in enumerate(self.records(out, "plan")[0]["cells"]) if cell["mode"] == "oneshot"]
            rounds = {(record["cell"], record["round"]) for record in records if record["purpose"] == "round"}
            self.assertEqual(rounds, {(cell, number) for cell in whole for number in range(1, 6)})
            sets = self.records(out, "set")
            self.assertEqual([record["set"] for record in sets], [1, 2, 3, 4, 5])
            # Processes that were started but are not in the journal were killed: one process, or the three of a set.
            started = len(tally.read_text())
            self.assertGreaterEqual(started, len(records))
            self.assertLessEqual(started, len(records) + 3 * kills)
            self.assertIn("All 5 rounds were run.", (out / "report.md").read_text())

    def test_ctrl_c_leaves_a_report_of_what_there_is(self):
        self.peer("steady")
        out = self.folder / "out"
        process = self.start(*self.race_arguments(out, "--rounds", "1000", "--modes", "oneshot"))
        self.wait_for(lambda: self.lines(out) >= 8, process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn(f"kite race --resume --out {out}", stderr)
        for name in REPORT_FILES:
            self.assertTrue((out / name).exists(), name)
        self.assertEqual(self.records(out, "note")[-1]["text"], "interrupted")
        self.assertEqual({record["status"] for record in self.records(out)}, {"ok"})
        self.assertRegex((out / "report.md").read_text(), r"The race stopped after \d+ of 1000 rounds\.")

    def test_ctrl_c_during_a_preparation_fails_no_contestant(self):
        unlocked = self.folder / "unlocked"
        self.peer("steady")
        self.peer("slow", "slow to prepare", prepare=True, more_arguments=["--tally", unlocked],
                  oneshot=["echo", "1, Green, 0.9"], no_pre=[])
        text = (self.peers / "slow/peer.toml").read_text()
        (self.peers / "slow/peer.toml").write_text(text.replace('"slow to prepare"]', f'"slow to prepare", "--tally", "{unlocked}"]'))
        out = self.folder / "out"
        process = self.start(*self.race_arguments(out, "--rounds", "1", "--modes", "oneshot", "--reference", "steady"))
        self.wait_for(lambda: list(out.glob("work/cache/slow/*/prepared")), process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, stderr)
        self.assertEqual(self.records(out), [])
        unlocked.touch()
        result = self.run_race("--resume", "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual({record["status"] for record in self.records(out)}, {"ok"})

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
        self.assertIn("no race to continue", nowhere.stderr)


class BadInputTest(RaceCase):
    def test_what_cannot_be_is_named_with_a_remedy(self):
        self.peer("steady")
        (self.folder / "empty").mkdir()
        (self.folder / "no.txt").write_text("no model")
        (self.folder / "bad.onnx").write_bytes(b"no model")
        where = {"--model": self.model, "--images": self.pictures, "--out": self.folder / "out", "--threads": "1"}
        for change, code, words in (({"--model": "no.onnx"}, 6, ["no.onnx", "--model"]),
                                    ({"--model": "bad.onnx"}, 3, ["bad.onnx"]),
                                    ({"--images": "nowhere"}, 6, ["nowhere", "--images"]),
                                    ({"--images": "empty"}, 6, ["empty", "holds no picture", "--images"]),
                                    ({"--images": "no.txt"}, 4, ["no.txt"]),
                                    ({"--out": "no.txt/out"}, 6, ["no.txt", "--out"]),
                                    ({"--peers": "stedy"}, 2, ['no contestant "stedy"', "there are steady"]),
                                    ({"--reference": "x"}, 2, ['"x" does not take part', "there are steady"]),
                                    ({"--modes": "twoshot"}, 2, ["twoshot", "--help"]),
                                    ({"--rounds": "0"}, 2, ["--rounds", "--help"]),
                                    ({"--command": "echo"}, 2, ["'echo' has no name", "NAME="]),
                                    ({"--command": "x=echo {modl}"}, 2, ["{modl}", "{model}"])):
            with self.subTest(change):
                result = self.run_race(*(word for pair in {**where, **change}.items() for word in pair))
                self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
                self.assertRegex(result.stderr, r"(?m)^kite: error\[[a-z_-]+\]: ")
                for word in words:
                    self.assertIn(word, result.stderr)

    def test_no_ready_contestant_is_an_error_with_the_reasons(self):
        self.peer("absent", check=["/no/such/program"])
        result = self.run_race(*self.race_arguments(self.folder / "out"))
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("no contestant is ready", result.stderr)
        self.assertIn("/no/such/program", result.stderr)

    def test_a_model_that_leaves_its_size_open_is_raced_at_the_recipes(self):
        save_model(self.model, dims=("batch", 3, "height", "width"))
        self.peer("steady")
        out = self.folder / "out"
        result = self.run_race(*self.race_arguments(out, "--rounds", 1, "--keep", "--modes", "no_pre"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.records(out, "plan")[0]["models"][0]["input_shape"], [1, 3, 8, 8])
        self.assertIn(b"(4, 3, 8, 8)", (out / "work/tiny/inputs.npy").read_bytes()[:128])
        parity = self.records(out, "parity")
        self.assertTrue(parity and all(record["equal"] for record in parity), parity)
        self.assertIn("double-precision oracle (4 pictures)", parity[0]["judge"])

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
