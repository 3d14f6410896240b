# SPDX-License-Identifier: Apache-2.0
"""A race with contestants that report wrong times, print too much, leave processes behind, hang or die ends with a complete
report on the others."""

import collections
import csv
import json
import pathlib
import re
import unittest

from fake_peers import HERE, OneRace

HOSTILE = HERE / "hostile_contestant.py"
MARKER = "86399.125"  # seconds that the leaked process sleeps; the number identifies it
ROUNDS = 2

# Contestants whose processes all fail: the name, and what the reason contains.
FAIL = {"lie": "not believed: ", "garbage": "line 1: |ended before it was ready", "hang": "no end within 3 s", "die": "ended by SIG",
        "large-file": "ended by SIGXFSZ", "close-stdout": "no answer on standard output",
        "answer-and-fail": "exit code 9", "answer-twice": "one line was expected: 2, Blue"}
# Contestants whose answers are right and count; their other behaviour must not harm the others.
ANSWER = ("leak", "many-files")


def living_leaks():
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if MARKER.encode() in path.read_bytes().split(b"\0") and b"sleep" in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


class HostileContestantsTest(OneRace):
    @classmethod
    def prepare(cls, ground):
        ground.peer("steady")
        for name in (*FAIL, *ANSWER):
            modes = {"oneshot": []} if name == "lie" else {} if name == "garbage" else {"no_pre": []}
            ground.peer(name, name.replace("-", "_"), contestant=HOSTILE,
                        more_arguments=["--cache", "{cache}", "--marker", MARKER], **modes)
        return ["--rounds", ROUNDS, "--reference", "steady", "--timeout", "3"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.records("plan")[0]
        cls.of = collections.defaultdict(list)
        for record in cls.records():
            cls.of[cls.plan["cells"][record["cell"]]["contestant"]].append(record)
        with open(cls.out / "results.csv", encoding="utf-8", newline="") as file:
            cls.rows = list(csv.DictReader(file))

    def test_the_race_ends_with_a_complete_report_of_the_others(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        text = (self.out / "report.md").read_text(encoding="utf-8")
        self.assertIn(f"All {ROUNDS} rounds were run.", text)
        for name in ("steady", "control"):
            self.assertEqual({record["status"] for record in self.of[name]}, {"ok"}, name)
            rounds = {(row["mode"], row["round"]) for row in self.rows if row["contestant"] == name and row["status"] == "ok"}
            self.assertEqual(len(rounds), 2 * ROUNDS, name)
        for name in ("summary.json", "exports/hyperfine.json", "exports/pyperf.json", "exports/google-benchmark.json"):
            json.loads((self.out / name).read_text(encoding="utf-8"))

    def test_each_of_them_is_a_row_with_its_reason(self):
        page, text = ((self.out / name).read_text(encoding="utf-8") for name in ("report.html", "report.md"))
        listed = [line for line in text.splitlines() if line.startswith("|")]
        for name, reason in FAIL.items():
            with self.subTest(name):
                status = {row["status"] for row in self.rows if row["contestant"] == name}
                self.assertEqual(status, {"timeout"} if name == "hang" else {"failed"})
                failed = [record for record in self.of[name] if record["status"] != "ok"]
                self.assertGreaterEqual(len(failed), ROUNDS if name == "lie" else 3)  # its pass is too short to detect it
                for record in failed:
                    self.assertRegex(record["reason"], reason)
                shown = reason.strip(": ")
                self.assertTrue(any(f"Fake {name} " in line and re.search(shown, line) for line in listed), text)
                self.assertIn(f"Fake {name}", page)

    def test_none_of_them_is_ranked(self):
        verdicts = json.loads((self.out / "summary.json").read_text())["verdicts"]
        self.assertEqual({row["contestant"] for row in verdicts} & set(FAIL), set())

    def test_who_hangs_is_given_up_and_not_waited_for_in_every_round(self):
        ran = [record for record in self.of["hang"] if record["position"] >= 0]
        self.assertEqual(len(ran), 3)
        for record in ran:
            self.assertEqual(record["status"], "timeout")
            self.assertLess(record["wall_ns"], 30e9)
        # If the machine is so busy that Python does not start in time, SIGTERM is enough for one of them.
        self.assertIn(9, {record["signal"] for record in ran})

    def test_what_leaks_is_flagged_killed_and_not_waited_for(self):
        leaks = self.of["leak"]
        self.assertEqual({record["status"] for record in leaks}, {"ok"})
        for record in leaks:
            self.assertTrue(any(flag.startswith("left processes behind: sleep") for flag in record["flags"]), record["flags"])
            self.assertLess(record["wall_ns"], 3e9)
        self.assertEqual(living_leaks(), [])

    def test_litter_in_the_cache_does_not_stay(self):
        self.assertEqual({record["status"] for record in self.of["many-files"]}, {"ok"})
        self.assertFalse((self.out / "work").exists())
        self.assertLess(len(list(self.out.rglob("*"))), 200)

    def test_what_they_print_breaks_no_file(self):
        for path in self.out.rglob("*"):
            # Logs hold the unchanged standard error.
            if path.is_file() and path.parent.name != "logs":
                text = path.read_bytes().decode("utf-8")
                self.assertNotIn("\0", text, path)
                self.assertLess(len(text), 8 << 20, path)


class HostileTurnsTest(OneRace):
    """Contestants that obey until others are alive at the same time."""

    FAIL = {"silent in a block": "no answer within 3 s, in its block 3", "dies in a block": "out of luck in a block",
            "lies in blocks": "lie outside its samples, 3 times in a row", "speaks twice": "spoke without having the turn"}  # fmt: skip

    @classmethod
    def prepare(cls, ground):
        for name in ("steady", "other"):
            ground.peer(name)
        for behaviour in cls.FAIL:
            ground.peer(behaviour.replace(" ", "-"), behaviour)
        return ["--rounds", 3, "--reference", "steady", "--timeout", "3", "--modes", "no_pre"]

    def test_each_is_caught_and_named_and_the_others_results_stand(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        cells = self.records("plan")[0]["cells"]
        of = collections.defaultdict(list)
        for record in self.records():
            if record["purpose"] == "heat":
                of[cells[record["cell"]]["contestant"]].append(record)
        for behaviour, reason in self.FAIL.items():
            records = of[behaviour.replace(" ", "-")]
            self.assertEqual(len(records), 3, behaviour)
            for record in records:
                self.assertIn(record["status"], ("failed", "timeout"))
                self.assertIn(reason, record["reason"])
        # Five contestants need two heats, and the reference and its control are in both.
        for name, sets in (("steady", 6), ("control", 6), ("other", 3)):
            self.assertEqual([record["status"] for record in of[name]], ["ok"] * sets, name)
        turns = collections.Counter(cells[block["cell"]]["contestant"] for record in self.records("set") for block in record["blocks"])
        self.assertEqual(turns["steady"], turns["control"])
        self.assertEqual(turns["steady"], 2 * turns["other"])


if __name__ == "__main__":
    unittest.main()
